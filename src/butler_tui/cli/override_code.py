"""`butler override-code`: a shift lead or supervisor makes a one-time code for a guard on the phone."""

from __future__ import annotations

import typer

from butler_tui.cli.acting import acting, as_option
from butler_tui.cli.asking import ask
from butler_tui.cli.output import now_ms, open_terminal, say
from butler_tui.words import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("override-code", help=_("Make the code by which a guard on the phone lets one visitor in."))
    def override_code(
        challenge: str = typer.Argument(help=_("The eight digits on the guard's screen.")),
        number: str = as_option(),
        guard: str = typer.Option("", "--guard", help=_("The guard's staff number; asked for where it is not given.")),
        why: str = typer.Option("", "--why", help=_("Who is let in, and why; asked for where it is not given.")),
    ) -> None:
        from butler_tui.desk.override_codes import asked, code_for
        from butler_tui.desk.override_words import asked_words

        with open_terminal() as store:
            session = acting(store, number)
            what = asked(store, session, challenge, guard or ask(_("Staff number of the guard"), "--guard"))
            say(asked_words(what))
            code = code_for(store, session, what, why or ask(_("Who is let in, and why"), "--why"), now_ms())
        typer.echo(code)
        say(_("Tell the guard these six digits. They hold for this visitor only; it is written down."))
