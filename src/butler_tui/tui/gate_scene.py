"""What is in front of the guard at this moment, from which all words beside the form are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from butler_tui.domain.gate_check import Check
from butler_tui.domain.visits import Registration
from butler_tui.labels import greeting
from butler_tui.store.badges import BadgeHolder
from butler_tui.store.households import Confirmer, GateHousehold, Home
from butler_tui.store.known import Habit, KnownVisitor
from butler_tui.store.visits import EarlierVisit
from butler_tui.tui.context import Context


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the words are made from."""

    here: Context
    registration: Registration
    household: GateHousehold | None
    homes: Sequence[Home]
    typed: Mapping[str, str]
    """What stands in the fields, for what could not be read."""
    earlier: EarlierVisit | None
    wearer: BadgeHolder | None = None
    """Who has the badge that is typed, inside or gone with it."""
    visitors: Sequence[KnownVisitor] = ()
    """The known visitors that the first field may mean."""
    chosen: int = 0
    """Which of them, or of the homes, is marked."""
    more: bool = False
    """Whether what is typed fits more of them than are shown."""
    known: KnownVisitor | None = None
    """Whose last visit the form was filled from."""
    habit: Habit | None = None
    suggested: frozenset[Check] = frozenset()
    """The checks that one key would confirm."""


Hint = tuple[str, str]
"""Words and their meaning ("", "good", "warning", "bad")."""


def confirmer_name(confirmer: Confirmer) -> str:
    """Return how a person of the household is called: as they wish, else politely."""
    return confirmer.called or greeting(confirmer.name, confirmer.sex)
