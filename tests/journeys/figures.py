"""What stands in the booth's file, what HQ's views show, and what the home screen says: to be compared."""

from __future__ import annotations

import base64
import re
from typing import Any

from butler_tui.domain.fields import TABLES, Kind, Table
from butler_tui.ids import id_text
from tests.journeys.conftest import Booth
from tests.journeys.terminal import Terminal


def at_hq(booth: Booth) -> dict[str, Any]:
    """Return every record of every kind as HQ's views show it, by id; of a visit its state too."""
    return {table.name: _by_id(booth.hq.query(_query(table, f"v_{table.name}")), table) for table in TABLES.values()}


def here(booth: Booth) -> dict[str, Any]:
    """Return every record of every kind as it stands in the booth's file."""
    store = booth.store()
    try:
        read = {table.name: store.connection.execute(_query(table, table.name)).fetchall() for table in TABLES.values()}
    finally:
        store.close()
    return {
        name: _by_id(
            [tuple(_as_sent(value, TABLES[name], at) for at, value in enumerate(row)) for row in rows], TABLES[name]
        )
        for name, rows in read.items()
    }


def _columns(table: Table) -> list[str]:
    derived = ["state", "out_ms", "badge_out"] if table.name == "visit" else []
    key = [table.key] if table.name != "estate" else ["estate_id"]
    return [*key, *(one.name for one in table.fields), *derived]


def _query(table: Table, name: str) -> str:
    return f"SELECT {', '.join(_columns(table))} FROM {name}"


def _as_sent(value: object, table: Table, at: int) -> object:
    if not isinstance(value, bytes):
        return value
    known = table.field(_columns(table)[at])
    return base64.b64encode(value).decode() if known and known.kind is Kind.BYTES else id_text(value)


def _by_id(rows: list[tuple[Any, ...]], table: Table) -> dict[str, dict[str, Any]]:
    return {row[0]: dict(zip(_columns(table), row, strict=True)) for row in rows}


def counted(booth: Booth) -> list[int]:
    """Return people inside, cars, overstayed, put aside, badges out and missing, came today, turned away, waiting."""
    store = booth.store()
    try:
        row = store.connection.execute(
            "WITH today AS (SELECT * FROM visit WHERE date(registered_ms / 1000, 'unixepoch', '+8 hours')"
            " = date('now', '+8 hours')), inside AS (SELECT * FROM visit WHERE state = 'inside')"
            " SELECT (SELECT sum(1 + companions) FROM inside), (SELECT count(plate) FROM inside),"
            " (SELECT count(*) FROM inside WHERE expected_out_ms < unixepoch('now') * 1000),"
            " (SELECT count(*) FROM draft WHERE parked), (SELECT count(badge) FROM visit WHERE badge_out),"
            " (SELECT count(badge) FROM visit WHERE badge_out AND state = 'left'),"
            " (SELECT sum(1 + companions) FROM today WHERE state IN ('inside', 'left')),"
            " (SELECT count(*) FROM today WHERE state = 'turned_away'),"
            " (SELECT count(*) FROM journal, sync_state WHERE seq > acked_seq)"
        ).fetchone()
        return list(row)
    finally:
        store.close()


_HOME = (
    r"在访 +(\d+) 人 +(\d+) 车",
    r"已超时 +(\d+) 人",
    r"待核实 +(\d+) 人",
    r"未收回访客证 +(\d+) 张 +遗失 (\d+)",
    r"今日来访 +(\d+) 人 +不予放行 (\d+)",
    r"待上传 +(\d+) 条",
)


def shown_at_home(screen: Terminal) -> list[int]:
    """Return the figures of the home screen, in the order of `counted`."""
    shown = screen.look()
    found = [re.search(pattern, shown) for pattern in _HOME]
    return [int(figure) for one in found if one is not None for figure in one.groups()]
