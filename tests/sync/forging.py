"""A terminal that is none of ours: enrolled by its code, it sends over the real wire whatever a test makes up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from butler_tui.domain.changes import Change
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin, authority
from butler_tui.hq.engines import TerminalRow
from butler_tui.ids import id_text, new_id
from butler_tui.sealing import public_box_key, public_sign_key
from butler_tui.sync.joining import EnrolAsk
from butler_tui.sync.protocol import HelloAsk, path_of, push_answer_from
from butler_tui.sync.transport import Identity, Link
from tests.hq.authors import Author
from tests.serving import Hq, real_ms

_BATCH = 250


@dataclass
class Forger:
    """A forged terminal in an estate of its own."""

    hq: Hq
    estate_id: str
    link: Link
    author: Author

    def hello(self, version: str) -> None:
        """Say hello as a program of this version."""
        epoch = self.link.identity.epoch
        ask = HelloAsk(epoch, 0, 0, None, None, 0, None, 0, 1, real_ms(), version, 7)
        self.link.post(path_of(self.estate_id, "hello"), ask.to_body())

    def push(self, changes: list[Change]) -> list[str]:
        """Send changes, and return the reasons for which any were held back."""
        reasons = []
        for begin in range(0, len(changes), _BATCH):
            body = self.author.batch(*changes[begin : begin + _BATCH]).to_body()
            answer = push_answer_from(self.link.post(path_of(self.estate_id, "push"), body))
            reasons += [reason for _cid, reason in answer.quarantined]
        return reasons

    def push_raw(self, change: Change, name: str) -> None:
        """Send a batch of one change in which `{name}` stands for a text that no encoder of ours would write."""
        body = json.dumps(self.author.batch(change).to_body()).replace("{name}", json.dumps(name)[1:-1])
        self.link.post_bytes(path_of(self.estate_id, "push"), body.encode("ascii"), "")

    def states(self) -> dict[tuple[str, str], str]:
        """Return the raw text of every record's state at HQ, by table and id."""
        rows = self.hq.query("SELECT tbl, record_id, state FROM record_state WHERE estate_id = ?", self.estate_id)
        return {(row[0], row[1]): row[2] for row in rows}

    def views(self, tables: list[str]) -> Iterator[str]:
        """Yield every text that HQ's views show of this estate."""
        for table in tables:
            for row in self.hq.query(f"SELECT * FROM v_{table} WHERE estate_id = ?", self.estate_id):
                yield from (value for value in row if isinstance(value, str))


def forge(hq: Hq, name: str = "forged", version: str = "0", estate_id: str | None = None) -> Forger:
    """Enrol a terminal that calls itself `name`, in a new estate where none is said."""
    estate_id = estate_id or admin.add_estate(hq.folder, "云栖玫瑰园", "Asia/Shanghai", None, real_ms())
    code = admin.new_code(hq.folder, estate_id, TerminalKind.SUPERVISOR, real_ms(), hq.url).code
    private, box, epoch = os.urandom(32), public_box_key(os.urandom(32)), id_text(new_id(real_ms()))
    pem = authority.authority_pem(hq.folder)
    stranger = Link(hq.url, pem, Identity("", epoch, private), real_ms)
    ask = EnrolAsk(code, name, public_sign_key(private), box, version)
    answer = stranger.post(path_of(estate_id, "enrol"), ask.to_body())
    stranger.close()
    terminal_id = str(answer["terminal_id"])
    row = TerminalRow(estate_id, terminal_id, name, "supervisor", ask.sign_key, box, 0, None, None, None, None, None)
    unserved: Any = None
    author = Author(unserved, hq.folder, row, str(answer["hq_gen"]), epoch)
    return Forger(hq, estate_id, Link(hq.url, pem, Identity(terminal_id, epoch, private), real_ms), author)
