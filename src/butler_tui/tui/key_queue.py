"""One key at a time: each is handled to its end, focus moves and new screens included, before the next is given out.

Textual hands keys to whatever has the focus when they arrive, so a burst (a scanner, fast hands, keys typed ahead of
a mode change) lands in the old field. Here a key waits until the one before it has had all its consequences.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

PATIENCE_S = 2.0
"""How long one key may hold the next: a handler that hangs must not take the keyboard with it."""

SCAN_GAP_S = 0.04
"""Characters closer together than this come from a scanner, or were typed ahead (ours)."""

FRAME_S = 0.1
"""How long one key may hold the painting of what it has changed so far."""

Input = events.Key | events.Paste
Deliver = Callable[[Input], Awaitable[None]]
Failed = Callable[[Exception], None]


class KeyQueue:
    """Gives the keys of `app` out one by one through `deliver`; what an action raises goes to `failed`."""

    def __init__(self, app: App[Any], deliver: Deliver, failed: Failed) -> None:
        self._app = app
        self._deliver = deliver
        self._failed = failed
        self._keys: asyncio.Queue[Input] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def put(self, key: Input) -> None:
        """Take a key or a paste; it is delivered after those before it."""
        self._keys.put_nowait(key)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def settled(self) -> None:
        """Return once every key taken so far has been handled."""
        while self._task is not None and not self._task.done():
            await asyncio.sleep(0)

    async def _run(self) -> None:
        while not self._keys.empty():
            for key in await self._together(self._keys.get_nowait()):
                await self._handle(key)

    async def _handle(self, key: Input) -> None:
        screen = self._app.screen
        focused = self._app.focused
        with _one_frame(self._app) if _types(key) else nullcontext():
            try:
                await self._deliver(key)
            except Exception as error:  # an action failed: the keys after it must still come through
                self._failed(error)
            for pump in focused.ancestors_with_self if focused is not None else (screen, self._app):
                if pump in (screen, self._app) or not _is_at_rest(pump):
                    await _drained(pump)
        if self._app.is_running and self._app.screen is not screen:
            await self._new_screen_ready()

    async def _together(self, first: Input) -> list[Input]:
        """Return `first` with what a scanner sends behind it, where digits would act by themselves.

        The widget in focus is told of a scan before its keys come, so that it can send them where they belong.
        """
        focused = self._app.focused
        if not isinstance(focused, ActsByDigit) or not _is_digit(first):
            return [first]
        keys = [first]
        while _types(keys[-1]):
            try:
                keys.append(await asyncio.wait_for(self._keys.get(), SCAN_GAP_S))
            except TimeoutError:
                break
        typed = "".join(key.character or "" for key in keys if isinstance(key, events.Key) and key.is_printable)
        if focused.is_scan(typed):
            focused.make_way()
            await _drained(focused)
            await _drained(self._app.screen)
        return keys

    async def _new_screen_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            screen = self._app.screen
            if screen.is_mounted and screen.focused is not None:
                await _drained(screen)
                return
            await asyncio.sleep(0.002)


class ActsByDigit:
    """A widget on which a digit acts at once; a scan's digits must not."""

    def is_scan(self, typed: str) -> bool:
        """Tell whether characters that came faster than hands type are a scan."""
        raise NotImplementedError

    def make_way(self) -> None:
        """Give the focus to the field that scans belong to."""
        raise NotImplementedError


def _is_digit(key: Input) -> bool:
    return isinstance(key, events.Key) and key.character is not None and key.character.isdigit()


def _types(key: Input) -> bool:
    """Tell whether a key only types: what leads to another screen must be painted as it comes."""
    return isinstance(key, events.Key) and key.is_printable


@contextmanager
def _one_frame(app: App[Any]) -> Iterator[None]:
    """Hold back the painting until a key has had its consequences: field and list come in one frame, not in three.

    Never longer than FRAME_S, so that whoever waits for something slow sees what is there already.
    """
    held = True

    def paint() -> None:
        nonlocal held
        if held:
            held = False
            app._end_batch()
            if app.is_running:
                app.screen.check_idle()

    app._begin_batch()
    late = asyncio.get_running_loop().call_later(FRAME_S, paint)
    try:
        yield
    finally:
        late.cancel()
        paint()


def _is_at_rest(pump: MessagePump) -> bool:
    """Tell whether nothing waits in the queue of `pump`, nor is in hand: then there is nothing to wait for."""
    queue: Any = pump._message_queue
    return queue.empty() and not pump._next_callbacks and not getattr(queue, "_unfinished_tasks", 1)


async def _drained(pump: MessagePump) -> None:
    """Wait until `pump` has handled what is in its queue now."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def handled() -> None:
        if not done.done():
            done.set_result(None)

    if not pump.is_running or not pump.call_later(handled):
        return
    try:
        async with asyncio.timeout(PATIENCE_S):
            await done
    except TimeoutError:
        return
