"""A figure of the table, and the way its two sides are measured: in turns, so that a busy machine slows both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

RUNS = 15
"""Runs a side; the median counts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: ours beside the baseline where there is one; `limit` is the target for ratio or, without one, value.

    With `at_least` the limit is the least that will do. `or_at_most` is what our own value may be whatever the ratio.
    """

    what: str
    unit: str
    ours: float
    baseline: float | None
    limit: float
    at_least: bool = False
    or_at_most: float | None = None

    @property
    def measured(self) -> float:
        """What is held against the limit: the ratio, or our own value."""
        return self.ours if self.baseline is None else self.ours / self.baseline

    @property
    def kept(self) -> bool:
        """Whether the target is met."""
        if self.or_at_most is not None and self.ours <= self.or_at_most:
            return True
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    @property
    def target(self) -> str:
        """The target in a few characters."""
        also = "" if self.or_at_most is None else f" or <= {self.or_at_most:g} {self.unit}"
        return f"{'>=' if self.at_least else '<='} {self.limit:g}{also}"


def side_by_side(ours: Callable[[], float], baseline: Callable[[], float], runs: int = RUNS) -> tuple[float, float]:
    """Return the medians of `runs` runs of each, taken A B A B after one of each that does not count."""
    ours()
    baseline()
    pairs = [(ours(), baseline()) for _ in range(runs)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def p95(values: Sequence[float]) -> float:
    """Return what 95 of a hundred values are not above."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def p99(values: Sequence[float]) -> float:
    """Return what 99 of a hundred values are not above."""
    return quantiles(values, n=100, method="inclusive")[-1] if len(values) > 1 else values[0]


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines of text."""
    lines = [("", "ours", "plain", "", "ratio", "target", "")]
    for one in figures:
        plain = "" if one.baseline is None else _short(one.baseline)
        ratio = "" if one.baseline is None else f"{one.measured:.2f}"
        lines.append((one.what, _short(one.ours), plain, one.unit, ratio, one.target, "kept" if one.kept else "MISSED"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    left = (0, 3, 6)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _short(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 1000 else f"{value:.0f}"
