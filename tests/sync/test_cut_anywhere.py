"""A terminal is cut off between any two steps of what it writes: the next sync ends where the uncut one did.

Its files are copied before every statement and every file it opens; each copy, put back in its place, is what a power
cut at that point would have left.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from butler_tui.desk.privacy import Chosen, erase
from butler_tui.domain.fields import TABLES
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import terminals
from butler_tui.ids import id_text, new_id
from butler_tui.store import drafts, erasing
from butler_tui.store.drafts import Draft
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, open_store
from tests.conftest import Clock, Estate
from tests.serving import Hq, real_ms, sync
from tests.sync.test_pull import a_household, estate_id_of, joined, put, rows

Image = dict[str, bytes]
"""The files of a terminal, by name."""
_NOT_KEPT = ("-shm", ".lock")


def cuts(store: Store, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[Image]:
    """Run `act`, and return what the files were like before each of its steps, and after the last."""
    folder = store.home.database.parent
    seen: dict[tuple[tuple[str, bytes], ...], Image] = {}

    def look() -> None:
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.endswith(_NOT_KEPT))
        image = {file.name: file.read_bytes() for file in files}
        seen.setdefault(tuple(image.items()), image)

    def opened(*arguments: Any, honest: Callable[..., int] = os.open, **more: Any) -> int:
        look()
        return honest(*arguments, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", opened)
        store.connection.set_trace_callback(lambda statement: None if statement.startswith("SELECT") else look())
        act()
        store.connection.set_trace_callback(None)
    look()
    return list(seen.values())


def put_back(store: Store, images: list[Image]) -> Iterator[Store]:
    """Close a terminal, and open it again as each power cut would have left it."""
    home = store.home
    store.close()
    for image in images:
        for file in home.database.parent.iterdir():
            if file.is_file() and file.name not in image:
                file.unlink()
        for name, content in image.items():
            with (home.database.parent / name).open("r+b" if name == home.database.name else "wb") as written:
                written.truncate()  # in place: another file would be taken for a copy
                written.write(content)
        again = open_store(home)
        try:
            yield again
        finally:
            again.close()


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return {table: rows(store, table) for table in TABLES}


def erased_household(estate: Estate, now: Clock, household: bytes) -> None:
    erase(estate.store, estate.sessions[Role.SUPERVISOR], [Chosen("household", household)], now())


def test_while_it_fetches_that_somebody_is_erased(
    hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _house, household = a_household(enrolled.store)
    sync(enrolled.store)
    other = joined(hq, enrolled, tmp_path / "other")
    sync(other)
    put(enrolled.store, "household", household, name="林府")
    put(other, "household", household, gate_note="请走侧门")
    erased_household(enrolled, now, household)
    sync(enrolled.store)
    images = cuts(other, lambda: sync(other), monkeypatch)
    wanted = everything(other)

    assert len(images) > 4
    for again in put_back(other, images):
        sync(again)
        assert everything(again) == wanted
        assert ("household", household) in erasing.registered(again.home)
        verify_chain(again.connection)


def test_while_it_fetches_everything_for_the_first_time(
    hq: Hq, enrolled: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_household(enrolled.store)
    sync(enrolled.store)
    other = joined(hq, enrolled, tmp_path / "other")
    images = cuts(other, lambda: sync(other), monkeypatch)
    wanted = everything(other)
    assert wanted["household"]
    for again in put_back(other, images):
        sync(again)
        assert everything(again) == wanted


def test_while_it_is_to_see_less(hq: Hq, enrolled: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(enrolled.store, "audit", new_id(real_ms()), act="backed_up", at_ms=real_ms())
    sync(enrolled.store)
    booth = joined(hq, enrolled, tmp_path / "booth")
    sync(booth)
    assert rows(booth, "audit")
    terminal_id = id_text(booth.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    terminals.change_kind(hq.folder, estate_id_of(booth), terminal_id, TerminalKind.GATE, real_ms())

    images = cuts(booth, lambda: sync(booth), monkeypatch)
    wanted = everything(booth)

    assert wanted["audit"] == []
    for again in put_back(booth, images):
        sync(again)
        assert everything(again) == wanted


def test_while_somebody_is_erased_here(enrolled: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    store = enrolled.store
    _house, household = a_household(store)
    body = '{"values":{"room":"林宅"}}'
    drafts.keep(
        store.connection, Draft(new_id(now()), enrolled.sessions[Role.GUARD].staff.staff_id, "gate", body, True, now())
    )
    images = cuts(store, lambda: erased_household(enrolled, now, household), monkeypatch)

    done = []
    for again in put_back(store, images):
        (name,) = again.connection.execute("SELECT name FROM household WHERE household_id = ?", (household,)).fetchone()
        (left,) = again.connection.execute("SELECT count(*) FROM draft").fetchone()
        assert (name == "林宅") is (left == 1)
        assert name == "林宅" or ("household", household) in erasing.registered(again.home)
        done.append(name != "林宅")
    assert set(done) == {False, True}
