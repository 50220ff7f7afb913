"""A document's number is found in the clear in no file at either end, nor is who came on a terminal: byte for byte.

Issue 4, proof. Names and phones stand in HQ's tables, as they must for those who query it: on PostgreSQL its own disk,
log and backups have them too, and are HQ's to guard. Numbers stand there under a key that is not in the database.
"""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from butler_tui.desk import exports, gate, set_up, shifts, unmask
from butler_tui.desk.exports import Wanted
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.domain.unmasking import UnmaskReason
from butler_tui.hq import backups as hq_backups
from butler_tui.hq import by_file
from butler_tui.ids import new_id
from butler_tui.store import drafts
from butler_tui.store.drafts import GATE, Draft
from butler_tui.store.local import open_store
from butler_tui.store.search import search
from butler_tui.sync.by_file import read_file, write_file
from tests.conftest import Estate
from tests.damaging import fold_in, leaves_of, overwrite
from tests.domain.resident_numbers import check_digit_by_recursion
from tests.hq.attackers import everything
from tests.hq.searching import files_in, where
from tests.keeping import PASSPHRASE, back_up, quick_passphrases
from tests.postgres import Cluster, own_cluster, own_database
from tests.serving import Hq, butler, real_ms, served, sync
from tests.sync.test_pull import joined

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")

_TALKATIVE = {
    "full_page_writes": "on",
    "log_statement": "all",
    "log_min_messages": "debug2",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_min_duration_statement": "0",
}
"""A server that writes all into its log that it can, values included, and whole pages into its WAL."""
_LAST_VISIT = """
import os, signal, sys
from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import Registration
from butler_tui.paths import find_home
from butler_tui.store import households, staff
from butler_tui.store.local import open_store

store = open_store(find_home(os.environ))
home = households.at_room(store.connection, "3-2-1801")
gate_id = bytes(store.connection.execute("SELECT gate_id FROM gate").fetchone()[0])
session = Session(staff.by_number(store.connection, "1007"), gate_id)
name, phone, number, at_ms = sys.argv[1:]
coming = Registration(
    name=name, phone=phone, reason=Reason.ESTATE_AGENT, document_number=number, house_id=home.house_id,
    household_id=home.household_id, room_code=home.room_code,
    check=GateCheck(found=dict.fromkeys(Check, Outcome.PASSED)),
)
admit(store, session, coming, Policies(), int(at_ms))
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass
class Ends:
    """Both ends in one folder, and the server of HQ's rows where there is one."""

    folder: Path
    hq: Hq
    estate: Estate
    cluster: Cluster | None

    @property
    def places(self) -> list[Path]:
        """Where programs may have left anything."""
        return [self.folder, Path("/dev/shm"), *self.of_server]

    @property
    def of_server(self) -> list[Path]:
        """Where the server of HQ's rows keeps them, and what it says."""
        return [self.cluster.place / "data", self.cluster.place / "log"] if self.cluster else []


@dataclass(frozen=True)
class Secrets:
    """Who comes twice, made up anew each time: nothing else in the world says it."""

    names: tuple[str, str]
    phones: tuple[str, str]
    numbers: tuple[str, str]
    passport: str
    resident: tuple[str, str]
    pin: str

    @property
    def hidden(self) -> list[str]:
        """The numbers, whole and the part that no mask shows."""
        return [*self.numbers, *(number[3:14] for number in self.numbers), self.passport, self.passport[1:-1]]


def _made_up() -> Secrets:
    chance = random.SystemRandom()

    def digits(count: int) -> str:
        return "".join(chance.choices("0123456789", k=count))

    def number() -> str:
        first = f"3300{digits(2)}19{chance.randrange(50, 99)}0{chance.randrange(1, 9)}1{digits(1)}{digits(3)}"
        return first + check_digit_by_recursion(first)

    def name() -> str:
        return "欧阳" + "".join(chr(chance.randrange(0x4E00, 0x9F00)) for __ in range(2))

    phones = tuple(f"139{digits(8)}" for __ in range(3))
    passport = f"E{chance.randrange(1, 9)}{digits(7)}"
    return Secrets(
        (name(), name()), (phones[0], phones[1]), (number(), number()), passport, (name(), phones[2]), digits(6)
    )


