"""Pictures at either end: how much room they take, who gets them, and how they come back or go for good."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from butler_tui.blob_folder import BlobFolder
from butler_tui.desk.attachments import attach
from butler_tui.domain.pictures import cleaned
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import RuleBroken
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.keys import read_hq_keys
from butler_tui.ids import id_text, new_id, ruled_id
from butler_tui.store import blobs, estates, journal
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.pictures import JPEG, png
from tests.serving import Hq, real_ms, sync
from tests.sync.pictured import a_house, add, at_hq, estate_id_of, second_terminal, tell
from tests.sync.test_blobs import BIG, other

__all__ = ["other"]


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


def test_an_estate_over_its_quota_is_told_so_and_its_pictures_wait(hq: Hq, enrolled: Estate) -> None:
    _policy(enrolled, "pictures_estate_mb", "1")
    add(enrolled, png(600_000))
    second, third = add(enrolled, png(600_000, 2)), add(enrolled, JPEG)
    sync(enrolled.store)

    assert blobs.waiting(enrolled.store.connection).refused == {"quota": 2}
    assert blobs.content_of(enrolled.store, second) == png(600_000, 2)
    _policy(enrolled, "pictures_estate_mb", "20")
    enrolled.store.connection.execute("UPDATE blob SET not_before_ms = NULL")
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

    blobs.forget(store, [second, third])
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
