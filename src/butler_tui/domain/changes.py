"""A change: what one use case did to one record, in the values that travel. Both ends and the journal share it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from butler_tui.domain import audit_chain
from butler_tui.domain.fields import Kind, Op
from butler_tui.domain.hlc import Stamp
from butler_tui.ids import id_text, parse_id

WireValue = str | int | None
Value = str | int | bytes | None

MOST_CHANGES = 200
"""Changes in one group, at most; PROTOCOL, words."""
MOST_BYTES = 64 * 1024
"""Bytes of JSON in one group, at most."""


class Spelled(NamedTuple):
    """A change's digest (32 bytes), and its values as the JSON it comes from; `personal` None: there are none."""

    digest: bytes
    fields: str
    personal: str | None

    def together(self) -> str:
        """Return all values as one JSON object."""
        parts = [part[1:-1] for part in (self.fields, self.personal or "{}")]
        return "{" + ",".join(part for part in parts if part) + "}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change as PROTOCOL.md names it; ids are UUID text, `salt` and `personal_digest` base64.

    `fields` are the plain values and `personal` the personal and secret ones, split by the writer, so that a reader
    who does not know a column yet still computes the same digest. A redacted change has `personal` and `salt` None
    and carries its `personal_digest`.
    """

    cid: str
    group_id: str
    epoch: str
    seq: int
    table: str
    record_id: str
    parent_id: str | None
    op: Op
    fields: Mapping[str, WireValue]
    personal: Mapping[str, WireValue] | None
    salt: str | None
    hlc: Stamp
    seen: int
    staff_id: str | None
    schema_v: int
    personal_digest: str | None = None
    resolves: tuple[str, ...] = ()

    def envelope(self) -> dict[str, object]:
        """Return what is hashed beside the values; epoch and seq stay out, so a re-issued change keeps its digest."""
        return {
            "cid": self.cid,
            "group_id": self.group_id,
            "hlc": [self.hlc.ms, self.hlc.counter],
            "op": str(self.op),
            "parent_id": self.parent_id,
            "record_id": self.record_id,
            "resolves": list(self.resolves),
            "schema_v": self.schema_v,
            "seen": self.seen,
            "staff_id": self.staff_id,
            "table": self.table,
        }

    def digest_of_personal(self) -> bytes:
        """Return the personal digest: computed from the values, or the one kept when they were redacted."""
        return self._digest_of_personal(audit_chain.canonical_json(self.personal or {}))

    def _digest_of_personal(self, personal: bytes) -> bytes:
        if self.personal_digest is not None:
            return base64.b64decode(self.personal_digest)
        salt = base64.b64decode(self.salt) if self.salt is not None else b""
        return audit_chain.personal_digest(salt, personal)

    def spelled(self) -> Spelled:
        """Return the values as the JSON that is hashed, with the digest that the audit chain binds."""
        fields, personal = (audit_chain.canonical_json(part or {}) for part in (self.fields, self.personal))
        digest = audit_chain.change_digest(self.envelope(), fields, self._digest_of_personal(personal))
        return Spelled(digest, fields.decode(), None if self.personal is None else personal.decode())

    def digest(self) -> bytes:
        """Return the digest that the audit chain binds."""
        return self.spelled().digest

    def link(self, previous: bytes) -> bytes:
        """Return the link of this change after `previous`."""
        return audit_chain.next_link(previous, parse_id(self.cid), self.digest())


def to_wire(kind: Kind, value: Value) -> WireValue:
    """Return a stored value as it travels."""
    if isinstance(value, bytes):
        return id_text(value) if kind is Kind.ID else base64.b64encode(value).decode()
    return value


def from_wire(kind: Kind, value: WireValue) -> Value:
    """Return a travelled value as it is stored; raises ValueError where it is not of its kind."""
    if value is None:
        return None
    if kind is Kind.INTEGER:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(value)
        return value
    if not isinstance(value, str):
        raise ValueError(value)
    if kind is Kind.ID:
        return parse_id(value)
    return base64.b64decode(value, validate=True) if kind is Kind.BYTES else value
