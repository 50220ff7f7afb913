"""One box for everything: visitors, homes, residents, vehicles, badges, documents, at every key that is typed.

Only prefix and exact look-ups on B-trees, each within a budget of rows, so that a look takes as long with a million
visits as with ten thousand. Exact before a beginning, inside before past, newest first.
"""

from __future__ import annotations

from butler_tui.domain.sought import read_sought
from butler_tui.store.database import Row
from butler_tui.store.found import Hit, HitKey, HitKind, Looked
from butler_tui.store.local import Store
from butler_tui.store.search_homes import homes
from butler_tui.store.search_values import fitting
from butler_tui.store.search_visits import VisitSearch, found_visit
from butler_tui.text import safe

MOST_HITS = 36
"""Hits of one look: who does not see theirs among them types another letter."""


def look(store: Store, text: str) -> Looked:
    """Return all hits for what was typed, as many as the budgets of rows allow; nothing for an empty text."""
    sought = read_sought(safe(text))
    if sought is None:
        return Looked(())
    connection = store.connection
    fit = fitting(connection, sought)
    visits = VisitSearch(store, sought)
    visits.look(fit)
    found = homes(connection, sought, fit)
    rooms = {hit.home.room_code for hit in found if hit.home is not None}
    for room in sought.rooms:
        if room not in rooms:
            visits.look_at_room(room)
    return _best(visits, found)


def _best(visits: VisitSearch, found: list[Hit]) -> Looked:
    """Return the best hits, and make only those."""
    every: list[tuple[HitKey, HitKind, Row | Hit]] = [*visits.candidates()]
    every += [(hit.key, hit.kind, hit) for hit in found]
    every.sort(key=lambda one: one[0])
    hits = [
        what if isinstance(what, Hit) else Hit(key, kind, visit=found_visit(what))
        for key, kind, what in every[:MOST_HITS]
    ]
    return Looked(tuple(hits), visits.more or len(every) > MOST_HITS)


def search(store: Store, text: str, most: int = MOST_HITS, after: HitKey | None = None) -> list[Hit]:
    """Return up to `most` hits that follow the key `after`, the best first."""
    return look(store, text).page(most, after)
