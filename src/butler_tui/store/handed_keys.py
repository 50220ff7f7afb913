"""What HQ hands this terminal at a hello: months' keys, those of codes, peppers; into the key file and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from butler_tui.store import derived, staff
from butler_tui.store.journal import apply
from butler_tui.store.keys import Keys
from butler_tui.store.local import Store
from butler_tui.store.month_keys import changing_keys
from butler_tui.store.staff import Verifier


@dataclass(frozen=True, slots=True)
class HandedKeys:
    """What was handed: `months` maps a month_key_id to (month, key), `by_hq` are those of them that HQ made.

    `overrides` maps staff ids to the keys of codes; `peppers` maps ids to peppers; `name` names all of it.
    """

    name: str
    tells: bool
    months: Mapping[bytes, tuple[str, bytes]] = field(default_factory=dict)
    by_hq: frozenset[bytes] = frozenset()
    overrides: Mapping[bytes, bytes] = field(default_factory=dict)
    peppers: Mapping[str, bytes] = field(default_factory=dict)


def keep(store: Store, handed: HandedKeys, verifiers: Sequence[Verifier]) -> None:
    """Keep what was handed, durably: the keys, then what leans on them, then that all of it is here.

    A verifier only takes the place of one that was set earlier; numbers that could not be read before are found by
    their keyed hash from now on. Raises FileTrouble where the disk refuses; then what is lacking is handed again.
    """
    with changing_keys(store):
        store.change_keys(_with(store.keys, handed))
    with apply(store):
        staff.take_verifiers(store.connection, verifiers)
        # Of all that was handed: the keys may be here from a try that came no further.
        derived.match_numbers(store.connection, store.keys, list(handed.months))
    with changing_keys(store):
        told = (store.keys.told or "") if handed.tells else None
        store.change_keys(replace(store.keys, handed=handed.name, told=told))


def note_told(store: Store, told: str) -> None:
    """Keep which PINs HQ was told; raises FileTrouble."""
    with changing_keys(store):
        store.change_keys(replace(store.keys, told=told))


def _with(keys: Keys, handed: HandedKeys) -> Keys:
    """Return the keys with what was handed; months that HQ has forgotten stay until retention here has its say."""
    months = {key_id.hex(): key for key_id, (_month, key) in handed.months.items()}
    named = {key_id.hex(): month for key_id, (month, _key) in handed.months.items()}
    return replace(
        keys,
        months={**keys.months, **months},
        named={**keys.named, **named},
        by_hq=frozenset(key_id.hex() for key_id in handed.by_hq),
        overrides={staff_id.hex(): key for staff_id, key in handed.overrides.items()},
        peppers={**keys.peppers, **handed.peppers},
    )
