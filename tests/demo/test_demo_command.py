"""`butler demo` as it is typed: what it prints, what it refuses, and an HQ of its own that ends with it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from butler_tui.demo import headquarters, names
from butler_tui.demo.folder import Folder
from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import EXIT_DONE, EXIT_FAILED, EXIT_SET_UP, EXIT_USAGE
from butler_tui.hq import admin
from butler_tui.hq.keys import Folder as HqFolder
from butler_tui.store import sync_state
from butler_tui.store.local import open_store

SMALL = ("--households", "6", "--visits", "20", "--no-open")


def butler(*arguments: object, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "butler_tui", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env=environment(home),
    )


def environment(home: Path | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BUTLER_")}
    return {**kept, "BUTLER_LANG": "en", **({"BUTLER_HOME": str(home)} if home else {})}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def test_it_prints_every_number_name_and_pin_and_the_line_that_opens_it(folder: Path) -> None:
    ended = butler("demo", "--dir", folder, *SMALL)

    assert ended.returncode == EXIT_DONE, ended.stderr
    for number, name, _role, pin in names.STAFF:
        assert re.search(rf"^{number}\s+{name}\s+\S.*\s{pin}$", ended.stdout, re.MULTILINE)
    assert f"BUTLER_HOME={folder} butler" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_demo_that_is_there_is_opened_again_and_not_made_anew(folder: Path) -> None:
    butler("demo", "--dir", folder, *SMALL)
    before = (folder / "butler.key").read_bytes()

    again = butler("demo", "--dir", folder, *SMALL)

    assert again.returncode == EXIT_DONE
    assert "is there already" in again.stderr
    assert "204816" in again.stdout
    assert (folder / "butler.key").read_bytes() == before


def test_a_folder_that_holds_something_else_is_refused_as_wrong_set_up(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work", "ascii")

    ended = butler("demo", "--dir", folder, *SMALL)

    assert ended.returncode == EXIT_SET_UP
    assert "holds something that is not a demo" in ended.stderr
    assert ended.stdout == ""
    assert [file.name for file in folder.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "wrong",
    [("--households", "0"), ("--visits", "-1"), ("--visits", "2000000000"), ("--seed", "x")],
)
def test_impossible_numbers_are_wrong_usage(folder: Path, wrong: tuple[str, str]) -> None:
    assert butler("demo", "--dir", folder, *wrong).returncode == EXIT_USAGE
    assert not folder.exists()


def test_the_terminals_own_home_is_left_alone(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()

    butler("demo", "--dir", folder, *SMALL, home=own)

    assert list(own.iterdir()) == []


@pytest.fixture
def with_hq(folder: Path) -> subprocess.CompletedProcess[str]:
    ended = butler("demo", "--dir", folder, *SMALL, "--hq")
    assert ended.returncode == EXIT_DONE, ended.stderr
    return ended


def test_with_an_hq_every_record_is_there_under_the_same_estate(
    folder: Path, with_hq: subprocess.CompletedProcess[str]
) -> None:
    store = open_store(Folder(folder).home)
    where = sync_state.position(store.connection)
    (estate,) = admin.status(HqFolder(folder / "hq"))

    assert (estate.name, estate.pos, estate.quarantined) == (names.ESTATE, where.last_seq, 0)
    assert sync_state.waiting(store.connection) == 0
    assert [one.kind for one in estate.terminals] == [TerminalKind.SUPERVISOR]
    store.close()


def test_with_an_hq_it_prints_the_line_that_starts_it_again_where_the_terminal_expects_it(
    folder: Path, with_hq: subprocess.CompletedProcess[str]
) -> None:
    store = open_store(Folder(folder).home)
    port = headquarters.enrolled_port(store)
    store.close()

    assert f"butler hq serve --dir {folder / 'hq'} --port {port}\n" in with_hq.stdout
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)


def test_opened_again_with_its_hq_it_is_served_where_it_was(
    folder: Path, with_hq: subprocess.CompletedProcess[str]
) -> None:
    again = butler("demo", "--dir", folder, "--no-open", "--hq")

    assert again.returncode == EXIT_DONE, again.stderr
    assert "0 records were sent" in again.stderr
    assert again.stdout == with_hq.stdout


def test_where_another_program_has_its_port_it_says_so(folder: Path, with_hq: subprocess.CompletedProcess[str]) -> None:
    store = open_store(Folder(folder).home)
    port = headquarters.enrolled_port(store)
    store.close()
    with socket.create_server(("127.0.0.1", port)):
        ended = butler("demo", "--dir", folder, "--no-open", "--hq")

    assert ended.returncode == EXIT_FAILED
    assert f"HQ cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_hq_of_a_second_demo_stands_beside_the_first(folder: Path, tmp_path: Path) -> None:
    headquarters.make_ready(folder / "hq", 1_794_527_880_000)
    headquarters.make_ready(tmp_path / "other", 1_794_527_880_000)

    with headquarters.served(folder / "hq", 0) as one, headquarters.served(tmp_path / "other", 0) as two:
        assert one != two
        for url in (one, two):
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=2).close()


def test_the_hq_ends_with_the_block_that_served_it_even_where_that_fails(folder: Path) -> None:
    headquarters.make_ready(folder / "hq", 1_794_527_880_000)
    url = ""

    def fail() -> None:
        nonlocal url
        with headquarters.served(folder / "hq", 0) as url:
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=2)


SERVES = """
import sys, time
from pathlib import Path
from butler_tui.demo import headquarters
with headquarters.served(Path(sys.argv[1]), 0) as url:
    print(url, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="windows are closed by SIGHUP on POSIX only")
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_hq_ends_when_the_window_is_closed_on_the_program_that_serves_it(
    folder: Path, told: signal.Signals
) -> None:
    headquarters.make_ready(folder / "hq", 1_794_527_880_000)
    program = subprocess.Popen(
        [sys.executable, "-c", SERVES, str(folder / "hq")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    assert program.stdout is not None
    with program.stdout:
        port = int(program.stdout.readline().decode().strip().rpartition(":")[2])

    program.send_signal(told)
    program.wait(20)

    assert program.returncode != 0
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _answers(port):
        time.sleep(0.05)
    assert not _answers(port)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True
