"""The body that tells a restored HQ what was erased for a person: a terminal's register, ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from butler_tui.sync.wire import Body, checked_id, checked_name, take_id, take_list, take_text

MOST_ERASED = 500
"""Records in one telling, at most."""


@dataclass(frozen=True, slots=True)
class ErasedAsk:
    """Records (table, id) that were erased."""

    epoch: str
    hq_gen: str
    erased: tuple[tuple[str, str], ...]

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"epoch": self.epoch, "hq_gen": self.hq_gen, "erased": [list(key) for key in self.erased]}


def erased_from(body: Body) -> ErasedAsk:
    """Return what was erased; ValueError where it is not said so."""
    keys = []
    for key in take_list(body, "erased", MOST_ERASED):
        if not isinstance(key, list) or len(key) != 2:
            raise ValueError("erased")
        keys.append((checked_name(key[0]), checked_id(key[1])))
    return ErasedAsk(take_id(body, "epoch"), take_text(body, "hq_gen"), tuple(keys))
