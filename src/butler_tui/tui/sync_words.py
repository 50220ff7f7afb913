"""How it stands with HQ, in words; never "at HQ" while something waits."""

from __future__ import annotations

from datetime import tzinfo

from butler_tui.desk.session import Session
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.labels import duration, greeting, moment, table_label
from butler_tui.store import sync_state
from butler_tui.store.about import About
from butler_tui.store.blobs import Waiting
from butler_tui.store.local import Store
from butler_tui.store.quarantined import Held, HeldElsewhere
from butler_tui.store.sync_state import Result, Summary
from butler_tui.words import N_, _

Words = tuple[str, str]
"""Words and their meaning ("", "good", "warning", "bad")."""


def hq_words(status: Summary, now_ms: int, zone: tzinfo) -> Words:
    """Return the state of HQ for the status line."""
    if not status.enrolled:
        return _("Not connected to headquarters"), ""
    if status.last_result is Result.REFUSED:
        return _("Headquarters refuses, {count} waiting", count=status.waiting), "bad"
    if status.last_result is Result.UNREACHABLE and status.fetching and not status.waiting:
        return _("Headquarters out of reach, not everything fetched"), "warning"
    if status.last_result is Result.UNREACHABLE:
        return _("Headquarters out of reach, {count} waiting", count=status.waiting), "warning"
    if status.waiting:
        return _("{count} waiting for headquarters", count=status.waiting), "warning"
    if status.fetching:
        return _("Not everything fetched yet"), "warning"
    if status.quarantined:
        return _("Held by HQ: {count}", count=status.quarantined), "warning"
    if status.conflicts:
        return _("To be decided: {count}", count=status.conflicts), "warning"
    if status.last_sync_ms is None:
        return _("Not at headquarters yet"), "warning"
    return _("At headquarters {time}", time=moment(status.last_sync_ms, now_ms, zone)), "good"


def standing_for(store: Store, session: Session | None) -> Summary:
    """Return how it stands with HQ for somebody's status line: what only others decide is left to F9.

    A guard reads there whether all is at HQ, and cannot make the conflicts fewer.
    """
    status = sync_state.summary(store.connection)
    if status.conflicts and session is not None:
        from butler_tui.desk.conflicts import decides_any

        if not decides_any(store, session):
            return status._replace(conflicts=0)
    return status


def fetching_words(at: int, of: int) -> str:
    """Return how much has come of what is fetched."""
    return _("Fetching from headquarters: {at:,} of {of:,}", at=at, of=of)


def clock_words(offset_ms: int | None) -> Words:
    """Return how far this computer's clock is from HQ's (`offset_ms`: HQ's minus ours)."""
    if offset_ms is None:
        return _("not compared yet"), ""
    seconds = abs(offset_ms) / 1000
    if abs(offset_ms) > MOST_AHEAD_MS:  # it refuses nothing (PROTOCOL)
        return _("{time} off: have it set right", time=duration(abs(offset_ms))), "warning"
    return _("right to {seconds:.1f} s", seconds=seconds), ""


_REASONS = {
    "not_allowed": N_("the role does not allow it"),
    "wrong_terminal": N_("it may not be written at this kind of computer"),
    "parent_unknown": N_("the record it belongs to is not there"),
    "malformed": N_("a value is not of its kind"),
    "revoked": N_("the terminal that sent it had been revoked"),
    "already_there": N_("it was written once before, and is written only once"),
}


def reason_words(reason: str) -> str:
    """Return why HQ could not apply a change."""
    known = _REASONS.get(reason)
    return _(known) if known else reason


def about_words(told: About, now_ms: int, zone: tzinfo) -> str:
    """Return what a record is about: who, where, and when a visitor came."""
    when = moment(told.at_ms, now_ms, zone) if told.at_ms is not None else ""
    who = greeting(told.name, told.sex) if told.at_ms is not None else told.name
    return " ".join(filter(None, (who, told.place, when)))


def held_words(one: Held, now_ms: int, zone: tzinfo) -> str:
    """Return a change that HQ could not apply: what it is about, and why."""
    about = about_words(one.about, now_ms, zone)
    words = (table_label(one.table or "") or _("a record that is gone"), about, reason_words(one.reason))
    return "  ".join(filter(None, words))


def held_elsewhere_words(one: HeldElsewhere, now_ms: int, zone: tzinfo) -> str:
    """Return an act of another terminal that HQ could not apply: when, where, by whom, what, and why."""
    words = (moment(one.at_ms, now_ms, zone), one.place, one.who, held_words(one.told, now_ms, zone))
    return "  ".join(filter(None, words))


_PICTURES = {
    "quota": N_("headquarters has no more room for this estate's pictures"),
    "no_room": N_("headquarters' disk is full"),
    "not_named": N_("headquarters does not know the record of it"),
    "not_there": N_("headquarters has it not yet"),
    "wrong_bytes": N_("it is not the picture that its record names"),
}


def picture_words(waiting: Waiting) -> list[Words]:
    """Return what is said of pictures: nothing where every one is where it should be."""
    told: list[Words] = []
    if waiting.to_send:
        mib = waiting.bytes_to_send / (1024 * 1024)
        told.append((_("{count} to send, {mib:.1f} MiB", count=waiting.to_send, mib=mib), "warning"))
    if waiting.to_fetch:
        told.append((_("{count} to fetch", count=waiting.to_fetch), ""))
    for code, count in waiting.refused.items():
        known = _PICTURES.get(code)
        told.append((_("{count} wait: {reason}", count=count, reason=_(known) if known else code), "warning"))
    return told
