"""`butler`, also `python -m butler_tui`: no argument opens the screens, anything else is a command.

Nothing is imported before it is known which of the two it is: `butler sync` never loads the screens.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from butler_tui import words
from butler_tui.errors import ButlerError
from butler_tui.paths import Home, find_home
from butler_tui.settings import Settings, read_settings

COMPLETING = "_BUTLER_COMPLETE"
"""Set by a shell that asks for the words that may follow: it calls the program without any."""
_STOPPED = 130
"""How a shell counts what Ctrl+C ended, and Typer too."""


def main() -> NoReturn:
    """Run what was asked for, and leave with its exit code; no traceback reaches a person."""
    try:
        _leave_no_core()
        _main(sys.argv[1:], find_home(os.environ))
    except KeyboardInterrupt:  # before a command had begun, or after its end: nothing is to be said of it
        sys.exit(_STOPPED)
    sys.exit(0)


def _main(arguments: list[str], home: Home) -> None:
    words.speak(words.choose_language(os.environ))
    try:
        settings = read_settings(home.settings, os.environ)
        words.speak(words.choose_language({"BUTLER_LANG": settings.lang}))
        _run(arguments, home, settings)
    except ButlerError as error:
        from butler_tui.cli.output import say_error

        sys.exit(say_error(error))
    except Exception as error:
        from butler_tui import crash_log
        from butler_tui.cli.output import say_unforeseen

        crash_log.keep(home.log, error)
        sys.exit(say_unforeseen(home.log))


def _leave_no_core() -> None:
    """Let a crash write no image of what is in memory to a disk: keys stand in it, and who came, in the clear."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run(arguments: list[str], home: Home, settings: Settings) -> None:
    if arguments or COMPLETING in os.environ:
        from butler_tui.cli.app import run

        run(arguments)
    else:
        from butler_tui.tui.app import run_screens

        if run_screens(home, settings):
            from butler_tui.cli.first_look import show_demo

            show_demo(settings)


if __name__ == "__main__":
    main()
