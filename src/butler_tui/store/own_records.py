"""Which records are this terminal's own: those that it alone writes anew where HQ has lost them for good."""

from __future__ import annotations

from butler_tui.ids import id_text
from butler_tui.store import base, estates
from butler_tui.store.database import Connection, Row
from butler_tui.store.month_keys import made_here


def is_own(connection: Connection, tbl: str, row: Row) -> bool:
    """Tell whether a record that is written once is from here: by its gate, its visit's, or what it is a picture of."""
    if tbl == "month_key":
        return made_here(connection, row["month_key_id"], row["month"])
    if tbl == "attachment" and row["subject_table"] != "visit":
        return is_wholly_own(connection, row["subject_table"], row["subject_id"])
    gate_id = row["gate_id"] if "gate_id" in set(row.keys()) else _of_visit(connection, tbl, row, "gate_id")
    (here,) = connection.execute("SELECT gate_id FROM terminal").fetchone()
    return gate_id is not None and gate_id == here


def is_wholly_own(connection: Connection, tbl: str, record_id: bytes) -> bool:
    """Tell whether all that is known of a record that is written more than once was written at this terminal."""
    known = base.read(connection, tbl, record_id)
    terminal_id = estates.terminal(connection).terminal_id
    own = id_text(terminal_id) if terminal_id else ""
    return known is not None and {stamp.terminal for stamp in known.state.stamps.values()} == {own}


def author_of(connection: Connection, tbl: str, row: Row) -> bytes | None:
    """Return in whose name a record is written anew: its own author's, or that of the visit with which it came."""
    if tbl == "staff":
        return None
    author = row["staff_id"] if "staff_id" in set(row.keys()) else _of_visit(connection, tbl, row, "staff_id")
    return author if author is None else bytes(author)


def _of_visit(connection: Connection, tbl: str, row: Row, name: str) -> bytes | None:
    names = set(row.keys())
    visit_id = row["visit_id"] if "visit_id" in names else row["subject_id"] if tbl == "attachment" else None
    visit = connection.execute(f"SELECT {name} FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    return visit[0] if visit else None
