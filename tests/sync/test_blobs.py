"""A picture goes from a file to HQ and to another terminal: whole, once, and nowhere in the clear."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from butler_tui.blob_folder import CHUNK, BlobFolder
from butler_tui.desk.attachments import attach
from butler_tui.domain.changes import Value
from butler_tui.domain.pictures import cleaned
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import RuleBroken, TryLater
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.keys import read_hq_keys
from butler_tui.ids import id_text, new_id, ruled_id
from butler_tui.store import blobs, estates, journal, sync_state
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.sync.talk import Tally
from tests.conftest import Clock, Estate
from tests.pictures import JPEG, png
from tests.serving import Hq, Proxy, proxied, real_ms, sync
from tests.sync.booths import Booth
from tests.sync.pictured import Line, a_house, add, at_hq, estate_id_of, second_terminal, tell

BIG = png(4 * CHUNK - 9000)
_ONE_MORE = CHUNK + CHUNK // 8 + 16_384
"""Bytes that a break may cost: one chunk as it travels, and a connection with its hello."""


@pytest.fixture
def other(hq: Hq, enrolled: Estate, tmp_path: Path) -> Iterator[Store]:
    """Another terminal of the estate, once HQ has what this one has."""
    sync(enrolled.store)
    store = second_terminal(hq, tmp_path / "other", estate_id_of(enrolled.store))
    yield store
    store.close()


def test_a_picture_arrives_at_hq_and_at_another_terminal_as_it_was_cleaned(
    hq: Hq, enrolled: Estate, other: Store
) -> None:
    small, big = add(enrolled, JPEG), add(enrolled, BIG)
    assert blobs.waiting(enrolled.store.connection).to_send == 2
    sync(enrolled.store)

    assert at_hq(hq, estate_id_of(enrolled.store), small) == cleaned(JPEG).content
    assert at_hq(hq, estate_id_of(enrolled.store), big) == BIG
    assert blobs.waiting(enrolled.store.connection) == blobs.Waiting(0, 0, 0, {})
    tell(other, enrolled.store)
    assert blobs.waiting(other.connection).to_fetch == 2
    with pytest.raises(RuleBroken):
        blobs.content_of(other, big)
    sync(other)
    assert blobs.content_of(other, small) == cleaned(JPEG).content
    assert blobs.content_of(other, big) == BIG
    assert blobs.of_record(other.connection, "house", a_house(enrolled.store)) == [small, big]


def test_how_much_room_there_is_is_counted_once_for_all_that_is_fetched(
    enrolled: Estate, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [add(enrolled, png(600_000, at)) for at in range(3)]
    sync(enrolled.store)
    tell(other, enrolled.store)
    looks, used = [], BlobFolder.used

    def looked(folder: BlobFolder) -> int:
        looks.append(folder.path)
        return used(folder)

    monkeypatch.setattr(BlobFolder, "used", looked)
    _policy(enrolled, "pictures_terminal_mb", "1")
    sync(enrolled.store)
    sync(other)

    assert looks == [blobs.folder_of(other.home)]
    assert [blobs.folder(other).has(one) for one in pictures] == [False, False, True]


def test_a_sync_that_only_sends_fetches_no_picture(hq: Hq, enrolled: Estate, other: Store) -> None:
    picture = add(enrolled, JPEG)
    sync(enrolled.store, push_only=True)
    assert at_hq(hq, estate_id_of(enrolled.store), picture) is not None
    tell(other, enrolled.store)
    sync(other, push_only=True)
    assert blobs.waiting(other.connection).to_fetch == 1
    sync(other)
    assert blobs.content_of(other, picture) == cleaned(JPEG).content


def test_a_sync_with_nothing_due_asks_nothing_about_pictures(enrolled: Estate) -> None:
    add(enrolled, JPEG)
    sync(enrolled.store)
    tally = Tally()
    sync(enrolled.store, tally=tally)

    assert tally.traffic.requests == 1


def test_no_byte_of_a_picture_nor_its_hash_stands_in_the_clear_at_any_end(
    hq: Hq, enrolled: Estate, other: Store
) -> None:
    attachment_id = add(enrolled, BIG)
    sync(enrolled.store)
    tell(other, enrolled.store)
    sync(other)

    places = (enrolled.store.home.database.parent, other.home.database.parent, hq.folder.path)
    samples = [BIG[at : at + 24] for at in range(64, len(BIG), 50_021)]
    sought = [*samples, hashlib.sha256(BIG).digest(), hashlib.sha256(BIG).hexdigest().encode()]
    looked_at = 0
    for file in (file for place in places for file in place.rglob("*") if file.is_file()):
        stored = file.read_bytes()
        looked_at += file.suffix == ".blob"
        assert not any(one in stored for one in sought), file
        assert attachment_id.hex() not in file.name.replace("-", "")
    assert looked_at >= 3


def test_a_line_that_breaks_anywhere_costs_a_chunk_at_most_each_time_both_ways(
    hq: Hq, estate: Estate, tmp_path: Path
) -> None:
    chance = random.Random(41)
    with proxied(hq) as proxy:
        hq.enrol(estate.store, url=proxy.url)
        sync(estate.store)
        attachment_id = add(estate, BIG)
        up, breaks = _through_breaks(proxy, estate.store, chance, answers=False)
        assert at_hq(hq, estate_id_of(estate.store), attachment_id) == BIG
        assert breaks >= 3
        assert up < 1.05 * len(BIG) + (breaks + 1) * _ONE_MORE
        other = second_terminal(hq, tmp_path / "other", estate_id_of(estate.store), url=proxy.url)
        tell(other, estate.store)
        down, breaks = _through_breaks(proxy, other, chance, answers=True)
        assert blobs.content_of(other, attachment_id) == BIG
        assert breaks >= 3
        assert down < 1.05 * len(BIG) + (breaks + 1) * _ONE_MORE
        other.close()


def _through_breaks(proxy: Proxy, store: Store, chance: random.Random, *, answers: bool) -> tuple[int, int]:
    """Sync over lines that break at random bytes until nothing is due; return the bytes moved, and the breaks."""
    moved = breaks = 0
    for __ in range(60):
        line = Line(chance.randrange(4_000, 2 * CHUNK), answers)
        proxy.passes = line.passes
        with suppress(TryLater):
            sync(store)
        moved += line.down if answers else line.up
        breaks += line.broke
        where = blobs.waiting(store.connection)
        if not where.to_send and not where.to_fetch:
            return moved, breaks
    raise AssertionError("it never arrived")


def test_a_sync_killed_in_the_middle_goes_on_where_it_was(hq: Hq, estate: Estate) -> None:
    with proxied(hq) as proxy:
        hq.enrol(estate.store, url=proxy.url)
        sync(estate.store)
        attachment_id = add(estate, BIG)
        booth = Booth(hq, estate)
        line = Line(2 * CHUNK)
        killed = _killed_at(booth, proxy, line)
        assert killed
        parts = list(hq.folder.blobs.rglob("*.parts/*"))
        assert parts
        again = Line(10**9)
        proxy.passes = again.passes
        assert booth.sync().returncode == 0

    assert at_hq(hq, estate_id_of(estate.store), attachment_id) == BIG
    assert again.up < 1.05 * len(BIG) - (len(parts) - 1) * CHUNK + 16_384
    assert not list(hq.folder.blobs.rglob("*.parts/*"))


def _killed_at(booth: Booth, proxy: Proxy, line: Line) -> bool:
    """Run `butler sync`, kill it (SIGKILL) once the line has passed so much on; tell whether it was at work."""
    home = str(booth.estate.store.home.database.parent)
    process = subprocess.Popen(
        [sys.executable, "-m", "butler_tui", "sync"],
        env={**os.environ, "BUTLER_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def passes(answers: bool, data: bytes) -> bytes | None:
        try:
            return line.passes(answers, data)
        finally:
            if line.broke:
                process.send_signal(signal.SIGKILL)

    proxy.passes = passes
    process.communicate(timeout=60)
    return line.broke and process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("name", ["holiday.jpg", "picture.png", "x.webp"])
def test_what_only_calls_itself_a_picture_is_refused_and_leaves_nothing(
    enrolled: Estate, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(b"MZ" + bytes(4000))
    rows = sync_state.waiting(enrolled.store.connection)

    with pytest.raises(RuleBroken):
        attach(enrolled.store, enrolled.sessions[Role.GUARD], Policies(), ("house", bytes(16)), file, None, real_ms())
    with pytest.raises(RuleBroken):
        add(enrolled, png(200_000), Policies(picture_kb=100))
    assert sync_state.waiting(enrolled.store.connection) == rows
    assert not blobs.folder_of(enrolled.store.home).exists()


def test_hq_takes_no_file_that_is_not_the_picture_its_record_names(hq: Hq, enrolled: Estate) -> None:
    """A changed program may write such a row; it is told so, keeps its file, and tries again later."""
    program = b"MZ" + bytes(5000)
    attachment_id = new_id(real_ms())
    blobs.keep(enrolled.store, attachment_id, program, 10)
    values: dict[str, Value] = {
        "subject_table": "house",
        "subject_id": a_house(enrolled.store),
        "sha256": hashlib.sha256(program).digest(),
        "bytes": len(program),
        "media_type": "image/jpeg",
    }
    record(
        enrolled.store,
        [Written("attachment", attachment_id, values)],
        staff_id=enrolled.sessions[Role.BUTLER].staff.staff_id,
        now_ms=real_ms(),
        provided=lambda: blobs.note_kept(enrolled.store.connection, attachment_id),
    )
    honest = add(enrolled, JPEG)
    sync(enrolled.store)

    assert blobs.waiting(enrolled.store.connection).refused == {"wrong_bytes": 1}
    assert at_hq(hq, estate_id_of(enrolled.store), attachment_id) is None
    assert at_hq(hq, estate_id_of(enrolled.store), honest) is not None
    tally = Tally()
    sync(enrolled.store, tally=tally)
    assert tally.traffic.requests == 1  # not again at once


def test_an_estate_over_its_quota_is_told_so_and_its_pictures_wait(hq: Hq, enrolled: Estate) -> None:
    _policy(enrolled, "pictures_estate_mb", "1")
    add(enrolled, png(600_000))
    second, third = add(enrolled, png(600_000, 2)), add(enrolled, JPEG)
    sync(enrolled.store)

    assert blobs.waiting(enrolled.store.connection).refused == {"quota": 2}
    assert blobs.content_of(enrolled.store, second) == png(600_000, 2)
    _policy(enrolled, "pictures_estate_mb", "20")
    blobs.try_again_now(enrolled.store.connection)
    sync(enrolled.store)
    assert blobs.waiting(enrolled.store.connection) == blobs.Waiting(0, 0, 0, {})
    assert at_hq(hq, estate_id_of(enrolled.store), third) is not None


def _policy(estate: Estate, key: str, value: str) -> None:
    own = estates.estate(estate.store.connection)
    assert own is not None
    written = Written("policy", ruled_id(own.estate_id, "policy", key), {"key": key, "value": value})
    record(estate.store, [written], staff_id=None, now_ms=real_ms())


def test_the_oldest_pictures_that_hq_has_make_room_and_no_others(hq: Hq, enrolled: Estate, now: Clock) -> None:
    small = Policies(pictures_terminal_mb=1)
    first = add(enrolled, png(600_000), small)
    with pytest.raises(RuleBroken):
        add(enrolled, png(600_000, 2), small)
    assert blobs.content_of(enrolled.store, first) == png(600_000)
    sync(enrolled.store)
    second = add(enrolled, png(600_000, 2), small)

    assert blobs.content_of(enrolled.store, second) == png(600_000, 2)
    with pytest.raises(RuleBroken):
        blobs.content_of(enrolled.store, first)
    assert at_hq(hq, estate_id_of(enrolled.store), first) == png(600_000)
    sync(enrolled.store)
    assert blobs.content_of(enrolled.store, first) == png(600_000)  # there is room by the estate's own policy


@pytest.mark.parametrize(
    ("subject", "known", "kind", "comes"),
    [
        ("house", True, TerminalKind.GATE, True),
        ("house", False, TerminalKind.GATE, False),
        ("month_key", True, TerminalKind.BUTLER, False),
        ("month_key", True, TerminalKind.SUPERVISOR, True),
        ("weather", False, TerminalKind.BUTLER, False),
    ],
)
def test_a_terminal_gets_only_pictures_of_records_that_it_may_see(
    hq: Hq, enrolled: Estate, tmp_path: Path, subject: str, known: bool, kind: TerminalKind, comes: bool
) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(JPEG)
    key = Written("month_key", new_id(real_ms()), {"month": "2026-11", "sealed": b"x"})
    record(enrolled.store, [key], staff_id=None, now_ms=real_ms())
    there = {"house": a_house(enrolled.store), "month_key": key.record_id}
    named = (subject, there[subject] if known else new_id(real_ms()))
    session = enrolled.sessions[Role.GUARD]
    attachment_id = attach(enrolled.store, session, Policies(), named, file, None, real_ms())
    sync(enrolled.store)
    other = second_terminal(hq, tmp_path / "other", estate_id_of(enrolled.store), kind)
    sync(other)
    rows = other.connection.execute("SELECT count(*) FROM attachment").fetchone()
    assert rows[0] == (subject == "house" or kind is TerminalKind.SUPERVISOR)
    tell(other, enrolled.store)
    sync(other)

    assert blobs.folder(other).has(attachment_id) is comes
    assert blobs.waiting(other.connection).refused == ({} if comes else {"not_named": 1})
    other.close()


def test_another_generation_of_hq_is_asked_again_what_it_has(enrolled: Estate) -> None:
    add(enrolled, JPEG)
    sync(enrolled.store)
    assert blobs.to_send(enrolled.store.connection, real_ms(), 10) == []
    enrolled.store.connection.execute("UPDATE sync_state SET hq_gen = 'restored'")

    assert len(blobs.to_send(enrolled.store.connection, real_ms(), 10)) == 1


def test_pictures_that_hq_has_lost_beside_its_rows_are_sent_again_after_the_nightly_comparison(
    hq: Hq, enrolled: Estate
) -> None:
    estate_id = estate_id_of(enrolled.store)
    first, second = add(enrolled, JPEG), add(enrolled, png(900))
    sync(enrolled.store)
    shutil.rmtree(hq.folder.blobs / estate_id)
    sync(enrolled.store)
    assert at_hq(hq, estate_id, first) is None

    enrolled.store.connection.execute("UPDATE sync_state SET compared_ms = 0")
    sync(enrolled.store)
    assert at_hq(hq, estate_id, first) is not None
    assert at_hq(hq, estate_id, second) is not None


def test_a_damaged_picture_is_fetched_again(enrolled: Estate) -> None:
    attachment_id = add(enrolled, JPEG)
    sync(enrolled.store)
    (file,) = blobs.folder_of(enrolled.store.home).glob("*.blob")
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    with pytest.raises(Exception, match=r"damaged|损坏"):
        blobs.content_of(enrolled.store, attachment_id)
    sync(enrolled.store)

    assert blobs.content_of(enrolled.store, attachment_id) == cleaned(JPEG).content


def test_after_a_restore_pictures_that_lie_here_are_sent_and_those_that_do_not_are_fetched(
    hq: Hq, enrolled: Estate
) -> None:
    """The backup knew nothing of the one, and of the other that it lay here: on another computer, it does not."""
    store = enrolled.store
    forgotten, missing = add(enrolled, JPEG), add(enrolled, BIG)
    sync(store)
    Blobs(hq.folder.blobs, read_hq_keys(hq.folder.keys).box).forget(estate_id_of(store), id_text(forgotten))
    store.connection.execute("DELETE FROM blob WHERE attachment_id = ?", (forgotten,))
    blobs.folder(store).forget(missing)
    sync(store)

    assert at_hq(hq, estate_id_of(store), forgotten) == cleaned(JPEG).content
    assert blobs.content_of(store, missing) == BIG


def test_what_is_erased_or_revoked_is_gone_from_the_disk(enrolled: Estate) -> None:
    store = enrolled.store
    first, second, third = add(enrolled, JPEG), add(enrolled, JPEG), add(enrolled, JPEG)
    journal.erase(store, "attachment", first)
    blobs.sweep(store, real_ms())
    assert [blobs.folder(store).has(one) for one in (first, second, third)] == [False, True, True]
    assert blobs.of_record(store.connection, "house", a_house(store)) == [second, third]

    blobs.forget_of(store, "house", a_house(store))
    assert list(blobs.folder_of(store.home).glob("*")) == []
    blobs.forget_all(store)
    assert not blobs.folder_of(store.home).exists()


def test_a_crash_between_the_file_and_its_row_leaves_nothing_for_long(enrolled: Estate) -> None:
    kept = add(enrolled, JPEG)
    stray = new_id(real_ms())
    blobs.keep(enrolled.store, stray, JPEG, 10)
    blobs.sweep(enrolled.store, real_ms())
    assert blobs.folder(enrolled.store).has(stray)
    blobs.sweep(enrolled.store, real_ms() + 8 * 24 * 3_600_000)

    assert not blobs.folder(enrolled.store).has(stray)
    assert blobs.folder(enrolled.store).has(kept)
