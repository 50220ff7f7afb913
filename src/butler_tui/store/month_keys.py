"""The months' keys: made here, kept in the key file only, and told to HQ sealed to its own key."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from butler_tui.errors import ButlerError, FileTrouble
from butler_tui.ids import id_text, ruled_id
from butler_tui.sealing import seal_to
from butler_tui.store import estates
from butler_tui.store.database import Connection, plain_errors
from butler_tui.store.journal import record
from butler_tui.store.keys import Keys, read_keys, with_month_key, without_month_keys, write_keys
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.words import N_

PURPOSE = "month key"
"""What is bound into a month's key when it is sealed to HQ."""
_MOST_IN_ONE_ACT = 100
_PATIENCE_S = 1.0
"""A guard waits for this before a screen."""

_threads = threading.Lock()


def month_key_for(store: Store, month: str, now_ms: int) -> tuple[bytes, bytes]:
    """Return the id and the 32 bytes of the key of `month` ("2026-11", estate's zone).

    A new key is in the key file, durably, before this returns, and recorded for HQ in a group of its own: were the
    first visit that uses it held back at HQ, the key would be held back with it, and every later number of the month
    be closed there. So call it before the transaction that uses the key. Nothing is recorded before enrolment;
    `record_missing` makes up for that, and nothing of a key that HQ made and handed, which comes first. Raises
    FileTrouble where the disk refuses. `now_ms` is UTC ms.
    """
    month_key_id = _month_key_id(store, month)
    key = store.keys.months.get(month_key_id.hex())
    if key is None:
        store.refresh_keys()  # a sync may have brought one meanwhile
    if (by_hq := _by_hq(store, month)) is not None:
        return by_hq
    key = key or _kept(store, month_key_id, month)
    _recorded(store, _written(store, month_key_id, month), now_ms)
    return month_key_id, key


def record_missing(store: Store, now_ms: int) -> int:
    """Record the keys made here of which HQ was not told because this terminal was not enrolled yet; return how many.

    A key that seals nothing is not told: it goes before the first record that uses it.
    """
    if estates.estate(store.connection) is None:
        return 0
    zone = estates.zone(store.connection)
    store.refresh_keys()
    untold = store.connection.execute(
        "SELECT s.month_key_id, min(v.registered_ms) FROM document_secret s JOIN visit v USING (visit_id)"
        " WHERE s.month_key_id NOT IN (SELECT month_key_id FROM month_key) GROUP BY s.month_key_id LIMIT ?",
        (_MOST_IN_ONE_ACT,),
    ).fetchall()
    written: list[Written] = []
    for month_key_id, registered_ms in untold:
        month = datetime.fromtimestamp(registered_ms / 1000, zone).strftime("%Y-%m")
        if made_here(store.connection, month_key_id, month) and month_key_id.hex() in store.keys.months:
            written += _written(store, month_key_id, month)
    return _recorded(store, written, now_ms)


def made_here(connection: Connection, month_key_id: bytes, month: str) -> bool:
    """Tell whether an incarnation of this file made the key of this id for `month`."""
    epochs = connection.execute("SELECT epoch FROM epoch").fetchall()
    return any(month_key_id == ruled_id(epoch, PURPOSE, month) for (epoch,) in epochs)


def months_of_keys(store: Store, months: Iterable[str]) -> dict[bytes, str]:
    """Return which month each key of the key file is for, and of those kept aside by a restore, by month_key_id.

    Keys that an older program made have no name there: of them, what this file can tell, by the ids that its
    incarnations have had for `months`, those that come into question.
    """
    store.refresh_keys()
    epochs = [row[0] for row in store.connection.execute("SELECT epoch FROM epoch")]
    known = {ruled_id(epoch, PURPOSE, month): month for month in months for epoch in epochs}
    known |= {row[0]: row[1] for row in store.connection.execute("SELECT month_key_id, month FROM month_key")}
    every = [store.keys, *(keys for _file, keys in _aside(store))]
    known |= {bytes.fromhex(key_id): month for keys in every for key_id, month in keys.named.items()}
    return {key_id: month for key_id, month in known.items() if any(key_id.hex() in keys.months for keys in every)}


