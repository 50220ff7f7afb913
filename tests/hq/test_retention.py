"""Retention at HQ: by each estate's own days, in every table, also for what arrives later; the chain still verifies."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from butler_tui.domain.audit_chain import FIRST_LINK, next_link
from butler_tui.domain.changes import Change
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.retention import DAY_MS
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.erasing import DIGEST
from butler_tui.hq.replay import change_at
from butler_tui.hq.retention import Erased, sweep
from butler_tui.ids import id_text, parse_id, ruled_id
from tests.hq.authors import NOW, PASSED, Author, MakeAuthor, fresh
from tests.hq_rows import rows_at

MARK = "马可儿MARK"
SEALED = base64.b64encode(MARK.encode()).decode()
GUARD, GATE = fresh(), fresh()


@pytest.fixture
def booth(author: Author) -> Author:
    author.push(author.change("staff", record_id=GUARD, number="9001", name="许", role="supervisor"))
    return author


def came(author: Author, at_ms: int = NOW, *, left: bool = True, stay_ms: int = 0, **more: Any) -> list[Change]:
    """Return a whole visit as a booth writes it: with a companion, a number, a picture and what happened."""
    group, visit_id = fresh(), fresh()

    def one(table: str, **values: Any) -> Change:
        return author.change(table, group=group, hlc=Stamp(at_ms, 0), staff_id=GUARD, **values)

    def event(kind: str) -> Change:
        return one("visit_event", visit_id=visit_id, kind=kind, at_ms=at_ms, gate_id=GATE, note=MARK)

    facts: dict[str, Any] = {
        "registered_ms": at_ms, "gate_id": GATE, "name": MARK, "phone": MARK, "reason": "visiting", "companions": 1,
        "valet": 0, "expected_out_ms": at_ms + stay_ms, **PASSED, **more,
    }  # fmt: skip
    visit = one("visit", record_id=visit_id, **facts)
    number = {"visit_id": visit_id, "month_key_id": fresh(), "sealed": SEALED}
    picture = {"subject_table": "visit", "subject_id": visit_id, "sha256": base64.b64encode(bytes(32)).decode()}
    return [
        visit,
        one("companion", visit_id=visit_id, name=MARK),
        one("document_secret", **number),
        event("admitted"),
        *([event("out")] if left else []),
        one("attachment", bytes=9, media_type="image/png", taken_ms=at_ms, **picture),
    ]


def told(author: Author) -> set[str]:
    """Return the tables of records in which the marker stands, anywhere in HQ's rows of this estate."""
    found = set()
    for table, columns in (
        ("record_state", "state || coalesce(kept, '') || coalesce(shown, '')"),
        ("change_log", "body"),
    ):
        rows = rows_at(
            author.folder, f"SELECT tbl, {columns} AS text FROM {table} WHERE estate_id = ?", author.terminal.estate_id
        )
        found |= {row["tbl"] for row in rows if MARK in row["text"] or SEALED in row["text"]}
    return found


def verifies(author: Author) -> int:
    """Recompute the author's chain from HQ's log, and return how many changes it has."""
    log = author.engine.read(lambda rows: rows.log_after(author.terminal.estate_id, 0, 10_000))
    link, count = FIRST_LINK, 0
    for row in sorted((row for row in log if row.seq and row.epoch == author.epoch), key=lambda row: row.seq):
        body = json.loads(row.body)
        digest = base64.b64decode(body[DIGEST]) if DIGEST in body else change_at(row, body).digest()
        link = next_link(link, parse_id(row.cid), digest)
        assert link == bytes(row.link)
        count += 1
    return count


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path, bytes(32))


def swept(author: Author, blobs: Blobs, days: float) -> Erased:
    done = sweep(author.engine, blobs, author.terminal.estate_id, NOW + int(days * DAY_MS))
    author.engine.empty_log()
    return done


ALL = {"visit", "companion", "document_secret", "visit_event"}


def test_numbers_go_after_their_days_and_the_rest_after_its_own(booth: Author, blobs: Blobs) -> None:
    made = came(booth)
    answer = booth.push(*made)
    assert answer.quarantined == ()
    estate_id, picture = booth.terminal.estate_id, made[-1]
    blobs.of(estate_id).write(parse_id(picture.record_id), b"a picture")

    assert swept(booth, blobs, 29.9) == Erased()
    assert told(booth) == ALL
    assert swept(booth, blobs, 30.1) == Erased(numbers=1)
    assert told(booth) == ALL - {"document_secret"}
    assert blobs.of(estate_id).has(parse_id(picture.record_id))
    assert swept(booth, blobs, 179.9) == Erased()
    assert swept(booth, blobs, 180.1) == Erased(visits=1, numbers=1, pictures=1)
    assert told(booth) == set()
    assert not blobs.of(estate_id).has(parse_id(picture.record_id))
    assert "sha256" not in (booth.state(picture) or {})
    assert swept(booth, blobs, 999) == Erased()
    assert verifies(booth) == len(made) + 1
    left = booth.state(made[0]) or {}
    assert (left["reason"], left["registered_ms"]) == ("visiting", NOW)


