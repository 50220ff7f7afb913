"""F9: how it stands with headquarters, and a sync now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import ClassVar

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.desk.session import Session
from butler_tui.labels import changes, moment, records, table_label
from butler_tui.store import blobs, quarantined, reports, sync_state
from butler_tui.store.sync_state import Result
from butler_tui.tui.context import Context
from butler_tui.tui.messages import SyncAsked
from butler_tui.tui.report_words import report_words
from butler_tui.tui.shown import line, lines
from butler_tui.tui.steady import Steady
from butler_tui.tui.sync_words import (
    clock_words,
    fetching_words,
    held_elsewhere_words,
    held_words,
    hq_words,
    picture_words,
)
from butler_tui.tui.widgets.facts import wrapped
from butler_tui.tui.widgets.lines import KeyLine, Sentence, StatusLine, TopLine
from butler_tui.words import _

MOST_REPORTS = 5
REPORTS_MS = 30 * 24 * 3_600_000
"""How long what HQ reported is shown, ms."""
MOST_HELD = 50
"""Changes that HQ could not apply which are listed one by one."""
MOST_ELSEWHERE = 10
"""Acts of other terminals that HQ could not apply, listed at a supervisor's."""


class Figures(VerticalScroll, can_focus=True):
    """The lines of figures; takes the focus so that arrows scroll them."""


