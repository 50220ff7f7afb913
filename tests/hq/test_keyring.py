"""What HQ keeps secret for an estate: made ahead, handed where it belongs, forgotten in time; on either engine."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.engines import TerminalRow, Writing
from butler_tui.hq.keyring import Keyring, begin_anew
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.tending import tend_once
from butler_tui.ids import id_text, parse_id, ruled_id
from butler_tui.sealing import public_box_key
from butler_tui.sync.protocol import Code, Handed, Pin, PinsAsk, handed_from
from tests.hq.authors import NOW, Author, MakeAuthor, fresh

_HQ_BOX = bytes(range(32))
_BOX = bytes(range(1, 33))
_PEPPER = b"p" * 32
_ROLES = ("guard", "shift_lead", "butler", "supervisor")


@dataclass
class Place:
    """An estate at HQ with one person a role, and its supervisor's terminal."""

    head: Author
    people: dict[str, str]

    def terminal(self, kind: str = "supervisor") -> TerminalRow:
        """Return a terminal of `kind` whose key the test has."""
        return self.head.terminal._replace(kind=kind, box_key=public_box_key(_BOX))

    def handed(self, kind: str = "supervisor", now_ms: int = NOW, known: str = "") -> Handed | None:
        """Return what such a terminal is handed at a hello, opened with its key; None for nothing."""
        terminal = self.terminal(kind)
        sealed = self.head.engine.write(lambda rows: Keyring(_HQ_BOX).handed(rows, terminal, known, now_ms)).result()
        return handed_from(_BOX, sealed[0]) if sealed else None

    def tell(self, *pins: Pin, kind: str = "supervisor") -> int:
        """Tell HQ PINs, under one pepper."""
        peppers = {pin.pepper_id: _PEPPER for pin in pins}
        ask = PinsAsk.of(fresh(), public_box_key(_HQ_BOX), pins, peppers)
        terminal = self.terminal(kind)
        return self.head.engine.write(lambda rows: Keyring(_HQ_BOX).told(rows, terminal, ask.sealed, NOW)).result()

    def pin(self, role: str, set_ms: int = NOW, verifier: str = "$argon2id$1") -> Pin:
        """Return a PIN of whoever has this role."""
        return Pin(self.people[role], set_ms, "pepper1", verifier)

    def leaves(self, role: str) -> None:
        """Let somebody leave."""
        gone = self.head.change("staff", record_id=self.people[role], active=0)
        assert self.head.reasons(self.head.push(gone)) == []


@pytest.fixture
def place(author_of: MakeAuthor) -> Place:
    head, people = author_of(), {}
    for number, role in enumerate(_ROLES):
        person = head.change("staff", number=str(number), name=role, role=role, active=1)
        assert head.reasons(head.push(person)) == []
        people[role] = person.record_id
    return Place(head, people)


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def _months(handed: Handed | None) -> dict[str, bytes]:
    assert handed is not None
    return {month: key for _id, month, key in handed.months}


def test_keys_of_seven_months_and_of_those_who_may_allow(place: Place) -> None:
    handed = place.handed("gate")
    assert handed is not None
    assert sorted(_months(handed)) == [
        "2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04", "2027-05",
    ]  # fmt: skip
    assert set(handed.overrides) == {place.people["shift_lead"], place.people["supervisor"]}
    every = [*_months(handed).values(), *handed.overrides.values()]
    assert len(set(every)) == 9


def test_nothing_is_handed_where_it_is_there_already_and_all_terminals_have_the_same(place: Place) -> None:
    first = place.handed("gate")
    assert first is not None
    assert place.handed("gate", known=first.digest) is None
    again = place.handed("gate", known="something else")
    assert again == first
    other = place.handed("butler", known=first.digest)
    assert other is not None
    assert (other.months, other.overrides) == (first.months, first.overrides)


