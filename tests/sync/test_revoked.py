"""A terminal that HQ has revoked, or that was away for too long: its last push, and the end of its keys."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from butler_tui.domain.retention import AWAY_MS
from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError, Sealed, TryLater
from butler_tui.hq import admin, terminals
from butler_tui.ids import id_text, new_id
from butler_tui.paths import find_home
from butler_tui.store import estates, reports, sealing_off, sync_state
from butler_tui.store.database import Connection
from butler_tui.store.journal import record
from butler_tui.store.keys import write_keys
from butler_tui.store.local import open_store
from butler_tui.store.written import Written
from butler_tui.sync.first_enrol import enrol_here
from butler_tui.sync.talk import Talk
from butler_tui.tui.report_words import report_words
from tests.conftest import Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.booths import Booth
from tests.sync.pictured import estate_id_of, second_terminal

_SEALED = "HQ has revoked this terminal, and its records are sealed."


def _gate(estate: Estate, name: str) -> bytes:
    gate_id = new_id(real_ms())
    record(estate.store, [Written("gate", gate_id, {"name": name})], staff_id=None, now_ms=real_ms())
    return gate_id


def _revoke(hq: Hq, estate: Estate, *, stolen: bool = False) -> tuple[str, str]:
    own = estates.terminal(estate.store.connection).terminal_id
    there = estates.estate(estate.store.connection)
    assert own is not None
    assert there is not None
    terminals.revoke(hq.folder, id_text(there.estate_id), id_text(own), real_ms(), stolen=stolen)
    return id_text(there.estate_id), id_text(own)


def _verdicts(hq: Hq, gate_id: bytes) -> list[tuple[str, str | None]]:
    return hq.query("SELECT verdict, reason FROM change_log WHERE record_id = ?", id_text(gate_id))


def _is_sealed(estate: Estate, secrets: list[bytes]) -> None:
    """No key is left anywhere in the home, and nothing opens."""
    folder = estate.store.home.keys.parent
    for file in (file for file in folder.rglob("*") if file.is_file()):
        content = file.read_bytes()
        assert not any(one in content or one.hex().encode() in content for one in secrets), file
    with pytest.raises(Sealed):
        open_store(estate.store.home)
    with pytest.raises(Sealed):
        write_keys(estate.store.home.keys, estate.store.keys)


def _secrets(estate: Estate) -> list[bytes]:
    keys = estate.store.keys
    return [keys.database, keys.match, keys.pepper, keys.sign, keys.box, *keys.months.values()]


def test_a_revoked_terminal_brings_what_waits_into_quarantine_and_destroys_its_keys(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    aside = enrolled.store.home.keys.with_name(enrolled.store.home.keys.name + ".replaced-20261101-080000")
    aside.write_bytes(enrolled.store.home.keys.read_bytes())
    late = _gate(enrolled, "南门岗")
    _revoke(hq, enrolled)
    secrets = _secrets(enrolled)
    ended = Booth(hq, enrolled).sync()
    assert (ended.returncode, ended.stderr[: len(_SEALED)]) == (78, _SEALED)
    assert _verdicts(hq, late) == [("quarantined", "revoked")]
    assert hq.query("SELECT 1 FROM record_state WHERE record_id = ?", id_text(late)) == []
    _is_sealed(enrolled, secrets)

    home = {"BUTLER_HOME": str(enrolled.store.home.database.parent)}
    for command in (("sync",), ("status",), ("visits", "list")):
        again = butler(*command, env=home)
        assert (again.returncode, again.stderr[: len(_SEALED)]) == (78, _SEALED), command


def test_what_a_revoked_terminal_brought_stays_apart_whatever_comes_later(
    hq: Hq, enrolled: Estate, tmp_path: Path
) -> None:
    sync(enrolled.store)
    late = _gate(enrolled, "南门岗")
    estate_id, terminal_id = _revoke(hq, enrolled)
    with pytest.raises(Sealed):
        sync(enrolled.store)
    assert hq.query("SELECT box_key, waiting FROM terminal WHERE terminal_id = ?", terminal_id) == [(b"", 0)]
    code = admin.new_code(hq.folder, estate_id, TerminalKind.SUPERVISOR, real_ms(), hq.url)
    home = find_home({"BUTLER_HOME": str(tmp_path / "second")})
    enrol_here(home, code.url, code.code, now_ms=real_ms)
    other = open_store(home)
    record(other, [Written("gate", late, {"name": "新岗"})], staff_id=None, now_ms=real_ms())
    sync(other)
    other.close()
    assert _verdicts(hq, late) == [("quarantined", "revoked"), ("applied", None)]


def test_a_stolen_terminal_brings_nothing_and_destroys_its_keys_at_the_next_contact(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    late = _gate(enrolled, "南门岗")
    _revoke(hq, enrolled, stolen=True)
    secrets = _secrets(enrolled)
    with pytest.raises(Sealed):
        sync(enrolled.store)
    assert _verdicts(hq, late) == []
    _is_sealed(enrolled, secrets)


def test_a_revoked_terminal_is_handed_nothing(hq: Hq, enrolled: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    sync(enrolled.store)
    _gate(enrolled, "南门岗")
    _revoke(hq, enrolled)
    steps: list[tuple[str, str]] = []
    post = Talk.post

    def heard(talk: Talk, step: str, body: dict[str, object]) -> object:
        answer = post(talk, step, {**body, "handed": ""} if step == "hello" else body)
        steps.append((step, json.dumps([answer.get(one) for one in ("keys", "reports", "ending")])))
        return answer

    monkeypatch.setattr(Talk, "post", heard)
    with pytest.raises(Sealed):
        sync(enrolled.store)
    assert steps == [("hello", '[[], null, "last_push"]')]


def test_keys_stay_until_hq_has_everything_and_go_when_it_says_so_again(
    hq: Hq, enrolled: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(enrolled.store)
    late = _gate(enrolled, "南门岗")
    _revoke(hq, enrolled)
    farewell = Talk.farewell

    def cut_before(talk: Talk) -> None:
        raise TryLater("cut")

    monkeypatch.setattr(Talk, "farewell", cut_before)
    with pytest.raises(TryLater):
        sync(enrolled.store)
    assert enrolled.store.home.keys.exists()
    assert _verdicts(hq, late) == [("quarantined", "revoked")]

    def cut_after(talk: Talk) -> None:
        with pytest.raises(Sealed):
            farewell(talk)
        raise TryLater("cut")

    later = _gate(enrolled, "北门岗")
    monkeypatch.setattr(Talk, "farewell", cut_after)
    with pytest.raises(TryLater):
        sync(enrolled.store)
    assert enrolled.store.home.keys.exists()
    assert _verdicts(hq, later) == [("quarantined", "revoked")]

    with pytest.raises(Sealed):
        sync(enrolled.store)
    assert not enrolled.store.home.keys.exists()


def test_what_is_written_between_the_last_push_and_the_farewell_is_brought_too(
    hq: Hq, enrolled: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(enrolled.store)
    _revoke(hq, enrolled)
    late: list[bytes] = []
    waiting = sync_state.waiting

    def meanwhile(connection: Connection) -> int:
        monkeypatch.setattr(sync_state, "waiting", waiting)
        assert connection.in_transaction
        connection.execute("ROLLBACK")
        late.append(_gate(enrolled, "南门岗"))
        connection.execute("BEGIN IMMEDIATE")
        return waiting(connection)

    monkeypatch.setattr(sync_state, "waiting", meanwhile)
    with pytest.raises(Sealed):
        sync(enrolled.store)
    assert _verdicts(hq, late[0]) == [("quarantined", "revoked")]


def test_a_power_cut_while_keys_are_destroyed_ends_with_none(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = _secrets(estate)

    def cut(_keys: Path) -> None:
        raise TimeoutError

    with monkeypatch.context() as powerless:
        powerless.setattr(sealing_off, "_overwrite", cut)
        with pytest.raises(TimeoutError):
            sealing_off.destroy(estate.store.home.keys, real_ms())
    assert estate.store.home.keys.exists()
    with pytest.raises(Sealed):
        open_store(estate.store.home)
    _is_sealed(estate, secrets)


def test_a_terminal_that_was_away_for_180_days_is_as_one_that_was_revoked(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    late = _gate(enrolled, "南门岗")
    long_ago = real_ms() - AWAY_MS
    hq.change("UPDATE terminal SET enrolled_ms = ?, seen_ms = ?", long_ago, long_ago + 60_000)
    assert sync(enrolled.store).waiting == 0
    assert _verdicts(hq, late) == [("applied", None)]
    late = _gate(enrolled, "北门岗")
    hq.change("UPDATE terminal SET enrolled_ms = ?, seen_ms = ?", long_ago - 60_000, long_ago - 60_000)
    with pytest.raises(Sealed):
        sync(enrolled.store)
    assert _verdicts(hq, late) == [("quarantined", "revoked")]


def test_that_a_terminal_was_away_for_too_long_is_told_a_supervisors_terminal_once(
    hq: Hq, enrolled: Estate, tmp_path: Path, english: None
) -> None:
    sync(enrolled.store)
    other = second_terminal(hq, tmp_path / "other", estate_id_of(enrolled.store))
    sync(other)
    own = id_text(estates.terminal(enrolled.store.connection).terminal_id or b"")
    long_ago = real_ms() - AWAY_MS - 60_000
    hq.change("UPDATE terminal SET enrolled_ms = ?, seen_ms = ?, name = 'booth' WHERE terminal_id = ?",
              long_ago, long_ago, own)  # fmt: skip
    with pytest.raises(Sealed):
        sync(enrolled.store)
    sync(other)
    told = [one for one in reports.newest(other.connection, 9, 0) if one.kind == "away"]
    assert [report_words(one.kind, one.detail, one.place)[:78] for one in told] == [
        "Headquarters had not heard of booth for 180 days, and revoked it by itself. Wh"
    ]
    other.close()


def test_revoking_again_says_since_when_and_stolen_can_be_said_later(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    estate_id, terminal_id = _revoke(hq, enrolled)
    folder = ("--dir", str(hq.folder.path))
    again = butler("hq", "terminal", "revoke", estate_id, terminal_id, *folder)
    assert (again.returncode, again.stderr[:40]) == (1, "This terminal is revoked already, since ")
    assert butler("hq", "terminal", "revoke", estate_id, terminal_id, "--stolen", *folder).returncode == 0
    with pytest.raises(ButlerError, match=r"revoked already|停用"):
        terminals.revoke(hq.folder, estate_id, terminal_id, real_ms(), stolen=True)


def test_a_sealed_computer_is_enrolled_again_and_begins_anew(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    estate_id, terminal_id = _revoke(hq, enrolled)
    with pytest.raises(Sealed):
        sync(enrolled.store)
    enrolled.store.close()
    code = admin.new_code(hq.folder, estate_id, TerminalKind.SUPERVISOR, real_ms(), hq.url)
    answer = enrol_here(enrolled.store.home, code.url, code.code, now_ms=real_ms)
    assert answer.terminal_id != terminal_id
    fresh = open_store(enrolled.store.home)
    sync(fresh)
    assert fresh.connection.execute("SELECT count(*) FROM gate").fetchone()[0] == 2
    fresh.close()
    assert [name for name in os.listdir(enrolled.store.home.database.parent) if ".replaced-" in name]


def test_a_terminal_is_found_by_its_name_or_the_beginning_of_its_id(hq: Hq, enrolled: Estate) -> None:
    own = estates.estate(enrolled.store.connection)
    assert own is not None
    estate_id = id_text(own.estate_id)
    hq.change("UPDATE terminal SET name = 'vm' WHERE estate_id = ?", estate_id)
    ((terminal_id,),) = hq.query("SELECT terminal_id FROM terminal WHERE estate_id = ?", estate_id)
    for text in (terminal_id, terminal_id.upper(), "vm", terminal_id[:8]):
        terminals.change_kind(hq.folder, estate_id, text, TerminalKind.GATE, real_ms())
    for text in (terminal_id[:7], "v", "nobody"):
        with pytest.raises(ButlerError):
            terminals.change_kind(hq.folder, estate_id, text, TerminalKind.GATE, real_ms())
    hq.change(
        "INSERT INTO terminal (estate_id, terminal_id, name, kind, sign_key, box_key, enrolled_ms)"
        " VALUES (?, ?, 'vm', 'gate', x'01', x'02', 1)",
        estate_id, id_text(new_id(real_ms() + 3_600_000)),
    )  # fmt: skip
    with pytest.raises(ButlerError, match=terminal_id):
        terminals.revoke(hq.folder, estate_id, "vm", real_ms())


def test_an_estate_is_not_added_twice_by_mistake(hq: Hq) -> None:
    add = ("hq", "estate", "add", "Twice", "--dir", str(hq.folder.path))
    first = butler(*add)
    again = butler(*add)
    assert (first.returncode, again.returncode) == (0, 1)
    assert first.stdout.strip() in again.stderr
    assert butler(*add, "--same-name").returncode == 0
