"""Reading and writing the bytes of a request: JSON, compression within bounds, and checks of hostile input.

Everything here raises ValueError, and nothing else, for bytes or values that are not what the protocol says.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

MOST_BODY = 256 * 1024
"""Bytes of one compressed body, at most; PROTOCOL, a sync."""
MOST_OPENED = 8 * 1024 * 1024
"""Bytes of one body after decompression, at most."""
MOST_ASK = 4 * 1024
"""Bytes of a compressed body that is no batch (enrol, hello), at most: a stranger may send one."""
MOST_ASK_OPENED = 16 * 1024
MOST_INTEGER = 2**63 - 1
_WORTH_COMPRESSING = 600
_SHORT = 256 * 1024
_ZSTD_LEVEL, _ZSTD_LEVEL_SHORT = 3, 9
"""Of a day's changes every byte counts, on a line that may be a telephone's; of many, the time."""
MOST_FIELDS = 200
"""Columns of one record, at most."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_spelled = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once, not per value
_LONGEST_NAME = 64

Body = Mapping[str, Any]
_T = TypeVar("_T")


def compact_json(value: object) -> bytes:
    """Return `value` as JSON without spaces, UTF-8."""
    return _spelled(value).encode()


def pack(value: object, encoding: str = "zstd") -> tuple[bytes, str]:
    """Return a body and its Content-Encoding: `encoding` (zstd or deflate), or none ("") where it is short."""
    return squeeze(compact_json(value), encoding)


def squeeze(raw: bytes, encoding: str = "zstd") -> tuple[bytes, str]:
    """Return the bytes of a body compressed, and its Content-Encoding; short ones stay as they are."""
    if len(raw) < _WORTH_COMPRESSING or not encoding:
        return raw, ""
    if encoding == "deflate":
        return zlib.compress(raw, 6), encoding
    from backports import zstd

    level = _ZSTD_LEVEL_SHORT if len(raw) <= _SHORT else _ZSTD_LEVEL
    return zstd.ZstdCompressor(level=level).compress(raw, zstd.ZstdCompressor.FLUSH_FRAME), "zstd"


def unpack(content: bytes, encoding: str, most: int = MOST_OPENED) -> Body:
    """Return the JSON object in a body; ValueError where it is none, or opens to more than `most` bytes."""
    opener = _OPENERS.get(encoding.strip().lower(), _unknown)
    opened = opener(content, most)
    try:
        value = json.loads(
            opened.decode(), parse_constant=_refuse, parse_float=_refuse, object_pairs_hook=_each_name_once
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; what says a name twice could be read in two ways, by whoever reads it."""
    body = dict(pairs)
    if len(body) < len(pairs):
        raise ValueError("a name twice")
    return body


def _refuse(_value: object) -> Any:
    raise ValueError("not in this protocol")


def _unknown(_content: bytes, _most: int) -> bytes:
    raise ValueError("no such encoding")


def _identity(content: bytes, most: int) -> bytes:
    if len(content) > most:
        raise ValueError("too large")
    return content


def _inflate(content: bytes, most: int) -> bytes:
    opener = zlib.decompressobj()
    try:
        opened = opener.decompress(content, most)
    except zlib.error as error:
        raise ValueError("not deflate") from error
    if not opener.eof or opener.unused_data:
        raise ValueError("cut short, or too large")
    return opened


def _open_zstd(content: bytes, most: int) -> bytes:
    from backports import zstd

    opener = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})
    try:
        opened = opener.decompress(content, most)
    except zstd.ZstdError as error:
        raise ValueError("not zstd") from error
    if not opener.eof or opener.unused_data:
        raise ValueError("cut short, or too large")
    return opened


_OPENERS: dict[str, Callable[[bytes, int], bytes]] = {
    "": _identity,
    "identity": _identity,
    "deflate": _inflate,
    "zstd": _open_zstd,
}


def take_text(body: Body, name: str, longest: int = 200) -> str:
    """Return a text of `body`, at most `longest` characters, and without a NUL, which PostgreSQL does not take."""
    value = body.get(name)
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise ValueError(name)
    value.encode()
    return value


def take_integer(body: Body, name: str, least: int = 0, most: int = MOST_INTEGER) -> int:
    """Return a whole number of `body` within its bounds."""
    value = body.get(name)
    if type(value) is not int or not least <= value <= most:
        raise ValueError(name)
    return value


def take_id(body: Body, name: str) -> str:
    """Return an id of `body` in its one text form."""
    return checked_id(body.get(name))


def checked_id(value: object) -> str:
    """Return `value` where it is the text form of an id, in lower case."""
    if not isinstance(value, str) or not is_id(value):
        raise ValueError("not an id")
    return value


def is_id(value: object) -> bool:
    """Tell whether `value` is the text form of an id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def checked_name(value: object) -> str:
    """Return `value` where it can be the name of a table or column."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not _is_name(value):
        raise ValueError("not a name")
    return value


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def take_bytes(body: Body, name: str, least: int, most: int) -> bytes:
    """Return bytes of `body` that travel as base64, between `least` and `most` of them."""
    value = body.get(name)
    if not isinstance(value, str):
        raise ValueError(name)
    try:
        raw = base64.b64decode(value.encode(), validate=True)
    except binascii.Error as error:
        raise ValueError(name) from error
    if not least <= len(raw) <= most or base64.b64encode(raw).decode() != value:
        raise ValueError(name)
    return raw


def to_base64(raw: bytes) -> str:
    """Return bytes as they travel."""
    return base64.b64encode(raw).decode()


def take_list(body: Body, name: str, most: int) -> list[Any]:
    """Return a list of `body`, of at most `most` items; an absent one is empty."""
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(name)
    return value


def take_object(body: Body, name: str) -> dict[str, Any]:
    """Return an object of `body`; an absent one is empty."""
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise ValueError(name)
    return value


def values_from(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` where they are columns of a record: names, and texts, whole numbers or null."""
    if len(values) > MOST_FIELDS:
        raise ValueError("fields")
    for name, value in values.items():
        checked_name(name)
        if isinstance(value, str):
            if not value.isascii():
                value.encode()
        elif value is not None and (type(value) is not int or not -MOST_INTEGER <= value <= MOST_INTEGER):
            raise ValueError(name)
    return values


def maybe(take: Callable[[Body, str], _T], body: Body, name: str) -> _T | None:
    """Return what `take` reads, or None where `body` says nothing of it."""
    return None if body.get(name) is None else take(body, name)


def without_nulls(body: Body) -> dict[str, Any]:
    """Return `body` without what is null: it is not sent."""
    return {name: value for name, value in body.items() if value is not None}
