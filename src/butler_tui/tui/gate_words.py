"""What the gate's screen says about a registration: hints, facts, the household, and the one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size

from butler_tui.domain.documents import DocumentType, Doubt, read_number
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import read_phone
from butler_tui.domain.plates import PlateKind, read_plate
from butler_tui.domain.visits import ConfirmedHow, Missing, Registration, in_the_way
from butler_tui.labels import clock, greeting, label, moment
from butler_tui.store.households import Confirmer, GateHousehold, Home
from butler_tui.store.known import Habit, KnownVisitor
from butler_tui.store.visits import EarlierVisit, OnSite
from butler_tui.tui import known_words
from butler_tui.tui.context import Context
from butler_tui.words import _


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
    wearer: OnSite | None = None
    """Who inside wears the badge that is typed."""
    visitors: Sequence[KnownVisitor] = ()
    """The known visitors that the first field may mean."""
    chosen: int = 0
    """Which of them, or of the homes, is marked."""
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


def hints(scene: Scene) -> dict[str, Hint]:
    """Return what stands at the end of the form's lines, by first field."""
    return {
        "arrival": (_("plate, phone, name, badge"), ""),
        "name": _name_hint(scene),
        "phone": _phone_hint(scene),
        "room": _room_hint(scene),
        "confirm": _confirm_hint(scene),
        "reason": _reason_hint(scene),
        "document": _document_hint(scene),
        "badge": _badge_hint(scene),
        "plate": _plate_hint(scene),
    }


def _name_hint(scene: Scene) -> Hint:
    registration = scene.registration
    if scene.typed.get("sex") and registration.sex is None:
        return _("1 male  2 female"), "warning"
    return (greeting(registration.name, registration.sex), "") if registration.name else ("", "")


def _phone_hint(scene: Scene) -> Hint:
    phone, earlier = scene.registration.phone, scene.earlier
    if phone and read_phone(phone) is None:
        return _("check the number"), "warning"
    if earlier is None:
        return (_("first visit"), "") if phone else ("", "")
    last = moment(earlier.registered_ms, scene.here.now_ms(), scene.here.zone)
    return _("visit {count}, last {when}", count=earlier.times + 1, when=last), ""


def _room_hint(scene: Scene) -> Hint:
    house = scene.household
    if house is not None:
        return (house.name, "") if house.name else (_("nobody lives there"), "warning")
    if not scene.registration.room_code:
        return "", ""
    if not scene.homes:
        return _("no such room"), "warning"
    marked = scene.homes[min(scene.chosen, len(scene.homes) - 1)]
    return (f"{marked.room_code} {marked.name}".rstrip(), "")


def _confirm_hint(scene: Scene) -> Hint:
    registration, house = scene.registration, scene.household
    if registration.confirmed_how is None or house is None:
        return (_("pick by digits"), "warning") if scene.typed.get("confirm") else ("", "")
    who = next((one for one in house.confirmers if one.resident_id == registration.confirmed_by), None)
    when = registration.confirmed_ms
    time = clock(when, scene.here.zone) if when else ""
    words = (confirmer_name(who) if who else "", label(registration.confirmed_how), time)
    return " ".join(word for word in words if word), ""


def _reason_hint(scene: Scene) -> Hint:
    reason = scene.registration.reason
    if reason is None:
        return "", ""
    now = scene.here.now_ms()
    out = scene.here.policies.rule(reason).expected_out_ms(now, scene.here.zone)
    return _("{reason}, out by {time}", reason=label(reason), time=clock(out, scene.here.zone)), ""


def _document_hint(scene: Scene) -> Hint:
    registration = scene.registration
    kind = label(registration.document_type) if registration.document_type else ""
    if not scene.registration.keeps_number:
        return (f"{kind} {_('number not kept')}".strip() if registration.reason else kind), ""
    doubt = _doubt(scene)
    if doubt is None:
        return (_("valid"), "good") if registration.document_number else ("", "")
    return label(Outcome.DOUBTFUL), "warning"


def _doubt(scene: Scene) -> Doubt | None:
    """Return the first reason to doubt the number that is typed, if any."""
    registration = scene.registration
    if not registration.document_number:
        return None
    today = datetime.fromtimestamp(scene.here.now_ms() / 1000, scene.here.zone).date()
    kind = registration.document_type or DocumentType.RESIDENT_ID
    doubts = read_number(kind, registration.document_number, today).doubts
    return doubts[0] if doubts else None


def _badge_hint(scene: Scene) -> Hint:
    badge = scene.registration.badge
    if scene.wearer is not None:
        return _("still out with {who}", who=greeting(scene.wearer.name, scene.wearer.sex)), "warning"
    if badge and not re.fullmatch(scene.here.policies.badge_pattern, badge, re.ASCII):
        return _("check the badge"), "warning"
    return "", ""


def _plate_hint(scene: Scene) -> Hint:
    plate = read_plate(scene.registration.plate)
    if not scene.registration.plate:
        return "", ""
    if plate is None or plate.kind is PlateKind.UNKNOWN:
        return _("check the plate"), "warning"
    return (_("valet"), "") if scene.registration.valet else ("", "")


def facts(scene: Scene) -> dict[Check, str]:
    """Return what is known beside each of the six."""
    registration = scene.registration
    house = scene.household
    reason = label(registration.reason) if registration.reason else ""
    found = {
        Check.ASK_IDENTITY: f"{registration.company} {registration.name}".strip(),
        Check.ASK_REASON: f"{reason} {registration.reason_note}".strip(),
        Check.ASK_HOST: house.name if house else registration.room_code,
        Check.CHECK_DOCUMENT: label(registration.document_type) if registration.document_type else "",
        Check.CHECK_VEHICLE: registration.plate or (_("on foot") if _vehicle_skipped(registration) else ""),
        Check.CHECK_BELONGINGS: registration.belongings,
    }
    return found | {check: f"{_('as last time')} {found[check]}".rstrip() for check in scene.suggested}


