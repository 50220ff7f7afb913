"""A real application on a real encrypted file, driven by keys."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Static

from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role
from butler_tui.paths import Home
from butler_tui.settings import Settings
from butler_tui.tui.app import ButlerApp, make_context
from butler_tui.tui.screens.gate import GateScreen
from butler_tui.tui.widgets.lines import Sentence
from tests.conftest import Clock, Estate

PINS = {Role.GUARD: ("1007", "204816"), Role.SHIFT_LEAD: ("1001", "310246")}


class Booth:
    """The screens as somebody at the keyboard has them."""

    def __init__(self, app: ButlerApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def keys(self, *keys: str) -> None:
        """Press keys by name, all in one burst, as a scanner or keys typed ahead arrive."""
        for key in keys:
            character = key if len(key) == 1 else None
            name = _character_to_key(key) if character else key
            self.app.post_message(events.Key(name, character))
        await self.settle()

    async def type(self, text: str) -> None:
        """Type characters; a newline is Enter."""
        await self.keys(*("enter" if character == "\n" else character for character in text))

    async def settle(self) -> None:
        """Wait until every key has had all its consequences."""
        await self.pilot.pause()
        await self.app.keys_settled()
        await self.pilot.pause()

    async def sign_in(self, role: Role = Role.GUARD) -> None:
        """Sign in by number and PIN."""
        number, pin = PINS[role]
        await self.type(f"{number}\n{pin}\n")
        await self.until(lambda: not self.app.locked and self.app.focused is not None)
        await self.settle()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, at most 20 s."""
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, self.text()
            await self.pilot.pause(0.01)

    @property
    def gate(self) -> GateScreen:
        """The gate, in front."""
        assert isinstance(self.app.screen, GateScreen)
        return self.app.screen

    def field(self, name: str) -> str:
        """Return what stands in a field of the gate's form."""
        return self.gate.form.text(name)

    @property
    def focused(self) -> str:
        """The id, or else the class, of what has the focus."""
        widget = self.app.focused
        return "" if widget is None else widget.id or type(widget).__name__

    @property
    def sentence(self) -> str:
        """The one sentence."""
        return str(self.app.screen.query_one(Sentence).render()).strip()

    def shown(self, selector: str) -> str:
        """Return the words of a line."""
        return str(self.app.screen.query_one(selector, Static).render())

    def text(self) -> str:
        """Return everything on screen, line by line."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()[:height]
        return "\n".join("".join(segment.text for segment in line)[:width].rstrip() for line in lines)


OpenBooth = Callable[..., AbstractAsyncContextManager[Booth]]


@pytest.fixture
def open_booth(estate: Estate, now: Clock) -> OpenBooth:
    """Return what opens the screens at 80x24, or at another size."""
    for role, (_number, pin) in PINS.items():
        set_pin(estate.store, estate.sessions[role].staff.staff_id, pin)

    @asynccontextmanager
    async def opened(width: int = 80, height: int = 24) -> AsyncIterator[Booth]:
        app = ButlerApp(make_context(estate.store, now), Settings())
        async with app.run_test(size=(width, height)) as pilot:
            booth = Booth(app, pilot)
            await booth.settle()
            yield booth

    return opened


@pytest.fixture
def first_start(home: Home, now: Clock) -> OpenBooth:
    """Return what opens the first start at 80x24."""
    from tests.tui.first_starts import opener

    return opener(home, now)
