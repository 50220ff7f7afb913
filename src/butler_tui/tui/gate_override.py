"""Asking a shift lead or supervisor to let a visitor in: with their PIN at the booth, or by a code over the phone."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from butler_tui.desk.gate import Override
from butler_tui.desk.session import Session
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.override import OverrideDialog
from butler_tui.tui.dialogs.override_by_code import Held, OverrideByCodeDialog


def ask_override(
    screen: Screen[None], here: Context, session: Session, held: Held, decided: Callable[[Override], None]
) -> None:
    """Ask over `screen`, and call `decided` once somebody who may has allowed it."""

    def answered(override: Override | None) -> None:
        if override is not None:
            decided(override)

    def by_code() -> OverrideByCodeDialog:
        return OverrideByCodeDialog(here, session, held)

    screen.app.push_screen(OverrideDialog(here, held.who, held.found, by_code), answered)
