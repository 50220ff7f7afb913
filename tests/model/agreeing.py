"""What holds of one HQ and its terminals at rest, however they came there: they show the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from butler_tui.domain.corrections import FACTS
from butler_tui.domain.fields import TABLES, Op, Privacy, Scope, Standing, Table
from butler_tui.domain.merge import RecordState, holding
from butler_tui.domain.policies import Policies
from butler_tui.domain.retention import kept_for
from butler_tui.domain.rights import TerminalKind
from butler_tui.domain.tallies import made_ms
from butler_tui.ids import id_text, parse_id
from butler_tui.store import base, erasing, estates, lost
from butler_tui.store.base import Base
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store
from tests.model.hq_whole import Asked, Broken, States, plain_of

_SEES = {
    TerminalKind.GATE: {Scope.GATE},
    TerminalKind.BUTLER: {Scope.GATE, Scope.BUTLER},
    TerminalKind.SUPERVISOR: set(Scope),
}


def is_at_rest(name: str, store: Store) -> None:
    """Raise Broken where something of this terminal's waits or has not come back, and where its chain does not verify.

    `name` is how the terminal is called in what is raised.
    """
    connection = store.connection
    (waiting,) = connection.execute("SELECT last_seq - acked_seq FROM sync_state").fetchone()
    held = f"SELECT journal_id FROM journal JOIN quarantine USING (cid) WHERE {lost.WAITS}"
    not_back = f"SELECT count(*) FROM pending WHERE journal_id NOT IN ({held})"
    (pending,) = connection.execute(not_back).fetchone()
    if waiting or pending:
        raise Broken(f"I11 {name}: {waiting} wait, {pending} have not come back")
    verify_chain(connection)


_NUMBER_MS = kept_for(Policies()).number_ms


@dataclass(frozen=True)
class Forgiven:
    """What HQ shows of visits, by id, to be compared too; what is erased at HQ; whether it may have forgotten some."""

    shown: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    forked: bool = False
    authors: frozenset[tuple[str, str, str]] = frozenset()
    """(terminal, table, record): who has written something, also where its journal has let go of it."""
    now_ms: int = 0
    """HQ's time (UTC ms): a number that is over by then is gone, or goes with HQ's next daily round."""

    def is_over(self, table: str, key: str) -> bool:
        """Tell whether a document's number has been kept for as long as it is."""
        return table == "document_secret" and (made_ms(parse_id(key)) or 0) < self.now_ms - _NUMBER_MS


def sees_the_same(
    hq: Asked, estate_id: str, name: str, store: Store, states: States, forgiven: Forgiven | None = None
) -> None:
    """Raise Broken where a terminal shows other records or values than HQ has in its scope, or asks about others."""
    terminal_id = id_text(estates.terminal(store.connection).terminal_id or b"")
    ((kind,),) = hq.query("SELECT kind FROM terminal WHERE estate_id = ? AND terminal_id = ?", estate_id, terminal_id)
    not_applied = "SELECT record_id FROM change_log WHERE estate_id = ? AND verdict IN ('offered', 'quarantined')"
    apart = {id_text(record_id) for record_id in lost.marked(store.connection)}
    known = {row[0] for row in hq.query(not_applied, estate_id)}
    if strange := (apart & {record_id for __, record_id in states}) | (apart - known):
        raise Broken(f"I5 {name} takes {strange} for kept apart")
    held = store.connection.execute(
        f"SELECT tbl, record_id, fields, personal, op FROM quarantine JOIN journal USING (cid) WHERE {lost.WAITS}"
        " ORDER BY journal_id"
    ).fetchall()
    _shows_held(name, store, held, states)
    _View(name, store, terminal_id, states, _SEES[TerminalKind(kind)], forgiven or Forgiven()).check()


