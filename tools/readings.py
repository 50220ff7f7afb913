"""Makes the table of how hanzi are read: `python tools/readings.py`, after another version of pypinyin is installed.

The terminal reads this table instead of carrying pypinyin, which takes ten times its memory and half a second.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "src" / "butler_tui" / "store" / "readings.txt"


def every_reading() -> dict[str, tuple[str, ...]]:
    """Return how each hanzi that pypinyin knows is read, without tones, the most usual first."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin
    from pypinyin.constants import PINYIN_DICT

    found = {}
    for character in map(chr, sorted(PINYIN_DICT)):
        read = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
        found[character] = tuple(dict.fromkeys(one for one in read if one))
    return found


def main() -> None:
    """Write the table: a line for all that are read alike, the readings, a tab, the characters."""
    alike: dict[str, list[str]] = {}
    for character, read in every_reading().items():
        alike.setdefault(" ".join(read), []).append(character)
    lines = [f"{read}\t{''.join(characters)}" for read, characters in sorted(alike.items())]
    TABLE.write_text(
        f"# Made by tools/readings.py from pypinyin {version('pypinyin')} (MIT licence)\n" + "\n".join(lines) + "\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
