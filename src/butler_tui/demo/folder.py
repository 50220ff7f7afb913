"""The demo's own folder: told apart from every other by a small file, so that nothing else is ever written over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from butler_tui.errors import FileTrouble, SetUpWrong, system_words
from butler_tui.paths import Home, find_home
from butler_tui.words import N_

_MARK = "demo.json"


class Found(StrEnum):
    """What the folder holds."""

    NOTHING = "nothing"
    DEMO = "demo"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Folder:
    """One demo's folder, which is its BUTLER_HOME."""

    path: Path

    @property
    def home(self) -> Home:
        """Return the places of the demo's terminal."""
        return find_home({"BUTLER_HOME": str(self.path)})

    def look(self) -> Found:
        """Return what is there; raises SetUpWrong where it holds anything that is not a demo, FileTrouble."""
        try:
            if not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir())):
                return Found.NOTHING
            finished = json.loads((self.path / _MARK).read_text("ascii"))["finished"]
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError) as error:
            raise SetUpWrong(
                N_("The folder {folder} holds something that is not a demo. Name another folder with --dir."),
                folder=self.path,
            ) from error
        except OSError as error:
            raise _trouble(self.path, error) from error
        return Found.DEMO if finished is True else Found.UNFINISHED

    def begin(self) -> None:
        """Mark the folder as a demo in the making, and clear away what an interrupted one left; raises FileTrouble."""
        home = self.home
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._mark(finished=False)
            for file in (home.database, home.keys):
                for name in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", ".new"))):
                    name.unlink(missing_ok=True)
        except OSError as error:
            raise _trouble(self.path, error) from error

    def finish(self) -> None:
        """Mark the demo as whole; raises FileTrouble."""
        try:
            self._mark(finished=True)
        except OSError as error:
            raise _trouble(self.path, error) from error

    def _mark(self, *, finished: bool) -> None:
        (self.path / _MARK).write_text(json.dumps({"demo": "butler", "finished": finished}) + "\n", "ascii")


def demo_folder(given: Path | None) -> Folder:
    """Return the folder that was named, else the demo's own place among this user's data."""
    if given is not None:
        return Folder(given.expanduser().resolve())
    import platformdirs

    return Folder(Path(platformdirs.user_data_dir("butler-demo", appauthor=False)))


def _trouble(folder: Path, error: OSError) -> FileTrouble:
    return FileTrouble(
        N_("The folder {folder} cannot be used: {reason}. Nothing was changed."),
        folder=folder,
        reason=system_words(error),
    )
