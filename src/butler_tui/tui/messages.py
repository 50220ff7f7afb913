"""What screens tell the application."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

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
    """A sync ended; `sentence` says how, `meaning` ("", "good", "warning", "bad") colours it.

    `sealed` says that HQ has revoked this terminal, and its keys are gone.
    """

    def __init__(self, sentence: str, meaning: str, *, sealed: bool = False) -> None:
        super().__init__()
        self.sentence = sentence
        self.meaning = meaning
        self.sealed = sealed


class SyncProgress(Message):
    """A sync is under way: `at` of `of` have come of what it fetches."""

    def __init__(self, at: int, of: int) -> None:
        super().__init__()
        self.at = at
        self.of = of


@runtime_checkable
class HearsOfSync(Protocol):
    """A screen that shows what a sync may have changed; the one in front is told."""

    def after_sync(self, sentence: str, meaning: str) -> None:
        """Show what is there now; `sentence` and `meaning` as in `SyncDone`."""


class ListAct(StrEnum):
    """What the list of F7 can ask for beside checking out."""

    WITHOUT_BADGE = "without_badge"
    FOUND = "found"
    DETAIL = "detail"
    UNDO = "undo"


class FromList(Message):
    """The list of F7 asks for something, and stays in front; `visit_id` is the chosen visit's."""

    def __init__(self, act: ListAct, visit_id: bytes) -> None:
        super().__init__()
        self.act = act
        self.visit_id = visit_id


class TakenIntoForm(Message):
    """Somebody found a visitor or a home, and wants it in the gate's form: one of the two ids is given."""

    def __init__(self, *, visit_id: bytes | None = None, house_id: bytes | None = None) -> None:
        super().__init__()
        self.visit_id = visit_id
        self.house_id = house_id
