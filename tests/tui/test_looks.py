"""How it looks: enough contrast in both themes and in 16 colours, plain borders where wanted, words beside colours."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment

from butler_tui.desk.badges import check_out_without_badge
from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.policies import Reason
from butler_tui.settings import Settings
from butler_tui.tui.app import ButlerApp, make_context
from butler_tui.tui.themes import DARK, LIGHT, draws_ascii, other_theme
from tests.conftest import Clock, Estate
from tests.tui.conftest import PINS, Booth

RULES = set("│─┌┐└┘|-+ ")
LEAST = 4.5
"""What WCAG 2 asks of text."""
LEAST_OF_16 = 3.0
WAYS = {
    "gate": ("李文博", "enter", "1", "enter", "139", "f7", "escape"),
    "checks": ("李文博", "enter", "ctrl+t", "1", "2", "坏", "enter"),
    "lists": ("f7", "tab", "tab"),
    "inside": ("f7",),
    "help": ("f1",),
    "detail": ("f7", "ctrl+d"),
    "search": ("ctrl+k", "z", "y"),
    "put aside": ("李文博", "f8", "f8"),
    "turn away": ("李文博", "enter", "ctrl+r"),
    "home": ("ctrl+g", "down", "down"),
    "sync": ("f9",),
    "locked": ("f10",),
}


@pytest.fixture
def busy(estate: Estate, session: Session, now: Clock) -> Estate:
    """A gate with somebody over, somebody nearly so, and a missing badge; nothing is at HQ."""
    begun = now()
    for number, ago in enumerate((40, 20, 5), 1):
        one = estate.registration(name="赵一", phone="", reason=Reason.COURIER, badge=f"B00{number}")
        done = admit(estate.store, session, one, estate.policies, begun - ago * 60_000)
    check_out_without_badge(estate.store, session, done.visit_id, begun)
    for role, (_number, pin) in PINS.items():
        set_pin(estate.store, estate.sessions[role].staff.staff_id, pin)
    return estate


@asynccontextmanager
async def opened(estate: Estate, now: Clock, settings: Settings) -> AsyncIterator[Booth]:
    app = ButlerApp(make_context(estate.store, now), settings)
    async with app.run_test(size=(80, 24)) as pilot:
        booth = Booth(app, pilot)
        await booth.settle()
        yield booth


async def seen(booth: Booth) -> AsyncIterator[tuple[str, list[Segment]]]:
    """Yield every screen that WAYS lead to, as it is drawn."""
    yield "sign-in", drawn(booth)
    await booth.sign_in()
    for name, keys in WAYS.items():
        for key in keys:
            await (booth.keys(key) if key.isascii() else booth.type(key))
        yield name, drawn(booth)
        if booth.app.locked:
            return
        await booth.keys("escape", "escape", "f2", "ctrl+n")


def drawn(booth: Booth) -> list[Segment]:
    return [segment for strip in booth.app.screen._compositor.render_strips() for segment in strip]


def luminance(color: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = color.get_truecolor()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: Color, other: Color) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs(segments: list[Segment]) -> Iterator[tuple[str, Color, Color]]:
    """Yield every text with its two colours; rules and empty cells carry no words."""
    for text, style, _control in segments:
        if style is None or style.color is None or style.bgcolor is None or not set(text) - RULES:
            continue
        front, back = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
        yield text, front, back


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_text_of_every_screen_has_contrast_enough_in_sixteen_colours_too(
    busy: Estate, now: Clock, theme: str
) -> None:
    poor, kinds = [], set()
    async with opened(busy, now, Settings(theme=theme)) as booth:
        async for name, segments in seen(booth):
            for text, front, back in pairs(segments):
                kinds.add((front.name, back.name))
                few = [color.downgrade(ColorSystem.STANDARD) for color in (front, back)]
                found = (contrast(front, back), contrast(*few))
                if found[0] < LEAST or found[1] < LEAST_OF_16:
                    poor.append((name, text.strip(), front.name, back.name, found))
    assert poor == []
    assert len(kinds) > 8  # two greys, accent and three meanings, on two backgrounds


async def test_without_colours_every_text_stays_readable(
    busy: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(busy, now, Settings()) as booth:
        async for name, segments in seen(booth):
            for text, front, back in pairs(segments):
                assert contrast(front, back) >= LEAST, (name, text)


async def test_what_colours_mean_stands_there_in_words(busy: Estate, now: Clock) -> None:
    async with opened(busy, now, Settings()) as booth:
        await booth.sign_in()
        await booth.keys("f7")
        assert "超时 10分钟" in booth.text()
        await booth.keys("escape", "ctrl+g")
        assert "从未备份" in booth.text()


async def test_with_plain_borders_nothing_is_drawn_but_ascii_and_the_words(busy: Estate, now: Clock) -> None:
    plain = ""
    async with opened(busy, now, Settings(borders="ascii")) as booth:
        async for _name, segments in seen(booth):
            plain += "".join(segment.text for segment in segments)
    async with opened(busy, now, Settings(borders="lines")) as booth:
        await booth.sign_in()
        lines = booth.text()

    arrows_boxes_blocks = {one for one in plain if 0x2190 <= ord(one) <= 0x2BFF or one == "•"}
    assert arrows_boxes_blocks == set()
    assert {"│", "─"} <= set(lines)


@pytest.mark.parametrize(
    ("borders", "terminal", "encoding", "expected"),
    [
        ("auto", "xterm-256color", "utf-8", False),
        ("auto", "xterm-256color", "UTF8", False),
        ("auto", "xterm-256color", None, False),
        ("auto", "linux", "utf-8", True),
        ("auto", "vt100", "utf-8", True),
        ("auto", "xterm", "gb2312", True),
        ("auto", "xterm", "ascii", True),
        ("lines", "linux", "ascii", False),
        ("ascii", "xterm", "utf-8", True),
    ],
)
def test_borders_are_plain_where_asked_or_where_the_terminal_is_poor(
    borders: str, terminal: str, encoding: str | None, expected: bool
) -> None:
    assert draws_ascii(borders, {"TERM": terminal}, encoding) is expected


async def test_a_key_goes_from_dark_to_light_and_back_and_what_is_typed_stays(busy: Estate, now: Clock) -> None:
    async with opened(busy, now, Settings()) as booth:
        await booth.sign_in()
        await booth.type("李文博")
        before = booth.app.theme
        await booth.keys("f12")
        assert (before, booth.app.theme) == (DARK.name, LIGHT.name)
        assert {back.name.lower() for _text, _front, back in pairs(drawn(booth))} == {
            str(LIGHT.background).lower(),
            str(LIGHT.panel).lower(),
        }
        await booth.keys("f12")
        assert booth.app.theme == DARK.name
        assert booth.field("arrival") == "李文博"


@pytest.mark.parametrize(
    ("wanted", "theme"), [("dark", DARK.name), ("light", LIGHT.name), ("nord", "nord"), ("no such theme", DARK.name)]
)
async def test_the_theme_of_the_settings_is_the_one_shown(busy: Estate, now: Clock, wanted: str, theme: str) -> None:
    async with opened(busy, now, Settings(theme=wanted)) as booth:
        assert booth.app.theme == theme
        assert "云栖玫瑰园" in booth.text()


@pytest.mark.parametrize("settings", [Settings(theme="drak"), Settings(borders="round")])
async def test_a_look_that_there_is_not_is_told_at_the_start(busy: Estate, now: Clock, settings: Settings) -> None:
    async with opened(busy, now, settings) as booth:
        assert "settings.toml" in booth.sentence
        assert "没有这一项" in booth.sentence
        assert booth.app.theme == DARK.name


def test_every_other_theme_leads_back_to_the_dark_one() -> None:
    assert [other_theme(name) for name in (DARK.name, LIGHT.name, "nord")] == [LIGHT.name, DARK.name, DARK.name]


def test_no_style_draws_a_rule_of_its_own() -> None:
    from pathlib import Path

    import butler_tui.tui

    folder = Path(butler_tui.tui.__path__[0]) / "styles"
    assert [file.name for file in folder.glob("*.tcss") if "solid" in file.read_text("utf-8")] == []
    assert os.listdir(folder)


async def test_a_pin_is_drawn_as_asterisks(busy: Estate, now: Clock) -> None:
    async with opened(busy, now, Settings()) as booth:
        await booth.type("1007\n2048")
        assert "****" in booth.text()
        assert "2048" not in booth.text()
