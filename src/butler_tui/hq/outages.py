"""What keeps HQ from its rows, in words for whoever runs it: said once when it begins, and when it is over.

HQ lives on meanwhile and tells terminals to come again. It is said on the server's own terminal, which whatever starts
it writes down: a log beside the rows has no room either when their disk is full.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from butler_tui.hq.engines import Unavailable
from butler_tui.hq.engines.outage import DiskFull
from butler_tui.sync.protocol import Code
from butler_tui.words import _

_BUSY_S, _FULL_S = 2, 60
"""For how long terminals are asked to leave HQ alone."""
_AGAIN_S = 600.0
"""What goes on, or comes and goes, is said again after so long."""


class Outages:
    """Says through `say` what is wrong with the rows of the HQ in `folder`; safe to tell the same again and again."""

    def __init__(
        self,
        folder: Path | None = None,
        say: Callable[[str], None] = lambda _words: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._say = say
        self._clock = clock
        self._said: dict[str, float] = {}
        self._open = False

    def met(self, error: Unavailable) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Say what was met, unless it was said lately; return what the terminal is answered: body, status, headers."""
        if error.__cause__ is not None:  # that many wait at once is no outage
            self._say_once(error)
        code, again_s = (Code.NO_ROOM, _FULL_S) if isinstance(error, DiskFull) else (Code.BUSY, _BUSY_S)
        return {"code": code}, 503, {"retry-after": str(again_s)}

    def failed(self, log: Path) -> None:
        """Say, unless it was said lately, that HQ met an error of its own, of which `log` has the place."""
        if self._is_news(""):
            self._say(
                _("HQ met an error of its own, and did not do what a terminal asked. Nothing is lost: the terminal "
                  "tries again later. Where it happened stands in {log}: pass that on.", log=log)
            )  # fmt: skip

    def _is_news(self, reason: str) -> bool:
        now_s = self._clock()
        if now_s - self._said.get(reason, -_AGAIN_S) < _AGAIN_S:
            return False
        self._said[reason] = now_s
        return True

    def _say_once(self, error: Unavailable) -> None:
        reason = str(error)
        if not self._is_news(reason):
            return
        self._open = True
        if isinstance(error, DiskFull):
            self._say(
                _("The disk of HQ's records is full: nothing more is taken. Make room in {folder}. Nothing is lost: "
                  "terminals keep what they have, and send it then.", folder=self._folder)
            )  # fmt: skip
        else:
            self._say(_("HQ's database does not take records now ({reason}). Nothing is lost: terminals keep what "
                        "they have, and send it later.", reason=reason))  # fmt: skip

    def over(self) -> None:
        """Say, where something was said, that a batch was taken: a full disk often has room for less all the time."""
        if self._open:
            self._open = False
            self._say(_("HQ takes records again."))
