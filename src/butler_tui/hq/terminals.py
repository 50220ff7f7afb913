"""What is done at HQ with one terminal: finding it by what a person calls it, refusing it, making it another kind."""

from __future__ import annotations

from collections.abc import Iterable

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError
from butler_tui.hq import ending
from butler_tui.hq.admin import find_estate, opened
from butler_tui.hq.engines import Engine, EstateRow, TerminalRow, Writing
from butler_tui.hq.keys import Folder
from butler_tui.labels import label, moment
from butler_tui.text import safe
from butler_tui.words import N_, _
from butler_tui.zones import zone_called

_LEAST_OF_ID = 8
"""Characters of an id that name a terminal, at least."""


def revoke(folder: Folder, estate: str, terminal: str, now_ms: int, *, stolen: bool = False) -> TerminalRow:
    """Apply nothing of a terminal from now on, and return it; a `stolen` one may not even push once more.

    Raises ButlerError where the estate has none that `terminal` names, or more than one, and where it is revoked
    already; that one was stolen can still be said later. `now_ms` is UTC ms.
    """
    with opened(folder) as (engine, _keys):
        row = find_estate(engine, estate)
        found = find_terminal(engine, row, terminal, now_ms)

        def refuse(rows: Writing) -> TerminalRow | None:
            now = rows.terminal(row.estate_id, found.terminal_id) or found
            if now.revoked_ms is not None and not (stolen and now.may_push_once):
                return None
            return ending.revoke(rows, now, now_ms, stolen=stolen)

        done = engine.write(refuse).result()
        if done is None:
            raise _revoked_already(engine, row, found.terminal_id, now_ms)
    return done


def change_kind(folder: Folder, estate: str, terminal: str, kind: TerminalKind, now_ms: int) -> None:
    """Let a terminal see what `kind` may, from its next sync on; raises ButlerError as `find_terminal` does."""
    with opened(folder) as (engine, _keys):
        row = find_estate(engine, estate)
        found = find_terminal(engine, row, terminal, now_ms)
        engine.write(lambda rows: rows.put_kind(row.estate_id, found.terminal_id, str(kind))).result()


def find_terminal(engine: Engine, estate: EstateRow, text: str, now_ms: int) -> TerminalRow:
    """Return the terminal that `text` names: its id, the beginning of it, or its name.

    Raises ButlerError where there is none, or more than one: then with all of them in words.
    """
    every = engine.read(lambda rows: rows.terminals(estate.estate_id))
    low = text.lower()
    ways = (
        [one for one in every if one.terminal_id == low],
        [one for one in every if one.name == text],
        [one for one in every if len(low) >= _LEAST_OF_ID and one.terminal_id.startswith(low)],
    )
    found = next((way for way in ways if way), [])
    if not found:
        raise ButlerError(N_("This estate has no terminal {text}."), text=safe(text))
    if len(found) > 1:
        raise ButlerError(
            N_("More than one terminal is called {text}. Name it by its id: {candidates}"),
            text=safe(text),
            candidates=_in_words(found, estate, now_ms),
        )
    return found[0]


def _in_words(found: Iterable[TerminalRow], estate: EstateRow, now_ms: int) -> str:
    zone = zone_called(estate.time_zone)
    words = []
    for one in found:
        seen = moment(one.seen_ms, now_ms, zone) if one.seen_ms is not None else _("not yet")
        told = (label(TerminalKind(one.kind)), safe(one.name), _("last seen {time}", time=seen))
        words.append(f"{one.terminal_id} ({', '.join(told)})")
    return "; ".join(words)


def _revoked_already(engine: Engine, estate: EstateRow, terminal_id: str, now_ms: int) -> ButlerError:
    row = engine.read(lambda rows: rows.terminal(estate.estate_id, terminal_id))
    since_ms = row.revoked_ms if row is not None and row.revoked_ms is not None else now_ms
    return ButlerError(
        N_("This terminal is revoked already, since {time}."),
        time=moment(since_ms, now_ms, zone_called(estate.time_zone)),
    )
