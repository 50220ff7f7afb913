"""Putting a restored HQ in the place of its folder's files: one renaming decides, and what was there is kept.

What is restored is staged in the folder itself (which may be the root of a disk). Once all of it is there, the stage is
renamed; from then on whoever opens HQ first finishes what a power cut left (`finish`, in `admin.opened`).
"""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from butler_tui.hq import authority
from butler_tui.hq.keys import Folder
from butler_tui.private_file import sync_folder

_STAGED, _WHOLE, _BEFORE = "restoring-", "restored-", "before-"
_KEEP = "keep-what-was-there"
_PATIENCE_S = 20.0


def files_of(folder: Folder) -> tuple[Path, ...]:
    """Return the files of HQ's folder that belong to it beside the rows; the address need not be there."""
    names = (authority.AUTHORITY, authority.AUTHORITY_KEY, authority.SERVER, authority.SERVER_KEY)
    return (folder.keys, *(folder.file(name) for name in names), folder.address)


def begin(folder: Folder, moment: str) -> Path:
    """Return an empty stage for what is restored at `moment` (a part of file names); raises OSError."""
    clear(folder)
    stage = folder.file(_STAGED + moment)
    stage.mkdir(mode=0o700, parents=True)
    return stage


def clear(folder: Folder) -> None:
    """Remove stages that were never whole; a stage holds files only."""
    for stage in folder.path.glob(_STAGED + "*"):
        for file in stage.iterdir():
            file.unlink()
        stage.rmdir()


def decide(folder: Folder, stage: Path) -> Path:
    """Put in place what is staged: from here on it will be, whatever happens. Return where what was there is kept."""
    (stage / _KEEP).touch()
    sync_folder(stage)
    whole = stage.with_name(_WHOLE + stage.name.removeprefix(_STAGED))
    stage.rename(whole)
    sync_folder(folder.path)
    finish(folder)
    return _aside(folder, whole)


def finish(folder: Folder) -> None:
    """Put in place what was staged whole, where a power cut came between; raises OSError where the disk refuses."""
    if not any(folder.path.glob(_WHOLE + "*")):
        return
    with FileLock(folder.file("hq.restore-lock"), timeout=_PATIENCE_S):
        for whole in sorted(folder.path.glob(_WHOLE + "*")):
            if (whole / _KEEP).exists():
                _keep_aside(folder, _aside(folder, whole))
                (whole / _KEEP).unlink()
                sync_folder(whole)
            for file in whole.iterdir():
                file.rename(folder.file(file.name))
            sync_folder(folder.path)
            whole.rmdir()


def _aside(folder: Folder, whole: Path) -> Path:
    return folder.file(_BEFORE + whole.name.removeprefix(_WHOLE))


def _keep_aside(folder: Folder, aside: Path) -> None:
    """Move HQ's files and its rows out of the way; pictures stay, and so does the log."""
    present = [file for file in files_in_place(folder) if file.exists()]
    if not present:
        return
    aside.mkdir(mode=0o700, exist_ok=True)
    for file in present:
        file.rename(aside / file.name)
    sync_folder(aside)
    sync_folder(folder.path)


def files_in_place(folder: Folder) -> list[Path]:
    """Return all that makes an HQ of this folder, there or not; what the driver keeps beside the rows comes first."""
    rows = [folder.database.with_name(folder.database.name + ending) for ending in ("-wal", "-shm", "")]
    return [*rows, *files_of(folder)]
