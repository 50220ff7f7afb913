"""Pictures on this terminal: what lies in the folder beside the database, what HQ has of it, and what is still to come.

The file of a picture is written before the row that names it, and taken away before or with it: a crash in between
leaves a file that nobody names, which `sweep` takes away after a week, never a row without its picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from butler_tui.blob_folder import BlobFolder
from butler_tui.errors import FileTrouble, RuleBroken
from butler_tui.paths import Home
from butler_tui.store.database import Connection, plain_errors, transaction
from butler_tui.store.local import Store
from butler_tui.words import N_

_FIRST_WAIT_MS = 10 * 60_000
_LONGEST_WAIT_MS = 24 * 3_600_000
_STRAY_MS = 7 * 24 * 3_600_000
_BROKEN_KEPT_MS = 7 * 24 * 3_600_000
_MIB = 1024 * 1024

_IN_TIME = "(b.not_before_ms IS NULL OR b.not_before_ms <= ?1 OR b.not_before_ms > ?1 + ?2)"  # a clock may fall back
_NOT_AT_HQ = "(b.at_hq IS NULL OR b.at_hq IS NOT (SELECT hq_gen FROM sync_state))"


@dataclass(frozen=True, slots=True)
class Due:
    """A picture to send or to fetch, as its row names it."""

    attachment_id: bytes
    sha256: bytes
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of the pictures is not where it should be: to send, with its bytes, to fetch, and why HQ refused some."""

    to_send: int
    bytes_to_send: int
    to_fetch: int
    refused: Mapping[str, int]


def folder_of(home: Home) -> Path:
    """Return where the pictures of a terminal lie: beside its database."""
    return home.database.with_name(home.database.name + ".pictures")


def folder(store: Store) -> BlobFolder:
    """Return this terminal's pictures.

    Their key comes from the terminal's identity, which a backup carries: after a restore they still open.
    """
    return BlobFolder(folder_of(store.home), store.keys.box)


def keep(store: Store, attachment_id: bytes, content: bytes, quota_mb: int) -> None:
    """Write a new picture durably, before its row; the oldest ones that HQ has make room where there is none.

    Raises RuleBroken where they do not suffice, FileTrouble where the disk refuses; then nothing is kept.
    """
    with plain_errors(folder_of(store.home)):
        if not make_room(store, len(content), quota_mb):
            raise RuleBroken(
                N_("There is no more room for pictures on this computer: {most} MiB. They go once HQ has them."),
                most=quota_mb,
            )
        folder(store).write(attachment_id, content)


def note_kept(connection: Connection, attachment_id: bytes) -> None:
    """Write down, in the transaction of its row, that a picture lies here and is to be sent."""
    connection.execute("INSERT INTO blob (attachment_id, here) VALUES (?, 1)", (attachment_id,))


def make_room(store: Store, size: int, quota_mb: int) -> bool:
    """Take the oldest pictures away that HQ has until `size` more bytes fit into the quota; tell whether they do."""
    blobs, connection = folder(store), store.connection
    left = quota_mb * _MIB - blobs.used() - size
    if left >= 0:
        return True
    rows = connection.execute(
        "SELECT b.attachment_id, a.bytes FROM blob b JOIN attachment a USING (attachment_id)"
        " WHERE b.here = 1 AND b.at_hq = (SELECT hq_gen FROM sync_state) ORDER BY b.attachment_id"
    ).fetchall()
    if left + sum(row[1] for row in rows) < 0:
        return False
    for row in rows:
        if left >= 0:
            break
        connection.execute("UPDATE blob SET here = 0 WHERE attachment_id = ?", (row[0],))
        blobs.forget(row[0])
        left += row[1]
    return True


def content_of(store: Store, attachment_id: bytes) -> bytes:
    """Return a picture; raises RuleBroken where it is not here (yet), or is damaged: then it is fetched again."""
    try:
        with plain_errors(folder_of(store.home)):
            try:
                return folder(store).content(attachment_id)
            except FileNotFoundError as error:
                raise RuleBroken(N_("This picture is not on this computer yet: it comes with a sync.")) from error
    except (ValueError, RuleBroken) as error:
        store.connection.execute("UPDATE blob SET here = 0 WHERE attachment_id = ?", (attachment_id,))
        if isinstance(error, RuleBroken):
            raise
        folder(store).forget(attachment_id)
        raise FileTrouble(
            N_("This picture is damaged. It is fetched again with the next sync, if HQ has it.")
        ) from error


def of_record(connection: Connection, table: str, record_id: bytes) -> list[bytes]:
    """Return the ids of the attachments of a record, oldest first; those whose picture is erased left out."""
    rows = connection.execute(
        "SELECT attachment_id FROM attachment WHERE subject_id = ? AND subject_table = ? AND sha256 IS NOT NULL"
        " ORDER BY attachment_id",
        (record_id, table),
    )
    return [row[0] for row in rows]


def to_send(connection: Connection, now_ms: int, most: int) -> list[Due]:
    """Return up to `most` pictures that HQ, as it is now, is not known to have, oldest first; `now_ms` is UTC ms."""
    rows = connection.execute(
        "SELECT a.attachment_id, a.sha256, a.bytes, a.media_type FROM blob b JOIN attachment a USING (attachment_id)"
        f" WHERE b.here = 1 AND a.sha256 IS NOT NULL AND {_NOT_AT_HQ}"
        f" AND {_IN_TIME} ORDER BY a.attachment_id LIMIT ?3",
        (now_ms, _LONGEST_WAIT_MS, most),
    )
    return [Due(*row) for row in rows]


