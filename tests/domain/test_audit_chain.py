"""The audit chain: one spelling of a value, and every link bound to all before it."""

from __future__ import annotations

import hashlib
import json

from hypothesis import assume, given
from hypothesis import strategies as st

from butler_tui.domain.audit_chain import FIRST_LINK, canonical_json, change_digest, next_link, personal_digest

values = st.dictionaries(st.text(max_size=6), st.none() | st.integers() | st.text(max_size=10), max_size=5)


def test_the_one_spelling_has_sorted_keys_no_spaces_and_plain_hanzi() -> None:
    assert canonical_json({"b": [1, None], "a": "陈宅"}) == '{"a":"陈宅","b":[1,null]}'.encode()


@given(values)
def test_the_spelling_does_not_depend_on_the_order_of_keys(mapping: dict[str, object]) -> None:
    turned = dict(reversed(list(mapping.items())))

    assert canonical_json(turned) == canonical_json(mapping)
    assert json.loads(canonical_json(mapping)) == mapping


def test_the_digests_are_what_the_protocol_says() -> None:
    personal = hashlib.sha256(b"s" * 16 + b'{"name":"x"}').digest()
    change = hashlib.sha256(b'[{"cid":"1"},{"n":2}]' + personal).digest()

    assert personal_digest(b"s" * 16, canonical_json({"name": "x"})) == personal
    assert change_digest({"cid": "1"}, canonical_json({"n": 2}), personal) == change
    assert next_link(FIRST_LINK, b"c" * 16, change) == hashlib.sha256(bytes(32) + b"c" * 16 + change).digest()


def test_the_first_link_is_32_zero_bytes() -> None:
    assert bytes(32) == FIRST_LINK


@given(values, values)
def test_different_values_have_different_digests(one: dict[str, object], two: dict[str, object]) -> None:
    assume(one != two)

    assert personal_digest(b"", canonical_json(one)) != personal_digest(b"", canonical_json(two))
    assert change_digest({}, canonical_json(one), b"") != change_digest({}, canonical_json(two), b"")
    assert change_digest(one, b"{}", b"") != change_digest(two, b"{}", b"")


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_the_same_short_value_under_another_salt_looks_different(one: bytes, two: bytes) -> None:
    assume(one != two)

    assert personal_digest(one, canonical_json({"name": "李"})) != personal_digest(two, canonical_json({"name": "李"}))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=6, unique=True), st.data())
def test_leaving_out_or_swapping_changes_every_link_after(digests: list[bytes], data: st.DataObject) -> None:
    def chain(over: list[bytes]) -> bytes:
        link = FIRST_LINK
        for digest in over:
            link = next_link(link, digest[:16], digest)
        return link

    at = data.draw(st.integers(0, len(digests) - 2))
    swapped = [*digests[:at], digests[at + 1], digests[at], *digests[at + 2 :]]

    assert len({chain(digests), chain(swapped), chain(digests[:at] + digests[at + 1 :])}) == 3
