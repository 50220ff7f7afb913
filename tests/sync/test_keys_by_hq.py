"""HQ makes the months' keys and hands them out, with PINs: to whom they belong, once, and into no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from butler_tui.desk import gate, override_codes, shifts
from butler_tui.desk.unmask import open_document
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.override_codes import spoken
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.domain.unmasking import UnmaskReason
from butler_tui.domain.visits import under
from butler_tui.hq import admin
from butler_tui.hq.keys import read_hq_keys
from butler_tui.hq.numbers import open_number
from butler_tui.ids import id_text, new_id
from butler_tui.paths import find_home
from butler_tui.sealing import match_key
from butler_tui.store import estates
from butler_tui.store.journal import migrate
from butler_tui.store.keys import Keys, read_keys
from butler_tui.store.local import Store, create_store
from butler_tui.store.month_keys import month_key_for
from butler_tui.sync.enrol import enrol
from tests.conftest import ALL_PASSED, Estate
from tests.keeping import back_up, quick_passphrases
from tests.serving import Hq, butler, real_ms, sync

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")

_PIN = "482915"


def _estate_id(store: Store) -> str:
    own = estates.estate(store.connection)
    assert own is not None
    return id_text(own.estate_id)


def _another(hq: Hq, estate: Estate, folder: Path, kind: TerminalKind) -> Store:
    """Return a terminal that was enrolled empty and has pulled what the estate's first one has sent."""
    store = create_store(find_home({"BUTLER_HOME": str(folder)}), real_ms())
    code = admin.new_code(hq.folder, _estate_id(estate.store), kind, real_ms(), hq.url)
    enrol(store, code.url, code.code, now_ms=real_ms)
    sync(estate.store)
    sync(store)
    return store


def _nothing_handed(store: Store) -> Keys:
    return replace(store.keys, handed="", months={}, overrides={})


def _secrets_of(*stores: Store) -> list[bytes]:
    """Return every key that HQ handed to these terminals, and their peppers."""
    found: set[bytes] = set()
    for store in stores:
        keys = read_keys(store.home.keys)
        found |= {*keys.months.values(), *keys.overrides.values(), *keys.peppers.values(), keys.pepper}
    return sorted(found)


def _holds(content: bytes, secret: bytes) -> bool:
    return secret in content or secret.hex().encode() in content.lower()


def _plain_contents(store: Store) -> bytes:
    """Return all that stands in a terminal's database, decrypted."""
    parts = []
    for (name,) in store.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for row in store.connection.execute(f"SELECT * FROM {name}").fetchall():
            parts += [value if isinstance(value, bytes) else str(value).encode() for value in tuple(row)]
    return b"\0".join(parts)


def test_the_first_sync_brings_the_keys_of_seven_months_and_the_next_brings_nothing(hq: Hq, enrolled: Estate) -> None:
    store = enrolled.store
    sync(store)
    sync(store)
    keys = read_keys(store.home.keys)
    this_month = datetime.fromtimestamp(real_ms() / 1000, UTC).strftime("%Y-%m")
    ahead = sorted(month for month in keys.named.values() if month >= this_month)
    assert len(ahead) in (6, 7)  # at the end of a month the estate is one month on
    assert set(keys.overrides) == {
        enrolled.sessions[role].staff.staff_id.hex() for role in (Role.SHIFT_LEAD, Role.SUPERVISOR)
    }
    before = store.home.keys.read_bytes()
    report = sync(store)
    assert report.bytes_up + report.bytes_down < 2048
    assert store.home.keys.read_bytes() == before


