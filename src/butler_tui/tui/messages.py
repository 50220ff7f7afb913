"""What screens tell the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from butler_tui.store.staff import Staff


class Saved(Message):
    """Something was saved: HQ is told soon."""


class SignedIn(Message):
    """Somebody signed in."""

    def __init__(self, staff: Staff) -> None:
        super().__init__()
        self.staff = staff


class SyncAsked(Message):
    """A person wants a sync now."""


class SyncDone(Message):
    """A sync ended; `sentence` says how, `meaning` ("", "good", "warning", "bad") colours it."""

    def __init__(self, sentence: str, meaning: str) -> None:
        super().__init__()
        self.sentence = sentence
        self.meaning = meaning
