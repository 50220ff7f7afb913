"""Giving visits out: masked, defused, recorded, whole or not at all; read back by another program."""

from __future__ import annotations

import csv
import io
import os
import stat
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from butler_tui.desk.exports import Wanted, export
from butler_tui.desk.gate import admit, check_out, turn_away
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import Registration
from butler_tui.errors import ButlerError, FileTrouble, NotAllowed, RuleBroken, WrongUsage
from butler_tui.ids import new_id
from butler_tui.store.journal import migrate

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def lead(estate: Estate) -> Session:
    return estate.sessions[Role.SHIFT_LEAD]


@pytest.fixture
def visited(estate: Estate, session: Session, now: Clock) -> Estate:
    """Return an estate with three visits: left, inside with a hostile company, turned away."""
    first = estate.registration(companion_names=("王海",), looks="蓝色工装", reason_note="回电 13811112222")
    done = admit(estate.store, session, first, estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(minutes=30))
    agent = estate.registration(
        name="=cmd|' /C calc'!A0", phone="+85291234567", company="＝1+1\x1b[31m", reason=Reason.ESTATE_AGENT,
        document_number="330000199001011239", badge="A018",
    )  # fmt: skip
    admit(estate.store, session, agent, estate.policies, now.advance(hours=24))
    stranger = Registration(name="赵敏")
    turn_away(estate.store, session, stranger, estate.policies, now.advance(seconds=1), reason=TurnAwayReason.LOITERING)
    return estate


def rows_of_csv(file: Path) -> list[dict[str, str]]:
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def cells_of_xlsx(file: Path) -> list[list[str]]:
    with zipfile.ZipFile(file) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        assert not sheet.findall(f".//{_SHEET}f")
        return [["".join(cell.itertext()) for cell in row.findall(f"{_SHEET}c")] for row in sheet.iter(f"{_SHEET}row")]


def audits(estate: Estate) -> list[tuple[str, str, str]]:
    rows = estate.store.connection.execute("SELECT act, reason, subject_table FROM audit ORDER BY at_ms, audit_id")
    return [tuple(row) for row in rows]


