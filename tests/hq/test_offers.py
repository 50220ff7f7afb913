"""What a restored HQ is offered of others, on either engine: kept once, settled by its author, or taken in."""

from __future__ import annotations

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.merge import FieldStamp
from butler_tui.hq import offers, registers, taking_in
from butler_tui.hq.refusals import Refusal
from butler_tui.sync.protocol import ErasedAsk, OfferAnswer, OfferAsk, Offered
from tests.hq.authors import NOW, Author, MakeAuthor, fresh

GEN = fresh()


@pytest.fixture
def witness(author_of: MakeAuthor) -> Author:
    """Return a terminal before an HQ that was restored."""
    made = author_of()
    made.engine.write(lambda rows: rows.begin_generation(made.terminal.estate_id, GEN, NOW)).result()
    made.hq_gen = GEN
    return made


def offered(witness: Author, *changes: Change) -> OfferAnswer:
    stamps = [FieldStamp(NOW, at, fresh(), 1, one.cid, 7 + at, 0, fresh()) for at, one in enumerate(changes)]
    writes = [
        Offered(one.table, one.record_id, {**one.fields, **(one.personal or {})}, stamp)
        for one, stamp in zip(changes, stamps, strict=True)
    ]
    ask = OfferAsk(witness.epoch, GEN, 0, tuple(writes))
    return witness.engine.write(lambda rows: offers.keep(rows, witness.terminal, ask, NOW)).result()


def verdicts(witness: Author) -> list[str]:
    log = witness.engine.read(lambda rows: rows.log_after(witness.terminal.estate_id, 0, 100))
    return [row.verdict for row in log]


def test_it_is_kept_once_settled_by_its_author_or_taken_in(witness: Author, author_of: MakeAuthor) -> None:
    estate_id = witness.terminal.estate_id
    dead = author_of(estate_id=estate_id)
    dead.hq_gen = GEN
    house, other = (dead.change("house", room_code=code, building="V17") for code in ("V17", "V18"))
    apart = offered(witness, house, other)
    assert offered(witness, house, other) == apart
    assert list(apart.apart) == sorted([("house", house.record_id), ("house", other.record_id)])
    assert verdicts(witness) == ["offered", "offered"]

    dead.push(house)
    assert verdicts(witness) == ["settled", "offered", "applied"]
    taken = witness.engine.write(lambda rows: taking_in.take_in(rows, estate_id, NOW)).result()
    assert (taken.taken, taken.left) == (1, 0)
    assert dead.push(other).duplicates == (other.cid,)
    assert verdicts(witness) == ["settled", "released", "applied", "applied"]
    assert (witness.state(house), witness.state(other)) != (None, None)
    assert offered(witness, house, other) == OfferAnswer(())


def test_what_stands_in_quarantine_is_not_taken_for_known(witness: Author) -> None:
    wrong = witness.change("house", room_code=7, building="V17")
    witness.push(wrong)
    assert offered(witness, wrong).apart == (("house", wrong.record_id),)
    assert verdicts(witness) == ["quarantined"]


def test_an_erasure_that_is_told_stands_in_the_log(witness: Author) -> None:
    estate_id = witness.terminal.estate_id
    house = witness.change("house", room_code="V17", building="V17")
    home = witness.change("household", parent_id=house.record_id, house_id=house.record_id, name="林宅")
    witness.push(house, home)
    ask = ErasedAsk(witness.epoch, GEN, (("household", home.record_id),))
    told = [
        witness.engine.write(lambda rows: registers.take(rows, witness.terminal, ask, NOW)).result() for _ in range(2)
    ]
    assert told == [1, 0]
    log = witness.engine.read(lambda rows: rows.log_after(estate_id, 0, 100))
    assert [row.op for row in log] == ["put", "put", "erase"]
    assert "林宅" not in str([row.body for row in log])
    assert "name" not in (witness.state(home) or {})
    stale = ErasedAsk(witness.epoch, fresh(), ask.erased)
    with pytest.raises(Refusal):
        witness.engine.write(lambda rows: registers.take(rows, witness.terminal, stale, NOW)).result()


def test_an_offer_that_names_no_record_is_no_trouble_of_hqs_own(witness: Author) -> None:
    estate_id = witness.terminal.estate_id
    witness.engine.write(lambda rows: rows.register_erased(estate_id, [("visit", fresh())], NOW)).result()
    odd = witness.change("attachment", subject_table="visit", subject_id="\0")
    assert offered(witness, odd).apart == (("attachment", odd.record_id),)
