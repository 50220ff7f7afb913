"""What the home screen says, from one look: small indexes and the last days' visits only, however many there are."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from butler_tui.store import badges, sync_state, visits
from butler_tui.store.badges import BadgesOut
from butler_tui.store.begun import least_registered_since
from butler_tui.store.database import Connection
from butler_tui.store.local import Store
from butler_tui.store.sync_state import Summary
from butler_tui.store.visits import Counts, OnSite


@dataclass(frozen=True, slots=True)
class Parked:
    """How many half-typed forms are put aside on this terminal, and since when the oldest waits (UTC ms)."""

    count: int
    oldest_ms: int | None


@dataclass(frozen=True, slots=True)
class Today:
    """How many people came since the day began, companions included, and how many visitors were turned away."""

    people: int
    turned_away: int


@dataclass(frozen=True, slots=True)
class Machine:
    """This computer: how it stands with HQ, its clock (HQ's minus ours, ms), its disk (bytes), its last backup.

    `last_record_ms` is the stamp of the last change that was written here or came from HQ (UTC ms).
    """

    hq: Summary
    clock_offset_ms: int | None
    disk_free: int
    backup_ms: int | None
    last_record_ms: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the home screen."""

    counts: Counts
    most_over: OnSite | None
    longest: OnSite | None
    parked: Parked
    badges: BadgesOut
    today: Today
    machine: Machine


def figures(store: Store, now_ms: int, day_began_ms: int) -> Figures:
    """Return the figures of now (UTC ms), of the day that began at `day_began_ms`."""
    connection = store.connection
    over = visits.on_site(connection, 1, overdue_ms=now_ms)
    return Figures(
        counts=visits.counts(connection, now_ms),
        most_over=over[0] if over else None,
        longest=visits.longest_inside(connection),
        parked=parked(connection),
        badges=badges.badges_out(connection),
        today=today(connection, day_began_ms),
        machine=machine(store),
    )


def parked(connection: Connection) -> Parked:
    """Return what is put aside; there are never more than a few drafts."""
    row = connection.execute("SELECT count(*), min(changed_ms) FROM draft WHERE parked = 1").fetchone()
    return Parked(row[0], row[1])


def today(connection: Connection, day_began_ms: int) -> Today:
    """Return how many came since `day_began_ms`; ids are ordered by time, so only the last days' are read."""
    row = connection.execute(
        "SELECT coalesce(sum((1 + companions) * (state IN ('inside', 'left'))), 0),"
        " coalesce(sum(state = 'turned_away'), 0) FROM visit WHERE visit_id >= ? AND registered_ms >= ?",
        (least_registered_since(connection, day_began_ms), day_began_ms),
    ).fetchone()
    return Today(row[0], row[1])


def machine(store: Store) -> Machine:
    """Return how this computer stands."""
    row = store.connection.execute(
        "SELECT clock_offset_ms, (SELECT backup_ms FROM terminal), hlc_ms FROM sync_state"
    ).fetchone()
    free = shutil.disk_usage(store.home.database.parent).free
    return Machine(sync_state.summary(store.connection), row[0], free, row[1], row[2])
