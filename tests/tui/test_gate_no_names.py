"""Letters and digits at the gate that are no name and pick nothing: told of, and not lost."""

from __future__ import annotations

import pytest

from butler_tui.store import visits
from tests.conftest import Estate
from tests.tui.conftest import OpenBooth


async def test_letters_that_nobody_known_has_are_no_name_before_the_guard_says_so(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("qxz\n")
        assert "qxz" in booth.sentence
        assert (booth.field("arrival"), booth.field("name"), booth.focused) == ("qxz", "", "arrival")
        await booth.type("\n")
        assert (booth.field("arrival"), booth.field("name")) == ("", "qxz")
        await booth.keys("ctrl+n")
        await booth.type("qxz\n")
        assert booth.field("name") == ""


@pytest.mark.parametrize("name", ["Tom", "Tom Smith", "李文"])
async def test_a_name_in_latin_letters_is_taken_as_it_stands(open_booth: OpenBooth, name: str) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(f"{name}\n")
        assert booth.field("name") == name


@pytest.mark.parametrize("digits", ["6688", "9", "138"])
async def test_digits_that_pick_no_sex_are_told_of_and_not_lost(
    open_booth: OpenBooth, estate: Estate, digits: str
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(f"李文博\n{digits}\n")
        assert (booth.focused, booth.field("sex")) == ("sex", digits)
        assert digits in booth.sentence
        await booth.type("\n")
        assert booth.focused == "phone"


async def test_admitting_stops_once_where_digits_pick_no_sex(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("浙A8K32F\n李文博\n1\n13900001234\n3-2-1801\n12\n3空调\nA017\n111111")
        booth.gate.form.focus_field("sex")
        await booth.type("38")
        await booth.keys("ctrl+s")
        assert visits.on_site(estate.store.connection, 5) == []
        assert (booth.focused, "138" in booth.sentence) == ("sex", True)
        await booth.keys("ctrl+s")
        assert len(visits.on_site(estate.store.connection, 5)) == 1
