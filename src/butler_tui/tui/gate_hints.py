"""What stands at the end of the form's lines: what a field was read as, and what is odd about it."""

from __future__ import annotations

import re
from datetime import datetime

from butler_tui.domain.documents import DocumentType, Doubt, read_number
from butler_tui.domain.gate_check import Outcome
from butler_tui.domain.people import read_phone
from butler_tui.domain.plates import PlateKind, plate_series, read_plate
from butler_tui.labels import clock, greeting, label, moment
from butler_tui.tui.gate_scene import Hint, Scene, confirmer_name
from butler_tui.words import _


def hints(scene: Scene) -> dict[str, Hint]:
    """Return what stands at the end of the form's lines, by first field."""
    return {
        "arrival": (_("plate, phone, name"), ""),
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
    return _("visit {count}, {when}", count=earlier.times + 1, when=last), ""


def _room_hint(scene: Scene) -> Hint:
    house = scene.household
    if house is not None:
        return (house.name, "") if house.name else (_("nobody registered"), "warning")
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
        return (_("pick by digits"), "warning") if scene.typed.get("reason") else ("", "")
    now = scene.here.now_ms()
    out = scene.here.policies.rule(reason).expected_out_ms(now, scene.here.zone)
    return _("{reason}, by {time}", reason=label(reason), time=clock(out, scene.here.zone)), ""


def _document_hint(scene: Scene) -> Hint:
    registration = scene.registration
    kind = label(registration.document_type) if registration.document_type else ""
    if not scene.registration.keeps_number:
        return (f"{kind} {_('number not kept')}".strip() if registration.reason else kind), ""
    doubt = doubt_of(scene)
    if doubt is None:
        return (_("valid"), "good") if registration.document_number else ("", "")
    return label(Outcome.DOUBTFUL), "warning"


def doubt_of(scene: Scene) -> Doubt | None:
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
    if scene.registration.valet:
        return _("valet"), ""
    series = plate_series(plate)
    return (label(series), "") if series else ("", "")
