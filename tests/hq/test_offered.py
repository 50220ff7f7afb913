"""What terminals offer to a restored HQ is believed no more than what they could have written themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import FieldStamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import offers, taking_in
from butler_tui.hq.engines import LogRow
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.replay import change_at
from butler_tui.sync.offers import OfferAsk, Offered
from butler_tui.sync.protocol import compact_json, offer_from
from tests.hq.authors import NOW, PASSED, Author, MakeAuthor, fresh

DAY_MS = 24 * 3_600_000


def restored(*authors: Author) -> None:
    """Put HQ back to what it is, as a new generation."""
    estate_id, hq_gen = authors[0].terminal.estate_id, fresh()
    authors[0].engine.write(lambda rows: rows.begin_generation(estate_id, hq_gen, NOW)).result()
    for author in authors:
        author.hq_gen = hq_gen


def offer(author: Author, *offered: Offered, now_ms: int = NOW) -> None:
    ask = offer_from(json.loads(compact_json(OfferAsk(author.epoch, author.hq_gen, 1, offered).to_body())))
    author.engine.write(lambda rows: offers.keep(rows, author.terminal, ask, now_ms)).result()


def apart(author: Author) -> list[str]:
    waiting = author.engine.read(lambda rows: offers.waiting(rows, author.terminal.estate_id))
    return [row.tbl for row in waiting]


def take_in(author: Author) -> tuple[int, int]:
    done = author.engine.write(lambda rows: taking_in.take_in(rows, author.terminal.estate_id, NOW)).result()
    return done.taken, done.left


def _staff(author: Author, staff_id: str, role: str) -> Change:
    return author.change("staff", record_id=staff_id, number=staff_id[-4:], name="王", role=role, active=1)


def _write(author: Author, staff_id: str, by: str, **values: str) -> Offered:
    stamp = FieldStamp(NOW + 10, 0, author.epoch, 9, fresh(), 9, 2, author.terminal.terminal_id, by)
    return Offered("staff", staff_id, values, stamp)


def test_a_gate_offers_no_role_and_a_supervisor_s_terminal_does(author_of: MakeAuthor) -> None:
    boss = author_of()
    gate = author_of(TerminalKind.GATE, boss.terminal.estate_id)
    head, guard = fresh(), fresh()
    boss.push(_staff(boss, head, "supervisor"), made := _staff(boss, guard, "guard"))
    restored(boss, gate)
    true = _write(boss, guard, head, role="shift_lead")
    offer(gate, replace(true, values={"role": "supervisor"}))

    assert take_in(boss) == (0, 1)
    state = boss.state(made)
    assert state is not None
    assert state["role"] == "guard"

    offer(boss, true)
    assert take_in(boss) == (1, 0)
    state = boss.state(made)
    assert state is not None
    assert state["role"] == "shift_lead"


def test_who_has_no_right_to_it_is_not_believed_from_a_supervisor_s_terminal_either(author_of: MakeAuthor) -> None:
    boss = author_of()
    guard = fresh()
    boss.push(_staff(boss, guard, "guard"))
    restored(boss)
    offer(boss, _write(boss, guard, guard, role="supervisor"))

    assert take_in(boss) == (0, 1)


@pytest.mark.parametrize("same", [True, False])
def test_the_author_s_own_word_is_passed_over_only_where_it_is_the_same(author_of: MakeAuthor, same: bool) -> None:
    boss = author_of()
    head, guard = fresh(), fresh()
    boss.push(_staff(boss, head, "supervisor"), made := _staff(boss, guard, "guard"))
    restored(boss)
    offered = _write(boss, guard, head, name="王强")
    offer(boss, offered)
    assert take_in(boss) == (1, 0)

    assert offered.stamp is not None
    name = "王强" if same else "王小强"
    written = boss.change("staff", record_id=guard, name=name, staff_id=head)
    true = replace(written, cid=offered.stamp.cid, hlc=Stamp(NOW + 20, 0))
    answer = boss.push(true)

    assert (true.cid in answer.duplicates) is same
    assert answer.quarantined == ()
    state = boss.state(made)
    assert state is not None
    assert state["name"] == name


def test_what_is_held_back_settles_no_offer(author_of: MakeAuthor) -> None:
    boss = author_of()
    gate = author_of(TerminalKind.GATE, boss.terminal.estate_id)
    guard, visit_id, place = fresh(), fresh(), fresh()
    boss.push(_staff(boss, guard, "guard"))
    restored(boss, gate)
    said: dict[str, Any] = {
        "registered_ms": NOW,
        "gate_id": place,
        "staff_id": guard,
        "name": "李",
        "reason": "visiting",
        **PASSED,
    }
    offer(gate, Offered("visit", visit_id, said))
    junk = gate.change("visit", record_id=visit_id, **{**said, "registered_ms": "x"})
    assert gate.reasons(gate.push(junk)) == ["malformed"]
    assert apart(boss) == ["visit"]

    true = gate.change("visit", record_id=visit_id, **said)
    assert gate.reasons(gate.push(true)) == []
    assert apart(boss) == []


def test_offers_are_taken_for_half_a_year_after_hq_was_restored(author_of: MakeAuthor) -> None:
    boss = author_of()
    head, guard = fresh(), fresh()
    boss.push(_staff(boss, head, "supervisor"), _staff(boss, guard, "guard"))
    restored(boss)
    offer(boss, _write(boss, guard, head, name="王强"), now_ms=NOW + 180 * DAY_MS)

    with pytest.raises(Refusal) as refused:
        offer(boss, _write(boss, guard, head, name="王小强"), now_ms=NOW + 181 * DAY_MS)
    assert (refused.value.status, refused.value.code) == (403, "not_allowed")


def test_all_is_taken_in_a_few_at_a_time_each_looked_at_once_unless_it_waits_for_another(
    author_of: MakeAuthor, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = author_of()
    first, head, guard = fresh(), fresh(), fresh()
    boss.push(_staff(boss, first, "supervisor"))
    restored(boss)
    late = _write(boss, head, first, number="9002", name="林", role="supervisor")
    assert late.stamp is not None
    offer(boss, replace(late, stamp=late.stamp._replace(ms=NOW + 99)), _write(boss, guard, head, name="王"))
    looked: list[str] = []

    def looked_at(row: LogRow, body: Mapping[str, Any]) -> Change:
        looked.append(row.record_id)
        return change_at(row, body)

    monkeypatch.setattr(taking_in, "_AT_ONCE", 1)
    monkeypatch.setattr(taking_in, "change_at", looked_at)
    assert take_in(boss) == (2, 0)
    assert looked == [guard, head, guard]
