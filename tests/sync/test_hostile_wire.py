"""Every hostile name through every field, over the wire and out of HQ again: nothing that drives a terminal survives.

A careful terminal makes them safe before it keeps them; a forged one does not, and HQ does it then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields

import pytest

from butler_tui.desk import gate
from butler_tui.desk.set_up import NewHouse, NewResident, add_house, add_staff
from butler_tui.domain.changes import Change
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.fields import TABLES, Kind, Table
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.policies import TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import Registration
from butler_tui.errors import ButlerError, RuleBroken
from butler_tui.hq import admin
from butler_tui.ids import id_text
from butler_tui.sync.failures import Refused
from butler_tui.text import safe
from tests.conftest import Clock, Estate
from tests.hostile import CATEGORIES, DANGEROUS, HOSTILE_NAMES, RARE, spread
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.booths import Booth
from tests.sync.forging import Forger, forge

_LONG = 500
"""A name longer than this stands in one field of a record, not in all: a group has a most."""
_DECIDING = {("staff", "role"): "guard", ("visit_event", "kind"): "turned_away", ("audit", "act"): "unmasked"}
"""Texts that HQ reads itself, and a record is only applied with one it knows."""


def _lets_through(texts: Iterator[str]) -> list[str]:
    return [text for text in texts if DANGEROUS & set(text)]


def _whole(name: str) -> bool:
    """Tell whether a name has no half of a character: JSON in UTF-8 cannot carry one."""
    return not any("\ud800" <= one <= "\udfff" for one in name)


def _write_everything(estate: Estate, name: str, number: int, now: Clock) -> None:
    """Type a name into every field there is."""
    other = name if len(name) < _LONG else ""
    texts = {field.name: other for field in fields(Registration) if field.default == ""} | {"name": name}
    check = GateCheck(found=dict.fromkeys(Check, Outcome.DOUBTFUL), notes=dict.fromkeys(Check, other))
    registration = estate.registration(
        **texts, check=check, companion_names=(name,), document_type=DocumentType.OTHER, keeps_number=True
    )
    session, policies = estate.sessions[Role.GUARD], estate.policies
    reason = next(iter(TurnAwayReason))
    gate.turn_away(estate.store, session, registration, policies, now(), reason=reason, note=name)
    person = NewResident(name, None, other, other, other)
    add_house(estate.store, NewHouse(f"{number}", other, other, other, name, other, [person]), now())
    add_staff(estate.store, f"{number}", name, Role.GUARD, now())
    with suppress(RuleBroken):
        add_staff(estate.store, name, name, Role.GUARD, now())


def test_what_is_typed_at_the_gate_arrives_as_it_is_kept_and_shows_nothing_hostile(
    hq: Hq, estate: Estate, now: Clock
) -> None:
    for number, name in enumerate(HOSTILE_NAMES):
        _write_everything(estate, name, number, now)
    hq.enrol(estate.store)
    report = sync(estate.store)
    assert (report.waiting, report.quarantined) == (0, 0)
    booth = Booth(hq, estate)
    booth.is_whole()
    for table in ("visit", "companion", "staff", "household", "resident", "house", "visit_event"):
        names = [field.name for field in TABLES[table].fields if field.kind is Kind.TEXT]
        columns = ", ".join(names)
        kept = estate.store.connection.execute(f"SELECT {TABLES[table].key}, {columns} FROM {table}").fetchall()
        there = hq.query(f"SELECT {TABLES[table].key}, {columns} FROM v_{table} WHERE estate_id = ?", booth.estate_id)
        assert {row[0]: tuple(row[1:]) for row in there} == {id_text(row[0]): tuple(row[1:]) for row in kept}
        texts = (value for row in there for value in row if isinstance(value, str))
        assert _lets_through(texts) == []
    visitors = {row[0] for row in hq.query("SELECT name FROM v_visit WHERE estate_id = ?", booth.estate_id)}
    assert {name.strip() for name in RARE} <= visitors


def _texts(table: Table) -> list[str]:
    """Return the columns of a table in which any text may stand."""
    return [
        field.name for field in table.fields if field.kind is Kind.TEXT and (table.name, field.name) not in _DECIDING
    ]


def _forged(forger: Forger, table: Table, name: str, above: dict[str, Change]) -> Change:
    """Return a change in whose every text stands `name`, below the record that its table needs above it."""
    deciding = {column: word for (of, column), word in _DECIDING.items() if of == table.name}
    texts = _texts(table)
    values = {**dict.fromkeys(texts if len(name) < _LONG else texts[:1], name), **deciding}
    if table.parent is not None:
        parent = next(one.name for one in TABLES.values() if one.key == table.parent)
        values[table.parent] = above[parent].record_id
    return forger.author.change(table.name, staff_id=above["staff"].record_id, **values)


def test_a_forged_terminal_gets_nothing_raw_into_what_hq_shows(hq: Hq) -> None:
    forger = forge(hq)
    guard = forger.author.change("staff", number="1", name="王强", role="supervisor", active=1)
    above, sent = {"staff": guard}, [(guard, "王强")]
    for table in TABLES.values():
        for name in filter(_whole, ("", *HOSTILE_NAMES)):
            change = _forged(forger, table, name, above)
            above.setdefault(table.name, change)
            sent.append((change, name))
    assert forger.push([change for change, _name in sent]) == []
    states = forger.states()
    assert len(states) == len(sent)
    assert _lets_through(iter(states.values())) == []
    for change, name in sent:
        state = json.loads(states[change.table, change.record_id])
        texts = _texts(TABLES[change.table])
        wanted = "王强" if change is guard else safe(name, 2 * len(name) or 1)
        assert not texts or wanted in {state.get(text) for text in texts}
    assert _lets_through(forger.views(list(TABLES))) == []
    shown = {row[0] for row in hq.query("SELECT name FROM v_visit WHERE estate_id = ?", forger.estate_id)}
    assert set(RARE) <= shown


def test_a_table_and_a_column_that_nobody_knows_are_made_safe_too(hq: Hq) -> None:
    forger = forge(hq)
    guard = forger.author.change("staff", number="1", name="王强", role="guard", active=1)
    author = guard.record_id
    strange = [forger.author.change("gadget", staff_id=author, note=name) for name in filter(_whole, HOSTILE_NAMES)]
    strange += [forger.author.change("gate", colour=name) for name in filter(_whole, HOSTILE_NAMES)]
    assert forger.push([guard, *strange]) == []
    assert _lets_through(iter(forger.states().values())) == []


@pytest.mark.parametrize("name", CATEGORIES["surrogate"], ids=ascii)
def test_half_a_character_on_the_wire_is_refused_and_nothing_of_it_is_taken(hq: Hq, name: str) -> None:
    forger = forge(hq)
    with pytest.raises(Refused, match=r"malformed|chain"):
        forger.push_raw(forger.author.change("gate", name="{name}"), name)
    assert forger.states() == {}


def test_what_hq_prints_of_its_estates_and_terminals_is_safe(hq: Hq) -> None:
    estate_id = admin.add_estate(hq.folder, "云栖玫瑰园", "Asia/Shanghai", None, real_ms())
    chosen = [name for name in spread(60) if _whole(name) and "\0" not in name]
    for name in chosen:
        with suppress(ButlerError):
            admin.add_estate(hq.folder, name, "Asia/Shanghai", None, real_ms())
        forge(hq, name[:100], name[:40], estate_id).hello(name[:40])
    folder = ("--dir", str(hq.folder.path))
    for lang in ("en", "zh"):
        env = {"BUTLER_LANG": lang, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
        for options in ((), ("--json",)):
            ended = butler("hq", "status", *folder, *options, env=env)
            assert (ended.returncode, ended.stderr) == (0, "")
            assert not DANGEROUS & set(ended.stdout)
            assert "𠮷田𡈽" in ended.stdout
