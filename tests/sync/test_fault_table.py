"""The faults of HQ and of the way to it: exit code, sentence, nothing lost, nothing twice.

Each is met by the real `butler sync` (under `make soak` in Chinese too) and is gone afterwards; then one more sync
brings everything.
The reply that is lost after HQ's commit, and kills on either side, are in tests/journeys/test_sync_killed.py.
"""

from __future__ import annotations

import json
import struct
from email.utils import formatdate
from itertools import chain, repeat
from socket import SO_LINGER, SOL_SOCKET, socket
from threading import Event
from typing import NamedTuple

import pytest
from backports import zstd

from butler_tui.sync.wire import MOST_OPENED
from tests.conftest import Estate
from tests.serving import Hq, real_ms, sync
from tests.sync.booths import Booth
from tests.sync.faults import (
    Asked,
    StandIn,
    another_authority,
    bare,
    front,
    nobody,
    run_out,
    unknown_name,
)

UNREACHABLE, REFUSED = "unreachable", "refused"


class Fault(NamedTuple):
    """One fault, and what a person and a script are told of it; `patience` shortens each wait to so many seconds."""

    name: str
    stand_in: StandIn
    exit_code: int
    hq: str
    english: str
    chinese: str
    patience: float | None = None


def out_of_reach(name: str, stand_in: StandIn, english: str, chinese: str, patience: float | None = None) -> Fault:
    """Return a fault that passes: exit code 75."""
    sentence = f"HQ is out of reach ({english}). Nothing is lost: what was saved here goes there later."
    in_chinese = f"总部未连通（{chinese}）。数据没有丢失，已保存在本机，稍后自动上传。"
    return Fault(name, stand_in, 75, UNREACHABLE, sentence, in_chinese, patience)


def portal(name: str, stand_in: StandIn) -> Fault:
    """Return a fault in which somebody else answers."""
    return out_of_reach(name, stand_in, "something else answers in its place", "应答的不是总部")


def broken(name: str, stand_in: StandIn) -> Fault:
    """Return a fault in which the connection ends."""
    return out_of_reach(name, stand_in, "the connection broke", "连接中断")


def too_slow(name: str, stand_in: StandIn) -> Fault:
    """Return a fault in which no answer comes to an end."""
    return out_of_reach(name, stand_in, "it does not answer in time", "总部应答超时", 1.0)


def no_trust(name: str, stand_in: StandIn) -> Fault:
    """Return a fault in which the terminal says nothing to what answers."""
    english = "What answers at {url} is not the HQ that this terminal trusts. Nothing was sent, nothing is lost. "
    english += "Ask HQ whether its address or its authority has changed."
    chinese = "{url} 应答的不是本机信任的总部。未发送任何数据，数据没有丢失。请向总部核实地址或证书是否已变更。"
    return Fault(name, stand_in, 78, REFUSED, english, chinese)


def not_accepted(name: str, status: str, code: str, english: str, chinese: str) -> Fault:
    """Return a fault in which HQ knows better than to take anything from this terminal."""
    sentence = f"HQ does not accept this terminal: {english}. Nothing is lost. "
    sentence += "Ask HQ for a new code and enrol this terminal again."
    in_chinese = f"总部不接受本机（{chinese}）。数据没有丢失。请向总部索取新的接入码，重新接入。"
    return Fault(name, says(status, {"code": code}), 78, REFUSED, sentence, in_chinese)


def busy(name: str, status: str, body: bytes, *headers: str, wait: tuple[str, str] | None) -> Fault:
    """Return a fault in which HQ, or what stands before it, has too much to do."""
    english, chinese = "HQ is busy. Nothing is lost: try again a little later.", "总部正忙。数据没有丢失，请稍后再试。"
    if wait:
        english = f"HQ is busy, and asks to be left alone for {wait[0]}. Nothing is lost."
        chinese = f"总部正忙，请在{wait[1]}后再试。数据没有丢失。"
    return Fault(name, says(status, body, *headers), 75, UNREACHABLE, english, chinese)


def not_taken(name: str, status: str, code: str) -> Fault:
    """Return a fault in which HQ takes no batch, for a reason that is HQ's to look into."""
    english = f"HQ did not take what was sent ({code}). Nothing is lost: it stays on this terminal. Tell HQ about it."
    chinese = f"总部未接收本次上传（{code}）。数据没有丢失，保留在本机。请告知总部。"
    return Fault(name, to_a_push(status, {"code": code}), 1, REFUSED, english, chinese)


