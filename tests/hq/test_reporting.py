"""What HQ reports stands after all that it reported before, by whatever clock: else nobody would be told of it."""

from __future__ import annotations

from butler_tui.domain.retention import DAY_MS
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import reports
from butler_tui.hq.reports import ReportKind
from tests.hq.authors import NOW, Author, MakeAuthor, fresh


def test_what_is_reported_after_a_clock_was_years_ahead_is_the_newest(author: Author) -> None:
    estate_id = author.terminal.estate_id
    for days, ago in ((3650, 1), (0, 2), (1, 3)):
        now_ms = NOW + days * DAY_MS
        author.engine.write(lambda rows, ago=ago, at=now_ms: reports.away(rows, author.terminal, ago, at)).result()  # type: ignore[misc]

    told = author.engine.read(lambda rows: rows.reports(estate_id, 9))
    assert [one.detail for one in told] == ['{"days": 3}', '{"days": 2}', '{"days": 1}']
    assert [one.report_id for one in told] == sorted((one.report_id for one in told), reverse=True)
    assert told[0].at_ms == NOW + DAY_MS


def test_no_terminal_pushes_away_what_is_reported_of_others(author_of: MakeAuthor) -> None:
    boss = author_of()
    loud, quiet = (author_of(TerminalKind.GATE, boss.terminal.estate_id) for _ in range(2))

    def say(author: Author, minute: int) -> None:
        at_ms = NOW + minute * 60_000
        author.engine.write(lambda rows: reports.hole(rows, author.terminal, (fresh(), 1, 2, 1), at_ms)).result()
        author.engine.write(lambda rows: reports.differed(rows, author.terminal, [], at_ms)).result()

    say(quiet, 0)
    for minute in range(20):
        say(loud, minute)
    say(loud, 90)
    told = boss.engine.read(lambda rows: rows.reports(boss.terminal.estate_id, 99))
    of = [one.kind for one in told if one.terminal_id == loud.terminal.terminal_id]
    assert (of.count(ReportKind.HOLE), of.count(ReportKind.DIFFERED), len(told)) == (5, 5, 12)


def test_a_clock_that_was_ahead_keeps_nothing_from_being_reported(author: Author) -> None:
    for at_ms in (*(NOW + 3650 * DAY_MS + minute for minute in range(4)), NOW):
        author.engine.write(lambda rows, at=at_ms: reports.new_epoch(rows, author.terminal, fresh(), at)).result()  # type: ignore[misc]
    assert len(author.engine.read(lambda rows: rows.reports(author.terminal.estate_id, 9))) == 5
