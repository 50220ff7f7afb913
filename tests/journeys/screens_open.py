"""The screens of a booth that are open while other things happen, and are killed now and then."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.conftest import GUARD
from tests.journeys.terminal import PATIENCE_S, Terminal


@dataclass
class Screens:
    """One after the other, each opened once the one before was killed, and signed in by the time it is needed."""

    folder: Path
    terminal: Terminal | None = None
    _signed_in: bool = False

    def look_on(self) -> None:
        """Start them where none are open; read what they have painted, and type the PIN once they ask."""
        if self.terminal is None:
            self.terminal, self._signed_in = Terminal(self.folder), False
            self.terminal.hasten()
        if "工号" in self.terminal.look(0) and not self._signed_in:
            number, pin = GUARD
            self.terminal.scan(f"{number}\n{pin}\n")
            self._signed_in = True

    def at_the_gate(self) -> Terminal:
        """Return them with the gate's form in front."""
        self.look_on()
        assert self.terminal is not None
        if not self._signed_in:
            self.terminal.wait_for("工号")
            self.look_on()
        self.terminal.wait_for("登记来访")
        return self.terminal

    def turn_away(self, name: str) -> None:
        """Register somebody who is not let in; the screen has called it saved then."""
        screen = self.at_the_gate()
        screen.scan(f"{name}\n")
        screen.wait_for(name)
        screen.press("ctrl+r")
        screen.wait_for("身份不明")
        screen.scan("1\n")
        screen.wait_for("未予放行")

    def sync_now(self) -> None:
        """Ask for a sync."""
        self.at_the_gate().press("f9")

    def say_how_it_went(self) -> None:
        """Wait until they say how a sync went, and go back to the gate."""
        assert self.terminal is not None
        deadline = time.monotonic() + PATIENCE_S
        while not any(words in self.terminal.look() for words in ("数据已全部上传总部", "总部未连通")):
            assert time.monotonic() < deadline, self.terminal.text()
        self.terminal.press("f2")
        self.terminal.wait_for("登记来访")

    def killer(self) -> Callable[[], None]:
        """Return what kills them."""
        screen = self.at_the_gate()
        return lambda: screen.send_signal(signal.SIGKILL)

    def were_killed(self) -> bool:
        """Tell, once they have ended, whether SIGKILL ended them; others are opened next."""
        assert self.terminal is not None
        ended_by, self.terminal = self.terminal.outlive(), None
        return ended_by == signal.SIGKILL

    def close(self) -> None:
        """End them where they are open."""
        if self.terminal is not None:
            self.terminal.close()
            self.terminal = None
