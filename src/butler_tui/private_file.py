"""Files that only their owner may read: key files on a terminal and at HQ."""

from __future__ import annotations

import os
from pathlib import Path

from butler_tui.errors import SetUpWrong
from butler_tui.words import N_


def write_private(file: Path, content: bytes) -> None:
    """Write `content` to `file` durably and in one step, readable by its owner only; OSError where the disk refuses."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    _fill(descriptor, content)
    fresh.replace(file)
    sync_folder(file.parent)


def create_private(file: Path, content: bytes) -> None:
    """Write a new `file` durably, readable by its owner only.

    Raises FileExistsError where there is one, which stays as it is; OSError where the disk refuses, and none is left.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _fill(descriptor, content)
        sync_folder(file.parent)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _fill(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Make what was created or renamed in `folder` durable; raises OSError where the disk refuses."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def refuse_anothers(file: Path) -> None:
    """Raise SetUpWrong where root is about to work with the `file` of somebody else.

    Whatever is written anew beside it, the keys first of all, would be root's, and its owner locked out.
    """
    if os.name != "posix" or os.geteuid() != 0 or not file.exists():
        return
    owner = file.stat().st_uid
    if owner != 0:
        raise SetUpWrong(
            N_("{folder} belongs to {user}: run this as {user}, not as root, who would take its files away from them."),
            folder=file.parent,
            user=_called(owner),
        )


def _called(user: int) -> str:
    """Return the name of a user, or what stands for a number where a name is asked for."""
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def refuse_open_to_others(file: Path) -> None:
    """Raise SetUpWrong where other users of this computer may read `file`; OSError where it is not there."""
    mode = file.stat().st_mode
    if os.name == "posix" and mode & 0o077:
        raise SetUpWrong(
            N_(
                "The key file {file} can be read by other users of this computer. "
                "Run: chmod 600 {file} and ask whether the keys should be changed."
            ),
            file=file,
        )
