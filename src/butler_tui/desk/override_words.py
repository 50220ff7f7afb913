"""What a shift lead or supervisor is told before they allow something over the phone."""

from __future__ import annotations

from butler_tui.desk.override_codes import Asked
from butler_tui.labels import label
from butler_tui.words import _


def asked_words(asked: Asked) -> str:
    """Return in words who asks, and from where, as far as this computer knows."""
    gates = _(" or ").join(asked.gates) or _("a gate that is not known here")
    if asked.guard is None:
        return _("Number {number}, unknown here, asks from {gate}: a visitor whose check is not passed.",
                 number=asked.number, gate=gates)  # fmt: skip
    return _("{name} ({role}) at {gate} asks to let in somebody whose check is not passed.",
             name=asked.guard.name, role=label(asked.guard.role), gate=gates)  # fmt: skip
