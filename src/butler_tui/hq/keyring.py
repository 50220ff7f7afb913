"""The keys that HQ makes for an estate and hands to its terminals: the months', those of codes, and by what PINs hold.

What HQ keeps of them stands in its database sealed under a secret of its key file: neither alone opens anything. At a
hello a terminal names what it was handed last; only where that differs is it handed all of it anew, sealed to its own
key. A month's key is forgotten here too, as long after the month as the estate keeps numbers (PROTOCOL, erasure).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.domain.policies import policies_from
from butler_tui.domain.retention import MONTHS_AHEAD, kept_for, months_with_keys
from butler_tui.domain.rights import Act, Role, TerminalKind, may, signs_in_at
from butler_tui.hq.engines import Reading, SecretRow, TerminalRow, Writing
from butler_tui.hq.refusals import Refusal, understood
from butler_tui.hq.retention import judged_ms
from butler_tui.ids import id_text, new_id, parse_id, ruled_id
from butler_tui.sealing import open_sealed, seal, unseal
from butler_tui.sync.protocol import Code, Handed, Pin, compact_json, given_back_from, told_from
from butler_tui.zones import zone_called

MONTH, OVERRIDE, PEPPER, PIN, GIVEN = "month", "override", "pepper", "pin", "given"
"""The kinds of `estate_secret`; of a month's key that was given back, `name` is its id and `secret_id` the month."""
MONTH_KEY = "month key"
"""What terminals bind into the keys that they made themselves and sealed to HQ."""
_ROLES = {str(role): role for role in Role}
_TO_CHANGE = "\nto change"
"""What follows the verifier of a PIN that was given to start with."""
_KEPT_POLICY = "retention_number_days"


@dataclass(frozen=True, slots=True)
class _Estate:
    """What decides about an estate's keys: the months that may have one, this month, who works there (by staff id)."""

    months: tuple[str, ...]
    present: str
    people: Mapping[str, Role]


def begin_anew(rows: Writing, estate_id: str, now_ms: int) -> None:
    """Forget the keys that a lost terminal knows and that nothing is sealed with yet, so that others are made.

    They are those of the months ahead and of codes. Terminals get the new ones at their next sync.
    """
    rows.lock(estate_id)
    present = _estate(rows, estate_id, now_ms).present
    ahead = [(row.kind, row.name) for row in rows.secrets(estate_id) if row.kind == MONTH and row.name > present]
    codes = [(row.kind, row.name) for row in rows.secrets(estate_id) if row.kind == OVERRIDE]
    rows.drop_secrets(estate_id, [*ahead, *codes])


def forget_past(rows: Writing, estate_id: str, now_ms: int) -> None:
    """Forget keys of months that are over for long enough, and what belongs to people who are gone."""
    past = _past(rows.secrets(estate_id), _estate(rows, estate_id, now_ms))
    if past:
        rows.lock(estate_id)
        rows.drop_secrets(estate_id, past)


