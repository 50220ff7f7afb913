"""The rules of order and conflict, small: what stands in a field, what is kept, and which rule may be broken."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

MINUTE = 60_000
AHEAD = 10 * MINUTE
NEVER = 1 << 60
"""A position after every other: where a change stands that HQ has not given one yet."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One switch a rule; a broken variant turns one of them off, and the model must show what that costs."""

    clamp: bool = True
    lift_above_seen: bool = True
    lift_above_own: bool = True
    lift_over_epochs: bool = True
    once_by_cid: bool = True
    head_is_checked: bool = True
    rolls_epoch: bool = True
    reissues: bool = True
    losers_are_kept: bool = True
    kept_until_resolved: bool = True
    by_epoch: bool = True
    own_kept_replaced: bool = True
    seen_is_asked: bool = True
    seen_capped: bool = True
    fork_found: bool = True
    fork_by_acked: bool = True
    generation_is_checked: bool = True
    cursor_in_each_request: bool = True
    pushes_again: bool = True
    offers: bool = True
    pending_until_pulled: bool = True
    old_positions_skipped: bool = True
    upto_of_first_page: bool = True
    low_while_rebuilding: bool = True
    equal_state_replaces: bool = True
    page_with_cursor: bool = True
    own_come_back: bool = True
    filtered: bool = True
    kept_are_filtered: bool = True
    narrowed_goes: bool = True
    widened_is_pulled: bool = True
    children_are_held: bool = True
    groups_are_whole: bool = True
    halves_are_held: bool = True
    stricter_stands: bool = True
    acknowledged_after_commit: bool = True


_DOUBLE = ("generation_is_checked", "lift_over_epochs")
"""What another rule makes good: each request bears the cursor, and who writes under another epoch is kept."""
BROKEN = tuple(one.name for one in fields(Rules) if one.name not in _DOUBLE)


class Write(NamedTuple):
    """One value written to one field."""

    cid: int
    author: int
    term: int
    order: tuple[int, ...]
    pos: int
    value: int


class Standing(NamedTuple):
    """A field: who won, and whom nobody has decided about yet."""

    winner: Write
    kept: tuple[Write, ...] = ()

    @property
    def inbox(self) -> frozenset[int]:
        """Return the cids that somebody must choose about."""
        return frozenset(one.cid for one in self.kept if one.value != self.winner.value)

    @property
    def read(self) -> frozenset[int]:
        """Return the cids of what stands, and of what says the same: who reads one reads all."""
        return frozenset(one.cid for one in (self.winner, *self.kept)) - self.inbox

    @property
    def stricter(self) -> int:
        """Return what counts of a safety field meanwhile: nobody may who is barred by any."""
        return min(self.winner.value, *(one.value for one in self.kept)) if self.kept else self.winner.value


def put(now: Standing | None, new: Write, seen: int, resolves: frozenset[int], rules: Rules) -> Standing:
    """Return a field after one more write, by an author who had pulled up to `seen`."""
    if now is None:
        return Standing(new)

    def same(one: Write) -> bool:
        return one.author == new.author if rules.by_epoch else one.term == new.term

    winner = now.winner
    apart = not same(winner) and winner.cid not in resolves and (winner.pos > seen or not rules.seen_is_asked)
    kept = [
        one
        for one in now.kept
        if one.cid not in resolves
        and not (one.value == winner.value and one.pos <= seen)
        and not (rules.own_kept_replaced and same(one))
        and (rules.kept_until_resolved or one.pos > seen)
    ]
    first, second = (new, winner) if new.order > winner.order else (winner, new)
    if apart and rules.losers_are_kept:
        kept.append(second)
    return Standing(first, tuple(kept))
