"""Whether all is well with HQ, for who runs it: does it answer, is there room, are there backups, who is not heard of.

Each check says how it stands in a sentence, and what to do where something is; the figures are domain/health.py's.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from butler_tui.domain.health import DAY_MS, Finding, Mark, backup_mark, disk_mark, sync_mark
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.hq.admin import EstateStatus
from butler_tui.hq.answering import answers_at
from butler_tui.hq.engines import TerminalRow
from butler_tui.hq.keys import Folder
from butler_tui.labels import duration
from butler_tui.text import safe
from butler_tui.words import N_, _

_MOST_NAMED = 3
"""Terminals or estates that a sentence names: all of it is to be seen at once."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What the checks look at, at `now_ms` (UTC ms)."""

    folder: Folder
    estates: Sequence[EstateStatus]
    now_ms: int

    def terminals(self) -> list[tuple[EstateStatus, TerminalRow]]:
        """Return the terminals in use, with their estates."""
        return [(estate, one) for estate in self.estates for one in estate.terminals if one.revoked_ms is None]


_Said = tuple[Mark, str, str]
"""A mark, how it stands, and what to do."""


def findings(folder: Folder, estates: Sequence[EstateStatus], now_ms: int) -> list[Finding]:
    """Return what each check finds, in the order in which somebody would ask; `now_ms` is UTC ms."""
    place = _Place(folder, estates, now_ms)
    return [Finding(code, _(name), *check(place)) for code, name, check in _CHECKS]


def _service(place: _Place) -> _Said:
    try:
        url = place.folder.address.read_text("ascii").strip()
    except OSError:
        return Mark.WARNING, _("It was never served from here."), _("Start it by `butler hq serve`.")
    if answers_at(place.folder, url):
        return Mark.GOOD, _("It answers at {url}.", url=url), ""
    words = _("It does not answer at {url}. Terminals keep what they have meanwhile.", url=url)
    return Mark.BAD, words, _("Start it by `butler hq serve`.")


def _disk(place: _Place) -> _Said:
    free = shutil.disk_usage(place.folder.path).free
    mark = disk_mark(free)
    remedy = "" if mark is Mark.GOOD else _("Make room: with a full disk HQ takes nothing more.")
    return mark, _("{free:.1f} GB free", free=free / 1e9), remedy


def _backup(place: _Place) -> _Said:
    count = sum(one.pos - one.saved_pos for one in place.estates)
    since = [one.unsaved_ms for one in place.estates if one.unsaved_ms is not None]
    if not since:
        return Mark.GOOD, _("All that HQ has is in a verified backup."), ""
    words = _("{count} changes are in no verified backup, the oldest for {time}.",
              count=count, time=duration(max(0, place.now_ms - min(since))))  # fmt: skip
    mark = backup_mark(min(since), place.now_ms)
    return mark, words, "" if mark is Mark.GOOD else _("Run butler hq backup FILE, with the file on another disk.")


def _heard(place: _Place) -> _Said:
    used = place.terminals()
    silent = sorted(
        ((place.now_ms - _last_ms(one), estate, one) for estate, one in used
         if sync_mark(one.seen_ms, one.enrolled_ms, place.now_ms) is not Mark.GOOD),
        key=lambda found: found[0], reverse=True,
    )  # fmt: skip
    if not silent:
        if not used:
            return Mark.GOOD, _("No terminal is in use yet: butler hq terminal code makes the line for one."), ""
        return Mark.GOOD, _("Terminals in use: {count}; all heard of within a day.", count=len(used)), ""
    named = [f"{safe(one.name)} ({safe(estate.name)}, {duration(age)})" for age, estate, one in silent]
    marks = {sync_mark(one.seen_ms, one.enrolled_ms, place.now_ms) for _age, _estate, one in silent}
    words = _("Terminals in use: {count}; not heard of for over a day: {names}.", count=len(used), names=_named(named))
    mark = Mark.BAD if Mark.BAD in marks else Mark.WARNING
    return mark, words, _("See that they are on and connected, or revoke those that are gone.")


def _waiting(place: _Place) -> _Said:
    waits = sum(one.waiting or 0 for _estate, one in place.terminals())
    return Mark.GOOD, _("{count} changes, by what terminals said when last heard of.", count=waits), ""


def _held(place: _Place) -> _Said:
    held = [f"{safe(one.name)} {one.quarantined}" for one in place.estates if one.quarantined]
    if not held:
        return Mark.GOOD, _("Nothing."), ""
    words = _("{count} changes: {names}.", count=sum(one.quarantined for one in place.estates), names=_named(held))
    return Mark.WARNING, words, _("The estate's supervisors see each of them, with the reason, by F9.")


def _offered(place: _Place) -> _Said:
    apart = [f"{safe(one.name)} {one.offered}" for one in place.estates if one.offered]
    if not apart:
        return Mark.GOOD, _("Nothing."), ""
    words = _("{count} records of computers that have not come since: {names}.",
              count=sum(one.offered for one in place.estates), names=_named(apart))  # fmt: skip
    return Mark.WARNING, words, _("Look at them by `butler hq lost ESTATE`.")


def _clocks(place: _Place) -> _Said:
    wrong = [
        f"{safe(one.name)} ({safe(estate.name)}, {duration(abs(one.clock_ahead_ms))})"
        for estate, one in place.terminals()
        if one.clock_ahead_ms is not None and abs(one.clock_ahead_ms) > MOST_AHEAD_MS
    ]
    if not wrong:
        return Mark.GOOD, _("All are right."), ""
    return Mark.WARNING, _("Far off: {names}.", names=_named(wrong)), _("Have them set right.")


def _log(place: _Place) -> _Said:
    log = place.folder.log
    if not log.exists():
        return Mark.GOOD, _("Nothing unforeseen was ever written down."), ""
    age = max(0, place.now_ms - round(log.stat().st_mtime * 1000))
    words = _("Errors of HQ's own, the last {time} ago: {file}", time=duration(age), file=log)
    if age > DAY_MS:
        return Mark.GOOD, words, ""
    return Mark.WARNING, words, _("Send it to whoever looks after this program, then delete it.")


def _last_ms(one: TerminalRow) -> int:
    return one.seen_ms if one.seen_ms is not None else one.enrolled_ms


def _named(names: Iterable[str]) -> str:
    """Return the first of `names`, and how many more there are."""
    every = list(names)
    told = ", ".join(every[:_MOST_NAMED])
    return told if len(every) <= _MOST_NAMED else _("{names} and {count} more",
                                                    names=told, count=len(every) - _MOST_NAMED)  # fmt: skip


_CHECKS: tuple[tuple[str, str, Callable[[_Place], _Said]], ...] = (
    ("service", N_("Service"), _service),
    ("disk", N_("Disk"), _disk),
    ("backup", N_("Backup"), _backup),
    ("terminals", N_("Terminals"), _heard),
    ("waiting", N_("Waiting"), _waiting),
    ("held", N_("Held back"), _held),
    ("offered", N_("Set apart"), _offered),
    ("clocks", N_("Clocks"), _clocks),
    ("log", N_("Log"), _log),
)
