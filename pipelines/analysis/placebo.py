"""What an area would have had by the development of others, and how far those others are from the same (placebo).

A ridge-weighted comparison (Abadie & L'Hour 2021 for the idea, Shen et al. 2023 for why the regression over areas and
the one over years weigh alike): the value after is predicted from the values before, by the areas that take no part,
with inhabitants held equal where they are known. Every one of those is treated as if it took part and predicted from
the rest; how far off they are is what chance does. Distances are measured in each area's own noise before, moderated as
in `annual_variation`, so that a small kommun's swings neither hide a large one's nor look like something. What is said
of it is `effect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from pipelines.analysis.annual_variation import moderate

ALPHA: Final = 0.05
# Fewer others cannot give a p-value of ALPHA.
MIN_DONORS: Final = 19
DRAWS: Final = 1999
_SEED: Final = 20350101
# Penalties that are tried, in shares of the mean square of the directions that the values before have.
_PENALTIES: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
# Years that a pretended start leaves before itself.
_BEFORE_PRETENDED: Final = 5
_HEAVIEST: Final = 5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What each area has beyond what the others' development gives, in the nyckeltal's unit, the participant first.

    gaps, scales: participant + donors; scale is the standard deviation of the area's own noise. heaviest: numbers of
    the donors that weigh most in the participant's prediction.
    """

    gaps: Floats
    scales: Floats
    heaviest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """gap with its 95 % interval, and the share of all, the participant included, that are as far off (p)."""

    gap: float
    low: float
    high: float
    p: float


def gaps(before: Floats, after: Floats, inhabitants: Floats | None) -> Gaps | None:
    """Predict the value after from the values before; None where too few areas have moved for any noise.

    before: areas × years, the participant in the first row. after: areas. inhabitants: areas; None where unknown.
    """
    size = None if inhabitants is None else np.log(inhabitants)
    scales = _scales(before, size)
    if scales is None:
        return None
    held = np.ones((len(after), 1)) if size is None else np.column_stack([np.ones(len(after)), size])
    base, _ = np.linalg.qr(held[1:])
    # What is held equal is taken away from both sides, by the donors alone.
    take = held @ np.linalg.pinv(held[1:])
    x, y = before - take @ before[1:], after - take @ after[1:]
    u, s, vt = np.linalg.svd(x[1:], full_matrices=False)
    keeps = s > 1e-10 * max(float(s[0]), 1e-300)
    u, s, vt = u[:, keeps], s[keeps], vt[keeps]
    leverage = (base**2).sum(axis=1)

    def left_out(penalty: float) -> Floats:
        """Every donor's distance from what the other donors give."""
        shrunk = s**2 / (s**2 + penalty * (s**2).mean())
        fitted = u @ (shrunk * (u.T @ y[1:]))
        away: Floats = (y[1:] - fitted) / (1 - (u**2 * shrunk).sum(axis=1) - leverage)
        return away

    # Values before that all move alike give no direction: then the donors' mean, inhabitants held equal.
    if s.size:
        penalty = min(_PENALTIES, key=lambda p: float((left_out(p) ** 2).mean()))
        ridge = (u * (s / (s**2 + penalty * (s**2).mean()))) @ (vt @ x[0])
        donors = left_out(penalty)
    else:
        ridge, donors = np.zeros(len(y) - 1), y[1:] / (1 - leverage)
    weights = take[0] + ridge - ridge @ take[1:]
    heaviest = np.argsort(-np.abs(weights), kind="stable")[:_HEAVIEST]
    return Gaps(np.concatenate([[y[0] - ridge @ y[1:]], donors]), scales, tuple(int(n) for n in heaviest))


def alone(case: Gaps) -> Outcome:
    """The participant against every donor."""
    sizes = np.abs(case.gaps / case.scales)
    return _tested(float(case.gaps[0]), float(case.scales[0]), sizes[1:])


def together(parts: Sequence[Gaps], counties: Sequence[str]) -> Outcome:
    """The mean of several participants against groups of as many donors, drawn at random, and drawn county by county:
    the kommuner of a county move together, and a county is often what takes part.

    parts: over the same donors in the same order. counties: theirs.
    """
    distance = np.array([part.gaps[1:] for part in parts])
    noise = np.array([part.scales[1:] for part in parts])
    rows = np.arange(len(parts))[None, :]
    gap = float(np.mean([part.gaps[0] for part in parts]))
    scale = float(np.sqrt(np.mean([part.scales[0] ** 2 for part in parts])))
    outcomes = []
    for draws in _draws(len(parts), tuple(counties)):
        drawn = np.abs(distance[rows, draws].mean(axis=1)) / np.sqrt((noise[rows, draws] ** 2).mean(axis=1))
        outcomes.append(_tested(gap, scale, drawn))
    # The wider of the two.
    return max(outcomes, key=lambda outcome: (outcome.high - outcome.low, outcome.p))


@lru_cache(maxsize=1)
def _draws(size: int, counties: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """DRAWS groups of `size` different donors: of all, and of as few counties as it takes."""
    random = np.random.default_rng(_SEED)
    anywhere = np.argsort(random.random((DRAWS, len(counties))), axis=1)[:, :size]
    _, county = np.unique(counties, return_inverse=True)
    order = random.random((DRAWS, int(county.max()) + 1))[:, county]
    by_county = np.lexsort((random.random((DRAWS, len(counties))), order), axis=1)[:, :size]
    return anywhere, by_county


def pretended(before: Floats, years_after: int, inhabitants: Floats | None) -> Gaps | None:
    """The same, with a start among the years before: as many years after it as there really are, as far as
    _BEFORE_PRETENDED years are left before it.
    """
    moved = max(1, min(years_after, before.shape[1] - _BEFORE_PRETENDED))
    return gaps(before[:, :-moved], before[:, -moved:].mean(axis=1), inhabitants)


def _scales(before: Floats, size: Floats | None) -> Floats | None:
    """The standard deviation of each area's own noise: its steps less the donors' median, moderated over the areas
    around what is usual for so many inhabitants.
    """
    steps = np.diff(before, axis=1)
    squares = ((steps - np.median(steps[1:], axis=0)) ** 2).sum(axis=1)
    count = steps.shape[1]
    usual = np.ones(len(before))
    moved = squares > 0
    if size is not None and moved.sum() >= MIN_DONORS:
        terms = np.column_stack([np.ones(len(size)), size, size**2])
        terms[:, 1:] -= terms[:, 1:].mean(axis=0)
        usual = np.exp(terms @ np.linalg.lstsq(terms[moved], np.log(squares[moved]), rcond=None)[0])
    variance, _ = moderate((squares / usual)[:, None], np.full((len(before), 1), float(count)))
    if np.isnan(variance).any():
        return None
    scales: Floats = np.sqrt(variance[:, 0] * usual)
    return scales


def _tested(gap: float, scale: float, others: Floats) -> Outcome:
    """others: how far the donors, or groups of them, are off, in their own noise."""
    size = abs(gap) / scale
    p = (1 + int((others >= size).sum())) / (1 + others.size)
    # The smallest distance that is not reached by so many.
    allowed = int(np.floor(ALPHA * (1 + others.size) + 1e-9)) - 1
    reach = float(np.sort(others)[::-1][max(allowed, 0)]) * scale
    return Outcome(gap, gap - reach, gap + reach, p)
