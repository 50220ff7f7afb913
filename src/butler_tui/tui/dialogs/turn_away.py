"""Asks why a visitor is not let in: a digit picks the reason."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from butler_tui.domain.policies import TurnAwayReason
from butler_tui.tui.dialogs.reason import ReasonDialog, Reasoned
from butler_tui.words import _

Answer = Reasoned[TurnAwayReason]
"""What the guard decided, and what was typed."""


class TurnAwayDialog(ReasonDialog[TurnAwayReason]):
    """Returns an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Turn away"), id="turn_away.keep", tooltip=_("save: not let in")),
        Binding("escape", "leave", _("Back"), id="turn_away.leave", tooltip=_("back, nothing is saved")),
    ]

    def __init__(self, who: str, typed: tuple[str, str]) -> None:
        super().__init__(_("Turn away: {who}", who=who), list(TurnAwayReason), typed)
