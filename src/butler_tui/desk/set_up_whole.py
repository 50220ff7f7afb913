"""Setting up a whole estate by one act of a person: itself, gates, the first supervisor with their PIN, its houses.

Everything without which nobody could sign in is one transaction; the houses follow in groups as large as the protocol
allows. What is still to be written is kept in the file, so that a set-up cut off at any moment goes on at the next
start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from butler_tui.desk.set_up_houses import read_houses
from butler_tui.desk.set_up_staff import check_pin, read_name, read_number
from butler_tui.desk.shifts import verifier_of
from butler_tui.domain.changes import MOST_CHANGES, Value
from butler_tui.domain.house_patterns import HousePlan, PlannedHouse
from butler_tui.domain.rights import Role
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import estates, set_up_plan
from butler_tui.store import staff as staff_store
from butler_tui.store.database import transaction
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.words import N_
from butler_tui.zones import zone_called

MOST_GATES = 40
"""Gates of one estate, at most (ours): they are written with it in one group."""

Progress = Callable[[int, int], None]
"""Is told how many houses are written, of how many."""


@dataclass(frozen=True, slots=True)
class NewEstate:
    """What a person says of an estate: its `houses` as patterns, empty for none yet; the first gate is this one's."""

    name: str
    time_zone: str
    gates: Sequence[str]
    number: str
    supervisor: str
    houses: str = ""


@dataclass(frozen=True, slots=True)
class ReadEstate:
    """The same, read and found sound; `plan` is None where no houses are named."""

    name: str
    time_zone: str
    gates: tuple[str, ...]
    number: str
    supervisor: str
    plan: HousePlan | None
    patterns: str


def read_gates(names: Sequence[str]) -> tuple[str, ...]:
    """Return gates' names as they are kept; raises RuleBroken for none, too many, or one that comes twice."""
    gates = tuple(read_name(name) for name in names if name.strip())
    if not gates:
        raise RuleBroken(N_("An estate needs at least one gate."))
    if len(gates) > MOST_GATES:
        raise RuleBroken(N_("An estate may have at most {most} gates."), most=MOST_GATES)
    twice = [gate for gate in gates if gates.count(gate) > 1]
    if twice:
        raise RuleBroken(N_("The gate {name} is named twice."), name=twice[0])
    return gates


def read_estate(new: NewEstate) -> ReadEstate:
    """Return what is to be set up; raises RuleBroken, with the first thing that is wrong."""
    zone_called(new.time_zone)
    return ReadEstate(
        read_name(new.name),
        new.time_zone,
        read_gates(new.gates),
        read_number(new.number),
        read_name(new.supervisor),
        read_houses(new.houses) if new.houses.strip() else None,
        new.houses,
    )


def set_up(store: Store, new: NewEstate, pin: str, now_ms: int, progress: Progress) -> None:
    """Write everything of a new estate and stand this machine at its first gate.

    In a file that enrolment has given HQ's estate, only what is missing is written. Raises RuleBroken where something
    is wrong with it or the file has gates already, FileTrouble; then nothing, or all that was told to `progress`, is
    saved, and `go_on` writes the rest.
    """
    read = read_estate(new)
    check_pin(pin, read.number)
    verifier = verifier_of(store, pin)
    staff_id = new_id(now_ms)
    values: dict[str, Value] = {
        "number": read.number,
        "name": read.supervisor,
        "role": str(Role.SUPERVISOR),
        "active": 1,
    }
    gates = [Written("gate", new_id(now_ms), {"name": gate}) for gate in read.gates]
    first = [*_estate(store, read, now_ms), *gates, Written("staff", staff_id, values)]
    houses = _written(read.plan.houses() if read.plan else iter(()), now_ms)
    first += islice(houses, MOST_CHANGES - len(first))

    def whole() -> None:
        # In the transaction of the first group: whoever can see the estate can also sign in to it.
        _refuse_one_that_is_set_up(store)
        estates.place_at_gate(store.connection, gates[0].record_id)
        staff_store.keep_verifier(store.connection, staff_id, verifier)
        set_up_plan.keep(store.connection, staff_id, read.patterns, now_ms)

    record(store, first, staff_id=None, now_ms=now_ms, provided=whole)
    go_on(store, now_ms, progress)


def go_on(store: Store, now_ms: int, progress: Progress) -> None:
    """Write the houses that are still to be written, and forget the plan; does nothing where none is left over."""
    patterns = set_up_plan.left(store.connection)
    if patterns is None:
        return
    plan = read_houses(patterns) if patterns.strip() else None
    total = plan.count if plan else 0
    there = set_up_plan.room_codes(store.connection)
    missing = [house for house in plan.houses() if house.room_code not in there] if plan else []
    done = total - len(missing)
    progress(done, total)
    houses = _written(iter(missing), now_ms)
    while group := list(islice(houses, MOST_CHANGES)):
        record(store, group, staff_id=None, now_ms=now_ms)
        done += len(group)
        progress(done, total)
    with transaction(store.connection):
        set_up_plan.drop(store.connection)


def _estate(store: Store, read: ReadEstate, now_ms: int) -> list[Written]:
    if estates.estate(store.connection) is not None:
        return []
    return [Written("estate", new_id(now_ms), {"name": read.name, "time_zone": read.time_zone})]


def _refuse_one_that_is_set_up(store: Store) -> None:
    if estates.gates(store.connection) or staff_store.everyone(store.connection):
        raise RuleBroken(N_("This computer already has an estate."))


def _written(houses: Iterator[PlannedHouse], now_ms: int) -> Iterator[Written]:
    for house in houses:
        values = {"room_code": house.room_code, "building": house.building, "unit": house.unit or None}
        yield Written("house", new_id(now_ms), values)
