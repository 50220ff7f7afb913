"""What HQ hands a terminal at a hello, sealed to its key, and the PINs that a supervisor's terminal tells HQ.

Both are one JSON text, sealed as a whole; what is read raises ValueError, and nothing else, where it is not one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.sealing import open_sealed, seal_to
from butler_tui.sync.wire import (
    Body,
    checked_id,
    compact_json,
    take_bytes,
    take_id,
    take_integer,
    take_list,
    take_text,
    to_base64,
    unpack,
)

MonthKey = tuple[str, str, bytes]
"""A month's key: its id, the month ("2026-11"), its 32 bytes."""
MOST_PEOPLE = 5_000
_MOST_MONTHS = 1_000
_MOST_SEALED = 4 * 1024 * 1024
_KEY = 32
_HANDED = "keys handed by HQ"
_TOLD = "PINs told to HQ"
_GIVEN_BACK = "months' keys given back to HQ"


@dataclass(frozen=True, slots=True)
class Pin:
    """How a person's PIN is checked: an argon2id verifier under one of the peppers; `set_ms` is UTC ms.

    `to_change` tells that another has given it to start with: its person is to choose their own.
    """

    staff_id: str
    set_ms: int
    pepper_id: str
    verifier: str
    to_change: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """Everything that HQ hands a terminal; `digest` names just this, so that it is sent only where it is lacking.

    `months` are the keys that HQ made, `others` those that other terminals made; `overrides` maps staff ids to the keys
    of codes; `peppers` maps ids to peppers. `tells` says whether HQ wants to know the PINs that are set there.
    """

    digest: str
    tells: bool
    months: tuple[MonthKey, ...]
    others: tuple[MonthKey, ...]
    overrides: Mapping[str, bytes]
    peppers: Mapping[str, bytes]
    pins: tuple[Pin, ...]

    def sealed_to(self, box_key: bytes) -> str:
        """Return it as it travels: nobody but the terminal with this X25519 key can open it."""
        body = {
            "digest": self.digest,
            "tells": int(self.tells),
            "months": [[key_id, month, to_base64(key)] for key_id, month, key in self.months],
            "others": [[key_id, month, to_base64(key)] for key_id, month, key in self.others],
            "overrides": _pairs(self.overrides),
            "peppers": _pairs(self.peppers),
            "pins": [_pin(pin) for pin in self.pins],
            "starting": _starting(self.pins),
        }
        return to_base64(seal_to(box_key, compact_json(body), purpose=_HANDED))


def handed_from(private: bytes, sealed: object) -> Handed:
    """Return what HQ handed to the owner of the X25519 key `private`."""
    body = unpack(_opened(private, sealed, _HANDED), "")
    return Handed(
        take_text(body, "digest", 64),
        bool(take_integer(body, "tells", 0, 1)),
        _month_keys(body, "months"),
        _month_keys(body, "others"),
        {checked_id(name): key for name, key in _keys(body, "overrides").items()},
        _keys(body, "peppers"),
        _pins(body),
    )


@dataclass(frozen=True, slots=True)
class KeysAsk:
    """Months' keys that a terminal was handed once and that HQ, which was restored, has not, sealed to HQ."""

    epoch: str
    sealed: str

    @classmethod
    def of(cls, epoch: str, box_key: bytes, months: Iterable[MonthKey]) -> KeysAsk:
        """Return what gives these keys back to the HQ with this X25519 key."""
        body = {"months": [[key_id, month, to_base64(key)] for key_id, month, key in months]}
        return cls(epoch, to_base64(seal_to(box_key, compact_json(body), purpose=_GIVEN_BACK)))

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"epoch": self.epoch, "sealed": self.sealed}


def keys_ask_from(body: Body) -> KeysAsk:
    """Return keys that are given back, sealed still."""
    return KeysAsk(take_id(body, "epoch"), take_text(body, "sealed", _MOST_SEALED))


