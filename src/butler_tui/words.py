"""Every word that a person reads passes through here: gettext, with the language chosen once at start.

Source sentences are English; `locale/zh_CN` holds the Chinese that the product is written for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LANGUAGES = ("zh_CN", "en")
DEFAULT_LANGUAGE = "zh_CN"

_catalogue: NullTranslations | None = None


def choose_language(environment: Mapping[str, str]) -> str:
    """Return the language to speak: `BUTLER_LANG` where it names one of ours (`en`, `zh`, …), else Chinese."""
    wanted = environment.get("BUTLER_LANG", "").lower()
    return "en" if wanted.startswith("en") else DEFAULT_LANGUAGE


def speak(language: str) -> None:
    """Speak `language` (one of `LANGUAGES`) from now on; screens fix their words when they are imported."""
    global _catalogue
    file = Path(__file__).parent / "locale" / language / "LC_MESSAGES" / "butler.mo"
    if language != "en" and file.exists():
        with file.open("rb") as stream:
            _catalogue = GNUTranslations(stream)
    else:
        _catalogue = NullTranslations()


def _(message: str, **details: object) -> str:
    """Return `message` in the chosen language, its `{names}` filled in from `details`."""
    if _catalogue is None:
        speak(choose_language(os.environ))
    assert _catalogue is not None
    spoken = _catalogue.gettext(message)
    return spoken.format(**details) if details else spoken


def N_(message: str) -> str:  # noqa: N802 (the name gettext tools look for)
    """Mark `message` for the catalogue without translating it yet."""
    return message