def _shows_held(name: str, store: Store, held: Sequence[Any], states: States) -> None:
    """Raise Broken where an author is not shown what HQ holds back of him, on top of what HQ has of the record.

    What he has erased is gone here, also where HQ holds that back and has it still.
    """
    erased = {(row[0], row[1]) for row in held if row[4] == Op.ERASE}
    for tbl, record_id in {(row[0], row[1]) for row in held if row[0] in TABLES and not TABLES[row[0]].once}:
        table = TABLES[tbl]
        latest: dict[str, Any] = {}
        for row in held:
            if (row[0], row[1]) == (tbl, record_id):
                latest |= {**json.loads(row[2]), **json.loads(row[3] or "{}")}
        state = states.get((tbl, id_text(record_id)))
        row = store.connection.execute(f"SELECT * FROM {tbl} WHERE {table.key} = ?", (record_id,)).fetchone()
        for column, value in base.stored(table, {**(state.values if state else {}), **latest}).items():
            one = table.field(column)
            own = state is not None and column in state.stamps and _is_own(store, state.stamps[column].cid)
            gone = one is not None and one.privacy is not Privacy.PLAIN and (tbl, record_id) in erased
            if gone and row is not None and row[column]:
                raise Broken(f"I7 {name} shows {tbl}.{column} {row[column]!r}, which is erased here")
            latest_holds = one is not None and one.standing is Standing.LATEST and not gone
            if latest_holds and not own and (row is None or row[column] != value):
                raise Broken(f"I5 {name} is not shown {tbl}.{column} {value!r}, which HQ holds back")


def _is_own(store: Store, cid: str) -> bool:
    return store.connection.execute("SELECT 1 FROM journal WHERE cid = ?", (parse_id(cid),)).fetchone() is not None


