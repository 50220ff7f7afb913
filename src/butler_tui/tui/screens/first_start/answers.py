"""What is typed at the first start, by the names of the fields: going back and forward loses nothing of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from butler_tui.desk.set_up_houses import read_houses, told
from butler_tui.desk.set_up_staff import check_pin, read_name, read_number
from butler_tui.desk.set_up_whole import NewEstate, read_estate, read_gates
from butler_tui.errors import RuleBroken
from butler_tui.sync.enrol import read_address
from butler_tui.words import N_, _
from butler_tui.zones import zone_called

_BETWEEN_GATES = re.compile("[,，、;；]")
_LINE_OF_HQ = re.compile(r"(?:.*butler\s+enrol\s+|butler\s+|enrol\s+)?(\S+)(?:\s+(\S+))?")
"""Of lines pasted one behind another, the last."""


@dataclass
class Answers:
    """Everything typed so far; `known` is the estate's name and zone where enrolment has brought them."""

    typed: dict[str, str] = field(default_factory=lambda: {"time_zone": "Asia/Shanghai"})
    known: tuple[str, str] | None = None

    def said(self, name: str) -> str:
        """Return what stands in a field, trimmed."""
        return self.typed.get(name, "").strip()

    def gates(self) -> list[str]:
        """Return the gates' names."""
        return _BETWEEN_GATES.split(self.said("gates"))

    def new_estate(self) -> NewEstate:
        """Return what is to be set up."""
        name, zone = self.known or (self.said("estate"), self.said("time_zone"))
        return NewEstate(name, zone, self.gates(), self.said("number"), self.said("supervisor"), self.said("houses"))

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what is to be set up, for the last look at it; raises RuleBroken where something is wrong."""
        read = read_estate(self.new_estate())
        return (
            (_("Estate"), f"{read.name} ({read.time_zone})"),
            (_("Gates"), _(", ").join(read.gates)),
            (_("Supervisor"), f"{read.number} {read.supervisor}"),
            (_("Houses"), told(read.plan) if read.plan else _("none yet")),
        )

    def hq(self) -> tuple[str, str]:
        """Return HQ's address and the code; the whole line that HQ prints may stand in the first field."""
        matched = _LINE_OF_HQ.fullmatch(self.said("url"))
        if matched is None:
            return self.said("url"), self.said("code")
        return matched[1], matched[2] or self.said("code")


def check_estate(answers: Answers) -> None:
    """Raise RuleBroken where the estate has no name or no such time zone."""
    read_name(answers.said("estate"))
    zone_called(answers.said("time_zone"))


def check_gates(answers: Answers) -> None:
    """Raise RuleBroken where no gate is named, or one twice."""
    read_gates(answers.gates())


def check_supervisor(answers: Answers) -> None:
    """Raise RuleBroken where number or name is missing."""
    read_number(answers.said("number"))
    read_name(answers.said("supervisor"))


def check_pins(answers: Answers) -> None:
    """Raise RuleBroken where the PIN is weak, or not the same twice."""
    check_pin(answers.said("pin"), answers.said("number"))
    if answers.said("pin") != answers.said("again"):
        raise RuleBroken(N_("The two PINs are not the same. Type both again."))


def check_houses(answers: Answers) -> None:
    """Raise RuleBroken where the houses are named and cannot be read."""
    if answers.said("houses"):
        read_houses(answers.said("houses"))


def check_hq(answers: Answers) -> None:
    """Raise WrongUsage or RuleBroken where address or code is not of the form that HQ prints."""
    url, code = answers.hq()
    read_address(url)
    if not code:
        raise RuleBroken(N_("The code is missing: HQ prints it behind the address."))


def check_hq_if_any(answers: Answers) -> None:
    """Raise as `check_hq` does, unless nothing is typed at all."""
    if answers.said("url") or answers.said("code"):
        check_hq(answers)


def is_whole_line(answers: Answers) -> bool:
    """Tell whether the first field holds the whole line of HQ, with the code, or more than that."""
    matched = _LINE_OF_HQ.fullmatch(answers.said("url"))
    return " " in answers.said("url") and (matched is None or matched[2] is not None)


def tell_houses(answers: Answers) -> str:
    """Return how many houses are named, and the first and last; nothing for what cannot be read (yet)."""
    try:
        return told(read_houses(answers.said("houses")))
    except RuleBroken:
        return ""


def tell_gates(answers: Answers) -> str:
    """Return at which gate this computer will stand."""
    gates = [gate.strip() for gate in answers.gates() if gate.strip()]
    return _("This computer stands at: {gate}", gate=gates[0]) if gates else ""
