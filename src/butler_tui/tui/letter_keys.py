"""Keys that are a letter or a digit work with caps lock too, and in the wide forms of an input method."""

from __future__ import annotations

import unicodedata
from typing import TypeVar

from textual.app import App

Returned = TypeVar("Returned")
"""What an application returns when it ends."""


class LetterKeys(App[Returned]):
    """An application whose bindings are found by a letter's small form too; a field has had the key before."""

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """Do what a key is bound to, else what its plain form is bound to; tell whether anything was done."""
        if await super()._check_bindings(key, priority):
            return True
        plain = unicodedata.normalize("NFKC", key).lower() if len(key) == 1 else key
        return plain != key and await super()._check_bindings(plain, priority)
