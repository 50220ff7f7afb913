"""What a terminal shows after key by key, of which only what changed was painted, is what all of it would be."""

from __future__ import annotations

import time

import pyte
import pytest
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.strip import Strip

from bench import painted
from butler_tui.settings import Settings
from butler_tui.tui.app import ButlerApp, make_context
from butler_tui.tui.painting import ChangesOnly
from tests.conftest import Clock, Estate
from tests.store.test_search_bounds import fill
from tests.tui.conftest import PINS, OpenBooth

Cell = tuple[str, str, str]
"""A character, its colour where it has ink, and the colour behind it."""
PATIENCE_S = 10.0
SIZES = (pytest.param((80, 24), marks=pytest.mark.soak), (120, 36))
KEYS = (
    *("z", "h", "down", "escape", "backspace", "3", "enter", "ctrl+t", "1", "f12", "ctrl+n"),
    *("ctrl+k", "l", "down", "pagedown", "w", "ctrl+u", "3", "x", "f12", "ctrl+u", "escape"),
    *("f7", "z", "h", "ctrl+u", "x", "x", "ctrl+u", "pagedown", "tab", "escape"),
)


@pytest.mark.parametrize("size", SIZES)
async def test_what_a_terminal_shows_is_what_is_on_the_screen(
    open_booth: OpenBooth, estate: Estate, now: Clock, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(estate.store, 300, now())
    shown = pyte.Screen(*size)
    stream = pyte.Stream(shown)

    class Seen(painted.Terminal):
        def write(self, data: str) -> None:
            super().write(data)
            stream.feed(data)

    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(painted, "Terminal", Seen)
    monkeypatch.setattr(painted, "SIZE", size)
    app = ButlerApp(make_context(estate.store, now), Settings())
    async with painted.opened(app) as keyboard:
        number, pin = next(iter(PINS.values()))
        for key in (*number, "enter", *pin, "enter"):
            await keyboard.press(key)
        await keyboard.until(lambda: not app.locked and app.focused is not None)
        for done, key in enumerate(KEYS):
            await keyboard.press(key)
            # A busy machine may still be painting: what never comes to be the same is wrong.
            deadline = time.monotonic() + PATIENCE_S
            while different := different_lines(app, shown):
                assert time.monotonic() < deadline, (f"after {KEYS[: done + 1]}", different)
                await keyboard.rest()
        assert isinstance(app.screen._compositor, ChangesOnly)


def different_lines(app: ButlerApp, shown: pyte.Screen) -> list[int]:
    """Return the lines that the terminal shows otherwise than the program would draw them now."""
    wanted = [drawn(strip) for strip in app.screen._compositor.render_strips()]
    return [y for y, line in enumerate(lines_of(shown)) if [line] != wanted[y : y + 1]]


def drawn(strip: Strip) -> list[Cell]:
    """Return each cell of a line that the program has drawn; the right half of a wide character is empty."""
    cells: list[Cell] = []
    for segment in strip:
        style = segment.style or Style()
        for character in segment.text:
            cells.append(cell(character, hexadecimal(style.color), hexadecimal(style.bgcolor)))
            cells += [cell("", "", hexadecimal(style.bgcolor))] * (cell_len(character) - 1)
    return cells


def lines_of(shown: pyte.Screen) -> list[list[Cell]]:
    """Return each cell of each line that the terminal shows."""
    return [[cell(one.data, one.fg, one.bg) for one in (row[x] for x in range(shown.columns))]
            for row in (shown.buffer[y] for y in range(shown.lines))]  # fmt: skip


def cell(character: str, colour: str, ground: str) -> Cell:
    return (character, colour, ground) if character.strip() else (character, "", ground)


def hexadecimal(colour: Color | None) -> str:
    return colour.triplet.hex[1:] if colour is not None and colour.triplet is not None else "default"
