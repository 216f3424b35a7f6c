"""Årsvariation a second time, by plain loops and scipy, for the tests. Nothing of `pipelines.analysis` is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special, stats

Step = tuple[int, int, dict[str, float]]


class Noise(NamedTuple):
    """Of an area: σ̃², its degrees of freedom (infinite: normal), and half widths."""

    variance: float
    df: float
    half_95: float
    half_998: float


class Fit(NamedTuple):
    """The prior, and each area's sum of squares and number of steps."""

    d0: float
    s0: float
    squares: Mapping[str, float]
    counts: Mapping[str, int]

    def of(self, area: str) -> tuple[float, float]:
        if area not in self.counts or math.isinf(self.d0):
            return self.s0, self.d0
        nu = max(1, 2 * self.counts[area] / 3)
        own = self.squares[area] / (2 * self.counts[area])
        return (self.d0 * self.s0 + nu * own) / (self.d0 + nu), self.d0 + nu


def steps_of(values: Iterable[tuple[str, int, float]], lag: int = 1, breaks: Sequence[int] = ()) -> list[Step]:
    """The usable steps of a nyckeltal: (from, to, area → change less the median change)."""
    by_year: dict[int, dict[str, float]] = {}
    for area, year, value in values:
        by_year.setdefault(year, {})[area] = value
    most = max(map(len, by_year.values()))
    years = sorted(year for year, areas in by_year.items() if 2 * len(areas) >= most)
    steps = []
    for a in years:
        b = next((year for year in years if year >= a + lag), None)
        if b is None or any(a < first_new <= b for first_new in breaks):
            continue
        changes = {area: by_year[b][area] - value for area, value in by_year[a].items() if area in by_year[b]}
        if len(changes) >= 15:
            median = float(np.median(list(changes.values())))
            steps.append((a, b, {area: change - median for area, change in changes.items()}))
    return steps


def fit(steps: Iterable[dict[str, float]]) -> Fit | None:
    """Smyth's moderation; None when fewer than fifteen areas have moved."""
    squares: dict[str, float] = {}
    counts: dict[str, int] = {}
    for step in steps:
        for area, change in step.items():
            squares[area] = squares.get(area, 0.0) + change**2
            counts[area] = counts.get(area, 0) + 1
    moved = [area for area, total in squares.items() if total > 0]
    if len(moved) < 15:
        return None
    halves = [max(1, 2 * counts[area] / 3) / 2 for area in moved]
    logs = [
        math.log(squares[area] / (2 * counts[area])) - special.digamma(half) + math.log(half)
        for area, half in zip(moved, halves, strict=True)
    ]
    excess = float(np.var(logs, ddof=1) - np.mean([special.polygamma(1, half) for half in halves]))
    mean = float(np.mean(logs))
    if excess <= 0:
        return Fit(math.inf, math.exp(mean), squares, counts)
    half = _inverse_trigamma(excess)
    return Fit(2 * half, math.exp(mean + special.digamma(half) - math.log(half)), squares, counts)


def _inverse_trigamma(value: float) -> float:
    low, high = 1e-8, 1e8
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if special.polygamma(1, middle) > value else (low, middle)
    return math.sqrt(low * high)


def chances(steps: Sequence[Step]) -> list[float]:
    """Of every change that earlier steps alone could predict: how likely one at least as large was."""
    probabilities = []
    for a, _, changes in steps:
        earlier = [step for _, end, step in steps if end <= a]
        known = fit(earlier) if len(earlier) >= 2 else None
        if known is None:
            continue
        for area, change in changes.items():
            if area in known.counts:
                variance, df = known.of(area)
                size = abs(change) / math.sqrt(2 * variance)
                probabilities.append(2 * float(stats.norm.sf(size) if math.isinf(df) else stats.t.sf(size, df)))
    return probabilities


def calibrated(probabilities: Sequence[float], level: float, least: float) -> float:
    if len(probabilities) < 100:
        return level
    return max(least, min(level, float(np.quantile(probabilities, level))))


def measure(
    values: Iterable[tuple[str, int, float]], lag: int = 1, breaks: Sequence[int] = ()
) -> Callable[[str], Noise] | None:
    """The noise of any area of the nyckeltal; None when it cannot be measured."""
    steps = steps_of(values, lag, breaks)
    known = fit([changes for _, _, changes in steps])
    if known is None:
        return None
    probabilities = chances(steps)
    levels = [calibrated(probabilities, level, least) for level, least in ((0.05, 0.0125), (0.002, 0.0002))]

    def noise(area: str) -> Noise:
        variance, df = known.of(area)
        spread = stats.norm if math.isinf(df) else stats.t(df)
        return Noise(variance, df, *(float(spread.isf(level / 2)) * math.sqrt(variance) for level in levels))

    return noise
