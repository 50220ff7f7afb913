"""Looking a file over: what `butler doctor` asks of it. Nothing here writes."""

from __future__ import annotations

from butler_tui.store.database import Connection


def damages(connection: Connection, most: int = 5) -> list[str]:
    """Return what SQLite finds wrong with pages and indexes, nothing where all is sound."""
    rows = connection.execute(f"PRAGMA quick_check({most:d})").fetchall()
    return [row[0] for row in rows if row[0] != "ok"]


def broken_references(connection: Connection) -> int:
    """Return how many rows refer to one that is not there."""
    return len(connection.execute("PRAGMA foreign_key_check").fetchall())


def permits(connection: Connection) -> int:
    """Return how many permits of the four doors were left open: always none."""
    return int(connection.execute("SELECT count(*) FROM permit").fetchone()[0])


def last_record_ms(connection: Connection) -> int:
    """Return when the last change was written here (UTC ms), 0 before the first."""
    return int(connection.execute("SELECT hlc_ms FROM sync_state").fetchone()[0])


def enrolled_ms(connection: Connection) -> int | None:
    """Return when this terminal was enrolled (UTC ms), or None."""
    row = connection.execute("SELECT enrolled_ms FROM terminal").fetchone()
    return None if row[0] is None else int(row[0])


def badges_out_twice(connection: Connection) -> list[str]:
    """Return the badges that more than one visitor has, by the records."""
    rows = connection.execute(
        "SELECT badge FROM visit WHERE badge_out = 1 AND badge IS NOT NULL GROUP BY badge HAVING count(*) > 1"
    )
    return [row[0] for row in rows]


def numbers_by_month(connection: Connection) -> dict[bytes, int]:
    """Return how many documents' numbers are kept under each month's key."""
    rows = connection.execute(
        "SELECT month_key_id, count(*) FROM document_secret WHERE length(sealed) > 0 GROUP BY month_key_id"
    )
    return {bytes(row[0]): row[1] for row in rows}


def cipher_version(connection: Connection) -> str:
    """Return the versions of SQLite and SQLCipher that hold the file."""
    (sqlite,) = connection.execute("SELECT sqlite_version()").fetchone()
    row = connection.execute("PRAGMA cipher_version").fetchone()
    return f"SQLite {sqlite}, SQLCipher {row[0] if row else '-'}"
