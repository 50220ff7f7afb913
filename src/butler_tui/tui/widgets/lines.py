"""The lines that every screen has: the desks on top; the sentence, the status and the keys at the foot."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from butler_tui.tui.context import Context
from butler_tui.tui.shown import line, spaced
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.desk.session import Session

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
DESKS = (("F2", "gate", N_("Visitors")), ("F9", "sync", N_("Sync")))
"""Key, name and label of the desks there are; those not built yet are not shown."""


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
        desks = []
        for key, name, label in DESKS:
            if name == self._desk:
                desks.append((f" [{key} {_(label)}]", "bold $accent"))
            else:
                desks.append((f"  {key} {_(label)} ", "$dim"))
        yield Static(line(*desks), id="desks")
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
        self.set_classes(meaning)
        self.update(line(f" {text}"))


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


class KeyLine(Static):
    """The keys that work here and now, at most eight, from the bindings declared beside screens and widgets."""

    MOST = 8

    def on_mount(self) -> None:
        """Follow the bindings of the screen and of whatever has the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._refresh)
        self._refresh(self.screen)

    def _refresh(self, screen: Screen[object]) -> None:
        words = [key_words(binding) for binding in shown_bindings(screen) if binding.show][: self.MOST]
        while words and sum(word.cell_length + 2 for word in words) > max(self.size.width, 40):
            # The help (last) stays; what does not fit is in it.
            del words[-2 if len(words) > 1 else -1]
        self.update(line(" ") + spaced(words))

    def on_resize(self) -> None:
        """Show as many keys as fit."""
        self._refresh(self.screen)


def shown_bindings(screen: Screen[Any]) -> list[Binding]:
    """Return the bindings that work on `screen` now, those of the focus first, each once whatever keys it has.

    Where the screen has words of its own for Enter (it checks out) or for a key that the application takes first
    (the lock), they are the ones shown.
    """
    own = {key: binding for key, binding in screen._bindings if binding.show}
    by_id: dict[str, Binding] = {}
    for key, active in screen.active_bindings.items():
        told = active.binding.show and key != "enter"
        binding = active.binding if told else own.get(key, active.binding)
        by_id.setdefault(binding.id or binding.action, binding)
    return list(by_id.values())


def key_words(binding: Binding) -> Content:
    """Return a binding as `Ctrl+S 放行`, key bright and label dim."""
    return line((key_name(binding), "$accent"), " ", (binding.description, "$dim"))


_KEY_NAMES = {"enter": "Enter", "escape": "Esc", "up": "Up", "down": "Down", "tab": "Tab", "space": "Space"}


def key_name(binding: Binding) -> str:
    """Return what a binding's first key is called: Ctrl+S, F1, Enter."""
    if binding.key_display:
        return binding.key_display
    key = binding.key.split(",")[0]
    *modifiers, last = key.split("+")
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _KEY_NAMES.get(last, last.upper())])
