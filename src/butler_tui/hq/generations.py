"""The ids of generations of an estate's log: each is later than those before, so that who knows which can be told."""

from __future__ import annotations

from butler_tui.domain.tallies import made_ms
from butler_tui.ids import id_text, new_id, parse_id
from butler_tui.sync.protocol import is_id


def generation_after(now_ms: int, *known: str | None) -> str:
    """Return the id (UUID text) of a generation that begins at `now_ms` (UTC ms), later than all that are `known`.

    HQ's clock may have been ahead when those began: else each terminal that pulled one of them would make HQ begin one
    more. What a terminal says and is no id of this century is passed over.
    """
    begun = (made_ms(parse_id(one)) for one in known if is_id(one) and one is not None)
    return id_text(new_id(max([now_ms, *(made + 1 for made in begun if made is not None)])))
