"""Draws the README's pictures: `python tools/pictures.py`; the same demo and clock give the same pictures."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.keys import _character_to_key

from butler_tui import words
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.paths import find_home
from butler_tui.settings import Settings

if TYPE_CHECKING:  # their words are made when they are loaded
    from butler_tui.tui.app import ButlerApp
    from butler_tui.tui.first_start import FirstStartApp

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NOW_MS = 1_794_527_880_000
"""Friday 2026-11-13 07:58 in Shanghai."""
CELL = 12.2
"""Width of one cell in Textual's pictures."""
SIGN_IN = "1007\n204816\n"
WALK_IN = "浙A8K32F\n李文博\n1\n" + "13900002211\n3-2-1801\n12\n3 空调\nA017\n11111"
DARK, LIGHT, ASCII = Settings(), Settings(theme="light"), Settings(borders="ascii")
PICTURES = (
    ("sign-in", 80, 24, "", DARK),
    ("gate-80x24", 80, 24, SIGN_IN + WALK_IN, DARK),
    ("gate-120x36", 120, 36, SIGN_IN + WALK_IN, DARK),
    ("gate-light", 80, 24, SIGN_IN + WALK_IN, LIGHT),
    ("gate-ascii", 80, 24, SIGN_IN + WALK_IN, ASCII),
    ("known", 80, 24, SIGN_IN + "程国栋\n", DARK),
    ("home", 80, 24, SIGN_IN + "<ctrl+g>", DARK),
    ("home-light", 80, 24, SIGN_IN + "<ctrl+g>", LIGHT),
    ("search", 120, 36, SIGN_IN + "<ctrl+k>cgd", DARK),
    ("visit", 120, 36, SIGN_IN + "<f7><ctrl+d>", DARK),
    ("correct", 80, 24, SIGN_IN + "<f7><ctrl+d>e", DARK),
    ("on-site", 80, 24, SIGN_IN + "<f7>", DARK),
    ("sync", 80, 24, SIGN_IN + "<f9>", DARK),
    ("override", 80, 24, SIGN_IN + WALK_IN + "<ctrl+o>", DARK),
    ("parked", 80, 24, SIGN_IN + WALK_IN + "<f8><f8>", DARK),
)
IN_ENGLISH = (("gate-en", 80, 24, SIGN_IN + WALK_IN, DARK), ("home-en", 80, 24, SIGN_IN + "<ctrl+g>", DARK))
EMPTY = Path("/home/booth/butler")
"""Where the first start finds nothing; nothing is written there either, and its last step shows this path."""
TO_HOUSES = "1云栖玫瑰园\n\n东门岗，西门岗\n9001\n许文静\n902715\n902715\n1-20 栋 x 2 单元 x 18 层 x 2 户"
FIRST = (("first", "", DARK), ("first-houses", TO_HOUSES, DARK), ("first-check", TO_HOUSES + "\n", DARK))
FIRST_IN_ENGLISH = (("first-en", "", DARK),)
_KEYS = re.compile(r"<([a-z0-9+]+)>|(.)", re.DOTALL)
"""A key by its name in angle brackets, or a character; a newline is Enter."""


async def draw(width: int, height: int, keys: str, home: Path, settings: Settings = DARK) -> str:
    """Return the picture of the screens at `width` x `height` cells after `keys`, as `_KEYS` reads them."""
    from butler_tui.store.local import open_store
    from butler_tui.tui.app import ButlerApp, make_context

    store = open_store(find_home({"BUTLER_HOME": str(home)}))
    app = ButlerApp(make_context(store, lambda: NOW_MS), settings)
    picture = await _drawn(app, width, height, keys)
    store.close()
    return picture


async def draw_first(width: int, height: int, keys: str, settings: Settings = DARK) -> str:
    """Return the picture of the first start after `keys`; they must not lead to where it writes."""
    from butler_tui.tui.first_start import FirstStartApp

    app = FirstStartApp(find_home({"BUTLER_HOME": str(EMPTY)}), settings, lambda: NOW_MS)
    return await _drawn(app, width, height, keys)


async def _drawn(app: ButlerApp | FirstStartApp, width: int, height: int, keys: str) -> str:
    async with app.run_test(size=(width, height)) as pilot:
        for key, character in _KEYS.findall(keys):
            name = key or ("enter" if character == "\n" else _character_to_key(character))
            app.post_message(events.Key(name, character if character not in ("", "\n") else None))
            await pilot.pause()
            await app.keys_settled()
            await app.workers.wait_for_complete()
        await pilot.pause()
        return plain(app.export_screenshot())


def plain(svg: str) -> str:
    """Return a picture without fonts from elsewhere, every text as wide as its cells: Chinese takes two."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Noto Sans Mono CJK SC")
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)

    def fitted(found: re.Match[str]) -> str:
        length = CELL * cell_len(html.unescape(found[2]))
        return f'textLength="{length:.1f}"{found[1]}>{found[2]}<'

    return re.sub(r'textLength="[\d.]+"([^>]*)>([^<]*)<', fitted, svg)


def main(english: bool) -> int:
    """Draw all pictures, or those in English."""
    words.speak("en" if english else "zh_CN")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        make_demo(find_home({"BUTLER_HOME": str(home)}), Wanted(), NOW_MS, lambda _done, _total: None).close()
        for name, width, height, keys, settings in IN_ENGLISH if english else PICTURES:
            own = shutil.copytree(home, Path(folder) / name)  # a draft of one picture is not brought back in the next
            (FOLDER / f"{name}.svg").write_text(asyncio.run(draw(width, height, keys, own, settings)), "utf-8")
    for name, keys, settings in FIRST_IN_ENGLISH if english else FIRST:
        (FOLDER / f"{name}.svg").write_text(asyncio.run(draw_first(80, 24, keys, settings)), "utf-8")
    if not english:  # the words of a screen's keys are those of the language it was loaded in
        return subprocess.run([sys.executable, __file__, "--english"], check=False).returncode  # noqa: S603
    return 0


if __name__ == "__main__":
    sys.exit(main("--english" in sys.argv))
