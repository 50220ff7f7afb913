"""A power cut or a full disk between two steps of a sync: the next sync ends what that one began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from butler_tui.desk import gate
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.errors import FileTrouble
from butler_tui.sealing import match_key
from butler_tui.store import handed_keys
from butler_tui.store.journal import migrate
from butler_tui.store.local import Store
from tests.conftest import Estate
from tests.serving import real_ms, sync
from tests.sync.test_pull import second

__all__ = ["second"]


@contextmanager
def cut_at(place: object, name: str) -> Iterator[None]:
    """Let a step fail as on a full disk for a block, in which something must fail of it."""

    def full(*_given: object, **_named: object) -> None:
        raise FileTrouble("The disk is full.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, full)
        with pytest.raises(FileTrouble):
            yield


def test_a_number_is_found_also_where_the_key_came_and_the_rest_of_that_step_did_not(
    enrolled: Estate, second: Store
) -> None:
    coming = enrolled.registration(reason=Reason.DOMESTIC_HELP, document_number="11010519491231002X", phone="137")
    gate.admit(enrolled.store, enrolled.sessions[Role.GUARD], coming, enrolled.policies, real_ms())
    sync(enrolled.store)
    sync(second)
    with migrate(second.connection):  # as if it had been pulled before its key
        second.connection.execute("UPDATE document_secret SET number_key = NULL")
    second.change_keys(replace(second.keys, months={}, handed="0" * 16))

    with cut_at(handed_keys, "apply"):
        sync(second)
    sync(second)

    (found,) = second.connection.execute("SELECT number_key FROM document_secret").fetchone()
    assert found == match_key(second.keys.match, "document", "11010519491231002X")
