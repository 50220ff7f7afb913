"""The installed program in a real pseudo-terminal, typed at and read as a person does."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import pexpect
import pyte

PATIENCE_S = 20.0
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "ctrl+b": "\x02",
    "ctrl+d": "\x04",
    "ctrl+g": "\x07",
    "ctrl+k": "\x0b",
    "ctrl+l": "\x0c",
    "ctrl+n": "\x0e",
    "ctrl+o": "\x0f",
    "ctrl+q": "\x11",
    "ctrl+r": "\x12",
    "ctrl+s": "\x13",
    "ctrl+t": "\x14",
    "ctrl+u": "\x15",
    "ctrl+z": "\x1a",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "end": "\x1b[F",
    "tab": "\t",
}


class Terminal:
    """`butler` without a command, in a terminal of its own."""

    def __init__(
        self, home: Path, columns: int = 80, rows: int = 24, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._raw = bytearray()
        self._process: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "butler_tui"],
            env={
                **os.environ,
                "BUTLER_HOME": str(home),
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "BUTLER_LANG": "zh",
                **environment,
            },
            dimensions=(rows, columns),
            timeout=PATIENCE_S,
        )

    @property
    def pid(self) -> int:
        """The program's process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def raw(self) -> bytes:
        """Every byte that the program has sent to the terminal so far."""
        return bytes(self._raw)

    def text(self) -> str:
        """Return what is on screen now; the second cell of a wide character is left out."""
        return "\n".join(
            "".join(self._screen.buffer[y][x].data for x in range(self._screen.columns)).rstrip()
            for y in range(self._screen.lines)
        )

    def _read(self, seconds: float) -> None:
        try:
            data = self._process.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            time.sleep(seconds)
            return
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        self._raw += data
        self._stream.feed(data)

    def look(self, seconds: float = 0.05) -> str:
        """Return the screen with what has come meanwhile, waiting at most so long for it."""
        self._read(seconds)
        return self.text()

    def wait_for(self, *words: str, gone: bool = False) -> str:
        """Wait until every one of `words` is on screen (or none, for `gone`), and return the screen."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            shown = self.text()
            if all((word in shown) is not gone for word in words):
                return shown
            self._read(0.05)
        raise AssertionError(f"waited for {words!r} ({gone=}); on screen:\n{self.text()}")

    def type(self, text: str) -> None:
        """Type characters one by one, as hands do."""
        for character in text:
            self._process.send(character)

    def scan(self, text: str) -> None:
        """Send characters in one burst, as a scanner does; a newline is its Enter."""
        self._process.send(text.replace("\n", "\r"))

    def press(self, *keys: str) -> None:
        """Press keys by name, one after the other."""
        for key in keys:
            self._process.send(KEYS.get(key, key))
            if key == "escape":
                time.sleep(0.2)  # a lone escape is told from a sequence by time

    def sign_in(self, number: str, pin: str) -> None:
        """Sign in and wait for the gate."""
        self.wait_for("工号")
        self.type(number)
        self.press("enter")
        self.type(pin)
        self.press("enter")
        self.wait_for("登记来访")

    def send(self, data: bytes) -> None:
        """Send bytes as they are, which need not be characters, and read what is painted meanwhile."""
        self.hasten()
        for start in range(0, len(data), 1000):
            self._process.send(data[start : start + 1000])
            if len(data) > 1000:
                self._read(0.01)

    def hasten(self) -> None:
        """Send every key at once from here on: pexpect waits a twentieth of a second before each."""
        self._process.delaybeforesend = None

    def ended(self) -> int | None:
        """Wait until the program has ended by itself, and return its exit status; None where a signal ended it."""
        deadline = time.monotonic() + PATIENCE_S
        while self._process.isalive():
            assert time.monotonic() < deadline, self.text()
            self._read(0.05)
        return self._process.exitstatus

    def kill(self) -> None:
        """End the program as a power cut does; what it had painted until then can still be read."""
        self._process.kill(signal.SIGKILL)
        self.outlive()

    def send_signal(self, number: int) -> None:
        """Send a signal, from whatever thread; the program is not waited for."""
        os.kill(self.pid, number)

    def outlive(self) -> int | None:
        """Read what the program had painted when it was killed, by whomever; return the signal that ended it."""
        self._process.wait()
        with suppress(pexpect.EOF):
            while data := self._process.read_nonblocking(65536, timeout=1):
                self._feed(data)
        self._process.close()
        ended_by: int | None = self._process.signalstatus
        return ended_by

    def close(self) -> None:
        """End the program if it still runs."""
        self._process.close(force=True)
