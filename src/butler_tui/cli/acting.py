"""Who acts by a command: `--as NUMBER`, with the PIN from `BUTLER_PIN` or a prompt that shows nothing.

Every command that writes in a person's name declares `number: str = as_option()`, and calls `acting(store, number)`
once the file is open. The same PINs, and the same waits after wrong ones, hold here as at the screens.
"""

from __future__ import annotations

import typer

from butler_tui.cli.asking import ask, ask_hidden
from butler_tui.cli.output import now_ms
from butler_tui.desk.own_pin import require_own_pin
from butler_tui.desk.session import Session
from butler_tui.desk.shifts import sign_in
from butler_tui.domain.folding import fold
from butler_tui.errors import SetUpWrong
from butler_tui.store import estates
from butler_tui.store.local import Store
from butler_tui.words import N_, _

PIN_VARIABLE = "BUTLER_PIN"


def as_option() -> str:
    """Return the option by which a command is told who acts."""
    return typer.Option(..., "--as", help=_("Your staff number; the PIN comes from BUTLER_PIN or is asked for."))  # type: ignore[no-any-return]


def asked_option() -> str:
    """Return the option of a command that only reads: who looks is asked for where it is not given."""
    return typer.Option("", "--as", help=_("Your staff number; asked for where it is not given."))  # type: ignore[no-any-return]


def acting(store: Store, number: str) -> Session:
    """Return the session of the person with this staff number, once their PIN is right.

    Raises WrongPin (also while a wait after wrong tries runs), RuleBroken where the PIN is one to start with,
    WrongUsage where it is neither given nor can be asked for, SetUpWrong where this computer stands at no gate. What
    they may do is for the use case to ask.
    """
    number = number or ask(_("Staff no."), "--as")
    gate = estates.gate_of_terminal(store.connection)
    if gate is None and estates.estate(store.connection) is not None:
        raise SetUpWrong(N_("This computer stands at no gate yet. Run butler and choose one."))
    if gate is None:
        raise SetUpWrong(N_("This computer has no estate or gate yet. Set it up with: butler init"))
    pin = ask_hidden(_("PIN"), PIN_VARIABLE)
    person = sign_in(store, fold(number).strip(), fold(pin).strip(), now_ms())
    require_own_pin(store, person)
    return Session(person, gate.gate_id)
