"""What each code of the domain is called on screen, in the chosen language; one table a code.

The rules speak in codes, so that they can be stored, sent and counted; people are shown these words.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from enum import StrEnum

from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.documents import DocumentType, Doubt
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import Sex, Title, polite_form
from butler_tui.domain.plates import PlateDoubt, PlateSeries, VehicleType
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.rights import Act, Role, TerminalKind
from butler_tui.domain.unmasking import UnmaskReason
from butler_tui.domain.visits import ConfirmedHow, EventKind, Missing, VisitState
from butler_tui.words import N_, _

_PAIRS: tuple[tuple[StrEnum, str], ...] = (
    (Check.ASK_IDENTITY, N_("Identity")),
    (Check.ASK_REASON, N_("Purpose")),
    (Check.ASK_HOST, N_("Host")),
    (Check.CHECK_DOCUMENT, N_("Papers")),
    (Check.CHECK_VEHICLE, N_("Car")),
    (Check.CHECK_BELONGINGS, N_("Bags")),
    (Outcome.PASSED, N_("passed")),
    (Outcome.DOUBTFUL, N_("doubtful")),
    (Outcome.FAILED, N_("failed")),
    (Outcome.NOT_APPLICABLE, N_("n/a")),
    (Outcome.OPEN, N_("open")),
    (Outcome.NOT_ASKED, N_("not asked")),
    (Reason.VISITING, N_("Visiting")),
    (Reason.COURIER, N_("Courier")),
    (Reason.DELIVERY, N_("Delivery")),
    (Reason.REPAIR, N_("Repair")),
    (Reason.DECORATION, N_("Decoration")),
    (Reason.MAINTENANCE, N_("Maintenance")),
    (Reason.DOMESTIC_HELP, N_("Domestic help")),
    (Reason.ESTATE_AGENT, N_("Estate agent")),
    (Reason.OFFICIAL, N_("Official")),
    (Reason.EMERGENCY, N_("Emergency")),
    (Reason.OTHER, N_("Other")),
    (TurnAwayReason.IDENTITY_UNCLEAR, N_("identity unclear")),
    (TurnAwayReason.NOT_EXPECTED, N_("not expected by the household")),
    (TurnAwayReason.DANGEROUS_GOODS, N_("dangerous goods")),
    (TurnAwayReason.IMPROPERLY_DRESSED, N_("improperly dressed")),
    (TurnAwayReason.LOITERING, N_("loitering")),
    (TurnAwayReason.REFUSES_CHECK, N_("refuses the check")),
    (TurnAwayReason.OTHER, N_("other reason")),
    (CorrectionReason.TYPING_ERROR, N_("typing error")),
    (CorrectionReason.TOLD_OTHERWISE, N_("told otherwise")),
    (CorrectionReason.COMPLETED_AFTERWARDS, N_("completed afterwards")),
    (CorrectionReason.LONGER_STAY, N_("longer stay agreed")),
    (CorrectionReason.OTHER, N_("other reason")),
    (VisitState.REGISTERED, N_("registered")),
    (VisitState.INSIDE, N_("inside")),
    (VisitState.LEFT, N_("left")),
    (VisitState.TURNED_AWAY, N_("turned away")),
    (VisitState.UNDONE, N_("undone")),
    (EventKind.ADMITTED, N_("admitted")),
    (EventKind.TURNED_AWAY, N_("turned away")),
    (EventKind.OUT, N_("left")),
    (EventKind.CORRECTED, N_("corrected")),
    (EventKind.BADGE_MISSING, N_("badge missing")),
    (EventKind.BADGE_BACK, N_("badge back")),
    (EventKind.UNDONE, N_("undone")),
    (UnmaskReason.REACH_VISITOR, N_("to reach the visitor")),
    (UnmaskReason.HOUSEHOLD_ASKS, N_("the household asks")),
    (UnmaskReason.LOST_PROPERTY, N_("lost property")),
    (UnmaskReason.CHECK_IDENTITY, N_("to check who it is")),
    (UnmaskReason.INCIDENT, N_("an incident")),
    (UnmaskReason.AUTHORITY, N_("an authority asks")),
    (UnmaskReason.OTHER, N_("other reason")),
    (Missing.NAME, N_("Name")),
    (Missing.REASON, N_("Reason")),
    (Missing.HOUSE, N_("Room")),
    (Missing.NUMBER, N_("Document number")),
    (ConfirmedHow.INTERCOM, N_("intercom")),
    (ConfirmedHow.PHONE, N_("by phone")),
    (ConfirmedHow.IN_PERSON, N_("in person")),
    (ConfirmedHow.APPOINTMENT, N_("appointment")),
    (ConfirmedHow.KNOWN, N_("known visitor")),
    (ConfirmedHow.STANDING_PASS, N_("standing pass")),
    (DocumentType.RESIDENT_ID, N_("ID card")),
    (DocumentType.RESIDENCE_PERMIT, N_("Resid. permit")),
    (DocumentType.HK_MACAU_PERMIT, N_("HK/Macau pass")),
    (DocumentType.TAIWAN_PERMIT, N_("Taiwan pass")),
    (DocumentType.PASSPORT, N_("Passport")),
    (DocumentType.FOREIGNER_PERMIT, N_("Foreigner's ID")),
    (DocumentType.DRIVING_LICENCE, N_("Driver licence")),
    (DocumentType.OTHER, N_("Other document")),
    (Doubt.WRONG_LENGTH, N_("wrong number of characters")),
    (Doubt.WRONG_CHARACTERS, N_("characters that do not belong there")),
    (Doubt.OLD_NUMBER, N_("old number of 15 digits, no longer valid")),
    (Doubt.UNKNOWN_AREA, N_("no such area")),
    (Doubt.IMPOSSIBLE_BIRTH_DATE, N_("no such date of birth")),
    (Doubt.BIRTH_DATE_IN_FUTURE, N_("date of birth in the future")),
    (Doubt.WRONG_CHECK_DIGIT, N_("check digit does not match")),
    (PlateDoubt.NOT_A_PLATE, N_("not like a plate")),
    (PlateDoubt.NO_PROVINCE, N_("province character missing")),
    (PlateDoubt.NO_OFFICE, N_("no such letter after the province")),
    (PlateDoubt.TOO_SHORT, N_("too few characters")),
    (PlateDoubt.TOO_LONG, N_("too many characters")),
    (PlateDoubt.NOT_NEW_ENERGY, N_("eight characters, yet not of new energy")),
    (PlateDoubt.UNKNOWN_SERIES, N_("unknown series")),
    (PlateSeries.POLICE, N_("police vehicle")),
    (PlateSeries.LEARNER, N_("driving school")),
    (PlateSeries.TRAILER, N_("trailer")),
    (PlateSeries.HONG_KONG, N_("from Hong Kong")),
    (PlateSeries.MACAU, N_("from Macau")),
    (PlateSeries.CONSULATE, N_("consulate")),
    (PlateSeries.EMBASSY, N_("embassy")),
    (PlateSeries.ON_TRIAL, N_("on trial")),
    (PlateSeries.OVERSIZED, N_("oversized")),
    (PlateSeries.TEMPORARY, N_("temporary plate")),
    (PlateSeries.RESCUE, N_("fire and rescue")),
    (PlateSeries.ARMED_POLICE, N_("armed police")),
    (PlateSeries.ARMED_FORCES, N_("armed forces")),
    (PlateSeries.AIRPORT, N_("airport vehicle")),
    (PlateSeries.TRACTOR, N_("tractor")),
    (VehicleType.NEW_ENERGY_SMALL, N_("small, new energy")),
    (VehicleType.NEW_ENERGY_LARGE, N_("large, new energy")),
    (Sex.MALE, N_("male")),
    (Sex.FEMALE, N_("female")),
    (Role.GUARD, N_("Guard")),
    (Role.SHIFT_LEAD, N_("Shift lead")),
    (Role.BUTLER, N_("Butler")),
    (Role.SUPERVISOR, N_("Supervisor")),
    (Role.HQ, N_("Headquarters")),
    (TerminalKind.GATE, N_("gate PC")),
    (TerminalKind.BUTLER, N_("butler's laptop")),
    (TerminalKind.SUPERVISOR, N_("supervisor's PC")),
    (Act.REGISTER_VISIT, N_("register visitors")),
    (Act.TURN_AWAY, N_("turn visitors away")),
    (Act.CHECK_OUT, N_("check visitors out")),
    (Act.UNDO_VISIT, N_("undo")),
    (Act.UNMASK, N_("open what is masked")),
    (Act.UNMASK_NUMBER, N_("open document numbers")),
    (Act.CORRECT_VISIT, N_("correct visits")),
    (Act.OVERRIDE, N_("override a check")),
    (Act.KEEP_AUDIT, N_("keep the record of who looked")),
    (Act.EXPORT, N_("export")),
    (Act.EXPORT_UNMASKED, N_("export what is masked")),
    (Act.KEEP_KEYS, N_("keep keys")),
    (Act.KEEP_BACKUPS, N_("keep backups")),
    (Act.SET_UP_ESTATE, N_("set up the estate")),
    (Act.MANAGE_STAFF, N_("manage staff")),
    (Act.KEEP_HOUSEHOLDS, N_("keep households")),
    (Act.ATTACH_PICTURE, N_("add pictures")),
    (Act.ERASE_PERSON, N_("erase people")),
)

# Keyed by class too: members of different classes may share a value ("other"), and then compare as equal.
_LABELS = {(type(code), str(code)): words for code, words in _PAIRS}

_TABLES = {
    "estate": N_("estate"),
    "policy": N_("policies"),
    "gate": N_("gates"),
    "staff": N_("staff"),
    "house": N_("houses"),
    "household": N_("households"),
    "resident": N_("residents"),
    "vehicle": N_("vehicles"),
    "visit": N_("visits"),
    "companion": N_("companions"),
    "visit_event": N_("in and out"),
    "document_secret": N_("document numbers"),
    "month_key": N_("keys"),
    "attachment": N_("pictures"),
    "audit": N_("what was looked at"),
}

_COLUMNS = {
    "name": N_("Name"),
    "sex": N_("Sex"),
    "phone": N_("Phone"),
    "company": N_("Company"),
    "document_type": N_("Document"),
    "document_masked": N_("Document number"),
    "companions": N_("Companions"),
    "companion_names": N_("Companions"),
    "room_code": N_("Room"),
    "confirmed_by": N_("Confirmed"),
    "confirmed_how": N_("Confirmed"),
    "confirmed_ms": N_("Confirmed"),
    "reason": N_("Reason"),
    "reason_note": N_("Reason"),
    "plate": N_("Vehicle"),
    "vehicle_type": N_("Kind of vehicle"),
    "parking": N_("Bay"),
    "valet": N_("Bay"),
    "belongings": N_("Belongings"),
    "badge": N_("Badge"),
    "looks": N_("Remarks"),
    "expected_out_ms": N_("Leaves by"),
    "check_notes": N_("Note"),
}

_GREETINGS = {
    Title.MR: N_("Mr {surname}"),
    Title.MS: N_("Ms {surname}"),
    Title.GUEST: N_("visitor {surname}"),
}


def label(code: StrEnum) -> str:
    """Return what `code` is called; every code that a screen can meet has its word (a test sees to it)."""
    return _(_LABELS[type(code), str(code)])


def source(code: StrEnum) -> str:
    """Return the English source of what `code` is called, to be put into words when it is shown."""
    return _LABELS[type(code), str(code)]


def table_label(table: str) -> str:
    """Return what the records of a synced table are called; an unknown one by its own name."""
    known = _TABLES.get(table)
    return _(known) if known else table


def column_label(column: str) -> str:
    """Return what a column of a visit is called; an unknown one by its own name."""
    checks = {str(check): label(check) for check in Check}
    known = _COLUMNS.get(column)
    return _(known) if known else checks.get(column, column)


def greeting(name: str, sex: Sex | None) -> str:
    """Return the polite form of address: 王先生, 李女士; without a name, 访客 alone (S1)."""
    form = polite_form(name, sex)
    if not form.surname:
        return _("Visitor")
    return _(_GREETINGS[form.title], surname=form.surname)


def clock(at_ms: int, zone: tzinfo) -> str:
    """Return the time of day of `at_ms` (UTC ms) in the estate's zone: 07:58."""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%H:%M")


