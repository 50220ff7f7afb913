"""Reading a document's number at HQ: through the month's key, HQ's own or one that a terminal sealed to HQ."""

from __future__ import annotations

import base64
from typing import Any

from butler_tui.domain.merge import state_from
from butler_tui.hq.engines import Reading
from butler_tui.hq.keyring import MONTH_KEY, Keyring
from butler_tui.hq.keys import HqKeys
from butler_tui.ids import parse_id
from butler_tui.sealing import open_sealed, unseal


def open_number(rows: Reading, keys: HqKeys, estate_id: str, secret_id: str) -> str:
    """Return the number in a `document_secret`; LookupError where it or its key is not here, ValueError if altered."""
    secret = _values(rows, estate_id, "document_secret", secret_id)
    month_key_id = str(secret["month_key_id"])
    key = Keyring(keys.box).month_key(rows, estate_id, month_key_id)
    if key is None:
        month = _values(rows, estate_id, "month_key", month_key_id)
        key = open_sealed(keys.box, base64.b64decode(month["sealed"]), purpose=MONTH_KEY)
    return unseal(key, base64.b64decode(secret["sealed"]), record_id=parse_id(secret_id), field="number").decode()


def _values(rows: Reading, estate_id: str, tbl: str, record_id: str) -> dict[str, Any]:
    row = rows.state(estate_id, tbl, record_id)
    if row is None:
        raise LookupError(record_id)
    return dict(state_from(row.state, row.stamps).values)
