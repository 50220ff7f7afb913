"""The visitor in front of the guard: what is known so far, and what the guard has found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from butler_tui.desk.session import Session
from butler_tui.domain.entries import read_room
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import read_phone
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.recognise import Kind, Recognised, recognise
from butler_tui.domain.visits import ConfirmedHow, Registration, under
from butler_tui.ids import new_id
from butler_tui.store import badges, households, known, visits
from butler_tui.store.badges import BadgeHolder
from butler_tui.store.households import GateHousehold, Home
from butler_tui.store.known import Habit, KnownVisitor
from butler_tui.store.visits import EarlierVisit, OnSite
from butler_tui.tui.context import Context
from butler_tui.tui.gate_scene import Scene

Shown = TypeVar("Shown")
"""Visitors or homes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the guard found and the household said about one visitor: the check, upon what facts, and when confirmed.

    `suggested` are the checks filled in from the last visit of `known`, until the guard confirms them.
    """

    check: GateCheck = field(default_factory=GateCheck)
    upon: Mapping[Check, tuple[object, ...]] = field(default_factory=dict)
    confirmed_ms: int | None = None
    known: KnownVisitor | None = None
    suggested: frozenset[Check] = frozenset()
    masked: frozenset[str] = frozenset()
    """The fields that are shown masked, because nobody has typed what is in them."""


MOST_SHOWN = 6
"""Lines under the check card at 80x24; where more visitors or homes fit, the last of them says so."""

_RESTS_ON: dict[Check, Callable[[Registration], tuple[object, ...]]] = {
    Check.ASK_IDENTITY: lambda typed: (typed.name,),
    Check.ASK_REASON: lambda typed: (typed.reason,),
    Check.ASK_HOST: lambda typed: (typed.house_id, typed.room_code),
    Check.CHECK_DOCUMENT: lambda typed: (typed.name, typed.document_number),
    Check.CHECK_VEHICLE: lambda typed: (typed.plate,),
}
"""The facts that a finding was made upon: when they become others, it no longer counts."""


def recognised(text: str, policies: Policies) -> Recognised | None:
    """Return what a guard typed or scanned, by the estate's badges and emergency numbers."""
    return _recognised(text, policies.badge_pattern, policies.rule(Reason.EMERGENCY).keys)


@lru_cache(maxsize=4)
def _recognised(text: str, badge_pattern: str, emergency_keys: tuple[str, ...]) -> Recognised | None:
    # Each key asks several times what stands in the first field.
    return recognise(text, badge_pattern, emergency_keys)


