"""The keys as the settings have them: `[keys]` names a binding and its key; what cannot be is refused in words.

A key does the same everywhere, so a change of one binding's key changes that key wherever it stands: who moves
`gate.undo` from Ctrl+Z moves every Ctrl+Z. Imported only where the settings name keys: to judge them, every screen
is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input

from butler_tui.tui.key_names import declaring, load_all, own_bindings
from butler_tui.words import _

_A_KEY = re.compile(r"f([1-9]|1[0-9]|2[0-4])|ctrl\+[a-z]")
_NOT_TO_BE_TOLD_APART = frozenset({"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m"})
"""What terminals send for Backspace, Tab and Enter."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One binding, and who declares it."""

    owner: type[DOMNode]
    id: str
    action: str
    keys: tuple[str, ...]
    priority: bool

    @property
    def movable(self) -> str:
        """Return its function or control key, which can be another; empty where a hand must find it everywhere."""
        return next((key for key in self.keys if _A_KEY.fullmatch(key)), "")


@dataclass(frozen=True, slots=True)
class Keymap:
    """What holds: binding id to keys; and a sentence for each entry that does not."""

    keys: Mapping[str, str]
    refused: tuple[str, ...]


def keymap(wanted: Mapping[str, str], file: object) -> Keymap:
    """Return what becomes of the entries of `[keys]` in the settings `file`; a refused one leaves the default."""
    everything = _everything()
    by_id = {one.id: one for one in everything}
    refused: list[str] = []
    moved: dict[str, str] = {}
    for binding_id, key in wanted.items():
        why = _refusal(by_id.get(binding_id), key)
        if why:
            refused.append(_told(file, binding_id, key, why))
        else:
            moved[binding_id] = key.strip().lower()
    while clash := _first_clash(everything, moved, by_id):
        binding_id, other = clash
        why = _("that is the key of {other}", other=other.id)
        refused.append(_told(file, binding_id, wanted[binding_id], why))
        del moved[binding_id]
    return Keymap({one.id: ",".join(keys) for one, keys in _after(everything, moved, by_id) if keys != one.keys},
                  tuple(refused))  # fmt: skip


def _everything() -> list[Declared]:
    load_all()
    return [
        Declared(owner, one.id, _resolved(owner, one.action), tuple(one.key.split(",")), one.priority)
        for owner in declaring()
        for one in own_bindings(owner)
        if one.id
    ]


def _resolved(owner: type[DOMNode], action: str) -> str:
    return f"app.{action}" if issubclass(owner, App) else action


def _refusal(binding: Declared | None, key: str) -> str:
    """Return why an entry cannot be, whatever the others are; empty where it can."""
    key = key.strip().lower()
    if binding is None:
        return _("there is nothing of that name")
    if not binding.movable:
        return _("this key cannot be changed")
    if not _A_KEY.fullmatch(key) or key in _NOT_TO_BE_TOLD_APART:
        return _("a key is F1 to F24, or Ctrl with a letter other than H, I, J and M")
    if key in _editing() and not binding.priority:
        return _("that key edits text in the fields")
    return ""


def _editing() -> set[str]:
    return {key for one in Input.BINDINGS if isinstance(one, Binding) for key in one.key.split(",")}


def _told(file: object, binding_id: str, key: str, why: str) -> str:
    return _("{file}, [keys] {id} = {key}: {why}. The key stays as it was.", file=file, id=binding_id, key=key, why=why)


def _after(
    everything: list[Declared], moved: Mapping[str, str], by_id: Mapping[str, Declared]
) -> list[tuple[Declared, tuple[str, ...]]]:
    """Return every binding with its keys after the moves: its own entry first, else where its key went."""
    went = {by_id[binding_id].movable: key for binding_id, key in moved.items()}
    after = []
    for one in everything:
        here = {one.movable: moved[one.id]} if one.id in moved else went
        after.append((one, tuple(dict.fromkeys(here.get(key, key) for key in one.keys))))
    return after


def _first_clash(
    everything: list[Declared], moved: Mapping[str, str], by_id: Mapping[str, Declared]
) -> tuple[str, Declared] | None:
    """Return the last entry that takes a key which something else on the same screen keeps, and that something."""
    after = _after(everything, moved, by_id)
    for binding_id, key in reversed(list(moved.items())):
        before = by_id[binding_id].movable
        ours = [one for one, keys in after if key in keys and before in one.keys]
        others = [one for one, keys in after if key in keys and before not in one.keys]
        for other in others:
            if any(_meet(one, other) for one in ours):
                return binding_id, other
    return None


def _meet(one: Declared, other: Declared) -> bool:
    """Tell whether two bindings can be in force at once: all can but those of two different screens."""
    if one.action == other.action:
        return False
    apart = any(issubclass(one.owner, kind) and issubclass(other.owner, kind) for kind in (Screen, App))
    return not apart or issubclass(one.owner, other.owner) or issubclass(other.owner, one.owner)
