"""What HQ takes from some kinds of terminals only is refused beforehand at an enrolled one of another kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from butler_tui.desk import privacy, set_up_staff
from butler_tui.desk.session import Session
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import NotAllowed
from butler_tui.store import estates
from butler_tui.store.local import Store
from tests.conftest import Estate
from tests.serving import real_ms

Act = Callable[[Store, Session], object]
ACTS: dict[str, Act] = {
    "staff add": lambda store, session: set_up_staff.take_on(
        store, session, "2001", "赵敏", Role.GUARD, "204816", real_ms()
    ),
    "staff change": lambda store, session: set_up_staff.change(store, session, "1007", real_ms(), role=Role.SHIFT_LEAD),
    "privacy erase": lambda store, session: privacy.erase(
        store, session, privacy.at_home(store, session, "3-2-1801"), real_ms()
    ),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("kind", [TerminalKind.GATE, TerminalKind.BUTLER])
def test_at_the_wrong_computer_nothing_is_promised_and_nothing_written(
    estate: Estate, act: str, kind: TerminalKind
) -> None:
    _enrol(estate, kind)
    before = _written(estate)
    with pytest.raises(NotAllowed, match="此项须在主管电脑办理。"):
        ACTS[act](estate.store, estate.sessions[Role.SUPERVISOR])
    assert _written(estate) == before


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("kind", [None, TerminalKind.SUPERVISOR])
def test_a_supervisors_computer_and_one_that_was_never_enrolled_are_free(
    estate: Estate, act: str, kind: TerminalKind | None
) -> None:
    if kind is not None:
        _enrol(estate, kind)
    before = _written(estate)
    ACTS[act](estate.store, estate.sessions[Role.SUPERVISOR])
    assert _written(estate) > before


def _enrol(estate: Estate, kind: TerminalKind) -> None:
    connection = estate.store.connection
    estates.save_enrolment(
        connection, terminal_id=b"\1" * 16, hq_url="https://127.0.0.1:9/e/none", authority=None, box_key=b"\2" * 32,
        kind=str(kind), now_ms=1,
    )  # fmt: skip


def _written(estate: Estate) -> int:
    return int(estate.store.connection.execute("SELECT count(*) FROM journal").fetchone()[0])
