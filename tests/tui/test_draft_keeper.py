"""The keeper of drafts: the newest state wins, a refusal is told and made up for, and its end is not for ever."""

from __future__ import annotations

import pytest

from butler_tui.errors import FileTrouble
from butler_tui.ids import new_id
from butler_tui.store import drafts
from butler_tui.store.drafts import GATE, Draft
from butler_tui.store.local import Store
from butler_tui.tui.draft_keeper import DraftKeeper
from butler_tui.words import N_
from tests.conftest import Estate


@pytest.fixture
def keeper(estate: Estate) -> DraftKeeper:
    return DraftKeeper(estate.store)


def draft(body: str, draft_id: bytes) -> Draft:
    return Draft(draft_id, new_id(1), GATE, body, parked=False, changed_ms=1)


def kept(estate: Estate) -> dict[bytes, str]:
    return dict(estate.store.connection.execute("SELECT draft_id, body FROM draft").fetchall())


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object) -> None:
        raise FileTrouble(N_("The file {file} cannot be used."), file="x")

    monkeypatch.setattr(drafts, "keep", refused)
    monkeypatch.setattr(drafts, "drop", refused)


def test_what_the_disk_refused_goes_with_the_next_change(
    keeper: DraftKeeper, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = new_id(1), new_id(2)
    with monkeypatch.context() as broken:
        refuse(broken)
        keeper.keep(draft("eins", one))
        keeper.flush()
        assert keeper.trouble is not None
    keeper.keep(draft("zwei", two))
    keeper.flush()

    assert kept(estate) == {one: "eins", two: "zwei"}
    assert keeper.trouble is None
    keeper.close()


def test_an_emptied_form_does_not_come_back_after_a_refusal(
    keeper: DraftKeeper, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = new_id(1), new_id(2)
    with monkeypatch.context() as broken:
        refuse(broken)
        keeper.keep(draft("old", one))
        keeper.flush()
    keeper.drop(one)
    keeper.flush()
    keeper.keep(draft("zwei", two))
    keeper.flush()

    assert kept(estate) == {two: "zwei"}
    keeper.close()


def test_what_is_parked_is_not_written_over(
    keeper: DraftKeeper, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = new_id(1), new_id(2)
    with monkeypatch.context() as broken:
        refuse(broken)
        keeper.keep(draft("old", one))
        keeper.flush()
    drafts.keep(estate.store.connection, draft("parked", one))
    keeper.forget(one)
    keeper.keep(draft("zwei", two))
    keeper.flush()

    assert kept(estate) == {one: "parked", two: "zwei"}
    keeper.close()


def test_a_keeper_that_could_not_open_the_file_says_so_and_begins_anew(
    keeper: DraftKeeper, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: Store) -> Store:
        raise OSError("too many open files")

    one, two = new_id(1), new_id(2)
    with monkeypatch.context() as closed:
        closed.setattr(Store, "again", broken)
        keeper.keep(draft("eins", one))
        keeper.flush()
        assert keeper.trouble is not None
    keeper.keep(draft("zwei", two))
    keeper.flush()

    assert kept(estate) == {one: "eins", two: "zwei"}
    keeper.close()
