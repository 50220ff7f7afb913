"""Who is on site: the line of figures, and the list with the least time left on top."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Static

from butler_tui.domain.policies import Reason
from butler_tui.labels import cars, clock, greeting, label, moment, people, room_left
from butler_tui.store import badges, home, visits
from butler_tui.store.badges import BadgeHolder
from butler_tui.store.visits import OnSite
from butler_tui.tui.context import Context
from butler_tui.tui.shown import Part, line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.record_list import Column, Fetch, Record, RecordList
from butler_tui.words import _

SOON_MS = 15 * 60_000
"""Time left below which the figure is shown as running out (ours)."""


def columns() -> tuple[Column, ...]:
    """Return badge, who, why, where, plate, since and time left, as wide as the language's words are."""
    why = max(cell_len(label(reason)) for reason in Reason)
    return Column(5), Column(_who_cells("欧阳")), Column(why), Column(9), Column(9), Column(5), Column(0, right=True)


def narrow_columns() -> tuple[Column, ...]:
    """Return badge, who, where and time left for a narrow panel."""
    return Column(4), Column(_who_cells("王")), Column(9), Column(0, right=True)


def missing_columns() -> tuple[Column, ...]:
    """Return badge, who, where and when for the badges that are missing."""
    return Column(6), Column(12), Column(12), Column(0, right=True)


def _who_cells(surname: str) -> int:
    """Return the cells of a polite form with such a surname, which must not be what is cut off."""
    return max(8, cell_len(greeting(surname, None)))


def record_of(visitor: OnSite, context: Context, *, narrow: bool) -> Record:
    """Return one visitor as a row: badge, who, why, where, plate, since, and the time left."""
    now = context.now_ms()
    left, meaning = "", ""
    if visitor.expected_out_ms is not None:
        left = room_left(visitor.expected_out_ms, now, roughly=narrow)
        remaining = visitor.expected_out_ms - now
        meaning = "bad" if remaining < 0 else "warning" if remaining < SOON_MS else ""
    who = greeting(visitor.name, visitor.sex) if visitor.name else label(visitor.reason)
    why = label(visitor.reason) if visitor.name else visitor.reason_note
    badge = visitor.badge or "-"
    if narrow:
        return Record(visitor.key, (badge, who, visitor.room_code or why, left), meaning)
    since = clock(visitor.registered_ms, context.zone)
    cells = (badge, who, why, visitor.room_code, visitor.plate, since, left)
    return Record(visitor.key, cells, meaning)


def fetcher(context: Context, *, matching: str = "", narrow: bool = False, overstayed: bool = False) -> Fetch:
    """Return what brings pages of those on site, only those that `matching` fits, or past their time, where asked."""

    def fetch(after: tuple[int, bytes] | None, most: int) -> Sequence[Record]:
        overdue_ms = context.now_ms() if overstayed else None
        found = visits.on_site(context.store.connection, most, after, matching, overdue_ms)
        return [record_of(visitor, context, narrow=narrow) for visitor in found]

    return fetch


def missing_fetcher(context: Context, *, matching: str = "") -> Fetch:
    """Return what brings pages of the badges whose visitor left without giving them back."""

    def fetch(after: tuple[str, bytes] | None, most: int) -> Sequence[Record]:
        found = badges.badges_missing(context.store.connection, most, after, matching)
        return [_missing_record(one, context) for one in found]

    return fetch


def _missing_record(one: BadgeHolder, context: Context) -> Record:
    left = moment(one.out_ms, context.now_ms(), context.zone) if one.out_ms is not None else ""
    cells = (one.badge, greeting(one.name, one.sex), one.room_code, _("left {time} with it", time=left))
    return Record(one.key, cells, "warning")


class OnSitePanel(Steady, Vertical):
    """The panel under the gate's form, or beside it on a wide screen."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._here = context
        self._narrow = False
        self._counts = Static(id="counts")
        self._timer: Timer | None = None
        self._rows = self._list(narrow=False)

    def compose(self) -> ComposeResult:
        """Lay out figures and list."""
        yield self._counts
        yield self._rows

    def _list(self, *, narrow: bool) -> RecordList:
        wide = narrow_columns() if narrow else columns()
        empty = _("Nobody is on site. Who you admit stands here.")
        rows = RecordList(wide, fetcher(self._here, narrow=narrow), empty, gap=1 if narrow else 2)
        rows.can_focus = False  # it is looked at here, and worked with by F7
        return rows

    def on_mount(self) -> None:
        """Keep the time left true; the screen's resume, which follows, shows it first."""
        self._timer = self.set_interval(30, self.reload)

    def pause(self) -> None:
        """Stop looking while nobody sees it."""
        if self._timer is not None:
            self._timer.pause()

    def resume(self) -> None:
        """Show the figures of now, and keep them true."""
        self.reload()
        if self._timer is not None:
            self._timer.resume()

    async def narrow(self, narrow: bool) -> None:
        """Draw the list for a narrow column, or for the whole width."""
        if narrow != self._narrow:
            self._narrow = narrow
            await self._rows.remove()
            self._rows = self._list(narrow=narrow)
            await self.mount(self._rows)

    def reload(self) -> None:
        """Read figures and list again."""
        counts = visits.counts(self._here.store.connection, self._here.now_ms())
        words = _("In {people}, {cars}", people=people(counts.people), cars=cars(counts.vehicles))
        over = _("Over {count}", count=counts.overstays)
        aside = home.parked(self._here.store.connection).count
        parts: list[Part] = [" ", (words, "$foreground"), "  ", (over, "$error" if counts.overstays else "$dim")]
        if aside:
            parts += ["  ", (_("Aside {count}", count=aside), "$warning")]
        self._counts.update(line(*parts))
        self._rows.reload()
