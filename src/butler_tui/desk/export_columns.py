"""What each kind of export holds: one table of columns, each masked as the house wants it unless a supervisor asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from butler_tui import labels
from butler_tui.desk.visit_words import code_words
from butler_tui.domain.cells import masked_text
from butler_tui.domain.corrections import notes_of
from butler_tui.domain.documents import DocumentType, mask_phone
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.domain.plates import VehicleType
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.visits import ConfirmedHow, VisitState
from butler_tui.ids import id_text
from butler_tui.store import exported, visit_history
from butler_tui.store.database import Connection, Row
from butler_tui.words import N_, _

Cell = str | int | datetime | None
"""What stands in a cell; times are in the estate's zone, without one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the columns are made with: the file to look more up in, the estate's zone."""

    connection: Connection
    zone: tzinfo


Make = Callable[[Row, Frame], Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what stands in it, and what stands there masked where that differs."""

    heading: str
    whole: Make
    masked: Make | None = None

    def make(self, row: Row, frame: Frame, unmasked: bool) -> Cell:
        """Return what stands in this column of `row`."""
        return self.whole(row, frame) if unmasked or self.masked is None else self.masked(row, frame)


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One kind of export: which table it tells of, its columns, and its rows between two times (UTC ms)."""

    table: str
    columns: tuple[Column, ...]
    rows: Callable[[Connection, int | None, int | None], Iterator[Row]]
    count: Callable[[Connection, int | None, int | None], int]


def _as_is(name: str) -> Make:
    return lambda row, _frame: row[name]


def _code(name: str, known: type[StrEnum]) -> Make:
    return lambda row, _frame: code_words(known, row[name]) if row[name] else None


def _time(name: str) -> Make:
    def made(row: Row, frame: Frame) -> Cell:
        at_ms = row[name]
        return datetime.fromtimestamp(at_ms // 1000, frame.zone).replace(tzinfo=None) if at_ms is not None else None

    return made


def _yes(holds: Callable[[Row], object]) -> Make:
    return lambda row, _frame: _("yes") if holds(row) else None


def _free(name: str, heading: str) -> Column:
    """Free text: masked, the numbers and phones in it are."""
    return Column(heading, _as_is(name), lambda row, _frame: masked_text(row[name]) if row[name] else None)


def _nothing(_row: Row, _frame: Frame) -> Cell:
    return None


def _polite(row: Row, _frame: Frame) -> Cell:
    if not row["name"]:
        return None
    return masked_text(labels.greeting(row["name"], sex_of_code(row["sex"])))


def _companions(row: Row, frame: Frame) -> Cell:
    if not row["companions"]:
        return None
    return " ".join(visit_history.companion_names(frame.connection, row["visit_id"])) or None


def _check_notes(row: Row, _frame: Frame) -> Cell:
    told = (f"{labels.column_label(check)}: {note}" for check, note in notes_of(row["check_notes"]).items())
    return "; ".join(told) or None


def _check_notes_masked(row: Row, frame: Frame) -> Cell:
    return masked_text(str(_check_notes(row, frame) or "")) or None


VISITS = ExportKind(
    "visit",
    (
        Column(N_("Registered"), _time("registered_ms")),
        Column(N_("State"), _code("state", VisitState)),
        Column(N_("Left"), _time("out_ms")),
        Column(N_("Expected out"), _time("expected_out_ms")),
        Column(N_("Name"), _as_is("name"), _polite),
        Column(N_("Sex"), _code("sex", Sex)),
        Column(N_("Phone"), _as_is("phone"), lambda row, _frame: mask_phone(row["phone"]) if row["phone"] else None),
        _free("company", N_("Company")),
        Column(N_("Companions"), _as_is("companions")),
        Column(N_("Names of companions"), _companions, _nothing),
        _free("room_code", N_("Room")),
        Column(N_("Confirmed"), _code("confirmed_how", ConfirmedHow)),
        Column(N_("Reason"), _code("reason", Reason)),
        _free("reason_note", N_("What for")),
        Column(N_("Document"), _code("document_type", DocumentType)),
        _free("document_masked", N_("Document number")),
        _free("plate", N_("Vehicle")),
        Column(N_("Kind of vehicle"), _code("vehicle_type", VehicleType)),
        _free("parking", N_("Bay")),
        _free("belongings", N_("Belongings")),
        _free("badge", N_("Badge")),
        Column(N_("Badge not back"), _yes(lambda row: row["badge_out"])),
        Column(N_("Remarks"), _as_is("looks"), _nothing),
        *(Column(labels.source(check), _code(str(check), Outcome)) for check in Check),
        Column(N_("Notes of the check"), _check_notes, _check_notes_masked),
        Column(N_("Turned away because"), _code("away", TurnAwayReason)),
        Column(N_("Corrected"), _yes(lambda row: row["original"])),
        Column(N_("Post"), _as_is("gate")),
        Column(N_("Guard"), _as_is("guard")),
        Column(N_("Visit"), lambda row, _frame: id_text(row["visit_id"])),
    ),
    exported.visits,
    exported.count_visits,
)
"""Masked: the polite form for the name, no names of companions, no looks, phones as 138****2211, numbers in every free
text masked. A document's number is masked in every export: it is opened one by one, with a reason that is recorded."""

KINDS: dict[str, ExportKind] = {"visits": VISITS}
"""What `butler export KIND` knows."""