@pytest.fixture
def secrets() -> Secrets:
    """Return words that no other test knows."""
    return _made_up()


@pytest.fixture(params=["file", "postgres"])
def ends(
    request: pytest.FixtureRequest, estate: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ends]:
    """Return both ends, all that is passing in a folder of theirs too."""
    (tmp_path / "passing").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "passing"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with ExitStack() as lasting:
        cluster = dsn = None
        if request.param == "postgres":
            cluster = lasting.enter_context(own_cluster("/tmp", **_TALKATIVE))
            dsn = lasting.enter_context(own_database(cluster.dsn))
        hq = lasting.enter_context(served(tmp_path / "hq", dsn=dsn))
        hq.enrol(estate.store)
        yield Ends(tmp_path, hq, estate, cluster)
        if cluster is not None and cluster.process is None:
            cluster.start()


def _registered(ends: Ends, secrets: Secrets) -> None:
    """Let somebody come, look them up and open what is masked; keep a half-typed form; set a PIN."""
    estate, store = ends.estate, ends.estate.store
    guard, lead = estate.sessions[Role.GUARD], estate.sessions[Role.SHIFT_LEAD]
    resident = set_up.NewResident(secrets.resident[0], Sex.FEMALE, "owner", secrets.resident[1], may_confirm=True)
    set_up.add_house(store, set_up.NewHouse("7-7-707", "7", "7", residents=(resident,)), real_ms())
    shifts.set_pin(store, guard.staff.staff_id, secrets.pin, real_ms())
    assert shifts.sign_in(store, guard.staff.number, secrets.pin, real_ms())
    number = secrets.numbers[0]
    typed = f" {number[:6]} {number[6:14]} {number[14:].lower()} "
    for document, badge, name in ((typed, "A001", secrets.names[0]), (secrets.passport, "A002", "过客")):
        coming = estate.registration(
            name=name, phone=secrets.phones[0], reason=Reason.ESTATE_AGENT, document_number=document, badge=badge,
            confirmed_ms=real_ms(),
        )  # fmt: skip
        visit = gate.admit(store, guard, coming, estate.policies, real_ms())
        why = (UnmaskReason.OTHER, "核对")
        opened = unmask.open_document(store, lead, visit.visit_id, *why, real_ms())
        assert opened in (number, secrets.passport)
        assert unmask.open_phone(store, lead, visit.visit_id, *why, real_ms()) == secrets.phones[0]
        assert search(store, opened)
    body = json.dumps({"values": {"name": secrets.names[1], "document_number": secrets.numbers[1]}})
    drafts.keep(store.connection, Draft(new_id(real_ms()), guard.staff.staff_id, GATE, body, True, real_ms()))


def _carried(ends: Ends) -> None:
    """Bring it to HQ and another terminal, by the line and by a stick; back both ends up; give it out masked."""
    store, out = ends.estate.store, ends.folder / "out"
    out.mkdir()
    write_file(store, out / "to hq", real_ms)
    assert sync(store).waiting == 0
    second = joined(ends.hq, ends.estate, ends.folder / "second")
    gate_terminal = joined(ends.hq, ends.estate, ends.folder / "gate", TerminalKind.GATE)
    for other in (second, gate_terminal):
        sync(other)
        assert other.connection.execute("SELECT count(*) FROM visit").fetchone()[0] == 2
    assert second.connection.execute("SELECT count(*) FROM document_secret").fetchone()[0] == 2
    by_file.import_file(ends.hq.folder, out / "to hq", real_ms())
    by_file.export_file(ends.hq.folder, out / "to hq", out / "from hq", real_ms())
    read_file(store, out / "from hq", real_ms)
    hq_backups.back_up(ends.hq.folder, out / "hq.bak", lambda: PASSPHRASE, real_ms())
    back_up(store, out / "terminal.bak")
    supervisor = ends.estate.sessions[Role.SUPERVISOR]
    assert exports.export(store, supervisor, Wanted("visits"), out / "visits.csv", real_ms()) == 2
    gate_terminal.close()
    fold_in(second)
    overwrite(second.home.database, leaves_of(second.home, "visit"))
    ended = butler("salvage", env={"BUTLER_HOME": str(second.home.database.parent)})
    assert ended.returncode == 0, ended.stderr


