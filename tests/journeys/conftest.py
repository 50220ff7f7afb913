"""A demo estate of a test's own, enrolled at a served HQ, and the program on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from butler_tui.demo import names
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.paths import Home, find_home
from butler_tui.store import households
from butler_tui.store.local import Store, open_store
from tests.journeys.terminal import Terminal
from tests.serving import Hq, served

GUARD = next((number, pin) for number, _name, role, pin in names.STAFF if role == "guard")


@dataclass
class Booth:
    """A booth PC: its home, HQ, and whatever terminals a test opens there."""

    home: Home
    hq: Hq
    terminals: list[Terminal] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The booth's BUTLER_HOME."""
        return self.home.database.parent

    def open(
        self, columns: int = 80, rows: int = 24, environment: Mapping[str, str] = MappingProxyType({})
    ) -> Terminal:
        """Start the program in a terminal."""
        terminal = Terminal(self.folder, columns, rows, environment)
        self.terminals.append(terminal)
        return terminal

    def store(self) -> Store:
        """Open the booth's file, as another program would."""
        return open_store(self.home)

    def first_room(self) -> households.GateHousehold:
        """Return a home where somebody may confirm a visitor."""
        store = self.store()
        try:
            rooms = households.rooms_starting(store.connection, "1")
            homes = (households.at_room(store.connection, room) for room in rooms)
            return next(home for home in homes if home is not None and home.confirmers)
        finally:
            store.close()

    def visit(self, name: str) -> dict[str, Any]:
        """Return the booth's own record of a visitor's visit."""
        store = self.store()
        try:
            row = store.connection.execute("SELECT * FROM visit WHERE name = ?", (name,)).fetchone()
            return dict(row) if row else {}
        finally:
            store.close()


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    """Return a small demo estate enrolled at its own served HQ, with everything pushed by nobody yet."""
    home = find_home({"BUTLER_HOME": str(tmp_path / "booth")})
    store = make_demo(home, Wanted(households=12, visits=10), time.time_ns() // 1_000_000, lambda _done, _all: None)
    with served(tmp_path / "hq") as hq:
        hq.enrol(store)
        store.close()
        booth = Booth(home, hq)
        yield booth
        for terminal in booth.terminals:
            terminal.close()


Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    """Return what waits until something holds, at most 20 s."""

    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, "it did not come to hold in 20 s"
            time.sleep(0.1)

    return wait
