"""A still WebP written anew from the chunks that draw it (RFC 9649): no Exif, XMP, profile, nor what follows them."""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.domain.picture_faults import NotAPicture, Picture, PictureFault, damaged

MEDIA_TYPE = "image/webp"
_EXTENDED, _LOSSY, _LOSSLESS, _ALPHA = b"VP8X", b"VP8 ", b"VP8L", b"ALPH"
_FILM, _FRAME = b"ANIM", b"ANMF"
_MOVES, _HAS_ALPHA = 0x02, 0x10


def cleaned(content: bytes) -> Picture:
    """Return the WebP in `content`, cleaned; raises NotAPicture where it is none, is cut short, or moves."""
    parts: dict[bytes, bytes] = {}
    for kind, data in _chunks(content):
        if kind in (_FILM, _FRAME) or (kind == _EXTENDED and data[:1] and data[0] & _MOVES):
            raise NotAPicture(PictureFault.MOVING)
        if kind in (_EXTENDED, _LOSSY, _LOSSLESS, _ALPHA) and parts.setdefault(kind, data) is not data:
            raise damaged()
    if (_LOSSY in parts) == (_LOSSLESS in parts):
        raise damaged()
    size = _lossy_size(parts[_LOSSY]) if _LOSSY in parts else _lossless_size(parts[_LOSSLESS])
    kept = [(kind, parts[kind]) for kind in (_ALPHA, _LOSSY, _LOSSLESS) if kind in parts]
    if _EXTENDED in parts:
        kept.insert(0, (_EXTENDED, _extended(parts[_EXTENDED], size)))
    body = b"WEBP" + b"".join(_chunk(kind, data) for kind, data in kept)
    return Picture(MEDIA_TYPE, *size, b"RIFF" + len(body).to_bytes(4, "little") + body)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, data) of each chunk; what lies behind the end that the head names is not read."""
    end = 8 + int.from_bytes(content[4:8], "little")
    if content[8:12] != b"WEBP" or end > len(content):
        raise damaged()
    at = 12
    while at + 8 <= end:
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            raise damaged()
        yield content[at : at + 4], content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def _extended(data: bytes, size: tuple[int, int]) -> bytes:
    """Return the extended head with nothing left but whether parts are see-through; it must tell the frame's size."""
    if len(data) != 10 or (_three(data[4:7]) + 1, _three(data[7:10]) + 1) != size:
        raise damaged()
    return bytes([data[0] & _HAS_ALPHA, 0, 0, 0]) + data[4:]


def _lossy_size(data: bytes) -> tuple[int, int]:
    if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        raise damaged()
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


def _lossless_size(data: bytes) -> tuple[int, int]:
    if len(data) < 5 or data[0] != 0x2F:
        raise damaged()
    bits = int.from_bytes(data[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _three(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
