"""An application driven by keys in this process, painting for real: how long from a key to the end of it.

Textual's own headless driver leaves the painting out. This one counts as a terminal, to which every frame is rendered
and written; only nobody reads it. What a key paints last counts, whatever was painted before it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.keys import _character_to_key

SIZE = (120, 36)
_QUIET_S = 0.012
_QUIET_TIMES = 3
_PATIENCE_S = 30.0


class Terminal(HeadlessDriver):
    """Takes what is painted, and notes when the last of it came."""

    painted = 0.0
    written = 0

    @property
    def is_headless(self) -> bool:
        """Frames are rendered."""
        return False

    def write(self, data: str) -> None:
        """Take a frame."""
        Terminal.written += len(data)
        Terminal.painted = time.perf_counter()


class Keyboard:
    """Types into an application and waits until it is at rest."""

    def __init__(self, app: App[Any], running: asyncio.Task[Any]) -> None:
        self.app = app
        self.running = running

    async def press(self, key: str) -> float:
        """Press a key, wait until all of it is painted, and return how long that took, in ms."""
        character = key if len(key) == 1 else None
        event = events.Key(_character_to_key(key) if character else key, character)
        begun = time.perf_counter()
        self.app.post_message(event)
        await self.rest()
        return max(0.0, Terminal.painted - begun) * 1000

    async def rest(self) -> None:
        """Wait until nothing has been painted for some frames."""
        quiet, seen, deadline = 0, Terminal.painted, time.monotonic() + _PATIENCE_S
        while quiet < _QUIET_TIMES:
            if time.monotonic() > deadline or self.running.done():
                raise RuntimeError("the screen never came to rest") from self.app._exception
            await asyncio.sleep(_QUIET_S)
            quiet, seen = (quiet + 1 if Terminal.painted == seen else 0), Terminal.painted

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + _PATIENCE_S
        while not holds():
            if self.running.done():
                raise RuntimeError("the screens have ended") from self.app._exception
            if time.monotonic() > deadline:
                raise RuntimeError("the screen that was waited for never came")
            await asyncio.sleep(0.02)
        await self.rest()


@asynccontextmanager
async def opened(app: App[Any]) -> AsyncIterator[Keyboard]:
    """Run an application on such a terminal for a block."""
    app.driver_class = Terminal
    running = asyncio.create_task(app.run_async(size=SIZE))
    keyboard = Keyboard(app, running)
    try:
        await keyboard.until(lambda: app.is_running and app.focused is not None)
        yield keyboard
    finally:
        app.exit()
        await running
