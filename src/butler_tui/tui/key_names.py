"""What keys are called in sentences, in the key line and in the help: as they are now, after the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode

from butler_tui.words import N_, _

_KEY_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "up": N_("Arrow up"),
    "down": N_("Arrow down"),
    "left": N_("Arrow left"),
    "right": N_("Arrow right"),
    "home": "Home",
    "end": "End",
    "insert": "Ins",
    "delete": "Del",
    "backspace": "Backspace",
    "slash": "/",
    "tab": "Tab",
    "space": N_("Space bar"),
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
_changed: dict[str, str] = {}


def use_keys(keymap: Mapping[str, str]) -> None:
    """Take over which keys the settings have changed: binding id to keys."""
    _changed.clear()
    _changed.update(keymap)


def spoken(key: str) -> str:
    """Return what one key is called: Ctrl+S, F1, Enter."""
    *modifiers, last = key.strip().split("+")
    return "+".join([*(modifier.capitalize() for modifier in modifiers), _(_KEY_NAMES.get(last, last.upper()))])


def key_name(binding: Binding) -> str:
    """Return what a binding's first key is called."""
    return binding.key_display or spoken(binding.key.split(",")[0])


def key_called(binding_id: str) -> str:
    """Return what the key of a binding is called now, for a sentence: `_("… {key} undoes.", key=key_called("…"))`.

    Raises KeyError where no binding of these screens has this id.
    """
    if binding_id in _changed:
        return spoken(_changed[binding_id].split(",")[0])
    known = {binding.id: binding for binding in declared()}
    if binding_id not in known:  # not loaded yet: whoever speaks of a key mostly stands beside it
        load_all()
        known = {binding.id: binding for binding in declared()}
    return key_name(known[binding_id])


def load_all() -> None:
    """Load every module of these screens, so that all their bindings are known."""
    from importlib import import_module
    from pkgutil import walk_packages

    import butler_tui.tui

    for module in walk_packages(butler_tui.tui.__path__, "butler_tui.tui."):
        import_module(module.name)


def declared() -> Iterator[Binding]:
    """Yield every binding declared by a class of these screens that is loaded."""
    for owner in declaring():
        yield from own_bindings(owner)


def declaring() -> Iterator[type[DOMNode]]:
    """Yield the loaded classes of these screens that declare bindings of their own."""
    kinds: list[type[DOMNode]] = [DOMNode]
    seen: set[type[DOMNode]] = set()
    while kinds:
        kind = kinds.pop()
        if kind not in seen:
            seen.add(kind)
            kinds += kind.__subclasses__()
            if kind.__module__.startswith("butler_tui.") and "BINDINGS" in kind.__dict__:
                yield kind


def own_bindings(owner: type[DOMNode]) -> Iterator[Binding]:
    """Yield the bindings that a class declares itself."""
    for one in owner.__dict__.get("BINDINGS", ()):
        if isinstance(one, Binding):
            yield one