class SyncScreen(Steady, Screen[None]):
    """What waits for HQ, since when, and how the last try went."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["../styles/desks.tcss", "../styles/sync.tcss"]

    GUIDE = (
        _("Everything you save is kept on this computer at once, and sent to headquarters by itself."),
        _("Without a network nothing is lost: it waits here, and goes out when the connection is back."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "app.gate", _("Visitors"), id="sync.gate", tooltip=_("back to the gate")),
        Binding(
            "f7",
            "app.on_site('inside')",
            _("On site"),
            show=False,
            id="sync.on_site",
            tooltip=_("who is on site; check out"),
        ),
        Binding("escape", "app.back", _("Back"), show=False, id="sync.back", tooltip=_("back to where you were")),
        Binding("f9", "sync", _("Sync now"), id="sync.now", tooltip=_("send what waits now")),
        Binding("ctrl+d", "conflicts", _("Decide"), id="sync.conflicts", tooltip=_("what several wrote differently")),
        Binding("ctrl+r", "held_back", _("Held back"), id="sync.held", tooltip=_("what HQ holds back, to send again")),
        Binding("f10,ctrl+l", "app.lock", _("Lock"), id="sync.lock", tooltip=_("lock the screen")),
        Binding("f1", "app.help", _("Help"), id="sync.help", tooltip=_("this help")),
    ]

    def __init__(self, context: Context, session: Session, left_s: Callable[[], float]) -> None:
        """Make it; `left_s` tells how long it is until HQ is tried again."""
        super().__init__()
        self._left_s = left_s
        self._here = context
        self._session = session
        self._top = TopLine(context, "sync")

    def compose(self) -> ComposeResult:
        """Lay out the figures."""
        yield self._top
        with Figures(id="figures"):
            yield Static(id="lines")
        yield Sentence()
        yield StatusLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show where and who."""
        self.query_one(StatusLine).show_session(self._here, self._session)

    def on_screen_resume(self) -> None:
        """Show the figures of now."""
        self._top.resume()
        self.reload()
        self.set_focus(self.query_one(Figures))

    def on_screen_suspend(self) -> None:
        """Let the clock of a screen that nobody sees rest."""
        self._top.pause()

    def action_sync(self) -> None:
        """Ask for a sync."""
        self.post_message(SyncAsked())

    def action_conflicts(self) -> None:
        """Show what waits for somebody to decide."""
        from butler_tui.tui.dialogs.conflicts import ConflictsDialog

        self.app.push_screen(ConflictsDialog(self._here, self._session))

    def action_held_back(self) -> None:
        """Show what HQ holds back."""
        from butler_tui.tui.dialogs.held_back import HeldBackDialog

        self.app.push_screen(HeldBackDialog(self._here, self._session))

    def on_sync_asked(self, message: SyncAsked) -> None:
        """Say that it is under way; the application does it."""
        self.query_one(Sentence).say(_("Sending to headquarters…"))

    def on_the_way(self, at: int, of: int) -> None:
        """Say how much of what is fetched has come."""
        self.query_one(Sentence).say(fetching_words(at, of))

    def after_sync(self, sentence: str, meaning: str) -> None:
        """Show how a sync went."""
        self.query_one(Sentence).say(sentence, meaning)
        self.reload()

    def reload(self) -> None:
        """Read the figures again."""
        connection = self._here.store.connection
        status, summary = sync_state.status(connection), sync_state.summary(connection)
        now, zone = self._here.now_ms(), self._here.zone
        word, meaning = hq_words(summary, now, zone)
        rows = [
            (_("Headquarters"), word, meaning),
            (_("Waiting"), changes(status.waiting), "warning" if status.waiting else "good"),
        ]
        if status.oldest_ms is not None:
            rows.append((_("Oldest"), moment(status.oldest_ms, now, zone), ""))
        for name, at_ms in ((_("Last upload"), status.last_sync_ms), (_("Last try"), status.last_try_ms)):
            rows.append((name, moment(at_ms, now, zone) if at_ms is not None else _("not yet"), ""))
        if summary.last_result in (Result.UNREACHABLE, Result.REFUSED):
            rows.append((_("Next try"), moment(now + round(1000 * self._left_s()), now, zone), ""))
        pictures = picture_words(blobs.waiting(connection))
        rows += [(_("Pictures") if not place else "", *words) for place, words in enumerate(pictures)]
        rows.append((_("Clock"), *clock_words(status.clock_offset_ms)))
        undecided, count = summary.conflicts, summary.quarantined
        rows.append((_("To be decided"), records(undecided), "warning" if undecided else ""))
        rows.append((_("Held by HQ"), records(count), "warning" if count else ""))
        reported = self._reported(now)  # between the figures and the list, which may be long
        shown = quarantined.held(connection, MOST_HELD)
        named = _("Held by HQ") if reported else ""
        rows += reported
        rows += [("" if place else named, held_words(one, now, zone), "") for place, one in enumerate(shown)]
        if count > len(shown):
            rows.append(("", _("and {count} more", count=count - len(shown)), ""))
        rows += self._held_elsewhere(now)
        rows += _by_table(status.by_table)
        self.query_one("#lines", Static).update(lines(_figure(*row) for row in rows))

    def _reported(self, now_ms: int) -> list[tuple[str, str, str]]:
        """Return what HQ told a supervisor's terminal that nobody typed; it stands above the lists, to be seen."""
        told = reports.newest(self._here.store.connection, MOST_REPORTS, now_ms - REPORTS_MS)
        latest: dict[str, str] = {}  # what was told several times stands there once
        for one in told:
            latest.setdefault(report_words(one.kind, one.detail, one.place), moment(one.at_ms, now_ms, self._here.zone))
        return self._wrapped(_("Reports"), [f"{when}  {words}" for words, when in latest.items()])

    def _held_elsewhere(self, now_ms: int) -> list[tuple[str, str, str]]:
        """Return what HQ told a supervisor's terminal of acts of others that it holds back."""
        found = quarantined.held_elsewhere(self._here.store.connection, MOST_ELSEWHERE, now_ms - REPORTS_MS)
        return self._wrapped(_("Held of others"), [held_elsewhere_words(one, now_ms, self._here.zone) for one in found])

    def _wrapped(self, name: str, sentences: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return sentences in as many lines as they need, the first of all beside the name."""
        width = max(20, self.size.width - 22)
        every = [one for words in sentences for one in wrapped(words, width)]
        return [(name if not place else "", one, "") for place, one in enumerate(every)]


def _by_table(counts: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """Return what waits, by what it is: below all that somebody may have to act upon."""
    every = [f"{set_cell_size(table_label(table), 16)}{count:>7}" for table, count in counts.items()]
    return [(_("Waiting, by kind") if not place else "", one, "") for place, one in enumerate(every)]


_STYLES = {"": "$foreground", "good": "$success", "warning": "$warning", "bad": "$error"}


def _figure(name: str, words: str, meaning: str) -> Content:
    return line((f" {set_cell_size(name, 18)}", "$dim"), (words, _STYLES[meaning]))
