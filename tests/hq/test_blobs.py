"""What HQ does with chunks that are not what they should be: nothing, and it says so."""

from __future__ import annotations

import json
import shutil

import pytest

from butler_tui.blob_folder import CHUNK
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.keys import read_hq_keys
from butler_tui.ids import id_text, new_id
from butler_tui.sync.blob_wire import GetAsk, HaveAsk, PutAsk, chunk_from
from butler_tui.sync.protocol import MOST_CHUNK, pack, path_of
from tests.conftest import Estate
from tests.hq.test_routes import Caller, caller
from tests.pictures import png
from tests.serving import sync
from tests.sync.pictured import add

__all__ = ["caller"]

BIG = png(CHUNK + 9000)
CHUNKS = (BIG[:CHUNK], BIG[CHUNK:])


@pytest.fixture
def named(caller: Caller, estate: Estate) -> str:
    """Return the id of a picture that a record at HQ names, and that HQ has not."""
    attachment_id = add(estate, BIG)
    shutil.move(estate.store.home.database.with_name("butler.db.pictures"), estate.store.home.log.with_name("aside"))
    sync(estate.store)
    return id_text(attachment_id)


def put(caller: Caller, attachment_id: str, number: int, chunk: bytes) -> tuple[int, object]:
    """Send a chunk; return the status and the code, or the number of parts."""
    status, body = caller.ask("blob/put", PutAsk(attachment_id, number, chunk).to_body())
    return status, body.get("code", body.get("parts"))


def test_chunks_in_order_make_a_picture_and_it_is_given_back(caller: Caller, named: str) -> None:
    status, body = caller.ask("blob/have", HaveAsk((named,)).to_body())
    assert (status, body) == (200, {"whole": [], "begun": [], "unknown": []})
    assert put(caller, named, 0, CHUNKS[0]) == (200, 1)
    assert caller.ask("blob/have", HaveAsk((named,)).to_body())[1]["begun"] == [[named, 1]]
    assert caller.ask("blob/get", GetAsk(named, 0).to_body())[1] == {"code": "not_there"}
    assert put(caller, named, 0, CHUNKS[0]) == (200, 1)  # once more is harmless
    assert put(caller, named, 1, CHUNKS[1]) == (200, 2)
    given = [chunk_from(caller.ask("blob/get", GetAsk(named, number).to_body())[1]) for number in (0, 1)]

    assert b"".join(given) == BIG
    assert caller.ask("blob/have", HaveAsk((named,)).to_body())[1]["whole"] == [named]
    assert put(caller, named, 0, CHUNKS[0]) == (200, 2)


def test_what_no_record_names_is_neither_taken_nor_given(caller: Caller) -> None:
    unknown = id_text(new_id(1))

    assert put(caller, unknown, 0, b"x") == (404, "not_named")
    assert caller.ask("blob/get", GetAsk(unknown, 0).to_body())[1] == {"code": "not_named"}
    assert caller.ask("blob/have", HaveAsk((unknown,)).to_body())[1]["unknown"] == [unknown]


def test_chunks_out_of_place_or_of_another_length_are_refused(caller: Caller, named: str) -> None:
    assert put(caller, named, 1, CHUNKS[1]) == (409, "out_of_order")
    assert put(caller, named, 0, CHUNKS[0][:-1]) == (422, "wrong_bytes")
    assert put(caller, named, 2, b"x") == (422, "wrong_bytes")
    assert put(caller, named, 10**7, b"x") == (422, "wrong_bytes")


def test_wrong_bytes_are_found_before_they_are_in_place_and_the_right_ones_may_come_then(
    caller: Caller, named: str
) -> None:
    assert put(caller, named, 0, CHUNKS[0]) == (200, 1)
    assert put(caller, named, 1, bytes(len(CHUNKS[1]))) == (422, "wrong_bytes")
    assert caller.ask("blob/have", HaveAsk((named,)).to_body())[1] == {"whole": [], "begun": [], "unknown": []}
    for number, chunk in enumerate(CHUNKS):
        assert put(caller, named, number, chunk) == (200, number + 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"attachment_id": "../../hq", "number": 0},
        {"number": -1},
        {"number": 0.5},
        {"chunk": "not base64"},
        {"chunk": ""},
        {"sha256": PutAsk("", 0, b"other").to_body()["sha256"]},
    ],
)
def test_what_is_no_chunk_is_malformed(caller: Caller, named: str, body: dict[str, object]) -> None:
    sent = {**PutAsk(named, 0, CHUNKS[0]).to_body(), **body} if body else {}

    assert caller.ask("blob/put", sent) == (400, {"code": "malformed"})


def test_a_body_that_is_too_large_is_refused(caller: Caller, named: str) -> None:
    content = bytes(MOST_CHUNK + 1)
    status, body = caller.send(path_of(caller.estate_id, "blob/put"), content, caller.headers("blob/put", content))

    assert (status, body) == (413, {"code": "too_large"})


def test_a_chunk_that_is_sent_again_by_somebody_else_counts_for_nothing(caller: Caller, named: str) -> None:
    content, encoding = pack(PutAsk(named, 0, CHUNKS[0]).to_body())
    headers = {**caller.headers("blob/put", content), "content-encoding": encoding}
    path = path_of(caller.estate_id, "blob/put")

    assert caller.send(path, content, headers)[0] == 200
    assert caller.send(path, content, headers) == (409, {"code": "replay"})
    changed, encoding = pack(PutAsk(named, 1, CHUNKS[1]).to_body())
    assert caller.send(path, changed, headers)[1] == {"code": "not_signed"}


def test_an_erased_record_names_nothing_and_its_picture_goes(caller: Caller, named: str) -> None:
    for number, chunk in enumerate(CHUNKS):
        put(caller, named, number, chunk)
    kept = Blobs(caller.hq.folder.blobs, read_hq_keys(caller.hq.folder.keys).box)

    assert kept.forget(caller.estate_id, named)
    assert caller.ask("blob/get", GetAsk(named, 0).to_body())[1] == {"code": "not_there"}
    assert not kept.forget(caller.estate_id, named)
    ((state,),) = caller.hq.query("SELECT state FROM record_state WHERE record_id = ?", named)
    erased = json.dumps({name: value for name, value in json.loads(state).items() if name != "sha256"})
    caller.hq.change("UPDATE record_state SET state = ? WHERE record_id = ?", erased, named)
    assert put(caller, named, 0, CHUNKS[0]) == (404, "not_named")


def test_a_disk_that_refuses_is_told_by_a_code_of_its_own(caller: Caller, named: str) -> None:
    folder = caller.hq.folder.blobs / caller.estate_id
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"")
    try:
        assert put(caller, named, 0, CHUNKS[0]) == (507, "no_room")
    finally:
        folder.unlink()