def given_back_from(private: bytes, sealed: object) -> tuple[MonthKey, ...]:
    """Return the months' keys that a terminal gives back."""
    return _month_keys(unpack(_opened(private, sealed, _GIVEN_BACK), ""), "months")


@dataclass(frozen=True, slots=True)
class PinsAsk:
    """The PINs that were set on a supervisor's terminal, with their peppers, sealed to HQ."""

    epoch: str
    sealed: str

    @classmethod
    def of(cls, epoch: str, box_key: bytes, pins: tuple[Pin, ...], peppers: Mapping[str, bytes]) -> PinsAsk:
        """Return what tells these PINs to the HQ with this X25519 key."""
        body = {"peppers": _pairs(peppers), "pins": [_pin(pin) for pin in pins], "starting": _starting(pins)}
        return cls(epoch, to_base64(seal_to(box_key, compact_json(body), purpose=_TOLD)))

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"epoch": self.epoch, "sealed": self.sealed}


def pins_ask_from(body: Body) -> PinsAsk:
    """Return PINs that are told, sealed still."""
    return PinsAsk(take_id(body, "epoch"), take_text(body, "sealed", _MOST_SEALED))


def pins_answer_from(body: Body) -> int:
    """Return how many of the PINs are of people whom HQ knows."""
    return take_integer(body, "known")


def told_from(private: bytes, sealed: object) -> tuple[tuple[Pin, ...], Mapping[str, bytes]]:
    """Return the PINs and peppers that a terminal told; every PIN's pepper is among them."""
    body = unpack(_opened(private, sealed, _TOLD), "")
    pins, peppers = _pins(body), _keys(body, "peppers")
    if any(pin.pepper_id not in peppers for pin in pins):
        raise ValueError("peppers")
    return pins, peppers


def _opened(private: bytes, sealed: object, purpose: str) -> bytes:
    raw = take_bytes({"sealed": sealed}, "sealed", 64, _MOST_SEALED)
    return open_sealed(private, raw, purpose=purpose)


def _pairs(keys: Mapping[str, bytes]) -> list[list[str]]:
    return [[name, to_base64(key)] for name, key in sorted(keys.items())]


def _keys(body: Body, name: str) -> dict[str, bytes]:
    pairs = [_numbered(pair, 2) for pair in take_list(body, name, MOST_PEOPLE)]
    return {take_text(pair, "0", 36): take_bytes(pair, "1", _KEY, _KEY) for pair in pairs}


def _pin(pin: Pin) -> list[Any]:
    return [pin.staff_id, pin.set_ms, pin.pepper_id, pin.verifier]


def _pins(body: Body) -> tuple[Pin, ...]:
    rows = [_numbered(row, 4) for row in take_list(body, "pins", MOST_PEOPLE)]
    starting = set(map(checked_id, take_list(body, "starting", MOST_PEOPLE)))
    return tuple(
        Pin(
            checked_id(row["0"]),
            take_integer(row, "1"),
            take_text(row, "2", 36),
            take_text(row, "3"),
            row["0"] in starting,
        )
        for row in rows
    )


def _starting(pins: Iterable[Pin]) -> list[str]:
    """Return whose PINs were given to start with, apart from the PINs: an older program does not ask for it."""
    return [pin.staff_id for pin in pins if pin.to_change]


def _month_keys(body: Body, name: str) -> tuple[MonthKey, ...]:
    rows = [_numbered(row, 3) for row in take_list(body, name, _MOST_MONTHS)]
    return tuple((checked_id(row["0"]), _month(row["1"]), take_bytes(row, "2", _KEY, _KEY)) for row in rows)


def _numbered(row: object, length: int) -> dict[str, Any]:
    if not isinstance(row, list) or len(row) != length:
        raise ValueError("row")
    return {str(place): value for place, value in enumerate(row)}


def _month(text: object) -> str:
    month = take_text({"month": text}, "month", 7)
    if len(month) != 7 or month[4] != "-" or not (month[:4] + month[5:]).isdigit() or not 1 <= int(month[5:]) <= 12:
        raise ValueError("month")
    return month
