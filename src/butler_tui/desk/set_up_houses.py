"""What is told about a pattern of houses: how many and which, or what is wrong with it and how one looks."""

from __future__ import annotations

from butler_tui.domain.house_patterns import (
    MOST_HOMES,
    Fault,
    HousePlan,
    WrongPattern,
    read_patterns,
)
from butler_tui.errors import RuleBroken
from butler_tui.text import safe
from butler_tui.words import N_, _

EXAMPLE_VILLAS = "V1-V40"

_SENTENCES = {
    Fault.EMPTY: N_("No houses are named. Example: {example}"),
    Fault.UNREADABLE: N_('"{what}" cannot be read. Example: {example}'),
    Fault.BACKWARD: N_('"{what}" has to begin at 1 or later and end no earlier. Example: {example}'),
    Fault.TOO_HIGH: N_('"{what}" is too high: up to 9999 buildings, 99 units, 200 floors, 99 homes a floor.'),
    Fault.TWICE_SAID: N_('"{what}" says the same thing twice. Example: {example}'),
    Fault.NO_BUILDING: N_('"{what}" does not say which buildings. Example: {example}'),
    Fault.NO_FLOOR: N_('"{what}" does not say how many floors. Example: {example}, or for villas {villas}'),
    Fault.NO_HOME: N_('"{what}" does not say how many homes a floor has. Example: {example}'),
    Fault.WORDS_MISSING: N_('"{what}" does not say what it counts. Example: {example}'),
    Fault.TOO_MANY: N_("That would be {what} homes; one estate may have at most {most}. Is a number mistyped?"),
    Fault.SAME_HOUSE: N_("The house {what} comes twice. Each building may stand in one pattern only."),
}


def read_houses(text: str) -> HousePlan:
    """Return the houses of one or more patterns; raises RuleBroken that says what is wrong and shows an example."""
    try:
        return read_patterns(text)
    except WrongPattern as wrong:
        raise RuleBroken(
            _SENTENCES[wrong.fault],
            what=safe(wrong.what, 40),
            example=example(),
            villas=EXAMPLE_VILLAS,
            most=MOST_HOMES,
        ) from wrong


def example() -> str:
    """Return a pattern as it may be typed; x, since some terminals draw the other sign two cells wide."""
    return _("1-20 buildings x 2 units x 18 floors x 2 homes")


def told(plan: HousePlan) -> str:
    """Return how many houses a plan has, and its first and last: 共 1440 户：1-1-101 … 20-2-1802."""
    return _("{count} homes: {first} ... {last}", count=plan.count, first=plan.first, last=plan.last)
