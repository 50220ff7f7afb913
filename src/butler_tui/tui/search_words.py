"""How hits of a search are shown: one row each, and the chosen one in the right column."""

from __future__ import annotations

from butler_tui.desk.hit_words import (
    hit_cells,
    hit_figure,
    kind_words,
    polite_resident,
    reason_words,
    relation_words,
    visitor_name,
)
from butler_tui.labels import greeting, moment
from butler_tui.store.found import FoundHome, Hit, HitKind
from butler_tui.store.gate_home import GateHome
from butler_tui.tui.context import Context
from butler_tui.tui.visit_words import NOTHING
from butler_tui.tui.widgets.facts import Fact
from butler_tui.tui.widgets.record_list import Column, Record
from butler_tui.words import _

NARROW = (Column(9), Column(10), Column(9), Column(0, right=True))
BROAD = (Column(9), Column(12), Column(10), Column(9), Column(13), Column(0, right=True))


def record_of(hit: Hit, here: Context, *, broad: bool) -> Record:
    """Return one hit as a row: what it is, who, where, on a broad list plate and phone, and the deciding figure."""
    who, where, plate, phone = hit_cells(hit)
    figure, meaning = hit_figure(hit, here.now_ms(), here.zone)
    beside = ("" if hit.kind is HitKind.VEHICLE else plate, phone) if broad else ()
    return Record(hit.key, (kind_words(hit), who, where, *beside, figure), meaning)


def what_may_be_typed() -> list[Fact]:
    """Return what stands in the right column while nothing is typed: an example of each way to search."""
    return [
        Fact(_("What may be typed"), "", "title"),
        NOTHING,
        Fact(_("Name"), "李文博  lwb  liwenbo", "dim"),
        Fact(_("Vehicle"), "浙A8K32F  8K32F", "dim"),
        Fact(_("Room"), "3-2-1801  321801", "dim"),
        Fact(_("Phone"), "13805712211  2211", "dim"),
        Fact(_("Badge"), "A017", "dim"),
        Fact(_("Document"), _("the whole number"), "dim"),
    ]


def hit_facts(hit: Hit, here: Context) -> list[Fact]:
    """Return what stands beside the list about a visitor who is chosen in it."""
    visit = hit.visit
    assert visit is not None
    figure, meaning = hit_figure(hit, here.now_ms(), here.zone)
    facts = [
        Fact(kind_words(hit), figure, meaning or ("good" if hit.kind is HitKind.INSIDE else "")),
        Fact(_("Since"), moment(visit.registered_ms, here.now_ms(), here.zone) if hit.kind is HitKind.INSIDE else ""),
        Fact(_("Reason"), reason_words(visit)),
        Fact(_("Room"), visit.room_code),
        Fact(_("Company"), visit.company),
        Fact(_("Phone"), visit.phone),
        Fact(_("Vehicle"), visit.plate),
        Fact(_("Badge"), visit.badge),
        Fact(_("Document"), visit.document),
    ]
    polite = greeting(visit.name, visit.sex) if visit.name else ""
    return [Fact(visitor_name(visit), polite, "title"), NOTHING, *(fact for fact in facts if fact.value)]


def home_facts(home: GateHome) -> list[Fact]:
    """Return what the gate may see of a home; the first two lines are its title."""
    house = home.household
    confirmers = [one.called or greeting(one.name, one.sex) for one in house.confirmers]
    vehicles = ["  ".join(filter(None, (one.plate, one.note))) for one in home.vehicles]
    facts = [
        *_listed(_("May confirm"), confirmers),
        *_listed(_("Vehicles"), vehicles),
        Fact(_("Note"), house.gate_note, "warning"),
        Fact(_("Inside"), "  ".join(visitor_name(one) for one in home.inside) or _("nobody")),
    ]
    title = Fact(house.room_code, house.name or _("nobody registered"), "title")
    return [title, NOTHING, *(fact for fact in facts if fact.value)]


def found_facts(home: FoundHome) -> list[Fact]:
    """Return who or which vehicle of a home was found, as the gate may know it; nothing where it is the home itself."""
    if home.plate:
        return [Fact(_("Found"), "  ".join(filter(None, (home.plate, home.note)))), NOTHING]
    if not home.name:
        return []
    return [Fact(_("Found"), f"{polite_resident(home)}  {relation_words(home.relation)}"), NOTHING]


def _listed(label: str, values: list[str]) -> list[Fact]:
    return [Fact("" if number else label, value) for number, value in enumerate(values)]
