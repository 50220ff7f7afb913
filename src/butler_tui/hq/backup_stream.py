"""What a backup of HQ holds, whichever engine keeps its rows: lines of JSON, compressed.

The first line says of which version all of it is, what files of HQ's folder there are, and the columns of each table.
Then come rows, many to a line; then pictures, encrypted as they lie in their folder, in parts; the last line counts
it all, so that what is cut short is never taken for whole. Bytes are base64: in a row `{"b": …}`.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from butler_tui.hq.engines import Everything
from butler_tui.hq.engines.sqlite import SCHEMA_VERSION, tables
from butler_tui.sync.protocol import compact_json

NOT_KEPT = frozenset({"nonce", "terminal_code"})
"""What holds for minutes only."""
_FORMAT = 1
_ROWS = 200
_PART = 256 * 1024


@dataclass(frozen=True, slots=True)
class Contents:
    """What the first line says; `files` by name, `columns` by table."""

    schema: int
    made_ms: int
    files: Mapping[str, bytes] = field(repr=False)
    columns: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Counts:
    """How much a backup holds: rows by table, and pictures."""

    rows: Counter[str] = field(default_factory=Counter)
    pictures: int = 0


def written(
    everything: Everything, files: Mapping[str, bytes], pictures: Iterable[Path], made_ms: int, counts: Counts
) -> Iterator[bytes]:
    """Yield the compressed lines of a backup, and count in `counts`; `pictures` lie in folders of their estate."""
    from backports import zstd

    press = zstd.ZstdCompressor()
    for line in _lines(everything, files, pictures, made_ms, counts):
        if pressed := press.compress(compact_json(line) + b"\n"):
            yield pressed
    yield press.flush()


def _lines(
    everything: Everything, files: Mapping[str, bytes], pictures: Iterable[Path], made_ms: int, counts: Counts
) -> Iterator[dict[str, object]]:
    columns = {name: everything.columns(name) for name in tables() if name not in NOT_KEPT}
    yield {
        "butler_hq": _FORMAT,
        "schema": SCHEMA_VERSION,
        "made_ms": made_ms,
        "files": {name: _text(content) for name, content in files.items()},
        "columns": columns,
    }
    for name in columns:
        rows = iter(everything.every(name))
        while some := [[_plain(value) for value in row] for row in islice(rows, _ROWS)]:
            counts.rows[name] += len(some)
            yield {"table": name, "rows": some}
    for picture in pictures:
        yield from _picture(picture, counts)
    yield {"end": dict(counts.rows), "pictures": counts.pictures}


def _picture(file: Path, counts: Counts) -> Iterator[dict[str, object]]:
    try:
        stream = file.open("rb")
    except FileNotFoundError:  # erased meanwhile
        return
    with stream:
        counts.pictures += 1
        yield {"picture": [file.parent.name, file.name]}
        while part := stream.read(_PART):
            yield {"part": _text(part)}


@dataclass(frozen=True, slots=True)
class Taker:
    """What is done with what a backup holds; all of it may be nothing, where it is only read."""

    begin: Callable[[Contents], None] = lambda _contents: None
    rows: Callable[[str, Sequence[str], list[list[object]]], None] = lambda _table, _columns, _rows: None
    picture: Callable[[str, str, Iterable[bytes]], None] = lambda _estate, _name, _parts: None


def read(compressed: Iterable[bytes], taker: Taker) -> Counts:
    """Hand what a backup holds to `taker`, to its end, and return how much it was.

    Raises ValueError where it is not as `written` writes it, or not whole.
    """
    counts, lines = Counts(), _opened(compressed)
    first = next(lines, {})
    if first.get("butler_hq") != _FORMAT:
        raise ValueError("not a backup of HQ")
    columns = {name: tuple(names) for name, names in first["columns"].items()}
    files = {name: base64.b64decode(text, validate=True) for name, text in first["files"].items()}
    taker.begin(Contents(int(first["schema"]), int(first["made_ms"]), files, columns))
    line = next(lines, {})
    while "end" not in line:
        if "table" in line:
            rows = [[_value(value) for value in row] for row in line["rows"]]
            counts.rows[line["table"]] += len(rows)
            taker.rows(line["table"], columns[line["table"]], rows)
            line = next(lines, {})
        elif "picture" in line:
            counts.pictures += 1
            parts = _Parts(lines)
            estate_id, name = line["picture"]
            taker.picture(estate_id, name, parts)
            line = parts.rest()
        else:
            raise ValueError("not whole")
    if (line["end"], line["pictures"]) != (dict(counts.rows), counts.pictures) or next(lines, None) is not None:
        raise ValueError("not whole")
    return counts


class _Parts:
    """The parts of one picture, and the line after them."""

    def __init__(self, lines: Iterator[dict[str, Any]]) -> None:
        self._lines = lines
        self._next: dict[str, Any] = next(lines, {})

    def __iter__(self) -> Iterator[bytes]:
        while "part" in self._next:
            yield base64.b64decode(self._next["part"], validate=True)
            self._next = next(self._lines, {})

    def rest(self) -> dict[str, Any]:
        """Return the line after the parts, reading those that nobody took."""
        for _part in self:
            pass
        return self._next


def _opened(compressed: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    from backports import zstd

    opener, pending = zstd.ZstdDecompressor(), b""
    try:
        for piece in compressed:
            *whole, pending = (pending + opener.decompress(piece)).split(b"\n")
            yield from map(json.loads, whole)
    except (zstd.ZstdError, EOFError) as error:
        raise ValueError("not zstd") from error
    if pending or not opener.eof:
        raise ValueError("not whole")


def _plain(value: object) -> object:
    return {"b": _text(value)} if isinstance(value, bytes) else value


def _value(value: object) -> object:
    return base64.b64decode(value["b"], validate=True) if isinstance(value, dict) else value


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
