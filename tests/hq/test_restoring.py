"""HQ made anew from a backup: all of it or nothing, and what was there is kept aside."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from butler_tui.errors import ButlerError, FileTrouble, RuleBroken, SetUpWrong
from butler_tui.hq import admin, backups, placing
from butler_tui.hq.backup_stream import NOT_KEPT
from butler_tui.hq.keys import Folder
from butler_tui.passphrases import WrongPassphrase
from tests.hq.authors import NOW
from tests.hq.test_backups import MakeFolder, back_up, content, filled, folder_on, position, restore
from tests.hq_rows import rows_at
from tests.keeping import quick_passphrases
from tests.postgres import own_database

__all__ = ["folder_on", "quick_passphrases"]

pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


@pytest.mark.parametrize(("source", "target"), [("file", "postgres"), ("postgres", "file"), ("file", "file")])
def test_it_goes_back_whole_to_either_engine_in_a_new_generation(
    source: str, target: str, folder_on: MakeFolder, tmp_path: Path
) -> None:
    folder, other = folder_on(source), folder_on(target)
    estate_id = filled(folder)
    file = back_up(folder, tmp_path / "x.bak")
    before = position(folder)
    assert before["durable_pos"] == before["next_pos"] - 1 == 450

    done = restore(other, file)

    assert content(other) == content(folder)
    assert (done.counts.rows["change_log"], done.counts.pictures, done.kept) == (450, 1, ())
    after = position(other)
    assert after["hq_gen"] != before["hq_gen"]
    assert {**after, "hq_gen": 0} == {**before, "hq_gen": 0}
    assert rows_at(other, "SELECT hq_gen, from_pos FROM generation") == [{"hq_gen": after["hq_gen"], "from_pos": 450}]
    assert [row["kind"] for row in rows_at(other, "SELECT kind FROM report")] == ["restored"]
    assert all(rows_at(folder, f"SELECT * FROM {name}") and not rows_at(other, f"SELECT * FROM {name}")
               for name in NOT_KEPT)  # fmt: skip
    (picture,) = other.blobs.glob("*/*")
    assert picture.read_bytes() == (folder.blobs / estate_id / picture.name).read_bytes()
    assert admin.status(other)[0].pos == 450
    assert {file.name for file in placing.files_of(other) if file.exists()} == {
        file.name for file in placing.files_of(folder) if file.exists()
    }
    assert all(file.stat().st_mode & 0o077 == 0 for file in (other.keys, other.file("authority.key")))


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_what_is_there_is_only_replaced_when_said_and_then_kept_aside(
    kind: str, folder_on: MakeFolder, tmp_path: Path
) -> None:
    folder, other = folder_on(kind), folder_on(kind)
    filled(folder)
    file = back_up(folder, tmp_path / "x.bak")
    filled(other)
    theirs, keys = content(other), other.keys.read_bytes()
    with pytest.raises(RuleBroken, match="--replace"):
        restore(other, file)
    assert (content(other), other.keys.read_bytes()) == (theirs, keys)

    kept = restore(other, file, replace=True).kept

    assert content(other) == content(folder)
    aside = Folder(Path(kept[0]))
    assert aside.keys.read_bytes() == keys
    if kind == "file":
        assert content(aside) == theirs
    else:
        assert len(rows_at(other, f"SELECT * FROM {kept[1]}.change_log")) == len(theirs["change_log"])
    assert len(admin.status(other)) == 1


def test_a_lost_database_comes_back_beside_a_folder_that_still_stands(
    folder_on: MakeFolder, postgres_server: str, tmp_path: Path
) -> None:
    folder = folder_on("postgres")
    filled(folder)
    file = back_up(folder, tmp_path / "x.bak")
    own = {one.name: one.read_bytes() for one in placing.files_of(folder) if one.exists()}
    with own_database(postgres_server) as dsn:
        again = Folder(folder.path, dsn)
        restore(again, file)
        assert content(again) == content(folder)
        with pytest.raises(SetUpWrong, match="already"):
            restore(again, file)
    assert {one.name: one.read_bytes() for one in placing.files_of(folder) if one.exists()} == own


def test_what_cannot_be_opened_or_read_changes_nothing(folder_on: MakeFolder, tmp_path: Path) -> None:
    folder, other = folder_on("file"), folder_on("file")
    filled(folder)
    file = back_up(folder, tmp_path / "x.bak")
    whole = file.read_bytes()
    with pytest.raises(WrongPassphrase):
        restore(other, file, "quite another phrase")
    for broken in (whole[:-40], whole[:-300_000], whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]):
        file.write_bytes(broken)
        with pytest.raises(FileTrouble, match="damaged"):
            restore(other, file)
    assert [one.name for one in other.path.iterdir() if not one.name.endswith("-lock") and one != other.blobs] == []


RENAME = Path.rename


@dataclass
class Cutter:
    """Renames, but for the last time."""

    left: int

    def __call__(self, one: Path, target: Path) -> Path:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return RENAME(one, target)


def test_a_power_cut_at_any_renaming_leaves_the_one_hq_or_the_other(
    folder_on: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_on("file")
    filled(folder)
    file = back_up(folder, tmp_path / "x.bak")
    seen = set()
    for cut in range(1, 40):
        other = Folder(tmp_path / f"cut-{cut}")
        admin.init(other, [], NOW)
        cutter = Cutter(cut)
        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(Path, "rename", lambda one, target, cutter=cutter: cutter(one, target))
            restore(other, file, replace=True)
        found = admin.status(other)
        seen.add(len(found))
        assert sum(one.pos for one in found) in (0, 450), cut
        assert not list(other.path.glob("rest*-[0-9]*")), cut
        if cutter.left > 0:
            break
    assert seen == {0, 1}
    assert cut > 10


def test_it_is_refused_where_it_does_not_belong(folder_on: MakeFolder, tmp_path: Path) -> None:
    folder = folder_on("file")
    with pytest.raises(SetUpWrong, match="no HQ"):
        back_up(folder, tmp_path / "x.bak")
    admin.init(folder, [], NOW)
    other = tmp_path / "letter.txt"
    other.write_text("dear all")
    with pytest.raises(RuleBroken, match="not overwritten"):
        back_up(folder, other)
    with pytest.raises(RuleBroken, match="at least"):
        backups.back_up(folder, tmp_path / "x.bak", lambda: "short", NOW)
    with pytest.raises(ButlerError, match="not a backup"):
        restore(folder_on("file"), other)
    assert other.read_text() == "dear all"
