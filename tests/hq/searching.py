"""Looking for words in every byte that programs have left on a disk, however they may be spelled there."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path

_MOST = 256 * 1024 * 1024
_EMPTY = re.compile(b"\0{64,}")
"""What a database has set aside and not written yet, megabytes of it."""
_LEAST = 6
"""Bytes of a spelling that is worth looking for: shorter ones stand in any ciphertext by chance."""
_SEPARATORS = " -/.·"


def spellings(word: str) -> set[bytes]:
    """Return how a word may stand in a file: in several encodings, with and without separators, in hex and base64."""
    bare = word.translate(dict.fromkeys(map(ord, _SEPARATORS)))
    forms = {word, bare, bare.lower(), bare.upper(), json.dumps(word)[1:-1]}
    found = {form.encode(encoding) for form in forms for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    for raw in {bare.encode(), bare.encode("utf-16-le")}:
        found |= {raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]}
        for shift in range(3):
            # The middle of its base64, whatever stands before and behind.
            found.add(base64.b64encode(bytes(shift) + raw)[4 if shift else 0 : -4])
    return {form for form in found if len(form) >= _LEAST}


def files_in(places: Iterable[Path]) -> list[Path]:
    """Return every file below these folders, or of these themselves."""
    found = (file for place in places for file in (sorted(place.rglob("*")) if place.is_dir() else [place]))
    return [file for file in found if file.is_file() and not file.is_symlink()]


def where(words: Iterable[str], places: Iterable[Path]) -> list[str]:
    """Return in which files any of the words stands, and as what."""
    sought = {form: word for word in words for form in spellings(word)}
    found = []
    for file in files_in(places):
        try:
            content = _EMPTY.sub(b"\0", file.read_bytes()) if file.stat().st_size <= _MOST else b""
        except OSError:
            continue  # it was passing: a lock, or a file of another program
        found += [f"{word} as {form!r} in {file}" for form, word in sought.items() if form in content]
    return found
