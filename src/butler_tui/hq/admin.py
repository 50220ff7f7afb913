"""What is done at HQ by hand: making it, estates, codes, terminals, and how things stand.

All of it works beside a running `butler hq serve`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError, SetUpWrong, TryLater, WrongUsage
from butler_tui.hq import authority, enrolment, offers, placing, retention, taking_in
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.engines import AlreadyThere, Engine, EstateRow, LogRow, Reading, ReportRow, TerminalRow, Unavailable
from butler_tui.hq.engines.outage import DiskFull
from butler_tui.hq.engines.sqlite import SqliteEngine, create
from butler_tui.hq.keys import Folder, HqKeys, new_hq_keys, read_hq_keys, write_hq_keys
from butler_tui.hq.retention import Erased
from butler_tui.hq.taking_in import TakenIn
from butler_tui.ids import id_text, new_id, parse_id
from butler_tui.private_file import refuse_anothers
from butler_tui.sealing import public_box_key
from butler_tui.store.database import plain_errors
from butler_tui.sync.protocol import path_of
from butler_tui.text import safe
from butler_tui.words import N_
from butler_tui.zones import zone_called

DEFAULT_URL = "https://localhost:8443"


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code: `line` is what is typed at the terminal, `expires_ms` until when it holds (UTC ms)."""

    line: str
    url: str
    code: str
    kind: TerminalKind
    expires_ms: int


@dataclass(frozen=True, slots=True)
class EstateStatus:
    """How one estate stands: the last position taken, which is how many changes there are, how many stand in
    quarantine, its terminals.

    Up to `saved_pos` it is in a verified backup, and what follows was taken since `unsaved_ms` (UTC ms; None for
    nothing); `offered` records were lost and only terminals that did not write them have them.
    """

    estate_id: str
    name: str
    time_zone: str
    pos: int
    quarantined: int
    terminals: tuple[TerminalRow, ...]
    saved_pos: int
    unsaved_ms: int | None
    offered: int


def init(folder: Folder, names: Sequence[str], now_ms: int) -> str:
    """Make an HQ in `folder`: database, keys, authority and certificate; return the authority's fingerprint.

    `names` are further host names or addresses under which terminals reach it. Raises SetUpWrong where there is an
    HQ already: nothing is ever overwritten. Raises WrongUsage for a name that is none, FileTrouble where the disk
    refuses; then nothing of it is left behind.
    """
    for file in _files_of(folder):
        if file.exists():
            raise SetUpWrong(N_("{file} is there already and is not overwritten."), file=file)
    keys = new_hq_keys()
    with plain_errors(folder.path), _whole_or_nothing(folder):
        folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority.make_authority(folder, now_ms)
        authority.make_server_certificate(folder, names, now_ms)
        write_hq_keys(folder.keys, keys)
        _create_tables(folder, keys)
    return authority.fingerprint(folder)


def _create_tables(folder: Folder, keys: HqKeys) -> None:
    if folder.dsn is None:
        create(folder.database, keys.raw())
        return
    with postgres_part():
        from butler_tui.hq.engines import postgres
    postgres.create(folder.dsn, public_box_key(keys.box))


@contextmanager
def postgres_part() -> Iterator[None]:
    """Import what speaks with PostgreSQL; raises SetUpWrong where it is not installed, or its library is not."""
    try:
        yield
    except ImportError as error:
        raise SetUpWrong(
            N_("This installation has no PostgreSQL part. Install it with: pip install 'butler-tui[hq]'")
        ) from error


@contextmanager
def _whole_or_nothing(folder: Folder) -> Iterator[None]:
    """Remove what a block has made of an HQ where it fails; none of it was there before (`init` looks)."""
    there = folder.path.exists()
    try:
        yield
    except BaseException:
        for file in _files_of(folder):
            for ending in ("", ".new", "-wal", "-shm"):
                file.with_name(file.name + ending).unlink(missing_ok=True)
        if not there:
            with suppress(OSError):
                folder.path.rmdir()
        raise


