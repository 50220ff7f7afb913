"""Pictures on disk: encrypted, under names that tell nothing, whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from butler_tui.blob_folder import CHUNK, BlobFolder, chunks_in, length_of
from tests.pictures import png

ONE, TWO = bytes(15) + b"\1", bytes(15) + b"\2"
CONTENT = png(CHUNK * 2 + 5000)


@pytest.fixture
def folder(tmp_path: Path) -> BlobFolder:
    return BlobFolder(tmp_path / "blobs", bytes(32))


def files(folder: BlobFolder) -> list[Path]:
    return [file for file in folder.path.rglob("*") if file.is_file()]


def test_what_was_written_is_read_and_lies_nowhere_in_the_clear(folder: BlobFolder) -> None:
    folder.write(ONE, CONTENT)
    folder.put_part(TWO, "someone", 0, CONTENT[:CHUNK])

    assert folder.content(ONE) == CONTENT
    assert b"".join(folder.chunk(ONE, number) for number in range(chunks_in(len(CONTENT)))) == CONTENT
    assert len(files(folder)) == 2
    for file in files(folder):
        stored = file.read_bytes()
        assert not any(CONTENT[at : at + 16] in stored for at in range(0, len(CONTENT), 4099))
        assert b"PNG" not in stored[:64]
        assert ONE.hex() not in file.name
        assert os.name != "posix" or file.stat().st_mode & 0o077 == 0


def test_chunks_have_the_lengths_that_the_size_says() -> None:
    size = 2 * CHUNK + 1

    assert [length_of(number, size) for number in range(-(-size // CHUNK) + 1)] == [CHUNK, CHUNK, 1, 0]
    assert chunks_in(2 * CHUNK) == 2


@pytest.mark.parametrize("change", ["swapped", "cut", "flipped", "moved", "another key"])
def test_what_was_tampered_with_does_not_open(folder: BlobFolder, change: str) -> None:
    folder.write(ONE, CONTENT)
    (file,) = files(folder)
    raw = file.read_bytes()
    head, piece = 30, CHUNK + 16
    reader, record_id = folder, ONE
    if change == "swapped":
        raw = raw[:head] + raw[head + piece : head + 2 * piece] + raw[head : head + piece] + raw[head + 2 * piece :]
    elif change == "cut":
        raw = raw[: head + 2 * piece]  # a whole number of chunks is left, but the last of them was not the last
    elif change == "flipped":
        raw = raw[:-1] + bytes([raw[-1] ^ 1])
    elif change == "moved":
        folder.write(TWO, CONTENT[:10])
        (other,) = (one for one in files(folder) if one != file)
        other.write_bytes(raw)
        record_id = TWO
    else:
        reader = BlobFolder(folder.path, bytes(31) + b"\1")
        reader.write(ONE, b"x")
        (other,) = (one for one in files(folder) if one != file)
        other.write_bytes(raw)
    file.write_bytes(raw)

    with pytest.raises(ValueError, match="as it was written"):
        reader.content(record_id)


def test_parts_make_a_whole_and_a_gap_is_seen(folder: BlobFolder) -> None:
    folder.put_part(ONE, "a", 0, b"zero")
    folder.put_part(ONE, "a", 2, b"two")
    assert folder.parts(ONE, "a") == 1
    assert folder.parts(ONE, "b") == 0
    folder.put_part(ONE, "a", 1, b"one")

    assert folder.parts(ONE, "a") == 3
    assert folder.joined(ONE, "a", 3) == b"zeroonetwo"


def test_forgetting_takes_the_whole_and_every_part_of_one_picture_only(folder: BlobFolder) -> None:
    for record_id in (ONE, TWO):
        folder.write(record_id, b"content")
        folder.put_part(record_id, "a", 0, b"part")

    assert folder.forget(ONE)
    assert not folder.has(ONE)
    assert folder.parts(ONE, "a") == 0
    assert folder.content(TWO) == b"content"
    assert folder.parts(TWO, "a") == 1
    assert not folder.forget(ONE)
    folder.forget_all()
    assert not folder.path.exists()


def test_what_broken_transfers_left_goes_after_a_time(folder: BlobFolder) -> None:
    folder.put_part(ONE, "a", 0, b"part")
    folder.write(TWO, b"whole")
    (folder.path / "x.new").write_bytes(b"half")
    old_s = 1_700_000_000
    for file in folder.path.glob("*"):
        os.utime(file, (old_s, old_s))

    assert folder.clean(old_s * 1000) == 0
    assert folder.clean(old_s * 1000 + 1) == 2
    assert folder.has(TWO)
    assert folder.forget_others({TWO}, old_s * 1000 + 1) == 0
    assert folder.forget_others({ONE}, old_s * 1000 + 1) == 1
    assert files(folder) == []


def test_a_disk_that_refuses_leaves_nothing_behind(folder: BlobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write(ONE, b"before")

    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        folder.write(ONE, b"after")
    assert folder.content(ONE) == b"before"
    assert len(files(folder)) == 1


def test_many_pictures_are_forgotten_from_one_look(folder: BlobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    three = bytes(15) + b"\3"
    for one in (ONE, TWO, three):
        folder.write(one, CONTENT)
    folder.put_part(ONE, "someone", 0, CONTENT[:CHUNK])
    looks, look = [], folder._entries

    def looked() -> list[os.DirEntry[str]]:
        looks.append(1)
        return look()

    monkeypatch.setattr(folder, "_entries", looked)
    assert folder.forget_these([ONE, TWO])
    assert len(looks) == 1
    assert [folder.has(one) for one in (ONE, TWO, three)] == [False, False, True]
    assert len(files(folder)) == 1


def test_what_goes_while_the_folder_is_looked_at_is_passed_over(
    folder: BlobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(ONE, CONTENT)
    folder.put_part(TWO, "someone", 0, CONTENT[:CHUNK])
    room = folder.used()
    with os.scandir(folder.path) as entries:
        seen = list(entries)
    folder.drop_parts(TWO, "someone")
    folder.forget(ONE)
    monkeypatch.setattr(os, "scandir", lambda path: _Told(seen) if Path(path) == folder.path else _real(path))

    assert room > len(CONTENT) + CHUNK
    assert folder.used() == 0
    assert folder.clean(1 << 60) == 0
    assert folder.forget_others(set(), 1 << 60) == 0


_real = os.scandir


class _Told(list[os.DirEntry[str]]):
    """What a look at the folder told before."""

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *_raised: object) -> None:
        pass
