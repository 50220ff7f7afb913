"""`butler staff …`: who signs in here, kept by a supervisor from the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len

from butler_tui.cli.acting import acting, as_option
from butler_tui.cli.init import new_pin
from butler_tui.cli.output import now_ms, open_terminal, print_json, say
from butler_tui.cli.typer_words import Commands
from butler_tui.domain.rights import Role
from butler_tui.errors import WrongUsage
from butler_tui.labels import label
from butler_tui.text import safe
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.store.staff import Colleague

NEW_PIN_VARIABLE = "BUTLER_NEW_PIN"


def register(app: typer.Typer) -> None:
    """Add the commands for staff."""
    staff = Commands(help=_("Who signs in here; for supervisors."), no_args_is_help=True)
    _register_add(staff)
    _register_list(staff)
    _register_change(staff)
    _register_reset_pin(staff)
    app.add_typer(staff, name="staff")


def _number_argument() -> str:
    return typer.Argument(help=_("The person's staff number."))  # type: ignore[no-any-return]


def _make_pin_option() -> bool:
    return typer.Option(False, "--make-pin", help=_("Make a PIN at random and print it."))  # type: ignore[no-any-return]


def _register_add(staff: typer.Typer) -> None:
    @staff.command(help=_("Take on a person, with a PIN to start with (BUTLER_NEW_PIN, or asked for twice)."))
    def add(
        number: str = _number_argument(),
        name: str = typer.Argument(help=_("The person's name.")),
        role: str = typer.Option(str(Role.GUARD), "--role", help=_roles_help()),
        who: str = as_option(),
        make: bool = _make_pin_option(),
    ) -> None:
        from butler_tui.desk.session import require, require_terminal
        from butler_tui.desk.set_up_staff import read_number, take_on
        from butler_tui.domain.rights import Act

        as_role = _role(role)
        with open_terminal() as store:
            session = acting(store, who)
            require(session, Act.MANAGE_STAFF)
            require_terminal(store, Act.MANAGE_STAFF)
            pin = _new_pin(read_number(number), make=make)
            take_on(store, session, number, name, as_role, pin, now_ms())
        say(_("{name} signs in as {number} from now on.", name=safe(name).strip(), number=read_number(number)))
        _print_made(pin, make=make)


def _register_list(staff: typer.Typer) -> None:
    @staff.command("list", help=_("List everybody who signs in here, or did."))
    def list_everybody(
        who: str = as_option(),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
    ) -> None:
        from butler_tui.desk.set_up_staff import people

        with open_terminal() as store:
            everybody = people(store, acting(store, who))
        if as_json:
            print_json([_facts(person) for person in everybody])
            return
        for line in _columns([_words(person) for person in everybody]):
            typer.echo(line)


def _register_change(staff: typer.Typer) -> None:
    @staff.command(help=_("Give a person another role, end their sign-in, or allow it again."))
    def change(
        number: str = _number_argument(),
        role: str | None = typer.Option(None, "--role", help=_roles_help()),
        active: bool | None = typer.Option(None, "--active/--inactive", help=_("Whether the person signs in here.")),
        who: str = as_option(),
    ) -> None:
        from butler_tui.desk import set_up_staff

        if role is None and active is None:
            raise WrongUsage(N_("Say what to change: --role, --active or --inactive."))
        as_role = _role(role) if role is not None else None
        with open_terminal() as store:
            set_up_staff.change(store, acting(store, who), number, now_ms(), role=as_role, active=active)
        say(_("Changed. It holds from the next sign-in."))


def _register_reset_pin(staff: typer.Typer) -> None:
    @staff.command("reset-pin", help=_("Give a person a new PIN (BUTLER_NEW_PIN, or asked for twice)."))
    def reset_pin(number: str = _number_argument(), who: str = as_option(), make: bool = _make_pin_option()) -> None:
        from butler_tui.desk import set_up_staff
        from butler_tui.desk.session import require
        from butler_tui.domain.rights import Act

        with open_terminal() as store:
            session = acting(store, who)
            require(session, Act.MANAGE_STAFF)
            pin = _new_pin(number, make=make)
            person = set_up_staff.reset_pin(store, session, number, pin, now_ms())
            travels = store.keys.told is not None
        say(_told(travels, name=safe(person.name)))
        _print_made(pin, make=make)


def _told(travels: bool, name: str) -> str:
    """Return where a new PIN holds: HQ hands those of a supervisor's terminal to the others."""
    if travels:
        return _("{name} has a new PIN. It reaches the other computers when both have synced.", name=name)
    return _("{name} has a new PIN on this computer.", name=name)


def _roles_help() -> str:
    from butler_tui.desk.set_up_staff import ROLES

    return ", ".join(f"{role} ({label(role)})" for role in ROLES)


def _role(text: str) -> Role:
    """Return the role that a code or its word names."""
    from butler_tui.desk.set_up_staff import ROLES

    for role in ROLES:
        if text.strip().casefold() in (str(role), label(role).casefold()):
            return role
    raise WrongUsage(N_("There is no role {role}. There are: {roles}."), role=safe(text), roles=_roles_help())


def _new_pin(number: str, *, make: bool) -> str:
    from butler_tui.desk.set_up_staff import make_pin

    return make_pin(number) if make else new_pin(_("The new PIN for {number}", number=safe(number)), NEW_PIN_VARIABLE)


def _print_made(pin: str, *, make: bool) -> None:
    if make:
        say(_("This PIN is shown once; pass it on by word of mouth:"))
        typer.echo(pin)


def _facts(person: Colleague) -> dict[str, object]:
    return {
        "number": person.number,
        "name": person.name,
        "role": str(person.role),
        "active": person.active,
        "has_pin": person.has_pin,
    }


def _words(person: Colleague) -> tuple[str, ...]:
    standing = "" if person.active else _("signs in no more")
    pin = "" if person.has_pin or not person.active else _("no PIN on this computer")
    return (safe(person.number), safe(person.name), label(person.role), standing or pin)


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows as lines with aligned columns, two cells apart."""
    widths = [max((cell_len(row[at]) for row in rows), default=0) for at in range(4)]
    return [
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