def test_a_month_on_one_more_is_made_and_a_month_is_forgotten_thirty_days_after_it(place: Place) -> None:
    november = _months(place.handed())
    december = _months(place.handed(now_ms=_at("2026-12-30 23:59")))
    assert sorted(december)[0] == "2026-11"
    assert sorted(december)[-1] == "2027-06"
    assert {month: key for month, key in december.items() if month in november} == november
    january = _months(place.handed(now_ms=_at("2026-12-31 00:01")))
    assert sorted(january)[0] == "2026-12"
    assert "2026-11" not in [row.name for row in place.head.engine.read(lambda rows: rows.secrets(_estate(place)))]


def test_a_month_is_forgotten_also_where_no_terminal_asks(place: Place, tmp_path: Path) -> None:
    place.handed()
    blobs = Blobs(tmp_path, bytes(32))
    for now_ms, first in ((_at("2026-12-30 23:59"), "2026-11"), (_at("2026-12-31 00:01"), "2026-12")):
        asyncio.run(tend_once(place.head.engine, blobs, lambda at=now_ms: at, tmp_path / "log"))  # type: ignore[misc]
        kept = place.head.engine.read(lambda rows: rows.secrets(_estate(place)))
        assert min(row.name for row in kept if row.kind == "month") == first


def test_a_clock_that_is_years_ahead_forgets_no_month(place: Place, tmp_path: Path) -> None:
    before = _months(place.handed())
    ahead = _at("2036-11-13 08:00")
    asyncio.run(tend_once(place.head.engine, Blobs(tmp_path, bytes(32)), lambda: ahead, tmp_path / "log"))
    place.handed(now_ms=ahead)
    kept = place.head.engine.read(lambda rows: rows.secrets(_estate(place)))
    assert set(before) <= {row.name for row in kept if row.kind == "month"}


def test_where_numbers_are_kept_longer_so_are_their_keys(place: Place) -> None:
    place.handed()
    estate_id = parse_id(_estate(place))
    policy = place.head.change(
        "policy",
        record_id=id_text(ruled_id(estate_id, "policy", "retention_number_days")),
        key="retention_number_days",
        value=json.dumps(90),
    )
    assert place.head.reasons(place.head.push(policy)) == []
    assert "2026-11" in _months(place.handed(now_ms=_at("2027-02-27 12:00")))
    assert "2026-11" not in _months(place.handed(now_ms=_at("2027-03-02 12:00")))


def _estate(place: Place) -> str:
    return place.head.terminal.estate_id


def test_what_stands_in_the_database_opens_nothing_alone(place: Place) -> None:
    place.tell(place.pin("guard"))
    handed = place.handed()
    assert handed is not None
    rows = place.head.engine.read(lambda rows: rows.secrets(_estate(place)))
    stored = b"\0".join(bytes(row.sealed) for row in rows)
    for secret in (*_months(handed).values(), *handed.overrides.values(), _PEPPER, b"$argon2id$1"):
        assert secret not in stored
    with pytest.raises(ValueError, match="does not open"):
        Keyring(bytes(32)).month_key(_Rows(rows), _estate(place), handed.months[0][0])  # type: ignore[arg-type]
    mixed = [rows[0]._replace(sealed=rows[1].sealed, kind="month")]
    with pytest.raises(ValueError, match="does not open"):
        Keyring(_HQ_BOX).month_key(_Rows(mixed), _estate(place), rows[0].secret_id)  # type: ignore[arg-type]


class _Rows:
    """Rows as a database has them that was taken away."""

    def __init__(self, rows: list[object]) -> None:
        self._rows = rows

    def secrets(self, _estate_id: str) -> list[object]:
        return self._rows


def test_a_revoked_terminal_gets_nothing_and_tells_nothing(place: Place) -> None:
    revoked = place.terminal()._replace(revoked_ms=NOW)
    keyring = Keyring(_HQ_BOX)
    assert place.head.engine.write(lambda rows: keyring.handed(rows, revoked, "", NOW)).result() == ()
    ask = PinsAsk.of(fresh(), public_box_key(_HQ_BOX), (place.pin("guard"),), {"pepper1": _PEPPER})
    with pytest.raises(Refusal):
        place.head.engine.write(lambda rows: keyring.told(rows, revoked, ask.sealed, NOW)).result()


