"""What the home screen says: its lines, where each leads, and the one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from butler_tui.domain.health import Mark, backup_mark, clock_mark, disk_mark
from butler_tui.labels import cars, changes, clock, duration, greeting, label, moment, people, records
from butler_tui.store.home import Figures, Machine
from butler_tui.store.visits import OnSite
from butler_tui.tui.context import Context
from butler_tui.tui.key_names import key_called
from butler_tui.tui.sync_words import clock_words
from butler_tui.words import _

_MEANINGS = {Mark.GOOD: "", Mark.WARNING: "warning", Mark.BAD: "bad"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a label, the figure, and what goes with it; `leads_to` is the action of Enter, empty for none."""

    id: str
    label: str
    figure: str
    note: str = ""
    meaning: str = ""
    leads_to: str = ""
    note_only: bool = False
    """Whether the meaning is that of the note alone."""


def day_began_ms(now_ms: int, zone: tzinfo) -> int:
    """Return when the estate's day began (UTC ms)."""
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    return round(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


def now_lines(figures: Figures, here: Context) -> list[Line]:
    """Return the left side: who is on site, and what is not as it should be."""
    counts, badges, today = figures.counts, figures.badges, figures.today
    over, now = counts.overstays, here.now_ms()
    missing = _("{count} missing", count=badges.missing)
    return [
        Line("inside", _("On site"), people(counts.people), cars(counts.vehicles),
             leads_to="app.on_site('inside')"),
        Line("overstayed", _("Overstayed"), people(over), _over(figures.most_over, now), "bad" if over else "",
             "app.on_site('overstayed')"),
        Line("longest", _("Longest, since"), *_longest(figures.longest, here)),
        Line("parked", _("Put aside"), people(figures.parked.count), _parked(figures, here),
             "warning" if figures.parked.count else "", "app.parked"),
        Line("badges", _("Badges out"), _("{count} badges", count=badges.out), missing,
             "warning" if badges.missing else "", "app.on_site('missing')", note_only=True),
        Line("today", _("Came today"), people(today.people), _("{count} turned away", count=today.turned_away)),
    ]  # fmt: skip


def _who(visitor: OnSite) -> str:
    name = greeting(visitor.name, visitor.sex) if visitor.name else visitor.reason_note
    return f"{label(visitor.reason)} {name}".strip()


def _over(visitor: OnSite | None, now_ms: int) -> str:
    if visitor is None or visitor.expected_out_ms is None:
        return ""
    return f"{_who(visitor)} {duration(now_ms - visitor.expected_out_ms)}"


def _longest(visitor: OnSite | None, here: Context) -> tuple[str, str]:
    if visitor is None:
        return "-", ""
    name = greeting(visitor.name, visitor.sex) if visitor.name else label(visitor.reason)
    return clock(visitor.registered_ms, here.zone), f"{name} {duration(here.now_ms() - visitor.registered_ms)}"


def _parked(figures: Figures, here: Context) -> str:
    oldest = figures.parked.oldest_ms
    return _("since {time}", time=moment(oldest, here.now_ms(), here.zone)) if oldest is not None else ""


def machine_lines(machine: Machine, here: Context) -> list[Line]:
    """Return the right side: what waits for HQ, and whether this computer is well."""
    now, zone = here.now_ms(), here.zone
    hq, sync = machine.hq, "app.sync_view"
    reached = moment(hq.last_sync_ms, now, zone) if hq.last_sync_ms is not None else _("not yet")
    offset, off = clock_words(machine.clock_offset_ms)
    waits = "warning" if hq.enrolled and hq.waiting else ""
    return [
        Line("waiting", _("Waiting"), changes(hq.waiting), "", waits, sync),
        Line("reached", _("Last upload"), reached),
        Line("quarantined", _("Held by HQ"), records(hq.quarantined), "",
             "warning" if hq.quarantined else "", sync),
        Line("conflicts", _("To be decided"), records(hq.conflicts), "",
             "warning" if hq.conflicts else "", "app.conflicts"),
        Line("clock", _("Clock"), offset, "", off),
        Line("disk", _("Disk"), _("{free:.1f} GB free", free=machine.disk_free / 1e9), "",
             _MEANINGS[disk_mark(machine.disk_free)]),
        Line("backup", _("Backup"), *_backup(machine.backup_ms, now, zone)),
    ]  # fmt: skip


def _backup(at_ms: int | None, now_ms: int, zone: tzinfo) -> tuple[str, str, str]:
    if at_ms is None:
        return _("never"), "", _MEANINGS[backup_mark(at_ms, now_ms)]
    return moment(at_ms, now_ms, zone), "", _MEANINGS[backup_mark(at_ms, now_ms)]


def sentence(figures: Figures, here: Context) -> tuple[str, str]:
    """Return what matters most now, with its meaning."""
    machine = figures.machine
    off = clock_mark(machine.clock_offset_ms, machine.last_record_ms, here.now_ms()) is not Mark.GOOD
    disk = disk_mark(machine.disk_free)
    over = _over(figures.most_over, here.now_ms())
    said = (
        (disk is not Mark.GOOD, _("The disk is nearly full. Have room made before anything else."), _MEANINGS[disk]),
        (off, _("The clock of this computer is wrong. Have it set right: every time depends on it."), "warning"),
        (figures.counts.overstays, _("Past their time: {who}.", who=over), "warning"),
        (figures.badges.missing, _("A badge is missing. When it turns up, scan it into the list."), "warning"),
        (figures.parked.count, _("Somebody put aside is still waiting at the gate."), "warning"),
        (machine.hq.quarantined, _("Headquarters could not take some records. Ask your supervisor."), "warning"),
        (
            machine.hq.conflicts,
            _("Two computers wrote the same field differently. A supervisor or butler decides."),
            "warning",
        ),
        (machine.backup_ms is None, _("No backup of this computer was ever made. Ask your supervisor."), "warning"),
    )
    calm = _("All is well at {time}. {key} leads to the gate.", time=clock(here.now_ms(), here.zone),
             key=key_called("overview.gate"))  # fmt: skip
    return next(((words, meaning) for holds, words, meaning in said if holds), (calm, "good"))
