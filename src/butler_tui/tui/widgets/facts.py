"""Facts one below the other: labels dim, values bright, long values in lines of their own under the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size
from textual.content import Content

from butler_tui.text import safe
from butler_tui.tui.shown import LONGEST_LINE, STYLES, line
from butler_tui.tui.widgets.rows import Rows

_STYLES = {**STYLES, "dim": "$dim", "title": "bold"}

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `meaning` ("", "good", "warning", "bad", "dim", "title") colours the value.

    A fact without a label goes on from the one above; one without a label and a value is an empty line.
    """

    label: str
    value: str
    meaning: str = ""


class Facts(Rows):
    """A column of facts; `label_cells` is the width of the labels, 0 for that of the widest."""

    def __init__(self, *, id: str | None = None, label_cells: int = 0) -> None:
        super().__init__(id=id)
        self._label_cells = label_cells
        self.facts: Sequence[Fact] = ()

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these facts."""
        self.facts = facts
        self._draw()

    def on_resize(self) -> None:
        """Break long values anew."""
        self._draw()

    def _draw(self) -> None:
        widest = max((cell_len(fact.label) for fact in self.facts if fact.value), default=0)
        label = self._label_cells or (widest + 2 if widest else 0)
        space = max(8, self.size.width - label - 2) if self.size.width else 40
        self.show_rows(row for fact in self.facts for row in _rows(fact, label, space))


def _rows(fact: Fact, label: int, space: int) -> list[Content]:
    style = _STYLES[fact.meaning]
    if fact.meaning == "title":
        return [line(" ", (fact.label, "$accent"), "  ", (fact.value, "$dim"))]
    values = wrapped(safe(fact.value, LONGEST_LINE), space)
    labels = [fact.label, *("" for _more in values[1:])]
    return [
        line(" ", (set_cell_size(name, label), "$dim"), (value, style))
        for name, value in zip(labels, values, strict=True)
    ]


def wrapped(text: str, cells: int) -> list[str]:
    """Return `text` in lines of at most `cells`, broken at spaces where there are some; an indent holds for all."""
    indent = _INDENT if text.startswith(_INDENT) else ""
    text = indent + text.strip()
    rows: list[str] = []
    while cell_len(text) > cells:
        first = chop_cells(text[: 4 * cells], cells)[0]
        space = first.rfind(" ")
        if space > len(first) // 2 and text[len(first) : len(first) + 1] != " ":
            first = first[: space + 1]
        rows.append(first.rstrip())
        text = indent + text[len(first) :].lstrip()
    return [*rows, text]
