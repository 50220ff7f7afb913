"""Setting a policy as a terminal's journal has it: anything at all, without the rules of the desk."""

from __future__ import annotations

import json

from butler_tui.ids import ruled_id
from butler_tui.store import estates
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written


def set_policy(store: Store, key: str, value: object, now_ms: int) -> None:
    """Write one policy of the estate; `value` is anything JSON can say, `now_ms` UTC ms."""
    estate = estates.estate(store.connection)
    assert estate is not None
    values = {"key": key, "value": json.dumps(value)}
    written = Written("policy", ruled_id(estate.estate_id, "policy", key), values)
    record(store, [written], staff_id=None, now_ms=now_ms)
