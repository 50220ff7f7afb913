"""What the gate's screen says about a registration: hints, facts, the household, and the one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size

from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.plates import plate_doubt
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import ConfirmedHow, Missing, Registration, in_the_way
from butler_tui.labels import clock, greeting, label, moment
from butler_tui.store.badges import BadgeHolder
from butler_tui.store.households import GateHousehold
from butler_tui.store.visits import OnSite
from butler_tui.tui import known_words
from butler_tui.tui.context import Context
from butler_tui.tui.gate_hints import doubt_of
from butler_tui.tui.gate_scene import Hint, Scene, confirmer_name
from butler_tui.tui.key_names import key_called
from butler_tui.words import _


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
    return found | {check: found[check] or _("as before") for check in scene.suggested}


def _vehicle_skipped(registration: Registration) -> bool:
    return registration.check.outcome(Check.CHECK_VEHICLE) is Outcome.NOT_APPLICABLE


def info(scene: Scene, field: str) -> list[str]:
    """Return the lines under the check card: the choices of the field in focus, else the household."""
    if scene.visitors and field == "arrival":
        return [*known_words.visitors(scene.visitors, scene.chosen, scene.here), *known_words.more(scene)]
    if field == "reason":
        rules = scene.here.policies.reasons
        return _in_columns([f"{rule.keys[0]} {label(rule.reason)}" for rule in rules])
    if field == "document":
        return _in_columns([f"{n} {label(kind)}" for n, kind in enumerate(DocumentType, 1)])
    if field == "number":
        return _number_lines(scene)
    if field == "plate" and scene.registration.plate and (odd := plate_doubt(scene.registration.plate)):
        return [_("Doubtful: {why}", why=label(odd)), *_household(scene.household)]
    if field == "sex":
        return [_("1 male  2 female")]
    if field == "room" and scene.household is None:
        return [*known_words.homes(scene.homes, scene.chosen), *known_words.more(scene)]
    if field == "confirm" and scene.household is not None:
        people = [f"{n} {confirmer_name(one)}" for n, one in enumerate(scene.household.confirmers, 1)]
        ways = [f"{n} {label(how)}" for n, how in enumerate(ConfirmedHow, 1)]
        head = _("Who, then how: 12") if people else _("Nobody may confirm here. Enter goes on.")
        return [head, "  ".join(people), *_in_columns(ways if people else [])]
    return [*known_words.before(scene.known, scene.habit, scene.here), *_household(scene.household)]


def _number_lines(scene: Scene) -> list[str]:
    kind = scene.registration.document_type or DocumentType.RESIDENT_ID
    doubt = doubt_of(scene)
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
        marked = scene.visitors[scene.chosen]
        meaning = "warning" if marked.refused_ms is not None else ""
        return known_words.found_sentence(marked, len(scene.visitors), scene.here), meaning
    if empty:
        return _("Type or scan a plate, phone, name or badge. Enter goes on."), ""
    obstacles = in_the_way(scene.registration)
    if not obstacles and scene.wearer is not None:
        who = greeting(scene.wearer.name, scene.wearer.sex)
        return _("Badge {badge} is still out with {who}. Give another.", badge=scene.wearer.badge, who=who), "warning"
    if obstacles and set(obstacles) <= scene.suggested:
        return _("Please compare person and vehicle. Enter confirms, Enter again admits."), ""
    if not obstacles:
        return _("Ready: press Enter on Admit, or {key}.", key=key_called("gate.admit")), "good"
    by_hand = [one for one in obstacles if one not in scene.suggested]
    if by_hand[0] is Missing.HOUSE and scene.homes:
        return _("Not to be admitted yet: which home is {room}?", room=scene.registration.room_code), "warning"
    return obstacle_sentence(scene.registration, by_hand[0]), "warning"


def obstacle_sentence(registration: Registration, obstacle: StrEnum) -> str:
    """Return one obstacle in words."""
    if isinstance(obstacle, Check):
        outcome = registration.check.outcome(obstacle)
        if outcome is Outcome.OPEN:
            return _("Not to be admitted yet: {check} is still open.", check=label(obstacle))
        return _(
            "Not admitted: {check} is {outcome}. {away} turns away; {lead} asks a lead.",
            check=label(obstacle),
            outcome=label(outcome),
            away=key_called("gate.turn_away"),
            lead=key_called("gate.override"),
        )
    if obstacle is Missing.HOUSE and registration.room_code:
        return _("Not to be admitted yet: there is no room {room}.", room=registration.room_code)
    return _("Not to be admitted yet: {field} is missing.", field=label(obstacle))


def checks_words(registration: Registration, obstacles: Sequence[StrEnum]) -> list[str]:
    """Return how the checks in the way stand, each with the guard's note: for whoever is asked to allow it."""
    check, checks = registration.check, [one for one in obstacles if isinstance(one, Check)]
    words = [_("{check}: {outcome}", check=label(one), outcome=label(check.outcome(one))) for one in checks]
    return [f"{word}  {check.notes.get(one, '')}".rstrip() for word, one in zip(words, checks, strict=True)]


def not_registering(role: Role) -> Hint:
    """Return what is said to somebody who may not register visitors, before the form is filled in for nothing."""
    search, on_site = key_called("app.search"), key_called("gate.on_site")
    said = _("{role} registers no visitors. {search} searches, {on_site} shows who is on site.",
             role=label(role), search=search, on_site=on_site)  # fmt: skip
    return said, "warning"


def no_override(registration: Registration, obstacles: Sequence[StrEnum]) -> Hint:
    """Return why there is nothing for a shift lead to override."""
    facts = [one for one in obstacles if not isinstance(one, Check)]
    if facts:
        return obstacle_sentence(registration, facts[0]), "warning"
    return _("No check stands in the way; there is nothing to override."), ""


def double_sentence(twice: OnSite, context: Context) -> str:
    """Return what is said to a guard who enters the same visitor again."""
    return _(
        "{who} was registered at {time} already ({badge}). {key} once more registers another visit.",
        who=greeting(twice.name, twice.sex),
        time=clock(twice.registered_ms, context.zone),
        badge=twice.badge or twice.room_code or label(twice.reason),
        key=key_called("gate.admit"),
    )


def missed_sentence(holder: BadgeHolder) -> str:
    """Return what is shown when a badge is typed that its visitor went away with."""
    who = greeting(holder.name, holder.sex)
    return _(
        "Badge {badge}: {who} left without giving it back. Enter writes it down as back.", badge=holder.badge, who=who
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
