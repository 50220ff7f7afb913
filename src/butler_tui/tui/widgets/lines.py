"""The lines that every screen has: the desks on top; the sentence, the status and the keys at the foot."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual import events
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from butler_tui.tui.context import Context
from butler_tui.tui.key_names import key_called, key_name
from butler_tui.tui.shown import STYLES, joined, line, put
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.desk.session import Session

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
DESKS = (
    ("home", "app.home", "app.home", N_("Home")),
    ("gate", "app.gate", "sync.gate", N_("Visitors")),
    ("sync", "app.sync_view", "gate.sync", N_("Sync")),
)
"""Name, action, the binding whose key leads there, and label of the desks there are; none that is not built yet."""


class Spots(Static):
    """One line of parts that can be clicked; each stands for something, which `chosen` is told."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spots: list[tuple[int, int, str]] = []

    def show_parts(self, parts: Iterable[tuple[Content, str]], gap: int) -> None:
        """Show the parts with a gap of so many cells between them, and remember where each stands."""
        self._spots = []
        shown: list[Content] = []
        at = 0
        for words, stands_for in parts:
            before = gap if shown else 0
            shown.append(line(" " * before) + words)
            self._spots.append((at, at + before + words.cell_length, stands_for))
            at = self._spots[-1][1]
        put(self, joined(shown))

    def on_click(self, event: events.Click) -> None:
        """Tell which part was clicked."""
        at = event.get_content_offset(self)
        for start, end, stands_for in self._spots:
            if at is not None and start <= at.x < end:
                event.stop()
                self.chosen(stands_for)

    def chosen(self, stands_for: str) -> None:
        """Do what a part stands for."""


class DeskTabs(Spots):
    """The desks with their keys, the one in front marked; a click goes there."""

    def __init__(self, desk: str) -> None:
        super().__init__(id="desks")
        self._desk = desk

    def on_mount(self) -> None:
        """Show the desks."""
        tabs = []
        for name, action, binding, label in DESKS:
            words = f"{key_called(binding)} {_(label)}"
            here = name == self._desk
            tabs.append((line((f"[{words}]", "bold $accent") if here else (f" {words} ", "$dim")), action))
        self.show_parts(tabs, gap=1)

    def chosen(self, stands_for: str) -> None:
        """Go to a desk."""
        self.app.call_later(self.app.run_action, stands_for)


class TopLine(Horizontal):
    """The desks with their keys, the one in front marked, and the estate's time."""

    def __init__(self, context: Context, desk: str) -> None:
        super().__init__()
        self._here = context
        self._desk = desk
        self._now = Static(id="now")
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out desks left, time right."""
        yield DeskTabs(self._desk)
        yield self._now

    def on_mount(self) -> None:
        """Keep the time."""
        self._timer = self.set_interval(5, self._tick, pause=True)
        self.resume()

    def pause(self) -> None:
        """Stop the clock while nobody sees it."""
        if self._timer is not None:
            self._timer.pause()

    def resume(self) -> None:
        """Show the time, and keep showing it."""
        self._tick()
        if self._timer is not None:
            self._timer.resume()

    def _tick(self) -> None:
        now = datetime.fromtimestamp(self._here.now_ms() / 1000, self._here.zone)
        self._now.update(line(f"{_(WEEKDAYS[now.weekday()])} {now:%H:%M} "))


class Sentence(Static):
    """The one sentence that rules the screen: what stands in the way, or what just happened."""

    words: tuple[str, str] = ("", "")

    def say(self, text: str, meaning: str = "") -> None:
        """Show `text`; `meaning` ("", "good", "warning", "bad") only colours what it says. Both stay in `words`."""
        self.words = (text, meaning)
        put(self, line((text, STYLES[meaning])))


class StatusLine(Horizontal):
    """Where and who left, how it stands with HQ right, as a coloured word."""

    def __init__(self) -> None:
        super().__init__()
        self._where = Static(id="where")
        self._hq = Static(id="hq")

    def compose(self) -> ComposeResult:
        """Lay out place and person left, HQ right."""
        yield self._where
        yield self._hq

    def show_session(self, context: Context, session: Session) -> None:
        """Show estate, gate and person."""
        from butler_tui.labels import label  # after sign-in: the first screen needs none of the rules

        person = session.staff
        words = (context.estate.name, context.gate.name, person.name, label(person.role))
        self._where.update(line(" " + "  ".join(words)))

    def show_hq(self, word: str, meaning: str) -> None:
        """Show the state of HQ; `meaning` as for Sentence."""
        self._hq.set_classes(meaning)
        self._hq.update(line(f"{word} "))


class KeyLine(Spots):
    """The keys that work here and now, at most eight, from the bindings declared beside screens and widgets.

    A click on one is that key.
    """

    MOST = 8

    def on_mount(self) -> None:
        """Follow the bindings of the screen and of whatever has the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._refresh)
        self._refresh(self.screen)

    def _refresh(self, screen: Screen[object]) -> None:
        shown = [binding for binding in shown_bindings(screen) if binding.show]
        shown.sort(key=lambda binding: binding.key != "enter")  # Enter first, the rest as told
        keys = [(key_words(binding), binding.key.split(",")[0]) for binding in shown]
        room = max(self.size.width, 40)
        while keys and (len(keys) > self.MOST or sum(words.cell_length + 1 for words, _key in keys) - 1 > room):
            # The help (last) stays; what does not fit is in it.
            del keys[-2 if len(keys) > 1 else -1]
        self.show_parts(keys, gap=1)

    def on_resize(self) -> None:
        """Show as many keys as fit."""
        self._refresh(self.screen)

    def chosen(self, stands_for: str) -> None:
        """Press the key."""
        self.app.post_message(events.Key(stands_for, stands_for if len(stands_for) == 1 else None))


def shown_bindings(screen: Screen[Any]) -> list[Binding]:
    """Return the bindings that work on `screen` now, those of the focus first, each once whatever keys it has.

    Where the screen has words of its own for Enter (it checks out) or for a key that the application takes first
    (the lock), they are the ones shown.
    """
    bindings = screen._bindings.copy()
    bindings.apply_keymap(screen.app._keymap)
    own = {key: binding for key, binding in bindings if binding.show and _offered(screen, binding)}
    by_id: dict[str, Binding] = {}
    for key, active in screen.active_bindings.items():
        told = active.binding.show and key != "enter"
        binding = active.binding if told else own.get(key, active.binding)
        by_id.setdefault(binding.id or binding.action, binding)
    return _in_order(by_id, screen) if screen.app._keymap else list(by_id.values())


def _in_order(by_id: dict[str, Binding], screen: Screen[Any]) -> list[Binding]:
    """Return the bindings in the order of their declaration: Textual puts changed keys last."""
    chain = [namespace for namespace, _bindings in screen._modal_binding_chain]
    declared = [binding.id or binding.action for node in chain for _key, binding in node._bindings]
    places = {one: place for place, one in reversed(list(enumerate(declared)))}
    return sorted(by_id.values(), key=lambda one: places.get(one.id or one.action, len(places)))


def _offered(screen: Screen[Any], binding: Binding) -> bool:
    _namespace, action, parameters = parse(binding.action)
    return screen.check_action(action, parameters) is not False


def key_words(binding: Binding) -> Content:
    """Return a binding as `Ctrl+S 放行`, key bright and label dim, with a cell on its right to click."""
    return line((key_name(binding), "$accent"), " ", (binding.description, "$dim"), " ")
