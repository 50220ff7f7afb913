"""A month of calls, planned once for each seed and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from butler_tui.demo.calls import Call
from butler_tui.demo.clock import DAYS, VISITS_A_DAY
from tests.demo.planned import Month, planned

if TYPE_CHECKING:
    from tests.conftest import Clock


@pytest.fixture
def month(now: Clock) -> Month:
    def plan(seed: int = 1, visits: int = DAYS * VISITS_A_DAY, at_ms: int | None = None) -> list[Call]:
        return planned(seed, visits, now() if at_ms is None else at_ms)

    return plan
