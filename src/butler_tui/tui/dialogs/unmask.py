"""Asks what a masked value is opened for: a digit picks, and words say more."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from butler_tui.domain.unmasking import NEEDS_WORDS, UnmaskReason
from butler_tui.tui.dialogs.reason import ReasonDialog, Reasoned
from butler_tui.words import _

Purpose = Reasoned[UnmaskReason]
"""What it is opened for, and what was typed."""


class UnmaskDialog(ReasonDialog[UnmaskReason]):
    """Returns a purpose; says before that it is recorded."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Open"), id="unmask.open", tooltip=_("open it; this is recorded")),
        Binding("escape", "leave", _("Back"), id="unmask.leave", tooltip=_("back, nothing is opened")),
    ]

    def __init__(self, what: str, typed: tuple[str, str]) -> None:
        recorded = _("Who looked, when and why is recorded and can be read by HQ.")
        super().__init__(what, list(UnmaskReason), typed, recorded)

    def needs_words(self, reason: UnmaskReason) -> str:
        """Ask which authority, say, where the reason alone says too little."""
        return _("Write down in a few words what it is for.") if reason in NEEDS_WORDS else ""
