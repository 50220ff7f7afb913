"""One restoration of HQ is one new generation, for however many terminals, whatever its clock showed before."""

from __future__ import annotations

import pytest

from butler_tui.domain.retention import DAY_MS
from butler_tui.hq.greeting import greet
from butler_tui.hq.keyring import Keyring
from butler_tui.ids import id_text, new_id
from butler_tui.sync.protocol import HelloAsk
from tests.hq.authors import NOW, Author, MakeAuthor

AHEAD = NOW + 3650 * DAY_MS


def says(author: Author, hq_gen: str) -> str:
    """Let a terminal that pulled the log of `hq_gen` say hello; return the generation that HQ answers with."""
    ask = HelloAsk(author.epoch, 0, 0, None, hq_gen, 0, None, 0, 3, NOW, "1", 0)
    answer = author.engine.write(lambda rows: greet(rows, author.terminal, ask, NOW, Keyring(bytes(32)))).result()
    return answer.hq_gen


@pytest.mark.parametrize("before", [True, False])
def test_a_generation_begun_while_the_clock_was_ahead_makes_no_more_than_one_of_the_next(
    author_of: MakeAuthor, before: bool
) -> None:
    terminals = [author_of()]
    estate_id = terminals[0].terminal.estate_id
    terminals += [author_of(estate_id=estate_id) for _ in range(3)]
    pulled = id_text(new_id(AHEAD))
    if not before:  # HQ was put back to before that one, or it was HQ's own until it was put back behind its back
        terminals[0].engine.write(
            lambda rows: rows.begin_generation(estate_id, id_text(new_id(AHEAD + 1)), NOW)
        ).result()

    told = {says(one, pulled) for one in terminals}
    assert len(told) == 1
    assert {says(one, next(iter(told))) for one in terminals} == told
