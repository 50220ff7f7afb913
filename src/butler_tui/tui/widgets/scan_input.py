"""A one-line field for hands and scanners alike: Enter is handled with the characters before it, at any speed."""

from __future__ import annotations

from typing import ClassVar
from unicodedata import normalize

from rich import text as rich_text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from butler_tui.domain.folding import fold
from butler_tui.text import safe
from butler_tui.words import _

LONGEST = 200
"""Characters a field takes: more than any note, less than a stuck key or a hostile code can fill the file with."""


class ScanInput(Input):
    """A compact field whose value is always safe() text; full-width digits and letters become ASCII where asked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", _("Next"), id="field.next", tooltip=_("on to the next field")),
    ]

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """As the base has it, but without laying out the whole screen at every key: a field's width never changes."""

    class Entered(Message):
        """Enter was pressed; `value` is what stood in the field at that key, whatever has been typed since."""

        def __init__(self, field: ScanInput, value: str) -> None:
            super().__init__()
            self.field = field
            self.value = value

        @property
        def control(self) -> ScanInput:
            """The field, for `on` selectors."""
            return self.field

    def __init__(
        self, *, id: str | None = None, password: bool = False, folded: bool = False, longest: int = LONGEST
    ) -> None:
        super().__init__(id=id, password=password, compact=True, max_length=longest, select_on_focus=False)
        self.folded = folded

    @property
    def _value(self) -> rich_text.Text:
        """What is drawn: a PIN as asterisks, since a dot is two cells wide in some terminals."""
        drawn = super()._value
        if self.password:
            drawn.plain = "*" * len(self.value)
        return drawn

    def validate_value(self, value: str) -> str:
        """Make safe what is put here from a draft or a record; what is typed may wait for its other half (NFC)."""
        made = safe(value, self.max_length or LONGEST)
        return value if made == normalize("NFC", value) else made

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            # Not as a binding: those run after the characters that are queued behind this key.
            event.stop()
            event.prevent_default()
            self.post_message(self.Entered(self, self.value))
            return
        await super()._on_key(event)

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert typed or pasted text, made safe."""
        super().insert_text_at_cursor(self._accepted(text))

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a range by typed or pasted text, made safe."""
        super().replace(self._accepted(text), start, end)

    def _accepted(self, text: str) -> str:
        # One character at a time may be half of a composed one: NFC is applied again when the value is read.
        room = (self.max_length or LONGEST) - len(self.value)
        return (fold(safe(text)) if self.folded else safe(text))[: max(room, 0)]

    @property
    def text(self) -> str:
        """What stands in the field, safe and trimmed."""
        return safe(self.value).strip()
