"""Reading the estate, its gates, its policies, and what this machine is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from butler_tui.store.database import Connection

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from butler_tui.domain.policies import Policies


class Estate(NamedTuple):
    """The estate as the screens name it; `time_zone` is an IANA name."""

    estate_id: bytes
    name: str
    time_zone: str


class Gate(NamedTuple):
    """A post."""

    gate_id: bytes
    name: str


class Terminal(NamedTuple):
    """This machine's row: what it is enrolled as, if it is; `kind` is gate, butler, supervisor."""

    gate_id: bytes | None
    terminal_id: bytes | None
    hq_url: str | None
    hq_authority: str | None
    hq_box_key: bytes | None
    kind: str | None


def estate(connection: Connection) -> Estate | None:
    """Return the estate of this file, or None in an empty one."""
    row = connection.execute("SELECT estate_id, name, time_zone FROM estate LIMIT 1").fetchone()
    return Estate(row[0], row[1], row[2]) if row else None


def zone(connection: Connection) -> ZoneInfo:
    """Return the estate's time zone, UTC where there is no estate yet; raises RuleBroken for a name that is none."""
    from butler_tui.zones import zone_called

    known = estate(connection)
    return zone_called(known.time_zone if known else "UTC")


def gates(connection: Connection) -> list[Gate]:
    """Return all gates, by name."""
    return [Gate(row[0], row[1]) for row in connection.execute("SELECT gate_id, name FROM gate ORDER BY name")]


def terminal(connection: Connection) -> Terminal:
    """Return what this machine is."""
    row = connection.execute(
        "SELECT gate_id, terminal_id, hq_url, hq_authority, hq_box_key, kind FROM terminal"
    ).fetchone()
    return Terminal(*row)


def kind_of_terminal(connection: Connection) -> str | None:
    """Return what HQ says that this machine is enrolled as, None before its first hello."""
    kind: str | None = connection.execute("SELECT kind FROM terminal").fetchone()[0]
    return kind


def gate_of_terminal(connection: Connection) -> Gate | None:
    """Return the gate this machine stands at, or None for one that stands at none."""
    row = connection.execute("SELECT g.gate_id, g.name FROM terminal JOIN gate g USING (gate_id)").fetchone()
    return Gate(row[0], row[1]) if row else None


def place_at_gate(connection: Connection, gate_id: bytes) -> None:
    """Write down which gate this machine stands at; a machine's own matter, not synced."""
    connection.execute("UPDATE terminal SET gate_id = ?", (gate_id,))


def save_enrolment(
    connection: Connection,
    *,
    terminal_id: bytes,
    hq_url: str,
    authority: str | None,
    box_key: bytes,
    kind: str,
    now_ms: int,
) -> None:
    """Write down what enrolment brought: who we are for HQ, and whom we trust there.

    Who was of another kind before becomes this one at the first hello, which also changes what is here to be seen.
    """
    connection.execute(
        "UPDATE terminal SET terminal_id = ?, hq_url = ?, hq_authority = ?, hq_box_key = ?, kind = coalesce(kind, ?),"
        " enrolled_ms = ?",
        (terminal_id, hq_url, authority, box_key, kind, now_ms),
    )


def policies(connection: Connection) -> Policies:
    """Return the policies in force: the defaults with the estate's own on top."""
    from butler_tui.domain.policies import policies_from  # not needed before the first screen

    return policies_from(own_policies(connection))


def own_policies(connection: Connection) -> dict[str, Any]:
    """Return the estate's own policies by key, decoded, whatever they say."""
    own = {}
    for key, value in connection.execute("SELECT key, value FROM policy"):
        try:
            own[key] = json.loads(value)
        except (ValueError, TypeError, RecursionError):  # of a forger's making: no policy must close a gate
            continue
    return own
