"""Terminals that are made up by a test, before an HQ that is not served."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES, Op, Privacy
from butler_tui.domain.gate_check import Check
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin
from butler_tui.hq.engines import Engine, EstateRow, TerminalRow
from butler_tui.hq.ingest import prepare, take
from butler_tui.hq.keys import Folder
from butler_tui.ids import id_text, new_id
from butler_tui.sync.protocol import PushAnswer, PushAsk

NOW = 1_794_527_880_000
PASSED = dict.fromkeys(map(str, Check), "passed")


def fresh() -> str:
    """Return a new id as text."""
    return id_text(new_id(NOW))


Opened = tuple[Engine, Folder]
"""An HQ that is open, and where its keys are."""


def supervisor(estate_id: str) -> TerminalRow:
    """Return a new supervisor's terminal of an estate."""
    key = new_id(NOW) + new_id(NOW)
    kind = str(TerminalKind.SUPERVISOR)
    return TerminalRow(estate_id, fresh(), "门岗", kind, key, key, NOW, None, None, None, None, None)


@dataclass
class Author:
    """A terminal whose changes are made up by the test."""

    engine: Engine
    folder: Folder
    terminal: TerminalRow
    hq_gen: str
    epoch: str
    seq: int = 0
    link: bytes = FIRST_LINK

    def change(self, table: str, *, group: str | None = None, **values: Any) -> Change:
        """Return the next change; values named like envelope parts go there, the rest to its side of the split."""
        self.seq += 1
        parts = {name: values.pop(name) for name in list(values) if name in Change.__dataclass_fields__}
        known = TABLES.get(table)
        if known and known.key != "staff_id" and known.field("staff_id") and parts.get("staff_id"):
            values["staff_id"] = parts["staff_id"]
        private = {field.name for field in known.fields if field.privacy is not Privacy.PLAIN} if known else set()
        change = Change(
            cid=fresh(),
            group_id=group or fresh(),
            epoch=self.epoch,
            seq=self.seq,
            table=table,
            record_id=fresh(),
            parent_id=values.get(known.parent) if known and known.parent else None,
            op=known.op if known else Op.PUT,
            fields={name: value for name, value in values.items() if name not in private},
            personal={name: value for name, value in values.items() if name in private} or None,
            salt=None,
            hlc=Stamp(NOW + self.seq, 0),
            seen=0,
            staff_id=None,
            schema_v=1,
        )
        return replace(change, **parts)

    def batch(self, *changes: Change) -> PushAsk:
        """Return the changes as a batch that follows this author's chain."""
        before = self.link
        for change in changes:
            self.link = change.link(self.link)
        return PushAsk(self.epoch, self.hq_gen, before, self.link, changes)

    def push(self, *changes: Change, now_ms: int = NOW) -> PushAnswer:
        """Land the changes at HQ."""
        return self.land(self.batch(*changes), now_ms)

    def land(self, ask: PushAsk, now_ms: int = NOW) -> PushAnswer:
        """Land a batch at HQ."""
        return self.engine.write(lambda rows: take(rows, self.terminal, prepare(ask), now_ms)).result()

    def state(self, change: Change) -> dict[str, Any] | None:
        """Return what HQ has of the change's record."""
        row = self.engine.read(lambda rows: rows.state(self.terminal.estate_id, change.table, change.record_id))
        return json.loads(row.state) if row else None

    def reasons(self, answer: PushAnswer) -> list[str]:
        """Return why changes are held back."""
        return [reason for __, reason in answer.quarantined]


@pytest.fixture(scope="module", params=["file", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Return an HQ that is not served, on either engine."""
    dsn = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    folder = Folder(tmp_path_factory.mktemp("ingest") / "hq", dsn)
    admin.init(folder, [], NOW)
    with admin.opened(folder) as (engine, _keys):
        yield engine, folder


MakeAuthor = Callable[..., Author]


@pytest.fixture
def author_of(engine: Opened) -> MakeAuthor:
    """Return what makes a terminal, in an estate of its own if none is said."""

    def make(kind: TerminalKind = TerminalKind.SUPERVISOR, estate_id: str | None = None) -> Author:
        chosen = estate_id or fresh()
        if estate_id is None:
            added = EstateRow(chosen, "云栖玫瑰园", "Asia/Shanghai", 0)
            engine[0].write(lambda rows: rows.add_estate(added, fresh(), NOW)).result()
        row = supervisor(chosen)._replace(kind=str(kind))
        engine[0].write(lambda rows: rows.put_terminal(row)).result()
        where = engine[0].read(lambda rows: rows.position(chosen))
        return Author(engine[0], engine[1], row, where.hq_gen, fresh())

    return make


@pytest.fixture
def author(author_of: MakeAuthor) -> Author:
    """Return a supervisor's terminal in an estate of its own."""
    return author_of()
