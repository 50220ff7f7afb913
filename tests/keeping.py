"""What tests of backups share: a passphrase that is set fast, and looking into what a backup holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from butler_tui import passphrases, sealing
from butler_tui.desk import backups
from butler_tui.ids import new_id
from butler_tui.paths import Home, find_home
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.restoring import Restored
from butler_tui.store.written import Written
from tests.conftest import Estate
from tests.serving import real_ms

PASSPHRASE = "四季 桂花 竹影 青石 17"


def another_home(path: Path) -> Home:
    """Return the places of another computer, where nothing is set up."""
    return find_home({"BUTLER_HOME": str(path)})


def back_up(store: Store, target: Path) -> Path:
    """Make a backup that opens with the passphrase, and return its file."""
    backups.set_passphrase(store, lambda: PASSPHRASE, None)
    backups.back_up(store, target, real_ms())
    return target


def restore(home: Home, file: Path, passphrase: str = PASSPHRASE, *, replace: bool = False) -> Restored:
    """Restore a backup with the passphrase."""
    opener = backups.by_passphrase(lambda: passphrase)
    return backups.restore(home, file, opener, replace=replace, now_ms=real_ms())[1]


def files_of(home: Home) -> list[str]:
    """Return the names of what lies in a home, without locks and what the driver keeps beside an open file."""
    passing = ("-lock", "-wal", "-shm")
    return sorted(file.name for file in home.database.parent.iterdir() if not file.name.endswith(passing))


@pytest.fixture
def quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys from passphrases at no price: what the price is worth is another test's matter."""
    from argon2.low_level import Type, hash_secret_raw

    def cheap(passphrase: str, salt: bytes) -> bytes:
        return hash_secret_raw(passphrase.encode(), salt, 1, 8, 1, 32, Type.ID)

    monkeypatch.setattr(sealing, "passphrase_box_key", cheap)
    monkeypatch.setattr(backups, "passphrase_box_key", cheap)
    monkeypatch.setattr(passphrases, "passphrase_box_key", cheap)


def add_gates(store: Store, count: int) -> None:
    """Write so many gates with long names, a hundred an act."""
    for _act in range(0, count, 100):
        gates = [Written("gate", new_id(1), {"name": os.urandom(150).hex()}) for _gate in range(100)]
        record(store, gates, staff_id=None, now_ms=1)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """Return the folder for backups."""
    place = tmp_path / "stick"
    place.mkdir()
    return place


@pytest.fixture
def backup(estate: Estate, stick: Path, quick_passphrases: None) -> Path:
    """Return a backup of the small estate."""
    return back_up(estate.store, stick / "butler.bak")
