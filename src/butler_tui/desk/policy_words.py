"""What an estate's rules are in words: what each is about, its value as people say it, and what may be typed for it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from butler_tui.desk.visit_words import code_words
from butler_tui.domain.gate_check import Check
from butler_tui.domain.policies import WHOLE, KeepNumber, Policies, Reason
from butler_tui.words import N_, _

RULES: Mapping[str, str] = {
    "idle_lock_min": N_("minutes until the screens lock"),
    "undo_s": N_("seconds within which the last act is taken back"),
    "number_kept_by_estate": N_("document numbers kept for other visits"),
    "number_kept_by_permit": N_("document numbers kept for workers under a permit"),
    "badge_pattern": N_("what a badge's number looks like"),
    "correct_guard_h": N_("hours within which a guard corrects"),
    "correct_lead_days": N_("days within which a shift lead corrects"),
    "retention_number_days": N_("days for which document numbers are kept"),
    "retention_visit_days": N_("days for which visits are kept"),
    "retention_draft_days": N_("days for which half-typed forms are kept"),
    "picture_kb": N_("size of a picture, KiB"),
    "pictures_terminal_mb": N_("room for pictures at a terminal, MiB"),
    "pictures_estate_mb": N_("room for pictures at headquarters, MiB"),
}
PARTS: Mapping[str, str] = {
    "keys": N_("digits that pick it"),
    "asked": N_("what is asked and checked"),
    "keep_number": N_("document numbers kept"),
    "leave_at": N_("hour by which they leave"),
    "leave_after_min": N_("minutes after which they leave"),
}
"""What a reason of a visit has of its own."""
_KEPT: Mapping[str, str] = {
    KeepNumber.NO: N_("no"),
    KeepNumber.YES: N_("yes"),
    KeepNumber.BY_PERMIT: N_("under a permit"),
    KeepNumber.FIRST_TIME: N_("at the first visit"),
    KeepNumber.BY_ESTATE: N_("as for other visits"),
}


def rule_words(name: str) -> str:
    """Return what a rule is about, by its name (`reason.courier.leave_at`) or the key of its record."""
    if not name.startswith("reason."):
        return _(RULES[name]) if name in RULES else name
    reason, _dot, part = name.removeprefix("reason.").partition(".")
    called = code_words(Reason, reason)
    return _("{reason}: {part}", reason=called, part=_(PARTS[part])) if part in PARTS else called


def value_words(value: object) -> str:
    """Return what holds, as its record keeps it (JSON), in words; what is not understood as it stands."""
    try:
        held = json.loads(str(value))
    except (ValueError, RecursionError):
        return str(value)
    if held is None:
        return _("as at first")
    if isinstance(held, Mapping):
        return _("; ").join(_part(str(part), one) for part, one in held.items()) or _("as at first")
    return _plain(held)


def _part(part: str, held: object) -> str:
    said = _(_KEPT[held]) if isinstance(held, str) and held in _KEPT else _plain(held)
    return f"{_(PARTS[part]) if part in PARTS else part} {said}"


def _plain(held: object) -> str:
    if isinstance(held, bool):
        return _("yes") if held else _("no")
    if isinstance(held, list):
        return _(", ").join(code_words(Check, one) for one in held) or "-"
    return str(held)


def what_fits(name: str) -> str:
    """Return what may be typed for a rule that there is."""
    if name in WHOLE:
        least, most = WHOLE[name]
        return _("a whole number from {least} to {most}", least=least, most=most)
    words = _FITS.get(name.rpartition(".")[2])
    if words is None:
        return _("yes or no") if isinstance(getattr(Policies(), name, None), bool) else _("as butler policy shows it")
    return _(words, checks=", ".join(Check), kept=", ".join(KeepNumber))


_FITS: Mapping[str, str] = {
    "keys": N_("digits that pick no other reason, one to four, with commas between several"),
    "asked": N_("any of {checks}, with commas between them, or - for none"),
    "keep_number": N_("one of {kept}"),
    "leave_at": N_("an hour as 18:00"),
    "leave_after_min": N_("a number of minutes"),
    "badge_pattern": N_("capitals, digits, [A-Z] and \\d, each with {{n}} after it or not, as [A-Z]\\d{{3}}"),
}
