"""Every screen speaks one language: no English word in Chinese, no Chinese one in English but what people wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from butler_tui.desk import gate
from butler_tui.domain.rights import Role
from butler_tui.tui.widgets.lines import KeyLine
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth

OURS = re.compile(r"Enter|Esc|Ctrl|Tab|Home|F\d+|GB|A\d{3}|V\d+|HQ")
"""Names of keys, units, badges and rooms, which are the same in both languages."""
WRITTEN = "云栖玫瑰园东西门岗王强周建国陈宅李文博先生太净源家电维修空调轻按老人午睡铃提门浙庭片区"
"""What stands in the records: names, notes, plates."""
DOUBTFUL = ("李文博\n1\n13900001235\n3-2-1801\n22\n3空调\nA018\n", "1112", "空调\n", "1")
"""Types a visitor whose document is in doubt."""
WALKS: dict[str, tuple[str, ...]] = {
    "sign-in": (),
    "gate": ("@",),
    "known": ("@", "lwb"),
    "checks": ("@", "<ctrl+t>"),
    "help": ("@", "<f1>"),
    "on site": ("@", "<f7>"),
    "turn away": ("@", "abc", "<enter>", "<enter>", "<ctrl+r>"),
    "search": ("@", "<ctrl+k>", "lwb"),
    "visit": ("@", "<ctrl+k>", "lwb", "<enter>"),
    "correct": ("@", "<ctrl+k>", "lwb", "<enter>", "e"),
    "home": ("@", "<ctrl+g>"),
    "sync": ("@", "<f9>"),
    "override": ("@", *DOUBTFUL, "<ctrl+o>"),
    "by code": ("@", *DOUBTFUL, "<ctrl+o>", "<ctrl+o>"),
    "wrong code": ("@", *DOUBTFUL, "<ctrl+o>", "<ctrl+o>", "1001\n000000\n空调\n"),
    "code": ("@lead", "<ctrl+g>", "<ctrl+o>", "12345678\n1007\n空调\n"),
    "parked": ("@", "abc", "<enter>", "<enter>", "<f8>", "<f8>"),
}
SIZES = [(80, 24), pytest.param((120, 36), marks=pytest.mark.soak)]


async def walk(booth: Booth, steps: tuple[str, ...], *, with_keys: bool) -> str:
    """Go to a screen and return what it shows; the words of the keys are made in Chinese when the tests start."""
    for step in steps:
        if step.startswith("@"):
            await booth.sign_in(Role.SHIFT_LEAD if step == "@lead" else Role.GUARD)
        elif step.startswith("<"):
            await booth.keys(step.strip("<>"))
        else:
            await booth.type(step)
    keys = set() if with_keys else {line.region.y for line in booth.app.screen.query(KeyLine)}
    return "\n".join(line for at, line in enumerate(booth.text().splitlines()) if at not in keys)


@pytest.fixture
def visited(estate: Estate, now: Clock) -> Estate:
    lead = estate.sessions[Role.SHIFT_LEAD].staff.staff_id.hex()
    estate.store.change_keys(replace(estate.store.keys, overrides={lead: bytes(32)}))
    gate.admit(estate.store, estate.sessions[Role.GUARD], estate.registration(), estate.policies, now())
    return estate


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("steps", WALKS.values(), ids=WALKS)
async def test_a_chinese_screen_has_no_english_word(
    open_booth: OpenBooth, visited: Estate, steps: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with open_booth(*size) as booth:
        text = await walk(booth, steps, with_keys=True)

    left = OURS.sub("", text)
    assert [word for word in re.findall(r"[A-Za-z]{3,}", left) if word not in ("lwb", "abc")] == [], text


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("steps", [steps for name, steps in WALKS.items() if name != "help"])
async def test_an_english_screen_has_chinese_only_where_people_wrote_it(
    open_booth: OpenBooth, visited: Estate, steps: tuple[str, ...], size: tuple[int, int]
) -> None:
    async with open_booth(*size) as booth:
        text = await walk(booth, steps, with_keys=False)

    assert [character for character in re.findall("[\u3400-\u9fff]", text) if character not in WRITTEN] == [], text


def test_a_word_that_was_forgotten_would_be_found() -> None:
    found: Callable[[str], list[str]] = lambda text: re.findall(r"[A-Za-z]{3,}", OURS.sub("", text))  # noqa: E731

    assert found("在访 overstayed F7 在访名单") == ["overstayed"]
