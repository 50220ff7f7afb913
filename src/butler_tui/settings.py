"""This machine's settings: defaults < settings file < `BUTLER_*` environment < command line.

Settings belong to the machine and never travel; what belongs to the estate is a policy (domain/policies.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from butler_tui.errors import SetUpWrong
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class Settings:
    """What one machine may have its own way."""

    lang: str = "zh_CN"
    """Language of the screens and commands: `zh_CN` or `en`."""
    theme: str = "butler-dark"
    """The Textual theme."""


def read_settings(file: Path, environment: Mapping[str, str]) -> Settings:
    """Return the settings from `file` (TOML, may be absent) and the environment.

    Raises SetUpWrong, naming the file and the reason, where the file cannot be read as TOML.
    """
    found: dict[str, str] = {}
    names = {field.name for field in fields(Settings)}
    if file.exists():
        import tomllib

        try:
            loaded = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SetUpWrong(
                N_("The settings file {file} cannot be read: {reason}."), file=file, reason=error
            ) from error
        found.update({name: str(value) for name, value in loaded.items() if name in names})
    for name in names:
        value = environment.get(f"BUTLER_{name.upper()}")
        if value:
            found[name] = value
    return replace(Settings(), **found)
