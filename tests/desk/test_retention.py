"""Retention on a terminal: what is over is in no file any more, what is not stays, and the chain still verifies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_tui.desk.corrections import correct
from butler_tui.desk.gate import Done, admit, check_out
from butler_tui.desk.retention import Swept, sweep
from butler_tui.desk.session import Session
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.policies import Reason
from butler_tui.ids import id_text, new_id
from butler_tui.paths import Home
from butler_tui.store import retention
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, create_store
from tests.conftest import ALL_PASSED, Clock, Estate
from tests.serving import Hq, sync

DAY_H = 24
NUMBER = "330000199001011239"
PERSONAL = (
    "钱多多",
    "13911112222",
    "qianduoduo",
    "孙同行",
    "回头再说",
    "高个子",
    "钱朵朵",
    "净源家电",
    "皖B9K88Q",
    "11112222",
)
MASKED = "330***********1239"


@pytest.fixture
def store(home: Home, now: Clock) -> Iterator[Store]:
    """Return a file in the clear: what it holds can be looked for byte by byte."""
    fresh = create_store(home, now(), plain=True)
    yield fresh
    fresh.close()


@pytest.fixture
def visit(estate: Estate, session: Session, now: Clock) -> Done:
    """Return a visit with everything personal that there is: number, companions, notes, a correction; it has ended."""
    check = ALL_PASSED.with_finding(Check.CHECK_BELONGINGS, Outcome.PASSED, "回头再说")
    agent = estate.registration(
        name="钱朵朵", phone="13911112222", reason=Reason.ESTATE_AGENT, document_number=NUMBER, plate="皖B9K88Q",
        companion_names=("孙同行",), looks="高个子", check=check,
    )  # fmt: skip
    done = admit(estate.store, session, agent, estate.policies, now())
    corrected = {"name": "钱多多"}
    correct(estate.store, session, done.visit_id, corrected, CorrectionReason.TYPING_ERROR, "", estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(minutes=30))
    return done


def time_passes(estate: Estate, session: Session, now: Clock, days: int) -> None:
    """Let a visitor come and go each day, as at any gate."""
    for _day in range(days):
        done = admit(estate.store, session, estate.registration(), estate.policies, now.advance(hours=DAY_H - 1))
        check_out(estate.store, session, done.visit_id, now.advance(hours=1))


def swept(estate: Estate, *, dry_run: bool = False) -> Swept:
    return sweep(estate.store, estate.policies, dry_run=dry_run, pause_s=0)


def found(estate: Estate, texts: tuple[str, ...]) -> set[str]:
    """Return which of the texts stand in any file of this terminal, in whatever part of it."""
    files = [one.read_bytes() for one in estate.store.home.database.parent.rglob("*") if one.is_file()]
    return {text for text in texts if any(text.encode() in content for content in files)}


def sealed(estate: Estate) -> bytes:
    return bytes(estate.store.connection.execute("SELECT sealed FROM document_secret").fetchone()[0])


def test_the_number_goes_after_30_days_and_who_came_stays_with_its_masked_form(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    cipher = sealed(estate)
    time_passes(estate, session, now, 29)
    assert swept(estate).numbers == 0
    time_passes(estate, session, now, 2)

    assert swept(estate, dry_run=True).numbers == 1
    assert swept(estate).numbers == 1

    row = estate.store.connection.execute("SELECT * FROM visit WHERE visit_id = ?", (visit.visit_id,)).fetchone()
    secret = estate.store.connection.execute("SELECT sealed, number_key FROM document_secret").fetchone()
    assert (row["document_masked"], row["name"], row["phone"]) == (MASKED, "钱多多", "13911112222")
    told = "SELECT personal FROM journal WHERE record_id = ?"
    assert MASKED in estate.store.connection.execute(told, (visit.visit_id,)).fetchone()[0]
    assert tuple(secret) == (b"", None)
    content = b"".join(one.read_bytes() for one in estate.store.home.database.parent.rglob("*") if one.is_file())
    assert cipher not in content
    assert swept(estate).anything is False
    assert verify_chain(estate.store.connection) > 60


def test_after_180_days_who_came_is_in_no_file_and_the_chain_verifies(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    retention.empty_log(estate.store.connection)
    assert found(estate, (*PERSONAL, MASKED)) == {*PERSONAL, MASKED}
    before = verify_chain(estate.store.connection)
    time_passes(estate, session, now, 181)

    done = swept(estate)

    assert (done.visits, done.log_emptied) == (1, True)
    assert found(estate, (*PERSONAL, MASKED)) == {"净源家电"}, "the company of later visits"
    row = estate.store.connection.execute("SELECT * FROM visit WHERE visit_id = ?", (visit.visit_id,)).fetchone()
    assert (row["name"], row["plate"], row["room_code"], row["original"], row["check_notes"]) == (None,) * 5
    assert (row["state"], row["reason"], row["badge"], row["registered_ms"]) == (
        "left", "estate_agent", "A017", visit.at_ms,
    )  # fmt: skip
    assert verify_chain(estate.store.connection) == before + 3 * 181  # visit, in, out
    assert swept(estate).anything is False


def test_who_was_never_checked_out_counts_from_when_they_were_expected_to_leave(
    estate: Estate, session: Session, now: Clock
) -> None:
    agent = estate.registration(name="钱多多", reason=Reason.ESTATE_AGENT, document_number=NUMBER, badge="A001")
    done = admit(estate.store, session, agent, estate.policies, now())
    stays = {"expected_out_ms": now() + 20 * 86_400_000}
    longer = CorrectionReason.LONGER_STAY
    correct(estate.store, session, done.visit_id, stays, longer, "", estate.policies, now())

    time_passes(estate, session, now, 49)
    assert (swept(estate).numbers, len(sealed(estate)) > 0) == (0, True)
    time_passes(estate, session, now, 2)
    assert (swept(estate).numbers, sealed(estate)) == (1, b"")
    time_passes(estate, session, now, 148)
    swept(estate)
    assert [row[0] for row in visit_names(estate, "inside")] == ["钱多多"]
    time_passes(estate, session, now, 2)
    swept(estate)
    assert [row[0] for row in visit_names(estate, "inside")] == [None]
    estate.store.refresh_keys()
    assert estate.store.keys.months == {}


def visit_names(estate: Estate, state: str) -> list[tuple[str | None]]:
    return estate.store.connection.execute("SELECT name FROM visit WHERE state = ?", (state,)).fetchall()


def test_a_months_key_goes_30_days_after_its_last_day(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    assert len(estate.store.keys.months) == 1  # 2026-11, from the 13th
    time_passes(estate, session, now, 40)
    assert swept(estate).months == ()
    time_passes(estate, session, now, 9)
    assert swept(estate, dry_run=True).months == ("2026-11",)
    assert swept(estate).months == ("2026-11",)
    estate.store.refresh_keys()
    assert estate.store.keys.months == {}
    assert swept(estate).months == ()


def test_a_clock_that_jumps_ahead_erases_nothing(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    time_passes(estate, session, now, 3)
    now.advance(hours=DAY_H * 3650)
    time_passes(estate, session, now, 2)
    assert swept(estate).anything is False
    retention_row = "UPDATE sync_state SET last_sync_ms = ?, last_try_ms = ?, clock_offset_ms = 0"
    estate.store.connection.execute(retention_row, (now(), now()))
    assert swept(estate).visits == 4, "once HQ has said so, they are long over"


def test_an_hq_that_is_years_ahead_erases_nothing(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    told = "UPDATE sync_state SET last_sync_ms = ?1, last_try_ms = ?1, clock_offset_ms = ?2"
    estate.store.connection.execute(told, (now(), 3650 * DAY_H * 3_600_000))
    time_passes(estate, session, now, 2)
    assert swept(estate).anything is False


def test_a_clock_whose_battery_died_erases_nothing_of_that_night(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    time_passes(estate, session, now, 1)
    right = now()
    now.ms = 946_684_800_000  # 2000-01-01
    tonight = admit(estate.store, session, estate.registration(name="今夜", badge=""), estate.policies, now())
    check_out(estate.store, session, tonight.visit_id, now.advance(minutes=30))
    told = "UPDATE sync_state SET last_sync_ms = ?1, last_try_ms = ?1, clock_offset_ms = ?2"
    estate.store.connection.execute(told, (now(), right + 8 * 3_600_000 - now()))

    assert swept(estate).anything is False

    names = [row[0] for row in estate.store.connection.execute("SELECT name FROM visit ORDER BY name")]
    assert names == ["今夜", "李文博", "钱多多"]


def test_after_such_a_night_all_goes_in_its_time_without_hq(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    right = now()
    now.ms = 946_684_800_000  # 2000-01-01
    tonight = admit(estate.store, session, estate.registration(name="今夜", badge=""), estate.policies, now())
    check_out(estate.store, session, tonight.visit_id, now.advance(minutes=30))
    now.ms = right
    time_passes(estate, session, now, 176)
    assert swept(estate).visits == 0
    time_passes(estate, session, now, 6)
    assert swept(estate).visits >= 2
    names = {row[0] for row in estate.store.connection.execute("SELECT DISTINCT name FROM visit")}
    assert not names & {"今夜", "钱多多"}


def test_an_old_draft_goes_and_a_fresh_one_stays(estate: Estate, session: Session, now: Clock) -> None:
    time_passes(estate, session, now, 9)
    for age in (8, 6):
        estate.store.connection.execute(
            "INSERT INTO draft (draft_id, staff_id, desk, body, changed_ms) VALUES (?, ?, 'gate', '{}', ?)",
            (new_id(now()), session.staff.staff_id, now() - age * 86_400_000),
        )
    assert (swept(estate, dry_run=True).drafts, swept(estate).drafts, swept(estate).drafts) == (1, 1, 0)
    assert estate.store.connection.execute("SELECT count(*) FROM draft").fetchone()[0] == 1


def test_a_sweep_that_was_cut_off_is_finished_the_next_time(
    estate: Estate, session: Session, now: Clock, visit: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_passes(estate, session, now, 181)

    def cut(_store: Store, _erasures: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("butler_tui.desk.retention.erase_rows", cut)
        with pytest.raises(KeyboardInterrupt):
            swept(estate)
    assert swept(estate).visits == 1
    assert found(estate, ("钱多多", "13911112222", "孙同行")) == set()


def test_what_never_reached_hq_is_counted_there_without_who_it_was(
    hq: Hq, estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    time_passes(estate, session, now, 181)
    assert swept(estate).visits == 1
    hq.enrol(estate.store)
    report = sync(estate.store)
    assert (report.quarantined, report.waiting) == (0, 0)
    told = hq.query("SELECT name, phone, plate, reason, state FROM v_visit WHERE visit_id = ?", id_text(visit.visit_id))
    assert told == [(None, None, None, "estate_agent", "left")]
