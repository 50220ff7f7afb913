"""The table of synced columns: complete, unambiguous, and as private as the law asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.fields import TABLES, Field, Kind, Op, Privacy, Scope, Table

ALL = [(table, field) for table in TABLES.values() for field in table.fields]
NAMES = [f"{table.name}.{field.name}" for table, field in ALL]


def private(privacy: Privacy) -> set[str]:
    return {f"{table.name}.{field.name}" for table, field in ALL if field.privacy is privacy}


def test_no_column_is_described_twice() -> None:
    for table in TABLES.values():
        names = [table.key, *(field.name for field in table.fields), *table.derived]
        assert len(names) == len(set(names)), table.name


@pytest.mark.parametrize(("table", "field"), ALL, ids=NAMES)
def test_a_column_is_found_by_its_name(table: Table, field: Field) -> None:
    assert table.field(field.name) is field


@given(st.text())
def test_a_name_that_no_column_has_is_not_found(name: str) -> None:
    for table in TABLES.values():
        assert (table.field(name) is not None) == (name in {field.name for field in table.fields})


@pytest.mark.parametrize("name", ["visit.state", "visit.original", "document_secret.number_key"])
def test_what_is_derived_here_is_never_sent(name: str) -> None:
    table, column = name.split(".")

    assert TABLES[table].field(column) is None
    assert column in TABLES[table].derived


def test_what_tells_who_somebody_is_goes_when_they_are_erased() -> None:
    assert private(Privacy.PERSONAL) >= {
        "staff.name",
        "household.name",
        "household.gate_note",
        "resident.name",
        "resident.called",
        "resident.phone",
        "resident.sex",
        "visit.name",
        "visit.sex",
        "visit.phone",
        "visit.company",
        "visit.plate",
        "visit.room_code",
        "visit.parking",
        "visit.document_masked",
        "visit.reason_note",
        "visit.belongings",
        "visit.looks",
        "visit.check_notes",
        "companion.name",
        "visit_event.note",
    }


def test_sealed_values_are_secret_and_for_supervisors_only() -> None:
    assert private(Privacy.SECRET) == {"document_secret.sealed", "month_key.sealed"}
    for table, field in ALL:
        if field.privacy is Privacy.SECRET:
            assert (field.scope, field.kind) == (Scope.SUPERVISOR, Kind.BYTES), table.name


def test_ids_and_numbers_are_plain_so_that_erased_records_still_count() -> None:
    for table, field in ALL:
        if field.kind in (Kind.ID, Kind.INTEGER):
            assert field.privacy is Privacy.PLAIN, f"{table.name}.{field.name}"


def test_what_is_called_an_id_is_one_and_what_is_called_a_time_is_a_number() -> None:
    for table, field in ALL:
        if field.name.endswith("_id") or field.name in ("confirmed_by", "undoes"):
            assert field.kind is Kind.ID, f"{table.name}.{field.name}"
        if field.name.endswith("_ms"):
            assert field.kind is Kind.INTEGER, f"{table.name}.{field.name}"


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.parent], ids=lambda table: table.name)
def test_a_parent_is_an_id_of_the_record_itself(table: Table) -> None:
    assert table.parent is not None
    parent = table.field(table.parent)

    assert parent is not None
    assert parent.kind is Kind.ID
    assert table.parent in {other.key for other in TABLES.values()}


def test_only_events_are_added_and_never_written_again() -> None:
    assert [table.name for table in TABLES.values() if table.op is Op.EVENT] == ["visit_event", "audit"]
