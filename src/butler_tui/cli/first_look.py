"""From the first start to the demo: makes it, lets its numbers and PINs be read, and opens it."""

from __future__ import annotations

from butler_tui.cli.app import run
from butler_tui.cli.asking import ask
from butler_tui.errors import EXIT_DONE
from butler_tui.settings import Settings
from butler_tui.words import _


def show_demo(settings: Settings) -> None:
    """Make the demo where there is none, print who can sign in to it, and open its screens at Enter."""
    from butler_tui.demo.folder import demo_folder
    from butler_tui.tui.app import run_screens

    try:
        run(["demo", "--no-open"])
    except SystemExit as ended:
        if ended.code != EXIT_DONE:
            raise
    ask(_("Note one of these numbers with its PIN, then press Enter"), "butler demo")
    run_screens(demo_folder(None).home, settings)
