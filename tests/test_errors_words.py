"""Errors carry a sentence and an exit code; words come from the catalogue of the language chosen."""

from __future__ import annotations

import errno
import os
from gettext import NullTranslations
from pathlib import Path

import pytest

from butler_tui import errors, words
from butler_tui.errors import ButlerError, FileTrouble, NotAllowed, RuleBroken, SetUpWrong, TryLater, WrongUsage
from butler_tui.words import N_, _, choose_language, speak


@pytest.fixture(autouse=True)
def spoken_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test the English catalogue, and put back afterwards whatever was spoken before."""
    monkeypatch.setattr(words, "_catalogue", NullTranslations())


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (ButlerError, 1),
        (RuleBroken, 1),
        (NotAllowed, 1),
        (FileTrouble, 1),
        (WrongUsage, 2),
        (TryLater, 75),
        (SetUpWrong, 78),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: type[ButlerError], exit_code: int) -> None:
    assert error(N_("No.")).exit_code == exit_code


def test_done_is_zero() -> None:
    assert errors.EXIT_DONE == 0


def test_what_stands_in_a_sentence_cannot_drive_the_terminal() -> None:
    error = SetUpWrong(
        N_("There is no {file}, {badge}: {size:.1f}."), file=Path("/\x1b[2J\udc9b"), badge="\x9b", size=1.5
    )
    assert error.sentence() == "There is no /\ufffd[2J\ufffd, \ufffd: 1.5."


def test_a_sentence_is_filled_in_with_its_details() -> None:
    error = RuleBroken("Badge {badge} is still out with {who}.", badge="A017", who="李先生")

    assert error.sentence() == str(error) == "Badge A017 is still out with 李先生."


def test_braces_in_a_detail_are_left_as_they_are() -> None:
    assert RuleBroken("No {name}.", name="{who} {0} {").sentence() == "No {who} {0} {."


def test_a_sentence_without_details_may_hold_braces() -> None:
    assert RuleBroken("{").sentence() == "{"


def test_an_error_is_put_into_words_only_when_it_is_shown() -> None:
    error = SetUpWrong("This computer already has an estate.")
    english = error.sentence()
    speak("zh_CN")

    assert error.sentence() != english
    assert error.message == english


@pytest.mark.parametrize(
    ("chosen", "language"),
    [
        (None, "zh_CN"),
        ("", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh_CN", "zh_CN"),
        ("en", "en"),
        ("EN", "en"),
        ("en_GB.UTF-8", "en"),
        ("fr", "zh_CN"),
    ],
)
def test_chinese_is_spoken_unless_english_is_asked_for(chosen: str | None, language: str) -> None:
    assert choose_language({} if chosen is None else {"BUTLER_LANG": chosen}) == language


def test_every_language_named_can_be_spoken() -> None:
    for language in words.LANGUAGES:
        speak(language)
        assert _("Guard")


def test_the_catalogue_is_asked_in_the_language_chosen() -> None:
    speak("zh_CN")
    chinese = _("Guard")
    speak("en")

    assert (chinese, _("Guard")) == ("秩序维护员", "Guard")


def test_a_language_without_a_catalogue_is_spoken_in_english() -> None:
    speak("xx")

    assert _("Guard") == "Guard"


def test_the_first_word_spoken_chooses_the_language_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_catalogue", None)
    monkeypatch.setenv("BUTLER_LANG", "zh")

    assert _("Guard") == "秩序维护员"


def test_marking_a_word_leaves_it_as_it_is() -> None:
    speak("zh_CN")

    assert N_("Guard") == "Guard"


def test_what_the_system_refuses_is_said_in_our_words_or_by_its_number() -> None:
    speak("zh_CN")
    said = [errors.system_words(OSError(number, os.strerror(number))) for number in (errno.ENOENT, errno.ENOSPC)]
    assert said == ["找不到文件或文件夹", "磁盘已满"]
    assert errors.system_words(OSError(errno.ELOOP, "loop")) == f"系统报告错误 {errno.ELOOP}"
    assert errors.system_words(OSError("no number")) == "系统报告错误 0"
