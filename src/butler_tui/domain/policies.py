"""What an estate may have its own way, with the values it starts from; one record a key (`policy` table).

A value here is never repeated in code: rules are handed `Policies`, made from these defaults and the estate's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from butler_tui.domain.gate_check import ALL_CHECKS, Check


class Reason(StrEnum):
    """Why somebody comes; DOMAIN section 2."""

    VISITING = "visiting"
    COURIER = "courier"
    DELIVERY = "delivery"
    REPAIR = "repair"
    DECORATION = "decoration"
    MAINTENANCE = "maintenance"
    DOMESTIC_HELP = "domestic_help"
    ESTATE_AGENT = "estate_agent"
    OFFICIAL = "official"
    EMERGENCY = "emergency"
    OTHER = "other"


class KeepNumber(StrEnum):
    """Whether the number of a document is kept for a reason."""

    NO = "no"
    YES = "yes"
    BY_PERMIT = "by_permit"
    FIRST_TIME = "first_time"
    BY_ESTATE = "by_estate"


class TurnAwayReason(StrEnum):
    """Why somebody is not let in (S1: unclear identity, improper dress, loitering; the rest ours)."""

    IDENTITY_UNCLEAR = "identity_unclear"
    NOT_EXPECTED = "not_expected"
    DANGEROUS_GOODS = "dangerous_goods"
    IMPROPERLY_DRESSED = "improperly_dressed"
    LOITERING = "loitering"
    REFUSES_CHECK = "refuses_check"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReasonRule:
    """What follows from one reason: what is asked, when the visitor is expected out, whether a number is kept.

    `keys` are what a guard types to pick it; `leave_at` ("HH:MM", house clock) or `leave_after_min` (minutes).
    """

    reason: Reason
    keys: tuple[str, ...]
    asked: frozenset[Check]
    keep_number: KeepNumber
    leave_at: str | None = None
    leave_after_min: int | None = None

    def expected_out_ms(self, in_ms: int, zone: tzinfo) -> int:
        """Return when the visitor is expected to have left (UTC ms), for one who came in at `in_ms`.

        A visit that begins after the hour of the day is expected out at that hour of the next day.
        """
        if self.leave_at is None:
            return in_ms + (self.leave_after_min or 0) * 60_000
        came = datetime.fromtimestamp(in_ms / 1000, zone).date()
        hour = time.fromisoformat(self.leave_at)
        # Where clocks are put back the hour comes twice that day; compared in UTC ms, as two times of one zone are
        # compared by what the clock shows.
        times = (
            datetime.combine(came + timedelta(days=day), hour.replace(fold=fold), zone)
            for day in range(3)
            for fold in (0, 1)
        )
        return next(out_ms for out in times if (out_ms := int(out.timestamp() * 1000)) > in_ms)


_MINUTES_A_DAY = 24 * 60
_WITHOUT_PAPERS = frozenset({Check.ASK_IDENTITY, Check.ASK_REASON, Check.ASK_HOST, Check.CHECK_VEHICLE})
_OFFICIAL = frozenset({Check.ASK_IDENTITY, Check.ASK_REASON, Check.CHECK_DOCUMENT})

_REASONS = (
    ReasonRule(Reason.VISITING, ("1",), ALL_CHECKS, KeepNumber.NO, leave_at="23:00"),
    ReasonRule(Reason.COURIER, ("2",), _WITHOUT_PAPERS, KeepNumber.NO, leave_after_min=30),
    ReasonRule(Reason.REPAIR, ("3",), ALL_CHECKS, KeepNumber.BY_PERMIT, leave_at="18:00"),
    ReasonRule(Reason.DELIVERY, ("4",), _WITHOUT_PAPERS, KeepNumber.NO, leave_after_min=60),
    ReasonRule(Reason.DOMESTIC_HELP, ("5",), ALL_CHECKS, KeepNumber.FIRST_TIME, leave_at="20:00"),
    ReasonRule(Reason.DECORATION, ("6",), ALL_CHECKS, KeepNumber.BY_PERMIT, leave_at="18:00"),
    ReasonRule(Reason.MAINTENANCE, ("7",), ALL_CHECKS, KeepNumber.NO, leave_after_min=240),
    ReasonRule(Reason.ESTATE_AGENT, ("8",), ALL_CHECKS, KeepNumber.YES, leave_after_min=120),
    ReasonRule(Reason.OFFICIAL, ("9",), _OFFICIAL, KeepNumber.NO, leave_after_min=240),
    ReasonRule(Reason.OTHER, ("0",), ALL_CHECKS, KeepNumber.BY_ESTATE, leave_after_min=120),
    ReasonRule(Reason.EMERGENCY, ("119", "120", "110"), frozenset(), KeepNumber.NO, leave_after_min=120),
)


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies in force: the defaults of this module with the estate's own on top."""

    reasons: tuple[ReasonRule, ...] = _REASONS
    idle_lock_min: int = 5
    """Minutes without a key after which the screens lock (ours)."""
    undo_s: int = 60
    """Seconds within which Ctrl+Z takes the last act back (ours)."""
    number_kept_by_estate: bool = False
    """Whether numbers are kept for `other` visits."""
    number_kept_by_permit: bool = False
    """Whether numbers are kept for workers under a permit."""
    badge_pattern: str = r"[A-Z]\d{3}"
    """What the number of a visitor badge looks like; only a simple template is taken from an estate."""
    correct_guard_h: int = 24
    """Hours within which a guard corrects what their own gate registered (ours: the last shift's, once rested)."""
    correct_lead_days: int = 30
    """Days within which a shift lead or supervisor corrects any visit (ours)."""
    retention_number_days: int = 30
    """Days after the visit for which a document's number is kept, and after its last day a month's key (DOMAIN,
    section 8)."""
    retention_visit_days: int = 180
    """Days after the visit for which what tells who came is kept (ours; law: to be checked by the estate's
    counsel)."""
    retention_draft_days: int = 7
    """Days for which a half-typed form that nobody touches is kept (ours)."""
    picture_kb: int = 8192
    """KiB of one picture, at most: what a telephone makes of 50 megapixels (ours)."""
    pictures_terminal_mb: int = 2048
    """MiB of pictures on one terminal, at most; the oldest that HQ has make room (ours)."""
    pictures_estate_mb: int = 20_480
    """MiB of an estate's pictures at HQ, at most (ours)."""

    def rule(self, reason: Reason) -> ReasonRule:
        """Return what follows from `reason`."""
        return next(rule for rule in self.reasons if rule.reason == reason)

    def reason_for_key(self, typed: str) -> Reason | None:
        """Return the reason that a guard picks by typing `typed`, if any."""
        return next((rule.reason for rule in self.reasons if typed in rule.keys), None)

    def keeps_number(self, reason: Reason, first_visit: bool) -> bool:
        """Tell whether the document's number is kept for this visit."""
        return {
            KeepNumber.NO: False,
            KeepNumber.YES: True,
            KeepNumber.BY_PERMIT: self.number_kept_by_permit,
            KeepNumber.FIRST_TIME: first_visit,
            KeepNumber.BY_ESTATE: self.number_kept_by_estate,
        }[self.rule(reason).keep_number]


