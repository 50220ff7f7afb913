"""Who is acting, and where: what every use case is handed beside the store."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui import labels
from butler_tui.domain.rights import BY_ROLE, Act, Role, TerminalKind, may, terminal_may
from butler_tui.errors import NotAllowed
from butler_tui.store import estates
from butler_tui.store.local import Store
from butler_tui.store.staff import Staff
from butler_tui.words import N_, _


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person at a gate."""

    staff: Staff
    gate_id: bytes


def require(session: Session, act: Act) -> None:
    """Raise NotAllowed, in words, where the acting person's role does not carry `act`."""
    if not may(session.staff.role, act):
        raise NotAllowed(
            N_("{role} may not {act}. Ask: {who}."),
            role=labels.label(session.staff.role),
            act=labels.label(act),
            who=who_may(act),
        )


def who_may(act: Act) -> str:
    """Return in words who of an estate's people may do something."""
    *others, last = [labels.label(role) for role in Role if role in BY_ROLE[act] and role is not Role.HQ]
    return _(" or ").join(filter(None, (_(", ").join(others), last)))


def require_terminal(store: Store, act: Act) -> None:
    """Raise NotAllowed, in words, where HQ takes no such change from a terminal of this kind.

    One that was never enrolled is free: nobody has said yet what it is.
    """
    kind = estates.kind_of_terminal(store.connection)
    if kind in set(TerminalKind) and not terminal_may(TerminalKind(kind), act):
        where = [labels.label(one) for one in TerminalKind if terminal_may(one, act)]
        raise NotAllowed(N_("This is done at a computer that is enrolled as: {kinds}."), kinds=" / ".join(where))