def test_after_a_loss_other_keys_are_made_but_for_what_is_sealed_already(place: Place) -> None:
    before = place.handed()
    assert before is not None
    place.head.engine.write(lambda rows: begin_anew(rows, _estate(place), NOW)).result()
    after = place.handed(known=before.digest)
    assert after is not None
    assert _months(after)["2026-11"] == _months(before)["2026-11"]
    assert not {key for month, key in _months(after).items() if month > "2026-11"} & set(_months(before).values())
    assert not set(after.overrides.values()) & set(before.overrides.values())


@pytest.mark.parametrize(
    ("kind", "roles"),
    [("gate", {"guard", "shift_lead", "supervisor"}), ("butler", {"butler", "shift_lead", "supervisor"}),
     ("supervisor", set(_ROLES))],
)  # fmt: skip
def test_pins_go_where_people_work(place: Place, kind: str, roles: set[str]) -> None:
    assert place.tell(*(place.pin(role) for role in _ROLES)) == 4
    handed = place.handed(kind)
    assert handed is not None
    assert {pin.staff_id for pin in handed.pins} == {place.people[role] for role in roles}
    assert handed.peppers == {"pepper1": _PEPPER}
    assert handed.tells is (kind == "supervisor")


def test_the_pin_that_was_set_last_holds(place: Place) -> None:
    for set_ms, verifier in ((NOW, "new"), (NOW - 1, "old"), (NOW, "same time")):
        assert place.tell(place.pin("guard", set_ms, verifier)) == 1
    handed = place.handed("gate")
    assert handed is not None
    assert [pin.verifier for pin in handed.pins] == ["new"]


def test_a_clock_far_ahead_does_not_set_a_pin_for_ever(place: Place) -> None:
    place.tell(place.pin("guard", NOW + 10**12, "from the future"))
    handed = place.handed("gate")
    assert handed is not None
    assert handed.pins[0].set_ms == NOW


def test_of_nobody_whom_hq_does_not_know_is_a_pin_kept(place: Place) -> None:
    assert place.tell(replace(place.pin("guard"), staff_id=fresh())) == 0
    handed = place.handed("gate")
    assert handed is not None
    assert handed.pins == ()


@pytest.mark.parametrize("kind", ["gate", "butler"])
def test_only_a_supervisors_terminal_tells_pins(place: Place, kind: str) -> None:
    with pytest.raises(Refusal):
        place.tell(place.pin("supervisor"), kind=kind)


def test_what_is_told_must_open_and_be_whole(place: Place) -> None:
    keyring, terminal = Keyring(_HQ_BOX), place.terminal()
    lacking = PinsAsk.of(fresh(), public_box_key(_HQ_BOX), (place.pin("guard"),), {})
    foreign = PinsAsk.of(fresh(), public_box_key(_BOX), (place.pin("guard"),), {"pepper1": _PEPPER})

    def tell(rows: Writing, sealed: str) -> int:
        return keyring.told(rows, terminal, sealed, NOW)

    for sealed, why in ((lacking.sealed, "peppers"), (foreign.sealed, "does not open"), ("", "sealed"),
                        ("AAAA", "sealed"), ("A" * 400, "shared key")):  # fmt: skip
        with pytest.raises(Refusal, match=Code.MALFORMED) as refused:
            place.head.engine.write(partial(tell, sealed=sealed)).result()
        assert why in str(refused.value.__cause__)


def test_who_has_left_allows_nothing_and_signs_in_nowhere(place: Place) -> None:
    place.tell(place.pin("shift_lead"), place.pin("guard"))
    before = place.handed("gate")
    assert before is not None
    place.leaves("shift_lead")
    after = place.handed("gate", known=before.digest)
    assert after is not None
    assert set(after.overrides) == {place.people["supervisor"]}
    assert {pin.staff_id for pin in after.pins} == {place.people["guard"]}
    kept = place.head.engine.read(lambda rows: rows.secrets(_estate(place)))
    assert place.people["shift_lead"] not in [row.name for row in kept]


def test_no_kind_of_terminal_is_forgotten() -> None:
    from butler_tui.domain.rights import SIGNS_IN_AT

    assert set(SIGNS_IN_AT) == set(TerminalKind)
