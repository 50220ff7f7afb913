"""A JPEG written anew from the segments that draw it (ITU T.81); of its Exif only which way up it is held."""

from __future__ import annotations

import re
from collections.abc import Iterator

from butler_tui.domain.picture_faults import Picture, damaged

MEDIA_TYPE = "image/jpeg"
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
_LEFT_OUT = frozenset(range(0xE0, 0xF0)) | {0xFE}
"""What programs add: Exif, XMP, colour profiles, further pictures, comments."""
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_MOST_SEGMENTS = 1000
_EXIF_HEAD = b"Exif\0\0"
_ORIENTATION = 0x0112
_MOST_ENTRIES = 200


def cleaned(content: bytes) -> Picture:
    """Return the JPEG in `content`, cleaned; raises NotAPicture where it is none, or was cut short."""
    head: dict[int, bytes] = {}
    body: list[bytes] = []
    size: tuple[int, int] | None = None
    drawn = False
    for marker, data, scan in _segments(content):
        if marker in _FRAMES:
            if size is not None or len(data) < 6:
                raise damaged()
            size = int.from_bytes(data[3:5], "big"), int.from_bytes(data[1:3], "big")
        elif marker == _SOS:
            if size is None or not scan:
                raise damaged()
            drawn = True
        elif marker in _LEFT_OUT:
            if (short := _shortened(marker, data)) is not None:
                head.setdefault(marker, short)
            continue
        elif marker not in _TABLES:
            raise damaged()
        body += [_segment(marker, data), scan]
    if size is None or not drawn:
        raise damaged()
    kept = [_segment(marker, head[marker]) for marker in (_JFIF, _EXIF, _ADOBE) if marker in head]
    whole = b"".join([bytes([0xFF, _SOI]), *kept, *body, bytes([0xFF, _EOI])])
    return Picture(MEDIA_TYPE, *size, whole)


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (marker, data, what was drawn after it) up to the end of the picture; what follows that is not read."""
    at = 2
    for __ in range(_MOST_SEGMENTS):
        if content[at : at + 1] != b"\xff":
            raise damaged()
        while content[at : at + 1] == b"\xff":
            at += 1
        marker = content[at] if at < len(content) else 0
        if marker == _EOI:
            return
        length = int.from_bytes(content[at + 1 : at + 3], "big")
        end = at + 1 + length
        if marker < 0xC0 or 0xD0 <= marker <= _EOI or length < 2 or end > len(content):
            raise damaged()
        data, at = content[at + 3 : end], end
        if marker == _SOS:
            scan_end = _SCAN_ENDS.search(content, at)
            if scan_end is None:
                raise damaged()
            yield marker, data, content[at : scan_end.start()]
            at = scan_end.start()
        else:
            yield marker, data, b""
    raise damaged()


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def _shortened(marker: int, data: bytes) -> bytes | None:
    """Return what is kept of an application's segment, None for nothing."""
    if marker == _JFIF and data.startswith(b"JFIF\0") and len(data) >= 14:
        return data[:12] + b"\0\0"  # without its thumbnail
    if marker == _ADOBE and data.startswith(b"Adobe") and len(data) >= 12:
        return data[:12]  # says how colours are to be read
    if marker == _EXIF and data.startswith(_EXIF_HEAD):
        way_up = _way_up(data[len(_EXIF_HEAD) :])
        return _exif(way_up) if way_up > 1 else None
    return None


def _way_up(tiff: bytes) -> int:
    """Return the Exif orientation, 1 to 8; 1 where it says none."""
    if tiff[:4] not in (b"II*\0", b"MM\0*"):
        return 1

    def number(at: int, length: int) -> int:
        return int.from_bytes(tiff[at : at + length], "little" if tiff[:1] == b"I" else "big")

    start = number(4, 4)
    for entry in range(min(number(start, 2), _MOST_ENTRIES)):
        at = start + 2 + 12 * entry
        if number(at, 2) == _ORIENTATION and number(at + 2, 2) == 3:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1


def _exif(way_up: int) -> bytes:
    entry = b"".join(part.to_bytes(size, "big") for part, size in ((_ORIENTATION, 2), (3, 2), (1, 4), (way_up, 2)))
    return _EXIF_HEAD + b"MM\0*" + (8).to_bytes(4, "big") + b"\0\1" + entry + b"\0\0" + bytes(4)
