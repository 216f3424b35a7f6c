"""Riktning: what a series of years says, by one rule for kommun, region, riket and county.

Mann–Kendall's test (exact, conditional on ties) says whether there is a trend, Theil–Sen on real years how steep it is.
The same test on the difference from riket says whether the country did the same. Only the last WINDOW measurement
years after the last break count; never overlapping means of several years, never below MIN_YEARS. Many series are
tested at once: `holds` says which of them stand when that is counted with. Sources: Mann 1945, Kendall 1975; Theil
1950, Sen 1968; Benjamini & Hochberg 1995; the exact distribution with ties is the q-multinomial coefficient, which
counts inversions of a multiset. The noise of a series is `annual_variation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.annual_variation import measurements

VERSION: Final = "2"
MIN_YEARS: Final = 5
WINDOW: Final = 10
ALPHA: Final = 0.05
FALSE_DISCOVERIES: Final = 0.10
# Values are compared as they are published: what differs only in the noise of floating point is equal.
SIGNIFICANT_DIGITS: Final = 9
TOO_FEW, NOT_TESTED, NO_TREND = "för få mätningar", "prövas inte", "ingen säkerställd trend"
IMPROVED, WORSENED, RISEN, FALLEN = "har förbättrats", "har försämrats", "har ökat", "har minskat"
STATED: Final = (IMPROVED, WORSENED, RISEN, FALLEN)
MORE, SAME, LESS, OPPOSITE = "mer än riket", "som riket", "mindre än riket", "tvärtom mot riket"
_COUNT_WORDS: Final = ("två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio")

SERIES: Final = ["nyckeltal_id", "omrade_id", "kon"]
_Floats = npt.NDArray[np.float64]
_NATIONAL: Final = ["nyckeltal_id", "kon", "ar"]


def trend(
    values: pl.DataFrame, areas: pl.DataFrame, kpis: pl.DataFrame, breaks: pl.DataFrame, noise: pl.DataFrame
) -> pl.DataFrame:
    """One row per series (nyckeltal_id, omrade_id, kon) with a value, with the columns of table `trend` but `haller`.

    Args:
        values: nyckeltal_id, omrade_id, ar, kon, varde (nulls, NaN and infinities are left out).
        areas: omrade_id, typ.
        kpis: nyckeltal_id, riktning, overlappande_ar (null where each value is of its own year).
        breaks: nyckeltal_id, ar, sista_gamla_ar: as table `nyckeltal_brott`.
        noise: nyckeltal_id, omrade_id, kon, halv_95, as table `arsvariation`; may lack any series.
    """
    counted = counted_years(values, areas, breaks)
    compared = pl.col("typ").is_in(["kommun", "region"])
    level = national_level(counted)
    own = counted.join(level, on=[*_NATIONAL, "typ"], how="left").with_columns(riket=pl.when(compared).then("riket"))
    return outcome(own, kpis, noise, _national_steps(counted.filter(compared)))


def counted_years(values: pl.DataFrame, areas: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """The values that directions are judged by: those after the last break, of the last WINDOW measurement years of
    each nyckeltal, kind of area and kön. SERIES, typ, ar, varde, brott (first year after the break; null: none).

    values, areas, breaks: as for `trend`.
    """
    measured = measurements(newest_part(values, breaks).join(areas.select("omrade_id", "typ"), on="omrade_id"))
    newest_first = pl.col("ar").rank("dense", descending=True).over("nyckeltal_id", "typ", "kon")
    return measured.filter(newest_first <= WINDOW)


def national_level(counted: pl.DataFrame) -> pl.DataFrame:
    """nyckeltal_id, typ, kon, ar, riket: riket's value; the median of the areas of the kind, where riket has none for
    the nyckeltal and kön at all.
    """
    country = counted.filter(pl.col("typ") == "riket").select(*_NATIONAL, riket="varde")
    areas = counted.filter(pl.col("typ").is_in(["kommun", "region"]))
    medians = areas.group_by(*_NATIONAL, "typ").agg(median=pl.col("varde").median())
    in_country = country.select("nyckeltal_id", "kon").unique().with_columns(finns=True)
    return (
        medians.join(country, on=_NATIONAL, how="left")
        .join(in_country, on=["nyckeltal_id", "kon"], how="left")
        .select(*_NATIONAL, "typ", riket=pl.when(pl.col("finns")).then("riket").otherwise("median"))
    )


def outcome(
    points: pl.DataFrame, kpis: pl.DataFrame, noise: pl.DataFrame, national_steps: pl.DataFrame
) -> pl.DataFrame:
    """One row per series of `points`, with the columns of table `trend` but `haller`.

    Args:
        points: SERIES, ar, varde, brott (first year after the last break; null: none), riket (null: nothing to be set
            against); only the years that count.
        kpis: as for `trend`.
        noise: as for `trend`.
        national_steps: nyckeltal_id, omrade_id, kon, rikets_steg: the country's change over the series' last step.
    """
    series = (
        points.group_by(SERIES)
        .agg(
            fran_ar=pl.col("ar").min(),
            till_ar=pl.col("ar").max(),
            antal_ar=pl.len().cast(pl.Int32),
            brott=pl.col("brott").first(),
        )
        .join(kpis.select("nyckeltal_id", "overlappande_ar", bast="riktning"), on="nyckeltal_id", how="left")
    )
    rounded = points.with_columns(
        varde=rounded_value(pl.col("varde")), riket=pl.when(pl.col("riket").is_finite()).then("riket")
    )
    table = _YearTable.of(
        rounded.with_columns(skillnad=rounded_value(pl.col("varde") - pl.col("riket"))), "varde", "riket", "skillnad"
    )
    tested = table.of_series(series.filter((pl.col("antal_ar") >= MIN_YEARS) & pl.col("overlappande_ar").is_null()))
    return (
        series.join(tested.mann_kendall("varde"), on=SERIES, how="left", validate="1:1")
        .join(_against_country(tested), on=SERIES, how="left", validate="1:1")
        .join(_latest(table), on=SERIES, how="left", validate="1:1")
        .join(noise.select(*SERIES, "halv_95"), on=SERIES, how="left", validate="1:1")
        .join(national_steps, on=SERIES, how="left", validate="1:1")
        .with_columns(trend=_direction_word(), mot_riket=_country_word())
        .with_columns(
            senaste=_latest_word(),
            tydlig_andring=(
                pl.when(pl.col("overlappande_ar").is_null()).then(
                    (pl.col("sista_steg") - pl.col("rikets_steg")).abs() > sqrt(2) * pl.col("halv_95")
                )
            ),
            motivering=_reason(),
            metod=pl.lit(f"riktning {VERSION}"),
        )
        .sort(SERIES, maintain_order=True)
    )


def rounded_value(value: pl.Expr) -> pl.Expr:
    """The value in SIGNIFICANT_DIGITS digits."""
    return value.round_sig_figs(SIGNIFICANT_DIGITS)


def holds(p_values: pl.DataFrame) -> pl.DataFrame:
    """`p_values` with haller: whether a direction stands when so many series were tested (Benjamini–Hochberg at
    FALSE_DISCOVERIES).

    p_values: p_varde, never null, and whatever names the series.
    """
    p = pl.col("p_varde")
    # The largest p that is small enough for its place takes all smaller ones with it.
    stands = p <= p.filter(p * (pl.len() / p.rank("max")) <= FALSE_DISCOVERIES).max()
    return p_values.with_columns(haller=stands.fill_null(False) & (p <= ALPHA))


def _direction_word() -> pl.Expr:
    up = pl.col("s") > 0
    better = pl.when(pl.col("bast") == "högre").then(up).when(pl.col("bast") == "lägre").then(~up)
    return (
        pl.when(pl.col("overlappande_ar").is_not_null())
        .then(pl.lit(NOT_TESTED))
        .when(pl.col("antal_ar") < MIN_YEARS)
        .then(pl.lit(TOO_FEW))
        .when(pl.col("p_varde") > ALPHA)
        .then(pl.lit(NO_TREND))
        .when(better)
        .then(pl.lit(IMPROVED))
        .when(~better)
        .then(pl.lit(WORSENED))
        .when(up)
        .then(pl.lit(RISEN))
        .otherwise(pl.lit(FALLEN))
    )


def _reason() -> pl.Expr:
    measurements = pl.when(pl.col("antal_ar") == 1).then(pl.lit("mätning")).otherwise(pl.lit("mätningar"))
    since = pl.when(pl.col("brott").is_not_null()).then(pl.format(" sedan brottet {}", "brott"))
    return (
        pl.when(pl.col("overlappande_ar").is_not_null())
        .then(pl.format("medelvärden över {} år överlappar varandra och prövas inte", "overlappande_ar"))
        .when(pl.col("antal_ar") < MIN_YEARS)
        .then(
            pl.format(
                "{} {}{}; minst {} krävs", "antal_ar", measurements, since.otherwise(pl.lit("")), pl.lit(MIN_YEARS)
            )
        )
        .otherwise(
            pl.format(
                "{} mätningar{}: Mann–Kendall, exakt, p {} 0,05",
                "antal_ar",
                since.otherwise(pl.lit("")),
                pl.when(pl.col("p_varde") <= ALPHA).then(pl.lit("≤")).otherwise(pl.lit(">")),
            )
        )
    )


def _against_country(table: _YearTable) -> pl.DataFrame:
    """SERIES + riket_s, riket_p_varde (of the difference from riket), riket_lutning and egen_lutning (the slopes of
    riket and of the series in the same years), for the series with at least MIN_YEARS years that both have.

    table: with varde, riket and skillnad; the last two NaN in years when riket has no value.
    """
    shared = table.of_rows((~np.isnan(table.columns["riket"])).sum(axis=1) >= MIN_YEARS)
    own, country = shared.columns["varde"], shared.columns["riket"]
    return shared.mann_kendall("skillnad").select(
        *SERIES,
        riket_s="s",
        riket_p_varde="p_varde",
        riket_lutning=pl.Series(shared.slopes(country)),
        egen_lutning=pl.Series(shared.slopes(np.where(np.isnan(country), np.nan, own))),
    )


def _country_word() -> pl.Expr:
    """Whether the series has moved like riket; null where that could not be tested."""
    own, country = pl.col("egen_lutning").sign(), pl.col("riket_lutning").sign()
    return (
        pl.when(pl.col("riket_p_varde").is_null())
        .then(None)
        .when(pl.col("riket_p_varde") > ALPHA)
        .then(pl.lit(SAME))
        .when(own * country < 0)
        .then(pl.lit(OPPOSITE))
        .when(own == pl.col("riket_s").sign())
        .then(pl.lit(MORE))
        .otherwise(pl.lit(LESS))
    )


def _latest(table: _YearTable) -> pl.DataFrame:
    """SERIES + steg (how many last steps in a row go the same way), tecken (which), forst and sist (the values before
    and after them), sista_steg: for series of at least two years.
    """
    values, row = table.columns["varde"], np.arange(table.series.height)
    last = (~np.isnan(values)).sum(axis=1) - 1
    signs = np.sign(np.diff(values, axis=1))
    sign = signs[row, last - 1] if row.size else np.empty(0)
    count, goes_on = np.zeros(row.size, np.int64), np.full(row.size, True)
    for back in range(signs.shape[1]):
        place = last - 1 - back
        # A place before the first year is the array's other end, where the series has been left already.
        goes_on = goes_on & (place >= 0) & (signs[row, place] == sign)
        count += goes_on
    return table.series.with_columns(
        steg=pl.Series(count),
        tecken=pl.Series(sign),
        forst=pl.Series(values[row, last - count]),
        sist=pl.Series(values[row, last]),
        sista_steg=pl.Series(values[row, last] - values[row, last - 1]),
    )


def _latest_word() -> pl.Expr:
    """What the last measurements do, where that is not what the whole series does; a description, no test."""
    stated = pl.col("trend").is_in(STATED)
    against = stated & (pl.col("tecken") != pl.col("s").sign())
    large = (pl.col("sist") - pl.col("forst")).abs() >= pl.col("halv_95")
    better = (
        pl.when(pl.col("bast") == "högre")
        .then(pl.col("tecken") > 0)
        .when(pl.col("bast") == "lägre")
        .then(pl.col("tecken") < 0)
    )
    verb = (
        pl.when(better)
        .then(pl.lit("går åt rätt håll"))
        .when(~better)
        .then(pl.lit("går åt fel håll"))
        .when(pl.col("tecken") > 0)
        .then(pl.lit("ökar"))
        .otherwise(pl.lit("minskar"))
    )
    count = (pl.col("steg").cast(pl.Int64)).replace_strict(
        dict(enumerate(_COUNT_WORDS, start=2)), default=None, return_dtype=pl.String
    )
    span = [swedish(pl.col("forst")), swedish(pl.col("sist"))]
    run = (pl.col("steg") >= 2) & (pl.col("tecken") != 0) & pl.col("overlappande_ar").is_null()
    return (
        pl.when(run & against)
        .then(pl.format("men de {} senaste mätningarna går åt andra hållet ({} → {})", count, *span))
        .when(run & ~stated & large)
        .then(pl.format("de {} senaste mätningarna {} ({} → {})", count, verb, *span))
    )


def swedish(value: pl.Expr) -> pl.Expr:
    """A number in words of the tables: three significant digits or whole, decimal comma, minus sign."""
    whole = value.round(0).cast(pl.Int64, strict=False).cast(pl.String)
    short = value.round_sig_figs(3).cast(pl.String).str.strip_suffix(".0")
    return (
        pl.when(value.abs() >= 1000)
        .then(whole)
        .otherwise(short)
        .str.replace(".", ",", literal=True)
        .str.replace("-", "−", literal=True)
    )


def _national_steps(counted: pl.DataFrame) -> pl.DataFrame:
    """SERIES + rikets_steg: the median change of the areas of the kind between the last two years of the series."""
    group = ["nyckeltal_id", "typ", "kon"]
    ordered = counted.select(*group, "omrade_id", "ar", "varde").sort(*SERIES, "ar", maintain_order=True)
    last_two = (
        ordered.group_by(*group, "omrade_id")
        .agg(till=pl.col("ar").last(), fran=pl.col("ar").get(-2, null_on_oob=True))
        .filter(pl.col("fran").is_not_null())
    )
    spans = last_two.select(*group, "fran", "till").unique()
    medians = (
        spans.join(counted.select(*group, "omrade_id", fran="ar", fore="varde"), on=[*group, "fran"])
        .join(counted.select(*group, "omrade_id", till="ar", efter="varde"), on=[*group, "omrade_id", "till"])
        .group_by(*group, "fran", "till")
        .agg(rikets_steg=(pl.col("efter") - pl.col("fore")).median())
    )
    return last_two.join(medians, on=[*group, "fran", "till"]).select(*SERIES, "rikets_steg")


def newest_part(values: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """The finite values after each series' last break, plus `brott`: the first year after it (null: no break before).

    Years that may belong to either side of a break (after sista_gamla_ar, before ar) belong to none.
    """
    known = values.filter(pl.col("varde").is_finite()).select(*SERIES, "ar", "varde")
    broken = known.join(breaks, on="nyckeltal_id", maintain_order="left")
    key = [*SERIES, "ar"]
    parts = broken.group_by(*key, "varde", maintain_order=True).agg(
        brott=pl.col("ar_right").filter(pl.col("ar_right") <= pl.col("ar")).max(),
        between=((pl.col("ar") > pl.col("sista_gamla_ar")) & (pl.col("ar") < pl.col("ar_right"))).any(),
    )
    sure = parts.filter(~pl.col("between")).drop("between")
    last = sure.group_by(SERIES).agg(sista=pl.col("brott").max())
    newest = (
        sure.join(last, on=SERIES, how="left", maintain_order="left")
        .filter(pl.col("brott").eq_missing(pl.col("sista")))
        .drop("sista")
    )
    whole = known.join(breaks, on="nyckeltal_id", how="anti", maintain_order="left")
    return pl.concat([whole.with_columns(brott=pl.lit(None, newest.schema["brott"])), newest])


def theil_sen(values: pl.DataFrame) -> pl.DataFrame:
    """`SERIES` + lutning_per_ar: the median of the slopes of all pairs of years, per year; series of one value have
    none.

    values: SERIES, ar, varde: one row per year.
    """
    table = _YearTable.of(values, "varde")
    return table.series.with_columns(lutning_per_ar=pl.Series(table.slopes(table.columns["varde"])))


def mann_kendall(values: pl.DataFrame) -> pl.DataFrame:
    """`SERIES` + s, p_varde (two-sided, exact) and lutning_per_ar for every series of at least two years.

    values: as for `theil_sen`.
    """
    return _YearTable.of(values, "varde").mann_kendall("varde")


@dataclass(frozen=True, slots=True)
class _YearTable:
    """Series as rows, their years in order as columns; NaN where a series has fewer years than the longest.

    series: SERIES, one row per row of the arrays, those of at least two years. years: series × years. columns: the
    values by name, each of the same shape; NaN too where there is no value.
    """

    series: pl.DataFrame
    years: _Floats
    columns: Mapping[str, _Floats]

    @classmethod
    def of(cls, points: pl.DataFrame, *columns: str) -> _YearTable:
        ordered = points.select(*SERIES, "ar", *columns).sort(*SERIES, "ar", maintain_order=True)
        series = ordered.group_by(SERIES, maintain_order=True).agg(antal=pl.len().cast(pl.Int64))
        counts = series["antal"].to_numpy()
        row = np.repeat(np.arange(counts.size), counts)
        column = np.arange(row.size) - np.repeat(counts.cumsum() - counts, counts)

        def spread_out(name: str) -> _Floats:
            table = np.full((counts.size, counts.max(initial=0)), np.nan)
            table[row, column] = ordered[name].to_numpy()
            return table

        table = cls(series.select(SERIES), spread_out("ar"), {name: spread_out(name) for name in columns})
        return table.of_rows(counts > 1)

    def of_rows(self, rows: npt.NDArray[np.bool_]) -> _YearTable:
        columns = {name: values[rows] for name, values in self.columns.items()}
        return _YearTable(self.series.filter(rows), self.years[rows], columns)

    def of_series(self, series: pl.DataFrame) -> _YearTable:
        """The rows of some series: SERIES."""
        wanted = series.select(*SERIES, _wanted=True)
        rows = self.series.join(wanted, on=SERIES, how="left", maintain_order="left")["_wanted"].is_not_null()
        return self.of_rows(rows.to_numpy())

    def mann_kendall(self, column: str) -> pl.DataFrame:
        """SERIES + s (rises less falls, over all pairs of years), its p, and the slope."""
        earlier, later = self._pairs()
        values = self.columns[column]
        scores = np.nansum(np.sign(values[:, later] - values[:, earlier]), axis=1).astype(np.int64)
        return self.series.with_columns(
            s=pl.Series(scores),
            p_varde=pl.Series(_p_values(values, np.abs(scores))),
            lutning_per_ar=pl.Series(self.slopes(values)),
        )

    def slopes(self, values: _Floats) -> _Floats:
        """Theil–Sen's slope of every row: the median over all pairs of years."""
        if not self.series.height:
            return np.empty(0)
        earlier, later = self._pairs()
        slopes = (values[:, later] - values[:, earlier]) / (self.years[:, later] - self.years[:, earlier])
        slopes.sort(axis=1)  # NaN last
        count = (~np.isnan(slopes)).sum(axis=1)
        row = np.arange(len(slopes))
        middle: _Floats = (slopes[row, (count - 1) // 2] + slopes[row, count // 2]) / 2
        return middle

    def _pairs(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Earlier and later column of every pair of years."""
        earlier, later = np.triu_indices(self.years.shape[1], k=1)
        return earlier, later


def _p_values(values: _Floats, scores: npt.NDArray[np.int64]) -> _Floats:
    """The p of every row of values, NaN where there is none, and its |S|."""
    ordered = np.sort(values, axis=1)
    equal = ordered[:, 1:] == ordered[:, :-1]
    # There are few cases and many series: a number for each pattern of equal values, for how many there are, and |S|.
    patterns = equal @ (1 << np.arange(equal.shape[1], dtype=np.int64))
    lengths = (~np.isnan(ordered)).sum(axis=1)
    cases = (patterns * (1 + values.shape[1]) + lengths) * (1 + scores.max(initial=0)) + scores
    _, first, case = np.unique(cases, return_index=True, return_inverse=True)
    of_cases = zip(lengths[first].tolist(), patterns[first].tolist(), scores[first].tolist(), strict=True)
    return np.array([_p_value(_group_sizes(length, pattern), s) for length, pattern, s in of_cases], float)[case]


@cache
def _group_sizes(length: int, pattern: int) -> tuple[int, ...]:
    """The sizes of the groups of equal values, e.g. (1, 1, 3), where bit i of `pattern` says that values i and i + 1 in
    order are equal.
    """
    sizes = [1]
    for place in range(length - 1):
        if pattern >> place & 1:
            sizes[-1] += 1
        else:
            sizes.append(1)
    return tuple(sorted(sizes))


@cache
def _p_value(ties: tuple[int, ...], s: int) -> float:
    """Two-sided p of |S| ≥ s, exact, for a series whose equal values come in groups of these sizes."""
    orders = _orders(ties)
    untied = len(orders) - 1
    return sum(ways for inversions, ways in enumerate(orders) if abs(untied - 2 * inversions) >= s) / sum(orders)


@cache
def _orders(ties: tuple[int, ...]) -> tuple[int, ...]:
    """In how many orders of the values there are 0, 1, 2 … inversions: the coefficients of [n]_q! / Π [t]_q!."""
    product = [1]
    for k in range(2, sum(ties) + 1):
        product = [sum(product[max(0, i - k + 1) : i + 1]) for i in range(len(product) + k - 1)]
    for size in ties:
        for k in range(2, size + 1):
            quotient: list[int] = []
            for i in range(len(product) - k + 1):
                quotient.append(product[i] - sum(quotient[max(0, i - k + 1) : i]))
            product = quotient
    return tuple(product)