class Keyring:
    """HQ's secrets for its estates; `box` is HQ's private X25519 key."""

    def __init__(self, box: bytes) -> None:
        self._box = box
        self._secret = hmac.digest(box, b"butler hq keyring 1", hashlib.sha256)

    def handed(self, rows: Writing, terminal: TerminalRow, known: str, now_ms: int) -> tuple[str, ...]:
        """Return what a terminal lacks, sealed to it, or nothing where `known` names just what it is to have.

        What the estate itself lacks by now is made, and what is past is forgotten. A revoked terminal gets nothing.
        `now_ms` is UTC ms.
        """
        if terminal.revoked_ms is not None:
            return ()
        estate = _estate(rows, terminal.estate_id, now_ms)
        kept = self._up_to_date(rows, terminal.estate_id, estate, now_ms)
        kind = TerminalKind(terminal.kind)
        mine = [row for row in kept if _is_for(row, kind, estate)]
        pepper_ids = {row.secret_id for row in mine if row.kind == PIN}
        mine = [row for row in mine if row.kind != PEPPER or row.name in pepper_ids]
        own = _made_there(rows, terminal.estate_id) if kind is TerminalKind.SUPERVISOR else {}
        digest = _digest(kind, mine, own)
        if digest == known:
            return ()
        return (self._handed(digest, kind, mine, own).sealed_to(terminal.box_key),)

    def told(self, rows: Writing, terminal: TerminalRow, sealed: object, now_ms: int) -> int:
        """Keep the PINs that a supervisor's terminal tells, where they were set later; return how many are known now.

        Raises Refusal for any other terminal: whoever steals a gate's computer must not set a supervisor's PIN; and
        where they do not open.
        """
        if TerminalKind(terminal.kind) is not TerminalKind.SUPERVISOR or terminal.revoked_ms is not None:
            raise Refusal(403, Code.NOT_ALLOWED)
        pins, peppers = understood(lambda: told_from(self._box, sealed))
        estate_id = terminal.estate_id
        rows.lock(estate_id)
        people = _people(rows, estate_id)
        before = {row.name: row.since_ms for row in rows.secrets(estate_id) if row.kind == PIN}
        known = [pin for pin in pins if pin.staff_id in people]
        newer = [pin for pin in known if pin.staff_id not in before or _set(pin, now_ms) > before[pin.staff_id]]
        rows.put_secrets(
            self._row(estate_id, PIN, pin.staff_id, pin.pepper_id, _set(pin, now_ms), _spelled(pin).encode())
            for pin in newer
        )
        used = {pin.pepper_id for pin in newer}
        rows.put_secrets(
            self._row(estate_id, PEPPER, name, name, now_ms, pepper) for name, pepper in peppers.items() if name in used
        )
        return len(known)

    def given_back(self, rows: Writing, terminal: TerminalRow, sealed: object, now_ms: int) -> int:
        """Keep months' keys that HQ had handed out before it was restored; return how many it had not.

        What is new is sealed with the keys that HQ makes; these open what was sealed before. Raises Refusal where the
        log was never restored, and where they do not open.
        """
        estate_id = terminal.estate_id
        if terminal.revoked_ms is not None or not rows.was_restored(estate_id):
            raise Refusal(403, Code.NOT_ALLOWED)
        given = understood(lambda: given_back_from(self._box, sealed))
        rows.lock(estate_id)
        months = set(_estate(rows, estate_id, now_ms).months)
        kept = rows.secrets(estate_id)
        known = {row.secret_id for row in kept if row.kind == MONTH} | {row.name for row in kept if row.kind == GIVEN}
        known |= _made_there(rows, estate_id).keys()
        fresh = [one for one in given if one[0] not in known and one[1] in months]
        rows.put_secrets(self._row(estate_id, GIVEN, key_id, month, now_ms, key) for key_id, month, key in fresh)
        return len(fresh)

    def month_key(self, rows: Reading, estate_id: str, month_key_id: str) -> bytes | None:
        """Return a month's key that HQ made, by its id; None where there is none, or none any more."""
        ours = {(MONTH, month_key_id), (GIVEN, month_key_id)}
        found = (row for row in rows.secrets(estate_id) if (row.kind, _month_key_id(row)) in ours)
        return next((self._opened(row) for row in found), None)

    def _up_to_date(self, rows: Writing, estate_id: str, estate: _Estate, now_ms: int) -> list[SecretRow]:
        """Return what HQ keeps for the estate, after making what lacks and forgetting what is past."""
        kept = rows.secrets(estate_id)
        if not _lacking(kept, estate) and not _past(kept, estate):
            return kept
        rows.lock(estate_id)  # another process of HQ may be at it
        judged = judged_ms(rows, estate_id, now_ms)  # there is no way back from a month's key
        past = estate if judged == now_ms else _estate(rows, estate_id, judged)
        kept = rows.secrets(estate_id)
        rows.drop_secrets(estate_id, _past(kept, past))
        rows.put_secrets(
            self._row(estate_id, kind, name, id_text(new_id(now_ms)), now_ms, secrets.token_bytes(32))
            for kind, name in _lacking(kept, estate)
        )
        return rows.secrets(estate_id)

    def _handed(self, digest: str, kind: TerminalKind, mine: list[SecretRow], own: Mapping[str, _Made]) -> Handed:
        return Handed(
            digest,
            kind is TerminalKind.SUPERVISOR,
            tuple((row.secret_id, row.name, self._opened(row)) for row in mine if row.kind == MONTH),
            (
                *((key_id, one.month, key) for key_id, one in own.items() if (key := self._opened_made(one))),
                *((row.name, row.secret_id, self._opened(row)) for row in mine if row.kind == GIVEN),
            ),
            {row.name: self._opened(row) for row in mine if row.kind == OVERRIDE},
            {row.name: self._opened(row) for row in mine if row.kind == PEPPER},
            tuple(_pin(row, self._opened(row).decode()) for row in mine if row.kind == PIN),
        )

    def _row(self, estate_id: str, kind: str, name: str, secret_id: str, since_ms: int, secret: bytes) -> SecretRow:
        sealed = seal(self._secret, secret, record_id=parse_id(estate_id), field=f"{kind}\0{name}\0{secret_id}")
        return SecretRow(estate_id, kind, name, secret_id, since_ms, sealed)

    def _opened(self, row: SecretRow) -> bytes:
        bound = f"{row.kind}\0{row.name}\0{row.secret_id}"
        return unseal(self._secret, bytes(row.sealed), record_id=parse_id(row.estate_id), field=bound)

    def _opened_made(self, one: _Made) -> bytes | None:
        """Return a key that a terminal made; None for one that does not open, which is no reason to hand nothing."""
        try:
            key = open_sealed(self._box, base64.b64decode(one.sealed), purpose=MONTH_KEY)
        except ValueError:
            return None
        return key if len(key) == 32 else None


