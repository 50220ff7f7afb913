"""After a salvage HQ has every change that could be read, each of them once; and the command that makes it so."""

from __future__ import annotations

import json
import random

import pytest

from butler_tui.desk.gate import admit
from butler_tui.domain.fields import TABLES
from butler_tui.domain.rights import Role
from butler_tui.errors import EXIT_DONE, EXIT_FAILED
from butler_tui.ids import id_text
from butler_tui.store import estates
from butler_tui.store.local import open_store
from tests.conftest import Clock, Estate
from tests.damaging import KEYS, fill, fold_in, keys_in, leaves_of, opened_pages, overwrite, pages_of, where_rows_are
from tests.serving import Hq, butler, real_ms, sync

HALF = 25
"""Visits before the sync, and after it."""


def at_hq(hq: Hq, estate_id: str) -> list[str]:
    """Return the cids in HQ's log of an estate, as often as they are there."""
    return [row[0] for row in hq.query("SELECT cid FROM change_log WHERE estate_id = ?", estate_id)]


@pytest.mark.parametrize("seed", [1, 2])
def test_every_change_that_can_be_read_comes_to_hq_once(hq: Hq, enrolled: Estate, seed: int) -> None:
    store, home = enrolled.store, enrolled.store.home
    own = estates.estate(store.connection)
    assert own is not None
    estate_id, clock = id_text(own.estate_id), Clock(real_ms() - 10_000_000)
    fill(enrolled, HALF, clock)
    sync(store)
    sent, records = at_hq(hq, estate_id), keys_in(store.connection)
    for number in range(HALF):
        registration = enrolled.registration(name=f"张{number}", badge="")
        admit(store, enrolled.sessions[Role.GUARD], registration, enrolled.policies, clock.advance(seconds=50))
    cids = {row[0]: row[1] for row in store.connection.execute("SELECT journal_id, cid FROM journal")}
    fold_in(store)
    where, chance = where_rows_are(home), random.Random(seed)
    journal = sorted(set(where["journal"].values()))
    pages = pages_of(home.database)
    # Damage in the journal itself too, in its oldest rows and among its last.
    bad = {*chance.sample(range(1, pages + 1), pages // 12), journal[1], journal[-3]}
    with opened_pages(home) as opened:
        assert opened.version() is not None
    bad -= set(leaves_of(home, "terminal", "estate"))
    overwrite(home.database, bad, seed)
    readable = {id_text(cids[row]) for row, page in where["journal"].items() if page not in bad}
    gone = len(cids) - len(readable)
    assert gone > 2

    env = {"BUTLER_HOME": str(home.database.parent)}
    salvaged = butler("salvage", "--json", env=env)

    assert salvaged.returncode == EXIT_DONE, salvaged.stderr
    told = json.loads(salvaged.stdout)
    assert (told["enrolled"], told["lost"]["journal"]) == (True, gone)
    store = open_store(home)
    (salvage_note,) = store.connection.execute("SELECT cid FROM journal WHERE fields LIKE '%salvaged%'").fetchone()
    report = sync(store)
    assert (report.waiting, report.hq) == (0, "ok")
    here = at_hq(hq, estate_id)
    assert len(here) == len(set(here))
    assert {*sent, *readable, id_text(salvage_note)} <= set(here)
    assert len(set(here) - {*sent, *readable, id_text(salvage_note)}) == told["reissued"]
    again = keys_in(store.connection)
    assert all(records[table] <= again[table] for table in KEYS if table != "journal"), "pulled anew"
    known = {
        row[0]
        for row in hq.query("SELECT record_id FROM change_log WHERE estate_id = ? AND verdict = 'applied'", estate_id)
    }
    for table, key in KEYS.items():
        # What belongs to a record of which nothing is left is held back at HQ.
        parent = TABLES[table].parent if table in TABLES else None
        whole = f" WHERE {parent} IN (SELECT {parent} FROM {parent.removesuffix('_id')})" if parent else ""
        if table != "journal":
            here_too = {id_text(row[0]) for row in store.connection.execute(f"SELECT {key} FROM {table}{whole}")}
            assert here_too <= known, table
    assert sync(store).pushed == 0
    store.close()


def test_the_command_says_in_words_what_became_of_it(enrolled: Estate, now: Clock) -> None:
    home = enrolled.store.home
    fill(enrolled, 5, now)
    fold_in(enrolled.store)
    env = {"BUTLER_HOME": str(home.database.parent)}
    sound = butler("salvage", env=env)
    assert (sound.returncode, sound.stdout) == (EXIT_FAILED, "")
    assert sound.stderr == "The file is not damaged: there is nothing to save. Nothing was changed.\n"
    where = where_rows_are(home)
    overwrite(home.database, [*leaves_of(home, "terminal"), sorted(where["journal"].values())[-1]])
    ill = butler("doctor", env=env)
    assert ill.returncode == EXIT_FAILED
    assert "Close the program and run butler salvage" in ill.stdout

    ended = butler("salvage", env=env)

    assert (ended.returncode, ended.stdout) == (EXIT_DONE, "")
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("Saved: estate 1, ")
    assert "visits 5" in lines[0]
    assert any(line.startswith("Could not be read: changes ") for line in lines)
    assert any("changes that HQ may not have are gone. Tell HQ about it." in line for line in lines)
    assert lines[-1].startswith("The enrolment is not among what was saved.")
    assert butler("doctor", env=env).stdout.count("run butler salvage") == 0
