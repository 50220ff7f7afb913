"""Inventing those who come to the gate: the same couriers every day, each household's help and friends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from butler_tui.demo import names
from butler_tui.demo.clock import MINUTE_MS, Slot
from butler_tui.demo.people import VISITORS_PHONES, People
from butler_tui.desk.set_up import NewHouse
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import Check
from butler_tui.domain.people import Sex
from butler_tui.domain.plates import read_plate, vehicle_type
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow, Registration

_FIRMS = {Reason.COURIER: names.COURIER_FIRMS, Reason.DELIVERY: names.DELIVERY_FIRMS}
_DRIVES = {
    Reason.VISITING: 0.5,
    Reason.COURIER: 0.6,
    Reason.REPAIR: 0.5,
    Reason.DECORATION: 0.7,
    Reason.MAINTENANCE: 0.8,
    Reason.ESTATE_AGENT: 0.4,
    Reason.OFFICIAL: 0.6,
    Reason.EMERGENCY: 1.0,
}
_WOMEN = {Reason.VISITING: 0.5, Reason.DOMESTIC_HELP: 0.95, Reason.ESTATE_AGENT: 0.5, Reason.OFFICIAL: 0.5}
_COME_BACK = {Reason.VISITING: 0.4, Reason.COURIER: 0.97, Reason.DELIVERY: 0.8}
# So many are known faces; others of the trade come once, and are not remembered.
_KNOWN_FACES = {Reason.COURIER: 8, Reason.DELIVERY: 40}
_BETWEEN_VISITS_MS = 11 * MINUTE_MS
_TRIES = 6
_FOR_THE_ESTATE = frozenset({Reason.MAINTENANCE})
_TO_EMPTY_HOMES = frozenset({Reason.ESTATE_AGENT, Reason.DECORATION})
_SHOW_THEIR_NUMBER = frozenset({Reason.DOMESTIC_HELP, Reason.ESTATE_AGENT})
_ASKED = {rule.reason: rule.asked for rule in Policies().reasons}


class Callers:
    """Remembers who came before, so that most couriers and helpers are known faces."""

    def __init__(self, people: People, houses: Sequence[NewHouse]) -> None:
        self.people = people
        self.random = people.random
        self.lived_in = [house for house in houses if house.household_name]
        self.empty = [house for house in houses if not house.household_name] or self.lived_in
        self._known: dict[Reason, list[Registration]] = {}
        self._away_until: dict[str, float] = {}
        self._inside: set[str] = set()

    def caller(self, slot: Slot) -> Registration:
        """Return somebody who comes at `slot`: who, to whom, with what; ids, badge and findings are left open.

        Asked in the order of arrival, so that nobody comes while they are inside.
        """
        while True:
            known = self._somebody_known(slot)
            caller = known or self._new_face(slot.reason)
            if slot.out_ms is not None or caller.name not in self._inside:
                break
        self._away_until[caller.phone] = inf if slot.out_ms is None else slot.out_ms + _BETWEEN_VISITS_MS
        if slot.out_ms is None:
            self._inside.add(caller.name)
        return caller

    def fresh(self, reason: Reason) -> Registration:
        """Return somebody who was never here, and will not be remembered."""
        return self._somebody(reason)

    def _somebody_known(self, slot: Slot) -> Registration | None:
        known = self._known.setdefault(slot.reason, [])
        few = len(known) < _KNOWN_FACES.get(slot.reason, 0)
        if not known or self.random.random() >= (0.5 if few else _COME_BACK.get(slot.reason, 0.2)):
            return None
        tried = (self.random.choice(known) for _ in range(_TRIES))
        free = (one for one in tried if self._away_until.get(one.phone, 0) < slot.in_ms)
        found = next(free, None)
        return self._again(found) if found else None

    def _new_face(self, reason: Reason) -> Registration:
        face, known = self._somebody(reason), self._known[reason]
        if len(known) < _KNOWN_FACES.get(reason, len(known) + 1):
            known.append(face)
        return face

    def _again(self, earlier: Registration) -> Registration:
        """Return an earlier visitor: couriers go to any home, the others to the one that knows them."""
        if earlier.reason not in _FIRMS:
            return replace(earlier, confirmed_how=earlier.confirmed_how and ConfirmedHow.KNOWN)
        return _at(earlier, self.random.choice(self.lived_in))

    def _somebody(self, reason: Reason) -> Registration:
        if reason is Reason.EMERGENCY:
            return self._ambulance()
        sex = Sex.FEMALE if self.random.random() < _WOMEN.get(reason, 0.15) else Sex.MALE
        person = self.people.person(VISITORS_PHONES, sex=sex)
        firm, errand = self._errand(reason)
        plate = read_plate(self.people.plate()) if self.random.random() < _DRIVES.get(reason, 0.0) else None
        vehicle = vehicle_type(plate) if plate else None
        homes = self.empty if reason in _TO_EMPTY_HOMES and self.random.random() < 0.7 else self.lived_in
        registration = Registration(
            name=person.name,
            sex=person.sex,
            phone=person.phone,
            company=firm,
            reason=reason,
            reason_note=errand,
            companions=self.random.choice((0, 0, 0, 1, 2)) if reason is Reason.VISITING else 0,
            plate=plate.text if plate else "",
            vehicle_type=str(vehicle) if vehicle else "",
            parking=self.random.choice(names.PARKING) if plate else "",
            belongings=self.random.choice(names.BELONGINGS.get(reason, ("",))),
            confirmed_how=self._confirmed(reason),
            document_type=DocumentType.RESIDENT_ID if Check.CHECK_DOCUMENT in _ASKED[reason] else None,
            document_number=self.people.resident_id(person.sex) if reason in _SHOW_THEIR_NUMBER else "",
        )
        return registration if reason in _FOR_THE_ESTATE else _at(registration, self.random.choice(homes))

    def _ambulance(self) -> Registration:
        firm, errand = names.TRADES[Reason.EMERGENCY][0]
        home = self.random.choice(self.lived_in)
        return _at(Registration(company=firm, reason=Reason.EMERGENCY, reason_note=errand), home)

    def _errand(self, reason: Reason) -> tuple[str, str]:
        if reason in _FIRMS:
            return self.random.choice(_FIRMS[reason]), ""
        return self.random.choice(names.TRADES.get(reason, (("", ""),)))

    def _confirmed(self, reason: Reason) -> ConfirmedHow | None:
        if reason in _FOR_THE_ESTATE:
            return None
        return self.random.choice((ConfirmedHow.INTERCOM, ConfirmedHow.INTERCOM, ConfirmedHow.PHONE))


def _at(registration: Registration, house: NewHouse) -> Registration:
    return replace(registration, room_code=house.room_code)
