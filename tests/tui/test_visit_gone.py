"""The detail of a visit that is not there."""

from __future__ import annotations

from butler_tui.domain.rights import Role
from butler_tui.tui.dialogs.visit import VisitDialog
from tests.conftest import Estate
from tests.tui.conftest import OpenBooth


async def test_a_visit_that_is_gone_is_said(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        booth.app.push_screen(VisitDialog(booth.app.here, estate.sessions[Role.GUARD], b"\1" * 16))
        await booth.settle()
        assert booth.sentence
        await booth.keys("p", "escape")
        assert not isinstance(booth.app.screen, VisitDialog)