def policies_from(own: Mapping[str, Any]) -> Policies:
    """Return the policies of an estate from its own values by key (decoded JSON).

    Keys are the fields of `Policies`, and `reason.<reason>` with the fields of `ReasonRule` to change. Keys and
    values that this version does not understand leave the default as it is: a newer HQ must not stop a gate.
    """
    reasons = _each_key_once([_own_rule(rule, own.get(f"reason.{rule.reason}")) for rule in _REASONS])
    kept = {name: own[name] for name, fits in _FITS.items() if name in own and fits(own[name])}
    return Policies(reasons=reasons, **kept)


def _is_whole(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_BADGE_PART = r"(?:[A-Z0-9-]|\[A-Z\]|\\d)(?:\{[1-8](?:,[1-8])?\})?"
_BADGE_TEMPLATE = re.compile(f"(?:{_BADGE_PART}){{1,16}}")
_MOST_RANGES = 2
"""How many `{n,m}` a badge pattern may have: each key typed is held against it, so it must not be slow (ours)."""


def _is_badge_template(value: object) -> bool:
    """Tell whether `value` is a row of capitals, digits, hyphens, `[A-Z]` and `\\d`, each alone, `{n}` or `{n,m}`."""
    if not isinstance(value, str) or not _BADGE_TEMPLATE.fullmatch(value) or value.count(",") > _MOST_RANGES:
        return False
    try:
        re.compile(value, re.ASCII)
    except re.error:  # {3,2}
        return False
    return True


LONGEST_TO_CORRECT = {"correct_guard_h": 31 * 24, "correct_lead_days": 366}
"""The most that an estate's policy can allow for corrections, by key (ours)."""
WHOLE: dict[str, tuple[int, int]] = {
    "idle_lock_min": (1, _MINUTES_A_DAY),
    "undo_s": (0, 3600),
    "correct_guard_h": (0, LONGEST_TO_CORRECT["correct_guard_h"]),
    "correct_lead_days": (0, LONGEST_TO_CORRECT["correct_lead_days"]),
    "retention_number_days": (1, 3660),
    "retention_visit_days": (1, 3660),
    "retention_draft_days": (1, 366),
    "picture_kb": (64, 32 * 1024),
    "pictures_terminal_mb": (1, 1024 * 1024),
    "pictures_estate_mb": (1, 16 * 1024 * 1024),
}
"""The least and the most that each policy which is a number can be."""
_FITS: dict[str, Callable[[object], bool]] = {
    **{name: _is_whole(*bounds) for name, bounds in WHOLE.items()},
    "number_kept_by_estate": lambda value: isinstance(value, bool),
    "number_kept_by_permit": lambda value: isinstance(value, bool),
    "badge_pattern": _is_badge_template,
}
_fits_stay = _is_whole(1, 366 * _MINUTES_A_DAY)


def _own_rule(rule: ReasonRule, own: object) -> ReasonRule:
    if not isinstance(own, Mapping):
        return rule
    if "leave_after_min" in own and not _fits_stay(own["leave_after_min"]):
        return rule
    try:
        return ReasonRule(
            reason=rule.reason,
            keys=_own_keys(own.get("keys", rule.keys)),
            asked=frozenset(Check(str(name)) for name in _listed(own.get("asked", list(rule.asked)))),
            keep_number=KeepNumber(own.get("keep_number", rule.keep_number)),
            leave_at=time.fromisoformat(own["leave_at"]).strftime("%H:%M")
            if "leave_at" in own
            else (None if "leave_after_min" in own else rule.leave_at),
            leave_after_min=own.get("leave_after_min", rule.leave_after_min),
        )
    except (TypeError, ValueError):
        return rule


def _listed(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return value


_KEY = re.compile(r"[0-9]{1,4}")


def _own_keys(value: object) -> tuple[str, ...]:
    keys = tuple(str(key) for key in _listed(value))
    if not keys or len(set(keys)) < len(keys) or not all(_KEY.fullmatch(key) for key in keys):
        raise ValueError
    return keys


def _each_key_once(rules: Sequence[ReasonRule]) -> tuple[ReasonRule, ...]:
    """Return `rules` so that no key picks two: who claims another's key has its default keys back, the last first."""
    for place in reversed(range(len(rules))):
        rule, default = rules[place], _REASONS[place]
        others = {key for other in rules if other is not rule for key in other.keys}
        if rule.keys != default.keys and not others.isdisjoint(rule.keys):
            changed = [*rules[:place], replace(rule, keys=default.keys), *rules[place + 1 :]]
            return _each_key_once(changed)
    return tuple(rules)
