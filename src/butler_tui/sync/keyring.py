"""Keys from HQ, as the terminal has them: what of them a hello names, what is taken, and which PINs HQ is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from butler_tui.errors import TryLater
from butler_tui.ids import id_text, parse_id
from butler_tui.store import estates, handed_keys, month_keys, staff
from butler_tui.store.handed_keys import HandedKeys
from butler_tui.store.keys import pepper_id_of
from butler_tui.store.local import Store
from butler_tui.store.staff import Verifier
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.protocol import (
    Code,
    Handed,
    KeysAsk,
    Pin,
    PinsAsk,
    compact_json,
    handed_from,
    path_of,
    pins_answer_from,
)
from butler_tui.sync.transport import Link

_MOST_AT_ONCE = 500
Post = Callable[[str, dict[str, Any]], Mapping[str, Any]]
"""How a step is asked for with a body."""


def named(store: Store) -> str:
    """Return the name of what HQ handed last, as the key file has it now; empty for nothing yet."""
    store.refresh_keys()
    return store.keys.handed


def take(store: Store, sealed: Sequence[object], post: Post | None = None, epoch: str = "") -> None:
    """Keep what HQ handed, if anything; raises TryLater where it does not open here, FileTrouble.

    Months' keys that it handed once, that seal something here, and that it hands no more, it is given back first, by
    `post` where there is a line: it was restored to before it had made them.
    """
    for one in sealed:
        try:
            handed = handed_from(store.keys.box, one)
        except ValueError as error:
            raise not_hq() from error
        if post is not None:
            _give_back(store, handed, post, epoch)
        handed_keys.keep(store, _keys(handed), [_verifier(pin) for pin in handed.pins])


def _give_back(store: Store, handed: Handed, post: Post, epoch: str) -> None:
    box_key = estates.terminal(store.connection).hq_box_key
    there = {key_id for key_id, _month, _key in (*handed.months, *handed.others)}
    sealing = month_keys.sealing_here(store)
    lacking = [(key_id, month, key) for key_id, month, key in sealing if key_id not in there]
    if not lacking or box_key is None:
        return
    try:
        post("keys", KeysAsk.of(epoch, box_key, lacking).to_body())
    except Refused:
        return  # it was never restored: it has forgotten them
    except TryLater as error:
        if not (isinstance(error.__cause__, Refused) and error.__cause__.code == Code.NOT_FOUND):
            raise  # an HQ of before takes none


def tell(store: Store, link: Link, estate_id: str, epoch: str) -> None:
    """Tell HQ the PINs that were set here, where it asks this terminal for them and does not have them yet.

    What HQ has no person for yet is told again at the next sync. Raises TryLater, FileTrouble; PINs that HQ does not
    take stay here, and so does everything else.
    """
    box_key = estates.terminal(store.connection).hq_box_key
    if store.keys.told is None or box_key is None:
        return
    own = staff.own_verifiers(store.connection)
    name = _name(own)
    if name == store.keys.told:
        return
    pepper_id = pepper_id_of(store.keys.pepper)
    peppers: Mapping[str, bytes] = {pepper_id: store.keys.pepper}
    known = 0
    for at in range(0, len(own), _MOST_AT_ONCE):
        pins = tuple(_pin(one, pepper_id) for one in own[at : at + _MOST_AT_ONCE])
        ask = PinsAsk.of(epoch, box_key, pins, peppers)
        try:
            known += pins_answer_from(link.post(path_of(estate_id, "pins"), ask.to_body()))
        except Refused:
            return  # a terminal of another kind by now, or an older HQ: neither keeps records from travelling
        except ValueError as error:
            raise not_hq() from error
    if known == len(own):
        handed_keys.note_told(store, name)


def _name(own: Sequence[Verifier]) -> str:
    return hashlib.sha256(compact_json([[one.staff_id.hex(), one.verifier] for one in own])).hexdigest()[:16]


def _pin(one: Verifier, pepper_id: str) -> Pin:
    return Pin(id_text(one.staff_id), one.set_ms, pepper_id, one.verifier, one.to_change)


def _verifier(pin: Pin) -> Verifier:
    return Verifier(parse_id(pin.staff_id), pin.verifier, pin.pepper_id, pin.set_ms, pin.to_change)


def _keys(handed: Handed) -> HandedKeys:
    return HandedKeys(
        handed.digest,
        handed.tells,
        {parse_id(key_id): (month, key) for key_id, month, key in (*handed.months, *handed.others)},
        frozenset(parse_id(key_id) for key_id, _month, _key in handed.months),
        {parse_id(staff_id): key for staff_id, key in handed.overrides.items()},
        dict(handed.peppers),
    )
