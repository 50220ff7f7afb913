"""A backup of HQ holds all of it, goes back to either engine, and what it holds is durable only once read again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import FileTrouble
from butler_tui.hq import admin, backups, restoring
from butler_tui.hq.backup_stream import NOT_KEPT, Contents, Taker, read
from butler_tui.hq.engines.sqlite import tables
from butler_tui.hq.keys import Folder
from butler_tui.passphrases import content_key_by
from butler_tui.sealed_file import opened_pieces, read_head
from butler_tui.sealed_writing import write_sealed
from tests.hq.authors import NOW, Author, fresh, supervisor
from tests.hq_rows import rows_at
from tests.keeping import PASSPHRASE, quick_passphrases
from tests.postgres import own_database
from tests.serving import Hq, butler

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")

CHANGED = {"estate_pos", "generation", "report", *NOT_KEPT}
"""What is another after a restore."""
MakeFolder = Callable[[str], Folder]


@pytest.fixture
def folder_on(tmp_path: Path, postgres_server: str) -> Iterator[MakeFolder]:
    """Return what names a place for an HQ, on either engine; nothing is there."""
    open_databases, number = [], count()

    def make(engine: str) -> Folder:
        path = tmp_path / f"hq-{next(number)}-{engine}"
        if engine == "file":
            return Folder(path)
        database = own_database(postgres_server)
        open_databases.append(database)
        return Folder(path, database.__enter__())

    yield make
    for database in open_databases:
        database.__exit__(None, None, None)


def filled(folder: Folder) -> str:
    """Make an HQ with a few of everything, and return its estate."""
    admin.init(folder, [], NOW)
    estate_id = admin.add_estate(folder, "云栖玫瑰园", "Asia/Shanghai", None, NOW)
    admin.new_code(folder, estate_id, TerminalKind.GATE, NOW)
    with admin.opened(folder) as (engine, _keys):
        terminal = supervisor(estate_id)
        engine.write(lambda rows: rows.put_terminal(terminal)).result()
        engine.write(lambda rows: rows.use_nonce(estate_id, terminal.terminal_id, "n", NOW, 0)).result()
        where = engine.read(lambda rows: rows.position(estate_id))
        author = Author(engine, folder, terminal, where.hq_gen, fresh())
        for number in range(5):
            author.push(*(author.change("gate", name=f"门 {number} {at} \U0001f6aa") for at in range(90)))
    picture = folder.blobs / estate_id / ("ab" * 16 + ".blob")
    picture.parent.mkdir(parents=True)
    picture.write_bytes(os.urandom(700_000))
    return estate_id


def back_up(folder: Folder, target: Path) -> Path:
    backups.back_up(folder, target, lambda: PASSPHRASE, NOW)
    return target


def restore(folder: Folder, file: Path, passphrase: str = PASSPHRASE, **more: Any) -> restoring.Restored:
    return restoring.restore(folder, file, lambda: passphrase, NOW, **more)


def content(folder: Folder) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables that a restore leaves as they are."""
    return {
        name: sorted((tuple(row.values()) for row in rows_at(folder, f"SELECT * FROM {name}")), key=repr)
        for name in tables()
        if name not in CHANGED
    }


def position(folder: Folder) -> dict[str, Any]:
    (row,) = rows_at(folder, "SELECT * FROM estate_pos")
    return row


def first_line(file: Path) -> Contents:
    found: list[Contents] = []
    key = content_key_by(PASSPHRASE, read_head(file))
    read(opened_pieces(file, key), Taker(begin=found.append))
    return found[0]


_COLUMNS = {
    "file": "SELECT m.name AS tbl, c.name AS col FROM sqlite_schema m, pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
    "postgres": "SELECT c.table_name::text AS tbl, c.column_name::text AS col FROM information_schema.columns c"
    " JOIN information_schema.tables t USING (table_schema, table_name)"
    " WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> 'schema_version'",
}


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_every_table_and_column_that_there_is_goes_with_it(kind: str, folder_on: MakeFolder, tmp_path: Path) -> None:
    folder = folder_on(kind)
    admin.init(folder, [], NOW)
    rows_at(folder, "ALTER TABLE report ADD COLUMN of_tomorrow TEXT")
    held = first_line(back_up(folder, tmp_path / "x.bak"))
    there = {(row["tbl"], row["col"]) for row in rows_at(folder, _COLUMNS[kind]) if row["tbl"] not in NOT_KEPT}
    assert {(tbl, col) for tbl, columns in held.columns.items() for col in columns} == there
    assert ("report", "of_tomorrow") in there
    assert len(there) > 80


def test_a_backup_that_reads_otherwise_is_none_and_nothing_is_durable(
    folder_on: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = folder_on("file"), tmp_path / "x.bak"
    filled(folder)
    back_up(folder, file)
    rows_at(folder, "UPDATE estate_pos SET durable_pos = 7")
    good = file.read_bytes()
    wrote = write_sealed

    def lies(fresh: Path, *more: Any) -> bytes:
        digest = wrote(fresh, *more)
        content = bytearray(fresh.read_bytes())
        content[-100] ^= 1
        fresh.write_bytes(content)
        return digest

    monkeypatch.setattr(backups, "write_sealed", lies)
    with pytest.raises(FileTrouble, match="damaged"):
        back_up(folder, file)
    assert (position(folder)["durable_pos"], file.read_bytes()) == (7, good)
    assert [one for one in tmp_path.iterdir() if one.suffix == ".new"] == []


def test_the_commands_say_what_they_did_beside_a_running_server(hq: Hq, folder_on: MakeFolder, tmp_path: Path) -> None:
    place = ("--dir", str(hq.folder.path), *(("--dsn", hq.folder.dsn) if hq.folder.dsn else ()))
    file, words = tmp_path / "x.bak", {"BUTLER_RECOVERY": PASSPHRASE}
    made = butler("hq", "backup", str(file), *place, env=words)
    assert (made.returncode, "read again to the end" in made.stderr) == (0, True), made.stderr
    assert butler("hq", "backup", str(file), *place).returncode == 2
    served = butler("hq", "restore", str(file), *place, "--replace", env=words)
    assert (served.returncode, "stop it first" in served.stderr) == (1, True), served.stderr
    other = folder_on("file")
    back = butler("hq", "restore", str(file), "--dir", str(other.path), env=words)
    assert (back.returncode, "HQ is again as it was" in back.stderr) == (0, True), back.stderr
    assert other.keys.read_bytes() == hq.folder.keys.read_bytes()
    again = butler("hq", "restore", str(file), "--dir", str(other.path), env=words)
    assert (again.returncode, "--replace" in again.stderr) == (1, True), again.stderr
    booth = butler("restore", str(file), env={**words, "BUTLER_HOME": str(tmp_path / "booth")})
    assert (booth.returncode, "butler hq restore" in booth.stderr) == (78, True), booth.stderr
    assert "Traceback" not in made.stderr + served.stderr + again.stderr + booth.stderr