@dataclass(frozen=True)
class _View:
    """One terminal at rest, held against HQ's records."""

    name: str
    store: Store
    terminal_id: str
    states: States
    sees: set[Scope]
    forgiven: Forgiven

    def check(self) -> None:
        """Raise Broken where this terminal shows something else than HQ has for it."""
        for table in TABLES.values():
            rows = self._rows(f"SELECT * FROM {table.name}")
            shown = {id_text(row[table.key]): row for row in rows}
            if table.scope not in self.sees:
                # What it wrote, let go of, and HQ lost, it has offered as if it were another's.
                if foreign := {key for key in shown if (table.name, key) not in self.own and key not in self.apart}:
                    raise Broken(f"I9 {self.name} has {table.name} {foreign}")
                continue
            self._same_records(table, shown)
        self._raw()

    @cached_property
    def own(self) -> set[tuple[str, str]]:
        """What it has written something of, whichever of its files that was in: a copy has its name too."""
        written = {
            key
            for key, one in self.states.items()
            if self.terminal_id in {stamp.terminal for stamp in one.stamps.values()}
        }
        written |= {(tbl, key) for who, tbl, key in self.forgiven.authors if who == self.terminal_id}
        return written | {(row[0], id_text(row[1])) for row in self._rows("SELECT tbl, record_id FROM journal")}

    @cached_property
    def marked(self) -> set[tuple[str, str]]:
        """What it shows marked, since HQ holds its changes back; a visit is marked by what happened to it, too."""
        held = self._rows(
            f"SELECT tbl, record_id, parent_id FROM quarantine JOIN journal USING (cid) WHERE {lost.WAITS}"
        )
        visits = {("visit", id_text(row[2])) for row in held if row[0] == "visit_event" and row[2]}
        return visits | {(row[0], id_text(row[1])) for row in held}

    @cached_property
    def apart(self) -> set[str]:
        """What it shows though HQ has it from an offer only."""
        return {id_text(record_id) for record_id in lost.marked(self.store.connection)}

    @cached_property
    def ahead(self) -> set[str]:
        """Visits that it shows as more has happened than HQ has applied: HQ has that from an offer only."""
        events = self._rows("SELECT event_id, visit_id FROM visit_event")
        return {id_text(row[1]) for row in events if id_text(row[0]) in self.apart}

    @cached_property
    def erased(self) -> set[str]:
        """What it knows to be erased."""
        return {id_text(record_id) for __, record_id in erasing.registered(self.store.home)}

    def _rows(self, query: str) -> list[Any]:
        return self.store.connection.execute(query).fetchall()

    def _same_records(self, table: Table, shown: Mapping[str, Any]) -> None:
        expected = {key[1]: state for key, state in self.states.items() if key[0] == table.name}
        ours = {key for key in shown if (table.name, key) not in self.marked and key not in self.apart}
        theirs = {key for key in expected if (table.name, key) not in self.marked}
        # Where what a row needs was erased before it came, the rest is kept, and shown only with what never comes.
        needs = {row["name"] for row in self._rows(f"PRAGMA table_info({table.name})") if row["notnull"]} - {table.key}
        known = {one.name for one in table.fields}
        theirs -= {
            key for key in theirs - ours if needs & known - expected[key].values.keys() and self._kept(table.name, key)
        }
        if ours != theirs:
            raise Broken(f"I5 {self.name}: {table.name} has {ours - theirs} too many, lacks {theirs - ours}")
        for key in theirs:
            self._same_values(table, key, shown[key], expected[key])
            if not table.once:
                self._same_inbox(table.name, key, expected[key])

    def _kept(self, tbl: str, key: str) -> bool:
        return base.read(self.store.connection, tbl, parse_id(key)) is not None

    def _same_values(self, table: Table, key: str, row: Any, state: RecordState) -> None:
        ahead = table.name == "visit" and key in self.ahead
        told = self.forgiven.shown.get(key, {}) if table.name == "visit" and not ahead else {}
        values = {**holding(table, state), **told.get("corrected", {})}
        if ahead:
            values = {name: value for name, value in values.items() if name not in FACTS}
        forgotten = key in self.erased and key not in self.forgiven.gone and self.forgiven.forked
        for name, value in base.stored(table, values).items():
            one = table.field(name)
            if one is None or one.scope not in self.sees or (forgotten and one.privacy is not Privacy.PLAIN):
                continue
            if name == "sealed" and not row[name] and self.forgiven.is_over(table.name, key):
                continue  # HQ was put back to before it erased this, and its daily round is not run here
            if row[name] != value:
                raise Broken(f"I5 {self.name}: {table.name}.{name} {row[name]!r}, HQ {value!r}")
        for name in ("state", "out_ms", "badge_out") if told else ():
            if row[name] != told.get(name):
                raise Broken(f"I5 {self.name}: a visit's {name} is {row[name]!r}, at HQ {told.get(name)!r}")

    def _same_inbox(self, tbl: str, key: str, state: RecordState) -> None:
        known = base.read(self.store.connection, tbl, parse_id(key))
        ours, theirs = (self._asked(tbl, one) for one in (known.state if known else RecordState(), state))
        if ours != theirs:
            raise Broken(f"I6 {self.name}: {tbl} asks about {ours}, HQ about {theirs}")

    def _asked(self, tbl: str, state: RecordState) -> dict[str, Any]:
        kept: dict[str, Any] = plain_of(state)[2]
        return {name: cids for name, cids in kept.items() if self._is_known(tbl, name) or Scope.SUPERVISOR in self.sees}

    def _is_known(self, tbl: str, name: str) -> bool:
        return tbl in TABLES and TABLES[tbl].field(name) is not None

    def _raw(self) -> None:
        """What this version does not know is kept as it came, by supervisors only; whoever wrote it has it too."""
        connection = self.store.connection
        keys = {(row[0], id_text(row[1])) for row in self._rows("SELECT tbl, record_id FROM base")}
        keys |= {key for key in self.states if key[0] not in TABLES or not TABLES[key[0]].once}
        for tbl, record_id in keys - self.marked:
            if record_id in self.apart:
                continue
            ours = self._unknown(tbl, base.read(connection, tbl, parse_id(record_id)))
            there = self.states.get((tbl, record_id), RecordState())
            theirs = self._unknown(tbl, Base(there, 0))
            if Scope.SUPERVISOR in self.sees and ours != theirs and record_id not in self.erased - self.forgiven.gone:
                raise Broken(f"I5 {self.name}: keeps {ours} raw of a {tbl}, HQ {theirs}")
            if Scope.SUPERVISOR not in self.sees and ours and (tbl, record_id) not in self.own:
                raise Broken(f"I9 {self.name} has {ours} of a {tbl}, which nobody here knows")

    def _unknown(self, tbl: str, known: Base | None) -> dict[str, Any]:
        values = known.state.values if known else {}
        return {name: value for name, value in values.items() if not self._is_known(tbl, name)}