def _files_of(folder: Folder) -> list[Path]:
    """Return every file that making an HQ writes."""
    names = (authority.AUTHORITY, authority.AUTHORITY_KEY, authority.SERVER, authority.SERVER_KEY)
    return [folder.keys, folder.database, *(folder.file(name) for name in names)]


@contextmanager
def opened(folder: Folder) -> Iterator[tuple[Engine, HqKeys]]:
    """Open HQ for a block; raises SetUpWrong or FileTrouble where it does not open, TryLater where it is too busy."""
    with plain_errors(folder.path):
        refuse_anothers(folder.keys)
        placing.finish(folder)
    keys = read_hq_keys(folder.keys)
    with plain_errors(folder.path if folder.dsn else folder.database):
        engine = _engine(folder, keys)
        try:
            yield engine, keys
        except DiskFull as error:
            raise TryLater(
                N_("The disk of HQ's records is full. Nothing was changed: make room, and try again.")
            ) from error
        except Unavailable as error:
            raise TryLater(N_("HQ's database is busy or out of reach. Nothing was changed: try again.")) from error
        finally:
            engine.close()


def _engine(folder: Folder, keys: HqKeys) -> Engine:
    if folder.dsn is not None:
        with postgres_part():
            from butler_tui.hq.engines.postgres import PostgresEngine
        return PostgresEngine(folder.dsn, public_box_key(keys.box))
    if not folder.database.exists():
        raise SetUpWrong(N_("There is no HQ in {folder}. Make one with `butler hq init`."), folder=folder.path)
    return SqliteEngine(folder.database, keys.raw())


def add_estate(
    folder: Folder, name: str, time_zone: str, estate_id: str | None, now_ms: int, *, same_name: bool = True
) -> str:
    """Add an estate and return its id; `estate_id` (UUID text) is given where a terminal has its records already.

    Raises ButlerError for an id that is none or taken, a zone that is none, an empty name, or where `same_name` is not
    wanted and an estate has this name: it was added twice by mistake, as a rule.
    """
    name = safe(name).strip()
    if not name:
        raise ButlerError(N_("An estate needs a name."))
    zone_called(time_zone)
    try:
        chosen = id_text(parse_id(estate_id)) if estate_id else id_text(new_id(now_ms))
    except ValueError as error:
        raise ButlerError(N_("{text} is not the id of an estate."), text=safe(estate_id or "")) from error
    row = EstateRow(chosen, name, time_zone, 0)
    with opened(folder) as (engine, _keys):
        named = [one.estate_id for one in engine.read(lambda rows: rows.estates()) if one.name == name]
        if named and not same_name:
            raise ButlerError(
                N_("HQ has an estate called {name} already: {id}. Choose another name, or say --same-name."),
                name=name,
                id=named[0],
            )
        try:
            engine.write(lambda rows: rows.add_estate(row, id_text(new_id(now_ms)), now_ms)).result()
        except AlreadyThere as error:
            raise ButlerError(N_("HQ has an estate with the id {text} already."), text=chosen) from error
    return chosen


def new_code(folder: Folder, estate: str, kind: TerminalKind, now_ms: int, url: str | None = None) -> Code:
    """Make a one-time code for a terminal of `kind` and return the line to type there.

    `estate` is an id or a name; `url` is HQ's address where it is not the one it was served under last. Raises
    ButlerError where there is no such estate, WrongUsage where no terminal could reach `url`.
    """
    base = _address((url or served_under(folder)).rstrip("/"))
    with opened(folder) as (engine, _keys):
        estate_id = find_estate(engine, estate).estate_id
        code = engine.write(lambda rows: enrolment.new_code(rows, estate_id, kind, now_ms)).result()
    whole = f"{base}{path_of(estate_id, '').rstrip('/')}#{authority.fingerprint(folder)}"
    return Code(f"butler enrol {whole} {code}", whole, code, kind, now_ms + enrolment.LIFETIME_MS)


