"""Keys as the settings have them: what can be changed is, everywhere it is shown; the rest is refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from butler_tui.desk.gate import admit
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role
from butler_tui.settings import Settings, read_settings
from butler_tui.tui.app import ButlerApp, make_context
from butler_tui.tui.dialogs.correct import CorrectDialog
from butler_tui.tui.key_names import key_called, use_keys
from butler_tui.tui.keymap import keymap
from butler_tui.tui.screens.home import HomeScreen
from butler_tui.tui.screens.sign_in import SignInScreen
from butler_tui.tui.settings_taken import warning
from tests.conftest import Clock, Estate
from tests.tui.conftest import PINS, Booth


@pytest.fixture(autouse=True)
def _default_keys() -> Iterator[None]:
    yield
    use_keys({})


@pytest.fixture
def pins(estate: Estate) -> None:
    for role, (_number, pin) in PINS.items():
        set_pin(estate.store, estate.sessions[role].staff.staff_id, pin)


@asynccontextmanager
async def opened(estate: Estate, now: Clock, keys: dict[str, str], width: int = 80) -> AsyncIterator[Booth]:
    app = ButlerApp(make_context(estate.store, now), Settings(keys=keys))
    async with app.run_test(size=(width, 30)) as pilot:
        booth = Booth(app, pilot)
        await booth.settle()
        yield booth


def test_keys_are_read_with_and_without_quotes(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[keys]\ngate.admit = "f5"\n"gate.undo" = "ctrl+y"\nflat = "f6"\n', "utf-8")

    assert read_settings(file, {}).keys == {"gate.admit": "f5", "gate.undo": "ctrl+y", "flat": "f6"}


@pytest.mark.parametrize("letter", ["E", "\uff45"])
async def test_letters_work_with_caps_lock_and_wide_ones(pins: None, estate: Estate, now: Clock, letter: str) -> None:
    admit(estate.store, estate.sessions[Role.GUARD], estate.registration(), estate.policies, now())
    async with opened(estate, now, {}) as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k", *"LWB", "enter", letter)
        assert isinstance(booth.app.screen, CorrectDialog)
        await booth.keys("escape", "escape")


async def test_a_changed_key_works_and_is_shown_in_key_line_and_help(pins: None, estate: Estate, now: Clock) -> None:
    async with opened(estate, now, {"gate.checks": "F5", "gate.on_site": "ctrl+y"}) as booth:
        await booth.sign_in()
        assert "F5 查验" in booth.text()
        await booth.type("李文博\n")
        await booth.keys("f5")
        assert booth.focused == "CheckCard"
        assert "F5 返回" in booth.text()
        await booth.keys("f5", "ctrl+t")
        assert booth.focused == "sex"
        await booth.keys("f1")
        assert re.search(r"F5 +", booth.text())
        assert "Ctrl+T" not in booth.text()
        await booth.keys("escape", "ctrl+y")
        assert "[在访记录 0]" in booth.text()


async def test_a_moved_key_is_moved_wherever_it_does_the_same(pins: None, estate: Estate, now: Clock) -> None:
    async with opened(estate, now, {"app.lock": "f11"}, 120) as booth:
        await booth.sign_in()
        await booth.keys("f9")
        assert "F11 锁屏" in booth.text()
        await booth.keys("f10")
        assert not booth.app.locked
        await booth.keys("f11")
        assert isinstance(booth.app.screen, SignInScreen)


async def test_the_desks_on_top_show_their_changed_keys(pins: None, estate: Estate, now: Clock) -> None:
    async with opened(estate, now, {"app.home": "f3"}) as booth:
        await booth.sign_in()
        assert "F3 首页" in booth.text()
        await booth.keys("f3")
        assert isinstance(booth.app.screen, HomeScreen)


async def test_sentences_name_the_changed_key(pins: None, estate: Estate, now: Clock) -> None:
    async with opened(estate, now, {"on_site.undo": "ctrl+y"}) as booth:
        await booth.sign_in()
        assert key_called("on_site.undo") == "Ctrl+Y"
        assert key_called("gate.undo") == "Ctrl+Y"
        assert key_called("gate.checks") == "Ctrl+T"


async def test_a_refused_entry_is_told_at_the_start_and_the_default_stays(
    pins: None, estate: Estate, now: Clock
) -> None:
    async with opened(estate, now, {"gate.admit": "f1"}) as booth:
        assert "gate.admit = f1" in booth.sentence
        assert "settings.toml" in booth.sentence
        await booth.sign_in()
        assert "Ctrl+S 放行" in booth.text()


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (("gate.admitt", "f5"), "nothing of that name"),
        (("gate.admit", "banana"), "a key is F1 to F24"),
        (("gate.admit", "x"), "a key is F1 to F24"),
        (("gate.admit", "ctrl+i"), "a key is F1 to F24"),
        (("gate.admit", ""), "a key is F1 to F24"),
        (("gate.admit", "ctrl+a"), "edits text"),
        (("gate.admit", "ctrl+r"), "that is the key of gate.turn_away"),
        (("gate.admit", "f10"), "that is the key of"),
        (("field.next", "f5"), "cannot be changed"),
        (("check.passed", "f5"), "cannot be changed"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(entry: tuple[str, str], why: str) -> None:
    found = keymap(dict([entry]), "settings.toml")

    assert found.keys == {}
    (sentence,) = found.refused
    assert sentence.startswith(f"settings.toml, [keys] {entry[0]} = {entry[1]}: ")
    assert why in sentence


def test_two_keys_can_change_places() -> None:
    found = keymap({"gate.admit": "ctrl+r", "gate.turn_away": "ctrl+s"}, "s")

    assert found.refused == ()
    assert (found.keys["gate.admit"], found.keys["gate.turn_away"]) == ("ctrl+r", "ctrl+s")


def test_of_two_entries_for_one_key_the_first_holds() -> None:
    found = keymap({"gate.admit": "f5", "gate.turn_away": "f5"}, "s")

    assert found.keys["gate.admit"] == "f5"
    assert "gate.turn_away" not in found.keys
    assert len(found.refused) == 1


def test_other_keys_of_a_binding_stay() -> None:
    assert keymap({"overview.gate": "f5"}, "s").keys["overview.gate"] == "f5,escape"
    assert keymap({"app.lock": "f11"}, "s").keys["gate.lock"] == "f11,ctrl+l"


@pytest.mark.usefixtures("english")
def test_several_refusals_are_told_as_the_first_and_how_many_more() -> None:
    found = keymap({"a": "f5", "b": "f5", "c": "f5"}, "s")

    assert warning(found.refused) == f"{found.refused[0]} And 2 more."


def test_a_key_nobody_declares_has_no_name() -> None:
    with pytest.raises(KeyError):
        key_called("gate.nothing")


def test_no_binding_has_two_names_and_every_one_has_one() -> None:
    keymap({}, "s")  # loads everything
    from butler_tui.tui.key_names import declared

    ids = [binding.id for binding in declared()]
    assert None not in ids
    assert len(ids) == len(set(ids))
