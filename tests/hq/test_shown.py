"""What HQ shows of a visit equals what the booth derives, in whatever order its events arrive."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES, Kind
from butler_tui.errors import RuleBroken
from butler_tui.hq import admin
from butler_tui.hq.engines import sqlite
from butler_tui.hq.engines.sqlite import SqliteEngine
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.ids import id_text, parse_id
from butler_tui.store.database import connect
from butler_tui.store.local import Store
from tests.hq.authors import NOW, Author, MakeAuthor, fresh
from tests.hq_rows import rows_at
from tests.pulling import apply

CHECKS = ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings")
ALLOWED: dict[str, Any] = {"gate_id": fresh(), "staff_id": fresh()}

_values = st.one_of(st.none(), st.integers(-2, 5), st.booleans(), st.text(max_size=4), st.just(ALLOWED["gate_id"]))
_columns = st.sampled_from(
    ["name", "phone", "companions", "reason", "badge", "room_code", "house_id", "expected_out_ms", "valet", "sex",
     "check_document", "companion_names", "registered_ms", "state", "visit_id", "document_masked", "nonsense"]
)  # fmt: skip
_corrected = st.one_of(
    st.dictionaries(_columns, _values, max_size=4).map(lambda found: json.dumps(found, ensure_ascii=True)),
    st.dictionaries(_columns, _values, max_size=4).map(json.dumps),
    st.sampled_from(["", "[]", "null", "nonsense", '{"name":"\\u001b]52;c;x\\u0007"}', '{"name":{"a":1}}', "[" * 9000]),
)
_kinds = st.sampled_from(["admitted", "turned_away", "out", "badge_missing", "badge_back", "corrected", "undone"])
_events = st.lists(st.tuples(_kinds, st.integers(NOW, NOW + 3), _corrected, st.integers(0, 7)), max_size=8)


@pytest.fixture
def staffed(author: Author) -> Author:
    """Return a terminal whose estate has a supervisor, the author of every change."""
    author.push(author.change("staff", record_id=ALLOWED["staff_id"], number="9001", name="许文静", role="supervisor"))
    return author


def visit(author: Author, **values: Any) -> Change:
    facts = {**ALLOWED, "registered_ms": NOW, "reason": "visiting", "companions": 0, "valet": 0, "name": "李文搏"}
    put = {**facts, **dict.fromkeys(CHECKS, "passed"), **values}
    change = author.change("visit", **{name: value for name, value in put.items() if name != "staff_id"})
    return _by(change, staff_id=put["staff_id"])


def event(author: Author, visit_id: str, kind: str, at_ms: int, **more: Any) -> Change:
    change = author.change("visit_event", visit_id=visit_id, kind=kind, at_ms=at_ms, gate_id=ALLOWED["gate_id"], **more)
    return _by(change, staff_id=ALLOWED["staff_id"])


def _by(change: Change, staff_id: str) -> Change:
    """Return the change as this person's: in its envelope and in its fields."""
    return replace(change, staff_id=staff_id, fields={**change.fields, "staff_id": staff_id})


def at_hq(folder: Folder, visit_id: str) -> dict[str, Any]:
    (row,) = rows_at(folder, "SELECT * FROM v_visit WHERE visit_id = ?", visit_id)
    return row


def at_booth(store: Store, visit_id: str) -> dict[str, Any]:
    return dict(store.connection.execute("SELECT * FROM visit WHERE visit_id = ?", (parse_id(visit_id),)).fetchone())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(described=_events, data=st.data())