def day_and_clock(at_ms: int, zone: tzinfo) -> str:
    """Return date and time of `at_ms` (UTC ms) in the estate's zone: 11-12 14:02."""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%m-%d %H:%M")


def moment(at_ms: int, now_ms: int, zone: tzinfo) -> str:
    """Return `at_ms` as the time alone where it is today, else with its date; `now_ms` in UTC ms too."""
    same = datetime.fromtimestamp(at_ms / 1000, zone).date() == datetime.fromtimestamp(now_ms / 1000, zone).date()
    return clock(at_ms, zone) if same else day_and_clock(at_ms, zone)


LONG_HOURS = 10
"""Hours from which minutes no longer matter to who only glances at a list (ours)."""


def duration(ms: int, *, roughly: bool = False) -> str:
    """Return a length of time in ms as people say it: 12小时50分, 7分钟; `roughly` 12小时 where it is long."""
    minutes = ms // 60_000
    if minutes < 60:
        return _("{minutes} min", minutes=minutes)
    hours, rest = divmod(minutes, 60)
    if roughly and LONG_HOURS <= hours < 48:
        return _("{hours} h", hours=hours)
    if hours < 48:
        return _("{hours} h {minutes:02d}", hours=hours, minutes=rest)
    return _("{days} days", days=hours // 24)


def people(count: int) -> str:
    """Return so many people in words."""
    return _("1 person") if count == 1 else _("{count} people", count=count)


def changes(count: int) -> str:
    """Return so many changes in words."""
    return _("1 change") if count == 1 else _("{count} changes", count=count)


def records(count: int) -> str:
    """Return so many records in words."""
    return _("1 record") if count == 1 else _("{count} records", count=count)


def cars(count: int) -> str:
    """Return so many cars in words."""
    return _("1 car") if count == 1 else _("{count} cars", count=count)


def room_left(expected_out_ms: int, now_ms: int, *, roughly: bool = False) -> str:
    """Return how long a visitor may still stay, or by how much the time is over; `roughly` as for `duration`."""
    left = expected_out_ms - now_ms
    if left >= 0:
        return _("{time} left", time=duration(left, roughly=roughly))
    return _("over {time}", time=duration(-left, roughly=roughly))
