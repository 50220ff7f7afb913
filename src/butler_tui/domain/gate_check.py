"""三问三查: three questions and three checks, and what admits (S0 names three of them; the six keys are ours).

Each of the six ends as passed, doubtful, failed or not applicable. Nobody is admitted while one that is asked is
open, doubtful or failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Check(StrEnum):
    """The six, in the order asked."""

    ASK_IDENTITY = "ask_identity"
    ASK_REASON = "ask_reason"
    ASK_HOST = "ask_host"
    CHECK_DOCUMENT = "check_document"
    CHECK_VEHICLE = "check_vehicle"
    CHECK_BELONGINGS = "check_belongings"


ALL_CHECKS = frozenset(Check)


class Outcome(StrEnum):
    """How one of the six stands; the last two are only ever set by the rules, never by a key."""

    PASSED = "passed"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    OPEN = "open"
    NOT_ASKED = "not_asked"


_ADMITS = frozenset({Outcome.PASSED, Outcome.NOT_APPLICABLE, Outcome.NOT_ASKED})
_ADMITTING = frozenset(str(one) for one in _ADMITS)
_SET_BY_GUARD = frozenset({Outcome.PASSED, Outcome.DOUBTFUL, Outcome.FAILED, Outcome.NOT_APPLICABLE})


def admits(outcome: object) -> bool:
    """Tell whether an outcome, as a record has it, keeps nobody out; one that is missing or unknown does."""
    return isinstance(outcome, str) and outcome in _ADMITTING


@dataclass(frozen=True, slots=True)
class GateCheck:
    """The check of one visitor: what the reason asks, and what the guard has found so far.

    `asked` is from the reason's policy; a suspicious person gets all six, whatever the reason. `notes` holds the
    guard's words where an outcome is doubtful or failed.
    """

    asked: frozenset[Check] = ALL_CHECKS
    has_vehicle: bool = False
    suspicious: bool = False
    found: Mapping[Check, Outcome] = field(default_factory=dict)
    notes: Mapping[Check, str] = field(default_factory=dict)

    def outcome(self, check: Check) -> Outcome:
        """Return how `check` stands: the guard's finding, else what follows from policy and being on foot."""
        found = self.found.get(check)
        if found is not None and not (found is Outcome.NOT_APPLICABLE and not self.may_skip(check)):
            return found
        if check not in self.asked and not self.suspicious:
            return Outcome.NOT_ASKED
        if check is Check.CHECK_VEHICLE and not self.has_vehicle:
            return Outcome.NOT_APPLICABLE
        return Outcome.OPEN

    def may_skip(self, check: Check) -> bool:
        """Tell whether "not applicable" is open for `check`: the vehicle on foot, and what policy does not ask."""
        if check is Check.CHECK_VEHICLE and not self.has_vehicle:
            return True
        return check not in self.asked and not self.suspicious

    def outcomes(self) -> dict[Check, Outcome]:
        """Return how all six stand, in their order."""
        return {check: self.outcome(check) for check in Check}

    def in_the_way(self) -> list[Check]:
        """Return the checks that keep the visitor out, in their order; empty means admit."""
        return [check for check, outcome in self.outcomes().items() if outcome not in _ADMITS]

    def first_open(self) -> Check | None:
        """Return the first check still to be done, if any."""
        return next((check for check in Check if self.outcome(check) is Outcome.OPEN), None)

    def with_finding(self, check: Check, outcome: Outcome, note: str = "") -> GateCheck:
        """Return the check with the guard's finding written in.

        Raises ValueError for an outcome that is not a guard's to set, or "not applicable" where policy says no.
        """
        if outcome not in _SET_BY_GUARD or (outcome is Outcome.NOT_APPLICABLE and not self.may_skip(check)):
            raise ValueError(outcome)
        notes = {known: text for known, text in self.notes.items() if known is not check}
        if note:
            notes[check] = note
        return replace(self, found={**self.found, check: outcome}, notes=notes)

    def reopened(self, check: Check) -> GateCheck:
        """Return the check with the finding on `check` taken back."""
        return replace(
            self,
            found={known: outcome for known, outcome in self.found.items() if known is not check},
            notes={known: text for known, text in self.notes.items() if known is not check},
        )
