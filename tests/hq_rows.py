"""Looking into HQ's database behind its back, whichever engine keeps it; statements as the engines share them."""

from __future__ import annotations

from typing import Any

from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.store.database import connect


def rows_at(folder: Folder, statement: str, *values: object) -> list[dict[str, Any]]:
    """Return what a statement finds, or do what it says."""
    if folder.dsn is not None:
        from tests.postgres import query

        return query(folder.dsn, statement, *values)
    connection = connect(folder.database, read_hq_keys(folder.keys).raw())
    try:
        return [dict(row) for row in connection.execute(statement, values).fetchall()]
    finally:
        connection.close()