def test_hq_and_booth_show_the_same_whatever_the_order(
    staffed: Author, store: Store, described: list[tuple[str, int, str, int]], data: st.DataObject
) -> None:
    staffed = replace(staffed, epoch=fresh(), seq=0, link=FIRST_LINK)
    put = visit(staffed)
    made: list[Change] = []
    for kind, at_ms, corrected, undoes in described:
        undone = made[undoes % len(made)].record_id if kind == "undone" and made else None
        more = {"corrected": corrected} if kind == "corrected" else {"undoes": undone} if undone else {}
        made.append(event(staffed, put.record_id, kind, at_ms, **more))
    arriving = data.draw(st.permutations(range(len(made))))
    there = [made[index] for index in arriving]
    taken = [put]
    staffed.seq -= len(made)
    staffed.push(put)
    for change in there:
        staffed.seq += 1
        answer = staffed.push(replace(change, seq=staffed.seq))
        held = bool(answer.quarantined)
        assert not held or "check_document" in str(change.personal), "nothing but what was found at the check"
        taken += [] if held else [change]
    for change in data.draw(st.permutations(taken)):
        apply(store, [change])

    hq, booth = at_hq(staffed.folder, put.record_id), at_booth(store, put.record_id)
    for field in TABLES["visit"].fields:
        wanted = booth[field.name]
        assert hq[field.name] == (_text(wanted) if field.kind is Kind.ID else wanted), field.name
    assert (hq["state"], hq["out_ms"], hq["badge_out"]) == (booth["state"], booth["out_ms"], booth["badge_out"])
    names = hq["companion_names"] is not None
    assert bool(hq["corrected"]) >= (booth["original"] is not None)
    assert bool(hq["corrected"]) or not names


def _text(value: bytes | None) -> str | None:
    return id_text(value) if value is not None else None


def test_a_correction_and_its_undoing_are_shown_at_once(staffed: Author) -> None:
    put = visit(staffed)
    came = event(staffed, put.record_id, "admitted", NOW)
    typo = event(staffed, put.record_id, "corrected", NOW + 1, corrected='{"name":"李文博","companion_names":"王海"}')
    staffed.push(put, came, typo)
    told = at_hq(staffed.folder, put.record_id)
    assert (told["name"], told["companion_names"], told["state"], told["corrected"]) == ("李文博", "王海", "inside", 1)

    staffed.push(
        event(staffed, put.record_id, "undone", NOW + 2, undoes=typo.record_id),
        event(staffed, put.record_id, "out", NOW + 3),
    )
    told = at_hq(staffed.folder, put.record_id)
    assert (told["name"], told["companion_names"], told["corrected"]) == ("李文搏", None, 0)
    assert (told["state"], told["out_ms"], told["badge_out"]) == ("left", NOW + 3, 0)


def test_a_file_of_the_first_version_shows_the_same_once_opened(author_of: MakeAuthor, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "hq")
    admin.init(folder, [], NOW)
    engine = SqliteEngine(folder.database, read_hq_keys(folder.keys).raw())
    template = author_of()
    estate_id = admin.add_estate(folder, "云栖玫瑰园", "Asia/Shanghai", None, NOW)
    terminal = template.terminal._replace(estate_id=estate_id)
    engine.write(lambda rows: rows.put_terminal(terminal)).result()
    where = engine.read(lambda rows: rows.position(estate_id))
    author = Author(engine, folder, terminal, where.hq_gen, fresh())
    author.push(author.change("staff", record_id=ALLOWED["staff_id"], number="9001", name="许", role="supervisor"))
    put = visit(author)
    made = [
        event(author, put.record_id, "admitted", NOW),
        event(author, put.record_id, "corrected", NOW, corrected='{"name":"甲"}'),
    ]
    author.push(put, *made)
    engine.close()
    fresh_file = at_hq(folder, put.record_id)
    connection = connect(folder.database, read_hq_keys(folder.keys).raw())
    connection.execute("DROP VIEW v_visit")
    connection.execute("ALTER TABLE record_state DROP COLUMN shown")
    connection.execute("ALTER TABLE record_state DROP COLUMN kept")
    connection.execute("ALTER TABLE record_state DROP COLUMN erased_ms")
    connection.execute("ALTER TABLE terminal DROP COLUMN scope_gen")
    connection.execute("ALTER TABLE estate_pos DROP COLUMN durable_pos")
    for index in ("change_log_held", "change_log_held_parent", "change_log_held_staff"):
        connection.execute(f"DROP INDEX {index}")
    for table in ("erased", "generation", "report", "estate_secret", "tally", "greeting"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("PRAGMA user_version = 1")
    with pytest.raises(RuleBroken):  # an older program has it open still
        SqliteEngine(folder.database, read_hq_keys(folder.keys).raw())
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    connection.close()

    SqliteEngine(folder.database, read_hq_keys(folder.keys).raw()).close()

    assert at_hq(folder, put.record_id) == fresh_file
    assert (fresh_file["name"], fresh_file["state"]) == ("甲", "inside")
    assert sqlite.SCHEMA_VERSION == 3
