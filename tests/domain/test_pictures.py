"""A picture is what its bytes say, of a sane size, and tells nothing of who took it, where, and with what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.pictures import MOST_SIDE, NotAPicture, PictureFault, cleaned
from tests.pictures import JPEG, WEBP, png, png_chunk, png_head

TELLING = png(4000, 1, png_chunk(b"tEXt", b"Author\0PhoneMaker"), png_chunk(b"eXIf", b"MM\0*GPS PhoneMaker"))
ALL = [JPEG, WEBP, TELLING]
NAMES = ["jpeg", "webp", "png"]
_JPEG_SIZE = JPEG.index(b"\xff\xc0") + 5
_WEBP_SIZE = WEBP.index(b"\x9d\x01\x2a") + 3


def fault(content: bytes) -> PictureFault | None:
    try:
        cleaned(content)
    except NotAPicture as error:
        return error.fault
    return None


def test_the_kind_and_the_size_are_read_from_the_bytes() -> None:
    found = [(one.media_type, one.width, one.height) for one in map(cleaned, ALL)]

    assert found == [("image/jpeg", 16, 8), ("image/webp", 16, 8), ("image/png", 1000, 1)]


@pytest.mark.parametrize("content", ALL, ids=NAMES)
def test_place_maker_and_whatever_was_hung_on_stay_behind(content: bytes) -> None:
    assert b"PhoneMaker" in content

    clean = cleaned(content + b"PK\x03\x04 and a film of the minute before").content

    for told in (b"PhoneMaker", b"GPS", b"film", b"comment", b"XMP"):
        assert told not in clean
    assert cleaned(clean).content == clean


def test_a_jpeg_stays_the_right_way_up() -> None:
    """Orientation 6 in the one Exif entry that is left; drawn by the very same tables and scan."""
    clean = cleaned(JPEG).content

    assert b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0" in clean
    assert clean.endswith(JPEG[JPEG.index(b"\xff\xda") :])


def test_a_plain_png_is_left_byte_for_byte() -> None:
    assert cleaned(png(9000)).content == png(9000)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", PictureFault.NOT_KNOWN),
        (b"GIF89a" + bytes(100), PictureFault.NOT_KNOWN),
        (b"%PDF-1.7 renamed.jpg", PictureFault.NOT_KNOWN),
        (b"\0\0\0\x18ftypheic" + bytes(64), PictureFault.HEIC),
        (b"\xff\xd8\xff\xe0" + b"MZ this is a program", PictureFault.DAMAGED),
        (b"\xff\xd8\xff\xd9", PictureFault.DAMAGED),
        (b"RIFF\x04\0\0\0WAVE", PictureFault.DAMAGED),
        (png_head(10, 10) + png_chunk(b"IEND", b""), PictureFault.DAMAGED),
        (png_head(10, 10, 3) + png_chunk(b"IDAT", b"x") + png_chunk(b"IEND", b""), PictureFault.DAMAGED),
        (png(3000).replace(b"IDAT", b"IDAX"), PictureFault.DAMAGED),
        (JPEG.replace(b"\xff\xd9", b""), PictureFault.DAMAGED),
        (b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x0f\0\0\x07\0\0", PictureFault.MOVING),
    ],
)
def test_what_is_no_picture_is_named(content: bytes, expected: PictureFault) -> None:
    assert fault(content) is expected


@pytest.mark.parametrize(("width", "height"), [(65_535, 65_535), (MOST_SIDE + 1, 1), (0, 8), (12_000, 12_000)])
def test_a_few_bytes_that_promise_gigabytes_are_refused(width: int, height: int) -> None:
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    bomb = png_head(width, height) + png_chunk(b"IDAT", b"\0") + png_chunk(b"IEND", b"")

    assert fault(JPEG[:_JPEG_SIZE] + size + JPEG[_JPEG_SIZE + 4 :]) is PictureFault.TOO_MANY_PIXELS
    assert fault(bomb) is PictureFault.TOO_MANY_PIXELS


def test_a_webp_whose_two_heads_disagree_is_refused() -> None:
    other = (9).to_bytes(2, "little")

    assert fault(WEBP[:_WEBP_SIZE] + other + WEBP[_WEBP_SIZE + 2 :]) is PictureFault.DAMAGED


@pytest.mark.parametrize("content", ALL, ids=NAMES)
def test_one_that_was_cut_short_is_refused_wherever_it_was_cut(content: bytes) -> None:
    clean = cleaned(content).content

    for end in range(0, len(clean), max(1, len(clean) // 200)):
        assert fault(clean[:end]) in (PictureFault.DAMAGED, PictureFault.NOT_KNOWN), end


@given(st.sampled_from(ALL), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8))
def test_broken_bytes_give_a_fault_or_a_picture_that_stays_as_it_is(
    content: bytes, changes: list[tuple[int, int]]
) -> None:
    broken = bytearray(content)
    for at, value in changes:
        broken[at % len(broken)] = value
    try:
        clean = cleaned(bytes(broken)).content
    except NotAPicture:
        return
    assert cleaned(clean).content == clean