def test_the_estates_own_days_count(booth: Author, blobs: Blobs) -> None:
    for key, days in (("retention_number_days", "2"), ("retention_visit_days", "5")):
        policy_id = id_text(ruled_id(parse_id(booth.terminal.estate_id), "policy", key))
        assert not booth.push(booth.change("policy", record_id=policy_id, key=key, value=days)).quarantined
    booth.push(*came(booth))
    assert swept(booth, blobs, 1.9) == Erased()
    assert swept(booth, blobs, 2.1) == Erased(numbers=1)
    assert swept(booth, blobs, 5.1).visits == 1
    assert told(booth) == set()


def test_who_never_left_is_kept_until_they_were_expected_to_have(booth: Author, blobs: Blobs) -> None:
    booth.push(*came(booth, left=False, stay_ms=100 * DAY_MS))
    assert swept(booth, blobs, 129) == Erased()
    assert swept(booth, blobs, 131) == Erased(numbers=1)
    assert swept(booth, blobs, 279).visits == 0
    assert swept(booth, blobs, 281).visits == 1


def test_a_clock_of_another_year_erases_nothing_too_early(booth: Author, blobs: Blobs) -> None:
    booth.push(booth.change("gate", record_id=GATE, name="东门岗"))
    booth.push(*came(booth, NOW - 3650 * DAY_MS))
    assert swept(booth, blobs, 29) == Erased()
    assert swept(booth, blobs, 31) == Erased(numbers=1)


def test_what_arrives_when_its_time_is_over_is_never_committed(author_of: MakeAuthor) -> None:
    late = author_of()
    staff = late.change("staff", record_id=GUARD, number="9001", name="许", role="supervisor", hlc=Stamp(NOW, 0))
    late.push(staff)
    made = came(late)
    hello = late.terminal._replace(seen_ms=NOW + 181 * DAY_MS, clock_ahead_ms=0)
    late.engine.write(lambda rows: rows.note_hello(hello)).result()

    answer = late.push(*made, now_ms=NOW + 181 * DAY_MS)

    assert answer.quarantined == ()
    assert told(late) == set()
    assert late.engine.read(lambda rows: rows.position(late.terminal.estate_id)).next_pos == len(made) + 2
    assert verifies(late) == len(made) + 1
    # What comes fresh with what is old stays.
    late.push(*came(late, NOW + 181 * DAY_MS), now_ms=NOW + 181 * DAY_MS)
    assert told(late) == ALL


def test_what_comes_later_to_a_visit_that_is_erased_goes_too(booth: Author, blobs: Blobs) -> None:
    made = came(booth)
    booth.push(*made)
    swept(booth, blobs, 181)
    more: dict[str, Any] = {
        "visit_id": made[0].record_id,
        "kind": "badge_back",
        "at_ms": NOW + 181 * DAY_MS,
        "gate_id": GATE,
    }
    booth.push(
        booth.change("visit_event", staff_id=GUARD, hlc=Stamp(NOW + 181 * DAY_MS, 0), note=MARK, **more),
        now_ms=NOW + 181 * DAY_MS,
    )
    assert told(booth) == {"visit_event"}
    swept(booth, blobs, 182)
    assert told(booth) == {"visit_event"}  # kept as long as any other, from when it was written
    swept(booth, blobs, 362)
    assert told(booth) == set()


def test_what_is_held_back_goes_too_and_its_chain_verifies(booth: Author, blobs: Blobs) -> None:
    hidden = booth.change("visit", record_id=fresh(), staff_id=GUARD, company=7, gate_id=GATE, registered_ms=NOW)
    hidden = replace(hidden, fields={**hidden.fields, "name": MARK})
    answer = booth.push(hidden)
    assert booth.reasons(answer) == ["malformed"]
    assert told(booth) == {"visit"}
    assert swept(booth, blobs, 179).held == 0
    assert swept(booth, blobs, 181).held == 1
    assert told(booth) == set()
    assert verifies(booth) == 2
    assert swept(booth, blobs, 999).held == 0


@pytest.mark.parametrize("years", [6, 1])
def test_a_clock_of_hq_that_fell_back_ages_nothing_that_a_new_terminal_brings_meanwhile(
    booth: Author, author_of: MakeAuthor, blobs: Blobs, years: int
) -> None:
    new = author_of(TerminalKind.GATE, booth.terminal.estate_id)
    made = came(new, NOW + DAY_MS)
    new.push(*made, now_ms=NOW - years * 365 * DAY_MS)
    ahead = new.change("visit_event", visit_id=made[0].record_id, kind="out", at_ms=NOW, gate_id=GATE, staff_id=GUARD)
    new.push(replace(ahead, hlc=Stamp(NOW + 3650 * DAY_MS, 0)), now_ms=NOW - years * 365 * DAY_MS)

    assert swept(booth, blobs, 2) == Erased()
    assert MARK in str(new.state(made[0]))
    log = booth.engine.read(lambda rows: rows.log_after(booth.terminal.estate_id, 0, 99))
    assert max(row.hlc_ms for row in log) < NOW + DAY_MS  # nor does a claim move its time on
