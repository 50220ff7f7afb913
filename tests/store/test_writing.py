"""A record that is written once is never written over by an act; what HQ tells again changes nothing."""

from __future__ import annotations

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.errors import RuleBroken
from butler_tui.ids import id_text, new_id
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from tests.pulling import apply

pytestmark = pytest.mark.usefixtures("english")

VISIT_ID = b"\1" * 16


def companion(companion_id: bytes, name: str) -> Written:
    return Written("companion", companion_id, {"visit_id": VISIT_ID, "name": name})


def told(companion_id: bytes, name: str) -> Change:
    return Change(
        cid=id_text(new_id(1)),
        group_id=id_text(new_id(1)),
        epoch=id_text(b"\1" * 16),
        seq=1,
        table="companion",
        record_id=id_text(companion_id),
        parent_id=id_text(VISIT_ID),
        op=Op.PUT,
        fields={"visit_id": id_text(VISIT_ID)},
        personal={"name": name},
        salt=None,
        hlc=Stamp(1, 0),
        seen=0,
        staff_id=None,
        schema_v=1,
    )


def names(store: Store) -> list[str]:
    return [row[0] for row in store.connection.execute("SELECT name FROM companion")]


def test_an_act_does_not_write_over_what_is_written_once(store: Store) -> None:
    record(store, [companion(b"\2" * 16, "孙同行")], staff_id=None, now_ms=1)

    with pytest.raises(RuleBroken, match="saved already"):
        record(store, [companion(b"\2" * 16, "钱同行")], staff_id=None, now_ms=2)

    assert names(store) == ["孙同行"]
    assert store.connection.execute("SELECT count(*) FROM journal").fetchone()[0] == 1


def test_hq_may_tell_it_again(store: Store) -> None:
    record(store, [companion(b"\2" * 16, "孙同行")], staff_id=None, now_ms=1)

    apply(store, [told(b"\2" * 16, "孙同行"), told(b"\2" * 16, "孙同行")])

    assert names(store) == ["孙同行"]
