"""The doctor's checks of the records: the file itself, the clock, HQ, backups, people, badges."""

from __future__ import annotations

from butler_tui.desk.doctor_words import Computer, Said, bad, good, warning
from butler_tui.domain.health import Mark, backup_mark, clock_mark, sync_mark
from butler_tui.domain.rights import SIGNS_IN_AT, Role, TerminalKind
from butler_tui.labels import duration
from butler_tui.store import estates, health, staff, sync_state
from butler_tui.store import recovery as recovery_store
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store
from butler_tui.store.schema import missing_guards
from butler_tui.store.sync_state import Result
from butler_tui.text import safe
from butler_tui.words import N_, _

_RESTORE = N_("Copy the file aside, do not delete it, and restore the last backup.")
_SALVAGE = N_("Do not delete it. Close the program and run butler salvage: it keeps the damaged file.")
_MOST_NAMED = 8


def schema(store: Store, _computer: Computer) -> Said:
    """Name the version of the file and of what holds it; an older one was brought up to date when it was opened."""
    driver = health.cipher_version(store.connection)
    return good(_("Version {version}; {driver}", version=SCHEMA_VERSION, driver=driver))


def encryption(store: Store, _computer: Computer) -> Said:
    """Look whether the file is encrypted."""
    if store.plain:
        return warning(_("This demo is not encrypted."), _("Never write real people into it."))
    return good(_("The file is encrypted."))


def pages(store: Store, _computer: Computer) -> Said:
    """Look through all pages and indexes."""
    found = health.damages(store.connection)
    if found:
        return bad(_("The file is damaged in {count} places or more.", count=len(found)), _(_SALVAGE))
    return good(_("All pages are sound."))


def references(store: Store, _computer: Computer) -> Said:
    """Look for rows that refer to nothing."""
    count = health.broken_references(store.connection)
    if count:
        return bad(_("{count} rows refer to nothing.", count=count), _(_RESTORE))
    return good(_("All lead somewhere."))


def guards(store: Store, _computer: Computer) -> Said:
    """Look whether every synced table is guarded."""
    missing = missing_guards(store.connection)
    if missing:
        return bad(
            _("Guards are missing: {names}.", names=", ".join(missing)),
            _("Somebody changed the file with another tool: restore the last backup."),
        )
    return good(_("All tables are guarded."))


def permits(store: Store, _computer: Computer) -> Said:
    """Look for a permit that was left."""
    if health.permits(store.connection):
        return bad(
            _("A permit to write was left behind."),
            _("Somebody changed the file with another tool: restore the last backup."),
        )
    return good(_("None was left behind."))


def chain(store: Store, _computer: Computer) -> Said:
    """Recompute the audit chain."""
    return good(_("{count} changes verify.", count=verify_chain(store.connection)))


def clock(store: Store, computer: Computer) -> Said:
    """Compare the clock with HQ's and with the last record."""
    offset, last_ms = sync_state.status(store.connection).clock_offset_ms, health.last_record_ms(store.connection)
    if last_ms > computer.now_ms and clock_mark(0, last_ms, computer.now_ms) is not Mark.GOOD:
        words = _("The clock is {time} before the last record.", time=duration(last_ms - computer.now_ms))
    elif offset is None:
        return good(_("Not before the last record; HQ's was never asked."))
    elif clock_mark(offset, 0, computer.now_ms) is not Mark.GOOD:
        words = _("{time} off HQ's.", time=duration(abs(offset)))
    else:
        words = _("{seconds:.1f} s off HQ's.", seconds=abs(offset) / 1000)
    if clock_mark(offset, last_ms, computer.now_ms) is Mark.GOOD:
        return good(words)
    return warning(words, _("Have this computer's clock set right."))


def estate(store: Store, _computer: Computer) -> Said:
    """Name the estate and the post."""
    own, gate = estates.estate(store.connection), estates.gate_of_terminal(store.connection)
    if own is None:
        return warning(_("No estate is set up."), _("Run butler init, or butler enrol."))
    if gate is None:
        return warning(_("This computer stands at no gate."), _("Run butler, and choose the gate."))
    return good(f"{safe(own.name)}, {safe(gate.name)}")


def enrolment(store: Store, _computer: Computer) -> Said:
    """Look whether records leave this computer at all, and whether HQ takes them."""
    told = sync_state.summary(store.connection)
    if not told.enrolled:
        return warning(_("Not enrolled: records are on this computer alone."), _("Ask HQ for the line that enrols it."))
    if told.last_result is Result.REFUSED:
        return bad(_("HQ refuses this terminal."), _("Run butler sync: it says why."))
    if told.last_result is Result.UNREACHABLE:
        return warning(_("HQ was out of reach at the last try."), _("Look at the network; nothing is lost."))
    return good(_("Enrolled."))


