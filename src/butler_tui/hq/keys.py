"""HQ's folder: its database, its keys, its authority; the key file opens the database and what is sealed to HQ."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from butler_tui.errors import SetUpWrong
from butler_tui.private_file import refuse_open_to_others, write_private
from butler_tui.store.database import RawKey
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class Folder:
    """Where HQ keeps its things; none of them need exist yet. With a `dsn`, its rows are on PostgreSQL instead."""

    path: Path
    dsn: str | None = field(default=None, repr=False)

    def file(self, name: str) -> Path:
        """Return a file of the folder."""
        return self.path / name

    @property
    def database(self) -> Path:
        """The database of all estates, where they are in a file."""
        return self.file("hq.db")

    @property
    def keys(self) -> Path:
        """The key file."""
        return self.file("hq.key")

    @property
    def blobs(self) -> Path:
        """The folder of all estates' pictures."""
        return self.file("blobs")

    @property
    def log(self) -> Path:
        """Where unforeseen trouble is written down."""
        return self.file("hq.log")

    @property
    def address(self) -> Path:
        """The address under which HQ was served last."""
        return self.file("hq.address")


@dataclass(frozen=True, slots=True)
class HqKeys:
    """HQ's secrets: what opens the database, and the X25519 private key to which terminals seal."""

    database: bytes
    salt: bytes
    box: bytes

    def raw(self) -> RawKey:
        """Return what opens the database."""
        return RawKey(self.database, self.salt)


def new_hq_keys() -> HqKeys:
    """Return fresh random keys."""
    return HqKeys(secrets.token_bytes(32), secrets.token_bytes(16), secrets.token_bytes(32))


def write_hq_keys(file: Path, keys: HqKeys) -> None:
    """Write the key file durably, mode 0600; raises OSError where the disk refuses."""
    content = {"database": keys.database.hex(), "salt": keys.salt.hex(), "box": keys.box.hex()}
    write_private(file, json.dumps(content, indent=1).encode())


def read_hq_keys(file: Path) -> HqKeys:
    """Return HQ's keys; raises SetUpWrong where the file is missing, readable by others, or not a key file."""
    try:
        refuse_open_to_others(file)
        loaded = json.loads(file.read_text("ascii"))
        keys = HqKeys(*(bytes.fromhex(loaded[name]) for name in ("database", "salt", "box")))
    except FileNotFoundError as error:
        raise SetUpWrong(
            N_("There is no HQ in {folder}: {file} is not there. Make one with `butler hq init`."),
            folder=file.parent,
            file=file.name,
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetUpWrong(
            N_("The key file {file} cannot be read: it is damaged. Restore it from its copy."), file=file
        ) from error
    if (len(keys.database), len(keys.salt), len(keys.box)) != (32, 16, 32):
        raise SetUpWrong(N_("The key file {file} cannot be read: it is damaged. Restore it from its copy."), file=file)
    return keys
