"""A picture goes from a file to HQ and to another terminal: whole, once, and nowhere in the clear."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from butler_tui.blob_folder import CHUNK
from butler_tui.desk.attachments import attach
from butler_tui.domain.changes import Value
from butler_tui.domain.pictures import cleaned
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Role
from butler_tui.errors import RuleBroken, TryLater
from butler_tui.ids import new_id
from butler_tui.store import blobs, sync_state
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.sync.talk import Tally
from tests.conftest import Estate
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