def says(status: str, body: object, *headers: str) -> StandIn:
    """Answer everything alike."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return front(lambda asked: asked.say(status, content, *headers))


def to_a_push(status: str, body: object, *headers: str) -> StandIn:
    """Answer a push so; HQ itself answers the rest."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(asked: Asked) -> None:
        if asked.path.endswith("/push"):
            asked.say(status, content, *headers)
        asked.pass_on()

    return front(answer)


def sends(*pieces: bytes, again: int = 1, pause_s: float = 0.0) -> StandIn:
    """Answer by bytes that may be no HTTP, the last piece as often as said, then close."""

    def answer(asked: Asked) -> None:
        for piece in chain(pieces[:-1], repeat(pieces[-1], again)):
            asked.stream.sendall(piece)
            if asked.over.wait(pause_s):
                break
        raise ConnectionAbortedError

    return front(answer)


def _reset(client: socket, _over: Event) -> None:
    client.recv(100)
    client.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))


def _hang(client: socket, over: Event) -> None:
    over.wait(30)


def _keep_waiting(asked: Asked) -> None:
    asked.over.wait(30)


def _hang_up_in_the_handshake(client: socket, _over: Event) -> None:
    client.recv(100)
    client.sendall(b"\x16\x03\x03\x00\x7a\x02\x00")


HTML = b"<html>Welcome to the hotel</html>"
OK = "HTTP/1.1 200 OK\r\n"
_HELLO = {
    "last_seq": 0,
    "pos": 0,
    "durable_pos": 0,
    "server_time": real_ms(),
    "min_schema": 1,
    "scope_gen": 0,
    "scope": "gate",
}
_BOMB = zstd.compress(b'{"a":"' + b"a" * (MOST_OPENED + 1) + b'"}')
_NEVER = 10**9

