"""What the terminal hands in need be neither UTF-8 nor harmless: no byte ends the screens, no paste presses a key.

A scanner set to GBK stopped Textual's driver with an error, and of what is pasted its parser gave out escape sequences
again as keys.
"""

from __future__ import annotations

import unicodedata
from codecs import getincrementaldecoder

_BEGIN, _END = "\x1b[200~", "\x1b[201~"
_KEPT = frozenset("\t\n\r")
_BEGINS_ENOUGH = 3
"""Characters of `_BEGIN` at the end of a reading that are waited with: a lone Escape must not be."""


class LenientDecoder:
    """Decodes readings of the terminal; U+FFFD stands for what is no UTF-8, and for controls within a paste."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self._decoder = getincrementaldecoder(encoding)(errors="replace")
        self._pasting = False
        self._held = ""

    def decode(self, data: bytes, final: bool = False) -> str:
        """Return the characters of the next reading."""
        text, self._held = self._held + self._decoder.decode(data, final), ""
        ready = ""
        while text:
            marker = _END if self._pasting else _BEGIN
            before, found, text = text.partition(marker)
            if not found and not final:
                least = 1 if self._pasting else _BEGINS_ENOUGH
                held = next((n for n in range(len(marker) - 1, least - 1, -1) if before.endswith(marker[:n])), 0)
                before, self._held = before[: len(before) - held], before[len(before) - held :]
            ready += (_harmless(before) if self._pasting else before) + found
            self._pasting ^= bool(found)
        return ready


def _harmless(pasted: str) -> str:
    return "".join("\ufffd" if unicodedata.category(one) == "Cc" and one not in _KEPT else one for one in pasted)


def take_any_bytes() -> None:
    """Give Textual's driver this decoder; call before the screens run."""
    try:
        from textual.drivers import linux_driver
    except ImportError:  # Windows has another driver, which reads characters
        return
    linux_driver.getincrementaldecoder = lambda encoding: lambda: LenientDecoder(encoding)  # type: ignore
