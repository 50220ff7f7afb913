"""The rows of HQ's tables as engines hand them over: columns as in schema.sql.

Times are UTC ms, ids UUID text, links and keys raw bytes.
"""

from __future__ import annotations

from typing import NamedTuple


class EstateRow(NamedTuple):
    """One estate; `wrong_codes` were tried since its last code was made."""

    estate_id: str
    name: str
    time_zone: str
    wrong_codes: int


class PositionRow(NamedTuple):
    """Where an estate's log stands; up to `durable_pos` it is in a backup that was read again to its end."""

    next_pos: int
    hq_gen: str
    scope_gen: int
    durable_pos: int


class TerminalRow(NamedTuple):
    """One enrolled installation; `scope_gen` counts how often what it may see was changed."""

    estate_id: str
    terminal_id: str
    name: str
    kind: str
    sign_key: bytes
    box_key: bytes
    enrolled_ms: int
    revoked_ms: int | None
    seen_ms: int | None
    waiting: int | None
    clock_ahead_ms: int | None
    version: str | None
    scope_gen: int = 0

    @property
    def may_push_once(self) -> bool:
        """Whether it is revoked, and may bring what it has once more; then, or when stolen, its `box_key` is empty."""
        return self.revoked_ms is not None and bool(self.box_key)


class CodeRow(NamedTuple):
    """A one-time code, by its hash."""

    kind: str
    expires_ms: int
    used_by: str | None


class EpochRow(NamedTuple):
    """The head of one epoch."""

    estate_id: str
    epoch: str
    terminal_id: str
    first_link: bytes
    last_seq: int
    last_cid: str
    last_link: bytes
    last_ms: int
    last_counter: int


class LogRow(NamedTuple):
    """One change at its position; columns as in schema.sql."""

    estate_id: str
    pos: int
    cid: str
    terminal_id: str
    epoch: str
    seq: int
    group_id: str
    tbl: str
    record_id: str
    parent_id: str | None
    op: str
    staff_id: str | None
    schema_v: int
    seen: int
    hlc_ms: int
    hlc_counter: int
    claimed_ms: int
    claimed_counter: int
    body: str
    link: bytes
    verdict: str
    reason: str | None
    taken_ms: int


class DuplicateRow(NamedTuple):
    """A change that came again."""

    estate_id: str
    epoch: str
    seq: int
    cid: str
    digest: bytes
    link: bytes


class StateRow(NamedTuple):
    """The present state of one record; `kept` are the writes in conflict with it, None where there are none.

    `shown` is what follows for a visit from its events (hq/shown.py), None for all others.
    """

    estate_id: str
    tbl: str
    record_id: str
    parent_id: str | None
    state: str
    stamps: str
    pos: int
    kept: str | None = None
    shown: str | None = None


class SecretRow(NamedTuple):
    """One thing that HQ keeps secret for an estate; columns as in schema.sql."""

    estate_id: str
    kind: str
    name: str
    secret_id: str
    since_ms: int
    sealed: bytes


class ReportRow(NamedTuple):
    """What a supervisor should know and nobody typed; `detail` is JSON."""

    estate_id: str
    report_id: str
    at_ms: int
    kind: str
    terminal_id: str | None
    detail: str


class SweptRow(NamedTuple):
    """A record as retention looks at it: what it belongs to, who wrote it when, its values (JSON), when erased."""

    record_id: str
    parent_id: str | None
    stamps: str
    state: str
    erased_ms: int | None


class ErasedState(NamedTuple):
    """What is left of a record whose personal values are erased, and when that was (UTC ms)."""

    state: str
    stamps: str
    kept: str | None
    shown: str | None
    erased_ms: int
    estate_id: str
    tbl: str
    record_id: str


class TallyRow(NamedTuple):
    """How many records of a table and month there are, and their sum (domain/tallies.py)."""

    estate_id: str
    tbl: str
    month: str
    records: int
    mark: int