def _address(text: str) -> str:
    try:
        host = urlsplit(text).hostname if text.startswith("https://") else None
    except ValueError:
        host = None
    if not host:
        raise WrongUsage(N_("{text} is no address of HQ: write it as https://hq.example:8443."), text=safe(text))
    return text


def served_under(folder: Folder) -> str:
    """Return the address under which HQ was served last."""
    try:
        return folder.address.read_text("ascii").strip() or DEFAULT_URL
    except OSError:
        return DEFAULT_URL


def sweep(folder: Folder, estate: str | None, now_ms: int, blobs: Path | None = None) -> list[tuple[str, Erased]]:
    """Erase what an estate has kept long enough, or every one; return how much that was, by the estate's name.

    Pictures lie in `blobs`, None for the folder's own place. Raises ButlerError where there is no such estate.
    """
    with opened(folder) as (engine, keys):
        pictures = Blobs(blobs or folder.blobs, keys.box)
        chosen = [find_estate(engine, estate)] if estate else engine.read(lambda rows: rows.estates())
        swept = [(one.name, retention.sweep(engine, pictures, one.estate_id, now_ms)) for one in chosen]
        if any(erased != Erased() for __, erased in swept):
            engine.empty_log()
        return swept


def reports(folder: Folder, estate: str, most: int) -> tuple[str, list[tuple[ReportRow, str]]]:
    """Return an estate's time zone and up to `most` reports, the newest first, with the names of their terminals."""
    with opened(folder) as (engine, _keys):
        row = find_estate(engine, estate)
        told = engine.read(lambda rows: rows.reports(row.estate_id, most))
        names = {one.terminal_id: one.name for one in engine.read(lambda rows: rows.terminals(row.estate_id))}
    return row.time_zone, [(one, names.get(one.terminal_id or "", "")) for one in told]


def lost(folder: Folder, estate: str) -> tuple[str, list[tuple[LogRow, str]]]:
    """Return an estate's time zone, and what terminals offered of others with the names of those that wrote it."""
    with opened(folder) as (engine, _keys):
        row = find_estate(engine, estate)
        apart = engine.read(lambda rows: offers.waiting(rows, row.estate_id))
        names = {one.terminal_id: one.name for one in engine.read(lambda rows: rows.terminals(row.estate_id))}
    return row.time_zone, [(one, names.get(one.terminal_id, "")) for one in apart]


def take_in(folder: Folder, estate: str, now_ms: int) -> TakenIn:
    """Take in what terminals offered of others; return how much, and how much stays apart."""
    with opened(folder) as (engine, _keys):
        estate_id = find_estate(engine, estate).estate_id
        return engine.write(lambda rows: taking_in.take_in(rows, estate_id, now_ms)).result()


def status(folder: Folder) -> list[EstateStatus]:
    """Return how every estate stands."""
    with opened(folder) as (engine, _keys):
        return [engine.read(partial(_estate_status, estate)) for estate in engine.read(lambda rows: rows.estates())]


def _estate_status(estate: EstateRow, rows: Reading) -> EstateStatus:
    where = rows.position(estate.estate_id)
    unsaved = rows.log_after(estate.estate_id, where.durable_pos, 1)
    return EstateStatus(
        estate.estate_id,
        estate.name,
        estate.time_zone,
        where.next_pos - 1,
        rows.count_held(estate.estate_id),
        tuple(rows.terminals(estate.estate_id)),
        where.durable_pos,
        unsaved[0].taken_ms if unsaved else None,
        len(offers.waiting(rows, estate.estate_id)),
    )


def find_estate(engine: Engine, estate: str) -> EstateRow:
    """Return the estate that has this id, or alone this name; raises ButlerError where there is none."""
    found = [row for row in engine.read(lambda rows: rows.estates()) if estate in (row.estate_id, row.name)]
    if len(found) != 1:
        raise ButlerError(
            N_("HQ has no estate, or more than one, called {text}: butler hq status lists them by id."),
            text=safe(estate),
        )
    return found[0]
