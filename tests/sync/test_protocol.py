"""What one end writes the other reads; what neither wrote is refused with ValueError and nothing else."""

from __future__ import annotations

import json
import string
import zlib
from typing import Any

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.ids import id_text
from butler_tui.sync import protocol
from butler_tui.sync.protocol import HelloAnswer, HelloAsk, PushAnswer, PushAsk, pack, unpack
from butler_tui.sync.wire import MOST_OPENED

IDS = st.binary(min_size=16, max_size=16).map(id_text)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=12)
COUNTS = st.integers(0, 2**40)
VALUES = st.none() | st.text(max_size=20) | st.integers(-(2**63) + 1, 2**63 - 1)
FIELDS = st.dictionaries(NAMES, VALUES, max_size=5)
B16 = st.binary(min_size=16, max_size=16).map(lambda raw: protocol_b64(raw))
B32 = st.binary(min_size=32, max_size=32)


def protocol_b64(raw: bytes) -> str:
    """Return bytes as they travel."""
    import base64

    return base64.b64encode(raw).decode()


@st.composite
def pushes(draw: st.DrawFn) -> PushAsk:
    """Draw a batch of groups of changes with consecutive seq."""
    epoch, seq = draw(IDS), draw(st.integers(1, 10**9))
    changes: list[Change] = []
    for group_id in draw(st.lists(IDS, min_size=1, max_size=4, unique=True)):
        staff_id, seen, schema_v = draw(st.none() | IDS), draw(COUNTS), draw(st.integers(1, 9))
        for __ in range(draw(st.integers(1, 3))):
            redacted = draw(st.booleans())
            changes.append(
                Change(
                    cid=draw(IDS),
                    group_id=group_id,
                    epoch=epoch,
                    seq=seq + len(changes),
                    table=draw(NAMES),
                    record_id=draw(IDS),
                    parent_id=draw(st.none() | IDS),
                    op=draw(st.sampled_from(Op)),
                    fields=draw(FIELDS),
                    personal=None if redacted else draw(st.none() | FIELDS),
                    salt=None if redacted else draw(st.none() | B16),
                    hlc=Stamp(draw(st.integers(0, 2**48 - 1)), draw(st.integers(0, 2**31 - 1))),
                    seen=seen,
                    staff_id=staff_id,
                    schema_v=schema_v,
                    personal_digest=protocol_b64(draw(B32)) if redacted else None,
                    resolves=tuple(draw(st.lists(IDS, max_size=2))),
                )
            )
    return PushAsk(epoch, draw(TEXTS), draw(B32), draw(B32), tuple(changes))


def _distinct(ask: PushAsk) -> bool:
    return len({change.cid for change in ask.changes}) == len(ask.changes)


@given(pushes().filter(_distinct), st.sampled_from(["zstd", "deflate", ""]))
def test_a_batch_comes_out_as_it_went_in(ask: PushAsk, encoding: str) -> None:
    content, said = pack(ask.to_body(), encoding)
    again = protocol.push_from(unpack(content, said))
    assert again == ask
    assert [change.digest() for change in again.changes] == [change.digest() for change in ask.changes]


@given(
    st.builds(
        HelloAsk,
        epoch=IDS,
        max_seq=COUNTS,
        acked_seq=COUNTS,
        acked_cid=st.none() | IDS,
        hq_gen=st.none() | TEXTS,
        pos=COUNTS,
        pos_cid=st.none() | IDS,
        scope_gen=COUNTS,
        schema_v=COUNTS,
        clock=COUNTS,
        version=TEXTS,
        waiting=COUNTS,
    )
)
def test_a_hello_comes_out_as_it_went_in(ask: HelloAsk) -> None:
    assert protocol.hello_from(unpack(*pack(ask.to_body()))) == ask


@given(IDS, COUNTS, st.lists(st.tuples(IDS, TEXTS), max_size=3).map(tuple), st.lists(IDS).map(tuple))
def test_answers_come_out_as_they_went_in(
    cid: str, count: int, held: tuple[tuple[str, str], ...], known: tuple[str, ...]
) -> None:
    pushed = PushAnswer(count + 1, cid, count, known, held)
    assert protocol.push_answer_from(unpack(*pack(pushed.to_body()))) == pushed
    said = HelloAnswer("gen", count, cid, count, 0, count, 1, 0, "gate", count, held)
    assert protocol.hello_answer_from(unpack(*pack(said.to_body()))) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
READERS = [
    protocol.push_from,
    protocol.hello_from,
    protocol.enrol_from,
    protocol.push_answer_from,
    protocol.hello_answer_from,
    protocol.enrol_answer_from,
]


def _never_but_value_error(body: Any) -> None:
    for reader in READERS:
        try:
            reader(body)
        except ValueError:
            continue


@given(st.dictionaries(st.sampled_from(["epoch", "groups", "acked", "estate", "first_seq", "quarantined"]), JSON))
def test_hostile_bodies_are_value_errors(body: dict[str, Any]) -> None:
    _never_but_value_error(body)


@given(st.data())
def test_a_batch_with_one_part_swapped_is_read_or_refused(data: st.DataObject) -> None:
    body = json.loads(json.dumps(data.draw(pushes()).to_body()))
    place: Any = body
    for __ in range(data.draw(st.integers(0, 4))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        inner = [key for key in keys if isinstance(place[key], dict | list)]
        if not inner:
            break
        place = place[data.draw(st.sampled_from(inner))]
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    if keys:
        place[data.draw(st.sampled_from(keys))] = data.draw(JSON)
    _never_but_value_error(body)


@given(st.binary(max_size=200), st.sampled_from(["zstd", "deflate", "", "gzip", "Zstd"]))
def test_hostile_bytes_are_value_errors(content: bytes, encoding: str) -> None:
    try:
        unpack(content, encoding)
    except ValueError:
        return


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 50_000, b"[]", b"1e5", b'{"a": NaN}', b""])
def test_what_is_no_object_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the kind is what counts)
        unpack(content, "")


def test_a_small_body_that_opens_into_a_huge_one_is_refused() -> None:
    bomb = b'{"a":"' + b" " * (MOST_OPENED + 10) + b'"}'
    for content, encoding in ((zstd.compress(bomb), "zstd"), (zlib.compress(bomb), "deflate")):
        assert len(content) < 20_000
        with pytest.raises(ValueError, match="too large"):
            unpack(content, encoding)


def test_a_digest_cannot_stand_beside_the_values_it_is_said_to_be_of() -> None:
    change = {"cid": id_text(bytes(16)), "table": "visit", "record_id": id_text(bytes(16)), "personal": {"name": "x"}}
    group = {"group_id": id_text(bytes(16)), "hlc": [1, 0], "schema_v": 1}
    link = protocol_b64(bytes(32))
    body = {"epoch": id_text(bytes(16)), "hq_gen": "g", "first_seq": 1, "link_before": link, "link_after": link}
    good = {**body, "groups": [{**group, "changes": [change]}]}
    assert protocol.push_from(good).changes[0].personal == {"name": "x"}
    bad = {**body, "groups": [{**group, "changes": [{**change, "personal_digest": link}]}]}
    with pytest.raises(ValueError, match="personal_digest"):
        protocol.push_from(bad)
