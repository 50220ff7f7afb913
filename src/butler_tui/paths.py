"""Where this terminal keeps its things: one folder with `BUTLER_HOME`, else the platform's own places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Home(NamedTuple):
    """The files of one terminal; none of them need exist yet."""

    database: Path
    keys: Path
    settings: Path
    log: Path
    sync_lock: Path
    hq: Path


def find_home(environment: Mapping[str, str]) -> Home:
    """Return the places for this environment: `BUTLER_HOME`, else platformdirs; `BUTLER_DB` moves the database."""
    one_folder = environment.get("BUTLER_HOME")
    if one_folder:
        data = config = state = Path(one_folder)
    else:
        import platformdirs

        data = Path(platformdirs.user_data_dir("butler", appauthor=False))
        config = Path(platformdirs.user_config_dir("butler", appauthor=False))
        state = Path(platformdirs.user_log_dir("butler", appauthor=False))
    database = Path(environment.get("BUTLER_DB") or data / "butler.db")
    return Home(
        database=database,
        keys=config / "butler.key",
        settings=config / "settings.toml",
        log=state / "butler.log",
        sync_lock=database.with_name(database.name + ".sync-lock"),
        hq=data / "hq",
    )
