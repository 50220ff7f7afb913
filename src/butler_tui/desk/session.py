"""Who is acting, and where: what every use case is handed beside the store."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui import labels
from butler_tui.domain.rights import Act, may
from butler_tui.errors import NotAllowed
from butler_tui.store.staff import Staff
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person at a gate."""

    staff: Staff
    gate_id: bytes


def require(session: Session, act: Act) -> None:
    """Raise NotAllowed, in words, where the acting person's role does not carry `act`."""
    if not may(session.staff.role, act):
        raise NotAllowed(
            N_("{role} may not {act}. Ask the shift lead or a supervisor."),
            role=labels.label(session.staff.role),
            act=labels.label(act),
        )
