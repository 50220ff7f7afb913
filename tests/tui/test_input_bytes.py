"""Bytes from the terminal: what is no UTF-8 is replaced, and what is pasted presses no keys."""

from __future__ import annotations

import pytest

from butler_tui.tui.input_bytes import LenientDecoder


def decoded(*readings: bytes) -> list[str]:
    decoder = LenientDecoder()
    return [decoder.decode(one) for one in readings]


@pytest.mark.parametrize("key", [b"\x1b", b"\x1b[A", b"\x1bOP", b"\x1b[20~", b"\x11", "张".encode(), b"\x1b["])
def test_keys_come_as_they_are_and_at_once(key: bytes) -> None:
    assert decoded(key) == [key.decode()]


def test_what_is_no_utf_8_is_replaced_and_the_next_key_comes() -> None:
    assert decoded("李".encode("gb18030"), b"a")[-1].endswith("a")
    assert decoded("张".encode()[:2], "张".encode()[2:]) == ["", "张"]


def test_controls_within_a_paste_are_no_keys() -> None:
    assert decoded(b"\x1b[200~\x1b]0;x\x07\x11a\tb\r\nc\x1b[201~\x11") == [
        "\x1b[200~\ufffd]0;x\ufffd\ufffda\tb\r\nc\x1b[201~\x11"
    ]


def test_a_paste_may_come_in_any_pieces() -> None:
    whole = b"x\x1b[200~\x1b[A\xc2\x9b31m\x1b[201~\x1b[B"
    for at in range(4, len(whole)):
        assert "".join(decoded(whole[:at], whole[at:])) == "x\x1b[200~\ufffd[A\ufffd31m\x1b[201~\x1b[B"
