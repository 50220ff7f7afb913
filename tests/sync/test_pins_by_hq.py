"""PINs that were set at a supervisor's terminal, as HQ hands them: where their people work, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from butler_tui.desk import set_up_staff, shifts
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import Sealed
from butler_tui.hq import terminals
from butler_tui.ids import id_text
from butler_tui.store import estates
from butler_tui.store import staff as staff_store
from butler_tui.store.keys import Keys, read_keys
from butler_tui.store.local import Store, open_store
from tests.conftest import Estate
from tests.keeping import another_home, back_up, quick_passphrases, restore
from tests.serving import Hq, real_ms, sync
from tests.sync.test_keys_by_hq import _PIN, _another, _estate_id, _nothing_handed

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


def _asked(store: Store) -> Keys:
    """Return the keys of a terminal that believes HQ to ask it for PINs."""
    return replace(store.keys, told="")


def test_an_empty_terminal_signs_its_people_in_after_its_first_sync(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    for role in Role:
        if role is not Role.HQ:
            shifts.set_pin(enrolled.store, enrolled.sessions[role].staff.staff_id, _PIN)
    sync(enrolled.store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    laptop = _another(hq, enrolled, tmp_path / "laptop", TerminalKind.BUTLER)
    assert shifts.sign_in(booth, "1007", _PIN, real_ms()).name == "王强"
    assert shifts.sign_in(booth, "9001", _PIN, real_ms()).name == "许文静"
    assert shifts.sign_in(laptop, "2003", _PIN, real_ms()).name == "林晓燕"
    for store, number in ((booth, "2003"), (laptop, "1007")):  # who does not work there
        with pytest.raises(shifts.WrongPin):
            shifts.sign_in(store, number, _PIN, real_ms())
    assert sync(booth).bytes_up < 1400
    for store in (booth, laptop):
        store.close()


def test_a_pin_to_start_with_is_to_be_changed_wherever_it_was_handed(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    guard = enrolled.sessions[Role.GUARD].staff
    set_up_staff.reset_pin(enrolled.store, enrolled.sessions[Role.SUPERVISOR], "1007", "640283", real_ms())
    sync(enrolled.store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    assert shifts.sign_in(booth, "1007", "640283", real_ms()).number == "1007"
    assert staff_store.pin_to_change(booth.connection, guard.staff_id)

    shifts.set_pin(enrolled.store, guard.staff_id, "917352")
    sync(enrolled.store)
    sync(booth)
    assert shifts.sign_in(booth, "1007", "917352", real_ms()).number == "1007"
    assert not staff_store.pin_to_change(booth.connection, guard.staff_id)
    booth.close()


def test_a_pin_of_this_computer_holds_until_a_supervisor_sets_another(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    guard = enrolled.sessions[Role.GUARD].staff
    shifts.set_pin(enrolled.store, guard.staff_id, "739164")
    sync(enrolled.store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    shifts.set_pin(booth, guard.staff_id, _PIN)
    booth.change_keys(_nothing_handed(booth))
    sync(booth)
    assert shifts.sign_in(booth, "1007", _PIN, real_ms()).number == "1007"
    set_up_staff.reset_pin(enrolled.store, enrolled.sessions[Role.SUPERVISOR], "1007", "640283", real_ms())
    sync(enrolled.store)
    sync(booth)
    assert shifts.sign_in(booth, "1007", "640283", real_ms()).number == "1007"
    with pytest.raises(shifts.WrongPin):
        shifts.sign_in(booth, "1007", _PIN, real_ms())
    set_up_staff.reset_pin(booth, enrolled.sessions[Role.SUPERVISOR], "1007", "917352", real_ms())
    sync(booth)
    sync(enrolled.store)
    assert shifts.sign_in(enrolled.store, "1007", "640283", real_ms()).number == "1007"
    booth.close()


def test_a_restored_terminal_signs_in_those_whose_pins_hq_handed(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    shifts.set_pin(enrolled.store, enrolled.sessions[Role.GUARD].staff.staff_id, _PIN)
    sync(enrolled.store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    file = back_up(booth, tmp_path / "stick.bak")
    booth.close()
    home = another_home(tmp_path / "new")
    restore(home, file)
    again = open_store(home)
    assert shifts.sign_in(again, "1007", _PIN, real_ms()).number == "1007"
    assert not again.keys.months
    again.close()


def test_a_revoked_terminal_gets_nothing_and_a_gate_may_set_nobodys_pin(
    hq: Hq, enrolled: Estate, tmp_path: Path
) -> None:
    sync(enrolled.store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    terminal_id = estates.terminal(booth.connection).terminal_id
    assert terminal_id is not None
    sync(booth)
    booth.change_keys(_asked(booth))
    shifts.set_pin(booth, enrolled.sessions[Role.SUPERVISOR].staff.staff_id, _PIN, real_ms())
    sync(booth)
    assert hq.query("SELECT count(*) FROM estate_secret WHERE kind = 'pin' AND estate_id = ?", _estate_id(booth)) == [
        (0,)
    ]

    terminals.revoke(hq.folder, _estate_id(booth), id_text(terminal_id), real_ms())
    booth.change_keys(_nothing_handed(booth))
    with pytest.raises(Sealed):
        sync(booth)
    with pytest.raises(Sealed):
        read_keys(booth.home.keys)
    booth.close()
