"""Each way in which a request can be wrong, on each thing that HQ can be asked: refused in a word, and no row moves.

Issue 4, proof: replayed, altered, expired, foreign-estate, revoked, wrong-role and oversized requests have no effect.
What may change all the same is named: a nonce that was used, and the count of wrong one-time codes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import terminals
from butler_tui.hq.enrolment import LIFETIME_MS
from butler_tui.ids import id_text
from butler_tui.sync.protocol import (
    MOST_ASK,
    MOST_BODY,
    MOST_CHUNK,
    WINDOW_MS,
    compact_json,
    squeeze,
)
from tests.hq.attackers import STEPS, Request, Scene, Terminal, scene
from tests.serving import Hq, real_ms

Fault = Callable[[Scene, str], Iterator[Request]]
"""Yields the wrong requests of a step, after whatever has to be done before."""
_LONG = {"push": MOST_BODY, "compare": MOST_BODY, "pins": MOST_BODY, "blob/put": MOST_CHUNK}


@pytest.fixture(scope="module")
def there(attacked: Hq) -> Scene:
    """Return two estates at HQ, on either engine."""
    return scene(attacked)


def _replayed(there: Scene, step: str) -> Iterator[Request]:
    honest = _honest(there, there.supervisor, step)
    first = there.line.send(honest)
    assert first[0] == 200, first
    yield honest
    yield honest.with_headers(content_type="application/json")


def _altered(there: Scene, step: str) -> Iterator[Request]:
    honest = _honest(there, there.supervisor, step)
    at = len(honest.content) // 2
    bent = bytes([honest.content[at] ^ 1])
    altered = [
        replace(honest, content=honest.content[:at] + bent + honest.content[at + 1 :]),
        replace(honest, content=honest.content + b" "),
        honest.with_headers(butler_time=str(int(honest.headers["butler-time"]) - 1)),
        honest.with_headers(butler_nonce=secrets.token_hex(8)),
        honest.with_headers(butler_epoch=there.gate.epoch),
        honest.with_headers(butler_signature=_honest(there, there.supervisor, step).headers["butler-signature"]),
        replace(honest, path=f"{honest.path}?more=1"),
        replace(honest, path=honest.path[:-1] + f"%{ord(honest.path[-1]):x}"),
    ]
    if step == "enrol":  # half a body of it is no enrolment: what is handed over is altered whole
        altered[0] = replace(honest, content=honest.content.replace(b'"name":"forged"', b'"name":"forger"'))
    else:
        altered.append(honest.with_headers(butler_terminal=there.gate.terminal_id))
    yield from altered


def _expired(there: Scene, step: str) -> Iterator[Request]:
    if step == "enrol":
        one = replace(there.supervisor, private=os.urandom(32))
        yield one.request("enrol", one.enrolling(one.code(real_ms() - LIFETIME_MS - 1000)))
        return
    for off in (-WINDOW_MS - 1000, WINDOW_MS + 60_000):
        yield _honest(there, there.supervisor, step, time_ms=real_ms() + off)


def _foreign(there: Scene, step: str) -> Iterator[Request]:
    theirs = _honest(there, there.stranger, step, estate_id=there.supervisor.estate_id)
    mine = _honest(there, there.supervisor, step, estate_id=there.stranger.estate_id)
    yield theirs
    yield mine


def _nowhere(there: Scene, step: str) -> Iterator[Request]:
    yield _honest(there, there.supervisor, step, estate_id=id_text(bytes(16)))


def _revoked(there: Scene, step: str) -> Iterator[Request]:
    if step == "enrol":
        one = Terminal(there.line, there.supervisor.estate_id, TerminalKind.GATE)
        code = one.code()
        one.enrol(code)
        terminals.revoke(there.line.hq.folder, one.estate_id, one.terminal_id, real_ms())
        yield one.request("enrol", one.enrolling(code))
        return
    yield _honest(there, there.revoked, step)


def _oversized(there: Scene, step: str) -> Iterator[Request]:
    content = secrets.token_bytes(_LONG.get(step, MOST_ASK) + 1)
    yield there.supervisor.raw(step, content)
    yield there.supervisor.raw(step, content * 4, "zstd")


def _bursting(there: Scene, step: str) -> Iterator[Request]:
    body = compact_json({**there.body(there.supervisor, step), "beside": "A" * 9 * 1024 * 1024})
    for encoding in ("zstd", "deflate"):
        content = squeeze(body, encoding)[0]
        if len(content) <= _LONG.get(step, MOST_ASK):
            yield there.supervisor.raw(step, content, encoding)


def _unsigned(there: Scene, step: str) -> Iterator[Request]:
    honest = _honest(there, there.supervisor, step)
    yield replace(honest, headers={})
    for name in ("butler-time", "butler-nonce", "butler-epoch", "butler-signature"):
        yield replace(honest, headers={one: honest.headers[one] for one in honest.headers if one != name})


def _honest(there: Scene, who: Terminal, step: str, **changes: Any) -> Request:
    """Return the request that HQ would take, but for these changes."""
    if step != "enrol":
        return who.request(step, there.body(who, step), **changes)
    one = replace(who, private=os.urandom(32))
    return one.request(step, one.enrolling(who.code()), terminal_id="", **changes)


_FAULTS: dict[str, tuple[Fault, tuple[int, str], dict[str, tuple[int, str]]]] = {
    "replayed": (_replayed, (409, "replay"), {"enrol": (200, "")}),
    "altered": (_altered, (403, "not_signed"), {}),
    "unsigned": (_unsigned, (401, "not_signed"), {}),
    "expired": (_expired, (401, "wrong_time"), {"enrol": (403, "code_expired")}),
    "foreign": (_foreign, (403, "unknown_terminal"), {"enrol": (403, "wrong_code")}),
    "nowhere": (_nowhere, (404, "no_estate"), {}),
    "revoked": (_revoked, (403, "revoked"), {"enrol": (403, "code_used")}),
    "oversized": (_oversized, (413, "too_large"), {}),
    "bursting": (_bursting, (400, "malformed"), {}),
}
"""What is wrong, the answer to it, and where enrolling, which has no terminal yet, is answered another one."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", _FAULTS)
def test_what_is_wrong_is_refused_in_a_word_and_no_row_moves(there: Scene, fault: str, step: str) -> None:
    send, usual, others = _FAULTS[fault]
    expected = others.get(step, usual)
    requests = list(send(there, step))
    before = there.sum_up(but={"estate.wrong_codes"})
    answers = [there.line.send(request) for request in requests]
    assert [(status, body.get("code", "")) for status, body in answers] == [expected] * len(requests)
    assert there.sum_up(but={"estate.wrong_codes"}) == before
    assert not there.line.hq.folder.log.exists(), "nobody foresaw it"
