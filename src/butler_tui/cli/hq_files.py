"""`butler hq import-file`, `export-file`: HQ's end of a stick that goes between it and a terminal without a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.output import now_ms, say
from butler_tui.text import safe
from butler_tui.words import _

if TYPE_CHECKING:
    from butler_tui.hq.keys import Folder


def register(
    hq: typer.Typer,
    place: Callable[[Path | None, str | None], Folder],
    folder_option: Callable[[], Path | None],
    dsn_option: Callable[[], str | None],
) -> None:
    """Add the two commands; `place` finds HQ by what its options say."""

    @hq.command("import-file", help=_("Take what a terminal wrote by `butler sync --to-file`."))
    def import_file(
        file: Path = typer.Argument(help=_("The terminal's file.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
    ) -> None:
        from butler_tui.hq import by_file

        done = by_file.import_file(place(folder, dsn), file, now_ms())
        say(_("From {name}: {taken} taken, {known} known already, {held} held back.",
              name=safe(done.terminal), taken=done.taken, known=done.known, held=done.held))  # fmt: skip

    @hq.command("export-file", help=_("Write the answer to a terminal's last file, for `butler sync --from-file`."))
    def export_file(
        file: Path = typer.Argument(help=_("The file that the terminal wrote; the answer goes to its terminal.")),
        answer: Path = typer.Argument(help=_("The file that the answer is to be.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
    ) -> None:
        from butler_tui.hq import by_file

        pages = by_file.export_file(place(folder, dsn), file, answer, now_ms())
        say(_("The answer is in {file}, in {pages} pages.", file=answer.absolute(), pages=pages))
