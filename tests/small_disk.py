"""A disk of a test's own that can be filled to the last byte, where this computer lets us mount one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class MountedDisk:
    """A disk in memory, mounted at `place`."""

    place: Path

    def fill(self, leave: int = 0) -> None:
        """Leave `leave` bytes free."""
        with (self.place / "ballast").open("ab", buffering=0) as ballast:
            while (free := shutil.disk_usage(self.place).free) > leave:
                ballast.write(bytes(max(1, min(free - leave, 1024 * 1024))))

    def make_room(self) -> None:
        """Free what was filled."""
        (self.place / "ballast").unlink()


@contextmanager
def mounted(place: Path, megabytes: int) -> Iterator[MountedDisk | str]:
    """Mount a disk of so many megabytes in a new folder for a block; where that cannot be, hand over why."""
    place.mkdir()
    mount = shutil.which("mount") or "mount"
    try:
        done = subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], capture_output=True
        )
    except OSError as error:
        yield str(error)
        return
    if done.returncode:
        yield done.stderr.decode(errors="replace").strip()
        return
    try:
        yield MountedDisk(place)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
