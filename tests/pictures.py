"""Pictures for tests: two as a telephone writes them, with place and maker, and PNGs of any size made here."""

from __future__ import annotations

import base64
import random
import zlib

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QB8RXhpZgAATU0AKgAAAAgAAwEPAAIAAAALAAAAMgESAAMAAAABAAYAAIglAAQAAAABAAAAPgAAAABQ"
    "aG9uZU1ha2VyAAAAAgABAAIAAAACTgAAAAACAAUAAAADAAAAXAAAAAAAAAAeAAAAAQAAAA8AAAABAAAADAAAAAH//gADY//bAEMAKBweIx4Z"
    "KCMhIy0rKDA8ZEE8Nzc8e1hdSWSRgJmWj4CMiqC05sOgqtqtiozI/8va7vX///+bwf////r/5v3/+P/bAEMBKy0tPDU8dkFBdviljKX4+Pj4"
    "+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+P/AABEIAAgAEAMBIgACEQEDEQH/xAAfAAABBQEBAQEBAQAA"
    "AAAAAAAAAQIDBAUGBwgJCgv/xAC1EAACAQMDAgQDBQUEBAAAAX0BAgMABBEFEiExQQYTUWEHInEUMoGRoQgjQrHBFVLR8CQzYnKCCQoWFxgZ"
    "GiUmJygpKjQ1Njc4OTpDREVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6"
    "wsPExcbHyMnK0tPU1dbX2Nna4eLj5OXm5+jp6vHy8/T19vf4+fr/xAAfAQADAQEBAQEBAQEBAAAAAAAAAQIDBAUGBwgJCgv/xAC1EQACAQIE"
    "BAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVW"
    "V1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo"
    "6ery8/T19vf4+fr/2gAMAwEAAhEDEQA/AK1FFFZHoH//2Q=="
)
"""16 x 8, held upright (orientation 6), taken by a PhoneMaker at 30°15' N; with a comment."""

WEBP = base64.b64decode(
    "UklGRsAAAABXRUJQVlA4WAoAAAAIAAAADwAABwAAVlA4ICYAAABwAQCdASoQAAgAB0CWJbACdAFAAAD+4uCjCaSdH6P/U/7YwYAAAEVYSUZ0"
    "AAAATU0AKgAAAAgAAwEPAAIAAAALAAAAMgESAAMAAAABAAYAAIglAAQAAAABAAAAPgAAAABQaG9uZU1ha2VyAAAAAgABAAIAAAACTgAAAAAC"
    "AAUAAAADAAAAXAAAAAAAAAAeAAAAAQAAAA8AAAABAAAADAAAAAE="
)
"""16 x 8, lossy, with the same Exif."""


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG with its sum."""
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png_head(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """Return the signature and the head of a PNG."""
    data = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, colour, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", data)


def png(size: int, seed: int = 1, *extra: bytes) -> bytes:
    """Return a PNG of noise of about `size` bytes, with `extra` chunks before its end."""
    rows = max(1, size // 3001)
    noise = random.Random(seed)
    drawn = zlib.compress(b"".join(b"\0" + noise.randbytes(3000) for __ in range(rows)), 0)
    return png_head(1000, rows) + png_chunk(b"IDAT", drawn) + b"".join(extra) + png_chunk(b"IEND", b"")