def _killed(ends: Ends, secrets: Secrets) -> None:
    """Let somebody come and the terminal die; bring that to HQ; and kill HQ, and the server of its rows."""
    home = ends.estate.store.home.database.parent
    words = (secrets.names[1], secrets.phones[1], secrets.numbers[1], str(real_ms()))
    for __ in range(2):
        env = {**os.environ, "BUTLER_HOME": str(home)}
        ended = subprocess.run([sys.executable, "-c", _LAST_VISIT, *words], env=env, timeout=60, check=False)
        assert ended.returncode == -9
        if __ == 0:
            store = open_store(ends.estate.store.home)
            assert sync(store).waiting == 0
            store.close()
    ends.hq.stop(9)
    if ends.cluster is not None:
        with psycopg.connect(ends.cluster.dsn, dbname="postgres", autocommit=True) as connection:
            connection.execute("CHECKPOINT")  # what is in memory only is on no disk yet
        ends.cluster.kill()


def test_no_number_and_on_terminals_no_name_is_found_in_any_file(ends: Ends, secrets: Secrets) -> None:
    _registered(ends, secrets)
    _carried(ends)
    ends.estate.store.close()
    assert ends.hq.process is not None
    limits = Path(f"/proc/{ends.hq.process.pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits, "what a program holds would be written out"
    shown = str(everything(ends.hq.folder))
    assert secrets.names[0] in shown
    assert not [one for one in secrets.hidden if one in shown]
    _killed(ends, secrets)

    assert where(secrets.hidden, ends.places) == []
    who = [*secrets.names, *secrets.phones, *secrets.resident, secrets.pin]
    ours = [place for place in ends.folder.iterdir() if place.is_dir() and place.name != "out"]
    assert where(who, ours) == []
    (ends.folder / "out" / "visits.csv").unlink()  # what was given out has names, and its phones are masked
    assert where(who, [ends.folder / "out"]) == []
    looked_at = {file.name for file in files_in(ends.places)}
    assert {"butler.db-wal", "to hq", "from hq", "hq.bak", "terminal.bak"} <= looked_at
    if ends.cluster is None:
        assert "hq.db-wal" in looked_at
    else:  # so it would have been found
        found = " ".join(where([secrets.names[0], secrets.phones[0]], ends.of_server))
        assert [part for part in ("data/base/", "data/pg_wal/") if part not in found] == []
        assert where(["云栖玫瑰园"], ends.of_server[1:]), "its log has what statements were given"


@pytest.mark.parametrize("spelled", ["utf-8", "utf-16-le", "utf-16-be", "hex", "base64"])
def test_what_is_planted_is_found(tmp_path: Path, secrets: Secrets, spelled: str) -> None:
    number = secrets.numbers[0]
    planted = {
        "hex": lambda: b"\\x" + number.encode().hex().encode(),
        "base64": lambda: base64.b64encode(b'{"n":"' + number.encode() + b'"}'),
    }.get(spelled, lambda: number.encode(spelled))()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(os.urandom(5000) + planted + os.urandom(5000))
    assert where([number], [tmp_path])
    assert where([f"{number[:6]} {number[6:14]}-{number[14:]}"], [tmp_path])
    assert where([secrets.numbers[1]], [tmp_path]) == []
