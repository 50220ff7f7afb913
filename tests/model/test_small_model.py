"""The rules of PROTOCOL hold in a small model of them, and the model notices each rule that is broken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from tests.model.rules import BROKEN, Rules
from tests.model.small_promises import check
from tests.model.small_world import Broken, Step, World

who = st.integers(0, 3)
value = st.integers(0, 2)
values = st.one_of(st.tuples(value, value, value), st.tuples(st.integers(1, 2), st.just(0), st.just(0)))
home = st.sampled_from((0, 0, 0, 1, 2))
written = st.tuples(st.just("write"), who, home, values)
plain_sync = st.tuples(st.just("sync"), who, st.just(()))
back = st.tuples(st.just("back"), st.booleans())
meanwhile = st.lists(st.one_of(plain_sync, written, back), max_size=4).map(tuple)
faults = st.lists(st.sampled_from((0, 0, 0, 1, 2, 3)), max_size=8).map(tuple)
cut_sync = st.tuples(st.just("sync"), who, faults, st.integers(0, 6), meanwhile)
clock = st.tuples(st.just("clock"), who, st.integers(0, 4))
any_sync = st.one_of(plain_sync, plain_sync, cut_sync)


def in_turn(*parts: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    """Draw steps that lead somewhere, one after the other."""
    return st.tuples(*parts).map(list)


def of(name: str, terminal: int, *rest: object) -> st.SearchStrategy[Step]:
    """Return a step that says who."""
    return st.just((name, terminal, *rest))


snap = st.just(("snap",))
race = in_turn(written, written, any_sync, any_sync)
chosen = st.tuples(st.just("choose"), who, st.integers(1, 2))
stories = st.one_of(
    in_turn(written),
    in_turn(any_sync),
    in_turn(any_sync),
    race,
    in_turn(clock, written, any_sync, clock, written, any_sync),
    in_turn(of("write", 0, 0, (1, 1, 1)), of("write", 1, 0, (2, 2, 2)), any_sync, any_sync, any_sync, chosen, any_sync),
    in_turn(chosen, any_sync),
    in_turn(of("visit", 0, 0), any_sync),
    in_turn(st.tuples(st.just("visit"), who, st.integers(0, 1))),
    in_turn(st.tuples(st.just("poison"), who, st.integers(0, 1)), any_sync),
    in_turn(snap, written, any_sync, any_sync, written, back, written, any_sync, any_sync),
    in_turn(snap),
    in_turn(written, back, any_sync, any_sync),
    in_turn(of("backup", 0), written, any_sync, of("restore", 0), of("write", 0, 0, (2, 0, 1)), any_sync),
    in_turn(of("clone", 0), of("write", 0, 0, (1, 0, 2)), of("write", 3, 0, (2, 0, 1)), any_sync, cut_sync),
    in_turn(
        of("clone", 1),
        of("write", 1, 0, (1, 0, 2)),
        of("write", 3, 0, (2, 0, 1)),
        of("sync", 1, (), 1, (("sync", 3, ()),)),
    ),
    in_turn(of("scope", 0, "gate"), of("sync", 0, ()), written, any_sync, of("scope", 0, "all"), cut_sync),
    in_turn(
        of("scope", 0, "gate"),
        of("sync", 0, ()),
        of("write", 1, 0, (0, 2, 0)),
        of("sync", 1, ()),
        of("sync", 0, ()),
        of("scope", 0, "all"),
        of("sync", 0, (0, 1)),
        of("write", 0, 0, (0, 1, 0)),
        any_sync,
    ),
    in_turn(
        of("write", 1, 1, (1, 0, 0)),
        of("sync", 1, ()),
        of("scope", 0, "gate"),
        of("sync", 0, ()),
        of("scope", 0, "all"),
        st.tuples(
            st.just("sync"),
            st.just(0),
            st.just(()),
            st.just(2),
            st.just(
                (
                    ("write", 1, 1, (1, 0, 0)),
                    ("sync", 1, ()),
                    ("sync", 2, ()),
                    ("write", 2, 1, (2, 0, 0)),
                    ("sync", 2, ()),
                )
            ),
        ),
    ),
    in_turn(
        snap,
        of("write", 2, 0, (2, 0, 0)),
        of("sync", 2, ()),
        of("sync", 0, ()),
        of("write", 1, 0, (1, 0, 0)),
        of("write", 0, 0, (2, 0, 0)),
        st.tuples(st.just("sync"), st.just(0), st.just(()), st.just(1), st.tuples(back, of("sync", 1, ()))),
    ),
    in_turn(snap, of("write", 2, 0, (2, 0, 0)), of("sync", 2, ()), of("sync", 0, ()), of("die", 2), back),
    in_turn(
        snap,
        of("write", 0, 0, (2, 0, 0)),
        of("clone", 0),
        of("write", 0, 0, (1, 0, 0)),
        of("write", 3, 0, (0, 0, 2)),
        any_sync,
        cut_sync,
        cut_sync,
        back,
    ),
    # A value within the ten minutes ahead is pulled, then the reader's clock begins again below it.
    in_turn(
        of("clock", 1, 2),
        of("write", 1, 0, (1, 0, 0)),
        of("sync", 1, ()),
        of("sync", 0, ()),
        of("clock", 0, 4),
        of("write", 0, 1, (1, 0, 0)),
        of("sync", 0, ()),
        of("clock", 0, 0),
        of("write", 0, 0, (1, 0, 0)),
        any_sync,
    ),
    in_turn(
        of("clock", 0, 4),
        of("write", 0, 0, (1, 0, 0)),
        of("sync", 0, (0, 1)),
        of("clock", 0, 1),
        of("write", 0, 0, (2, 0, 0)),
        any_sync,
    ),
    # The second value is lifted above the first by the epoch's head; the third comes under another epoch.
    in_turn(
        of("clock", 0, 4),
        of("write", 0, 1, (1, 0, 0)),
        of("sync", 0, (0, 1)),
        of("clock", 0, 1),
        of("write", 0, 0, (1, 0, 0)),
        of("sync", 0, (0, 0, 1)),
        of("clone", 0),
        of("write", 3, 1, (1, 0, 0)),
        of("sync", 3, ()),
        of("write", 0, 0, (1, 0, 0)),
        any_sync,
    ),
    in_turn(st.tuples(st.just("scope"), who, st.sampled_from(("gate", "all")))),
    in_turn(st.tuples(st.sampled_from(("backup", "restore", "die")), who)),
)
steps = st.lists(stories, max_size=7).map(lambda told: [step for story in told for step in story])


def live(rules: Rules, drawn: list[Step]) -> None:
    """Live through the steps, then hold what came of it against the invariants."""
    world = World(rules)
    for step in drawn:
        world.do(step)
    world.settle()
    check(world)


@settings(max_examples=400, derandomize=True)
@given(steps)
def test_the_rules_keep_their_promises(drawn: list[Step]) -> None:
    live(Rules(), drawn)


@pytest.mark.soak
def test_the_rules_keep_their_promises_in_many_runs() -> None:
    assert first_failure(Rules(), 20_000) is None


def first_failure(rules: Rules, runs: int) -> str | None:
    """Return what breaks within so many runs, None where nothing does."""

    @settings(
        max_examples=runs,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(steps)
    def run(drawn: list[Step]) -> None:
        live(rules, drawn)

    try:
        run()
    except (Broken, Flaky, KeyError) as broken:
        return str(broken)
    return None


@pytest.mark.soak
@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_noticed(rule: str) -> None:
    assert first_failure(replace(Rules(), **{rule: False}), 3000) is not None


@pytest.mark.parametrize("rule", ["by_epoch", "cursor_in_each_request", "once_by_cid", "own_come_back", "seen_capped"])
def test_some_broken_rules_are_noticed_at_once(rule: str) -> None:
    assert first_failure(replace(Rules(), **{rule: False}), 500) is not None
