"""HQ made anew from a backup, on either engine whichever it was made on: all of it, or nothing.

Terminals are told by a new generation of each estate's log: they find where it and theirs part, and send again what it
lacks. Requests that were under way and codes that were not used yet are not restored.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from butler_tui.errors import ButlerError, RuleBroken, SetUpWrong
from butler_tui.hq import placing, reports
from butler_tui.hq.admin import postgres_part
from butler_tui.hq.backup_stream import Contents, Counts, Taker, read
from butler_tui.hq.backups import Told, disk_errors
from butler_tui.hq.engines import Filling
from butler_tui.hq.engines.sqlite import SCHEMA_VERSION
from butler_tui.hq.engines.sqlite import filling as filling_file
from butler_tui.hq.generations import generation_after
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.ids import id_text, parse_id
from butler_tui.passphrases import content_key_by
from butler_tui.private_file import create_private, refuse_anothers, sync_folder
from butler_tui.sealed_file import BackupOf, damaged, opened_pieces, read_head
from butler_tui.sealing import public_box_key
from butler_tui.store.database import plain_errors
from butler_tui.words import N_

STEP_OPEN = N_("Opening the backup …")
STEP_FILL = N_("Bringing the records back …")
STEP_PLACE = N_("Putting it in place …")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: when the backup was made (UTC ms), what it held, where what was there before is kept.

    `time_zone` is that of one of its estates, None where it has none.
    """

    made_ms: int
    time_zone: str | None
    counts: Counts
    kept: tuple[str, ...]


def restore(
    folder: Folder,
    file: Path,
    passphrase: Callable[[], str],
    now_ms: int,
    *,
    replace: bool = False,
    blobs: Path | None = None,
    told: Told = lambda _words: None,
) -> Restored:
    """Make HQ anew from the backup `file`, with `replace` in the place of the one that is there, which is kept aside.

    Pictures are added to those in `blobs`, None for the folder's own place. `now_ms` is UTC ms. Raises SetUpWrong (no
    backup of HQ, another version's, another user's folder), WrongPassphrase, RuleBroken (an HQ is there, or is being
    served), FileTrouble (a damaged backup, a disk that refuses), TryLater (PostgreSQL out of reach). HQ is then as it
    was.
    """
    told(STEP_OPEN)
    with disk_errors(file):
        head = read_head(file)
    if head.of is not BackupOf.HQ:
        raise SetUpWrong(N_("{file} is a terminal's backup: restore it there with `butler restore`."), file=file)
    refuse_anothers(folder.keys)
    with plain_errors(folder.database), _nobody_serves(folder):
        placing.finish(folder)
        if folder.dsn is None and not replace:
            _require_empty(folder)
        content_key = content_key_by(passphrase(), head)
        moment = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dt%H%M%S") + secrets.token_hex(2)
        restoring = _Restoring(folder, blobs or folder.blobs, moment, replace, told)
        try:
            counts, time_zone = _all_of_it(restoring, file, content_key, head.made_ms, now_ms)
            told(STEP_PLACE)
            kept = restoring.place()
        finally:
            placing.clear(folder)
    return Restored(head.made_ms, time_zone, counts, kept)


def _all_of_it(
    restoring: _Restoring, file: Path, content_key: bytes, made_ms: int, now_ms: int
) -> tuple[Counts, str | None]:
    """Fill the new database and stage the files; it stands once everything was read to the end of the backup."""
    try:
        with restoring.database:
            taker = Taker(restoring.begin, restoring.take_rows, restoring.take_picture)
            counts = read(opened_pieces(file, content_key), taker)
            _begin_anew(restoring.rows(), made_ms, now_ms)
            time_zone = next((one.time_zone for one in restoring.rows().estates()), None)
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(file) from error
    return counts, time_zone


