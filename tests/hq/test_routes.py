"""Who may ask HQ: a known terminal of that estate, in its own words, once, now."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from butler_tui import __version__
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin, terminals
from butler_tui.ids import id_text
from butler_tui.paths import find_home
from butler_tui.store import estates, sync_state
from butler_tui.store.local import Store, create_store
from butler_tui.sync.enrol import enrol
from butler_tui.sync.protocol import (
    MOST_ASK,
    MOST_BODY,
    EnrolAsk,
    HelloAsk,
    PushAsk,
    Signed,
    compact_json,
    headers_of,
    pack,
    path_of,
    push_from,
    sign,
    signing_string,
    squeeze,
)
from butler_tui.sync.transport import _connection, trusting
from butler_tui.sync.wire import unpack
from tests.conftest import Estate
from tests.serving import Hq, real_ms


@dataclass
class Caller:
    """A terminal that can be made to say anything."""

    hq: Hq
    store: Store
    terminal_id: str
    estate_id: str

    def hello(self) -> dict[str, Any]:
        """Return an honest hello."""
        where = sync_state.position(self.store.connection)
        epoch = id_text(where.epoch)
        return HelloAsk(epoch, where.last_seq, 0, None, None, 0, None, 0, 1, real_ms(), __version__, 1).to_body()

    def batch(self) -> dict[str, Any]:
        """Return an honest batch of everything that waits."""
        where = sync_state.position(self.store.connection)
        waiting = sync_state.batch_after(self.store.connection, where, 1000)
        assert waiting is not None
        hq_gen = where.hq_gen or ""
        return PushAsk(id_text(where.epoch), hq_gen, waiting.link_before, waiting.link_after, waiting.changes).to_body()

    def headers(self, step: str, content: bytes, **changes: Any) -> dict[str, str]:
        """Return the headers of a signed request, changed as the test asks."""
        epoch = id_text(sync_state.position(self.store.connection).epoch)
        path = path_of(changes.pop("estate_id", self.estate_id), step)
        signed: dict[str, Any] = {
            "terminal_id": self.terminal_id,
            "time_ms": real_ms(),
            "nonce": secrets.token_hex(8),
            "epoch": epoch,
        }
        signed.update(changes)
        message = signing_string("POST", path, content, signed["time_ms"], signed["nonce"], signed["epoch"])
        return headers_of(Signed(**signed, signature=sign(self.store.keys.sign, message)))

    def send(self, path: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """Return status and body of what HQ answers."""
        connection = _connection(self.hq.url, trusting(estates.terminal(self.store.connection).hq_authority))
        try:
            connection.request("POST", path, body=content, headers=headers, preload_content=False)
            response = connection.getresponse()
            content = response.read(decode_content=False)
            assert b"Traceback" not in content
            return response.status, unpack(content, response.headers.get("content-encoding", ""))
        finally:
            connection.close()

    def ask(self, step: str, body: Mapping[str, Any], **changes: Any) -> tuple[int, Mapping[str, Any]]:
        """Send a signed request."""
        content, encoding = pack(body)
        estate_id = changes.get("estate_id", self.estate_id)
        headers = {**self.headers(step, content, **changes), "content-encoding": encoding}
        return self.send(path_of(estate_id, step), content, headers)

    def taken(self) -> int:
        """Return how many changes HQ has of this estate."""
        return int(self.hq.query("SELECT count(*) FROM change_log WHERE estate_id = ?", self.estate_id)[0][0])


@pytest.fixture
def caller(hq: Hq, estate: Estate) -> Caller:
    """Return an enrolled terminal that has said nothing yet."""
    terminal_id = hq.enrol(estate.store)
    own = estates.estate(estate.store.connection)
    assert own is not None
    return Caller(hq, estate.store, terminal_id, id_text(own.estate_id))


def test_an_honest_request_is_answered(caller: Caller) -> None:
    status, body = caller.ask("hello", caller.hello())
    assert (status, body["last_seq"]) == (200, 0)
    status, body = caller.ask("push", caller.batch())
    assert (status, body["quarantined"], body["pos"]) == (200, [], caller.taken())


def test_an_altered_body_is_refused(caller: Caller) -> None:
    content, __ = pack(caller.hello(), "")
    headers = caller.headers("hello", content)
    altered = content.replace(b'"waiting":1', b'"waiting":2')
    assert altered != content
    assert caller.send(path_of(caller.estate_id, "hello"), altered, headers) == (403, {"code": "not_signed"})


def test_a_signature_for_another_step_is_refused(caller: Caller) -> None:
    content, encoding = pack(caller.batch())
    headers = {**caller.headers("hello", content), "content-encoding": encoding}
    assert caller.send(path_of(caller.estate_id, "push"), content, headers)[0] == 403
    assert caller.taken() == 0


def test_a_request_without_signature_is_refused(caller: Caller) -> None:
    assert caller.send(path_of(caller.estate_id, "hello"), b"{}", {}) == (401, {"code": "not_signed"})


def test_a_repeated_request_has_no_effect(caller: Caller) -> None:
    content, encoding = pack(caller.batch())
    headers = {**caller.headers("push", content), "content-encoding": encoding}
    path = path_of(caller.estate_id, "push")
    assert caller.send(path, content, headers)[0] == 200
    taken = caller.taken()
    assert caller.send(path, content, headers) == (409, {"code": "replay"})
    assert caller.taken() == taken > 0


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 365])
def test_a_request_of_another_time_is_told_the_time(caller: Caller, minutes: int) -> None:
    status, body = caller.ask("hello", caller.hello(), time_ms=real_ms() + minutes * 60_000)
    assert (status, body["code"]) == (401, "wrong_time")
    assert abs(body["server_time"] - real_ms()) < 5_000


def test_another_estates_terminal_is_unknown_here(caller: Caller) -> None:
    other = admin.add_estate(caller.hq.folder, "另一座", "Asia/Shanghai", None, real_ms())
    assert caller.ask("hello", caller.hello(), estate_id=other) == (403, {"code": "unknown_terminal"})
    assert caller.ask("push", caller.batch(), estate_id=other)[0] == 403
    assert caller.hq.query("SELECT count(*) FROM change_log WHERE estate_id = ?", other) == [(0,)]


def test_an_estate_that_is_not_there_is_said_to_be_so(caller: Caller) -> None:
    absent = id_text(bytes(16))
    assert caller.ask("hello", caller.hello(), estate_id=absent) == (404, {"code": "no_estate"})


@pytest.mark.parametrize("size", [MOST_BODY + 1, 5 * MOST_BODY])
def test_an_oversized_body_is_refused(caller: Caller, size: int) -> None:
    content = secrets.token_bytes(size)
    headers = caller.headers("push", content)
    assert caller.send(path_of(caller.estate_id, "push"), content, headers) == (413, {"code": "too_large"})


def _of_size(size: int, encoding: str, body: Mapping[str, Any]) -> bytes:
    content = compact_json({**body, "beside": "A" * size})
    return squeeze(content, encoding)[0] if encoding else content


@pytest.mark.parametrize("step", ["enrol", "hello"])
@pytest.mark.parametrize("encoding", ["", "deflate", "zstd"])
def test_who_is_not_known_yet_cannot_make_hq_open_much(caller: Caller, step: str, encoding: str) -> None:
    body = caller.hello() if step == "hello" else EnrolAsk("0", "岗", bytes(32), bytes(32), "1").to_body()
    path = path_of(caller.estate_id, step)
    bomb = _of_size(64 * 1024, encoding, body)
    headers = {**caller.headers(step, bomb), "content-encoding": encoding}
    expected = (400, {"code": "malformed"}) if encoding else (413, {"code": "too_large"})
    assert caller.send(path, bomb, headers) == expected
    long = secrets.token_bytes(MOST_ASK + 1)
    assert caller.send(path, long, caller.headers(step, long)) == (413, {"code": "too_large"})


@pytest.mark.parametrize("encoding", ["", "deflate", "zstd"])
def test_opening_stops_at_the_bound(encoding: str) -> None:
    assert unpack(_of_size(1000, encoding, {}), encoding, 2000)
    with pytest.raises(ValueError, match="too large"):
        unpack(_of_size(8 * 1024 * 1024, encoding, {}), encoding, 2000)


def test_a_body_within_the_bound_is_opened_by_enrol(caller: Caller) -> None:
    ask = EnrolAsk("0" * 40, "岗" * 100, bytes(32), bytes(32), "1" * 40).to_body()
    content = compact_json(ask)
    assert len(content) < MOST_ASK
    status, body = caller.send(path_of(caller.estate_id, "enrol"), content, caller.headers("enrol", content))
    assert (status, body) == (403, {"code": "not_signed"})


def test_hello_says_nothing_of_another_terminals_epoch(caller: Caller, tmp_path: Path) -> None:
    caller.ask("push", caller.batch())
    other = create_store(find_home({"BUTLER_HOME": str(tmp_path / "other")}), real_ms())
    code = admin.new_code(caller.hq.folder, caller.estate_id, TerminalKind.GATE, real_ms(), caller.hq.url)
    terminal_id = enrol(other, code.url, code.code, now_ms=real_ms).terminal_id
    stranger = Caller(caller.hq, other, terminal_id, caller.estate_id)
    assert stranger.ask("hello", stranger.hello())[0] == 200
    theirs = caller.hello()
    answer = stranger.ask("hello", theirs, epoch=theirs["epoch"])
    assert answer == (403, {"code": "foreign_epoch"})
    batch = {**caller.batch(), "hq_gen": _generation(caller)}
    assert stranger.ask("push", batch, epoch=theirs["epoch"]) == (403, {"code": "foreign_epoch"})
    other.close()


def _generation(caller: Caller) -> str:
    return str(caller.hq.query("SELECT hq_gen FROM estate_pos WHERE estate_id = ?", caller.estate_id)[0][0])


@pytest.mark.parametrize("body", [{}, {"epoch": 1}, {"groups": []}])
def test_a_malformed_body_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    assert caller.ask("push", body) == (400, {"code": "malformed"})
    assert caller.ask("hello", body) == (400, {"code": "malformed"})


def test_a_body_for_another_epoch_than_the_signed_one_is_refused(caller: Caller) -> None:
    assert caller.ask("hello", {**caller.hello(), "epoch": id_text(bytes(16))})[0] == 400


def test_a_chain_that_does_not_end_in_its_head_is_refused(caller: Caller) -> None:
    body = caller.batch()
    body["groups"][0]["changes"][0]["fields"]["name"] = "改名"
    assert caller.ask("push", body) == (400, {"code": "chain"})
    assert caller.taken() == 0


def test_a_batch_out_of_order_is_told_where_hq_stands(caller: Caller) -> None:
    body = caller.batch()
    assert caller.ask("push", {**body, "first_seq": 2}) == (409, {"code": "out_of_order", "last_seq": 0})
    caller.ask("push", body)
    status, answer = caller.ask("push", body)
    assert (status, answer["code"], answer["last_seq"]) == (409, "out_of_order", caller.taken())
    assert answer["last_cid"] == push_from(body).changes[-1].cid


def test_a_batch_for_another_generation_must_say_hello_again(caller: Caller) -> None:
    assert caller.ask("push", {**caller.batch(), "hq_gen": "old"}) == (409, {"code": "hello_again"})


def test_a_revoked_terminal_may_push_once_more_and_a_stolen_one_is_to_destroy_its_keys(caller: Caller) -> None:
    batch = caller.batch()
    terminals.revoke(caller.hq.folder, caller.estate_id, caller.terminal_id, real_ms())
    status, answer = caller.ask("hello", caller.hello())
    assert (status, answer["ending"], answer["keys"]) == (200, "last_push", [])
    assert caller.ask("pull", {"epoch": batch["epoch"], "hq_gen": batch["hq_gen"], "pos": 0, "scope_gen": 0}) == (
        403,
        {"code": "revoked"},
    )
    status, answer = caller.ask("push", batch)
    assert {reason for _cid, reason in answer["quarantined"]} == {"revoked"}
    terminals.revoke(caller.hq.folder, caller.estate_id, caller.terminal_id, real_ms(), stolen=True)
    for step, body in (("hello", caller.hello()), ("push", batch)):
        assert caller.ask(step, body) == (403, {"code": "revoked", "keys": "destroy"})
    caller.hq.enrol(caller.store, TerminalKind.SUPERVISOR)
    assert caller.ask("hello", caller.hello())[0] == 200


def test_what_is_not_there_is_json_too(caller: Caller) -> None:
    assert caller.send("/nothing", b"{}", {}) == (404, {"code": "not_found"})
    assert caller.send("/healthz", b"{}", {}) == (405, {"code": "not_found"})
