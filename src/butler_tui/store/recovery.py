"""For whom this terminal's backups are sealed, and when the last was made; this machine's own matter, not synced."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.store.database import Connection


@dataclass(frozen=True, slots=True)
class Recovery:
    """Public X25519 keys only: `passphrase_key` derived from the recovery passphrase with `salt`, `hq_key` HQ's own.

    `backup_ms` is when the last backup was made (UTC ms).
    """

    passphrase_key: bytes | None
    salt: bytes | None
    hq_key: bytes | None
    backup_ms: int | None

    @property
    def is_set(self) -> bool:
        """Tell whether anybody could open a backup."""
        return self.passphrase_key is not None or self.hq_key is not None


def recovery(connection: Connection) -> Recovery:
    """Return for whom backups are sealed."""
    row = connection.execute("SELECT recovery_key, recovery_salt, hq_box_key, backup_ms FROM terminal").fetchone()
    return Recovery(row[0], row[1], row[2], row[3])


def set_passphrase_key(connection: Connection, key: bytes, salt: bytes) -> None:
    """Keep the public key (32 bytes) and the salt (16 bytes) of a recovery passphrase."""
    connection.execute("UPDATE terminal SET recovery_key = ?, recovery_salt = ?", (key, salt))


def note_backup(connection: Connection, now_ms: int) -> None:
    """Write down that a backup was made at `now_ms` (UTC ms)."""
    connection.execute("UPDATE terminal SET backup_ms = ?", (now_ms,))
