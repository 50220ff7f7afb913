"""`butler search WORDS`: the screens' search from the shell, for scripts and screen readers; numbers stay masked."""

from __future__ import annotations

from datetime import tzinfo

import typer
from rich.cells import cell_len

from butler_tui.cli.acting import acting, asked_option
from butler_tui.cli.output import now_ms, open_terminal, print_json, say
from butler_tui.errors import WrongUsage
from butler_tui.ids import id_text
from butler_tui.store import estates
from butler_tui.store.found import FoundHome, FoundVisit, Hit
from butler_tui.text import safe
from butler_tui.words import N_, _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Search visitors, homes, residents, vehicles, badges and documents; numbers stay masked."))
    def search(
        words: list[str] = typer.Argument(help=_("A name or initials, a plate, room, phone, badge or document.")),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
        number: str = asked_option(),
    ) -> None:
        from butler_tui.store.search import look

        typed = " ".join(words).strip()
        if not typed:
            raise WrongUsage(N_("Say what to search for: a name or initials, a plate, a room, a phone or a badge."))
        with open_terminal() as store:
            acting(store, number)
            looked = look(store, typed)
            zone = estates.zone(store.connection)
        if as_json:
            print_json({"hits": [_facts(hit) for hit in looked.hits], "more": looked.more})
            return
        for row in _aligned([_cells(hit, zone) for hit in looked.hits]):
            typer.echo(row)
        if looked.more:
            say(_("Too many fit to show all: type one more character."))
        elif not looked.hits:
            say(_("Nothing fits what is typed."))


def _cells(hit: Hit, zone: tzinfo) -> list[str]:
    from butler_tui.desk.hit_words import hit_cells, hit_figure, kind_words

    figure, _meaning = hit_figure(hit, now_ms(), zone)
    return [safe(cell) for cell in (kind_words(hit), *hit_cells(hit), figure)]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _facts(hit: Hit) -> dict[str, object]:
    """Return a hit as a script reads it: codes, UTC ms, masked numbers; what is not there is null."""
    kind = hit.kind.name.lower()
    return _visit_facts(kind, hit.visit) if hit.visit is not None else _home_facts(kind, hit.home)


def _visit_facts(kind: str, visit: FoundVisit) -> dict[str, object]:
    return {
        "kind": kind,
        "visit_id": id_text(visit.visit_id),
        "state": visit.state,
        "registered_ms": visit.registered_ms,
        "expected_out_ms": visit.expected_out_ms,
        "out_ms": visit.out_ms,
        "name": safe(visit.name) or None,
        "company": safe(visit.company) or None,
        "phone": safe(visit.phone) or None,
        "document": safe(visit.document) or None,
        "room_code": safe(visit.room_code) or None,
        "reason": visit.reason,
        "reason_note": safe(visit.reason_note) or None,
        "plate": safe(visit.plate) or None,
        "badge": safe(visit.badge) or None,
    }


def _home_facts(kind: str, home: FoundHome | None) -> dict[str, object]:
    assert home is not None
    from butler_tui.desk.hit_words import polite_resident

    return {
        "kind": kind,
        "house_id": id_text(home.house_id),
        "room_code": safe(home.room_code),
        "household": safe(home.household) or None,
        "called": safe(polite_resident(home)) if home.name else None,
        "may_confirm": home.may_confirm if home.name else None,
        "plate": safe(home.plate) or None,
    }
