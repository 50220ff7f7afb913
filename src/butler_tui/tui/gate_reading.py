"""What stands in the gate's form, read: a Registration at any moment, however little is typed; and filled from one."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from butler_tui.domain.documents import DocumentType, guess_type
from butler_tui.domain.entries import pick, read_companions, read_confirm, read_reason
from butler_tui.domain.people import Sex, normalise_phone, read_phone
from butler_tui.domain.plates import read_plate, vehicle_type
from butler_tui.domain.policies import Policies
from butler_tui.domain.visits import Registration
from butler_tui.store.households import GateHousehold
from butler_tui.store.known import KnownVisitor
from butler_tui.tui.widgets.visit_rows import VALET


def registration_from(
    text: Callable[[str], str], policies: Policies, house: GateHousehold | None, *, keeps_number: bool
) -> Registration:
    """Return what the fields say, `text` telling what is typed in each; the number only where policy keeps it."""
    reason = read_reason(text("reason"), policies)
    companions = read_companions(text("companions"))
    confirmers = house.confirmers if house else ()
    confirm = read_confirm(text("confirm"), len(confirmers))
    plate = read_plate(text("plate"))
    kind = vehicle_type(plate) if plate else None
    number = text("number") if keeps_number else ""
    document = pick(text("document"), list(DocumentType))
    if document is None and number:
        document = guess_type(number) or DocumentType.RESIDENT_ID
    return Registration(
        name=text("name"),
        sex=pick(text("sex"), list(Sex)),
        phone=read_phone(text("phone")) or normalise_phone(text("phone")),
        company=text("company"),
        document_type=document,
        document_number=number,
        companions=companions.count,
        companion_names=companions.names,
        house_id=house.house_id if house else None,
        household_id=house.household_id if house else None,
        room_code=house.room_code if house else text("room"),
        confirmed_by=confirmers[confirm.person].resident_id if confirm.person is not None else None,
        confirmed_how=confirm.how,
        reason=reason.reason,
        reason_note=reason.note,
        plate=plate.text if plate else text("plate"),
        vehicle_type=str(kind) if kind else "",
        parking=text("parking"),
        valet=text("parking").lower().startswith(VALET),
        belongings=text("belongings"),
        badge=text("badge").upper(),
        looks=text("looks"),
    )


def fields_from(known: KnownVisitor, policies: Policies, *, room: str, number: str) -> dict[str, str]:
    """Return what the fields are filled with from the last visit of a known visitor, but for the phone."""
    return {
        "name": known.name,
        "sex": _digit(known.sex),
        "room": room,
        "reason": f"{policies.rule(known.reason).keys[0]} {known.reason_note}".strip(),
        "document": _digit(known.document_type),
        "plate": known.plate,
        "company": known.company,
        "number": number,
    }


def _digit(code: StrEnum | None) -> str:
    """Return the digit by which a guard picks `code`, empty for none."""
    return str(1 + list(type(code)).index(code)) if code is not None else ""
