"""A figure of the table, and the way its two sides are measured: in turns, so that a busy machine slows both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

RUNS = 15
"""Runs a side; the median counts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: ours beside the baseline where there is one; `limit` is the target for ratio or, without one, value."""

    what: str
    unit: str
    ours: float
    baseline: float | None
    limit: float

    @property
    def measured(self) -> float:
        """What is held against the limit: the ratio, or our own value."""
        return self.ours if self.baseline is None else self.ours / self.baseline

    @property
    def kept(self) -> bool:
        """Whether the target is met."""
        return self.measured <= self.limit


def side_by_side(ours: Callable[[], float], baseline: Callable[[], float], runs: int = RUNS) -> tuple[float, float]:
    """Return the medians of `runs` runs of each, taken A B A B after one of each that does not count."""
    ours()
    baseline()
    pairs = [(ours(), baseline()) for _ in range(runs)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def table(figures: list[Figure]) -> str:
    """Return the figures as lines of text."""
    lines = [("", "ours", "plain", "", "ratio", "target", "")]
    for one in figures:
        plain = "" if one.baseline is None else f"{one.baseline:.2f}"
        ratio = "" if one.baseline is None else f"{one.measured:.2f}"
        verdict = "kept" if one.kept else "MISSED"
        lines.append((one.what, f"{one.ours:.2f}", plain, one.unit, ratio, f"{one.limit:g}", verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    left = (0, 3, 6)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
