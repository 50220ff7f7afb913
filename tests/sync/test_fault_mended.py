"""Faults that the terminal gets round, or that somebody at HQ ends: what is told, and that everything arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from butler_tui.hq.keys import read_hq_keys
from butler_tui.ids import new_id
from butler_tui.store.database import connect
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from tests.conftest import Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.booths import Booth
from tests.sync.faults import Asked, front, run_out

_BODY_LIMIT = 3_000


def _write(estate: Estate, groups: int, of: int) -> None:
    for number in range(groups):
        names = [f"岗{number}-{one}" for one in range(of)]
        record(estate.store, [Written("gate", new_id(real_ms()), {"name": name}) for name in names], staff_id=None,
               now_ms=real_ms())  # fmt: skip


def test_a_batch_that_a_machine_before_hq_finds_too_large_is_halved_until_it_passes(hq: Hq, enrolled: Estate) -> None:
    booth = Booth(hq, enrolled)
    _write(enrolled, 60, of=5)
    taken: list[int] = []
    refused: list[int] = []

    def narrow(asked: Asked) -> None:
        size = len(asked.content)
        if size > _BODY_LIMIT:
            refused.append(size)
            asked.say("413 Request Entity Too Large", b"<html>nginx</html>")
        taken.append(size)
        asked.pass_on()

    waiting = booth.waiting()
    with front(narrow)(hq) as url:
        booth.sends_to(url)
        ended = booth.sync("--json")
    assert (ended.returncode, json.loads(ended.stdout)["pushed"], ended.stderr) == (0, waiting, "")
    assert refused
    assert max(taken) <= _BODY_LIMIT
    booth.is_whole()


def test_a_terminal_that_was_revoked_is_told_so_and_is_enrolled_again_with_what_hq_has(hq: Hq, estate: Estate) -> None:
    booth = Booth(hq, estate)
    terminal_id = hq.enrol(estate.store)
    assert booth.sync().returncode == 0
    folder = ("--dir", str(hq.folder.path))
    assert butler("hq", "terminal", "revoke", booth.estate_id, terminal_id, *folder).returncode == 0
    asked = ("hq", "terminal", "code", booth.estate_id, "--kind", "supervisor", "--url", hq.url, "--json")
    line = json.loads(butler(*asked, *folder).stdout)
    ended = booth.sync()
    assert ended.returncode == 78
    assert ended.stderr.startswith("HQ has revoked this terminal, and its records are sealed.")

    home = {"BUTLER_HOME": str(estate.store.home.database.parent)}
    ended = butler("enrol", line["url"], line["code"], env=home)
    assert ended.returncode == 0, ended.stderr
    assert booth.sync().returncode == 0
    assert booth.status()["waiting"] == 0
    booth.is_whole()


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "The clock of this computer is wrong, or HQ's certificate has run out. Nothing is lost."),
        ("zh", "本机时间不正确，或总部证书已过期。数据没有丢失。"),
    ],
)
def test_under_the_systems_authorities_a_certificate_out_of_date_may_be_the_clock(
    hq: Hq, enrolled: Estate, lang: str, sentence: str
) -> None:
    booth = Booth(hq, enrolled)
    waiting = booth.waiting()
    enrolled.store.connection.execute("UPDATE terminal SET hq_authority = NULL")
    trusted = {"SSL_CERT_FILE": str(hq.folder.file("authority.pem"))}
    with run_out(hq) as url:
        booth.sends_to(url)
        ended = booth.sync(lang=lang, env=trusted)
    assert (ended.returncode, ended.stderr.strip(), ended.stdout) == (75, sentence, "")
    assert booth.waiting() == waiting
    booth.sends_to(hq.url)
    assert booth.sync(env=trusted).returncode == 0
    booth.is_whole()


@contextmanager
def _held(hq: Hq) -> Iterator[None]:
    """Keep HQ's database for ourselves, as a backup or a disk that hangs might."""
    connection = connect(hq.folder.database, read_hq_keys(hq.folder.keys).raw())
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_an_hq_that_cannot_write_says_when_to_come_again(hq: Hq, enrolled: Estate) -> None:
    booth = Booth(hq, enrolled)
    waiting = booth.waiting()
    with _held(hq):
        ended = booth.sync("--json")
    assert (ended.returncode, json.loads(ended.stdout)["hq"]) == (75, "unreachable")
    assert ended.stderr.strip() == "HQ is busy, and asks to be left alone for 2 s. Nothing is lost."
    assert booth.waiting() == waiting
    assert sync(enrolled.store).pushed == waiting
    booth.is_whole()


def test_what_the_terminal_sent_is_what_hq_counts(hq: Hq, enrolled: Estate) -> None:
    booth = Booth(hq, enrolled)
    waiting = booth.waiting()
    assert booth.sync().returncode == 0
    told = json.loads(butler("hq", "status", "--json", "--dir", str(hq.folder.path)).stdout)
    (ours,) = (one for one in told["estates"] if one["estate_id"] == booth.estate_id)
    assert (ours["changes"], ours["pos"], ours["quarantined"]) == (waiting, waiting, 0)
    assert [one["waiting"] for one in ours["terminals"]] == [0]
