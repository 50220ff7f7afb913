"""The state machine over the real client and server code: what may happen, in any order, and the promises after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.model.real_promises import check
from tests.model.real_world import Step, World

who = st.integers(0, 3)
drawn = st.sampled_from((0, 1, 1, 2))
values = st.one_of(st.tuples(drawn, drawn, st.integers(0, 2)), st.just((1, 0, 0)), st.just((0, 0, 1)))
fault = st.sampled_from((0, 0, 0, 0, 1, 2, 3, 4, 5))
faults = st.lists(fault, max_size=6).map(tuple)
few = st.one_of(st.just(()), faults)
people = st.sampled_from(("visit", "household", "resident", "newcomers"))
write = st.tuples(st.just("write"), who, values)
sync = st.tuples(st.just("sync"), who)
between = st.lists(st.one_of(write, sync, st.just(("back",))), max_size=3).map(tuple)


class Estate(RuleBasedStateMachine):
    """One estate: three terminals, their copies, and HQ."""

    server = ""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(server=self.server)

    def do(self, *steps: Step) -> None:
        """Let things happen one after the other."""
        for step in steps:
            self.world.do(step)

    @rule(step=write)
    def write(self, step: Step) -> None:
        self.do(step)

    @rule(one=who, values=values, other=who, others=values, faults=few)
    def race(self, one: int, values: Any, other: int, others: Any, faults: Any) -> None:
        self.do(("write", one, values), ("write", other, others), ("sync", one, faults), ("sync", other))

    @rule(one=who, other=who, faults=few)
    def think_twice(self, one: int, other: int, faults: Any) -> None:
        self.do(("write", one, (1, 1, 1)), ("write", other, (1, 1, 2)), ("sync", other), ("write", one, (1, 0, 0)))
        self.do(("sync", one, faults))

    @rule(name=st.sampled_from(("move_in", "audit")), one=who)
    def add(self, name: str, one: int) -> None:
        self.do((name, one))

    @rule(one=who, faults=few)
    def sync(self, one: int, faults: Any) -> None:
        self.do(("sync", one, faults))

    @rule(one=who, faults=few, at=st.integers(1, 4), between=between)
    def sync_meanwhile(self, one: int, faults: Any, at: int, between: Any) -> None:
        self.do(("sync", one, faults, at, between))

    @rule()
    def deliver(self) -> None:
        self.do(("deliver",))

    @rule(one=who)
    def choose(self, one: int) -> None:
        self.do(("sync", one), ("choose", one), ("sync", one))

    @rule(one=who, other=who)
    def choose_both(self, one: int, other: int) -> None:
        self.do(("sync", one), ("sync", other), ("choose", one), ("write", other, (1, 1, 1)), ("sync", one))

    @rule(one=who, child=st.booleans())
    def poison(self, one: int, child: bool) -> None:
        self.do(("poison", one, child))

    @rule(one=who, other=who, values=values, again=st.booleans())
    def forbidden(self, one: int, other: int, values: Any, again: bool) -> None:
        self.do(("forbidden", one), ("sync", one), ("write", other, values), ("sync", other), ("sync", one))
        self.do(*([("again", one), ("sync", one)] if again else [("write", one, values)]))

    @rule(one=who, shift=st.integers(0, 4))
    def clock(self, one: int, shift: int) -> None:
        self.do(("clock", one, shift))

    @rule(one=who, other=who, shift=st.integers(1, 4), faults=few)
    def wrong_clock(self, one: int, other: int, shift: int, faults: Any) -> None:
        self.do(("clock", one, shift), ("write", one, (1, 1, 1)), ("sync", one, faults), ("clock", one, 0))
        self.do(("sync", other), ("write", other, (1, 0, 0)), ("write", one, (1, 0, 0)))

    @rule(one=who)
    def own_time_turns_back(self, one: int) -> None:
        self.do(("clock", one, 4), ("write", one, (1, 0, 0)), ("sync", one, (0, 1)), ("clock", one, 1))
        self.do(("write", one, (1, 0, 0)), ("sync", one))

    @rule(one=who, other=who)
    def read_time_turns_back(self, one: int, other: int) -> None:
        self.do(("clock", one, 2), ("write", one, (1, 0, 0)), ("sync", one), ("sync", other), ("clock", other, 4))
        self.do(("audit", other), ("sync", other), ("clock", other, 0), ("write", other, (1, 0, 0)), ("sync", other))

    @rule(days=st.sampled_from((1, 36)))
    def wait(self, days: int) -> None:
        self.do(("wait", days))

    @rule(one=who)
    def image(self, one: int) -> None:
        self.do(("image", one))

    @rule(one=who, comes=st.booleans())
    def visit(self, one: int, comes: bool) -> None:
        self.do(("visit", one, comes))

    @rule(one=who, other=who, name=st.booleans(), faults=few)
    def visited(self, one: int, other: int, name: bool, faults: Any) -> None:
        self.do(("visit", one), ("sync", one), ("sync", other), ("correct", other, name), ("leave", one))
        self.do(("leave", other), ("correct", one, True), ("sync", one, faults), ("sync", other))

    @rule(one=who, other=who)
    def undone(self, one: int, other: int) -> None:
        self.do(("visit", one), ("sync", one), ("sync", other), ("leave", one, True), ("correct", other, False))

    @rule(one=who, what=people, faults=few)
    def erase(self, one: int, what: str, faults: Any) -> None:
        self.do(("erase", one, what), ("sync", one, faults))

    @rule(one=who, other=who, what=people, values=values)
    def erase_unknown_to_others(self, one: int, other: int, what: str, values: Any) -> None:
        self.do(("visit", one), ("move_in", one), ("sync", one), ("sync", other), ("erase", one, what))
        self.do(("write", other, values), ("correct", other, True), ("leave", other), ("sync", one), ("sync", other))

    @rule(one=who, other=who, what=people)
    def erase_and_hq_is_put_back(self, one: int, other: int, what: str) -> None:
        self.do(("visit", one), ("sync", one), ("sync", other), ("snap",), ("erase", one, what), ("sync", one))
        self.do(("sync", other), ("back",), ("sync", other))

    @rule(one=who, what=people)
    def erase_and_restore(self, one: int, what: str) -> None:
        self.do(("visit", one), ("image", one), ("erase", one, what), ("sync", one), ("restore", one))

    @rule(one=who, other=who, table=st.sampled_from(("household", "parcel")), faults=few)
    def newer(self, one: int, other: int, table: str, faults: Any) -> None:
        self.do(("newer", one, table), ("newer", other, table), ("sync", one, faults), ("sync", other))

    @rule(
        one=who, kind=st.sampled_from(("gate", "butler", "supervisor")), table=st.sampled_from(("household", "parcel"))
    )
    def newer_and_narrowed(self, one: int, kind: str, table: str) -> None:
        self.do(("newer", 1, table), ("sync", 1), ("sync", one), ("kind", one, kind), ("sync", one))

    @rule()
    def backup(self) -> None:
        self.do(("backup",))

    @rule(one=who, other=who, values=values)
    def hq_is_restored(self, one: int, other: int, values: Any) -> None:
        self.do(("backup",), ("write", one, values), ("visit", other), ("sync", one), ("sync", other), ("restored",))
        self.do(("write", other, values), ("sync", one))

    @rule(one=who, other=who, behind=st.booleans(), values=values)
    def quiet_for_long(self, one: int, other: int, behind: bool, values: Any) -> None:
        self.do(("snap",) if behind else ("backup",), ("visit", one), ("move_in", one), ("write", one, values))
        self.do(("sync", one), ("sync", other), ("backup",), ("sync", one), ("wait", 36), ("sync", one))
        if behind:
            self.do(("back",))

    @rule(one=who, values=values)
    def restore(self, one: int, values: Any) -> None:
        self.do(("restore", one), ("write", one, values))

    @rule(one=who, values=values, faults=few)
    def restored_behind(self, one: int, values: Any, faults: Any) -> None:
        self.do(("image", one), ("write", one, values), ("sync", one, faults), ("restore", one))
        self.do(("write", one, values), ("sync", one))

    @rule(one=who, values=values, faults=few, second=st.booleans())
    def clone(self, one: int, values: Any, faults: Any, second: bool) -> None:
        last = len(self.world.booths)
        self.do(("clone", one), ("write", one, values), ("write", last, values))
        self.do(("sync", one, faults, 1, (("sync", last),)) if second else ("sync", last, faults))

    @rule(one=who)
    def die(self, one: int) -> None:
        self.do(("sync", one), ("die", one))

    @rule(one=who, other=who)
    def die_before_all_was_sent(self, one: int, other: int) -> None:
        self.do(("write", one, (1, 1, 1)), ("visit", one), ("write", other, (1, 0, 0)), ("die", one))

    @rule(one=who, kind=st.sampled_from(("gate", "butler", "supervisor")), faults=few)
    def kind(self, one: int, kind: str, faults: Any) -> None:
        self.do(("kind", one, kind), ("sync", one, faults))

    @rule()
    def snap(self) -> None:
        self.do(("snap",))

    @rule(one=who, other=who, values=values, again=values)
    def hq_is_put_back(self, one: int, other: int, values: Any, again: Any) -> None:
        self.do(("snap",), ("write", one, values), ("sync", one), ("sync", other), ("back",))
        self.do(("write", other, again), ("write", one, again))

    @rule(one=who, other=who, at=st.integers(1, 3))
    def hq_is_put_back_meanwhile(self, one: int, other: int, at: int) -> None:
        self.do(("snap",), ("write", one, (1, 1, 1)), ("sync", one), ("sync", other), ("write", other, (1, 0, 0)))
        self.do(("write", one, (1, 0, 0)), ("sync", other, (), at, (("back",), ("sync", one))))

    @rule(one=who, other=who, values=values, taken=st.booleans())
    def hq_is_put_back_and_an_author_gone(self, one: int, other: int, values: Any, taken: bool) -> None:
        self.do(("sync", one), ("snap",), ("move_in", one), ("write", one, values), ("audit", one), ("sync", one))
        self.do(("sync", other), ("die", one), ("back",), ("sync", other), *([("take_in",)] if taken else []))

    @rule()
    def take_in(self) -> None:
        self.do(("take_in",))

    @rule()
    def back(self) -> None:
        self.do(("back",))

    def teardown(self) -> None:
        """Mend what can be mended, let everybody sync, and hold what came of it against the promises."""
        try:
            self.world.settle()
            check(self.world)
        finally:
            self.world.close()


def live_through(steps: Iterable[Step], server: str = "") -> None:
    """Let steps happen that are known, and hold what came of them against the promises."""
    world = World(server=server)
    try:
        for step in steps:
            world.do(step)
        world.settle()
        check(world)
    finally:
        world.close()


def lived(number: int, runs: int, *, shrink: bool = True, server: str = "") -> None:
    """Let `runs` estates live, those of seed `number`; raises what breaks first, told as short as possible.

    With a `server` (its DSN), HQ's rows are on PostgreSQL.
    """
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    run_state_machine_as_test(
        seed(number)(type("SeededEstate", (Estate,), {"server": server})),
        settings=settings(
            max_examples=runs,
            stateful_step_count=8,
            phases=phases,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
