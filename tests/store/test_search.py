"""One box for everything: who and what is found, in which order, and what a list may show."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from butler_tui.desk.gate import Done, admit, check_out, turn_away, undo
from butler_tui.desk.session import Session
from butler_tui.desk.set_up import NewHouse, NewResident, add_house
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.ids import new_id
from butler_tui.store.found import FoundHome, Hit, HitKind
from butler_tui.store.journal import record
from butler_tui.store.search import look, search
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.hostile import spread

Admit = Callable[..., Done]
NUMBER = "330102199003070016"


@pytest.fixture
def let_in(estate: Estate, session: Session, now: Clock) -> Admit:
    def let_in(**changes: object) -> Done:
        now.advance(minutes=1)
        return admit(estate.store, session, estate.registration(**{"badge": "", **changes}), estate.policies, now())

    return let_in


def told(hits: list[Hit]) -> list[tuple[str, str]]:
    """Return what each hit is and who or what it names."""
    return [(hit.kind.name, hit.visit.name if hit.visit else _named(hit.home)) for hit in hits]


def _named(home: FoundHome | None) -> str:
    assert home is not None
    return home.plate or home.name or home.room_code


def add_car(estate: Estate, plate: str, now_ms: int) -> None:
    row = estate.store.connection.execute("SELECT household_id FROM household").fetchone()
    values = {"household_id": row[0], "plate": plate, "note": "白色 SUV"}
    record(estate.store, [Written("vehicle", new_id(now_ms), values)], staff_id=None, now_ms=now_ms)


@pytest.mark.parametrize(
    "typed",
    ["李文博", "lwb", "LWB", "liwenbo", "li wen bo", "ｌｗｂ", "liw", "李", "浙A8K32F", "a8k32f", "8k32f", "浙a·8K3",
     "Ａ８Ｋ３", "13900001234", "139 0000 1234", "1234", "１２３４", "+86 139-0000-1234", "1390000", "A017", "a017"],
)  # fmt: skip
def test_a_visitor_inside_is_found_by_all_that_a_guard_may_type(estate: Estate, let_in: Admit, typed: str) -> None:
    let_in(name="李文博", plate="浙A8K32F", phone="13900001234", badge="A017")

    assert ("INSIDE", "李文博") in told(search(estate.store, typed))


@pytest.mark.parametrize(
    "typed", ["", "  ", "lwc", "浙B8", "13900009999", "9999", "A018", "3-2-1802", "%", "*", "'", "·"]
)
def test_what_fits_nothing_finds_nothing(estate: Estate, let_in: Admit, typed: str) -> None:
    let_in(name="李文博", plate="浙A8K32F", phone="13900001234", badge="A017")

    assert search(estate.store, typed) == []


@pytest.mark.parametrize("typed", ["sx", "dx", "cx", "shanxiao", "danx", "chan"])
def test_a_name_of_several_readings_is_found_by_each(estate: Estate, let_in: Admit, typed: str) -> None:
    let_in(name="单晓")

    assert told(search(estate.store, typed)) == [("INSIDE", "单晓")]


@pytest.mark.parametrize("typed", ["浙A8O32I", "浙A80321", "a8o32i", "8032I"])
def test_o_and_i_on_a_plate_are_zero_and_one(estate: Estate, let_in: Admit, typed: str) -> None:
    let_in(name="孙浩", plate="浙A80321")

    assert told(search(estate.store, typed)) == [("INSIDE", "孙浩")]


@pytest.mark.parametrize(
    "typed", ["3-2-1801", "3 2 1801", "321801", "３－２－１８０１", "3栋2单元1801室", "3-2-18", "32180"]
)
def test_a_room_is_found_however_it_is_typed(estate: Estate, typed: str) -> None:
    assert told(search(estate.store, typed)) == [("HOME", "3-2-1801")]


def test_a_villa_is_found_in_small_letters(estate: Estate) -> None:
    assert told(search(estate.store, "v17")) == [("HOME", "V17")]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("chenzhai", "HOME"), ("陈宅", "HOME"), ("cgd", "RESIDENT"), ("陈国栋", "RESIDENT"), ("0002", "RESIDENT"),
     ("13800000001", "RESIDENT"), ("crx", "RESIDENT"), ("浙B12345", "VEHICLE"), ("b123", "VEHICLE")],
)  # fmt: skip
def test_a_home_is_found_by_its_people_phones_and_plates(estate: Estate, now: Clock, typed: str, expected: str) -> None:
    add_car(estate, "浙B12345", now())

    (hit,) = search(estate.store, typed)
    assert hit.kind.name == expected
    assert hit.home is not None
    assert (hit.home.room_code, hit.home.household) == ("3-2-1801", "陈宅")


def test_exact_comes_before_a_beginning_inside_before_past_and_newest_first(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    for name, phone, leaves in (
        ("张伟", "13900000001", True),
        ("张伟国", "13900000002", False),
        ("张伟", "13900000003", False),
        ("张伟", "13900000004", True),
        ("张伟明", "13900000005", True),
    ):
        done = let_in(name=name, phone=phone)
        if leaves:
            check_out(estate.store, session, done.visit_id, now())

    found = [(hit.kind.name, hit.visit.name, hit.visit.phone[-1]) for hit in search(estate.store, "张伟") if hit.visit]
    assert found == [
        ("INSIDE", "张伟", "3"), ("PAST", "张伟", "4"), ("PAST", "张伟", "1"), ("INSIDE", "张伟国", "2"),
        ("PAST", "张伟明", "5"),
    ]  # fmt: skip


def test_a_person_is_one_hit_with_their_newest_visit(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    for _time in range(4):
        last = let_in(name="李文博")
        check_out(estate.store, session, last.visit_id, now.advance(minutes=5))

    (hit,) = search(estate.store, "lwb")
    assert hit.visit is not None
    assert (hit.kind, hit.visit.visit_id) == (HitKind.PAST, last.visit_id)


def test_two_people_of_one_name_are_two_hits(estate: Estate, let_in: Admit) -> None:
    let_in(name="王芳", phone="13900000001")
    let_in(name="王芳", phone="13900000002")

    assert told(search(estate.store, "wf")) == [("INSIDE", "王芳"), ("INSIDE", "王芳")]


def test_two_people_of_one_name_and_no_phone_are_both_inside(estate: Estate, let_in: Admit) -> None:
    let_in(name="张伟", phone="", plate="浙A12345")
    let_in(name="张伟", phone="", plate="浙A54321")
    let_in(name="张伟", phone="", plate="")
    let_in(name="张伟", phone="", plate="")

    assert told(search(estate.store, "张伟")) == [("INSIDE", "张伟")] * 4


def test_who_is_inside_is_shown_though_turned_away_at_a_second_try(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    let_in(name="李文博", phone="13900001234")
    again = estate.registration(name="李文博", phone="13900001234", badge="")
    now.advance(hours=20)
    turn_away(estate.store, session, again, estate.policies, now(), reason=TurnAwayReason.LOITERING)

    assert told(search(estate.store, "lwb")) == [("INSIDE", "李文博"), ("PAST", "李文博")]


def test_who_was_turned_away_is_found_and_who_was_undone_is_not(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    away = estate.registration(badge="", name="赵六")
    turn_away(estate.store, session, away, estate.policies, now(), reason=TurnAwayReason.LOITERING)
    slip = let_in(name="钱七")
    undo(estate.store, session, slip, estate.policies, now())

    assert [hit.visit.state for hit in search(estate.store, "赵六") if hit.visit] == ["turned_away"]
    assert search(estate.store, "钱七") == []


def test_a_badge_that_is_out_finds_its_wearer_and_one_that_came_back_nobody(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    done = let_in(badge="A017", name="李文博")
    wearer = told(search(estate.store, "A017"))
    check_out(estate.store, session, done.visit_id, now.advance(minutes=5))

    assert (wearer, search(estate.store, "A017")) == ([("INSIDE", "李文博")], [])


def test_a_badge_that_was_not_given_back_is_found(estate: Estate, session: Session, let_in: Admit, now: Clock) -> None:
    done = let_in(badge="A017", name="李文博")
    events = [
        Written("visit_event", new_id(now()), {"visit_id": done.visit_id, "kind": kind, "at_ms": now(),
                "gate_id": session.gate_id, "staff_id": session.staff.staff_id})
        for kind in ("out", "badge_missing")
    ]  # fmt: skip
    record(estate.store, events, staff_id=None, now_ms=now())

    assert told(search(estate.store, "a017")) == [("BADGE", "李文博")]


def test_a_document_is_found_whole_only_and_shown_masked(estate: Estate, let_in: Admit) -> None:
    let_in(name="李文博", reason=Reason.ESTATE_AGENT, document_number=NUMBER)

    (hit,) = search(estate.store, "３３０１０２１９９００３０７００１６")
    assert hit.visit is not None
    assert (hit.visit.name, hit.visit.document) == ("李文博", "330***********0016")
    assert search(estate.store, NUMBER[:17]) == []
    assert search(estate.store, NUMBER[-4:]) == []


def test_no_hit_shows_a_whole_phone_or_number_or_the_name_of_who_lives_there(estate: Estate, let_in: Admit) -> None:
    let_in(name="李文博", phone="13900001234", reason=Reason.ESTATE_AGENT, document_number=NUMBER)

    shown = repr(
        [search(estate.store, typed) for typed in ("lwb", NUMBER, "1234", "13900001234", "0001", "13800000001")]
    )
    assert "139****1234" in shown
    for secret in ("13900001234", NUMBER, "13800000001"):
        assert secret not in shown


def test_pages_follow_each_other_without_a_gap_or_a_repeat(estate: Estate, let_in: Admit) -> None:
    for number in range(20):
        let_in(name=f"王{chr(0x4E00 + number)}", phone=f"139000010{number:02d}")

    found: list[Hit] = []
    while page := search(estate.store, "王", 6, found[-1].key if found else None):
        assert len(page) <= 6
        found += page
    assert len({hit.key for hit in found}) == len(found) == 20


def test_too_short_a_beginning_says_that_there_is_more(estate: Estate, let_in: Admit) -> None:
    for number in range(60):
        let_in(name=f"王{chr(0x4E00 + number)}", phone=f"1390000{number:04d}")

    looked = look(estate.store, "w")
    assert looked.more
    newest = looked.hits[0].visit
    assert newest is not None
    assert newest.name == f"王{chr(0x4E00 + 59)}"
    assert not look(estate.store, f"王{chr(0x4E00 + 7)}").more


def test_names_typed_as_rooms_that_are_no_house_find_their_visits(estate: Estate, let_in: Admit) -> None:
    let_in(name="李文博", room_code="会所1", house_id=None, household_id=None, reason=Reason.OFFICIAL)
    let_in(name="周工", room_code="9-9-999", house_id=None, household_id=None, reason=Reason.OFFICIAL)

    assert told(search(estate.store, "9-9-999")) == [("INSIDE", "周工")]


def test_many_people_of_one_home_are_each_found(estate: Estate, now: Clock) -> None:
    people = tuple(NewResident(name, Sex.MALE, "family") for name in ("吴一", "吴二", "吴三"))
    add_house(estate.store, NewHouse("5-1-101", "5", "1", "", "吴宅", "", people), now())

    assert [kind for kind, _name in told(search(estate.store, "吴"))] == ["HOME", "RESIDENT", "RESIDENT", "RESIDENT"]


@pytest.mark.parametrize("typed", spread(40))
def test_nothing_typed_brings_the_search_down(estate: Estate, let_in: Admit, typed: str) -> None:
    let_in(name="李文博")

    look(estate.store, typed)
