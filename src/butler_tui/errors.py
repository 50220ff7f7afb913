"""One small error tree: each error carries a sentence for a person and the exit code of the command line.

The sentence is an English source message with named details; it is put into words only when it is shown.
"""

from __future__ import annotations

import errno
from pathlib import PurePath

from butler_tui.text import safe
from butler_tui.words import N_, _

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_TRY_LATER = 75
EXIT_SET_UP = 78


class ButlerError(Exception):
    """Something that a person must be told: what is wrong and what to do, in one or two sentences."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def sentence(self) -> str:
        """Return the sentence in the chosen language; what stands in it may be anybody's: a file's name, a badge."""
        details = {
            name: safe(str(value)) if isinstance(value, (str, PurePath)) else value
            for name, value in self.details.items()
        }
        return _(self.message, **details)

    def __str__(self) -> str:
        return self.sentence()


class WrongUsage(ButlerError):
    """The words of a command were off."""

    exit_code = EXIT_USAGE


class TryLater(ButlerError):
    """HQ is out of reach or busy; nothing is lost."""

    exit_code = EXIT_TRY_LATER


class SetUpWrong(ButlerError):
    """The set-up stands in the way: keys, trust, versions, enrolment."""

    exit_code = EXIT_SET_UP


class Sealed(SetUpWrong):
    """HQ has revoked this terminal: its keys are destroyed, or are to be now."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "HQ has revoked this terminal, and its records are sealed. "
                "To go on using this computer, ask a supervisor to enrol it again."
            )
        )


class FileTrouble(ButlerError):
    """The local file or its disk is in trouble."""


class NotAllowed(ButlerError):
    """The acting person's role does not carry this act."""


class RuleBroken(ButlerError):
    """A rule of the house stands in the way of what was asked."""


_OF_THE_SYSTEM = {
    errno.ENOENT: N_("no such file or folder"),
    errno.EACCES: N_("no permission"),
    errno.EPERM: N_("no permission"),
    errno.EROFS: N_("it can only be read from, not written to"),
    errno.ENOSPC: N_("the disk is full"),
    errno.EDQUOT: N_("the disk is full"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("a part of its path is no folder"),
    errno.EEXIST: N_("it is there already"),
    errno.EADDRINUSE: N_("another program uses it"),
    errno.EADDRNOTAVAIL: N_("this computer has no such address"),
}


def system_words(error: OSError) -> str:
    """Return why the system refused, in the chosen language; what is rare by its number."""
    known = _OF_THE_SYSTEM.get(error.errno or 0)
    return _(known) if known else _("the system reports error {number}", number=error.errno or 0)
