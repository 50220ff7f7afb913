"""A terminal in the wrong hands: it signs rightly, asks for what is not its own, and forges what harms nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from butler_tui.desk.set_up import NewHouse, add_house
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES, Op, Scope
from butler_tui.domain.hlc import MOST_COUNTER, Stamp
from butler_tui.domain.rights import SEES, TerminalKind
from butler_tui.hq import admin, terminals
from butler_tui.ids import id_text, new_id, ruled_id
from butler_tui.paths import find_home
from butler_tui.store.local import Store, create_store
from butler_tui.sync.enrol import enrol
from butler_tui.sync.protocol import CompareAsk, GetAsk, HaveAsk, PullAsk, PutAsk
from tests.hq.attackers import PICTURE, Scene, Terminal, scene
from tests.serving import Hq, real_ms, sync

_SUPERVISORS_ONLY = {table.name for table in TABLES.values() if table.scope is Scope.SUPERVISOR}
_APPLIED = ("record_state", "tally", "erased", "estate_secret", "pictures")


@pytest.fixture(scope="module")
def there(attacked: Hq) -> Scene:
    """Return two estates at HQ, on either engine."""
    return scene(attacked)


def _of_estate(there: Scene, table: str, **values: Any) -> Change:
    return there.gate.author.change(table, staff_id=there.staff, **values)


def test_a_gates_terminal_writes_nothing_that_is_a_supervisors(there: Scene) -> None:
    gate, one = there.gate, id_text(new_id(real_ms()))
    said = [
        _of_estate(there, "estate", record_id=gate.estate_id, name="改", time_zone="UTC"),
        _of_estate(there, "policy", key="idle_lock_min", value="1440"),
        _of_estate(there, "gate", name="后门"),
        _of_estate(there, "staff", number="6666", name="内鬼", role="supervisor", active=1),
        gate.author.change("staff", number="6667", name="内鬼", role="supervisor", active=1),
        replace(gate.author.change("staff", active=0, role="guard"), record_id=there.staff),
        _of_estate(there, "house", room_code="1-1-101"),
        _of_estate(there, "household", house_id=one, name="宅"),
        _of_estate(there, "visit_event", visit_id=one, kind="closed_by_hq", at_ms=1),
        gate.author.change("visit", name="无人"),
        gate.author.change("audit", act="unmasked", at_ms=1),
        replace(gate.author.change("house", staff_id=there.staff), op=Op.ERASE, record_id=there.guard, fields={}),
        gate.author.change("audit", act="unmasked", at_ms=1, staff_id=one),
        _of_estate(there, "audit", act="unmasked", at_ms=1),
    ]
    said[-1] = replace(said[-1], fields={**said[-1].fields, "staff_id": there.guard})
    before = there.sum_up()
    answers = gate.push(*said)
    assert (len(answers), set(answers)) == (len(said), {"not_allowed", "wrong_terminal"})
    after = there.sum_up()
    assert {name: after[name] for name in _APPLIED} == {name: before[name] for name in _APPLIED}


def test_a_gates_terminal_is_shown_nothing_that_is_a_supervisors(there: Scene) -> None:
    gate, line = there.gate, there.line
    assert (
        there.supervisor.push(there.supervisor.author.change("audit", act="unmasked", at_ms=1, staff_id=there.staff))
        == []
    )
    records = PullAsk(gate.epoch, gate.author.hq_gen, 0, 0, whole_after="", whole_upto=None).to_body()
    asked = [PullAsk(gate.epoch, gate.author.hq_gen, 0, 0).to_body(), records]
    asked += [
        records | {"whole_after": after} for after in ("audit/", "audit", "document_secret/0", "month_key", "att")
    ]
    asked += [records | {"whole_after": "audit", "whole_until": "b"}, records | {"whole_upto": 2**60}]
    before = there.sum_up()
    seen: set[str] = set()
    for body in asked:
        status, answer = line.send(gate.request("pull", body))
        assert status == 200, answer
        seen |= {change["table"] for group in answer.get("groups", ()) for change in group["changes"]}
        seen |= {record["table"] for record in answer.get("records", ())}
    assert "staff" in seen
    assert not seen & _SUPERVISORS_ONLY
    shown = json.dumps(line.send(gate.request("pull", records))[1], ensure_ascii=False)
    assert there.hidden not in shown
    sums = CompareAsk(gate.epoch, gate.author.hq_gen, there.head(gate), {}).to_body()
    guessed = [[table, "", 1, 1] for table in sorted(_SUPERVISORS_ONLY)]
    told = line.send(gate.request("compare", sums | {"sums": guessed}))[1]["differing"]
    assert told
    assert not {table for table, _month in told} & _SUPERVISORS_ONLY
    assert there.sum_up(but={"report"}) == {name: rows for name, rows in before.items() if name != "report"}
    assert Scope.SUPERVISOR not in SEES[TerminalKind.GATE]


def test_a_gates_terminal_is_told_no_reports_and_sets_no_pins(there: Scene) -> None:
    gate, line = there.gate, there.line
    status, answer = line.send(gate.request("hello", there.body(gate, "hello")))
    assert (status, answer["scope"], answer.get("reports")) == (200, "gate", None)
    before = there.sum_up()
    assert line.send(gate.request("pins", there.body(there.supervisor, "pins") | {"epoch": gate.epoch})) == (
        403,
        {"code": "not_allowed"},
    )
    assert there.sum_up() == before


def test_pictures_are_given_to_who_may_see_them_and_taken_as_the_record_says(there: Scene) -> None:
    before = there.sum_up()
    wrong = bytes([PICTURE[0], *PICTURE[1:-1], PICTURE[-1] ^ 1])
    for who, step, body, expected in (
        (there.gate, "blob/get", GetAsk(there.hidden, 0).to_body(), (404, "not_named")),
        (there.gate, "blob/put", PutAsk(there.shown, 0, wrong).to_body(), (422, "wrong_bytes")),
        (there.gate, "blob/put", PutAsk(there.shown, 0, PICTURE[:-1]).to_body(), (422, "wrong_bytes")),
        (there.gate, "blob/put", PutAsk(there.shown, 7, PICTURE).to_body(), (422, "wrong_bytes")),
        (there.supervisor, "blob/put", PutAsk(there.staff, 0, PICTURE).to_body(), (404, "not_named")),
        (there.stranger, "blob/get", GetAsk(there.hidden, 0).to_body(), (404, "not_named")),
        (there.stranger, "blob/put", PutAsk(there.shown, 0, PICTURE).to_body(), (404, "not_named")),
    ):
        status, answer = there.line.send(who.request(step, body))
        assert (status, answer["code"]) == expected
    asked = HaveAsk((there.shown, there.hidden)).to_body()
    assert there.line.send(there.stranger.request("blob/have", asked))[1]["unknown"] == [there.shown, there.hidden]
    assert there.sum_up() == before


def test_a_gates_code_makes_a_gate_whatever_the_request_says(there: Scene) -> None:
    one = Terminal(there.line, there.gate.estate_id, TerminalKind.GATE)
    body = one.enrolling(one.code()) | {"kind": "supervisor", "terminal_id": there.supervisor.terminal_id}
    status, answer = there.line.send(one.request("enrol", body))
    assert (status, answer["kind"]) == (200, "gate")
    assert answer["terminal_id"] != there.supervisor.terminal_id


def test_a_code_used_again_does_not_take_back_what_hq_has_made_of_the_terminal(there: Scene) -> None:
    one = Terminal(there.line, there.gate.estate_id, TerminalKind.SUPERVISOR)
    code = one.code()
    one.enrol(code)
    terminals.change_kind(there.line.hq.folder, one.estate_id, one.terminal_id, TerminalKind.GATE, real_ms())
    assert there.line.send(one.request("enrol", one.enrolling(code)))[1]["kind"] == "gate"
    assert there.line.send(one.request("hello", there.body(one, "hello")))[1]["scope"] == "gate"


def test_ids_of_another_estate_are_nothing_here(there: Scene) -> None:
    stranger = there.stranger
    theirs = [
        stranger.author.change("visit", staff_id=there.guard, name="客"),
        stranger.author.change("companion", visit_id=there.shown, name="客"),
        replace(stranger.author.change("house", staff_id=there.staff), op=Op.ERASE, record_id=there.guard, fields={}),
    ]
    mine = [name for name in there.sum_up() if name not in ("estate", "pictures")]
    here = f"'{there.supervisor.estate_id}'"
    before = {name: [row for row in there.sum_up()[name] if here in row] for name in mine}
    assert set(stranger.push(*theirs)) <= {"not_allowed", "parent_unknown"}
    same = replace(
        stranger.author.change("staff", number="1", name="别人", role="guard", active=1), record_id=there.staff
    )
    assert stranger.push(same) == []
    assert {name: [row for row in there.sum_up()[name] if here in row] for name in mine} == before


def _poison(there: Scene) -> Iterator[list[Change]]:
    """Yield batches that HQ may take, or hold back, and after which everybody must still be able to sync."""
    author = there.supervisor.author

    def changes(table: str, **values: Any) -> Change:
        return author.change(table, staff_id=there.staff, **values)

    far = Stamp(real_ms() + 9 * 60_000, MOST_COUNTER)
    yield [changes("house", room_code="1", hlc=far), changes("house", room_code="2"), changes("house", room_code="3")]
    house = changes("house", room_code="4")
    yield [house]
    for first in range(0, 1200, 150):
        wide = {f"unknown_{first + number}": number for number in range(150)}
        yield [replace(changes("house"), record_id=house.record_id, fields=wide)]
    for number in range(8):
        yield [replace(changes("house"), record_id=house.record_id, fields={f"long_{number}": "长" * 40_000})]
    nested = "[" * 30_000
    estate = bytes.fromhex(there.supervisor.estate_id.replace("-", ""))
    keys = ("retention_number_days", "pictures_estate_mb", "correct_guard_h", "badge_pattern", "reason.visiting")
    for key, value in zip(
        keys, (nested, nested, "1e999", '"((a+)+)+$"', '{"leave_at": 5, "keys": [[]], "asked": 1}'), strict=True
    ):
        yield [changes("policy", record_id=id_text(ruled_id(estate, "policy", key)), key=key, value=value)]
    visit = replace(author.change("visit", staff_id=there.guard, name="客"), staff_id=there.guard)
    visit_id = visit.record_id
    event: dict[str, Any] = {"visit_id": visit_id, "at_ms": -(2**63) + 1, "staff_id": there.guard}
    yield [visit, author.change("visit_event", kind="turned_away", **event)]
    yield [author.change("visit_event", kind="corrected", corrected=nested, **event)]
    yield [author.change("visit_event", kind="admitted", override_by="\0", override_how="\0", **event)]
    yield [author.change("visit_event", kind="undone", undoes="\0", **event)]
    yield [changes("audit", act="\0", at_ms=2**63 - 1, subject_id="\0", subject_table="\0")]
    yield [changes("widget", kind="corrected", subject_id="\0", override_by="\0", text="\0", parent_id=visit_id)]
    yield [changes("attachment", subject_table="\0", subject_id=visit_id, sha256="AAAA", bytes=2**62, media_type="\0")]
    # Neither of these opens for anybody.
    yield [changes("month_key", month="9999-99", sealed="AAAA"), changes("month_key", month="\0", sealed="AAAA")]
    for record_id in ("ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000"):
        yield [replace(changes("audit", act="unmasked", at_ms=0), record_id=record_id, cid=record_id)]


def _joined(there: Scene, folder: Path, kind: TerminalKind) -> Store:
    hq, estate_id = there.line.hq, there.supervisor.estate_id
    store = create_store(find_home({"BUTLER_HOME": str(folder)}), real_ms())
    code = admin.new_code(hq.folder, estate_id, kind, real_ms(), hq.url)
    enrol(store, code.url, code.code, now_ms=real_ms)
    sync(store)
    return store


def test_whatever_a_forger_has_sent_everybody_else_goes_on(there: Scene, tmp_path: Path) -> None:
    hq, who = there.line.hq, there.supervisor
    stores = [_joined(there, tmp_path / kind, kind) for kind in TerminalKind]
    for number, batch in enumerate(_poison(there)):
        status, answer = there.line.send(who.request("push", who.batch(*batch)))
        assert status == 200, (number, answer)
        if number % 8 == 0:
            sync(stores[-1])
    stores += [_joined(there, tmp_path / f"new {kind}", kind) for kind in TerminalKind]
    for store in stores:
        add_house(store, NewHouse(store.home.database.parent.name, "", ""), real_ms())
        report = sync(store)
        assert (report.waiting, sync(store).pushed) == (0, 0)
        store.close()
    admin.sweep(hq.folder, None, real_ms() + 400 * 24 * 3_600_000)
    assert not hq.folder.log.exists(), hq.folder.log.read_text()