def test_a_masked_csv_tells_who_came_without_telling_who_they_are(
    visited: Estate, lead: Session, now: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    assert export(visited.store, lead, Wanted("visits"), file, now()) == 3

    left, inside, away = rows_of_csv(file)
    assert (left["Name"], left["Phone"], left["State"], left["Names of companions"], left["Remarks"]) == (
        "Mr 李", "139****1234", "left", "", "",
    )  # fmt: skip
    assert (left["Registered"], left["Left"], left["What for"]) == (
        "2026-11-13 07:58:00", "2026-11-13 08:28:00", "回电 138****2222",
    )  # fmt: skip
    assert (inside["Document number"], inside["Guard"], inside["Post"]) == ("330***********1239", "1007", "东门岗")
    assert (away["State"], away["Turned away because"]) == ("turned away", "loitering")
    text = file.read_text("utf-8-sig")
    for secret in ("李文博", "13900001234", "13811112222", "330000199001011239", "王海", "蓝色工装"):
        assert secret not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert audits(visited) == [("exported", "(3, csv)", "visit")]


def test_no_free_text_of_a_masked_export_tells_a_phone_or_a_number(
    estate: Estate, session: Session, lead: Session, now: Clock, tmp_path: Path
) -> None:
    told = estate.registration(
        name="李师傅13812345678", company="李师傅 13812345678", plate="138 1234 5678", parking="138-1234-5678",
        badge="１３８１２３４５６７８", belongings="330106 19900307 1234", reason_note="138.1234.5678",
    )  # fmt: skip
    admit(estate.store, session, told, estate.policies, now())
    export(estate.store, lead, Wanted("visits"), tmp_path / "v.csv", now())

    (row,) = rows_of_csv(tmp_path / "v.csv")
    assert {row[name] for name in ("Vehicle", "Bay", "Badge", "What for")} == {"138****5678"}
    assert (row["Company"], row["Belongings"]) == ("李师傅 138****5678", "330***********1234")
    plain = "".join(character for character in str(row) if character.isalnum())
    assert "13812345678" not in plain
    assert estate.store.connection.execute("SELECT belongings FROM visit").fetchone()[0] == "330***********1234"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_nothing_in_it_is_a_formula_nor_drives_a_terminal(
    visited: Estate, now: Clock, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"visits{suffix}"
    supervisor = visited.sessions[Role.SUPERVISOR]
    export(visited.store, supervisor, Wanted("visits", unmasked=True, reason="警方要求"), file, now())

    cells = (
        [cell for row in rows_of_csv(file) for cell in row.values()]
        if suffix == ".csv"
        else [cell for row in cells_of_xlsx(file) for cell in row]
    )
    assert "'=cmd|' /C calc'!A0" in cells
    assert "'+85291234567" in cells
    assert "'＝1+1\ufffd[31m" in cells
    assert "李文博" in cells
    assert not [cell for cell in cells if cell[:1] in "=+@\t\r" and cell]
    assert audits(visited) == [("exported_unmasked", f"警方要求 (3, {suffix[1:]})", "visit")]


def test_the_same_stands_in_both_forms(visited: Estate, lead: Session, now: Clock, tmp_path: Path) -> None:
    export(visited.store, lead, Wanted("visits"), tmp_path / "v.csv", now())
    export(visited.store, lead, Wanted("visits"), tmp_path / "v.xlsx", now())
    headings, *rows = cells_of_xlsx(tmp_path / "v.xlsx")
    wanted = rows_of_csv(tmp_path / "v.csv")
    assert headings == list(wanted[0])
    assert len(rows) == len(wanted) == 3
    days = (datetime(2026, 11, 13, 7, 58) - datetime(1899, 12, 30)).total_seconds() / 86400  # noqa: DTZ001
    assert float(rows[0][0]) == pytest.approx(days)
    assert stat.S_IMODE((tmp_path / "v.xlsx").stat().st_mode) == 0o600


def test_an_export_without_rows_has_its_headings(estate: Estate, lead: Session, now: Clock, tmp_path: Path) -> None:
    for name in ("v.csv", "v.xlsx"):
        assert export(estate.store, lead, Wanted("visits"), tmp_path / name, now()) == 0
    assert cells_of_xlsx(tmp_path / "v.xlsx")[0][0] == "Registered"
    assert (tmp_path / "v.csv").read_text("utf-8-sig").startswith("Registered,State,")


def test_days_bound_what_is_given_out(visited: Estate, lead: Session, now: Clock, tmp_path: Path) -> None:
    wanted = Wanted("visits", since_ms=now() - 3_600_000)
    assert export(visited.store, lead, wanted, tmp_path / "v.csv", now()) == 2
    wanted = Wanted("visits", until_ms=now() - 3_600_000)
    assert export(visited.store, lead, wanted, tmp_path / "v.csv", now()) == 1


@pytest.mark.parametrize(
    ("role", "unmasked", "reason", "error"),
    [
        (Role.GUARD, False, "", NotAllowed),
        (Role.SHIFT_LEAD, True, "x", NotAllowed),
        (Role.BUTLER, True, "x", NotAllowed),
        (Role.SUPERVISOR, True, "  ", RuleBroken),
    ],
)
def test_who_may_not(
    visited: Estate, now: Clock, tmp_path: Path, role: Role, unmasked: bool, reason: str, error: type[ButlerError]
) -> None:
    wanted = Wanted("visits", unmasked=unmasked, reason=reason)
    with pytest.raises(error):
        export(visited.store, visited.sessions[role], wanted, tmp_path / "v.csv", now())
    assert list(tmp_path.glob("*.csv")) == []
    assert audits(visited) == []


@pytest.mark.parametrize(("kind", "name"), [("orders", "v.csv"), ("visits", "v.pdf"), ("visits", "v")])
def test_an_unknown_kind_or_ending_is_wrong_usage(
    visited: Estate, lead: Session, now: Clock, tmp_path: Path, kind: str, name: str
) -> None:
    with pytest.raises(WrongUsage):
        export(visited.store, lead, Wanted(kind), tmp_path / name, now())


@pytest.mark.parametrize("name", ["v.csv", "v.xlsx"])
def test_a_disk_that_refuses_leaves_what_was_there(
    visited: Estate, lead: Session, now: Clock, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileTrouble, match="the disk is full"):
        export(visited.store, lead, Wanted("visits"), folder / name, now())
    assert [(one.name, one.read_text()) for one in folder.iterdir()] == [(name, "before")]
    assert audits(visited) == []


def test_an_unwritable_folder_is_a_sentence(visited: Estate, lead: Session, now: Clock, tmp_path: Path) -> None:
    with pytest.raises(FileTrouble):
        export(visited.store, lead, Wanted("visits"), tmp_path / "nowhere" / "v.csv", now())


@pytest.fixture
def many(estate: Estate, now: Clock) -> Estate:
    """Return an estate with 3,000 visits of 1,000 characters."""
    columns = (
        "visit_id, registered_ms, gate_id, staff_id, name, company, reason, ask_identity, ask_reason, ask_host,"
        " check_document, check_vehicle, check_belongings"
    )
    outcomes = ("passed",) * 6
    with migrate(estate.store.connection) as connection:
        connection.executemany(
            f"INSERT INTO visit ({columns}) VALUES ({', '.join('?' * 13)})",
            [
                (new_id(now() + at), now(), new_id(1), new_id(2), "甲", "x" * 1000, "visiting", *outcomes)
                for at in range(3_000)
            ],
        )
    return estate


def test_many_rows_do_not_fill_the_memory(many: Estate, lead: Session, now: Clock, tmp_path: Path) -> None:
    for name in ("v.csv", "v.xlsx"):
        tracemalloc.start()
        assert export(many.store, lead, Wanted("visits"), tmp_path / name, now()) == 3_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000, (name, peak)


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this program grow beyond 200 KB: the system itself refuses to write more."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["v.csv", "v.xlsx"])
def test_a_disk_that_fills_up_half_way_leaves_nothing(
    many: Estate, lead: Session, now: Clock, tmp_path: Path, name: str, small_files: None
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(FileTrouble, match="cannot be written"):
        export(many.store, lead, Wanted("visits"), folder / name, now())
    assert list(folder.iterdir()) == []
    assert audits(many) == []
