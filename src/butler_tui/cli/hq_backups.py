"""`butler hq backup` and `butler hq restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.asking import PASSPHRASE_VARIABLE, ask_hidden, new_passphrase_typed
from butler_tui.cli.hq_options import blobs_option, dsn_option, folder_option, hq_folder
from butler_tui.cli.output import now_ms, say
from butler_tui.cli.progress import steps
from butler_tui.labels import day_and_clock
from butler_tui.words import _
from butler_tui.zones import zone_called

if TYPE_CHECKING:
    from butler_tui.hq.restoring import Restored


def register_backup(hq: typer.Typer) -> None:
    """Add `butler hq backup`."""

    @hq.command(help=_("Write an encrypted backup of all of HQ to FILE, beside a running server."))
    def backup(
        file: Path = typer.Argument(help=_("Where the backup is to be, on another disk.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        blobs: Path | None = blobs_option(),
        without_pictures: bool = typer.Option(False, "--without-pictures", help=_("Leave the pictures out.")),
    ) -> None:
        place = hq_folder(folder, dsn)
        from butler_tui.hq import backups

        passphrase = new_passphrase_typed()
        with steps() as told:
            counts = backups.back_up(
                place,
                file,
                lambda: passphrase,
                now_ms(),
                blobs=blobs,
                with_pictures=not without_pictures,
                told=told,
            )
        say(_("The backup is in {file}, and was read again to the end.", file=file.absolute()))
        say(_("It has {changes} changes of {estates} estates, and {pictures} pictures. It opens with the recovery "
              "passphrase.", changes=counts.rows["change_log"], estates=counts.rows["estate"],
              pictures=counts.pictures))  # fmt: skip


def register_restore(hq: typer.Typer) -> None:
    """Add `butler hq restore`."""

    @hq.command(help=_("Make HQ anew from a backup; the terminals send what it lacks at their next sync."))
    def restore(
        file: Path = typer.Argument(help=_("The backup.")),
        replace: bool = typer.Option(
            False, "--replace", help=_("Put it in the place of the HQ that is there; that one is kept aside.")
        ),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        blobs: Path | None = blobs_option(),
    ) -> None:
        place = hq_folder(folder, dsn)
        from butler_tui.hq import restoring

        with steps() as told:
            done = restoring.restore(
                place,
                file,
                lambda: ask_hidden(_("Recovery passphrase"), PASSPHRASE_VARIABLE),
                now_ms(),
                replace=replace,
                blobs=blobs,
                told=told,
            )
        say(_restored(done))
        for kept in done.kept:
            say(_("What was here before is kept in {file}.", file=kept))
        say(_("Start it with `butler hq serve`. Terminals send what they have and it lacks at their next sync; codes "
              "that were not used yet have to be made anew."))  # fmt: skip


def _restored(done: Restored) -> str:
    held = {"changes": done.counts.rows["change_log"], "estates": done.counts.rows["estate"]}
    made = day_and_clock(done.made_ms, zone_called(done.time_zone or "UTC"))
    return _(
        "HQ is again as it was at {time}: {changes} changes of {estates} estates, {pictures} pictures.",
        time=made,
        pictures=done.counts.pictures,
        **held,
    )