def _vehicle_skipped(registration: Registration) -> bool:
    return registration.check.outcome(Check.CHECK_VEHICLE) is Outcome.NOT_APPLICABLE


def info(scene: Scene, field: str) -> list[str]:
    """Return the lines under the check card: the choices of the field in focus, else the household."""
    if scene.visitors and field == "arrival":
        return known_words.visitors(scene.visitors, scene.chosen, scene.here)
    if field == "reason":
        rules = scene.here.policies.reasons
        return _in_columns([f"{rule.keys[0]} {label(rule.reason)}" for rule in rules])
    if field == "document":
        return _in_columns([f"{n} {label(kind)}" for n, kind in enumerate(DocumentType, 1)])
    if field == "number":
        return _number_lines(scene)
    if field == "sex":
        return [_("1 male  2 female")]
    if field == "room" and scene.household is None:
        return known_words.homes(scene.homes, scene.chosen)
    if field == "confirm" and scene.household is not None:
        people = [f"{n} {confirmer_name(one)}" for n, one in enumerate(scene.household.confirmers, 1)]
        ways = [f"{n} {label(how)}" for n, how in enumerate(ConfirmedHow, 1)]
        head = _("Who, then how: 12") if people else _("Nobody may confirm here. Enter goes on.")
        return [head, "  ".join(people), *_in_columns(ways if people else [])]
    return [*known_words.before(scene.known, scene.habit, scene.here), *_household(scene.household)]


def _number_lines(scene: Scene) -> list[str]:
    kind = scene.registration.document_type or DocumentType.RESIDENT_ID
    doubt = _doubt(scene)
    first = _("{kind}: number is kept", kind=label(kind))
    return [first, _("Doubtful: {why}", why=label(doubt))] if doubt else [first]


def _household(house: GateHousehold | None) -> list[str]:
    if house is None:
        return []
    lines = [f"{house.room_code}  {house.name}".rstrip()]
    if house.confirmers:
        names = "  ".join(confirmer_name(one) for one in house.confirmers)
        lines.append(_("May confirm  {names}", names=names))
    if house.gate_note:
        lines.append(_("Note  {note}", note=house.gate_note))
    return lines


def _in_columns(words: Sequence[str]) -> list[str]:
    """Return words in two columns, read down and then across."""
    rows = -(-len(words) // 2)
    left, right = words[:rows], words[rows:]
    width = max((cell_len(word) for word in left), default=0) + 1
    return [(set_cell_size(word, width) + other).rstrip() for word, other in zip_longest(left, right, fillvalue="")]


def sentence(scene: Scene, *, empty: bool) -> Hint:
    """Return what stands in the way of admitting, or that nothing does."""
    if scene.visitors:
        return known_words.found_sentence(scene.visitors[scene.chosen], len(scene.visitors), scene.here), ""
    if empty:
        return _("Type or scan a plate, phone, name or badge. Enter goes on."), ""
    obstacles = in_the_way(scene.registration)
    if not obstacles and scene.wearer is not None:
        who = greeting(scene.wearer.name, scene.wearer.sex)
        return _("Badge {badge} is still out with {who}. Give another.", badge=scene.wearer.badge, who=who), "warning"
    if obstacles and set(obstacles) <= scene.suggested:
        return _("Please compare person and vehicle. Enter confirms, Enter again admits."), ""
    if not obstacles:
        return _("Ready: press Enter on Admit, or Ctrl+S."), "good"
    by_hand = [one for one in obstacles if one not in scene.suggested]
    return obstacle_sentence(scene.registration, by_hand[0]), "warning"


def obstacle_sentence(registration: Registration, obstacle: StrEnum) -> str:
    """Return one obstacle in words."""
    if isinstance(obstacle, Check):
        outcome = registration.check.outcome(obstacle)
        if outcome is Outcome.OPEN:
            return _("Not to be admitted yet: {check} is still open.", check=label(obstacle))
        return _(
            "Not to be admitted: {check} is {outcome}. Settle it, or turn the visitor away by Ctrl+R.",
            check=label(obstacle),
            outcome=label(outcome),
        )
    if obstacle is Missing.HOUSE and registration.room_code:
        return _("Not to be admitted yet: there is no room {room}.", room=registration.room_code)
    return _("Not to be admitted yet: {field} is missing.", field=label(obstacle))


def no_override(registration: Registration, obstacles: Sequence[StrEnum]) -> Hint:
    """Return why there is nothing for a shift lead to override."""
    facts = [one for one in obstacles if not isinstance(one, Check)]
    if facts:
        return obstacle_sentence(registration, facts[0]), "warning"
    return _("No check stands in the way; there is nothing to override."), ""


def double_sentence(twice: OnSite, context: Context) -> str:
    """Return what is said to a guard who enters the same visitor again."""
    return _(
        "{who} was registered at {time} already ({badge}). Ctrl+S once more registers another visit.",
        who=greeting(twice.name, twice.sex),
        time=clock(twice.registered_ms, context.zone),
        badge=twice.badge or twice.room_code or label(twice.reason),
    )


def leaving_sentence(visitor: OnSite, context: Context) -> str:
    """Return what is shown when a badge or plate of somebody inside is typed."""
    return _(
        "{badge} {who}, {reason} {room}, in since {time}. Enter checks out.",
        badge=visitor.badge or visitor.plate,
        who=greeting(visitor.name, visitor.sex),
        reason=label(visitor.reason),
        room=visitor.room_code,
        time=moment(visitor.registered_ms, context.now_ms(), context.zone),
    )
