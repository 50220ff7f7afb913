"""What somebody with a terminal's key, or with a line to HQ, may try beside what test_security.py goes through."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from backports import zstd

from butler_tui.sync.protocol import GetAsk, HaveAsk, PutAsk, compact_json, squeeze
from tests.hq.attackers import PICTURE, STEPS, Request, Scene, scene
from tests.serving import Hq, real_ms

_BAD = (400, "malformed")


@pytest.fixture(scope="module")
def there(attacked: Hq) -> Scene:
    """Return two estates at HQ, on either engine; every terminal has an epoch of its own there."""
    made = scene(attacked)
    house = made.supervisor.author.change("house", room_code="9-9-901", staff_id=made.staff)
    assert made.supervisor.push(house) == []
    opened = made.gate.author.change("audit", act="unmasked", at_ms=real_ms(), staff_id=made.guard)
    assert made.gate.push(opened) == []
    return made


def _swapped(there: Scene) -> Iterator[Request]:
    one, other = (
        there.supervisor.request("pull", there.body(there.supervisor, "pull") | {"pos": pos}) for pos in (0, 1)
    )
    yield replace(one, content=other.content)
    yield replace(other, headers=one.headers)
    hello = there.supervisor.request("hello", there.body(there.supervisor, "hello"))
    yield replace(hello, path=one.path)


def _by_another(there: Scene) -> Iterator[Request]:
    for step in STEPS[1:]:
        body = there.body(there.supervisor, step)
        yield there.gate.request(step, body, terminal_id=there.supervisor.terminal_id)
        yield there.supervisor.request(step, body, terminal_id=there.gate.terminal_id)


def _of_anothers_epoch(there: Scene) -> Iterator[Request]:
    theirs = there.gate.epoch
    for step in ("hello", "push"):
        yield there.supervisor.request(step, there.body(there.supervisor, step) | {"epoch": theirs}, epoch=theirs)


def _of_two_epochs(there: Scene) -> Iterator[Request]:
    for step in ("hello", "push", "pull", "compare", "pins"):
        yield there.supervisor.request(step, there.body(there.supervisor, step) | {"epoch": there.gate.epoch})


def _astray(there: Scene) -> Iterator[Request]:
    honest = there.supervisor.request("push", there.body(there.supervisor, "push"))
    estate = there.supervisor.estate_id
    for path in (f"{honest.path}/", f"//e/{estate}/push", f"/e//{estate}/push", f"/e/{estate}//push", f"/e/{estate}",
                 f"/e/{estate}/push;a=b", f"/E/{estate}/push", f"/e/{estate}/blob%2Fput", f"/e/x/../{estate}/push",
                 f"/e/{estate}/push%00", "/e/%2e%2e/push/x"):  # fmt: skip
        yield replace(honest, path=path)


def _elsewhere(there: Scene) -> Iterator[Request]:
    for estate in (
        there.supervisor.estate_id.upper(),
        "x" * 2000,
        "%00",
        "%ff%fe",
        "%E4%BA%91",
        "' OR 1=1 --".replace(" ", "%20"),
    ):
        yield there.supervisor.request("push", there.body(there.supervisor, "push"), estate_id=estate)


def _no_json(there: Scene) -> Iterator[Request]:
    text = json.dumps(there.body(there.supervisor, "pull"))
    raw, begun = text.encode(), text[:-1].encode()
    for content in (b"", b"[]", b"null", b'"text"', b"{", raw[:-1], raw + b"{}", b"\xff\xfe", b"\xef\xbb\xbf" + raw,
                    *(text.encode(one) for one in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
                    begun + b',"x":"\xed\xa0\x80"}', begun + b',"x":"\xc0\x80"}', begun + b',"x":"\xf5\x80\x80\x80"}',
                    b"[" * 4000, b'{"a":' * 700, b'{"a":[' + b"[" * 3900):  # fmt: skip
        yield there.supervisor.raw("pull", content)
    for more in ('"x":NaN', '"x":Infinity', '"x":-Infinity', '"x":1e999', '"x":1.0', '"x":-0.0', '"x":{"y":1,"y":1}',
                 '"pos":0', f'"epoch":"{there.supervisor.epoch}"'):  # fmt: skip
        yield there.supervisor.raw("pull", f"{text[:-1]},{more}}}".encode())
    for number in ("NaN", "1.0", "true", '"0"', f"{10**400}", "9" * 3900, "1" + "0" * 3900, "-1"):
        yield there.supervisor.raw("pull", text.replace('"pos": 0', f'"pos": {number}').encode())


def _badly_packed(there: Scene) -> Iterator[Request]:
    content = compact_json(there.body(there.supervisor, "pull") | {"x": "A" * 900})
    wide = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27}).compress(
        secrets.token_bytes(64), zstd.ZstdCompressor.FLUSH_BLOCK
    )
    for encoding in ("zstd", "deflate"):
        packed = squeeze(content, encoding)[0]
        for bad in (packed[:-4], packed + b"x", packed + packed, b"", content, packed[::-1]):
            yield there.supervisor.raw("pull", bad, encoding)
    yield there.supervisor.raw("pull", wide, "zstd")
    for encoding in ("gzip", "br", "zstd, zstd", "zstd;q=1", "ZSTD\t", "x" * 3000):
        yield there.supervisor.raw("pull", squeeze(content, "deflate")[0], encoding)


def _half_characters(there: Scene) -> Iterator[Request]:
    for step, name in (("enrol", "name"), ("enrol", "code"), ("hello", "version"), ("hello", "hq_gen"),
                       ("pull", "whole_after"), ("pull", "hq_gen"), ("push", "hq_gen"), ("pins", "sealed"),
                       ("blob/put", "chunk"), ("hello", "handed")):  # fmt: skip
        who = there.supervisor
        for text in ("\\ud800", "x\\udfffx", "x\\u0000"):
            content = compact_json(there.body(who, step) | {name: "@"}).replace(b'"@"', f'"{text}"'.encode())
            yield who.raw(step, content)


def _out_of_bounds(there: Scene) -> Iterator[Request]:
    number: Any
    sums: Any
    marks: Any
    who = there.supervisor
    hello, pull, compare = (there.body(who, step) for step in ("hello", "pull", "compare"))
    for number in (-1, 2**63, 10**30, 0.5, True, "1", [], {}):
        yield who.request("pull", pull | {"pos": number})
        yield who.request("pull", pull | {"whole_after": "", "whole_upto": number})
        yield who.request("hello", hello | {"waiting": number})
        yield who.request("hello", hello | {"acked": {"seq": number}})
        yield who.request("compare", compare | {"sums": [["house", "", 1, number]]})
        yield who.request("blob/get", GetAsk(there.hidden, 0).to_body() | {"number": number})
    for sums in (
        [["house", ""]],
        [["no table", "", 1, 1]],
        [["house", "2026-11-13", 1, 1]],
        [["house", "", 1, 1]] * 4001,
        {},
    ):
        yield who.request("compare", compare | {"sums": sums})
    for marks in ([[0, who.epoch]], [[1, "x"]], [[1, who.epoch]] * 65, [[]]):
        yield who.request("hello", hello | {"marks": marks})
    yield who.request("hello", hello | {"hole": [who.epoch, 1, 2, 3, 4]})
    yield who.request("blob/have", HaveAsk((there.shown,) * 51).to_body())
    yield who.request("blob/get", GetAsk("../../hq.key", 0).to_body())
    put = PutAsk(there.shown, 0, PICTURE).to_body()
    yield who.request("blob/put", put | {"sha256": put["chunk"][:43] + "="})
    yield who.request("blob/put", put | {"chunk": put["chunk"] + "\n"})
    yield who.request("pins", there.body(who, "pins") | {"sealed": "AAAA"})
    yield who.request("pins", there.body(who, "pins") | {"sealed": "A" * 4000})


def _bent_batches(there: Scene) -> Iterator[Request]:
    change: Any
    part: Any
    who = there.supervisor
    honest = there.body(who, "push")
    group = honest["groups"][0]
    for change in ({"first_seq": 0}, {"first_seq": 2**63}, {"groups": []}, {"groups": [group] * 2}, {"groups": [[]]},
                   {"groups": [{**group, "changes": group["changes"] * 201}]}, {"link_before": "A" * 44},
                   {"hq_gen": None}, {"seen_most": -1}):  # fmt: skip
        yield who.request("push", honest | change)
    for part in ({"table": "no table"}, {"table": "a" * 65}, {"record_id": "x"}, {"op": "drop"}, {"fields": {"a b": 1}},
                 {"fields": {"name": [1]}}, {"fields": {"name": 2**63}}, {"fields": {"name": True}}, {"salt": "x"},
                 {"fields": {f"f{number}": 1 for number in range(201)}}, {"resolves": ["x"]}, {"hlc": [2**48, 0]},
                 {"hlc": [1, 2**31]}, {"hlc": [-1, 0]}, {"fields": {"a": "A" * 140_000}}):  # fmt: skip
        bent = {**group, "changes": [{**group["changes"][0], **part}]}
        yield who.request("push", honest | {"groups": [bent]})


_REFUSED: dict[str, tuple[Callable[[Scene], Iterator[Request]], set[tuple[int, str]]]] = {
    "swapped": (_swapped, {(403, "not_signed")}),
    "by another": (_by_another, {(403, "not_signed")}),
    "of another's epoch": (_of_anothers_epoch, {(403, "foreign_epoch")}),
    "of two epochs": (_of_two_epochs, {_BAD}),
    "astray": (_astray, {(404, "not_found"), (403, "not_signed")}),
    "elsewhere": (_elsewhere, {(404, "no_estate"), (404, "not_found"), _BAD}),
    "no json": (_no_json, {_BAD}),
    "badly packed": (_badly_packed, {_BAD}),
    "half characters": (_half_characters, {_BAD}),
    "out of bounds": (_out_of_bounds, {_BAD}),
    "bent batches": (_bent_batches, {_BAD}),
}


@pytest.mark.parametrize("attack", _REFUSED)
def test_what_is_made_up_is_refused_and_no_row_moves(there: Scene, attack: str) -> None:
    made_up, expected = _REFUSED[attack]
    requests = list(made_up(there))
    before = there.sum_up()
    answers = [(there.line.send(request), request) for request in requests]
    wrong = [(status, body, one) for (status, body), one in answers if (status, body.get("code")) not in expected]
    assert wrong == []
    assert there.sum_up() == before
    assert not there.line.hq.folder.log.exists(), there.line.hq.folder.log.read_text()
