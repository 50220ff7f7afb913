"""What the command line itself says: in Chinese without a word of English, in English in our own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from typer import Context, rich_utils
from typer.main import get_command

from butler_tui import words
from butler_tui.cli import typer_words
from butler_tui.cli.app import make_app
from tests.serving import butler

OURS = re.compile(
    r"--?[a-z-]+|\{[a-z_]+\}|'[a-z_-]+'|<gate\|[a-z|]*>|butler( hq)?( (enrol|sync|status|demo|serve|estate"
    r"|terminal|code|restore))*|Tab|csv|xlsx|BUTLER_HOME|JSON|PEM|Asia/Shanghai|https://\S+|\bHQ\b|^│ [* ]*[a-z-]+ ",
    re.MULTILINE,
)
"""Names of commands, options, arguments and types, which are typed as they are."""

HELPS = [["--help"], ["hq", "--help"], ["hq"], ["enrol", "--help"], ["demo", "--help"], ["hq", "terminal", "--help"]]
WRONG = [
    ["enrol"],
    ["nonsense"],
    ["syn"],
    ["sync", "--jso"],
    ["sync", "--ooo"],
    ["enrol", "a", "b", "c"],
    ["enrol", "--ca"],
    ["sync", "--json=3"],
    ["demo", "--visits", "many"],
    ["demo", "--households", "0"],
    ["demo", "--visits", "2000000000"],
    ["hq", "serve", "--port", "99999"],
    ["hq", "terminal", "code", "x", "--kind", "boat"],
]


@pytest.mark.parametrize("arguments", [*HELPS, *WRONG], ids=" ".join)
def test_the_command_line_speaks_chinese_throughout(arguments: list[str]) -> None:
    ended = butler(*arguments, env={"BUTLER_LANG": "zh", "COLUMNS": "100"})

    told = ended.stdout + ended.stderr
    typed = [word for argument in arguments for word in argument.split("=")]
    left = OURS.sub("", told)
    assert [word for word in re.findall(r"[A-Za-z]{2,}", left) if word not in typed] == []
    assert re.search("[\u4e00-\u9fff]", told)


def helped(columns: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the help of every command, at so many columns."""
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", columns)
    whole = get_command(make_app())

    def helps(command: Any, ctx: Context) -> Iterator[tuple[str, str]]:
        with redirect_stdout(StringIO()) as told:
            command.format_help(ctx, None)
        yield ctx.command_path, told.getvalue()
        for name, one in getattr(command, "commands", {}).items():
            yield from helps(one, Context(one, parent=ctx, info_name=name))

    return dict(helps(whole, Context(whole, info_name="butler")))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_at_80_columns_no_help_is_cut_or_speaks_of_pythons_types(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_catalogue", None)
    words.speak(language)
    narrow, wide = helped(80, monkeypatch), helped(400, monkeypatch)
    assert len(narrow) > 40
    for command, told in narrow.items():
        assert told.count("…") == wide[command].count("…"), told
        assert max(cell_len(line) for line in told.splitlines()) <= 80
        assert not re.findall(r"<(?:bool|str|int|float|list)\b|<=", told), told


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_words_are_a_sentence_and_exit_code_2(arguments: list[str]) -> None:
    ended = butler(*arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    for typers in ("Missing argument", "No such", "Got unexpected", "requires an argument", "Invalid value", "Input "):
        assert typers not in ended.stderr


def test_wrong_words_name_what_was_wrong_and_where_help_is() -> None:
    assert butler("enrol").stderr.splitlines() == [
        "Usage: butler enrol [OPTIONS] {url} {code}",
        "Its help: butler enrol --help",
        "'url' is missing.",
    ]
    assert butler("hq", "serve", "--port", "99999").stderr.splitlines()[-1] == (
        "'--port' is not right: it has to be at most 65535."
    )


@pytest.mark.usefixtures("english")
def test_what_is_not_listed_is_said_as_it_is() -> None:
    assert typer_words.said("Something new.") == "Something new."


def test_what_was_typed_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in butler("\x1b[31mred").stderr