def to_fetch(connection: Connection, now_ms: int, most: int) -> list[Due]:
    """Return up to `most` pictures that are named here and do not lie here, newest first; `now_ms` is UTC ms."""
    rows = connection.execute(
        "SELECT a.attachment_id, a.sha256, a.bytes, a.media_type FROM attachment a LEFT JOIN blob b"
        " USING (attachment_id) WHERE coalesce(b.here, 0) = 0 AND a.sha256 IS NOT NULL"
        f" AND {_IN_TIME} ORDER BY a.attachment_id DESC LIMIT ?3",
        (now_ms, _LONGEST_WAIT_MS, most),
    )
    return [Due(*row) for row in rows]


def some_at_hq(connection: Connection, most: int) -> list[bytes]:
    """Return up to `most` pictures that lie here and that HQ is believed to have, whichever."""
    rows = connection.execute(
        "SELECT b.attachment_id FROM blob b JOIN attachment a USING (attachment_id) WHERE b.here = 1"
        " AND a.sha256 IS NOT NULL AND b.at_hq = (SELECT hq_gen FROM sync_state) ORDER BY random() LIMIT ?",
        (most,),
    )
    return [row[0] for row in rows]


def doubt(connection: Connection) -> None:
    """HQ lacks a picture that it had: no longer believe of any that lies here that it is there."""
    connection.execute("UPDATE blob SET at_hq = NULL WHERE here = 1")


def note_at_hq(connection: Connection, attachment_ids: Iterable[bytes], *, here: bool = False) -> None:
    """Write down that HQ, as it is now, has these pictures; with `here`, that they lie here too."""
    connection.executemany(
        "INSERT INTO blob (attachment_id, here, at_hq) SELECT ?1, ?2, hq_gen FROM sync_state WHERE true"
        " ON CONFLICT (attachment_id) DO UPDATE SET here = max(here, excluded.here), at_hq = excluded.at_hq,"
        " refused = NULL, tries = 0, not_before_ms = NULL",
        [(one, int(here)) for one in attachment_ids],
    )


def note_refused(connection: Connection, attachment_ids: Iterable[bytes], code: str, now_ms: int) -> None:
    """Write down why HQ did not take or give these, to be tried again later and later (10 minutes to a day)."""
    with transaction(connection):
        connection.executemany(
            "INSERT INTO blob (attachment_id, refused, tries, not_before_ms) VALUES (?1, ?2, 1, ?3 + ?4)"
            " ON CONFLICT (attachment_id) DO UPDATE SET refused = ?2, tries = tries + 1,"
            " not_before_ms = ?3 + min(?5, ?4 << min(tries, 10))",
            [(one, code, now_ms, _FIRST_WAIT_MS, _LONGEST_WAIT_MS) for one in attachment_ids],
        )


def waiting(connection: Connection) -> Waiting:
    """Return what of the pictures is not where it should be."""
    sent = connection.execute(
        "SELECT count(*), coalesce(sum(a.bytes), 0) FROM blob b JOIN attachment a USING (attachment_id)"
        f" WHERE b.here = 1 AND a.sha256 IS NOT NULL AND {_NOT_AT_HQ}"
    ).fetchone()
    fetched = connection.execute(
        "SELECT count(*) FROM attachment a LEFT JOIN blob b USING (attachment_id)"
        " WHERE coalesce(b.here, 0) = 0 AND a.sha256 IS NOT NULL"
    ).fetchone()
    refused = connection.execute(
        "SELECT refused, count(*) FROM blob WHERE refused IS NOT NULL GROUP BY refused ORDER BY refused"
    ).fetchall()
    return Waiting(sent[0], sent[1], fetched[0], {row[0]: row[1] for row in refused})


def forget(store: Store, attachment_ids: Sequence[bytes]) -> None:
    """Take the pictures of these records away: erased, out of scope, or kept long enough. Raises FileTrouble."""
    if not attachment_ids:
        return
    with plain_errors(folder_of(store.home)):
        folder(store).forget_these(attachment_ids)
    store.connection.executemany("DELETE FROM blob WHERE attachment_id = ?", [(one,) for one in attachment_ids])


def forget_all(store: Store) -> None:
    """Take every picture away, and the folder: this terminal is revoked."""
    with plain_errors(folder_of(store.home)):
        folder(store).forget_all()
    store.connection.execute("DELETE FROM blob")


def sweep(store: Store, now_ms: int) -> None:
    """Make folder and rows agree, after a restore too; `now_ms` is UTC ms.

    What erased records, broken transfers and crashes have left is taken away; a picture that a row names and that lies
    here counts as here, and one that has gone is to be fetched.
    """
    connection = store.connection
    gone = connection.execute(
        "SELECT b.attachment_id FROM blob b LEFT JOIN attachment a USING (attachment_id) WHERE a.sha256 IS NULL"
    ).fetchall()
    forget(store, [row[0] for row in gone])
    rows = connection.execute(
        "SELECT a.attachment_id, coalesce(b.here, 0) FROM attachment a LEFT JOIN blob b USING (attachment_id)"
        " WHERE a.sha256 IS NOT NULL"
    ).fetchall()
    named = {row[0]: row[1] for row in rows}
    with plain_errors(folder_of(store.home)):
        here = folder(store).these(named)
        folder(store).clean(now_ms - _BROKEN_KEPT_MS)
        folder(store).forget_others(set(named), now_ms - _STRAY_MS)
    changed = [(one, int(one in here)) for one, was in named.items() if was != (one in here)]
    if changed:
        with transaction(connection):
            connection.executemany(
                "INSERT INTO blob (attachment_id, here) VALUES (?1, ?2)"
                " ON CONFLICT (attachment_id) DO UPDATE SET here = ?2",
                changed,
            )
