"""A PNG written anew from the chunks that draw it (PNG, third edition): no texts, times, Exif, profiles, films."""

from __future__ import annotations

import zlib

from butler_tui.domain.picture_faults import Picture, damaged

MEDIA_TYPE = "image/png"
_SIGNATURE = 8
_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT"})
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits a sample, by kind of colour."""


def cleaned(content: bytes) -> Picture:
    """Return the PNG in `content`, cleaned; raises NotAPicture where it is none, or a sum in it does not fit."""
    kept = [content[:_SIGNATURE]]
    size: tuple[int, int] | None = None
    drawn = False
    at = _SIGNATURE
    while True:
        kind, data, following = _chunk(content, at)
        if size is None:
            size = _size(kind, data)
        elif kind == b"IHDR":
            raise damaged()
        if kind in _KEPT:
            kept.append(content[at:following])
        elif kind[:1].isupper():  # cannot be drawn without it, whatever it is
            raise damaged()
        drawn = drawn or kind == b"IDAT"
        if kind == b"IEND":
            break
        at = following
    if not drawn:
        raise damaged()
    return Picture(MEDIA_TYPE, *size, b"".join(kept))


def _chunk(content: bytes, at: int) -> tuple[bytes, bytes, int]:
    """Return the kind and the data of the chunk at `at`, and where the next one begins."""
    length = int.from_bytes(content[at : at + 4], "big")
    kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
    end = at + 12 + length
    if end > len(content) or not (kind.isalpha() and kind.isascii()):
        raise damaged()
    if zlib.crc32(kind + data) != int.from_bytes(content[end - 4 : end], "big"):
        raise damaged()
    return kind, data, end


def _size(kind: bytes, data: bytes) -> tuple[int, int]:
    if kind != b"IHDR" or len(data) != 13:
        raise damaged()
    depth, colour, packing, filtering, weaving = data[8:]
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or weaving > 1:
        raise damaged()
    return int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
