"""Who comes to a large estate: regulars who come often and many who come once, as rows of a terminal's tables."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from butler_tui.demo import names
from butler_tui.demo.people import People
from butler_tui.desk.set_up import NewHouse
from butler_tui.domain.people import Sex
from butler_tui.domain.plates import read_plate, vehicle_type
from butler_tui.domain.policies import Reason
from butler_tui.sealing import match_key
from butler_tui.store.derived import DOCUMENT

Row = dict[str, object]
Rows = dict[str, list[Row]]
"""Rows by table."""

VISITS_A_DAY = 2_000
_APART_MS = 86_400_000 // VISITS_A_DAY
_MINUTE_MS = 60_000
_TURNED_AWAY = 0.03
_KEPT_NUMBER = 0.02
_BADGES = 999
_FAVOURITE_ENDS = ("8888", "6666", "9999", "1688", "0001")
_FACES: dict[Reason, tuple[float, float]] = {
    Reason.COURIER: (0.0003, 2.2),
    Reason.DELIVERY: (0.003, 2.0),
    Reason.DOMESTIC_HELP: (0.01, 1.2),
    Reason.VISITING: (0.3, 1.5),
}
"""Different people per visit of a reason, and how unevenly they come: 1 would be evenly."""
_OTHER_FACES = (0.25, 1.5)
_UNEVEN_HOMES = 1.7
_PASSED = dict.fromkeys(
    ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings"), "passed"
)


class Crowd(People):
    """People of many names and numbers: the demo's few thousand would be looked up too easily."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._given_names = {
            Sex.MALE: _characters(names.MALE_NAMES),
            Sex.FEMALE: _characters(names.FEMALE_NAMES),
        }

    def full_name(self, surname: str, sex: Sex) -> str:
        """Return `surname` with one or two characters of those that names are made of."""
        characters = self._given_names[sex]
        count = 1 if self.random.random() < 0.15 else 2
        return surname + "".join(self.random.choice(characters) for _ in range(count))

    def _phone(self, start: str) -> str:
        ends = self.random.choice(_FAVOURITE_ENDS) if self.random.random() < 0.01 else ""
        return f"1{self.random.choice('356789')}{self.random.randrange(10**9):09d}"[: 11 - len(ends)] + ends


def _characters(given: Sequence[str]) -> str:
    return "".join(dict.fromkeys("".join(given)))


@dataclass(frozen=True, slots=True)
class _Face:
    """Somebody who comes, with what is written down each time."""

    row: Mapping[str, object]
    house: Row | None
    """The home they always come to, if it is always the same."""


def record_id(random: Random, at_ms: int) -> bytes:
    """Return a UUIDv7 for `at_ms` (UTC ms)."""
    tail = bytearray(random.randbytes(10))
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return at_ms.to_bytes(6, "big") + bytes(tail)


def rows_of_houses(random: Random, houses: Sequence[NewHouse], now_ms: int) -> Rows:
    """Return the rows of homes and of those who live there."""
    rows: Rows = {"house": [], "household": [], "resident": [], "vehicle": []}
    for one in houses:
        house_id, household_id = record_id(random, now_ms), record_id(random, now_ms)
        rows["house"].append(
            {"house_id": house_id, "room_code": one.room_code, "building": one.building, "unit": one.unit or None,
             "cluster": one.cluster or None}
        )  # fmt: skip
        if not one.household_name:
            continue
        rows["household"].append(
            {"household_id": household_id, "house_id": house_id, "name": one.household_name,
             "gate_note": one.gate_note or None}
        )  # fmt: skip
        rows["resident"] += [
            {"resident_id": record_id(random, now_ms), "household_id": household_id, "name": person.name,
             "sex": str(person.sex), "called": person.called or None, "relation": person.relation,
             "phone": person.phone or None, "may_confirm": int(person.may_confirm)}
            for person in one.residents
        ]  # fmt: skip
        rows["vehicle"] += [
            {"vehicle_id": record_id(random, now_ms), "household_id": household_id, "plate": _plate(car.plate)[0],
             "note": car.note or None}
            for car in one.vehicles
        ]  # fmt: skip
    return rows


def _plate(text: str) -> tuple[str, str | None]:
    plate = read_plate(text)
    kind = vehicle_type(plate) if plate else None
    return plate.text if plate else text, str(kind) if kind else None


