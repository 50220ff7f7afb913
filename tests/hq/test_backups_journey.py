"""HQ is backed up, destroyed and made anew: nothing is lost or there twice, or let go of before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from butler_tui.desk import gate
from butler_tui.domain.rights import Role
from butler_tui.hq import backups, restoring
from butler_tui.hq.keys import Folder
from butler_tui.ids import id_text
from butler_tui.store import pruning, sync_state
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store
from tests.conftest import Estate
from tests.keeping import PASSPHRASE, quick_passphrases
from tests.postgres import query
from tests.serving import Hq, real_ms, served, sync
from tests.sync.test_pull import assert_same, joined

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


@pytest.fixture(params=["file", "postgres"])
def own_hq(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hq]:
    """Return a served HQ of this test's own, which may be destroyed."""
    dsn = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    if dsn is not None:
        _drop(dsn)
    with served(tmp_path / "hq", dsn=dsn) as hq:
        yield hq


def _drop(dsn: str) -> None:
    query(dsn, "DROP SCHEMA public CASCADE")
    query(dsn, "CREATE SCHEMA public")


def admit(estate: Estate, store: Store, name: str) -> None:
    estate.store = store
    coming = estate.registration(name=name, badge="", confirmed_ms=real_ms())
    gate.admit(store, estate.sessions[Role.GUARD], coming, estate.policies, real_ms())


def back_up(hq: Hq, file: Path) -> Path:
    backups.back_up(hq.folder, file, lambda: PASSPHRASE, real_ms())
    return file


def destroy_and_restore(hq: Hq, file: Path) -> None:
    hq.stop()
    shutil.rmtree(hq.folder.path)
    if hq.folder.dsn is not None:
        _drop(hq.folder.dsn)
    restoring.restore(Folder(hq.folder.path, hq.folder.dsn), file, lambda: PASSPHRASE, real_ms())
    hq.start()


def log(hq: Hq) -> list[tuple[Any, ...]]:
    """Return HQ's log: position, cid, verdict."""
    return hq.query("SELECT pos, cid, verdict FROM change_log ORDER BY pos")


def is_sound(hq: Hq) -> set[str]:
    """Check that positions have no hole and no change is there twice; return the changes."""
    rows = log(hq)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert "quarantined" not in {row[2] for row in rows}
    cids = {row[1] for row in rows}
    assert len(cids) == len(rows)
    return cids


def names_at(hq: Hq) -> list[str]:
    return sorted(row[0] for row in hq.query("SELECT name FROM v_visit"))


def cids(store: Store) -> set[str]:
    return {id_text(row[0]) for row in store.connection.execute("SELECT cid FROM journal")}


def durable_pos(store: Store) -> int:
    return int(store.connection.execute("SELECT durable_pos FROM sync_state").fetchone()[0])


def a_month_passes(store: Store) -> None:
    """Let all acknowledgements be 36 days old."""
    store.connection.execute("UPDATE acked_mark SET at_ms = at_ms - ? WHERE at_ms > 0", (pruning.KEPT_MS + 86_400_000,))


def reports(hq: Hq) -> list[tuple[str, dict[str, Any]]]:
    return [
        (row[0], json.loads(row[1])) for row in hq.query("SELECT kind, detail FROM report ORDER BY at_ms, report_id")
    ]


def test_all_that_terminals_have_comes_back_to_a_restored_hq_once(own_hq: Hq, estate: Estate, tmp_path: Path) -> None:
    own_hq.enrol(estate.store)
    first = estate.store
    admit(estate, first, "备份前")
    sync(first)
    second = joined(own_hq, estate, tmp_path / "second")
    sync(second)
    a_month_passes(first)
    before = cids(first)
    sync(first)
    assert (durable_pos(first), cids(first)) == (0, before), "a month without a backup lets nothing go"

    file = back_up(own_hq, tmp_path / "hq.bak")
    backed_up = len(log(own_hq))
    admit(estate, second, "备份后")
    admit(estate, first, "备份后另一台")
    sync(second)
    sync(first)
    written = is_sound(own_hq)
    assert durable_pos(first) == durable_pos(second) == backed_up < len(written)
    a_month_passes(second)
    destroy_and_restore(own_hq, file)
    assert len(log(own_hq)) == backed_up
    admit(estate, first, "恢复后")

    for store in (first, second, first, second):
        sync(store)

    assert is_sound(own_hq) >= written
    assert names_at(own_hq) == sorted(["备份前", "备份后", "备份后另一台", "恢复后"])
    assert_same(first, second)
    assert {kind for kind, _detail in reports(own_hq)} == {"offered", "restored"}
    assert durable_pos(first) == backed_up
    assert (sync(first).pushed, sync(second).pushed) == (0, 0)
    a_month_passes(first)
    left = cids(first)
    sync(first)
    assert cids(first) < left or not pruning.prune(first.connection, real_ms())
    assert verify_chain(first.connection) > 0
    second.close()


def test_what_was_let_go_of_is_offered_anew_to_an_hq_restored_to_before_it(
    own_hq: Hq, estate: Estate, tmp_path: Path
) -> None:
    own_hq.enrol(estate.store)
    store = estate.store
    sync(store)
    early = back_up(own_hq, tmp_path / "early.bak")
    known = len(log(own_hq))
    for number in range(6):
        admit(estate, store, f"访客{number}")
    sync(store)
    back_up(own_hq, tmp_path / "late.bak")
    a_month_passes(store)
    before = len(cids(store))
    sync(store)
    gone = before - len(cids(store))
    assert gone > 12
    assert len(names_at(own_hq)) == 6
    destroy_and_restore(own_hq, early)
    admit(estate, store, "恢复后")

    report = sync(store)

    assert 0 < report.gone <= gone
    (told,) = [detail for kind, detail in reports(own_hq) if kind == "hole"]
    assert (told["first"], told["gone"]) == (known + 1, report.gone)
    is_sound(own_hq)
    assert names_at(own_hq) == sorted(["恢复后", *(f"访客{number}" for number in range(6))])
    assert len(own_hq.query("SELECT 1 FROM v_visit_event")) == 7
    assert (sync_state.waiting(store.connection), pruning.hole(store.connection)) == (0, None)
    again = sync(store)
    assert (again.pushed, again.gone, again.quarantined) == (0, 0, 0)
    assert verify_chain(store.connection) == sync_state.position(store.connection).last_seq
