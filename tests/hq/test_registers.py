"""Who is believed that records were erased, by an HQ that was restored or is told so."""

from __future__ import annotations

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import registers
from butler_tui.hq.greeting import greet
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.refusals import Refusal
from butler_tui.sync.protocol import ErasedAsk, HelloAsk
from tests.hq.authors import NOW, Author, MakeAuthor


def finds_it_restored(author: Author) -> str:
    """Say that another log of HQ was pulled, whether that is so or not; return the generation that HQ begins."""
    ask = HelloAsk(author.epoch, 0, 0, None, "f" * 36, 0, None, 0, 3, NOW, "1", 0)
    answer = author.engine.write(lambda rows: greet(rows, author.terminal, ask, NOW, Keyring(bytes(32)))).result()
    assert answer.fork is not None
    return answer.hq_gen


def tells(author: Author, hq_gen: str, home: Change) -> int:
    ask = ErasedAsk(author.epoch, hq_gen, (("household", home.record_id),))
    return author.engine.write(lambda rows: registers.take(rows, author.terminal, ask, NOW)).result()


@pytest.fixture
def boss(author_of: MakeAuthor) -> Author:
    return author_of()


@pytest.fixture
def home(boss: Author) -> Change:
    house = boss.change("house", room_code="V17", building="V17")
    made = boss.change("household", parent_id=house.record_id, house_id=house.record_id, name="林宅")
    boss.push(house, made)
    return made


def test_a_gate_that_alone_says_hq_was_restored_erases_nobody(
    author_of: MakeAuthor, boss: Author, home: Change
) -> None:
    gate, other = (author_of(TerminalKind.GATE, boss.terminal.estate_id) for _ in range(2))
    hq_gen = finds_it_restored(gate)
    with pytest.raises(Refusal):
        tells(gate, hq_gen, home)
    assert (boss.state(home) or {})["name"] == "林宅"

    assert tells(other, hq_gen, home) == 1
    assert "name" not in (boss.state(home) or {})


def test_nor_where_it_says_so_more_often_than_is_reported(author_of: MakeAuthor, boss: Author, home: Change) -> None:
    gate = author_of(TerminalKind.GATE, boss.terminal.estate_id)
    for __ in range(6):
        hq_gen = finds_it_restored(gate)
    with pytest.raises(Refusal):
        tells(gate, hq_gen, home)


def test_a_supervisors_terminal_is_believed_whoever_found_it(boss: Author, home: Change) -> None:
    assert tells(boss, finds_it_restored(boss), home) == 1
