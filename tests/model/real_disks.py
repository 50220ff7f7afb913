"""HQ's disk and its backups, and what is lost with the only disks that had it."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from butler_tui.domain.fields import TABLES
from butler_tui.hq import backups, restoring, taking_in
from butler_tui.hq.replay import RELEASES
from butler_tui.ids import id_text
from butler_tui.store import base
from tests.model.in_process import PASSPHRASE, Hq, names, quick_passphrases
from tests.model.real_people import Booth
from tests.model.real_visitors import Visitors


@dataclass
class Disks(Visitors):
    """HQ with all that may be put back into its place. `excused` are cids whose only disks are gone.

    `let_go` are those that their authors' journals had until they were safe at HQ, or until such an author's disk was
    put back: where HQ loses them all the same, their records come again, by other changes.
    """

    excused: set[str] = field(default_factory=set)
    let_go: set[str] = field(default_factory=set)
    snapshots: list[Any] = field(default_factory=list)
    backups: list[Path] = field(default_factory=list)
    forked: bool = False
    folder: Path = field(init=False)
    hq: Hq = field(init=False)
    booths: list[Booth] = field(init=False)
    estate_id: str = field(init=False)

    def _take_in(self) -> None:
        """Let a supervisor have taken in what was offered of others."""
        self.hq.engine.write(lambda rows: taking_in.take_in(rows, self.estate_id, self.now)).result()

    def at_hq(self) -> set[str]:
        """Return the cids that HQ's log has, or was offered: of what is written once, by its record."""
        log = self.hq.query("SELECT cid, tbl, record_id, body FROM change_log WHERE estate_id = ?", self.estate_id)
        once = {(row[1], row[2]) for row in log if row[1] in TABLES and TABLES[row[1]].once}
        cids = {str(json.loads(row[3]).get(RELEASES, row[0])) for row in log} | names(log)
        return cids | self._of_records(once)

    def _of_records(self, keys: Container[tuple[str, str]]) -> set[str]:
        """Return the changes that put one of these records (table, id), each written once."""
        found = ((cid, (one.table, id_text(one.record_id))) for cid, one in self.wrote.items())
        return {cid for cid, key in found if key in keys}

    def _snap(self) -> None:
        self.snapshots.append(self.hq.copy_aside())

    def _back(self) -> None:
        """Put the last copy of HQ back behind its back."""
        if self.snapshots:
            self.forked = True
            self.hq.put_back(self.snapshots[-1])
            self._excuse()

    def _backup(self) -> None:
        """Make a backup of HQ by its command: from then on terminals may let go of what is in it."""
        file = self.folder / f"hq{next(self.numbers)}.bak"
        with quick_passphrases():
            backups.back_up(self.hq.folder, file, lambda: PASSPHRASE, self.now)
        self.backups.append(file)

    def _restored(self) -> None:
        """Put the last backup of HQ back by its command."""
        if self.backups:
            self.forked = True
            self.hq.close()
            with quick_passphrases():
                restoring.restore(self.hq.folder, self.backups[-1], lambda: PASSPHRASE, self.now, replace=True)
            self.hq.open()
            self._excuse()

    def in_journal(self, booth: Booth) -> set[str]:
        """Return the changes in a terminal's journal."""
        return {id_text(row[0]) for row in booth.store.connection.execute("SELECT cid FROM journal")}

    def has_let_go(self, booth: Booth) -> bool:
        """Tell whether a terminal's journal has let go of anything."""
        return booth.store.connection.execute("SELECT 1 FROM acked_mark WHERE at_ms = 0").fetchone() is not None

    def _excuse(self) -> None:
        """Whatever lies nowhere any more is lost with the only disk that had it."""
        there = self.at_hq()
        for booth in self.booths:
            there |= self._held_by(booth)
        self.excused |= self.wrote.keys() - there

    def _held_by(self, booth: Booth) -> set[str]:
        """Return the changes that a terminal's file has something of: its own, and what it has pulled of others."""
        connection = booth.store.connection
        cids = self.in_journal(booth)
        for tbl, record_id in connection.execute("SELECT tbl, record_id FROM base").fetchall():
            known = base.read(connection, tbl, record_id)
            assert known is not None
            cids |= {stamp.cid for stamp in known.state.stamps.values()}
            cids |= {one.stamp.cid for losers in known.state.kept.values() for one in losers}
        once = [table for table in TABLES.values() if table.once]
        keys = {
            (table.name, id_text(row[0]))
            for table in once
            for row in connection.execute(f"SELECT {table.key} FROM {table.name}")
        }
        return cids | self._of_records(keys)
