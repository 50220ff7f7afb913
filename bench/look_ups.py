"""Every look-up on the way of a key, by itself: with 1,000,000 visits beside 10,000, for usual and for the worst words.

The worst are what most visits fit: one letter, the commonest surname and initials, the busiest courier's phone and
plate, the busiest home, the end that most phones have. Each look-up is called through the function that the screens
call, on the encrypted file, its arguments in turns, so that no page is at hand only because it was just read.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from bench.figures import RUNS, Figure, p95
from bench.many_visits import FEW, HOUSEHOLDS, MANY, NOW_MS, Samples, home_of, pinyin_of, samples_of
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.recognise import recognise
from butler_tui.domain.visits import Registration
from butler_tui.store import badges, gate_home, home, households, known, visits
from butler_tui.store.local import Store, open_store
from butler_tui.store.search import look

RATIO_LIMIT = 5.0
MS_LIMIT = 1.0
_DAY_MS = 86_400_000
_MONTH_MS = 30 * _DAY_MS

LookUp = Callable[[Any], object]
Case = tuple[LookUp, Sequence[Any], Sequence[Any]]
"""What is called, with which usual arguments, with which of the worst."""


def measure(_folder: Path, runs: int = RUNS, *, sizes: Sequence[int] = (FEW, MANY), households: int = HOUSEHOLDS
            ) -> list[Figure]:  # fmt: skip
    """Return a figure a look-up and kind of arguments; the last of `sizes` beside the first."""
    homes = [home_of(size, households) for size in sizes]
    few, many = (open_store(one) for one in (homes[0], homes[-1]))
    try:
        here, there = (_cases(store, samples_of(one)) for store, one in ((few, homes[0]), (many, homes[-1])))
        figures = []
        for name, (_look_up, *arguments) in there.items():
            for place, which in enumerate(("", ", the worst")):
                if arguments[place]:
                    ours, plain = _times(there[name], here[name], place, runs)
                    words = f"{name}{which}, {sizes[-1]:,} beside {sizes[0]:,}: p95"
                    figures.append(Figure(words, "ms", ours, plain, RATIO_LIMIT, or_at_most=MS_LIMIT))
        return figures
    finally:
        few.close()
        many.close()


def _times(ours: Case, plain: Case, place: int, runs: int) -> tuple[float, float]:
    """Return the p95 of both, in ms, from `runs` rounds through all arguments after one that does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    random = Random(5)
    gc.disable()  # a collection is the whole program's, and comes in the screens' figures
    try:
        for number in range(runs + 1):
            for case, times in zip((ours, plain), taken, strict=True):
                arguments = list(case[2] if place else case[1])
                random.shuffle(arguments)
                for argument in arguments:
                    begun = time.perf_counter()
                    case[0](argument)
                    if number:
                        times.append((time.perf_counter() - begun) * 1000)
    finally:
        gc.enable()
    return p95(taken[0]), p95(taken[1])


