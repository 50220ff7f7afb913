"""I7 and I10: what is erased stands nowhere any more, and every author's chain at HQ verifies all the same."""

from __future__ import annotations

import base64
import json
import re

from butler_tui.domain.audit_chain import next_link
from butler_tui.domain.fields import Op
from butler_tui.hq.replay import change_at
from butler_tui.ids import id_text, parse_id
from tests.model.hq_whole import Broken, Log
from tests.model.real_world import World

_MARK = re.compile(r"第\d+种|\d{3}\*+\d{4}")
_AT_HQ = ("change_log", "record_state", "duplicate", "report", "erased")


def erased_is_gone(world: World, log: Log) -> frozenset[str]:
    """Return which records are erased at HQ; raises Broken where what was written of one is found anywhere."""
    applied = {line["cid"] for line in log if line["verdict"] == "applied"}
    chosen = {record_id for cid, (__, record_id) in world.erases.items() if cid in applied}
    # Who chose it may have lost that with his disk: others told HQ.
    chosen |= {parse_id(line["record_id"]) for line in log if line["op"] == Op.ERASE and line["cid"] in applied}
    theirs = [wrote for wrote in world.wrote.values() if chosen & {wrote.record_id, wrote.parent_id}]
    gone = frozenset({id_text(one) for one in (*chosen, *(wrote.record_id for wrote in theirs))})
    if not gone:
        return gone
    marks = {mark for wrote in theirs for mark in _MARK.findall(wrote.personal)}
    for line in log:
        if line["record_id"] in gone and (line["body"].get("personal") or line["body"].get("salt")):
            raise Broken(f"I7 HQ's log has something personal of an erased {line['tbl']}")
    for table in _AT_HQ:
        rows = world.hq.query(f"SELECT * FROM {table} WHERE estate_id = ?", world.estate_id)
        _look(f"HQ's {table}", rows, marks)
    for booth in world.booths:
        connection = booth.store.connection
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            rows = [tuple(row) for row in connection.execute(f"SELECT * FROM {table}").fetchall()]
            _look(f"{booth.folder.name}'s {table}", rows, marks)
    return gone


def _look(where: str, rows: list[tuple[object, ...]], marks: set[str]) -> None:
    for row in rows:
        found = {mark for cell in row if isinstance(cell, str) for mark in _MARK.findall(cell)} & marks
        if found:
            raise Broken(f"I7 {where} has {found}: {row}")


def chains_verify(world: World) -> None:
    """Raise Broken where the chain of an epoch does not verify from what HQ has."""
    rows = world.hq.engine.read(lambda reading: reading.log_after(world.estate_id, 0, 1 << 30))
    links: dict[tuple[str, int], tuple[str, bytes, bytes]] = {}
    for row in rows:
        body = json.loads(row.body)
        digest = base64.b64decode(body["digest"]) if "digest" in body else change_at(row, body).digest()
        if row.seq:
            links[row.epoch, row.seq] = (row.cid, digest, bytes(row.link))
    again = "SELECT epoch, seq, cid, digest, link FROM duplicate WHERE estate_id = ?"
    for epoch, seq, cid, digest, link in world.hq.query(again, world.estate_id):
        links[epoch, seq] = (cid, bytes(digest), bytes(link))
    heads = "SELECT epoch, first_link, last_seq, last_link FROM epoch WHERE estate_id = ?"
    for epoch, first, last_seq, last_link in world.hq.query(heads, world.estate_id):
        before = bytes(first)
        for seq in range(1, last_seq + 1):
            cid, digest, link = links[epoch, seq]
            before = next_link(before, parse_id(cid), digest)
            if link != before:
                raise Broken(f"I10 HQ's chain breaks at {seq} of an epoch of {last_seq}")
        if before != bytes(last_link):
            raise Broken("I10 HQ's chain ends elsewhere than its head")