class GateCase:
    """One visitor's case; `typed` is what stands in the form, read."""

    def __init__(self, context: Context, session: Session) -> None:
        self._here = context
        self._session = session
        self.clear()

    def clear(self) -> None:
        """Begin with the next visitor."""
        self.found = Found()
        self.earlier: EarlierVisit | None = None
        self.household: GateHousehold | None = None
        self.homes: list[Home] = []
        self.visitors: list[KnownVisitor] = []
        self._dismissed = False
        self.more = False
        """Whether more visitors or homes fit what is typed than there is room for."""
        self.chosen = 0
        """Which of the visitors, or of the homes, is marked."""
        self.draft_id: bytes | None = None
        self.letters_told = ""
        """The letters of which the guard was told that nobody known has them."""
        self.twice: bytes | None = None
        """The visit that the guard was told of and still wants another beside."""

    def begin(self) -> bytes:
        """Return the id that the visit will have, from its first key on."""
        self.draft_id = self.draft_id or new_id(self._here.now_ms())
        return self.draft_id

    # What is known

    def look_up_arrival(self, text: str, *, alone: bool = True) -> None:
        """Find the known visitors that what is typed may mean, where it stands `alone` in the form."""
        kind = recognised(text, self._here.policies)
        is_nobody = kind is not None and kind.kind in (Kind.EMERGENCY, Kind.BADGE)
        looks = bool(text) and alone and not is_nobody and not self._dismissed
        self.visitors = self._shown(known.known_visitors(self._here.store, text, kind) if looks else [])
        self.chosen = 0

    def _shown(self, found: list[Shown]) -> list[Shown]:
        """Return those of what was found that there is room for, and remember whether that is not all."""
        self.more = len(found) > MOST_SHOWN
        return found[: MOST_SHOWN - 1] if self.more else found

    def dismiss(self) -> None:
        """Take the visitor for somebody new, whoever else is called so."""
        self._dismissed = True
        self.visitors = []

    def doubts_letters(self, found: Recognised) -> bool:
        """Tell, once for each, whether a name is only letters as initials are typed: nobody known has them.

        `Tom` is a name as it stands.
        """
        text = found.value
        letters = found.kind is Kind.NAME and text.isascii() and text.isalpha() and not text.istitle()
        told, self.letters_told = self.letters_told == text, text if letters else ""
        return letters and not told

    def marked(self, text: str, found: Recognised) -> KnownVisitor | None:
        """Return the known visitor that `text` in the first field means; a room that there is comes first."""
        if found.kind is Kind.ROOM and households.at_room(self._here.store.connection, found.value) is not None:
            return None
        if not self.visitors:
            self.look_up_arrival(text)  # scanned while another field had the focus
        return self.visitors[self.chosen] if self.visitors else None

    def look_up_room(self, text: str) -> None:
        """Find the household of a room code, or the homes that it, a name or a plate may mean."""
        room = read_room(text)
        connection = self._here.store.connection
        self.household = households.at_room(connection, room) if room else None
        self.chosen = 0
        if not room or self.household is not None:
            self.homes = []
            return
        rooms = [Home(code, "") for code in households.rooms_starting(connection, room)]
        self.homes = self._shown(rooms or households.homes_matching(connection, text))

    def look_up_phone(self, text: str) -> None:
        """Find whoever came with this phone before."""
        phone = read_phone(text)
        self.earlier = visits.earlier_by_phone(self._here.store.connection, phone) if phone else None

    def note_confirmation(self, confirmed: bool) -> None:
        """Keep when the household said yes."""
        self.found = replace(self.found, confirmed_ms=self._here.now_ms() if confirmed else None)

    def leaving(self, text: str) -> OnSite | None:
        """Return who inside the badge, plate or phone in `text` belongs to."""
        found = recognised(text, self._here.policies)
        look_ups = {Kind.BADGE: visits.by_badge, Kind.PLATE: visits.by_plate, Kind.PHONE: visits.by_phone}
        look_up = look_ups.get(found.kind) if found else None
        return look_up(self._here.store.connection, found.value) if found and look_up else None

    def missed(self, text: str) -> BadgeHolder | None:
        """Return whose badge `text` is, where they have left without giving it back."""
        found = recognised(text, self._here.policies)
        if found is None or found.kind is not Kind.BADGE:
            return None
        holder = badges.holder_of_badge(self._here.store.connection, found.value)
        return holder if holder is not None and holder.out_ms is not None else None

    def move(self, by: int) -> None:
        """Mark another of the visitors or homes that are shown."""
        most = max(len(self.visitors), len(self.homes))
        self.chosen = min(max(self.chosen + by, 0), max(most - 1, 0))

    def registration(self, typed: Registration) -> Registration:
        """Return what is typed with the check as it stands, under the estate's policy."""
        check = self.found.check
        for one, facts in self.found.upon.items():
            if any(facts) and facts != _RESTS_ON[one](typed):
                check = check.reopened(one)
        before = self.found.known
        if before is not None and typed.confirmed_how is None and self._same_home(typed, before):
            typed = replace(typed, confirmed_how=ConfirmedHow.KNOWN)
        known_so_far = replace(typed, check=check, confirmed_ms=self.found.confirmed_ms)
        return under(self._here.policies, known_so_far, first_visit=self.earlier is None)

    @staticmethod
    def _same_home(typed: Registration, before: KnownVisitor) -> bool:
        return typed.household_id is not None and typed.household_id == before.household_id

    def scene(self, typed: Registration, texts: Mapping[str, str]) -> Scene:
        """Return everything that words are made from; `texts` are the fields as typed."""
        connection = self._here.store.connection
        registration = self.registration(typed)
        return Scene(
            self._here,
            registration,
            self.household,
            self.homes,
            texts,
            self.earlier,
            wearer=badges.holder_of_badge(connection, typed.badge) if typed.badge else None,
            visitors=self.visitors,
            chosen=self.chosen,
            more=self.more,
            known=self.found.known,
            habit=self._habit(),
            suggested=self.suggested(registration),
        )

    def _habit(self) -> Habit | None:
        return self.habit_of(self.found.known) if self.found.known is not None else None

    def habit_of(self, before: KnownVisitor) -> Habit:
        """Return how often a known visitor came this month, and whether always to the same home."""
        today = datetime.fromtimestamp(self._here.now_ms() / 1000, self._here.zone)
        month = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return known.habit(self._here.store.connection, before, int(month.timestamp() * 1000))

    # A known visitor

    def take(self, visitor: KnownVisitor, typed: Registration) -> None:
        """Suggest what was found about a known visitor then; `typed` is the form filled from that visit."""
        passed = visitor.passed if typed.room_code else visitor.passed - {Check.ASK_HOST}
        upon = {check: _RESTS_ON[check](typed) for check in passed if check in _RESTS_ON}
        self.visitors = []
        known_so_far = visitor if visitor.refused_ms is None else None
        self.found = Found(known=known_so_far, suggested=passed, upon=upon)

    def suggested(self, registration: Registration) -> frozenset[Check]:
        """Return the checks that one key would confirm: open ones whose facts are those of the last visit."""
        check, upon = registration.check, self.found.upon
        if check.suspicious:
            return frozenset()
        return frozenset(
            one
            for one in self.found.suggested
            if check.outcome(one) is Outcome.OPEN
            and (one not in _RESTS_ON or upon.get(one) == _RESTS_ON[one](registration))
        )

    def confirm(self, typed: Registration) -> None:
        """Write in as found what was suggested: the guard has looked at person and vehicle."""
        for check in self.suggested(self.registration(typed)):
            self.settle(typed, check, Outcome.PASSED)
        self.found = replace(self.found, suggested=frozenset())
        if self.found.confirmed_ms is None:
            self.note_confirmation(True)

    def bring_back(self, found: Found, typed: Registration) -> None:
        """Take up again what was found about the visitor of `typed`, from a draft or from before."""
        upon = {one: _RESTS_ON[one](typed) for one in {*found.check.found, *found.suggested} if one in _RESTS_ON}
        self.found = replace(found, upon=upon)

    def standing(self, typed: Registration) -> Found:
        """Return what was found, without the findings and suggestions whose facts have changed since."""
        registration = self.registration(typed)
        return replace(self.found, check=registration.check, suggested=self.suggested(registration))

    # The checks

    def settle(self, typed: Registration, check: Check, outcome: Outcome, note: str = "") -> None:
        """Write a finding in; raises ValueError where policy does not allow it."""
        found = self.registration(typed).check.with_finding(check, outcome, note)
        kept = self.found.suggested - {check}
        upon = {one: facts for one, facts in self.found.upon.items() if one in found.found or one in kept}
        if check in _RESTS_ON:
            upon[check] = _RESTS_ON[check](typed)
        self.found = replace(self.found, check=found, upon=upon, suggested=kept)

    def reopen(self, check: Check) -> None:
        """Take a finding, or what was suggested, back."""
        self.found = replace(
            self.found, check=self.found.check.reopened(check), suggested=self.found.suggested - {check}
        )

    def suspect(self) -> None:
        """Ask for all six, by hand, or again for what policy asks."""
        check = self.found.check
        self.found = replace(self.found, check=replace(check, suspicious=not check.suspicious))

    def double(self, registration: Registration) -> OnSite | None:
        """Return the visit of the last minutes that this one seems to repeat, unless the guard wants both."""
        again = visits.registered_lately(self._here.store.connection, registration, self._here.now_ms())
        return again if again is not None and again.visit_id != self.twice else None