def _cases(store: Store, samples: Samples) -> dict[str, Case]:
    connection, policies = store.connection, Policies()

    def known_by(typed: str) -> object:
        found = recognise(typed, policies.badge_pattern, policies.rule(Reason.EMERGENCY).keys)
        return known.known_visitors(store, typed, found)

    typed, worst = _typed(samples), _worst(samples)
    ids = [row[0] for row in connection.execute("SELECT visit_id FROM visit LIMIT 20")]
    inside = [row[0] for row in connection.execute("SELECT visit_id FROM visit WHERE state = 'inside' LIMIT 20")]
    houses = [row[0] for row in connection.execute("SELECT house_id FROM household LIMIT 20")]
    usual, busiest = (
        [one for phone in samples[name][:12] for one in known.known_visitors(
            store, phone, recognise(phone, policies.badge_pattern, ())) if one.phone == phone]
        for name in ("phone", "most_phone")
    )  # fmt: skip
    (busiest_house,) = connection.execute("SELECT house_id FROM house WHERE room_code = ?",
                                          samples["most_room"][:1]).fetchone()  # fmt: skip
    (staff_id,) = connection.execute("SELECT staff_id FROM staff WHERE number = '1007'").fetchone()
    again = [Registration(name=one.name, phone=one.phone, plate=one.plate, room_code=one.room_code) for one in usual]
    once_more = [Registration(name=one.name, phone=one.phone, plate=one.plate, room_code=one.room_code)
                 for one in busiest]  # fmt: skip
    room_starts = sorted({room[:most] for room in samples["room"][:12] for most in (1, 3, 5)})
    return {
        "known visitors": (known_by, typed, worst),
        "a visitor's habit": (lambda one: known.habit(connection, one, NOW_MS - _MONTH_MS), usual, busiest),
        "a visit's visitor": (lambda one: known.of_visit(connection, one), ids, ()),
        "search": (lambda text: look(store, text), [*typed, *room_starts], [*worst, *samples["most_room"]]),
        "who is on site": (lambda text: visits.on_site(connection, 64, matching=text), ["", *typed[:40]], worst),
        "inside by badge": (lambda one: visits.by_badge(connection, one), samples["inside_badge"], ()),
        "inside by plate": (lambda one: visits.by_plate(connection, one), samples["inside_plate"],
                            samples["most_plate"]),
        "inside by phone": (lambda one: visits.by_phone(connection, one), samples["phone"], samples["most_phone"]),
        "entered twice": (lambda one: visits.registered_lately(connection, one, NOW_MS), again, once_more),
        "a guard's last visit": (lambda one: visits.last_by(connection, one, NOW_MS - 600_000), [staff_id], ()),
        "earlier visits by phone": (
            lambda one: visits.earlier_by_phone(connection, one), samples["phone"], samples["most_phone"]
        ),
        "figures of those on site": (lambda _none: visits.counts(connection, NOW_MS), [None], ()),
        "longest on site": (lambda _none: visits.longest_inside(connection), [None], ()),
        "one visitor inside": (lambda one: visits.inside(connection, one), inside, ids),
        "badges out": (lambda _none: badges.badges_out(connection), [None], ()),
        "badges missing": (lambda text: badges.badges_missing(connection, 64, matching=text), ["", "A1"], ()),
        "a badge's holder": (lambda one: badges.holder_of_badge(connection, one), samples["inside_badge"], ["A001"]),
        "rooms that begin so": (lambda text: households.rooms_starting(connection, text), room_starts, ()),
        "homes that fit": (lambda text: households.homes_matching(connection, text), typed, worst),
        "a room's household": (lambda one: households.at_room(connection, one), samples["room"], samples["most_room"]),
        "a home with its visits": (
            lambda one: gate_home.gate_home(connection, one, 6), houses, [busiest_house]
        ),
        "the home screen": (lambda _none: home.figures(store, NOW_MS, NOW_MS - _DAY_MS // 3), [None], ()),
    }  # fmt: skip


def _typed(samples: Samples) -> list[str]:
    """Return what is typed to find usual people, plates and phones, after each of the first keys and whole."""
    names = [*samples["name"][:12], *samples["inside_name"][:4], *samples["home_name"][:4]]
    whole = [
        *names,
        *(key for name in names for key in pinyin_of(name)),
        *(plate[1:] for plate in (*samples["plate"][:8], *samples["home_plate"][:4])),
        *samples["phone"][:8],
        *(phone[-4:] for phone in samples["phone"][:8]),
    ]
    return list(dict.fromkeys(text[:most] for text in whole for most in (2, 3, 4, len(text))))


def _worst(samples: Samples) -> list[str]:
    """Return what most visits fit."""
    return list(
        dict.fromkeys(
            [*"lzwya189", "浙", "A", "A1", *samples["most_surname"], *samples["most_initials"], *samples["most_name"],
             *samples["most_phone"], *samples["most_plate"], *samples["most_tail"], "138", "13", "ADA", "lj", "zh"]
        )
    )  # fmt: skip