def sync(store: Store, computer: Computer) -> Said | None:
    """Look when HQ last had everything."""
    since_ms, told = health.enrolled_ms(store.connection), sync_state.summary(store.connection)
    if not told.enrolled or since_ms is None:
        return None
    words = _("Never yet.")
    if told.last_sync_ms is not None:
        words = _("{time} ago", time=duration(max(0, computer.now_ms - told.last_sync_ms)))
    mark = sync_mark(told.last_sync_ms, since_ms, computer.now_ms)
    return good(words) if mark is Mark.GOOD else Said(mark, words, _("Run butler sync: it says what is in the way."))


def waiting(store: Store, computer: Computer) -> Said | None:
    """Name what HQ has not got yet."""
    told = sync_state.status(store.connection)
    if not told.enrolled:
        return None
    if not told.waiting or told.oldest_ms is None:
        return good(_("Nothing."))
    age = duration(max(0, computer.now_ms - told.oldest_ms))
    words = _("{count} changes, the oldest {time} old", count=told.waiting, time=age)
    mark = sync_mark(told.oldest_ms, told.oldest_ms, computer.now_ms)
    return good(words) if mark is Mark.GOOD else Said(mark, words, _("Run butler sync: it says what is in the way."))


def quarantine(store: Store, _computer: Computer) -> Said | None:
    """Count what HQ could not apply."""
    count = sync_state.summary(store.connection).quarantined
    if count:
        return warning(
            _("{count} changes that HQ could not apply.", count=count), _("A supervisor looks at them under F9.")
        )
    return good(_("Nothing.")) if sync_state.summary(store.connection).enrolled else None


def recovery(store: Store, _computer: Computer) -> Said | None:
    """Look whether anybody could open a backup."""
    if store.plain:
        return None
    told = recovery_store.recovery(store.connection)
    if told.passphrase_key is not None:
        return good(_("A recovery passphrase is set; HQ can unlock too.") if told.hq_key else _("A passphrase is set."))
    if told.hq_key is not None:
        return good(_("HQ can unlock backups; no recovery passphrase is set."))
    return warning(_("Nobody could open a backup."), _("Run butler backup --set-passphrase."))


def backup(store: Store, computer: Computer) -> Said | None:
    """Look when the last backup was made."""
    if store.plain:
        return None
    last_ms = recovery_store.recovery(store.connection).backup_ms
    words = _("Never yet.")
    if last_ms is not None:
        words = _("{time} ago", time=duration(max(0, computer.now_ms - last_ms)))
    if backup_mark(last_ms, computer.now_ms) is Mark.GOOD:
        return good(words)
    return warning(words, _("Run butler backup FILE, with the file on another disk or a stick."))


def numbers(store: Store, _computer: Computer) -> Said:
    """Count the documents' numbers whose month's key is not on this computer: no backup carries those keys."""
    by_month = health.numbers_by_month(store.connection)
    closed = sum(count for month, count in by_month.items() if month.hex() not in store.keys.months)
    if closed:
        return warning(
            _("{count} cannot be read here: their keys are not on this computer.", count=closed),
            _("HQ reads them where the terminal was enrolled; after a restore nobody else can."),
        )
    return good(_("All can be read: {count}.", count=sum(by_month.values())))


def pins(store: Store, _computer: Computer) -> Said:
    """Look who could not sign in here."""
    kind = estates.kind_of_terminal(store.connection)
    here = SIGNS_IN_AT[TerminalKind(kind)] if kind in set(TerminalKind) else frozenset(Role)
    active = [one for one in staff.everyone(store.connection) if one.active and (one.role in here or one.has_pin)]
    without = [safe(one.number) for one in active if not one.has_pin]
    if len(without) == len(active):
        return bad(_("Nobody can sign in here."), _("Run butler staff add, or butler staff reset-pin."))
    if without:
        return warning(
            _("Without a PIN here: {count} ({numbers})", count=len(without), numbers=_some(without)),
            _("Give them one: butler staff reset-pin NUMBER."),
        )
    return good(_("All have one: {count}.", count=len(active)))


def badges(store: Store, _computer: Computer) -> Said:
    """Look for badges that two visitors have."""
    twice = [safe(badge) for badge in health.badges_out_twice(store.connection)]
    if twice:
        return warning(
            _("Out twice: {badges}", badges=_some(twice)), _("Look who has them, and check the other visitor out.")
        )
    return good(_("None is out twice."))


def _some(names: list[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
