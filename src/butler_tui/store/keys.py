"""The key file: what opens the database, hashes for matching, the terminal's identity, and the months' keys.

It lies beside the settings with mode 0600 and is never inside a database. A backup carries the identity, sealed
(store/backups.py), but neither the months' keys nor what opens the file in use. It is written to a new file, synced to
disk and renamed into place, so a power cut leaves either the old keys or the new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from butler_tui.errors import SetUpWrong
from butler_tui.private_file import create_private, refuse_open_to_others, write_private
from butler_tui.store.sealing_off import refuse_sealed
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything secret on a terminal, as raw bytes.

    `database` 32 bytes and `salt` 16 bytes open the file; `match` keys the hashes by which people are found again;
    `pepper` goes into PIN verifiers; `sign` (Ed25519) and `box` (X25519) are the terminal's own private keys;
    `months` maps a month_key_id (hex) to the 32-byte key of that month, and `named` to the month ("2026-11"): the id
    tells it only to the incarnation of the file that made it. A key from an older program has no name.

    HQ hands the rest at a hello: `by_hq` are the ids (hex) of the months' keys that it made; `overrides` maps staff ids
    (hex) to the keys of codes by which they let visitors in; `peppers` maps ids to the peppers of other machines, on
    which PINs were set that hold here too. `handed` names what was handed last, `told` which PINs HQ was told; it is
    None where HQ does not ask this terminal for them.
    """

    database: bytes
    salt: bytes
    match: bytes
    pepper: bytes
    sign: bytes
    box: bytes
    months: Mapping[str, bytes] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    by_hq: frozenset[str] = frozenset()
    overrides: Mapping[str, bytes] = field(default_factory=dict)
    peppers: Mapping[str, bytes] = field(default_factory=dict)
    handed: str = ""
    told: str | None = None

    def pepper_called(self, pepper_id: str | None) -> bytes | None:
        """Return the pepper of this id, the terminal's own for None; None where it is not here."""
        return self.pepper if pepper_id in (None, pepper_id_of(self.pepper)) else self.peppers.get(pepper_id or "")


_RAW = tuple(item.name for item in fields(Keys) if item.type == "bytes")
_NAMED_KEYS = ("months", "overrides", "peppers")


def pepper_id_of(pepper: bytes) -> str:
    """Return the id of a pepper, which tells nothing of it: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(pepper).hexdigest()[:16]


def new_keys() -> Keys:
    """Return fresh random keys for a new terminal."""
    from secrets import token_bytes as token

    return Keys(token(32), token(16), token(32), token(32), token(32), token(32))


def read_keys(file: Path) -> Keys:
    """Return the keys in `file`.

    Raises SetUpWrong where the file is missing, another user's, can be read by others, or is not a key file; Sealed
    where HQ had it destroyed.
    """
    try:
        refuse_sealed(file)
        refuse_open_to_others(file)
        loaded = json.loads(file.read_text("ascii"))
        return _from_json(loaded)
    except FileNotFoundError as error:
        raise SetUpWrong(
            N_(
                "The key file {file} is missing. Without it the records cannot be opened. "
                "Put its copy back, or restore a backup: butler restore BACKUP --replace"
            ),
            file=file,
        ) from error
    except PermissionError as error:
        raise SetUpWrong(
            N_("The key file {file} belongs to another user of this computer. Have it given back: chown USER {file}"),
            file=file,
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetUpWrong(
            N_("The key file {file} cannot be read: it is damaged. Restore it from its copy."), file=file
        ) from error


def write_keys(file: Path, keys: Keys) -> None:
    """Write `keys` to `file` durably, mode 0600; raises OSError where the disk refuses, Sealed where keys are gone."""
    refuse_sealed(file)
    write_private(file, _to_json(keys))


def create_keys(file: Path, keys: Keys) -> None:
    """Write `keys` to a new `file` as `write_keys` does; raises FileExistsError where there is one, which stays."""
    create_private(file, _to_json(keys))


def with_month_key(keys: Keys, month_key_id: bytes, key: bytes, month: str | None = None) -> Keys:
    """Return `keys` with the key of `month` added."""
    named = {**keys.named, month_key_id.hex(): month} if month is not None else keys.named
    return replace(keys, months={**keys.months, month_key_id.hex(): key}, named=named)


def without_month_keys(keys: Keys, month_key_ids: Iterable[bytes]) -> Keys:
    """Return `keys` without some months' keys and their names."""
    gone = {key_id.hex() for key_id in month_key_ids}
    months = {key_id: key for key_id, key in keys.months.items() if key_id not in gone}
    named = {key_id: name for key_id, name in keys.named.items() if key_id in months}
    return replace(keys, months=months, named=named, by_hq=keys.by_hq & months.keys())


def _to_json(keys: Keys) -> bytes:
    content: dict[str, Any] = {name: getattr(keys, name).hex() for name in _RAW}
    for name in _NAMED_KEYS:
        content[name] = {key_id: key.hex() for key_id, key in getattr(keys, name).items()}
    content |= {"named": dict(keys.named), "by_hq": sorted(keys.by_hq), "handed": keys.handed, "told": keys.told}
    return json.dumps(content, indent=1).encode()


def _from_json(loaded: dict[str, Any]) -> Keys:
    loaded = {"overrides": {}, "peppers": {}, "named": {}, "by_hq": (), "handed": "", "told": None, **loaded}
    content: dict[str, Any] = {name: bytes.fromhex(loaded[name]) for name in _RAW}
    for name in _NAMED_KEYS:
        content[name] = {str(key_id): bytes.fromhex(key) for key_id, key in loaded[name].items()}
    content["named"] = {str(key_id): str(month) for key_id, month in loaded["named"].items()}
    content["by_hq"] = frozenset(map(str, loaded["by_hq"]))
    content["handed"] = str(loaded["handed"])
    content["told"] = None if loaded["told"] is None else str(loaded["told"])
    keys = Keys(**content)
    if len(keys.database) != 32 or len(keys.salt) != 16:
        raise ValueError
    return keys
