"""Which names, plates and phones are found by what was typed: prefix and exact look-ups on `search_key` only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from butler_tui.domain.search_keys import SearchKind, keys_of
from butler_tui.domain.sought import Sought
from butler_tui.store.database import Connection
from butler_tui.store.readings import readings

MOST_VALUES = 32
"""Values of one kind that are looked up: beyond them, what was typed is too short to mean anybody."""
MOST_PHONES = 12
"""Phones that begin as typed and are looked up."""
LAST = "\U0010ffff"
"""Sorts after everything that a key can go on with."""


@dataclass(frozen=True, slots=True)
class Values:
    """Values as they stand in the records, the exactly found ones True; `more` where there are others."""

    exact: dict[str, bool]
    more: bool = False


NOTHING = Values({})


@dataclass(frozen=True, slots=True)
class Fitting:
    """The names, plates and ends of phones that fit what was typed, of visitors and residents alike."""

    names: Values
    plates: Values
    tails: Values


def fitting(connection: Connection, sought: Sought) -> Fitting:
    """Return the values that fit what was typed, asked for once."""
    return Fitting(
        values_by_key(connection, SearchKind.NAME, sought.name),
        values_by_key(connection, SearchKind.PLATE, sought.plate),
        values_by_key(connection, SearchKind.PHONE, sought.tail),
    )


def values_by_key(connection: Connection, kind: SearchKind, typed: str) -> Values:
    """Return the values of `kind` one of whose keys is `typed` or begins with it, the exact ones first."""
    if not typed:
        return NOTHING
    found = {
        row[0]: True
        for row in connection.execute(
            "SELECT value FROM search_key WHERE kind = ? AND key = ? ORDER BY value LIMIT ?",
            (str(kind), typed, MOST_VALUES + 1),
        )
    }
    more = len(found) > MOST_VALUES
    if not more:
        rows = connection.execute(
            "SELECT value FROM search_key WHERE kind = ? AND key > ? AND key < ? ORDER BY key, value LIMIT ?",
            (str(kind), typed, typed + LAST, MOST_VALUES + 1),
        ).fetchall()
        more = len(rows) > MOST_VALUES
        for row in rows:
            found.setdefault(row[0], False)
    return Values(dict(list(found.items())[:MOST_VALUES]), more)


def phones_starting(connection: Connection, table: str, typed: str) -> Values:
    """Return the phones of `table` (visit, resident) that are `typed` or begin with it."""
    if not typed:
        return NOTHING
    found: dict[str, bool] = {}
    last, reached = typed, ">="
    while len(found) <= MOST_PHONES:
        # From one phone to the next by the index, over however many visits of the same one.
        (phone,) = connection.execute(
            f"SELECT min(phone) FROM {table} WHERE phone {reached} ? AND phone < ?", (last, typed + LAST)
        ).fetchone()
        if phone is None:
            return Values(found)
        found[phone] = phone == typed
        last, reached = phone, ">"
    return Values(found, more=True)


@lru_cache(maxsize=8192)
def keys_of_visitor(name: str | None, plate: str | None) -> str:
    """Return all keys of a name and a plate in one text, each between `begins` and its end; kept from key to key."""
    whole = ""
    for kind, value in ((SearchKind.NAME, name), (SearchKind.PLATE, plate)):
        for key in keys_of(kind, value, readings) if value else ():
            whole += begins(kind, key) + _END
    return whole


def begins(kind: SearchKind, typed: str) -> str:
    """Return what stands in `keys_of_visitor` where a key of `kind` begins as typed; never in it for nothing typed."""
    return _BEGINNINGS[kind] + typed if typed else _NOWHERE


def ends(beginning: str) -> str:
    """Return what stands in `keys_of_visitor` where a key is all of what was typed."""
    return beginning + _END


_BEGINNINGS = {SearchKind.NAME: "\n", SearchKind.PLATE: "\t"}
_END = "\r"
_NOWHERE = "\0"
"""Marks that no key holds: white space is dropped from all of them, and what is typed is safe()."""
