"""What a one-time code gives, and to whom, and how long."""

from __future__ import annotations

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import enrolment
from butler_tui.hq.enrolment import LIFETIME_MS
from butler_tui.hq.refusals import Refusal
from butler_tui.sync.protocol import EnrolAnswer, EnrolAsk
from tests.hq.authors import NOW, Author


def _enrol(author: Author, code: str, key: bytes, now_ms: int) -> EnrolAnswer | Refusal:
    ask = EnrolAsk(code, "岗亭", key, key, "1")
    estate_id = author.terminal.estate_id
    return author.engine.write(lambda rows: enrolment.enrol(rows, estate_id, ask, bytes(32), now_ms)).result()


def _code(author: Author) -> str:
    estate_id = author.terminal.estate_id
    return author.engine.write(lambda rows: enrolment.new_code(rows, estate_id, TerminalKind.GATE, NOW)).result()


def test_the_same_terminal_may_ask_again_only_as_long_as_the_code_holds(author: Author) -> None:
    code, key = _code(author), b"k" * 32
    first = _enrol(author, code, key, NOW)
    again = _enrol(author, code, key, NOW + LIFETIME_MS)
    assert isinstance(first, EnrolAnswer)
    assert isinstance(again, EnrolAnswer)
    assert again.terminal_id == first.terminal_id
    late = _enrol(author, code, key, NOW + LIFETIME_MS + 1)
    assert isinstance(late, Refusal)
    assert late.code == "code_expired"
