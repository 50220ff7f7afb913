"""The end of a terminal: every key on it is destroyed, so that its file, pictures and copies open nowhere any more.

A mark beside the key file is durable before the first key is touched: who finds it goes on destroying, whenever the
power was cut, and no program writes keys there again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from butler_tui.errors import Sealed
from butler_tui.private_file import sync_folder, write_private


def mark_of(keys: Path) -> Path:
    """Return the file that says that the keys in `keys` are destroyed, or about to be."""
    return keys.with_name(keys.name + ".destroyed")


def refuse_sealed(keys: Path) -> None:
    """Raise Sealed where the keys in `keys` are destroyed; what a power cut has left of them goes now."""
    if mark_of(keys).exists():
        _overwrite(keys)
        raise Sealed


def destroy(keys: Path, now_ms: int) -> None:
    """Destroy the key file, and what restores have kept of older ones; raises OSError where the disk refuses.

    `now_ms` (UTC ms) is kept in the mark. What one call has left another destroys.
    """
    write_private(mark_of(keys), b'{"destroyed_ms": %d}\n' % now_ms)
    _overwrite(keys)


def _overwrite(keys: Path) -> None:
    """Write over every copy of the keys where it lies, then remove it."""
    names = (keys.name, f"{keys.name}.new", f"{keys.name}.restored")
    copies = [keys.with_name(name) for name in names]
    there = [file for file in (*copies, *sorted(keys.parent.glob(f"{keys.name}.replaced-*"))) if file.exists()]
    for file in there:
        with file.open("r+b") as stream:
            stream.write(secrets.token_bytes(file.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        file.unlink(missing_ok=True)
    if there:
        sync_folder(keys.parent)
