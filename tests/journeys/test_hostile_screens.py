"""Hostile names on every screen in a real terminal: none drives it, nothing crashes, rare hanzi survive."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from butler_tui.paths import Home, find_home
from tests.forged import NUMBER, PIN, forge, hostile_texts, make_polite
from tests.hostile import CATEGORIES, HOSTILE_NAMES, RARE, spread
from tests.journeys.hostile_screens import GATE_KEYS, Walk, foreign
from tests.journeys.terminal import Terminal
from tests.serving import real_ms

pytestmark = pytest.mark.journey

_WORST = ("osc", "string", "csi", "bidi", "unseen", "line", "markup", "surrogate", "long", "formula", "escape", "rare")
"""Of each of these, one name stands for its kind in CI; `make soak` has all."""
SPREAD = [next(name for name in spread(len(HOSTILE_NAMES)) if name in CATEGORIES[kind]) for kind in _WORST]
IN_CI = ["".join(SPREAD[at::4]) for at in range(4)]
"""Each is several names in one text, and is shown and typed as one: a walk takes seconds, most of them to read it."""
SIZES = ((80, 24), (120, 36))
FIELDS = 15
"""Of the gate's form, as Tab leads through them; that of the number is there where policy keeps it."""


def joined(names: tuple[str, ...]) -> Iterator[str]:
    """Yield the names, short ones of one kind several in a text: what is shown of a text begins with all of them."""
    pending: list[str] = []
    for name in names:
        if len("".join(pending)) + len(name) > 16 or len(pending) == 4:
            yield "".join(pending)
            pending = []
        pending.append(name)
    yield "".join(pending)


ALL = list(joined(HOSTILE_NAMES))
Open = Callable[..., Terminal]


@pytest.fixture(scope="module")
def polite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the estate before anything hostile stands in it; each test has a copy."""
    folder = tmp_path_factory.mktemp("polite") / "booth"
    make_polite(find_home({"BUTLER_HOME": str(folder)}), real_ms())
    return folder


@pytest.fixture
def home(polite: Path, tmp_path: Path) -> Home:
    """Return a copy of the polite estate."""
    return find_home({"BUTLER_HOME": str(shutil.copytree(polite, tmp_path / "booth"))})


@pytest.fixture
def start(home: Home) -> Iterator[Open]:
    """Return what starts the program on the copy, or in another folder."""
    opened: list[Terminal] = []

    def start(size: tuple[int, int] = (80, 24), folder: Path | None = None) -> Terminal:
        opened.append(Terminal(folder or home.database.parent, *size))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def show_everywhere(home: Home, start: Open, name: str, size: tuple[int, int]) -> str:
    """Let a name stand raw in every text, look at every screen, and return all that was shown."""
    forge(home, name, real_ms())
    screen = start(size)
    walk = Walk(screen, name)
    walk.look_at_everything()
    shown = walk.end()
    assert foreign(screen.raw) == []
    assert not home.log.exists()
    return shown


@pytest.mark.parametrize("at", range(len(IN_CI)))
def test_a_name_that_stands_raw_in_every_text_cannot_drive_any_screen(home: Home, start: Open, at: int) -> None:
    shown = show_everywhere(home, start, IN_CI[at], SIZES[at == 0])
    assert hostile_texts(home)
    assert "张三" in shown


@pytest.mark.parametrize("name", ["𠮷田𡈽", "[bold]张三[/bold]"])
def test_a_rare_or_odd_name_is_shown_as_it_is(home: Home, start: Open, name: str) -> None:
    assert name in show_everywhere(home, start, name, SIZES[0])


def _as_pyte_has_it(name: str) -> str:
    """Return as much of a name as the terminal of these tests can show: it stops at a mark that is no accent.

    Thai and Tibetan have such marks; pyte takes the rest of what was written with them for nothing.
    """
    marks = (at for at, one in enumerate(name) if unicodedata.category(one) == "Mn" and not unicodedata.combining(one))
    return name[: next(marks, len(name))]


@pytest.mark.soak
@pytest.mark.parametrize("at", range(len(ALL)))
def test_every_name_raw_in_every_text(home: Home, start: Open, at: int) -> None:
    name = ALL[at]
    shown = show_everywhere(home, start, name, SIZES[at % 5 == 0])
    if name in RARE and any(name in CATEGORIES[kind] for kind in ("rare", "script")):
        assert _as_pyte_has_it(name) in shown


def type_into_everything(home: Home, start: Open, names: list[str]) -> None:
    """Type and paste names into every field, and find nothing hostile on the screen or in the file."""
    screen = start()
    screen.sign_in(NUMBER, PIN)
    for number, name in enumerate(names):
        walk = Walk(screen, name)
        walk.type_everywhere(FIELDS)
        if number == 0:
            walk.sign_in_with_it()
    walk.end()
    assert foreign(screen.raw) == []
    assert hostile_texts(home) == []
    assert not home.log.exists()


def test_names_typed_and_pasted_into_every_field_are_safe_before_they_are_shown_or_kept(
    home: Home, start: Open
) -> None:
    type_into_everything(home, start, IN_CI)


@pytest.mark.soak
@pytest.mark.parametrize("at", range(30))
def test_every_name_typed_and_pasted_into_every_field(home: Home, start: Open, at: int) -> None:
    type_into_everything(home, start, ALL[at::30])


def set_up_with(screen: Terminal, name: str) -> None:
    """Type and paste a name into every field of the first start, and go back to its beginning."""
    walk = Walk(screen, name)
    screen.wait_for("设置新项目", "查看演示")
    for way, steps in FIRST_START:
        screen.type(way)
        for title, answers in steps:
            screen.wait_for(title)
            for said in answers:
                walk.put()
                screen.look()
                screen.press("ctrl+u")
                screen.type(said)
                screen.press("enter")
        while "查看演示" not in screen.look():
            screen.press("escape")


FIRST_START = (
    (
        "1",
        (
            ("第 1 步", ("玫瑰园", "Asia/Shanghai")),
            ("第 2 步", ("东门岗",)),
            ("第 3 步", ("9001", "许文静")),
            ("第 4 步", ("902715", "902715")),
            ("第 5 步", ("1-2 栋 x 3 层 x 2 户",)),
            ("请核对", ()),
        ),
    ),
    ("2", (("15 分钟", ("",)),)),
)
"""The ways of the first start: each step's title, and what is said there once the name has been tried."""


def first_start(start: Open, tmp_path: Path, names: list[str]) -> None:
    """Try every name at an empty computer; nothing is written there."""
    screen = start(folder=tmp_path / "empty")
    for name in names:
        set_up_with(screen, name)
    screen.press("ctrl+q")
    assert screen.ended() == 0
    assert foreign(screen.raw) == []
    assert not (tmp_path / "empty" / "butler.log").exists()


def test_names_typed_and_pasted_at_the_first_start(start: Open, tmp_path: Path) -> None:
    first_start(start, tmp_path, IN_CI[:2])


@pytest.mark.soak
@pytest.mark.parametrize("at", range(10))
def test_every_name_typed_and_pasted_at_the_first_start(start: Open, tmp_path: Path, at: int) -> None:
    first_start(start, tmp_path, ALL[at::10])


def test_bytes_that_are_no_characters_do_not_end_the_screens(home: Home, start: Open) -> None:
    screen = start()
    screen.sign_in(NUMBER, PIN)
    screen.send("李四".encode("gb18030") + b"\xff\xc0\xaf")
    screen.type("abc")
    assert "abc" in screen.wait_for("abc", GATE_KEYS)
