"""The gate's form: fields in the order a guard needs them, read as a Registration at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from butler_tui.domain.policies import Policies
from butler_tui.domain.visits import Missing, Registration
from butler_tui.store.households import GateHousehold
from butler_tui.tui.gate_case import recognised
from butler_tui.tui.gate_reading import registration_from
from butler_tui.tui.shown import STYLES, line, put
from butler_tui.tui.widgets import visit_rows
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.tui.widgets.visit_rows import CHOICES, FOLDED, LABELS, MISSING_FIELDS, ORDER, PATH, ROWS, no_choice
from butler_tui.words import _


class VisitForm(Vertical):
    """The fields of one visitor. What is shown beside them comes from the screen by `hint`."""

    class Changed(Message):
        """Something was typed."""

        def __init__(self, field: str) -> None:
            super().__init__()
            self.field = field

    class Arrived(Message):
        """Enter in the field that takes all, or a scan that belongs there."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    class Doubted(Message):
        """Enter in a field that cannot be read, for the first time; `words` name the `field` and say what is odd."""

        def __init__(self, field: str, words: str) -> None:
            super().__init__()
            self.field = field
            self.words = words

    class Marked(Message):
        """Up or Down while there is something to choose from beside the field in focus."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Finished(Message):
        """Enter in the last field of the path."""

    def __init__(self, policies: Policies) -> None:
        super().__init__()
        self._policies = policies
        self.household: GateHousehold | None = None
        self.only_room = ""
        """The room that what is typed can become; Enter completes it."""
        self.choosing = False
        """Whether Up and Down choose beside the field in focus, rather than move between fields."""
        self._doubts: dict[str, str] = {}
        """By field, what is odd about what is typed."""
        self._told: tuple[str, str] = ("", "")
        """The field and value whose doubt was told: Enter goes on from it."""
        self._masked: dict[str, tuple[str, str]] = {}
        """By field, what is shown in the place of a value, and the value."""
        self.last_field = "arrival"
        """The field that had the focus last."""
        self.keeps_number = False
        self._fields = {name: ScanInput(id=name, folded=name in FOLDED) for name in ORDER}
        self._between = {row.fields[-1][0]: Static(line(f" {_(row.between)} ")) for row in ROWS if row.between}
        self._hints = {row.fields[0][0]: Static(classes="hint") for row in ROWS}
        self._hinted: dict[str, tuple[str, str]] = {}

    def compose(self) -> ComposeResult:
        """Lay out the rows."""
        widest = max(cell_len(_(row.label)) for row in ROWS)
        for row in ROWS:
            with Horizontal():
                label = Static(line(f" {_(row.label)}"), classes="label")
                label.styles.width = widest + 3
                yield label
                for name, width in row.fields:
                    if name in self._between:
                        yield self._between[name].add_class("between")
                    self._fields[name].styles.width = width
                    yield self._fields[name]
                yield self._hints[row.fields[0][0]]

    # What stands in the form

    def text(self, field: str) -> str:
        """Return what stands in a field, safe and trimmed; behind a mask, what it stands for."""
        shown = self._fields[field].text
        mask, value = self._masked.get(field, ("", ""))
        return value if shown and shown == mask else shown

    def put(self, field: str, value: str) -> None:
        """Write into a field, without a `Changed`: who writes knows."""
        self._masked.pop(field, None)
        with self.prevent(ScanInput.Changed):
            self._fields[field].value = value
            self._fields[field].cursor_position = len(value)

    def put_masked(self, field: str, shown: str, value: str) -> None:
        """Write a value into a field so that only `shown` is seen of it; the first edit empties the field."""
        self.put(field, shown)
        self._masked[field] = (shown, value)

    @property
    def masked(self) -> frozenset[str]:
        """The fields of which only a mask is seen."""
        return frozenset(name for name, (mask, _value) in self._masked.items() if self._fields[name].text == mask)

    def clear(self) -> None:
        """Empty the form for the next visitor."""
        with self.prevent(ScanInput.Changed):
            for field in self._fields.values():
                field.clear()
        self._masked.clear()
        self.household = None
        self.only_room = ""

    def snapshot(self) -> dict[str, str]:
        """Return all fields as typed, masked values as they are, for `restore`."""
        return {name: self.text(name) if name in self._masked else field.value for name, field in self._fields.items()}

    def restore(self, values: dict[str, str]) -> None:
        """Write a snapshot back, without a `Changed`."""
        for name, value in values.items():
            self.put(name, value)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed."""
        return self.is_empty_but("")

    def is_empty_but(self, this: str) -> bool:
        """Tell whether nothing is typed in any field but `this`."""
        return not any(field.value for name, field in self._fields.items() if name != this)

    def registration(self) -> Registration:
        """Return what stands in the form, read."""
        return registration_from(self.text, self._policies, self.household, keeps_number=self.keeps_number)

    # What is shown beside it

    def hint(self, field: str, words: str, meaning: str = "") -> None:
        """Show words at the end of a field's line; `meaning` colours them."""
        if meaning == "warning" and field in visit_rows.ENTERED_WITH_CARE and not self._is_home(field):
            self._doubts[field] = words
        else:
            self._doubts.pop(field, None)
        end = self._hints[field]
        if self._hinted.get(field) != (words, meaning):
            self._hinted[field] = (words, meaning)
            put(end, line((words, STYLES[meaning])))

    def _is_home(self, field: str) -> bool:
        """Tell whether a field names a home, whoever is registered there, or what Enter makes one."""
        return field == "room" and (self.household is not None or bool(self.only_room))

    def odd(self, field: str) -> str:
        """Return what is odd about what stands in a field, with the field's name; empty for nothing."""
        words = self._doubts.get(field) or no_choice(field, self.text(field))
        if not words and field == "room" and self.choosing and not self._is_home(field):
            words = _("several homes fit, pick by the arrows")
        return _("{field}: {words}", field=_(LABELS[field]), words=words) if words and self.text(field) else ""

    def unread_choice(self) -> str:
        """Return the first field whose digits pick nothing, unless the guard has been told; empty for none."""
        new = (name for name in CHOICES if self._told != (name, self._fields[name].value))
        return next((name for name in new if no_choice(name, self.text(name))), "")

    def doubt(self, field: str) -> None:
        """Tell what is odd about a field, once for what stands there, and stand in it."""
        self._told = (field, self._fields[field].value)
        self.focus_field(field)
        self.post_message(self.Doubted(field, self.odd(field)))

    def show_number_field(self, shown: bool) -> None:
        """Show or hide the field for the document's number: it is there only where policy keeps it."""
        self.keeps_number = shown
        for part in (self._between["number"], self._fields["number"]):
            part.display = shown

    # Moving

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the field."""
        if event.widget.id in self._fields:
            self.last_field = event.widget.id

    def focus_field(self, field: str) -> None:
        """Put the cursor into a field."""
        self.screen.set_focus(self._fields[field])

    def focus_missing(self, obstacles: Iterable[StrEnum]) -> None:
        """Put the cursor where the first of what is missing is typed, if anything of `obstacles` is."""
        field = next((MISSING_FIELDS[one] for one in obstacles if isinstance(one, Missing)), "")
        if field:
            self.focus_field(field)

    def begin_field(self, field: str, character: str) -> None:
        """Go to a field with the first character of what is typed into it anew."""
        self._fields[field].value = character
        self._fields[field].cursor_position = len(character)
        self.focus_field(field)

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Enter goes on; in the field that takes all it says what came."""
        message.stop()
        name = message.field.id or ""
        found = recognised(message.value, self._policies)
        elsewhere = found is not None and found.kind in visit_rows.SCANNED_ELSEWHERE.get(name, frozenset())
        if name == "arrival" or elsewhere:
            with self.prevent(ScanInput.Changed):
                message.field.clear()
            self.post_message(self.Arrived(message.value))
            return
        if self.odd(name) and self._told != (name, message.value):
            self.doubt(name)
            return
        room = self.household.room_code if self.household else self.only_room
        if name == "room" and room and message.value != room:
            message.field.value = room
        self.go_on(name)

    def go_on(self, after: str = "") -> None:
        """Go to the next empty field of the path, or say that it is finished."""
        if after and after not in PATH:
            self._step(after, 1)
            return
        behind = PATH.index(after) + 1 if after else 0
        for name in PATH[behind:]:
            if not self.text(name) and self._fields[name].display:
                self.focus_field(name)
                return
        self.post_message(self.Finished())

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Say what changed; who edits a masked value types it anew."""
        message.stop()
        name = message.input.id or ""
        mask, _value = self._masked.get(name, (message.value, ""))
        if message.value != mask:
            del self._masked[name]
            if len(message.value) < len(mask):
                self.put(name, "")
        self.post_message(self.Changed(name))

    def on_key(self, event: events.Key) -> None:
        """Up and Down move between fields."""
        if event.key in ("up", "down") and self.screen.focused is not None:
            event.stop()
            by = 1 if event.key == "down" else -1
            if self.choosing and self.screen.focused.id in ("arrival", "room"):
                self.post_message(self.Marked(by))
            else:
                self._step(self.screen.focused.id or "", by)

    def _step(self, field: str, by: int) -> None:
        shown = [name for name in ORDER if self._fields[name].display]
        index = shown.index(field) + by if field in shown else 0
        if index >= len(shown):
            self.post_message(self.Finished())
        elif index >= 0:
            self.focus_field(shown[index])
