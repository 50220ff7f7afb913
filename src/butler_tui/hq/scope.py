"""What a terminal may be shown, by what it is enrolled as."""

from __future__ import annotations

from butler_tui.domain.fields import Scope
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.engines import TerminalRow

_MAY_SEE: dict[TerminalKind, frozenset[Scope]] = {
    TerminalKind.GATE: frozenset({Scope.GATE}),
    TerminalKind.BUTLER: frozenset({Scope.GATE, Scope.BUTLER}),
    TerminalKind.SUPERVISOR: frozenset(Scope),
}


def scopes_of(terminal: TerminalRow) -> frozenset[Scope]:
    """Return the scopes of what a terminal may be shown."""
    return _MAY_SEE[TerminalKind(terminal.kind)]