def test_all_terminals_have_the_same_keys_and_a_number_sealed_with_one_is_read_at_hq(
    hq: Hq, enrolled: Estate, tmp_path: Path
) -> None:
    sync(enrolled.store)
    sync(enrolled.store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    ours, theirs = read_keys(enrolled.store.home.keys), read_keys(booth.home.keys)
    assert ours.by_hq
    assert {key: ours.months[key] for key in ours.by_hq} == dict(theirs.months)
    assert ours.overrides == theirs.overrides
    month = max(ours.named.values())
    assert month_key_for(enrolled.store, month, real_ms()) == month_key_for(booth, month, real_ms())

    coming = enrolled.registration(
        reason=Reason.DOMESTIC_HELP, document_number="11010519491231002X", phone="13700000001"
    )
    gate.admit(enrolled.store, enrolled.sessions[Role.GUARD], coming, enrolled.policies, real_ms())
    secret_id = enrolled.store.connection.execute("SELECT secret_id FROM document_secret").fetchone()[0]
    assert sync(enrolled.store).quarantined == 0
    assert enrolled.store.connection.execute("SELECT count(*) FROM month_key").fetchone()[0] == 0
    with hq.rows() as rows:
        number = open_number(rows, read_hq_keys(hq.folder.keys), _estate_id(enrolled.store), id_text(secret_id))
    assert number == "11010519491231002X"
    booth.close()


def test_a_key_that_a_terminal_made_itself_comes_to_supervisors_only(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    made_id, made = month_key_for(enrolled.store, "2027-01", real_ms())
    sync(enrolled.store)
    second = _another(hq, enrolled, tmp_path / "second", TerminalKind.SUPERVISOR)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(second)
    sync(booth)
    assert read_keys(second.home.keys).months[made_id.hex()] == made
    assert made_id.hex() not in read_keys(booth.home.keys).months
    assert month_key_for(second, "2027-01", real_ms())[0] != made_id
    for store in (second, booth):
        store.close()


def test_nothing_of_it_stands_in_a_database_a_backup_or_the_change_log(
    hq: Hq, enrolled: Estate, tmp_path: Path
) -> None:
    store = enrolled.store
    shifts.set_pin(store, enrolled.sessions[Role.GUARD].staff.staff_id, _PIN)
    sync(store)
    booth = _another(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    secrets = _secrets_of(store, booth)
    assert len(secrets) >= 10
    verifiers = [row[0].encode() for row in store.connection.execute("SELECT verifier FROM staff_pin")]
    back_up(store, tmp_path / "stick.bak")
    hq_rows = hq.query("SELECT hex(sealed) FROM estate_secret") + hq.query("SELECT body FROM change_log")
    at_hq = "\n".join(str(row[0]) for row in hq_rows).encode()
    everywhere = [_plain_contents(store), _plain_contents(booth), at_hq]
    folders = (store.home.database.parent, booth.home.database.parent, tmp_path, hq.folder.path)
    files = [file for folder in folders for file in folder.iterdir() if file.is_file() and file.suffix != ".key"]
    assert {file.name for file in files} >= {"butler.db", "stick.bak", "hq.db"}
    everywhere += [file.read_bytes() for file in files]
    for content in everywhere:
        assert not [one for one in secrets if _holds(content, one)]
    assert verifiers
    assert not [one for one in verifiers if one in at_hq]
    booth.close()


def test_a_lead_far_away_lets_in_by_a_code_with_keys_from_hq_and_no_network(
    hq: Hq, enrolled: Estate, tmp_path: Path
) -> None:
    lead, guard = enrolled.sessions[Role.SHIFT_LEAD], enrolled.sessions[Role.GUARD]
    sync(enrolled.store)
    sync(enrolled.store)
    laptop = _another(hq, enrolled, tmp_path / "laptop", TerminalKind.BUTLER)
    gates = laptop.connection.execute("SELECT gate_id FROM gate ORDER BY name").fetchall()
    estates.place_at_gate(laptop.connection, gates[0][0])
    shifts.set_pin(laptop, lead.staff.staff_id, _PIN)
    sync(laptop)

    check = ALL_PASSED.with_finding(Check.CHECK_DOCUMENT, Outcome.FAILED)
    held = under(enrolled.policies, enrolled.registration(check=check), first_visit=True)
    visit_id = new_id(real_ms())
    challenge = override_codes.challenge_for(enrolled.store, guard, visit_id, held, real_ms()).challenge
    told = butler(
        "override-code", spoken(challenge), "--as", "1001", "--guard", "1007", "--why", "李师傅，业主在场",
        env={"BUTLER_HOME": str(tmp_path / "laptop"), "BUTLER_PIN": _PIN},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "王强 (Guard) at " in told.stderr
    code = told.stdout.strip()
    by = override_codes.allowed(enrolled.store, guard, challenge, "1001", code, real_ms())
    override = gate.Override(by, "业主在场", challenge)
    gate.admit(enrolled.store, guard, held, enrolled.policies, real_ms(), override=override, draft_id=visit_id)

    assert sync(enrolled.store).quarantined == 0
    assert sync(laptop).quarantined == 0
    allowed_by = hq.query("SELECT override_by, override_how FROM v_visit_event WHERE estate_id = ?", _estate_id(laptop))
    assert allowed_by == [(id_text(lead.staff.staff_id), "code")]
    acts = hq.query("SELECT act FROM v_audit WHERE estate_id = ? ORDER BY act", _estate_id(laptop))
    assert [row[0] for row in acts] == ["override_code_made", "override_code_used"]
    at_hq = "\n".join(str(row[0]) for row in hq.query("SELECT body FROM change_log")).encode()
    for content in (_plain_contents(enrolled.store), _plain_contents(laptop), at_hq):
        assert spoken(challenge).encode() in content
        assert f'"{code}"'.encode() not in content
        assert code.encode() not in content.split(b"\0")
    laptop.close()


def test_a_number_whose_key_comes_after_it_is_found_and_opened_then(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    coming = enrolled.registration(reason=Reason.DOMESTIC_HELP, document_number="11010519491231002X", phone="137")
    gate.admit(enrolled.store, enrolled.sessions[Role.GUARD], coming, enrolled.policies, real_ms())
    second = _another(hq, enrolled, tmp_path / "second", TerminalKind.SUPERVISOR)
    with migrate(second.connection):  # as if that had been pulled between a hello and the push of the key
        second.connection.execute("UPDATE document_secret SET number_key = NULL")
    second.change_keys(_nothing_handed(second))
    sync(second)
    (row,) = second.connection.execute("SELECT visit_id, number_key FROM document_secret").fetchall()
    assert row["number_key"] == match_key(second.keys.match, "document", "11010519491231002X")
    boss = enrolled.sessions[Role.SUPERVISOR]
    opened = open_document(second, boss, row["visit_id"], UnmaskReason.INCIDENT, "", real_ms())
    assert opened == "11010519491231002X"
    second.close()
