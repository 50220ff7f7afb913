"""Requests that are wrong on the line itself, bodies that never end, and files of a stick that were tampered with."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from butler_tui.errors import FileTrouble, RuleBroken, SetUpWrong
from butler_tui.hq import admin, authority, requests
from butler_tui.hq.app import application
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.by_file import import_file
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.keys import read_hq_keys
from butler_tui.hq.routes import Hall
from butler_tui.sealing import public_box_key
from butler_tui.sync.protocol import MOST_BODY, MOST_OPENED, TO_HQ, TO_TERMINAL, HelloAsk, new_head, write_stick
from butler_tui.sync.transport import trusting
from tests.hq.attackers import Request, Scene, Terminal, scene
from tests.serving import Hq, real_ms


@pytest.fixture(scope="module")
def there(attacked: Hq) -> Scene:
    """Return two estates at HQ, on either engine."""
    return scene(attacked)


def _spoken(there: Scene, content: bytes, *parts: bytes) -> tuple[int, str]:
    """Return status and code of what HQ answers to these very bytes."""
    trust = trusting(authority.authority_pem(there.line.hq.folder))
    with socket.create_connection(("127.0.0.1", there.line.hq.port), 10) as plain:
        line = trust.wrap_socket(plain, server_hostname="127.0.0.1")
        line.sendall(b"".join(parts) + b"\r\n" + content)
        with closing(line.makefile("rb")) as answer:
            status = int((answer.readline().split() or [b"0", b"0"])[1])
            length = 0
            while header := answer.readline().strip().lower():
                length = int(header.partition(b":")[2]) if header.startswith(b"content-length:") else length
            told = answer.read(length)
    return status, json.loads(told)["code"] if told.startswith(b'{"code"') else ""


def _head(request: Request, *more: str, without: str = "") -> bytes:
    headers = {"host": "hq", "content-length": str(len(request.content)), **request.headers}
    lines = [f"{name}: {value}" for name, value in headers.items() if name != without]
    return "\r\n".join((f"POST {request.path} HTTP/1.1", *lines, *more, "")).encode()


def _chunks(content: bytes, size: int = 1000) -> bytes:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in [*pieces, b""])


def test_a_header_that_stands_twice_is_believed_neither_way(there: Scene) -> None:
    honest = there.supervisor.request("push", there.body(there.supervisor, "push"))
    before = there.sum_up()
    for name in ("terminal", "time", "nonce", "epoch", "signature"):
        twice = f"Butler-{name.title()}: {honest.headers[f'butler-{name}']}"
        other = f"butler-{name}: {there.gate.request('push', {}).headers[f'butler-{name}']}"
        assert _spoken(there, honest.content, _head(honest, twice)) == (401, "not_signed")
        assert _spoken(there, honest.content, _head(honest, other)) == (401, "not_signed")
    for more in ("content-encoding: zstd", "content-encoding: identity\r\ncontent-encoding: zstd"):
        assert _spoken(there, honest.content, _head(honest, more))[0] in (400, 401)
    for value in ("١٢٣", "+1", "1 2", "", "9" * 30, "\xb2"):
        bent = honest.with_headers(butler_time=value)
        assert _spoken(there, bent.content, _head(bent))[0] in (400, 401)
    assert there.sum_up() == before


def test_a_body_in_pieces_counts_as_one_and_its_bounds_hold(there: Scene) -> None:
    honest = there.supervisor.request("pull", there.body(there.supervisor, "pull"))
    chunked = _head(honest, "transfer-encoding: chunked", without="content-length")
    assert _spoken(there, _chunks(honest.content, 7), chunked)[0] == 200
    long = there.supervisor.raw("push", b"x" * (MOST_BODY + 1))
    before = there.sum_up()
    for size in (1000, MOST_BODY):
        head = _head(long, "transfer-encoding: chunked", without="content-length")
        assert _spoken(there, _chunks(long.content, size), head) == (413, "too_large")
    fresh = there.supervisor.request("push", there.body(there.supervisor, "push"))
    for wrong in (b"content-length: 5\r\n", b"transfer-encoding: chunked\r\n", b"content-length: -1\r\n"):
        assert _spoken(there, fresh.content, _head(fresh), wrong)[0] in (400, 401, 403)
    none = _head(fresh, without="content-length")
    assert _spoken(there, b"", none) == (403, "not_signed")
    assert there.sum_up() == before


def test_a_body_that_only_drips_in_is_let_go_in_time(there: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_LONGEST_S", 0.05)
    said: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        said.append(message)

    unserved: Any = SimpleNamespace(engine=None, heard=set())
    path = f"/e/{there.supervisor.estate_id}/push"
    asyncio.run(application(unserved, Path("/nowhere"))(_scope(path), receive, send))
    assert (said[0]["status"], said[1]["body"]) == (408, b'{"code":"too_slow"}')


class Piece(bytes):
    """A piece of a body that counts those which nobody holds any more."""

    gone = 0

    def __del__(self) -> None:
        Piece.gone += 1


@pytest.mark.parametrize("kept", [False, True])
def test_a_strangers_body_is_kept_by_nobody(there: Scene, kept: bool) -> None:
    known = there.supervisor.raw("push", b"x" * 40_000)
    asked = known if kept else known.with_headers(butler_terminal=there.stranger.terminal_id)
    held: list[int] = []
    Piece.gone = 0

    async def receive() -> dict[str, Any]:
        held.append(len(held) - Piece.gone)
        return {"type": "http.request", "body": Piece(b"x" * 1000), "more_body": len(held) < 40}

    async def send(_message: Any) -> None: ...

    headers = [(name.encode(), value.encode()) for name, value in asked.headers.items()]
    with admin.opened(there.line.hq.folder) as (engine, keys):
        hall = Hall(engine, b"", "", real_ms, Keyring(keys.box), Blobs(Path("/nowhere"), keys.box))
        asyncio.run(application(hall, Path("/nowhere"))(_scope(asked.path, headers), receive, send))
    assert len(held) == 40
    assert (max(held) > 30) is kept


def _scope(path: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> dict[str, Any]:
    line = {"method": "POST", "scheme": "https", "root_path": "", "path": path, "raw_path": path.encode()}
    return {"type": "http", **line, "query_string": b"", "headers": list(headers)}


def _stick(there: Scene, file: Path, who: Terminal, *bodies: Mapping[str, Any], **changes: Any) -> Path:
    head = replace(new_head(who.estate_id, who.terminal_id, TO_HQ, real_ms()), **changes)
    hello = HelloAsk(who.epoch, 0, 0, None, None, 0, None, 0, 1, real_ms(), "1\u202e\x1b]0;x\x07", 0).to_body()
    public = public_box_key(read_hq_keys(there.line.hq.folder.keys).box)
    write_stick(file, head, who.box, public, [hello, *bodies])
    return file


def _two_batches(there: Scene, who: Terminal) -> list[dict[str, Any]]:
    """Return two batches that HQ would take."""
    copy = replace(who.author)
    houses = [copy.change("house", room_code=f"1-1-{number}", staff_id=there.staff) for number in range(2)]
    return [who.batch(house, author=copy) for house in houses]


def _altered(there: Scene, file: Path) -> Iterator[bytes]:
    raw = _stick(there, file, there.supervisor, *_two_batches(there, there.supervisor)).read_bytes()
    for at in (3, 30, 60, 200, len(raw) // 2, len(raw) - 5):
        yield raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    for cut in (0, 10, 40, 120, len(raw) // 2, len(raw) - 1):
        yield raw[:cut]
    first = raw.index(b"}\n") + 2
    length = int.from_bytes(raw[first : first + 4], "big") + 4
    yield raw[: first + length]
    yield raw[:first] + raw[first + length :]
    yield raw[:first] + raw[first : first + length] * 2 + raw[first + length :]
    yield raw[:first] + b"\xff" * 40
    yield raw[:first]
    yield raw[:15] + b"[" * 4000 + b"\n"
    yield raw[:15] + b'{"to": ["hq"], "salt": 5}\n'


def test_a_stick_that_was_altered_or_cut_brings_nothing_of_it(there: Scene, tmp_path: Path) -> None:
    before = there.sum_up()
    for content in _altered(there, tmp_path / "whole"):
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises((FileTrouble, SetUpWrong)):
            import_file(there.line.hq.folder, tmp_path / "bad", real_ms())
    assert there.sum_up() == before


def test_a_stick_brings_nothing_that_is_foreign_revoked_or_too_large(there: Scene, tmp_path: Path) -> None:
    one, folder = there.supervisor, there.line.hq.folder
    batches = _two_batches(there, one)
    theirs = {"terminal": there.stranger.terminal_id, "estate": there.stranger.estate_id}
    huge = {**batches[0], "beside": "A" * MOST_OPENED}
    elsewhere = replace(one, estate_id=there.stranger.estate_id)
    wrong: list[Callable[[Path], Path]] = [
        lambda file: _stick(there, file, there.stranger, *batches, terminal=one.terminal_id, estate=one.estate_id),
        lambda file: _stick(there, file, one, *batches, **theirs),
        lambda file: _stick(there, file, elsewhere, *batches),
        lambda file: _stick(there, file, there.revoked, *batches),
        lambda file: _stick(there, file, one, *batches, to=TO_TERMINAL),
        lambda file: _stick(there, file, one, huge),
        lambda file: _stick(there, file, replace(one, box=b"\1" * 32), *batches),
    ]
    before = there.sum_up()
    for make in wrong:
        with pytest.raises((SetUpWrong, FileTrouble)):
            import_file(folder, make(tmp_path / "file"), real_ms())
    assert there.sum_up() == before


def test_a_stick_is_judged_as_a_line_is_and_twice_does_nothing(there: Scene, tmp_path: Path) -> None:
    folder, gate = there.line.hq.folder, there.gate
    copy = replace(gate.author)
    file = _stick(there, tmp_path / "gate", gate, gate.batch(copy.change("house", staff_id=there.staff), author=copy))
    done = import_file(folder, file, real_ms())
    assert (done.taken, done.held) == (1, 1)
    after = there.sum_up(but={"terminal.seen_ms"})
    assert import_file(folder, file, real_ms()).known == 1
    assert there.sum_up(but={"terminal.seen_ms"}) == after
    assert ("1\ufffd\ufffd]0;x\ufffd",) in there.line.hq.query("SELECT version FROM terminal")
    others = _stick(there, tmp_path / "others", there.supervisor, _epoch_of(gate))
    with pytest.raises(RuleBroken):
        import_file(folder, others, real_ms())
    assert there.sum_up()["epoch"] == after["epoch"]


def _epoch_of(gate: Terminal) -> dict[str, Any]:
    copy = replace(gate.author, seq=1)
    return gate.batch(copy.change("house"), author=copy)
