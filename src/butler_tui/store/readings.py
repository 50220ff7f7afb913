"""How hanzi are read, from a table that is loaded when the first one is asked for."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path

_TABLE = Path(__file__).with_name("readings.txt")


@lru_cache(maxsize=1024)
def readings(character: str) -> tuple[str, ...]:
    """Return how a hanzi is read, in letters without tones, the most usual first; empty for other characters."""
    if character.isascii():
        return ()
    codes, read_as, every = _table()
    code = ord(character)
    at = bisect_left(codes, code)
    return tuple(every[read_as[at]].split()) if at < len(codes) and codes[at] == code else ()


@lru_cache(maxsize=1)
def _table() -> tuple[array[int], array[int], list[str]]:
    """Return the codes of all characters in order, for each the number of its readings, and the readings by number.

    Two arrays: a dictionary of so many characters would take ten times the memory.
    """
    lines = [line.split("\t") for line in _TABLE.read_text("utf-8").splitlines()[1:]]
    codes = array("L", sorted(ord(character) for _read, alike in lines for character in alike))
    read_as = array("H", bytes(2 * len(codes)))
    for number, (_read, alike) in enumerate(lines):
        for character in alike:
            read_as[bisect_left(codes, ord(character))] = number
    return codes, read_as, [read for read, _alike in lines]
