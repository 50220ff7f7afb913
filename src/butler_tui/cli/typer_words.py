"""What the command line itself says (usage, help, wrong words), in the language that is spoken.

Typer's own words are English: its headings are constants that may be set, its usage line and help option belong to the
command classes, and its errors are told apart by their text, for which its version is pinned. The types of values it
calls as Python does: those are put into words parameter by parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from butler_tui.text import safe
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from typer.core import TyperOption

_SENTENCES = (
    (r"Missing (?:argument|option|parameter) (?P<name>'.*?')\..*", N_("{name} is missing.")),
    (r"Missing command\.", N_("A command is missing.")),
    (
        r"No such command (?P<name>.+?)\. Did you mean (?P<guess>.+)\?",
        N_("There is no command {name}. Did you mean {guess}?"),
    ),
    (r"No such command (?P<name>.+)\.", N_("There is no command {name}.")),
    (
        r"No such option: (?P<name>.+) \(Possible options: (?P<guess>.+)\)",
        N_("There is no option {name}. Did you mean {guess}?"),
    ),
    (r"No such option: (?P<name>.+)", N_("There is no option {name}.")),
    (r"Got unexpected extra argument\S* \((?P<words>.*)\)", N_("This is more than is asked for: {words}")),
    (r"Option (?P<name>'.*?') requires .*", N_("{name} needs a value.")),
    (r"Option (?P<name>'.*?') does not take a value\.", N_("{name} takes no value.")),
    (r"Invalid value for (?P<name>'.*?'): (?P<why>.*)", N_("{name} is not right: {why}")),
    (r"Input should be a valid integer.*", N_("it has to be a whole number.")),
    (r"Input should be greater than or equal to (?P<least>\S+)", N_("it has to be at least {least}.")),
    (r"Input should be less than or equal to (?P<most>\S+)", N_("it has to be at most {most}.")),
    (r"Value error, .* is not one of (?P<choices>.+)\.", N_("it has to be one of {choices}.")),
)
"""What Typer says, and how we say it; what is not listed stays as Typer has it."""


_OF_TYPER = (
    ("--install-completion", N_("Complete words by Tab in this shell from now on.")),
    ("--show-completion", N_("Print what makes this shell complete words by Tab.")),
)
"""Options that Typer adds by itself, and what they do."""


_TYPES = {
    "<bool>": "",
    "<str>": N_("<text>"),
    "<list[str]>": N_("<text>"),
    "<path>": N_("<path>"),
    "<int>": N_("<number>"),
    "<int range>": N_("<number>"),
}
"""What Typer says of a value's type, and what we say: nothing of a switch, which takes no value."""


class _InOurWords:
    """What a command and a group explain alike; goes before Typer's own class."""

    def format_usage(self: Any, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage: "))

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return the option that shows the help."""
        return _with_our_help(super().get_help_option(ctx))  # type: ignore[misc]

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, those that Typer adds itself in our words."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in params:
            words = next((words for name, words in _OF_TYPER if name in one.opts), None)
            if words is not None:
                one.help = _(words)
            _in_words(one)
        return params

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        _set_headings()
        super().format_help(ctx, formatter)  # type: ignore[misc]


class _Command(_InOurWords, TyperCommand):
    """A command that explains itself in our words."""


class _Group(_InOurWords, TyperGroup):
    """A group of commands that explains itself in our words."""


class Commands(typer.Typer):
    """A `typer.Typer` whose commands explain themselves in our words."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            cls=_Group, options_metavar=_("[OPTIONS]"), subcommand_metavar=_("COMMAND [ARGUMENTS]..."), **settings
        )

    def command(self, *names: Any, **settings: Any) -> Callable[[Any], Any]:
        """Add a command, as `typer.Typer.command` does."""
        return super().command(*names, **{"cls": _Command, "options_metavar": _("[OPTIONS]"), **settings})


def _with_our_help(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.help = _("Show this help.")
    return option


def _in_words(param: Any) -> None:
    """Let the help say in our words what kind of value a parameter takes, and within which bounds."""
    shown, least, most = param.display_type_rich, getattr(param, "min", None), getattr(param, "max", None)

    def type_words(ctx: Any) -> str | None:
        word = shown(ctx=ctx)
        return (_(_TYPES[word]) if _TYPES[word] else None) if word in _TYPES else word

    def bounds() -> str | None:
        if least is None or most is None:
            return _("at least {least}", least=least) if least is not None else None
        return _("{least} to {most}", least=least, most=most)

    param.display_type_rich, param._get_number_range_help_str = type_words, bounds


def _folding(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes the words of a help so that those without a space in them, as in Chinese, are never cut."""

    @wraps(make)
    def made(**settings: Any) -> Any:
        words = make(**settings)
        words.overflow = "fold"
        return words

    return made


def _set_headings() -> None:
    from typer import rich_utils

    if not hasattr(rich_utils._make_rich_text, "__wrapped__"):
        vars(rich_utils)["_make_rich_text"] = _folding(rich_utils._make_rich_text)

    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.DEFAULT_STRING = _("[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = _("[required]")


def wrong_usage(error: TyperException) -> str:
    """Return what to tell somebody whose words were off: how it is used, where its help is, and what was wrong.

    Empty where the help itself was shown, because no words were given at all.
    """
    if type(error).__name__ == "NoArgsIsHelpError":
        return ""
    lines = [safe(said(error.format_message()))]
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        help_command = f"{ctx.command_path} {ctx.help_option_names[-1]}"
        lines = [ctx.get_usage(), _("Its help: {command}", command=help_command), *lines]
    return "\n".join(lines)


def said(message: str) -> str:
    """Return what Typer says in `message` in our words."""
    for pattern, sentence in _SENTENCES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            details = found.groupdict()
            if "choices" in details:
                details["choices"] = re.sub(r"'(\w+)'", lambda one: _with_label(one[1]), details["choices"])
            return _(sentence, **{**details, "why": said(details["why"])} if "why" in details else details)
    return message


def _with_label(code: str) -> str:
    """Return a code that may be given with what it is called, where it is a kind of terminal."""
    from butler_tui.domain.rights import TerminalKind
    from butler_tui.labels import label

    known = next((one for one in TerminalKind if str(one) == code), None)
    return f"'{code}' ({label(known)})" if known is not None else f"'{code}'"
