"""Årsvariation: how far a kommun's or region's value usually moves from one measurement to the next.

The country's own movement is taken away first, so that what is left is the series' own noise. It is no sampling error
and no reason; it needs no number of respondents, and how often it holds is measured here too. Variances are moderated
over all areas of a kind (Smyth 2004, as limma's `fitFDist`), then the level is calibrated on held-out steps. What is
done with the intervals is `comparison` and `trend`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import digamma, ndtr, ndtri, polygamma, stdtr, stdtrit

VERSION: Final = "1"
# Fewer areas say nothing of what is usual in the country.
MIN_AREAS: Final = 15
# How many earlier steps a step needs to count in the calibration, and to be a trial of the calibrated interval.
_EARLIER_TO_CALIBRATE, _EARLIER_TO_TRY = 2, 3
# Held-out changes before the level is calibrated at all.
_MIN_HELD_OUT: Final = 100
# Level → the lowest that calibration may make of it, so that a few outliers do not silence a nyckeltal.
LEVELS: Final = {0.05: 0.0125, 0.002: 0.0002}
LEVEL_WORDS: Final = {0.05: "95 %", 0.002: "99,8 %"}
ACCURACY_SCHEMA: Final = {
    "nyckeltal_id": pl.String,
    "typ": pl.String,
    "kon": pl.String,
    "niva": pl.String,
    "provade": pl.Int32,
    "innanfor_nominellt": pl.Int32,
    "innanfor_kalibrerat": pl.Int32,
}

_GROUP: Final = ["nyckeltal_id", "typ", "kon"]
_SERIES: Final = ["nyckeltal_id", "omrade_id", "kon"]
_NOISE: Final = ("varians", "frihetsgrader", "halv_95", "halv_998")

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variation:
    """The årsvariation of every series, and how often the intervals have held.

    areas: nyckeltal_id, omrade_id, kon, varians (σ̃² of one value, in the nyckeltal's unit squared), frihetsgrader
    (null where the areas differ no more than chance makes them: the normal distribution), halv_95, halv_998 (half
    widths of the calibrated intervals), orsak (why there is no variance; null where there is); one row per series of a
    kommun or region with a value.
    accuracy: ACCURACY_SCHEMA, one row per nyckeltal, kind of area, kön and level with any trial.
    """

    areas: pl.DataFrame
    accuracy: pl.DataFrame


def annual_variation(values: pl.DataFrame, areas: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame) -> Variation:
    """Measure the noise of every series against all areas of its kind.

    Args:
        values: nyckeltal_id, omrade_id, ar, kon, varde (nulls, NaN and infinities are left out).
        areas: omrade_id, typ; only kommun and region count.
        kpis: nyckeltal_id, overlappande_ar (null where each value is of its own year).
        breaks: nyckeltal_id, ar, sista_gamla_ar, as table `nyckeltal_brott`.
    """
    known = _known(values, areas)
    measured = measurements(known)
    all_steps = steps(measured, kpis, breaks)
    changes = _changes(measured, all_steps)
    grid = _grid(known, changes)
    noises: list[tuple[_Floats, ...]] = []
    trials: list[tuple[object, ...]] = []
    for key, panel in _panels(grid):
        moderated = panel.moderated()
        held_out = panel.held_out(moderated)
        noises.append(panel.noise(moderated, held_out))
        trials += [(*key, *trial) for trial in _trials(held_out)]
    columns = [np.concatenate([np.empty(0), *parts]) for parts in zip(*noises, strict=True)] or [np.empty(0)] * 4
    noise = (
        grid.areas.select(*_SERIES)
        .with_columns(pl.Series(name, column) for name, column in zip(_NOISE, columns, strict=True))
        .filter(pl.col("varians").is_not_nan())
        .with_columns(frihetsgrader=pl.when(pl.col("frihetsgrader").is_finite()).then("frihetsgrader"))
    )
    reasons = _reasons(measured, kpis, all_steps, changes)
    every_series = known.select(*_SERIES, "typ").unique().join(noise, on=_SERIES, how="left")
    return Variation(
        every_series.join(reasons, on=_GROUP, how="left")
        .with_columns(orsak=pl.when(pl.col("varians").is_null()).then("orsak"))
        .drop("typ")
        .sort(_SERIES, maintain_order=True),
        pl.DataFrame(trials, schema=ACCURACY_SCHEMA, orient="row").sort(*_GROUP, "niva"),
    )


def _known(values: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """The finite values of kommuner and regions: nyckeltal_id, typ, kon, omrade_id, ar, varde."""
    kinds = areas.filter(pl.col("typ").is_in(["kommun", "region"])).select("omrade_id", "typ")
    known = values.filter(pl.col("varde").is_finite()).join(kinds, on="omrade_id")
    return known.select(*_GROUP, "omrade_id", "ar", "varde")


def measurements(known: pl.DataFrame) -> pl.DataFrame:
    """The values of measurement years: those in which at least half as many areas have a value as in the best year."""
    areas_of_year = pl.len().over(*_GROUP, "ar")
    return known.filter(areas_of_year * 2 >= areas_of_year.max().over(_GROUP))


def _reasons(
    measured: pl.DataFrame, kpis: pl.DataFrame, all_steps: pl.DataFrame, changes: pl.DataFrame
) -> pl.DataFrame:
    """Per nyckeltal, kind of area and kön: why it would have no årsvariation, `orsak`. Whether it has one is another
    question: this is the reason of those that have not.
    """
    sizes = measured.group_by(*_GROUP, "ar").len().group_by(_GROUP).agg(omraden=pl.col("len").max(), ar=pl.len())
    counts = all_steps.group_by(_GROUP).agg(steg=pl.len())
    used = changes.select(*_GROUP).unique().with_columns(anvanda=True)
    overlap = kpis.select("nyckeltal_id", "overlappande_ar")
    return (
        sizes.join(counts, on=_GROUP, how="left")
        .join(used, on=_GROUP, how="left")
        .join(overlap, on="nyckeltal_id", how="left")
        .select(
            *_GROUP,
            orsak=pl.when(pl.col("omraden") == 1)
            .then(pl.lit("bara ett område i landet har värde"))
            .when(pl.col("omraden") < MIN_AREAS)
            .then(pl.format("bara {} områden i landet har värde", "omraden"))
            .when(pl.col("ar") < 2)
            .then(pl.lit("bara en mätning, så årsvariationen kan inte mätas"))
            .when(pl.col("steg").is_null() & (pl.col("overlappande_ar") >= pl.col("ar")))
            .then(pl.lit("mätningarna överlappar varandra, så årsvariationen kan inte mätas"))
            .when(pl.col("steg").is_null())
            .then(pl.lit("för få mätningar på samma sida om ett seriebrott"))
            .when(pl.col("anvanda").is_null())
            .then(pl.format("färre än {} områden har värde i två mätningar i rad", pl.lit(MIN_AREAS)))
            .otherwise(pl.format("färre än {} områden har ändrats mellan mätningarna", pl.lit(MIN_AREAS))),
        )
    )


def steps(measured: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """From each measurement year to the first one that shares no year with it: nyckeltal_id, typ, kon, fran, till.

    A step over a break is none; neither is one from or to a year that may belong to either side of it.
    """
    years = measured.select(*_GROUP, "ar").unique()
    earliest = pl.col("ar") + pl.col("overlappande_ar").fill_null(1).cast(measured.schema["ar"])
    pairs = (
        years.join(kpis.select("nyckeltal_id", "overlappande_ar"), on="nyckeltal_id", how="left")
        .select(*_GROUP, fran="ar", tidigast=earliest)
        .sort("tidigast")
        .join_asof(
            years.select(*_GROUP, till="ar").sort("till"),
            left_on="tidigast",
            right_on="till",
            by=_GROUP,
            strategy="forward",
            check_sortedness=False,
        )
        .filter(pl.col("till").is_not_null())
        .drop("tidigast")
    )
    crossing = pairs.join(breaks, on="nyckeltal_id").filter(
        (pl.col("fran") < pl.col("ar")) & (pl.col("till") > pl.col("sista_gamla_ar"))
    )
    return pairs.join(crossing, on=[*_GROUP, "fran"], how="anti").sort(*_GROUP, "fran")


def area_changes(values: pl.DataFrame, areas: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Every area's change over every step: nyckeltal_id, typ, kon, fran, till, omrade_id, andring.

    Args: as for `annual_variation`.
    """
    measured = measurements(_known(values, areas))
    return _raw_changes(measured, steps(measured, kpis, breaks))


def _raw_changes(measured: pl.DataFrame, all_steps: pl.DataFrame) -> pl.DataFrame:
    before = measured.rename({"ar": "fran", "varde": "fore"})
    after = measured.rename({"ar": "till", "varde": "efter"})
    return (
        all_steps.join(before, on=[*_GROUP, "fran"])
        .join(after, on=[*_GROUP, "till", "omrade_id"])
        .select(*_GROUP, "fran", "till", "omrade_id", andring=pl.col("efter") - pl.col("fore"))
    )


def _changes(measured: pl.DataFrame, all_steps: pl.DataFrame) -> pl.DataFrame:
    """Every area's change over every step less the median change: nyckeltal_id, typ, kon, fran, till, omrade_id,
    andring. Steps with fewer than MIN_AREAS areas are left out.
    """
    step = [*_GROUP, "fran"]
    return (
        _raw_changes(measured, all_steps)
        .filter(pl.len().over(step) >= MIN_AREAS)
        .with_columns(andring=pl.col("andring") - pl.col("andring").median().over(step))
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """Every group (nyckeltal, kind of area, kön) with its areas as rows and its steps as columns, in one order.

    areas: group + omrade_id. steps: group + fran, till. cells: group + rad, kolumn, andring.
    """

    areas: pl.DataFrame
    steps: pl.DataFrame
    cells: pl.DataFrame


def _grid(known: pl.DataFrame, changes: pl.DataFrame) -> _Grid:
    number = pl.int_range(pl.len()).over(_GROUP)
    columns = changes.select(*_GROUP, "fran", "till").unique().sort(*_GROUP, "fran").with_columns(kolumn=number)
    rows = (
        known.join(columns, on=_GROUP, how="semi")
        .select(*_GROUP, "omrade_id")
        .unique()
        .sort(*_GROUP, "omrade_id", maintain_order=True)
        .with_columns(rad=number)
    )
    cells = (
        changes.join(rows, on=[*_GROUP, "omrade_id"])
        .join(columns.drop("till"), on=[*_GROUP, "fran"])
        .select(*_GROUP, "rad", "kolumn", "andring")
        .sort(_GROUP, maintain_order=True)
    )
    return _Grid(rows.drop("rad"), columns.drop("kolumn"), cells)


def _panels(grid: _Grid) -> Iterator[tuple[tuple[str, ...], _Panel]]:
    """The groups of the grid, each with its panel."""
    starts, ends = grid.steps["fran"].to_numpy(), grid.steps["till"].to_numpy()
    rows, columns, changes = (grid.cells[name].to_numpy() for name in ("rad", "kolumn", "andring"))
    step = cell = 0
    sizes = (frame.group_by(_GROUP, maintain_order=True).len() for frame in (grid.areas, grid.steps, grid.cells))
    for (*key, height), (*_, width), (*_, count) in zip(*(frame.iter_rows() for frame in sizes), strict=True):
        changed = np.full((height, width), np.nan)
        of_group = slice(cell, cell + count)
        changed[rows[of_group], columns[of_group]] = changes[of_group]
        yield tuple(key), _Panel(starts[step : step + width], ends[step : step + width], changed)
        step, cell = step + width, cell + count


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """A step that was predicted from earlier ones alone. chances: for each area, of a change at least as large."""

    number: int
    earlier: int
    chances: _Floats


@dataclass(frozen=True, slots=True)
class _Panel:
    """All areas of a group: changes is areas × steps, NaN where an area has no such step. Steps begin at years that
    rise, and end at years that do not fall.
    """

    starts: npt.NDArray[np.integer]
    ends: npt.NDArray[np.integer]
    changes: _Floats

    def noise(self, moderated: tuple[_Floats, _Floats], held_out: list[_HeldOut]) -> tuple[_Floats, ...]:
        """For each area σ̃², degrees of freedom and half widths at 95 and 99.8 %; NaN when too few areas have moved."""
        variance, df = (column[:, -1] for column in moderated)
        chances = _pooled(held_out)
        return (variance, df, *(_quantile(df, _calibrated(chances, level)) * np.sqrt(variance) for level in LEVELS))

    def held_out(self, moderated: tuple[_Floats, _Floats]) -> list[_HeldOut]:
        """Every step with enough earlier ones: those that had ended when it began, which are the first so many."""
        earlier = np.searchsorted(self.ends, self.starts, side="right")
        variances, dfs = moderated
        counted = (~np.isnan(self.changes)).cumsum(axis=1)
        steps_held_out = []
        for number in np.flatnonzero(earlier >= _EARLIER_TO_CALIBRATE):
            known = earlier[number]
            variance, df, change = variances[:, known], dfs[:, known], self.changes[:, number]
            # An area without an earlier step says nothing of its own noise.
            usable = (counted[:, known - 1] > 0) & ~np.isnan(change) & ~np.isnan(variance)
            size = np.abs(change[usable]) / np.sqrt(2 * variance[usable])
            steps_held_out.append(_HeldOut(int(number), int(known), 2 * _upper_tail(df[usable], size)))
        return steps_held_out

    def moderated(self) -> tuple[_Floats, _Floats]:
        """σ̃² and degrees of freedom, areas × (steps + 1): column k from the first k steps alone."""
        known = ~np.isnan(self.changes)
        zero = np.zeros((len(self.changes), 1))
        counts = np.hstack([zero, known.cumsum(axis=1)])
        sums = np.hstack([zero, (np.where(known, self.changes, 0.0) ** 2).cumsum(axis=1)])
        return moderate(sums, counts)


def _trials(held_out: list[_HeldOut]) -> Iterator[tuple[object, ...]]:
    """niva, provade, innanfor_nominellt, innanfor_kalibrerat: how many changes lay inside the interval that was known
    before them.
    """
    counts = {level: np.zeros(3, dtype=int) for level in LEVELS}
    for step in held_out:
        known = _pooled([other for other in held_out if other.number < step.earlier])
        if step.earlier < _EARLIER_TO_TRY or known.size < _MIN_HELD_OUT:
            continue
        for level, count in counts.items():
            inside = (step.chances >= limit for limit in (level, _calibrated(known, level)))
            count += [step.chances.size, *(int(chances.sum()) for chances in inside)]
    for level, count in counts.items():
        if count[0]:
            yield (LEVEL_WORDS[level], *map(int, count))


def moderate(sums: _Floats, counts: _Floats) -> tuple[_Floats, _Floats]:
    """σ̃² and its degrees of freedom from each area's sum of squared changes and number of steps.

    Args:
        sums, counts: areas × cases; every column is moderated by itself.

    Returns:
        Two arrays of the same shape; NaN in the columns in which fewer than MIN_AREAS areas have moved.
    """
    # There are few counts and many areas.
    of_count = np.maximum(1.0, 2 * np.arange(int(counts.max()) + 1) / 3)
    index = counts.astype(np.intp)
    freedom = of_count[index]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = sums / (2 * counts)
        moved = variance > 0
        n = moved.sum(axis=0)
        centre = (np.log(of_count / 2) - digamma(of_count / 2))[index]
        log = np.where(moved, np.log(variance) + centre, 0.0)
        mean = log.sum(axis=0) / n
        spread = np.where(moved, (log - mean) ** 2, 0.0).sum(axis=0) / (n - 1)
        excess = spread - np.where(moved, polygamma(1, of_count / 2)[index], 0.0).sum(axis=0) / n
        finite = excess > 0
        half = _inverse_trigamma(np.where(finite, excess, 1.0))
        prior_df = np.where(finite, 2 * half, np.inf)
        prior = np.exp(mean + np.where(finite, digamma(half) - np.log(half), 0.0))
        has_steps = counts > 0
        own = np.where(has_steps, freedom, 0.0)
        pooled = (prior_df * prior + np.where(has_steps, freedom * variance, 0.0)) / (prior_df + own)
    enough = n >= MIN_AREAS
    moderated = np.where(enough, np.where(finite, pooled, prior), np.nan)
    return moderated, np.where(enough, prior_df + own, np.nan)


def _inverse_trigamma(values: _Floats) -> _Floats:
    """x with ψ′(x) = value, by Newton's method (Smyth 2004, appendix)."""
    x = 0.5 + 1 / values
    for _ in range(50):
        trigamma = polygamma(1, x)
        step = trigamma * (1 - trigamma / values) / polygamma(2, x)
        x = x + step
        if (np.abs(step) <= 1e-12 * x).all():
            break
    return x


def _pooled(held_out: list[_HeldOut]) -> _Floats:
    """The chances of all the steps, sorted."""
    return np.sort(np.concatenate([np.empty(0), *(step.chances for step in held_out)]))


def _calibrated(chances: _Floats, level: float) -> float:
    """The level at which the held-out changes (chances: sorted) lay inside as often as `level` promises."""
    if chances.size < _MIN_HELD_OUT:
        return level
    place = level * (chances.size - 1)
    low = int(place)
    quantile = chances[low] + (place - low) * (chances[low + 1] - chances[low])
    return max(LEVELS[level], min(level, float(quantile)))


def _upper_tail(df: _Floats, size: _Floats) -> _Floats:
    """P(T > size) for Student's t; the normal distribution where df is infinite."""
    infinite = np.isinf(df)
    tail: _Floats = np.where(infinite, ndtr(-size), stdtr(np.where(infinite, 1.0, df), -size))
    return tail


def _quantile(df: _Floats, level: float) -> _Floats:
    """The two-sided quantile of Student's t, or of the normal distribution where df is infinite."""
    infinite = np.isinf(df)
    quantile: _Floats = np.where(infinite, -ndtri(level / 2), -stdtrit(np.where(infinite, 1.0, df), level / 2))
    return quantile
