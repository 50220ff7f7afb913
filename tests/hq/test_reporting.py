"""What HQ reports stands after all that it reported before, by whatever clock: else nobody would be told of it."""

from __future__ import annotations

from butler_tui.domain.retention import DAY_MS
from butler_tui.hq import reports
from tests.hq.authors import NOW, Author


def test_what_is_reported_after_a_clock_was_years_ahead_is_the_newest(author: Author) -> None:
    estate_id = author.terminal.estate_id
    for days, ago in ((3650, 1), (0, 2), (1, 3)):
        now_ms = NOW + days * DAY_MS
        author.engine.write(lambda rows, ago=ago, at=now_ms: reports.away(rows, author.terminal, ago, at)).result()  # type: ignore[misc]

    told = author.engine.read(lambda rows: rows.reports(estate_id, 9))
    assert [one.detail for one in told] == ['{"days": 3}', '{"days": 2}', '{"days": 1}']
    assert [one.report_id for one in told] == sorted((one.report_id for one in told), reverse=True)
    assert told[0].at_ms == NOW + DAY_MS
