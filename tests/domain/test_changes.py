"""A change: its values as they travel, and a digest that survives redaction and being issued again."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change, Value, WireValue, from_wire, to_wire
from butler_tui.domain.fields import Kind, Op
from butler_tui.domain.hlc import Stamp
from butler_tui.ids import id_text

CHANGE = Change(
    cid=id_text(b"c" * 16),
    group_id=id_text(b"g" * 16),
    epoch=id_text(b"e" * 16),
    seq=4,
    table="household",
    record_id=id_text(b"r" * 16),
    parent_id=id_text(b"h" * 16),
    op=Op.PUT,
    fields={"house_id": id_text(b"h" * 16)},
    personal={"name": "陈宅", "gate_note": "老人午睡"},
    salt=base64.b64encode(b"s" * 16).decode(),
    hlc=Stamp(1000, 2),
    seen=0,
    staff_id=id_text(b"p" * 16),
    schema_v=1,
)

STORED: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.ID: st.binary(min_size=16, max_size=16),
    Kind.BYTES: st.binary(max_size=40),
    Kind.TEXT: st.text(),
    Kind.INTEGER: st.integers(),
}


@pytest.mark.parametrize("kind", list(Kind))
@given(data=st.data())
def test_every_stored_value_comes_back_as_it_went(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(st.none() | STORED[kind])

    assert from_wire(kind, to_wire(kind, value)) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INTEGER, "3"),
        (Kind.INTEGER, True),
        (Kind.INTEGER, 1.5),
        (Kind.INTEGER, []),
        (Kind.TEXT, 3),
        (Kind.TEXT, ["x"]),
        (Kind.TEXT, {}),
        (Kind.ID, "not an id"),
        (Kind.ID, ""),
        (Kind.ID, 7),
        (Kind.BYTES, "***"),
        (Kind.BYTES, "YQ"),
        (Kind.BYTES, "é"),
        (Kind.BYTES, 7),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_refused(kind: Kind, value: WireValue) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each kind says it in its own words)
        from_wire(kind, value)


def test_taking_personal_values_away_keeps_the_digest() -> None:
    kept = base64.b64encode(CHANGE.digest_of_personal()).decode()
    redacted = replace(CHANGE, personal=None, salt=None, personal_digest=kept)

    assert redacted.digest() == CHANGE.digest()
    assert redacted.link(FIRST_LINK) == CHANGE.link(FIRST_LINK)


def test_a_change_issued_again_under_a_new_epoch_keeps_its_digest() -> None:
    assert replace(CHANGE, epoch=id_text(b"f" * 16), seq=99).digest() == CHANGE.digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"cid": id_text(b"d" * 16)},
        {"group_id": id_text(b"d" * 16)},
        {"table": "house"},
        {"record_id": id_text(b"d" * 16)},
        {"parent_id": None},
        {"op": Op.ERASE},
        {"fields": {}},
        {"personal": {"name": "李宅", "gate_note": "老人午睡"}},
        {"personal": None},
        {"salt": base64.b64encode(b"t" * 16).decode()},
        {"hlc": Stamp(1000, 3)},
        {"hlc": Stamp(1001, 2)},
        {"seen": 1},
        {"staff_id": None},
        {"schema_v": 2},
        {"resolves": (id_text(b"d" * 16),)},
    ],
)
def test_everything_else_is_bound_by_the_digest(changed: dict[str, object]) -> None:
    assert replace(CHANGE, **changed).digest() != CHANGE.digest()  # type: ignore[arg-type]


def test_a_change_without_personal_values_has_a_digest_all_the_same() -> None:
    plain = replace(CHANGE, personal=None, salt=None)

    assert len(plain.digest()) == 32
    assert plain.digest() == replace(plain, personal={}).digest()
