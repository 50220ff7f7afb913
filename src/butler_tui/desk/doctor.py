"""Looking a terminal over: one table of checks, each with a mark, a sentence, and what to do.

Checks of the computer run first; those of the records only where the file opens. One that comes upon damage is bad in
the words of that damage, and the next one still runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from butler_tui.desk import doctor_computer, doctor_records
from butler_tui.desk.doctor_words import Computer, Said, bad, good
from butler_tui.domain.health import Finding
from butler_tui.errors import ButlerError
from butler_tui.store.database import DAMAGED, plain_errors
from butler_tui.store.local import Store, open_store
from butler_tui.words import N_, _

OfComputer = Callable[[Computer], "Said | None"]
OfRecords = Callable[[Store, Computer], "Said | None"]

COMPUTER: tuple[tuple[str, str, OfComputer], ...] = (
    ("key_file", N_("Key file"), doctor_computer.key_file),
    ("disk", N_("Disk"), doctor_computer.disk),
    ("leftovers", N_("Old files"), doctor_computer.leftovers),
    ("log", N_("Log"), doctor_computer.log),
    ("versions", N_("Programs"), doctor_computer.versions),
    ("screen", N_("Window"), doctor_computer.screen),
    ("language", N_("Language"), doctor_computer.language),
)
RECORDS: tuple[tuple[str, str, OfRecords], ...] = (
    ("schema", N_("Version"), doctor_records.schema),
    ("encryption", N_("Encryption"), doctor_records.encryption),
    ("pages", N_("Pages"), doctor_records.pages),
    ("references", N_("References"), doctor_records.references),
    ("guards", N_("Guards"), doctor_records.guards),
    ("permits", N_("Permits"), doctor_records.permits),
    ("chain", N_("Audit chain"), doctor_records.chain),
    ("clock", N_("Clock"), doctor_records.clock),
    ("estate", N_("Estate"), doctor_records.estate),
    ("enrolment", N_("Headquarters"), doctor_records.enrolment),
    ("sync", N_("Last sync"), doctor_records.sync),
    ("waiting", N_("Waiting"), doctor_records.waiting),
    ("quarantine", N_("Held back"), doctor_records.quarantine),
    ("recovery", N_("Recovery"), doctor_records.recovery),
    ("backup", N_("Last backup"), doctor_records.backup),
    ("numbers", N_("Numbers"), doctor_records.numbers),
    ("pins", N_("PINs"), doctor_records.pins),
    ("badges", N_("Badges"), doctor_records.badges),
)


def look_over(computer: Computer, told: Callable[[str], None] = lambda _name: None) -> Iterator[Finding]:
    """Yield what each check finds, in the order of the table; `told` gets the name of the check that begins."""
    for code, name, check in COMPUTER:
        told(name)
        said = _spoken(computer, lambda check=check: check(computer))  # type: ignore[misc]
        yield from _finding(code, name, said)
    told(N_("File"))
    store, said = _opened(computer)
    yield from _finding("file", N_("File"), said)
    if store is None:
        return
    try:
        for code, name, of_records in RECORDS:
            told(name)
            said = _spoken(computer, lambda check=of_records: check(store, computer))  # type: ignore[misc]
            yield from _finding(code, name, said)
    finally:
        store.close()


def _opened(computer: Computer) -> tuple[Store | None, Said]:
    if computer.home.hq.exists() and not computer.home.database.exists():
        return None, bad(_("Headquarters is here, and no terminal."), _("Look at it by butler hq status."))
    try:
        store = open_store(computer.home)
    except ButlerError as error:
        return None, bad(error.sentence())
    return store, good(_("{file} opens.", file=computer.home.database))


def _spoken(computer: Computer, check: Callable[[], Said | None]) -> Said | None:
    try:
        with plain_errors(computer.home.database):
            return check()
    except ButlerError as error:  # of damage, the check of the pages says what to do: once is enough
        return bad(_("Cannot be looked at: the file is damaged.") if error.message == DAMAGED else error.sentence())


def _finding(code: str, name: str, said: Said | None) -> Iterator[Finding]:
    if said is not None:
        yield Finding(code, _(name), said.mark, said.words, said.remedy)