@dataclass(frozen=True, slots=True)
class _Made:
    """A month's key that a terminal made, sealed to HQ (base64)."""

    month: str
    sealed: str


def _estate(rows: Reading, estate_id: str, now_ms: int) -> _Estate:
    known = rows.estate(estate_id)
    zone = zone_called(known.time_zone if known else "UTC")
    months = months_with_keys(now_ms, zone, _kept_ms(rows, estate_id))
    return _Estate(tuple(months), months[-MONTHS_AHEAD], _people(rows, estate_id))


def _kept_ms(rows: Reading, estate_id: str) -> int:
    """Return for how long the estate keeps numbers (ms)."""
    row = rows.state(estate_id, "policy", id_text(ruled_id(parse_id(estate_id), "policy", _KEPT_POLICY)))
    try:
        own = {_KEPT_POLICY: json.loads(json.loads(row.state)["value"])} if row else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        own = {}
    return kept_for(policies_from(own)).number_ms


def _people(rows: Reading, estate_id: str) -> dict[str, Role]:
    """Return who works there, with their role."""
    states = rows.states_of(estate_id, "staff")
    every = json.loads(f"[{','.join(row.state for row in states)}]")  # at each hello: one text is read the fastest
    return {
        row.record_id: _ROLES[values["role"]]
        for row, values in zip(states, every, strict=True)
        if values.get("active") != 0 and values.get("role") in _ROLES
    }


def _lacking(kept: Iterable[SecretRow], estate: _Estate) -> list[tuple[str, str]]:
    there = {(row.kind, row.name) for row in kept}
    allowing = [(OVERRIDE, staff_id) for staff_id, role in estate.people.items() if may(role, Act.OVERRIDE)]
    ahead = [(MONTH, month) for month in estate.months if month >= estate.present]
    return [key for key in (*ahead, *allowing) if key not in there]


def _past(kept: Iterable[SecretRow], estate: _Estate) -> list[tuple[str, str]]:
    """Return the keys of months that are over for long enough, and what belongs to people who are gone."""
    return [
        (row.kind, row.name)
        for row in kept
        if (row.kind == MONTH and row.name < estate.months[0])
        or (row.kind == GIVEN and row.secret_id < estate.months[0])
        or (row.kind == PIN and row.name not in estate.people)
        or (row.kind == OVERRIDE and not (row.name in estate.people and may(estate.people[row.name], Act.OVERRIDE)))
    ]


def _is_for(row: SecretRow, kind: TerminalKind, estate: _Estate) -> bool:
    if row.kind in (MONTH, GIVEN):
        return (row.name if row.kind == MONTH else row.secret_id) in estate.months
    return row.kind != PIN or (row.name in estate.people and signs_in_at(kind, estate.people[row.name]))


def _month_key_id(row: SecretRow) -> str:
    return row.name if row.kind == GIVEN else row.secret_id


def _made_there(rows: Reading, estate_id: str) -> dict[str, _Made]:
    """Return the months' keys that terminals made themselves and told HQ, by id; erased ones are empty."""
    made = {}
    for row in rows.states_of(estate_id, "month_key"):
        values = json.loads(row.state)
        month, sealed = values.get("month"), values.get("sealed")
        if isinstance(month, str) and isinstance(sealed, str) and month and sealed:
            made[row.record_id] = _Made(month, sealed)
    return made


def _digest(kind: TerminalKind, mine: Iterable[SecretRow], own: Mapping[str, _Made]) -> str:
    named = [[str(kind)], *([row.kind, row.name, row.secret_id, row.since_ms] for row in mine), sorted(own)]
    return hashlib.sha256(compact_json(named)).hexdigest()[:16]


def _spelled(pin: Pin) -> str:
    """Return what is kept of how a PIN is checked; a verifier has no line break."""
    return pin.verifier + _TO_CHANGE if pin.to_change else pin.verifier


def _pin(row: SecretRow, kept: str) -> Pin:
    return Pin(row.name, row.since_ms, row.secret_id, kept.removesuffix(_TO_CHANGE), kept.endswith(_TO_CHANGE))


def _set(pin: Pin, now_ms: int) -> int:
    """Return when a PIN was set; a clock that is far ahead must not make it hold for ever."""
    return pin.set_ms if pin.set_ms <= now_ms + MOST_AHEAD_MS else now_ms
