"""The Chinese is complete, and what is read at run time is what was translated."""

from __future__ import annotations

from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from rich.cells import cell_len

from tools import catalogue

TWO_CELLS_SOMEWHERE = frozenset("●✓①—·¥★“”…")
"""Marks that some terminals draw two cells wide: Chinese words go without them (SCREENS, principle 9)."""
SHORT_KEYS = (
    "Next",
    "Checks",
    "Admit",
    "Turn away",
    "Undo",
    "On site",
    "Lock",
    "Help",
    "Back",
    "Sync now",
    "Check out",
)
FORM_LABELS = (
    *("Arrival", "Name", "Phone", "Room", "Confirmed", "Reason", "Document", "Badge"),
    *("Vehicle", "Bay", "Company", "Companions", "Belongings", "Remarks"),
)


def placeholders(text: str) -> set[tuple[str, str]]:
    """Return name and form of every {placeholder}."""
    return {(name, form or "") for _before, name, form, _how in Formatter().parse(text) if name is not None}


def source_of(message: Message) -> str:
    assert isinstance(message.id, str)
    return message.id


def chinese_of(message: Message) -> str:
    assert isinstance(message.string, str)
    return message.string


@pytest.fixture(scope="module")
def translated() -> dict[str, str]:
    """Return what butler.po says, by source message."""
    return {source_of(one): chinese_of(one) for one in catalogue.messages(catalogue.read())}


def test_every_message_of_the_sources_has_chinese(translated: dict[str, str]) -> None:
    said = {source_of(one) for one in catalogue.messages(catalogue.extract())}
    assert sorted(message for message in said if not translated.get(message, "").strip()) == []


def test_nothing_is_only_a_guess() -> None:
    assert [one.id for one in catalogue.messages(catalogue.read()) if one.fuzzy] == []


def test_no_entry_outlives_its_source(translated: dict[str, str]) -> None:
    said = {source_of(one) for one in catalogue.messages(catalogue.extract())}
    assert sorted(set(translated) - said) == []
    assert not catalogue.read().obsolete


def test_both_sides_have_the_same_placeholders(translated: dict[str, str]) -> None:
    assert {one: chinese for one, chinese in translated.items() if placeholders(one) != placeholders(chinese)} == {}


def test_the_compiled_file_is_what_the_words_compile_to(translated: dict[str, str]) -> None:
    with catalogue.MO.open("rb") as stream:
        committed = GNUTranslations(stream)
    fresh = GNUTranslations(BytesIO(catalogue.compiled()))
    assert {one: committed.gettext(one) for one in translated} == translated
    assert vars(committed)["_catalog"] == vars(fresh)["_catalog"]


def test_chinese_keeps_to_marks_that_are_drawn_alike_everywhere(translated: dict[str, str]) -> None:
    assert [chinese for chinese in translated.values() if TWO_CELLS_SOMEWHERE & set(chinese)] == []


def test_labels_of_the_form_are_two_or_three_characters(translated: dict[str, str]) -> None:
    assert {one: translated[one] for one in FORM_LABELS if cell_len(translated[one]) not in (4, 6)} == {}


def test_words_beside_keys_are_two_to_four_characters(translated: dict[str, str]) -> None:
    assert {one: translated[one] for one in SHORT_KEYS if not 4 <= cell_len(translated[one]) <= 8} == {}


def test_messages_inside_f_strings_are_found(tmp_path: Path) -> None:
    file = tmp_path / "screen.py"
    file.write_text("words = f'{_(\"inside\")} {x}' + N_('one ' 'sentence') + other('not marked')\n", "utf-8")
    assert sorted(message for _line, message in catalogue.marked(file)) == ["inside", "one sentence"]
