"""The format of a backup on its own: only its recipients open it, and only all of it, as it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from butler_tui.errors import FileTrouble
from butler_tui.sealed_file import (
    MAGIC,
    PIECE,
    Head,
    Recipient,
    RecipientKind,
    content_key_for,
    content_key_from,
    is_content_key,
    opened_pieces,
    read_head,
    sealed_head,
    sealed_pieces,
    unlock_words,
)
from butler_tui.sealing import passphrase_box_key, public_box_key

pytestmark = pytest.mark.usefixtures("english")

KEY, PRIVATE = os.urandom(32), os.urandom(32)
_TAG = 16


def write(file: Path, content: bytes, key: bytes = KEY) -> int:
    """Write a backup of `content` and return where its body begins."""
    recipient = Recipient(RecipientKind.HQ, public_box_key(PRIVATE))
    head = sealed_head(Head(b"e" * 16, None, 1, 2, b"p" * 16, 7, (recipient,)), key)
    file.write_bytes(head + b"".join(sealed_pieces([content[:100], content[100:]], key, head)))
    return len(head)


@pytest.mark.parametrize("size", [0, 1, 100, 101, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5])
def test_what_goes_in_comes_out_at_every_length(tmp_path: Path, size: int) -> None:
    content, file = os.urandom(size), tmp_path / "x"
    write(file, content)

    assert b"".join(opened_pieces(file, KEY)) == content


def test_a_file_cut_between_two_pieces_is_not_taken_for_whole(tmp_path: Path) -> None:
    file = tmp_path / "x"
    begins = write(file, os.urandom(2 * PIECE + 5))
    whole = file.read_bytes()
    for pieces in (0, 1, 2):
        file.write_bytes(whole[: begins + pieces * (PIECE + _TAG)])
        with pytest.raises(FileTrouble, match="cut short"):
            list(opened_pieces(file, KEY))


def test_pieces_cannot_be_moved_doubled_or_left_out(tmp_path: Path) -> None:
    file = tmp_path / "x"
    begins = write(file, os.urandom(2 * PIECE + 5))
    whole = file.read_bytes()
    head, body, step = whole[:begins], whole[begins:], PIECE + _TAG
    one, two, three = body[:step], body[step : 2 * step], body[2 * step :]
    for broken in (two + one + three, one + one + two + three, one + three, two + three, one + two + three + three):
        file.write_bytes(head + broken)
        with pytest.raises(FileTrouble):
            list(opened_pieces(file, KEY))


def test_a_body_is_bound_to_every_byte_of_its_head(tmp_path: Path) -> None:
    file, other = tmp_path / "x", tmp_path / "y"
    begins, begins_other = write(file, b"content"), write(other, b"content")

    file.write_bytes(file.read_bytes()[:begins] + other.read_bytes()[begins_other:])
    with pytest.raises(FileTrouble):
        list(opened_pieces(file, KEY))


def test_only_the_recipient_finds_the_key_and_it_is_known_for_the_right_one(tmp_path: Path) -> None:
    file = tmp_path / "x"
    write(file, b"content")
    head = read_head(file)
    recipient = head.recipient(RecipientKind.HQ)
    assert recipient is not None

    assert content_key_for(recipient, PRIVATE) == KEY
    assert content_key_for(recipient, os.urandom(32)) is None
    assert is_content_key(head, KEY)
    assert not is_content_key(head, os.urandom(32))
    assert head.recipient(RecipientKind.PASSPHRASE) is None
    assert (head.estate_id, head.terminal_id, head.made_ms, head.schema, head.seq) == (b"e" * 16, None, 1, 2, 7)
    assert file.read_bytes().startswith(MAGIC)


def test_words_that_unlock_survive_a_phone_call_and_tell_when_they_did_not() -> None:
    words = unlock_words(KEY)

    assert len(words) == 69
    assert content_key_from(words.lower().replace("-", " ").replace("o", "0").replace("i", "1") + "\n") == KEY
    for at in range(0, len(words), 5):
        wrong = words[:at] + ("A" if words[at] != "A" else "C") + words[at + 1 :]
        with pytest.raises(ValueError, match=r"."):
            content_key_from(wrong)


def test_a_passphrase_stands_for_one_key_a_salt() -> None:
    first = passphrase_box_key("four words are enough", bytes(16))

    assert first == passphrase_box_key("four words are enough", bytes(16))
    assert first != passphrase_box_key("four words are enough", bytes(15) + b"1")
    assert first != passphrase_box_key("four words are enougH", bytes(16))
    assert len(passphrase_box_key("\udcff", bytes(16))) == 32