def sealing_here(store: Store) -> list[tuple[str, str, bytes]]:
    """Return the keys (id as text, month, 32 bytes) that HQ has handed and with which a number is sealed here."""
    store.refresh_keys()
    used = {row[0] for row in store.connection.execute("SELECT DISTINCT month_key_id FROM document_secret")}
    told = recorded(store.connection)
    return [
        (id_text(key_id), store.keys.named[key_id.hex()], store.keys.months[key_id.hex()])
        for key_id in sorted(used - told)
        if key_id is not None and key_id.hex() in store.keys.months and key_id.hex() in store.keys.named
    ]


def forget_aside(store: Store, month_key_ids: Iterable[bytes]) -> None:
    """Take months' keys out of the key files that restores have kept aside; raises FileTrouble."""
    gone = {key_id.hex() for key_id in month_key_ids}
    for file, keys in _aside(store):
        if gone & keys.months.keys():
            with plain_errors(file):
                write_keys(file, without_month_keys(keys, map(bytes.fromhex, gone)))


def _aside(store: Store) -> list[tuple[Path, Keys]]:
    """Return the key files of what restores have replaced (store/restoring.py); one that cannot be read is left."""
    found = []
    for file in sorted(store.home.keys.parent.glob(f"{store.home.keys.name}.replaced-*")):
        with suppress(ButlerError):
            found.append((file, read_keys(file)))
    return found


def recorded(connection: Connection) -> set[bytes]:
    """Return the ids of the keys of which HQ was told, or is to be."""
    return {row[0] for row in connection.execute("SELECT month_key_id FROM month_key")}


def forget(store: Store, month_key_ids: Iterable[bytes]) -> None:
    """Take months' keys out of the key file: what they sealed can be opened nowhere any more, backups included.

    Raises FileTrouble where the disk refuses; then they are all still there.
    """
    with changing_keys(store):
        store.change_keys(without_month_keys(store.keys, month_key_ids))


@contextmanager
def changing_keys(store: Store) -> Iterator[None]:
    """Keep other threads and programs from changing the key file for a block, and begin with it as it is now.

    Raises FileTrouble where one of them takes too long.
    """
    with _threads, _locked(store.home.keys):
        store.refresh_keys()
        yield


class _ToldMeanwhile(Exception):
    """Another thread or program has recorded one of the keys since it was looked for."""


def _recorded(store: Store, written: Sequence[Written], now_ms: int) -> int:
    def still_untold() -> None:
        if recorded(store.connection) & {one.record_id for one in written}:
            raise _ToldMeanwhile

    if written:
        try:
            record(store, written, staff_id=None, now_ms=now_ms, provided=still_untold)
        except _ToldMeanwhile:
            return 0
    return len(written)


def _month_key_id(store: Store, month: str) -> bytes:
    """Return the id that this incarnation of the file gives the month's key: a restored or copied file has its own."""
    row = store.connection.execute("SELECT e.epoch FROM sync_state s JOIN epoch e USING (epoch_no)").fetchone()
    return ruled_id(row[0], PURPOSE, month)


def _by_hq(store: Store, month: str) -> tuple[bytes, bytes] | None:
    """Return the key that HQ made for the month; None where none was handed."""
    for key_id in sorted(store.keys.by_hq):
        if store.keys.named.get(key_id) == month and key_id in store.keys.months:
            return bytes.fromhex(key_id), store.keys.months[key_id]
    return None


def _kept(store: Store, month_key_id: bytes, month: str) -> bytes:
    """Return the key from the key file as it is now, adding it there where no other thread or program has."""
    with changing_keys(store):
        known = store.keys.months.get(month_key_id.hex())
        if known is not None:
            return known
        key = secrets.token_bytes(32)
        store.change_keys(with_month_key(store.keys, month_key_id, key, month))
        return key


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Keep other programs from changing the key file for a block; raises FileTrouble where one takes too long."""
    lock = FileLock(file.with_name(file.name + ".lock"), timeout=_PATIENCE_S, poll_interval=0.02)
    with plain_errors(file):
        try:
            lock.acquire()
        except Timeout as error:
            raise FileTrouble(N_("Another program holds {file}. Nothing was saved: try again."), file=file) from error
    try:
        yield
    finally:
        lock.release()


def _written(store: Store, month_key_id: bytes, month: str) -> list[Written]:
    box_key = estates.terminal(store.connection).hq_box_key
    told = store.connection.execute("SELECT 1 FROM month_key WHERE month_key_id = ?", (month_key_id,)).fetchone()
    if box_key is None or told is not None:
        return []
    sealed = seal_to(box_key, store.keys.months[month_key_id.hex()], purpose=PURPOSE)
    return [Written("month_key", month_key_id, {"month": month, "sealed": sealed})]
