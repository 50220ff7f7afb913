"""What an engine that keeps HQ's rows (row_types.py) must be able to do; one module an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from butler_tui.domain.hlc import Stamp
from butler_tui.hq.engines.held_asking import HeldReading
from butler_tui.hq.engines.offer_asking import OfferReading, OfferWriting
from butler_tui.hq.engines.row_types import (
    CodeRow,
    DuplicateRow,
    EpochRow,
    ErasedState,
    EstateRow,
    LogRow,
    PositionRow,
    ReportRow,
    SecretRow,
    StateRow,
    SweptRow,
    TallyRow,
    TerminalRow,
)

__all__ = [
    "AlreadyThere",
    "CodeRow",
    "DuplicateRow",
    "Engine",
    "EpochRow",
    "ErasedState",
    "EstateRow",
    "Everything",
    "Filling",
    "LogRow",
    "PositionRow",
    "Reading",
    "ReportRow",
    "SecretRow",
    "StateRow",
    "SweptRow",
    "TallyRow",
    "TerminalRow",
    "Unavailable",
    "Writing",
]

T = TypeVar("T")


class Reading(HeldReading, OfferReading, Protocol):
    """What can be asked of HQ's rows inside one transaction or outside."""

    def estate(self, estate_id: str) -> EstateRow | None:
        """Return an estate."""

    def estates(self) -> list[EstateRow]:
        """Return all estates, by name."""

    def position(self, estate_id: str) -> PositionRow:
        """Return where the log stands."""

    def terminal(self, estate_id: str, terminal_id: str) -> TerminalRow | None:
        """Return a terminal of this estate."""

    def terminal_by_key(self, estate_id: str, sign_key: bytes) -> TerminalRow | None:
        """Return the terminal of this estate that signs with this key."""

    def terminals(self, estate_id: str) -> list[TerminalRow]:
        """Return the estate's terminals, by name."""

    def code(self, estate_id: str, code_hash: bytes) -> CodeRow | None:
        """Return a one-time code."""

    def epoch(self, estate_id: str, epoch: str) -> EpochRow | None:
        """Return the head of an epoch."""

    def has_epochs(self, estate_id: str, terminal_id: str) -> bool:
        """Tell whether the log has anything of this terminal."""

    def last_stamp(self, estate_id: str, terminal_id: str) -> Stamp:
        """Return the latest canonical stamp of what this terminal has sent, from whatever file."""

    def latest_stamp(self, estate_id: str) -> Stamp:
        """Return the latest canonical stamp of what any terminal of the estate has sent."""

    def cid_at(self, estate_id: str, pos: int) -> str | None:
        """Return the change at a position of the log."""

    def cid_in_epoch(self, estate_id: str, epoch: str, seq: int) -> str | None:
        """Return the change that HQ took as this number of an epoch, one that it had already among them."""

    def log_after(self, estate_id: str, pos: int, most: int) -> list[LogRow]:
        """Return up to `most` changes after a position, in order."""

    def states_after(self, estate_id: str, tbl: str, record_id: str, most: int) -> list[StateRow]:
        """Return up to `most` records after this one, by table and id."""

    def reports(self, estate_id: str, most: int) -> list[ReportRow]:
        """Return up to `most` reports, the newest first."""

    def reports_of(self, estate_id: str, kind: str) -> list[ReportRow]:
        """Return all reports of one kind."""

    def known_cids(self, estate_id: str, cids: Sequence[str]) -> set[str]:
        """Return which of these changes the log has."""

    def state(self, estate_id: str, tbl: str, record_id: str) -> StateRow | None:
        """Return the present state of a record."""

    def states(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[StateRow]:
        """Return the present states of those of the records (table, id) that HQ has."""

    def children(self, estate_id: str, tbl: str, parent_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return (parent_id, record_id, state) of the records of `tbl` that belong to these parents."""

    def greeting(self, estate_id: str, terminal_id: str) -> str | None:
        """Return the hello (JSON) of the last file that a terminal brought."""

    def tallies(self, estate_id: str) -> list[TallyRow]:
        """Return the sums of an estate's records."""

    def tallies_of(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[TallyRow]:
        """Return the sums of these tables and months."""

    def states_of(self, estate_id: str, tbl: str) -> list[StateRow]:
        """Return the present states of all records of a table that has few, by id."""

    def secrets(self, estate_id: str) -> list[SecretRow]:
        """Return what HQ keeps secret for the estate, by kind and name."""

    def records_after(self, estate_id: str, tbl: str, after: str, most: int) -> list[SweptRow]:
        """Return the next `most` records of a table after this one, by id, erased ones too: few are read at once."""

    def telling(self, estate_id: str, record_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return the records (table, id) that tell of one of these and were not erased yet: pictures, who looked."""

    def kin(self, estate_id: str, parent_ids: Sequence[str]) -> list[StateRow]:
        """Return the present states of all records, of whatever table, that belong to these."""

    def log_of(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[LogRow]:
        """Return all changes of these records (table, id), whatever became of them."""

    def held_until(self, estate_id: str, ms: int) -> list[LogRow]:
        """Return the changes in quarantine, and offered ones, whose canonical stamp is before `ms` (UTC ms)."""

    def erased_among(self, estate_id: str, record_ids: Sequence[str]) -> set[str]:
        """Return which of these records were erased for a person."""

    def gone_among(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return which of these records (table, id) were erased: for a person, or because their time was over."""

    def erased_of(self, estate_id: str, tbl: str) -> list[str]:
        """Return the records of a table that were erased for a person."""


class Writing(Reading, OfferWriting, Protocol):
    """What can be written inside one transaction."""

    def add_estate(self, row: EstateRow, hq_gen: str, now_ms: int) -> None:
        """Add an estate with an empty log; raises AlreadyThere where there is one of its id."""

    def add_code(self, estate_id: str, code_hash: bytes, code: CodeRow) -> None:
        """Keep a one-time code, and count wrong tries from none again."""

    def count_wrong_code(self, estate_id: str) -> None:
        """Count a wrong code."""

    def use_code(self, estate_id: str, code_hash: bytes, terminal_id: str) -> None:
        """Write down who used a code."""

    def put_terminal(self, row: TerminalRow) -> None:
        """Add a terminal, or write it anew under the same id."""

    def revoke(self, estate_id: str, terminal_id: str, now_ms: int) -> bool:
        """Apply nothing of a terminal from now on, where that is not so already; tell whether there was one."""

    def shut_out(self, estate_id: str, terminal_id: str) -> None:
        """Forget what is sealed to a revoked terminal: it has no last push any more."""

    def put_kind(self, estate_id: str, terminal_id: str, kind: str) -> bool:
        """Make a terminal one of another kind, which changes what it may see; tell whether there was one."""

    def begin_generation(self, estate_id: str, hq_gen: str, now_ms: int) -> None:
        """Begin a new generation of an estate's log, where it ends now."""

    def note_durable(self, estate_id: str, hq_gen: str, pos: int) -> None:
        """Write down that a verified backup has this generation of an estate's log up to `pos`."""

    def add_report(self, row: ReportRow) -> None:
        """Keep a report."""

    def note_hello(self, row: TerminalRow) -> None:
        """Write down when a terminal was seen, and what it said of itself."""

    def use_nonce(self, estate_id: str, terminal_id: str, nonce: str, now_ms: int, forget_before_ms: int) -> bool:
        """Keep a nonce; False where it was used before. Nonces before `forget_before_ms` are forgotten."""

    def lock(self, estate_id: str) -> PositionRow | None:
        """Lock the estate's row until the transaction ends, and return where its log stands."""

    def advance(self, estate_id: str, count: int) -> int:
        """Take `count` positions and return the first of them."""

    def put_epoch(self, row: EpochRow) -> None:
        """Write the head of an epoch."""

    def add_log(self, rows: Iterable[LogRow]) -> None:
        """Add changes at their positions."""

    def add_duplicates(self, rows: Iterable[DuplicateRow]) -> None:
        """Keep the envelopes of duplicates."""

    def add_states(self, rows: Iterable[StateRow]) -> None:
        """Write records that were not there before, as was seen after the estate's row was locked."""

    def put_states(self, rows: Iterable[StateRow]) -> None:
        """Write records as they are now, in the place of what is there; all of one estate."""

    def put_secrets(self, rows: Iterable[SecretRow]) -> None:
        """Keep secrets, in the place of those of the same kind and name."""

    def drop_secrets(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> None:
        """Forget the secrets of these kinds and names."""

    def put_greeting(self, estate_id: str, terminal_id: str, body: str) -> None:
        """Keep the hello (JSON) of a file that a terminal brought."""

    def put_tallies(self, rows: Iterable[TallyRow]) -> None:
        """Write sums as they are now."""

    def let_go(self, estate_id: str, cids: Sequence[str]) -> None:
        """Take these changes out of quarantine: they stand in the log once more, applied."""

    def erase_states(self, rows: Iterable[ErasedState]) -> None:
        """Write what is left of erased records."""

    def register_erased(self, estate_id: str, keys: Iterable[tuple[str, str]], now_ms: int) -> None:
        """Write down that these records (table, id) were erased for a person."""

    def put_bodies(self, estate_id: str, bodies: Iterable[tuple[int, str]]) -> None:
        """Write the bodies (position, JSON) of changes anew."""

    def put_shown(self, estate_id: str, tbl: str, shown: Iterable[tuple[str, str]]) -> None:
        """Write beside records what follows for them from others: (record_id, JSON)."""


class Everything(Reading, Protocol):
    """All that an engine keeps, as it is at one moment, row by row."""

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns that a table has, as the database itself says."""

    def every(self, table: str) -> Iterator[Sequence[Any]]:
        """Yield all rows of a table, their values in the order of `columns`: integers, texts, bytes or None."""


class Filling(Writing, Protocol):
    """A new, empty database that is filled and stands, with all of it, at the end."""

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows as they stood in a backup."""


class Engine(Protocol):
    """Where HQ's rows are kept."""

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run `work` in a transaction, perhaps together with others'; done only after COMMIT.

        Where `work` raises, what it did is undone and the future raises the same. Where COMMIT fails, or too many
        wait already, the future raises `Unavailable`.
        """

    def read(self, work: Callable[[Reading], T]) -> T:
        """Run `work` on what is committed, all that it reads as of one moment."""

    def empty_log(self) -> None:
        """Let go of what was erased where the engine itself keeps copies of it; what is in use stays for now."""

    def read_all(self, work: Callable[[Everything], T]) -> T:
        """Run `work`, which may take long, on what is committed when it begins; others go on reading and writing."""

    def close(self) -> None:
        """Finish what waits and let go."""


class Unavailable(Exception):
    """The rows could not be committed: nothing of the request was kept, it may be sent again."""


class AlreadyThere(Exception):
    """What was to be added is there under this id: nothing was changed."""