FAULTS = [
    out_of_reach("nobody listens", nobody, "nobody answers at its address", "总部地址无应答"),
    out_of_reach("unknown name", unknown_name, "its name is not known here", "找不到总部的域名"),
    too_slow("accepts and says nothing", bare(_hang)),
    too_slow("trusted, then says nothing", front(_keep_waiting)),
    too_slow("drips its head", sends(OK.encode(), b"X-Drop: 1\r\n", again=_NEVER, pause_s=0.3)),
    too_slow("drips its body", sends(f"{OK}Content-Length: 900\r\n\r\n".encode(), b" ", again=_NEVER, pause_s=0.3)),
    too_slow("says that it will, for ever", sends(b"HTTP/1.1 100 Continue\r\n\r\n", again=_NEVER, pause_s=0.01)),
    broken("reset in the handshake", bare(_reset)),
    broken("cut in the handshake", bare(_hang_up_in_the_handshake)),
    broken("closes without a word", sends(b"")),
    broken("cut in the body", sends(f"{OK}Content-Length: 400\r\n\r\n".encode() + b'{"hq_gen":')),
    broken("a head without end", sends(OK.encode(), b"X-More: 1\r\n", again=500)),
    broken("chunks that are none", sends(OK.encode() + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n")),
    no_trust("another authority", another_authority),
    no_trust("another host's certificate", front(Asked.pass_on, host="127.0.0.2")),
    Fault(
        *("certificate has run out", run_out, 78, REFUSED),
        "HQ's certificate has run out. Nothing is lost. HQ renews it when `butler hq serve` is started again.",
        "总部证书已过期。数据没有丢失。总部重新启动 `butler hq serve` 后会自动更新证书。",
    ),
    portal("html without TLS", bare(lambda client, _over: client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + HTML))),
    portal("cut in the head", sends(OK.encode() + b"Content-Le")),
    portal("not http", sends(b"SSH-2.0-OpenSSH_9.2\r\n")),
    portal("html with 200", says("200 OK", HTML, "Content-Type: text/html")),
    portal("html with 200 to a push", to_a_push("200 OK", HTML, "Content-Type: text/html")),
    portal("moved to a portal", says("301 Moved Permanently", HTML, "Location: https://login.example/")),
    portal("a proxy's error", says("502 Bad Gateway", HTML)),
    portal("json of somebody else", says("200 OK", {"ok": True})),
    portal("json of somebody else to a push", to_a_push("200 OK", {"ok": True})),
    portal("a list", says("200 OK", [])),
    portal("numbers that are none", says("200 OK", b'{"hq_gen":"g","last_seq":NaN}')),
    portal("nested without end", says("200 OK", b'{"a":' * 100_000)),
    portal("nothing", says("200 OK", b"")),
    portal("truncated zstd", says("200 OK", zstd.compress(b'{"ok":1}' * 99)[:-9], "Content-Encoding: zstd")),
    portal("zstd that opens without end", says("200 OK", _BOMB, "Content-Encoding: zstd")),
    portal("no path of HQ", says("404 Not Found", {"code": "not_found"})),
    portal("gigabytes", sends(f"{OK}Content-Length: 8000000000000\r\n\r\n".encode(), b" " * 2**20, again=_NEVER)),
    out_of_reach(
        *("an error of its own", says("500 Oh", {"code": "failed"})), "it met an error of its own", "总部自身出错"
    ),
    out_of_reach(
        *("401, whatever the time", says("401 No", {"code": "wrong_time", "server_time": 1_000_000_000_000})),
        *("it keeps another time", "双方时间不一致"),
    ),
    out_of_reach(
        *("401 without a time", says("401 No", {"code": "wrong_time"})), "it keeps another time", "双方时间不一致"
    ),
    not_accepted("401 not signed", "401 No", "not_signed", "its signature does not fit", "签名不符"),
    not_accepted("403 revoked", "403 No", "revoked", "it was revoked there", "已被总部停用"),
    not_accepted("403 unknown", "403 No", "unknown_terminal", "it is not known there", "总部没有本机的登记"),
    Fault(
        *("404 no estate", says("404 No", {"code": "no_estate"}), 78, REFUSED),
        "HQ does not know this estate. Check the address that was given to enrol.",
        "总部没有这个项目，请核对接入时输入的地址。",
    ),
    out_of_reach(
        *("409 replay", says("409 No", {"code": "replay"})),
        *("it takes every request for one sent before", "总部把每次请求都当作重复请求"),
    ),
    out_of_reach(
        *("409 out of order", to_a_push("409 No", {"code": "out_of_order", "last_seq": 0})),
        *("it does not agree on where we stand", "双方的上传进度不一致"),
    ),
    out_of_reach(
        *("409 hello again", to_a_push("409 No", {"code": "hello_again"})),
        *("it does not agree on where we stand", "双方的上传进度不一致"),
    ),
    portal("another generation, and no fork", says("200 OK", {**_HELLO, "hq_gen": "another"})),
    not_taken("400 malformed", "400 No", "malformed"),
    not_taken("400 chain", "400 No", "chain"),
    not_taken("403 foreign epoch", "403 No", "foreign_epoch"),
    Fault(
        *("413, however small", to_a_push("413 Too Large", HTML), 1, REFUSED),
        "One entry is too large for HQ. It stays on this terminal: tell HQ about it.",
        "有一条记录过大，总部无法接收。该记录保留在本机，请告知总部。",
    ),
    busy("429", "429 Slow", b'{"code":"busy"}', wait=None),
    busy("429 with seconds", "429 Slow", b'{"code":"busy"}', "Retry-After: 45", wait=("45 s", "45秒")),
    busy("503 with html", "503 Busy", HTML, "Retry-After: 420", wait=("7 min", "7分钟")),
    busy("503 beyond reason", "503 Busy", b"{}", "Retry-After: 99999999", wait=("15 min", "15分钟")),
    busy(
        *("503 with a moment", "503 Busy", HTML),
        *(f"Date: {formatdate(1e9, usegmt=True)}", f"Retry-After: {formatdate(1e9 + 60, usegmt=True)}"),
        wait=("60 s", "60秒"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.soak)])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_a_sentence_loses_nothing_and_doubles_nothing(
    fault: Fault, lang: str, hq: Hq, enrolled: Estate
) -> None:
    booth = Booth(hq, enrolled)
    waiting = booth.waiting()
    assert waiting > 0
    with fault.stand_in(hq) as url:
        booth.sends_to(url)
        ended = booth.sync("--json", lang=lang, patience=fault.patience)
        sentence = fault.english if lang == "en" else fault.chinese
        assert (ended.returncode, ended.stderr.strip()) == (fault.exit_code, sentence.format(url=url))
        told = json.loads(ended.stdout)
        assert (told["pushed"], told["waiting"], told["hq"]) == (0, waiting, fault.hq)
    status = booth.status()
    assert (status["waiting"], status["last_sync"], status["hq"]) == (waiting, None, fault.hq)

    booth.sends_to(hq.url)
    assert sync(enrolled.store).waiting == 0
    booth.is_whole()
