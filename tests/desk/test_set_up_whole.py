"""Setting up a whole estate: in few groups, refused in words, and going on after a cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from butler_tui.desk import set_up_whole
from butler_tui.desk.set_up_file import Stage, stage
from butler_tui.desk.set_up_houses import read_houses, told
from butler_tui.desk.set_up_whole import NewEstate, go_on, set_up
from butler_tui.desk.shifts import sign_in
from butler_tui.domain.changes import MOST_CHANGES
from butler_tui.domain.rights import Role
from butler_tui.errors import RuleBroken
from butler_tui.store import estates, households
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store
from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

NEW = NewEstate(
    "云栖玫瑰园", "Asia/Shanghai", ("东门岗", "西门岗"), "9001", "许文静", "1-20 栋 × 2 单元 × 18 层 × 2 户"
)
PIN = "902715"


def quiet(_done: int, _total: int) -> None:
    """Take the progress, and say nothing."""


def rows(store: Store, table: str) -> int:
    return int(store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_estate_gates_supervisor_and_houses_are_there_and_the_supervisor_signs_in(store: Store, now: Clock) -> None:
    set_up(store, NEW, PIN, now(), quiet)

    estate, gate = estates.estate(store.connection), estates.gate_of_terminal(store.connection)
    assert estate is not None
    assert gate is not None
    assert (estate.name, gate.name) == ("云栖玫瑰园", "东门岗")
    assert sign_in(store, "9001", PIN, now()).role is Role.SUPERVISOR
    assert rows(store, "house") == 1440
    assert households.at_room(store.connection, "20-2-1802") is not None
    assert stage(store) is Stage.READY
    verify_chain(store.connection)


def test_it_takes_as_few_groups_as_the_protocol_allows(store: Store, now: Clock) -> None:
    set_up(store, NEW, PIN, now(), quiet)

    sizes = [row[0] for row in store.connection.execute("SELECT count(*) FROM journal GROUP BY group_id")]
    assert max(sizes) <= MOST_CHANGES
    assert len(sizes) == -(-sum(sizes) // MOST_CHANGES) == 8


def test_progress_counts_up_to_every_house(store: Store, now: Clock) -> None:
    told_of: list[tuple[int, int]] = []
    set_up(store, NEW, PIN, now(), lambda done, total: told_of.append((done, total)))

    assert told_of == sorted(told_of)
    assert told_of[-1] == (1440, 1440)
    assert len(told_of) == 8


def test_an_estate_may_begin_without_houses(store: Store, now: Clock) -> None:
    set_up(store, replace(NEW, houses=" "), PIN, now(), quiet)

    assert rows(store, "house") == 0
    assert stage(store) is Stage.READY


class PowerCut(BaseException):
    """The machine stops here."""


@pytest.mark.parametrize("groups", [1, 2, 7])
def test_a_set_up_cut_off_after_any_group_goes_on_and_writes_every_house_once(
    store: Store, now: Clock, monkeypatch: pytest.MonkeyPatch, groups: int
) -> None:
    written = 0

    def cut(*arguments: object, **details: object) -> bytes:
        nonlocal written
        if written == groups:
            raise PowerCut
        written += 1
        return record(*arguments, **details)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(set_up_whole, "record", cut)
        with pytest.raises(PowerCut):
            set_up(store, NEW, PIN, now(), quiet)
    assert stage(store) is Stage.UNFINISHED
    assert sign_in(store, "9001", PIN, now()).name == "许文静"
    assert 0 < rows(store, "house") < 1440

    go_on(store, now.advance(minutes=5), quiet)

    assert stage(store) is Stage.READY
    codes = [row[0] for row in store.connection.execute("SELECT room_code FROM house")]
    assert len(codes) == len(set(codes)) == 1440
    go_on(store, now(), quiet)
    assert rows(store, "house") == 1440


def test_a_cut_inside_the_first_group_leaves_nothing_of_the_estate(
    store: Store, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_plan: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr("butler_tui.store.set_up_plan.keep", cut)
        with pytest.raises(PowerCut):
            set_up(store, NEW, PIN, now(), quiet)

    assert stage(store) is Stage.NO_ESTATE
    assert [rows(store, table) for table in ("estate", "gate", "staff", "staff_pin", "house", "journal")] == [0] * 6
    set_up(store, NEW, PIN, now(), quiet)
    assert stage(store) is Stage.READY


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "The name is missing"),
        ({"name": "园" * 61}, "longer than 60"),
        ({"time_zone": "Asia/Nowhere"}, "no time zone"),
        ({"gates": ()}, "at least one gate"),
        ({"gates": ("", " ")}, "at least one gate"),
        ({"gates": ("东门岗", " 东门岗")}, "东门岗 is named twice"),
        ({"gates": [f"门{number}" for number in range(41)]}, "at most 40 gates"),
        ({"number": ""}, "A staff number has"),
        ({"number": "90 01"}, "A staff number has"),
        ({"supervisor": ""}, "The name is missing"),
        ({"houses": "1-20 栋"}, "does not say how many floors. Example: 1-20 buildings x 2 units"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    store: Store, now: Clock, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(RuleBroken, match=sentence):
        set_up(store, replace(NEW, **changes), PIN, now(), quiet)  # type: ignore[arg-type]
    assert rows(store, "journal") == 0
    assert stage(store) is Stage.NO_ESTATE


@pytest.mark.parametrize("pin", ["123456", "111111", "12345", "900100"])
def test_a_weak_pin_is_refused(store: Store, now: Clock, pin: str) -> None:
    with pytest.raises(RuleBroken):
        set_up(store, replace(NEW, number="900100"), pin, now(), quiet)
    assert rows(store, "journal") == 0


def test_a_computer_is_set_up_once(estate: Estate, now: Clock) -> None:
    with pytest.raises(RuleBroken, match="already has an estate"):
        set_up(estate.store, NEW, PIN, now(), quiet)
    assert rows(estate.store, "gate") == 2


def test_what_is_told_of_houses_is_their_number_and_the_first_and_last() -> None:
    assert told(read_houses(NEW.houses)) == "1440 homes: 1-1-101 ... 20-2-1802"


def test_the_most_houses_there_may_be_are_written(store: Store, now: Clock) -> None:
    set_up(store, replace(NEW, houses="1-500 栋 × 5 层 × 2 户"), PIN, now(), quiet)
    assert rows(store, "house") == 5000
