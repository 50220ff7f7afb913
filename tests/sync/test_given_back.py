"""What a restored HQ lacks beside records, terminals give back: months' keys that seal something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_tui.domain.changes import Value
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.keys import read_hq_keys
from butler_tui.ids import id_text, new_id
from butler_tui.store.journal import record
from butler_tui.store.month_keys import month_key_for
from butler_tui.store.written import Written
from tests.model.real_world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def sealed_with(world: World, booth: int) -> tuple[bytes, bytes]:
    """Keep a number at a terminal, sealed with the present month's key; return the key and its id."""
    store = world.booths[booth].store
    key_id, key = month_key_for(store, "2026-11", world.now)
    number: dict[str, Value] = {"visit_id": new_id(world.now), "month_key_id": key_id, "sealed": b"sealed"}
    record(store, [Written("document_secret", new_id(world.now), number)], staff_id=None, now_ms=world.now)
    return key_id, key


def at_hq(world: World, key_id: bytes) -> bytes | None:
    keyring = Keyring(read_hq_keys(world.hq.folder.keys).box)
    return world.hq.engine.read(lambda rows: keyring.month_key(rows, world.estate_id, id_text(key_id)))


def lose_keys(world: World) -> None:
    world.hq.engine._writer.execute("DELETE FROM estate_secret WHERE kind = 'month'")  # type: ignore[attr-defined]


def test_a_months_key_that_a_restored_hq_lacks_is_given_back_and_handed_out_again(world: World) -> None:
    world.do(("snap",))
    key_id, key = sealed_with(world, 1)
    for step in (("write", 1, (1, 0, 0)), ("sync", 1), ("back",)):
        world.do(step)
    lose_keys(world)
    world.do(("sync", 0))  # has sealed nothing with it: HQ makes another for the month
    assert at_hq(world, key_id) is None
    world.do(("sync", 1))

    assert at_hq(world, key_id) == key
    for booth in (2, 1, 0):
        world.do(("sync", booth))
        store = world.booths[booth].store
        store.refresh_keys()
        assert store.keys.months[key_id.hex()] == key
        assert key_id.hex() not in store.keys.by_hq  # what is new is sealed with the one that HQ made since
        assert month_key_for(store, "2026-11", world.now)[0] != key_id


def test_an_hq_that_was_never_restored_has_forgotten_them_and_takes_none(world: World) -> None:
    key_id, _key = sealed_with(world, 1)
    lose_keys(world)
    world.do(("sync", 1))
    assert at_hq(world, key_id) is None
