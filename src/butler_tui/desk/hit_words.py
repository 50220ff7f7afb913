"""What a hit of a search is in words, for screens and commands: what it is, who, where, and the deciding figure."""

from __future__ import annotations

from datetime import tzinfo

from butler_tui.desk.visit_words import code_words
from butler_tui.domain.policies import Reason
from butler_tui.domain.visits import VisitState
from butler_tui.labels import greeting, moment, room_left
from butler_tui.store.found import FoundHome, FoundVisit, Hit, HitKind
from butler_tui.words import N_, _

_KINDS = {
    HitKind.INSIDE: N_("inside"),
    HitKind.BADGE: N_("badge out"),
    HitKind.HOME: N_("home"),
    HitKind.RESIDENT: N_("resident"),
    HitKind.VEHICLE: N_("own car"),
    HitKind.PAST: N_("before"),
}
_RELATIONS = {"owner": N_("owner"), "family": N_("family"), "tenant": N_("tenant")}


def kind_words(hit: Hit) -> str:
    """Return what was found: somebody inside, a home, …"""
    if hit.visit is not None and hit.visit.state == VisitState.TURNED_AWAY:
        return _("refused")
    return _(_KINDS[hit.kind])


def hit_cells(hit: Hit) -> tuple[str, str, str, str]:
    """Return who it is, the room, plate, and the masked phone."""
    visit, home = hit.visit, hit.home
    if visit is not None:
        return visitor_name(visit), visit.room_code, visit.plate, visit.phone
    assert home is not None
    if home.plate:
        return home.plate, home.room_code, home.plate, ""
    who = polite_resident(home) if home.name else home.household or _("nobody registered")
    return who, home.room_code, "", ""


def hit_figure(hit: Hit, now_ms: int, zone: tzinfo) -> tuple[str, str]:
    """Return what decides about a hit, with its meaning ("", "warning", "bad"); `now_ms` is UTC ms."""
    home = hit.home
    if hit.visit is not None:
        return visit_figure(hit.visit, now_ms, zone)
    assert home is not None
    if hit.kind is HitKind.RESIDENT:
        return (_("may confirm") if home.may_confirm else relation_words(home.relation)), ""
    return (home.household if hit.kind is HitKind.VEHICLE else ""), ""


def visit_figure(visit: FoundVisit, now_ms: int, zone: tzinfo) -> tuple[str, str]:
    """Return what decides about a visit: the time left of one inside, else when it was, with its meaning."""
    if visit.state == VisitState.INSIDE and visit.expected_out_ms is not None:
        return room_left(visit.expected_out_ms, now_ms), "bad" if visit.expected_out_ms < now_ms else ""
    when = moment(visit.registered_ms, now_ms, zone)
    if visit.badge_out and visit.state == VisitState.LEFT and visit.badge:
        return _("{badge} not back", badge=visit.badge), "warning"
    if visit.state == VisitState.TURNED_AWAY:
        return when, "warning"
    return when, ""


def visitor_name(visit: FoundVisit) -> str:
    """Return who a visitor is: by name, else by the reason they came for."""
    return visit.name or reason_words(visit)


def reason_words(visit: FoundVisit) -> str:
    """Return why a visitor came, and what for."""
    return "  ".join(filter(None, (code_words(Reason, visit.reason), visit.reason_note)))


def polite_resident(home: FoundHome) -> str:
    """Return how somebody who lives there is called: as they wish, else politely; never by their whole name."""
    return home.called or greeting(home.name, home.sex)


def relation_words(relation: str) -> str:
    """Return what somebody is to a home: owner, family, tenant."""
    return _(_RELATIONS[relation]) if relation in _RELATIONS else relation
