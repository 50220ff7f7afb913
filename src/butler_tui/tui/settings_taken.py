"""What of the settings cannot be: a sentence for each, said on the first screen, while the default stays.

Imported only where something is not as it comes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from butler_tui.settings import Settings
from butler_tui.tui.themes import BORDERS, theme_called
from butler_tui.words import _


def refused_looks(settings: Settings, themes: Collection[str], file: object) -> list[str]:
    """Return a sentence for a theme or a kind of borders that there is not."""
    there_is = (
        ("theme", settings.theme, theme_called(settings.theme) in themes),
        ("borders", settings.borders, settings.borders in BORDERS),
    )
    return [
        _(
            "{file}, {name} = {value}: there is nothing of that name. It stays as it was.",
            file=file,
            name=name,
            value=value,
        )
        for name, value, known in there_is
        if not known
    ]


def warning(refused: Sequence[str]) -> str:
    """Return what is said at the start: the first of the sentences, and how many more there are."""
    if len(refused) < 2:
        return "".join(refused)
    return _("{first} And {count} more.", first=refused[0], count=len(refused) - 1)
