"""What HQ tells a supervisor of that nobody typed, in words: files and HQ itself restored, copied, repaired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from butler_tui.labels import table_label
from butler_tui.tui.sync_words import reason_words
from butler_tui.words import _


def report_words(kind: str, detail: Mapping[str, Any], place: str) -> str:
    """Return what happened; `place` is the terminal's name, "" where it was none; an unknown kind by its own name.

    `kind` and `detail` are as hq/reports.py writes them.
    """
    known = _WORDS.get(kind)
    return known(detail, place or _("a terminal")) if known else "  ".join(filter(None, (place, kind)))


def _differed(detail: Mapping[str, Any], place: str) -> str:
    slices = detail.get("slices")
    count = len(slices) if isinstance(slices, list) else 0
    return _(
        "{place} held other records than headquarters in {count} places, and fetched them again.",
        place=place,
        count=count,
    )


def _hole(detail: Mapping[str, Any], place: str) -> str:
    first, last, gone = (one if isinstance(one, int) else 0 for one in map(detail.get, ("first", "last", "gone")))
    return _(
        "Headquarters lost {count} changes of {place} that {place} had let go of (numbers {first} to {last}). What is "
        "left of their records is sent again; look whether something is missing.",
        place=place,
        count=gone,
        first=first,
        last=last,
    )


def _held_back(detail: Mapping[str, Any], place: str) -> str:
    held, more = detail.get("held"), detail.get("more")
    named = [one for one in held if isinstance(one, list) and len(one) == 4] if isinstance(held, list) else []
    what = {f"{table_label(str(one[0])) or one[0]}: {reason_words(str(one[2]))}" for one in named}
    return _(
        "Headquarters could not apply {count} acts of {place}, and keeps them apart ({what}).",
        place=place,
        count=len(named) + (more if isinstance(more, int) else 0),
        what="; ".join(sorted(what)),
    )


_WORDS: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "new_epoch": lambda _detail, place: _(
        "The file of {place} was restored from a backup, or copied. Make sure that only one computer goes on with it.",
        place=place,
    ),
    "new_generation": lambda _detail, place: _(
        "Headquarters lacked what {place} had: it was restored. The terminals send again what it lost.", place=place
    ),
    "restored": lambda _detail, _place: _(
        "Headquarters was made anew from a backup. The terminals send again what it lost."
    ),
    "differed": _differed,
    "hole": _hole,
    "held_back": _held_back,
    "erased_again": lambda detail, place: _(
        "{place} told headquarters, which was restored, of {count} records that had been erased: "
        "they are erased again.",
        place=place,
        count=detail.get("count") if isinstance(detail.get("count"), int) else 0,
    ),
    "away": lambda detail, place: _(
        "Headquarters had not heard of {place} for {days} days, and revoked it by itself. What it still had to send is "
        "kept apart, and its keys are destroyed. Where it is needed, enrol it again.",
        place=place,
        days=detail.get("days") if isinstance(detail.get("days"), int) else 180,
    ),
    "offered": lambda _detail, place: _(
        "{place} and perhaps others have records that headquarters lost, written at other computers. They are kept "
        "apart until those computers sync. Where one never will: `butler hq lost`.",
        place=place,
    ),
}
