"""The documents tell the truth: commands, options, keys, files, exit codes and links that they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
import typer
from textual.binding import Binding
from textual.dom import DOMNode

import butler_tui.tui
from butler_tui import errors
from butler_tui.cli.app import make_app
from butler_tui.paths import find_home

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = (*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "docs/domain.md", "docs/protocol.md")
KEY_NAMES = {"Esc": "escape"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section_of(name: str, heading: str) -> str:
    """Return what stands under a second heading."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text_of(name), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{name} has no section {heading}"
    return found[1]


def rows_of(section: str) -> list[list[str]]:
    """Return the cells of every table row, without heads."""
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("|--")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [
        row for row in rows if row[0] not in ("key", "键", "command", "命令", "exit code", "退出码", "file", "文件")
    ]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that `words` (after `butler`) lead to, and what is left of them."""
    command: Any = typer.main.get_command(make_app())
    left = list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    return command, left


def options_of(command: Any) -> set[str]:
    return {"--help", *(name for one in command.params for name in one.opts)}


def bindings() -> Iterator[Binding]:
    """Yield every binding declared in the screens, dialogs and widgets."""
    for module in walk_packages(butler_tui.tui.__path__, "butler_tui.tui."):
        for kind in vars(import_module(module.name)).values():
            if isinstance(kind, type) and issubclass(kind, DOMNode) and kind.__module__ == module.name:
                yield from Binding.make_bindings(kind.__dict__.get("BINDINGS", []))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text_of(name))
    local = [link for link in links if not link.startswith("https://")]
    assert [link for link in local if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_option_of_the_table_exists(name: str) -> None:
    rows = rows_of(section_of(name, "Commands" if name == "README.md" else "命令"))
    commands = [row for row in rows if row[0].startswith("`butler")]
    assert len(commands) > 5
    for called, does in commands:
        command, left = command_of(called.strip("`").split()[1:])
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        named = [word for word in left if not word.startswith("--")]
        assert len(named) == len([one for one in arguments if one.required]), called
        options = {word for word in left if word.startswith("--")} | set(re.findall(r"`(--[a-z-]+)`", does))
        assert options <= options_of(command), called


@pytest.mark.parametrize("name", READMES)
def test_every_command_there_is_stands_in_the_table(name: str) -> None:
    def leaves(command: Any, words: list[str]) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield " ".join(words)
        for word, one in (inner or {}).items():
            yield from leaves(one, [*words, word])

    section = section_of(name, "Commands" if name == "README.md" else "命令")
    assert [words for words in leaves(command_of([])[0], ["butler"]) if f"`{words}" not in section] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_in_running_text_exists(name: str) -> None:
    called = re.findall(r"(?:^|[`/])butler ((?:[a-z][a-z-]*)(?: [^`\n]*)?)", text_of(name), re.MULTILINE)
    for words in called:
        command, left = command_of(words.split())
        assert not hasattr(command, "commands") or command.invoke_without_command, words
        assert {word for word in left if word.startswith("--")} <= options_of(command), words


@pytest.mark.parametrize("name", READMES)
def test_every_key_of_the_table_is_bound(name: str) -> None:
    bound = {key.strip() for binding in bindings() for key in binding.key.split(",")}
    rows = rows_of(section_of(name, "Keys" if name == "README.md" else "按键"))
    keys = [key for row in rows for key in re.findall(r"Ctrl\+[A-Z]|F\d+|[A-Z][a-z]+|\d", row[0])]
    assert len(keys) > 15
    assert [key for key in keys if KEY_NAMES.get(key, key.lower()) not in bound] == []


@pytest.mark.parametrize("name", READMES)
def test_every_function_and_control_key_stands_in_the_table(name: str) -> None:
    section = section_of(name, "Keys" if name == "README.md" else "按键")
    named = {key.lower() for key in re.findall(r"Ctrl\+[A-Z]|F\d+", section)}
    keys = {key for binding in bindings() for key in binding.key.split(",")}
    assert sorted(key for key in keys if re.fullmatch(r"f\d+|ctrl\+.", key) and key not in named) == []


@pytest.mark.parametrize("name", READMES)
def test_exit_codes_are_those_of_the_errors(name: str) -> None:
    section = section_of(name, "Commands" if name == "README.md" else "命令")
    codes = {int(row[0]) for row in rows_of(section) if row[0].isdigit()}
    assert codes == {value for key, value in vars(errors).items() if key.startswith("EXIT_")}


@pytest.mark.parametrize("name", READMES)
def test_files_are_where_the_readme_says(name: str) -> None:
    home = find_home({"BUTLER_HOME": "/home"})
    named = {
        row[0].strip("`/") for row in rows_of(section_of(name, "Where things are" if "zh" not in name else "文件位置"))
    }
    assert named == {home.database.name, home.keys.name, home.settings.name, home.log.name, home.hq.name}


def test_both_readmes_say_the_same_commands() -> None:
    def blocks(name: str) -> list[str]:
        return re.findall(r"```sh\n(.*?)```", text_of(name), re.DOTALL)

    assert blocks(READMES[0]) == blocks(READMES[1])
    assert len(blocks(READMES[0])) == 2


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text_of(name), re.MULTILINE)) <= targets


def test_the_demo_s_person_in_the_readme_can_sign_in() -> None:
    from butler_tui.demo.names import STAFF

    for name in READMES:
        found = re.search(r"`(\d{4})`.{0,20}?`(\d{6})`", text_of(name))
        assert found is not None
        assert found.groups() in {(number, pin) for number, _name, _role, pin in STAFF}


def test_policies_of_the_document_are_those_there_are() -> None:
    from dataclasses import fields

    from butler_tui.domain.policies import Policies

    section = section_of("docs/domain.md", "Policies")
    named = set(re.findall(r"^\| `([a-z_]+)`", section, re.MULTILINE))
    assert named == {field.name for field in fields(Policies)} - {"reasons"}
    for field in fields(Policies):
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert f"| `{field.name}` | {field.default} |" in section


def test_reasons_of_the_document_are_those_of_the_policies() -> None:
    from butler_tui.domain.policies import Policies

    rows = re.findall(r"^\| `([a-z_]+)` \| \S+ \| ([^|]+) \|", section_of("docs/domain.md", "Reasons"), re.MULTILINE)
    assert {code: tuple(digits.strip().split(", ")) for code, digits in rows} == {
        str(rule.reason): rule.keys for rule in Policies().reasons
    }