class _Days:
    """One visit after the other, with what happened to it."""

    def __init__(self, crowd: Crowd, homes: Rows, visits: int, now_ms: int, guards: tuple[bytes, list[bytes]],
                 match: bytes) -> None:  # fmt: skip
        self.random = crowd.random
        self.now_ms = now_ms
        self.gate_id, self.staff_ids = guards
        self.match = match
        rooms = {row["house_id"]: row["room_code"] for row in homes["house"]}
        confirmers = {row["household_id"]: row["resident_id"] for row in homes["resident"] if row["may_confirm"]}
        self.homes: list[Row] = [
            {"house_id": row["house_id"], "household_id": row["household_id"], "room_code": rooms[row["house_id"]],
             "confirmed_by": confirmers.get(row["household_id"])}
            for row in homes["household"]
        ]  # fmt: skip
        self.random.shuffle(self.homes)
        self.reasons = list(names.SHARE)
        self.shares = list(accumulate(names.SHARE.values()))
        self.faces = {reason: self._faces(crowd, reason, visits) for reason in self.reasons}
        self.badge = 0

    def _faces(self, crowd: Crowd, reason: Reason, visits: int) -> list[_Face]:
        of_reason = visits * names.SHARE[reason] / self.shares[-1]
        count = max(30, round(of_reason * _FACES.get(reason, _OTHER_FACES)[0]))
        return [self._face(crowd, reason) for _ in range(count)]

    def _face(self, crowd: Crowd, reason: Reason) -> _Face:
        person = crowd.person("")
        drives = self.random.random() < 0.45
        plate, kind = _plate(crowd.plate()) if drives else (None, None)
        company, note = self.random.choice(names.TRADES.get(reason, (("", ""),)))
        if reason is Reason.COURIER:
            company = self.random.choice(names.COURIER_FIRMS)
        if reason is Reason.DELIVERY:
            company = self.random.choice(names.DELIVERY_FIRMS)
        row = {"name": person.name, "sex": str(person.sex), "phone": person.phone, "company": company or None,
               "document_type": "resident_id", "reason": str(reason), "reason_note": note or None, "plate": plate,
               "vehicle_type": kind, "parking": self.random.choice(names.PARKING) or None if plate else None,
               "belongings": self.random.choice(names.BELONGINGS.get(reason, ("",))) or None}  # fmt: skip
        return _Face(row, self._home() if reason is Reason.DOMESTIC_HELP else None)

    def _home(self) -> Row:
        return self.homes[int(len(self.homes) * self.random.random() ** _UNEVEN_HOMES)]

    def visit(self, rows: Rows, at_ms: int) -> None:
        """Add one visit that began at `at_ms` and what happened to it."""
        random = self.random
        reason = self.reasons[bisect_left(self.shares, random.random() * self.shares[-1])]
        faces = self.faces[reason]
        face = faces[int(len(faces) * random.random() ** _FACES.get(reason, _OTHER_FACES)[1])]
        refused = random.random() < _TURNED_AWAY
        low, high = names.STAY_MIN[reason]
        out_ms = at_ms + random.randint(low, high) * _MINUTE_MS
        inside = not refused and out_ms > self.now_ms
        staff_id = random.choice(self.staff_ids)
        badge = None
        if reason in names.WEAR_BADGE and not refused:
            self.badge = self.badge % _BADGES + 1
            badge = f"A{self.badge:03d}"
        visit_id = record_id(random, at_ms)
        numbered = random.random() < _KEPT_NUMBER
        rows["visit"].append(
            {"visit_id": visit_id, "registered_ms": at_ms, "gate_id": self.gate_id, "staff_id": staff_id, **face.row,
             "document_masked": "330***********1234" if numbered else None,
             "document_doubts": "[]" if numbered else None, "companions": int(random.random() < 0.15),
             **(face.house or self._home()), "confirmed_how": "phone", "confirmed_ms": at_ms - 40_000, "badge": badge,
             "looks": random.choice(names.LOOKS) if refused else None, **_PASSED,
             "expected_out_ms": None if refused else at_ms + high * _MINUTE_MS,
             "state": "turned_away" if refused else "inside" if inside else "left",
             "out_ms": None if refused or inside else out_ms, "badge_out": int(inside)}
        )  # fmt: skip
        who = {"gate_id": self.gate_id, "staff_id": staff_id}
        rows["visit_event"].append(
            {"event_id": record_id(random, at_ms), "visit_id": visit_id, "at_ms": at_ms, **who,
             "kind": "turned_away" if refused else "admitted", "reason": "not_expected" if refused else None}
        )  # fmt: skip
        if not refused and not inside:
            rows["visit_event"].append(
                {"event_id": record_id(random, out_ms), "visit_id": visit_id, "at_ms": out_ms, **who, "kind": "out",
                 "reason": None}
            )  # fmt: skip
        if numbered:
            number_key = match_key(self.match, DOCUMENT, number_of(len(rows["document_secret"]), at_ms))
            rows["document_secret"].append(
                {"secret_id": record_id(random, at_ms), "visit_id": visit_id, "month_key_id": random.randbytes(16),
                 "sealed": random.randbytes(46), "number_key": number_key}
            )  # fmt: skip


def number_of(place: int, at_ms: int) -> str:
    """Return a number of the form of a resident's; nobody has it."""
    return f"330000{at_ms % 10**8:08d}{place % 1000:03d}X"


def day_of_visits(crowd: Crowd, homes: Rows, visits: int, now_ms: int, gate_ids: Sequence[bytes],
                  staff_ids: Sequence[bytes], match: bytes, at_once: int) -> Iterator[Rows]:  # fmt: skip
    """Yield the rows of `visits` visits that end at `now_ms`, by table, so many visits at once."""
    days = _Days(crowd, homes, visits, now_ms, (gate_ids[0], list(staff_ids)), match)
    for begins in range(0, visits, at_once):
        rows: Rows = {"visit": [], "visit_event": [], "document_secret": []}
        for number in range(begins, min(visits, begins + at_once)):
            days.visit(rows, now_ms - (visits - number) * _APART_MS)
        yield rows
