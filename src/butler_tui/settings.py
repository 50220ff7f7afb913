"""This machine's settings: defaults < settings file < `BUTLER_*` environment < command line.

Settings belong to the machine and never travel; what belongs to the estate is a policy (domain/policies.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from butler_tui.errors import SetUpWrong, system_words
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class Settings:
    """What one machine may have its own way."""

    lang: str = "zh_CN"
    """Language of the screens and commands: `zh_CN` or `en`."""
    theme: str = "dark"
    """`dark`, `light`, or the name of one of Textual's own themes."""
    borders: str = "auto"
    """`lines` or `ascii`; `auto` takes ascii where the terminal is known not to draw lines."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The table `[keys]`: binding id (`gate.admit`) to key (`f5`), as written there."""


def read_settings(file: Path, environment: Mapping[str, str]) -> Settings:
    """Return the settings from `file` (TOML, may be absent) and the environment.

    Raises SetUpWrong, naming the file and the reason, where the file cannot be read, or not as TOML.
    """
    found: dict[str, Any] = {}
    names = {one.name for one in fields(Settings)} - {"keys"}
    loaded = _loaded(file)
    if loaded:
        found.update({name: str(value) for name, value in loaded.items() if name in names})
        found["keys"] = _flat(loaded.get("keys", {}))
    for name in names:
        value = environment.get(f"BUTLER_{name.upper()}")
        if value:
            found[name] = value
    return replace(Settings(), **found)


def _loaded(file: Path) -> dict[str, Any]:
    unreadable = N_("The settings file {file} cannot be read: {reason}.")
    try:
        text = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SetUpWrong(unreadable, file=file, reason=system_words(error)) from error
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8"))
    except ValueError as error:
        raise SetUpWrong(unreadable, file=file, reason=error) from error


def _flat(table: object, before: str = "") -> dict[str, str]:
    """Return a table with its dotted names put together again: TOML reads `gate.admit` as a table in a table."""
    if not isinstance(table, dict):
        return {}
    flat: dict[str, str] = {}
    for name, value in table.items():
        called = f"{before}{name}"
        flat.update(_flat(value, f"{called}.") if isinstance(value, dict) else {called: str(value)})
    return flat