def _begin_anew(rows: Filling, made_ms: int, now_ms: int) -> None:
    """Begin a generation of every estate's log where the backup's ends: up to there the backup has it, verified."""
    for estate in rows.estates():
        hq_gen = generation_after(now_ms, rows.position(estate.estate_id).hq_gen)
        rows.begin_generation(estate.estate_id, hq_gen, now_ms)
        pos = rows.position(estate.estate_id).next_pos - 1
        rows.note_durable(estate.estate_id, hq_gen, pos)
        reports.restored(rows, estate.estate_id, hq_gen, pos, made_ms, now_ms)


@dataclass(slots=True)
class _Restoring:
    """One restore under way."""

    folder: Folder
    blobs: Path
    moment: str
    replace: bool
    told: Told
    database: ExitStack = field(default_factory=ExitStack)
    """The new database, opened once the first line of the backup was read; it stands at the end of this block."""
    _rows: Filling | None = None
    _stage: Path | None = None

    def begin(self, contents: Contents) -> None:
        """Look whether there is room for it, stage the files, and open a new database."""
        if contents.schema != SCHEMA_VERSION:
            raise SetUpWrong(
                N_("The backup was made by another version of this program: restore it with that one, then install "
                   "this one."))  # fmt: skip
        kept = self._keys_there() == contents.files[self.folder.keys.name] and self.folder.dsn is not None
        if not kept and not self.replace:
            _require_empty(self.folder)
        stage = placing.begin(self.folder, self.moment)
        for name in {one.name for one in placing.files_of(self.folder)} & contents.files.keys():
            create_private(stage / name, contents.files[name])
        keys = read_hq_keys(stage / self.folder.keys.name)
        if self.folder.dsn is None:
            self._rows = self.database.enter_context(filling_file(stage / self.folder.database.name, keys.raw()))
        else:
            with postgres_part():
                from butler_tui.hq.engines.postgres import filling
            aside = self._schema if self.replace else None
            self._rows = self.database.enter_context(filling(self.folder.dsn, public_box_key(keys.box), aside))
        self._stage = None if kept else stage
        self.told(STEP_FILL)

    def rows(self) -> Filling:
        """Return the new database."""
        assert self._rows is not None
        return self._rows

    def take_rows(self, table: str, columns: Sequence[str], rows: list[list[object]]) -> None:
        """Add rows."""
        self.rows().put(table, columns, rows)

    def take_picture(self, estate: str, name: str, parts: Iterable[bytes]) -> None:
        """Add a picture that is not there: durably, in one step."""
        place = self.blobs / id_text(parse_id(estate))
        picture = place / (bytes.fromhex(name.removesuffix(".blob")).hex() + ".blob")
        if picture.exists():
            return
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = place / f"{picture.stem}.{secrets.token_hex(6)}.new"
        try:
            create_private(fresh, b"".join(parts))
            fresh.rename(picture)
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(place)

    def place(self) -> tuple[str, ...]:
        """Let what was staged be HQ; return where what was there is kept: a folder, and a schema of the database."""
        aside = placing.decide(self.folder, self._stage) if self._stage is not None else None
        folders = [str(aside)] if aside is not None and aside.exists() else []
        schemas = [self._schema] if self.folder.dsn is not None and self.replace else []
        return (*folders, *schemas)

    @property
    def _schema(self) -> str:
        return f"butler_before_{self.moment}"

    def _keys_there(self) -> bytes | None:
        with suppress(OSError):
            return self.folder.keys.read_bytes()
        return None


def _require_empty(folder: Folder) -> None:
    if any(one.exists() for one in placing.files_in_place(folder)):
        raise RuleBroken(
            N_("{folder} holds an HQ. To put the backup in its place, add --replace: what is there is kept aside."),
            folder=folder.path,
        )


@contextmanager
def _nobody_serves(folder: Folder) -> Iterator[None]:
    """Keep servers of this folder from starting for a block; raises ButlerError where one runs."""
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(folder.file("hq.serve-lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ButlerError(N_("HQ is being served from {folder}: stop it first."), folder=folder.path) from error
    try:
        yield
    finally:
        lock.release()
