"""What the commands of HQ share: where it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.output import this_home
from butler_tui.errors import SetUpWrong
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.hq.keys import Folder


def folder_option() -> Path | None:
    """Return the option that names HQ's folder."""
    return typer.Option(None, "--dir", help=_("HQ's folder."))  # type: ignore[no-any-return]


def dsn_option() -> str | None:
    """Return the option that names HQ's database."""
    return typer.Option(  # type: ignore[no-any-return]
        None,
        "--dsn",
        metavar="DSN",
        help=_("The PostgreSQL database that keeps HQ's rows, in place of a file; or the variable BUTLER_HQ_DSN."),
    )


def blobs_option() -> Path | None:
    """Return the option that names the folder of pictures."""
    return typer.Option(  # type: ignore[no-any-return]
        None, "--blobs", help=_("The folder of pictures; servers with one database share it.")
    )


def hq_folder(given: Path | None, dsn: str | None = None) -> Folder:
    """Return where HQ is, by option, variable or habit; raises SetUpWrong where its part is not installed."""
    try:
        import granian  # noqa: F401 (HQ's part is an extra)
        import starlette  # noqa: F401
    except ImportError as error:
        raise SetUpWrong(
            N_("This installation has no HQ part. Install it with: pip install 'butler-tui[hq]'")
        ) from error
    from butler_tui.hq.keys import Folder

    return Folder(given or this_home().hq, dsn or os.environ.get("BUTLER_HQ_DSN") or None)
