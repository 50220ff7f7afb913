"""The steps of the first start as a table: what is asked, how it is checked, what is shown of it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from butler_tui.desk.set_up_houses import EXAMPLE_VILLAS, example
from butler_tui.domain.pins import PIN_DIGITS
from butler_tui.tui.screens.first_start import answers
from butler_tui.tui.screens.first_start.answers import Answers
from butler_tui.words import _


@dataclass(frozen=True, slots=True)
class Asked:
    """One field: its name among the answers, its label, and what it takes."""

    name: str
    label: str
    longest: int = 60
    folded: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One screen: `check` raises what is wrong with the answers, `tell` says at once what they mean.

    `enough` tells whether Enter in the first field answers the others too.
    """

    name: str
    title: str
    words: str
    asked: tuple[Asked, ...]
    check: Callable[[Answers], None]
    tell: Callable[[Answers], str] = lambda _answers: ""
    enough: Callable[[Answers], bool] = lambda _answers: False


def _hq_fields() -> tuple[Asked, ...]:
    return (Asked("url", _("HQ's address"), longest=400), Asked("code", _("Code"), longest=20, folded=True))


ESTATE = Step(
    "estate",
    _("The estate"),
    _("What is the estate called? Leave the time zone as it is anywhere in China."),
    (Asked("estate", _("Estate")), Asked("time_zone", _("Time zone"), folded=True)),
    answers.check_estate,
)
GATES = Step(
    "gates",
    _("The gates"),
    _("Name the gates with commas between them; the one this computer stands at first."),
    (Asked("gates", _("Gates"), longest=400),),
    answers.check_gates,
    answers.tell_gates,
)
SUPERVISOR = Step(
    "supervisor",
    _("The first supervisor"),
    _("A supervisor signs in first, and takes on everybody else."),
    (Asked("number", _("Staff no."), longest=20, folded=True), Asked("supervisor", _("Full name"))),
    answers.check_supervisor,
)
PIN = Step(
    "pin",
    _("The supervisor's PIN"),
    _("Six digits, typed twice; not in a row and not all the same. Nobody else may know them."),
    (
        Asked("pin", _("PIN"), longest=PIN_DIGITS, folded=True, hidden=True),
        Asked("again", _("Once more"), longest=PIN_DIGITS, folded=True, hidden=True),
    ),
    answers.check_pins,
)
HOUSES = Step(
    "houses",
    _("The houses"),
    _(
        "How are the houses numbered? For example {example}, or {villas}; several with commas between them. "
        "Enter alone: later.",
        example=example(),
        villas=EXAMPLE_VILLAS,
    ),
    (Asked("houses", _("Houses"), longest=1000),),
    answers.check_houses,
    answers.tell_houses,
)
JOIN = Step(
    "join",
    _("Join an HQ"),
    _("Type or paste the line that HQ printed for this computer; the code holds for 15 minutes."),
    _hq_fields(),
    answers.check_hq,
    enough=answers.is_whole_line,
)
HQ = Step(
    "hq",
    _("Headquarters"),
    _("Is there an HQ? Type or paste the line that it printed for this computer. Enter alone: later."),
    _hq_fields(),
    answers.check_hq_if_any,
    enough=lambda said: answers.is_whole_line(said) or not said.said("url"),
)

NEW_ESTATE = (ESTATE, GATES, SUPERVISOR, PIN, HOUSES)
"""What a new estate is asked for, in order."""
IN_HQS_ESTATE = NEW_ESTATE[1:]
"""The same where enrolment has brought the estate itself."""
