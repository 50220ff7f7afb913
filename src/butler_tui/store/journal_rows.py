"""A change as a row of the journal: writing it down, reading it again, and the chain from row to row."""

from __future__ import annotations

import base64
import json

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES, Op
from butler_tui.domain.hlc import Stamp
from butler_tui.errors import RuleBroken
from butler_tui.ids import id_text, parse_id
from butler_tui.store.database import Connection, Row
from butler_tui.words import N_


def journal_id(epoch_no: int, seq: int) -> int:
    """Return the row of the journal that holds change `seq` of an epoch; rows are in the order written."""
    return epoch_no << 40 | seq


def keep(connection: Connection, row_id: int, change: Change, link: bytes) -> int:
    """Write a change of this terminal down as row `row_id`, its chain at `link`; return the bytes of its values.

    Of a record that is written more than once it is pending, too, until HQ's log has brought it back.
    """
    fields = json.dumps(change.fields, ensure_ascii=False, separators=(",", ":"))
    personal = json.dumps(change.personal, ensure_ascii=False, separators=(",", ":")) if change.personal else None
    connection.execute(
        "INSERT INTO journal (journal_id, cid, group_id, tbl, record_id, parent_id, op, fields, personal,"
        " personal_digest, salt, hlc_ms, hlc_counter, seen, staff_id, schema_v, link, resolves)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row_id,
            parse_id(change.cid),
            parse_id(change.group_id),
            change.table,
            parse_id(change.record_id),
            parse_id(change.parent_id) if change.parent_id else None,
            str(change.op),
            fields,
            personal,
            change.digest_of_personal() if personal or change.personal_digest else None,
            base64.b64decode(change.salt) if change.salt else None,
            *change.hlc,
            change.seen,
            parse_id(change.staff_id) if change.staff_id else None,
            change.schema_v,
            link,
            json.dumps(change.resolves) if change.resolves else None,
        ),
    )
    if not TABLES[change.table].once:
        connection.execute(
            "INSERT INTO pending (tbl, record_id, journal_id) VALUES (?, ?, ?)",
            (change.table, parse_id(change.record_id), row_id),
        )
    return len(fields.encode()) + len((personal or "").encode())


def change_of(row: Row, epoch: bytes) -> Change:
    """Return the change in a journal row (`SELECT *`) of the epoch whose id is `epoch`."""
    redacted = row["personal"] is None and row["personal_digest"] is not None
    return Change(
        cid=id_text(row["cid"]),
        group_id=id_text(row["group_id"]),
        epoch=id_text(epoch),
        seq=row["seq"],
        table=row["tbl"],
        record_id=id_text(row["record_id"]),
        parent_id=id_text(row["parent_id"]) if row["parent_id"] else None,
        op=Op(row["op"]),
        fields=json.loads(row["fields"]),
        personal=json.loads(row["personal"]) if row["personal"] else None,
        salt=base64.b64encode(row["salt"]).decode() if row["salt"] else None,
        hlc=Stamp(row["hlc_ms"], row["hlc_counter"]),
        seen=row["seen"],
        staff_id=id_text(row["staff_id"]) if row["staff_id"] else None,
        schema_v=row["schema_v"],
        personal_digest=base64.b64encode(row["personal_digest"]).decode() if redacted else None,
        resolves=tuple(json.loads(row["resolves"])) if row["resolves"] else (),
    )


def pruned_to(connection: Connection) -> int:
    """Return the row up to which changes of the present epoch may have been let go of (store/pruning.py)."""
    row = connection.execute(
        "SELECT max(epoch_no << 40, coalesce((SELECT max(journal_id) FROM acked_mark WHERE at_ms = 0), 0))"
        " FROM sync_state"
    ).fetchone()
    return int(row[0])


def list_changed(connection: Connection) -> None:
    """List in the temporary table `changed` the records of which the journal has changes, as it is now.

    That one was erased says nothing of what was written of it before, and was let go of.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS changed (record_id BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM changed")  # since it was filled last, some were let go of
    connection.execute("INSERT OR IGNORE INTO changed SELECT record_id FROM journal WHERE op <> 'erase'")


def verify_chain(connection: Connection) -> int:
    """Return how many changes of the current epoch verify; raises RuleBroken naming the first that does not.

    Where those before one were let go of, its own link is what the chain goes on from.
    """
    pruned, before = pruned_to(connection), None
    head = connection.execute("SELECT epoch_no, epoch FROM sync_state JOIN epoch USING (epoch_no)").fetchone()
    first = connection.execute(
        "SELECT link FROM journal WHERE journal_id < ? ORDER BY journal_id DESC LIMIT 1",
        (journal_id(head["epoch_no"], 0),),
    ).fetchone()
    link = first[0] if first else FIRST_LINK
    count = 0
    rows = connection.execute(
        "SELECT * FROM journal WHERE journal_id > ? ORDER BY journal_id", (journal_id(head["epoch_no"], 0),)
    )
    for row in rows:
        after_gap = row["journal_id"] - 1 != (before or journal_id(head["epoch_no"], 0))
        before = row["journal_id"]
        if after_gap and before - 1 <= pruned:
            link = row["link"]
            continue
        link = change_of(row, head["epoch"]).link(link)
        count += 1
        if link != row["link"]:
            raise RuleBroken(N_("The journal does not verify at number {seq}."), seq=row["seq"])
    return count
