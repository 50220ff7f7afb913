"""What one work reads of HQ is of one moment, on either engine: a page and where the log ends must not differ."""

from __future__ import annotations

from butler_tui.hq.engines import Reading
from tests.hq.authors import Author


def test_what_is_committed_meanwhile_is_not_seen(author: Author) -> None:
    estate_id = author.terminal.estate_id

    def looked(rows: Reading) -> tuple[int, int]:
        before = rows.position(estate_id).next_pos
        author.push(author.change("gate", name="东门"))
        return before, rows.position(estate_id).next_pos

    assert author.engine.read(looked) == (1, 1)
    assert author.engine.read(lambda rows: rows.position(estate_id)).next_pos == 2
