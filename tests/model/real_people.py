"""What people do at real terminals, and the test's own note of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from butler_tui.domain.changes import Value
from butler_tui.domain.fields import TABLES, Op
from butler_tui.ids import id_text, new_id, parse_id
from butler_tui.store import base, conflicts, erasing, estates, quarantined
from butler_tui.store.database import Row
from butler_tui.store.journal import record, record_again
from butler_tui.store.local import Store
from butler_tui.store.written import Written

T = TypeVar("T")


@dataclass(eq=False)
class Booth:
    """A terminal: its folder, its open file, and how wrong its clock is (ms)."""

    folder: Path
    store: Store
    wrong: int = 0
    busy: bool = False


@dataclass
class Wrote:
    """The test's own note of a change: what its author's file held when it was written."""

    table: str
    record_id: bytes
    parent_id: bytes | None
    values: Mapping[str, Any]
    personal: str
    resolves: frozenset[str]
    shown: frozenset[str]
    creates: bool
    erases: bool


def _wrote(row: Row, shown: frozenset[str], creates: bool) -> Wrote:
    values = {**json.loads(row["fields"]), **json.loads(row["personal"] or "{}")}
    resolves = frozenset(json.loads(row["resolves"] or "[]"))
    place = (row["tbl"], bytes(row["record_id"]), row["parent_id"])
    return Wrote(*place, values, row["personal"] or "", resolves, shown, creates, row["op"] == Op.ERASE)


@dataclass
class People:
    """What is written, and by whom: a household and a resident that everybody writes about, and new ones."""

    now: int
    household: bytes = b""
    resident: bytes = b""
    house: bytes = b""
    wrote: dict[str, Wrote] = field(default_factory=dict)
    authors: set[tuple[str, str, str]] = field(default_factory=set)
    """Which terminal has written something of which record, all by id as text: (terminal, table, record)."""
    anew: set[str] = field(default_factory=set)
    """What a terminal has written by itself, by cid: what HQ had and lost, and its journal had let go of."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def _save(
        self, booth: Booth, written: Sequence[Written], creates: bool = False, staff: bytes | None = None
    ) -> None:
        self.noted(booth, lambda: record(booth.store, written, staff_id=staff, now_ms=self.clock(booth)), creates)

    def clock(self, booth: Booth) -> int:
        """Return what a terminal's clock shows (UTC ms)."""
        return self.now + booth.wrong

    def noted(self, booth: Booth, act: Callable[[], T], creates: bool = False) -> T:
        """Do something at a terminal, and note what it has written and what its file held before of the same."""
        connection = booth.store.connection
        (before,) = connection.execute("SELECT coalesce(max(journal_id), 0) FROM journal").fetchone()
        done = act()
        rows = connection.execute("SELECT * FROM journal WHERE journal_id > ?", (before,)).fetchall()
        new = {id_text(row["cid"]) for row in rows}
        for row in rows:
            shown = frozenset(self._shown(booth, row["tbl"], row["record_id"]) - new)
            self._sign(booth, row)
            self.wrote[id_text(row["cid"])] = _wrote(row, shown, creates)
        return done

    def note_rest(self, booth: Booth) -> None:
        """Note what a terminal has written by itself: set-up, and what HQ lost, which had all that was known of it."""
        for row in booth.store.connection.execute("SELECT * FROM journal").fetchall():
            self._sign(booth, row)
            if (cid := id_text(row["cid"])) not in self.wrote:
                known = (other for other, wrote in self.wrote.items() if wrote.record_id == bytes(row["record_id"]))
                self.wrote[cid] = _wrote(row, frozenset(known), True)
                self.anew.add(cid)

    def _sign(self, booth: Booth, row: Row) -> None:
        terminal_id = id_text(estates.terminal(booth.store.connection).terminal_id or b"")
        self.authors.add((terminal_id, row["tbl"], id_text(row["record_id"])))

    def _shown(self, booth: Booth, table: str, record_id: bytes) -> set[str]:
        """Return whose values the author's file holds of a record: HQ's standing and kept ones, and its own."""
        known = base.read(booth.store.connection, table, record_id)
        cids = {stamp.cid for stamp in known.state.stamps.values()} if known else set()
        if known:
            cids |= {one.stamp.cid for losers in known.state.kept.values() for one in losers}
        own = booth.store.connection.execute("SELECT cid FROM journal WHERE record_id = ?", (record_id,))
        return cids | {id_text(row[0]) for row in own}

    def _write(self, booth: Booth, values: Sequence[int]) -> None:
        """Change what is known of the household and of who lives there; 0 leaves a field as it is."""
        name, note, may = values
        written = []
        if self.is_erased(booth, self.household):
            name = note = 0
        household: dict[str, Value] = {"name": self._text(name), "gate_note": self._text(note)}
        if chosen := {field: text for field, text in household.items() if text}:
            written.append(Written("household", self.household, chosen))
        if may:
            written.append(Written("resident", self.resident, {"may_confirm": may - 1}))
        if written and self._has(booth, "resident", self.resident) and self._has(booth, "household", self.household):
            self._save(booth, written)

    def is_erased(self, booth: Booth, record_id: bytes) -> bool:
        """Tell whether a terminal knows that a record was erased: nobody there gives it a name again."""
        return record_id in {one for __, one in erasing.registered(booth.store.home)}

    def _has(self, booth: Booth, table: str, record_id: bytes) -> bool:
        found = booth.store.connection.execute(f"SELECT 1 FROM {table} WHERE {table}_id = ?", (record_id,)).fetchone()
        return found is not None

    def _text(self, drawn: int) -> str:
        """Return a text like no other for 1, one that is written often for 2."""
        return "" if not drawn else "照旧" if drawn == 2 else f"第{next(self.numbers)}种"

    def _move_in(self, booth: Booth) -> None:
        """Add a household with somebody in it."""
        household, resident = new_id(self.now), new_id(self.now)
        parts = [
            Written("household", household, {"house_id": self.house, "name": self._text(1), "gate_note": "无"}),
            Written("resident", resident, {"household_id": household, "name": "新住户", "relation": "family"}),
        ]
        self._save(booth, parts, creates=True)

    def _poison(self, booth: Booth, child: bool) -> None:
        """Save what HQ cannot take in one group with something sound, then something that leans on it."""
        bad, good = new_id(self.now), new_id(self.now)
        nobody = new_id(self.now)
        parts = [
            Written("household", good, {"house_id": self.house, "name": "好", "gate_note": "无"}),
            Written("household", bad, {"house_id": self.house, "name": "坏", "gate_note": "无"}),
        ]
        self._save(booth, parts, creates=True, staff=nobody)
        if child:
            values: dict[str, Value] = {"household_id": bad, "name": "孩子", "relation": "family"}
            self._save(booth, [Written("resident", new_id(self.now), values)], creates=True)
        else:
            self._save(booth, [Written("household", bad, {"name": "改"})])

    def _forbidden(self, booth: Booth) -> None:
        """Change what is known of the household in the name of nobody, which HQ holds back."""
        if self._has(booth, "household", self.household) and not self.is_erased(booth, self.household):
            written = Written("household", self.household, {"name": self._text(1)})
            self._save(booth, [written], staff=new_id(self.now))

    def _again(self, booth: Booth) -> None:
        """Send the first act again that HQ holds back."""
        connection = booth.store.connection
        for group in quarantined.held_groups(connection, 1):
            groups = quarantined.together_with(connection, group.group_id)
            dismiss = partial(quarantined.dismiss, connection, [one for together in groups for one in together])
            record_again(booth.store, groups, now_ms=self.clock(booth), provided=dismiss)
            for row in connection.execute("SELECT * FROM journal").fetchall():
                self.wrote.setdefault(id_text(row["cid"]), _wrote(row, frozenset(), True))

    def _audit(self, booth: Booth) -> None:
        """Add an event that nobody ever changes."""
        values: dict[str, Value] = {"act": "backed_up", "at_ms": self.now}
        self._save(booth, [Written("audit", new_id(self.now), values)], creates=True)

    def _choose(self, booth: Booth) -> None:
        """Decide about the first conflict that this terminal shows: what stands shall stand."""
        known = (one for one in conflicts.waiting(booth.store.connection) if TABLES[one.table].field(one.field))
        for one in known:
            if not self._has(booth, one.table, one.record_id):
                continue  # refused at the desk
            cids = tuple(parse_id(said.cid) for said in (one.present, *one.others))
            self._save(booth, [Written(one.table, one.record_id, {one.field: one.present.value}, cids)])
            return
