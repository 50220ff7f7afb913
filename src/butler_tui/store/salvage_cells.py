"""Reading the rows in one page by itself, by SQLite's file format: b-tree pages, cells, records, overflow chains.

What does not fit the format is no row: a page of the unencrypted demo may hold anything after damage.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from butler_tui.domain.changes import Value

TABLE_LEAF, TABLE_INNER, INDEX_LEAF, INDEX_INNER = 13, 5, 10, 2
KINDS = frozenset({TABLE_LEAF, TABLE_INNER, INDEX_LEAF, INDEX_INNER})
Stored = Value | float
"""A value as it stands in a record."""


class Cell(NamedTuple):
    """A row: its rowid (None in an index or a table without) and its values; `values` None where part of it is gone."""

    rowid: int | None
    values: tuple[Stored, ...] | None


def kind_of(content: bytes, number: int) -> int:
    """Return which of the four kinds of page this is, 0 for another or a damaged one."""
    begins = 100 if number == 1 else 0
    return content[begins] if content[begins] in KINDS and content[begins + 7] <= 60 else 0


def children(content: bytes, number: int) -> list[int]:
    """Return the numbers of the pages below an inner page, left to right; empty for a leaf."""
    begins = 100 if number == 1 else 0
    if content[begins] not in (TABLE_INNER, INDEX_INNER):
        return []
    below = [int.from_bytes(content[at : at + 4], "big") for at in _pointers(content, begins)]
    return [*below, int.from_bytes(content[begins + 8 : begins + 12], "big")]


def cells(content: bytes, number: int, usable: int, overflow: Callable[[int], bytes | None]) -> Iterator[Cell]:
    """Yield the rows that stand in a page of `usable` bytes; `overflow` returns the page that a long row goes on in."""
    begins = 100 if number == 1 else 0
    kind = content[begins]
    if kind == TABLE_INNER:
        return
    for at in _pointers(content, begins):
        try:
            yield _cell(content, at, kind, usable, overflow)
        except (IndexError, ValueError, struct.error):
            yield Cell(None, None)


def _pointers(content: bytes, begins: int) -> Iterator[int]:
    head = 12 if content[begins] in (TABLE_INNER, INDEX_INNER) else 8
    count = int.from_bytes(content[begins + 3 : begins + 5], "big")
    for at in range(begins + head, min(begins + head + 2 * count, len(content) - 1), 2):
        yield int.from_bytes(content[at : at + 2], "big")


def _cell(content: bytes, at: int, kind: int, usable: int, overflow: Callable[[int], bytes | None]) -> Cell:
    at += 4 if kind == INDEX_INNER else 0
    length, at = _varint(content, at)
    rowid = None
    if kind == TABLE_LEAF:
        rowid, at = _varint(content, at)
        rowid -= 2**64 if rowid >= 2**63 else 0
    here = _kept_here(length, usable, kind)
    payload = content[at : at + here]
    if here < length:
        rest = _chain(int.from_bytes(content[at + here : at + here + 4], "big"), length - here, usable, overflow)
        if rest is None:
            return Cell(rowid, None)
        payload += rest
    if len(payload) != length:
        raise ValueError
    return Cell(rowid, record(payload))


def _kept_here(length: int, usable: int, kind: int) -> int:
    """Return how many bytes of a row stand in the page itself; the rest is in overflow pages."""
    most = usable - 35 if kind == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
    if length <= most:
        return length
    least = (usable - 12) * 32 // 255 - 23
    fitting = least + (length - least) % (usable - 4)
    return fitting if fitting <= most else least


def _chain(number: int, length: int, usable: int, overflow: Callable[[int], bytes | None]) -> bytes | None:
    """Return what stands in a chain of overflow pages; None where one of them is gone."""
    parts: list[bytes] = []
    left = length
    while left > 0:
        content = overflow(number) if number else None
        if content is None:
            return None
        parts.append(content[4 : 4 + min(left, usable - 4)])
        left -= len(parts[-1])
        number = int.from_bytes(content[:4], "big")
    return b"".join(parts)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(8):
        byte = content[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | content[at + 8], at + 9


_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)


def record(payload: bytes) -> tuple[Stored, ...]:
    """Return the values of a record; raises ValueError, IndexError or struct.error where it is none."""
    head, at = _varint(payload, 0)
    body = head
    values: list[Stored] = []
    while at < head:
        serial, at = _varint(payload, at)
        value, body = _value(payload, serial, body)
        values.append(value)
    if at != head or body != len(payload):
        raise ValueError
    return tuple(values)


def _value(payload: bytes, serial: int, at: int) -> tuple[Stored, int]:
    """Return the value of serial type `serial` that begins at `at`, and where the next one does."""
    if serial >= 12:
        end = at + (serial - 12) // 2
        part = payload[at:end]
        return (part.decode() if serial % 2 else part), end
    if 1 <= serial <= 6:
        end = at + _INTEGER_BYTES[serial]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if serial == 7:
        return struct.unpack(">d", payload[at : at + 8])[0], at + 8
    if serial in (10, 11):
        raise ValueError
    return (None if serial == 0 else serial - 8), at
