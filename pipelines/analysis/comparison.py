"""Läge: what a value is beside riket, the county and similar areas, and how sure the difference is.

Every value here is our own processing. An interval has one of three grounds, in this order: Kolada's osäkerhetstal,
counts that are known (`interval`), årsvariation (`annual_variation`). Without any of them nothing is judged, and the
reason is given. Where an area stands among all others is `position`.
"""

from __future__ import annotations

from typing import Final

import polars as pl
import polars.selectors as cs

from pipelines.analysis.interval import TO_998, Z95, Z998, byar, half_of_sum, wilson

VERSION: Final = "2"
# A best quarter of fewer areas says nothing.
MIN_AREAS: Final = 20
BETTER, WORSE, HIGHER, LOWER = "bättre", "sämre", "högre", "lägre"
SURELY, PROBABLY = "säkert", "troligen"
NO_DIFFERENCE: Final = "ingen säker skillnad"
UNJUDGED: Final = "kan inte bedömas"
MARGIN, COUNTED, VARIATION = "osäkerhetstal", "räknat", "årsvariation"
# Whose value is the county's.
REGIONS_VALUE, WEIGHTED, UNWEIGHTED = "regionens värde", "vägt medel", "ovägt medel"

_LEVELS: Final = ("95", "998")
_CELL = ["nyckeltal_id", "ar", "kon"]
_KEY = ["nyckeltal_id", "omrade_id", "ar", "kon"]
COMPANIONS: Final = {
    "osakerhet_nyckeltal_id": "_marginal",
    "taljare_nyckeltal_id": "_taljare",
    "namnare_nyckeltal_id": "_namnare",
    "vikt_nyckeltal_id": "_vikt",
}


def comparison(
    values: pl.DataFrame, kpis: pl.DataFrame, areas: pl.DataFrame, similar: pl.DataFrame, noise: pl.DataFrame
) -> pl.DataFrame:
    """One row per published value of a kommun or region, with the columns of table `jamforelse`.

    Args:
        values: nyckeltal_id, omrade_id, ar, kon, varde (nulls, NaN and infinities are left out), ersatt (bool: the
            owners show another value than Kolada's, to which Kolada's osäkerhetstal does not belong).
        kpis: those whose values are compared: nyckeltal_id, riktning, enhet, niva, osakerhet_nyckeltal_id,
            taljare_nyckeltal_id, namnare_nyckeltal_id, vikt_nyckeltal_id, per (the value is per × täljare / nämnare;
            without a nämnare it is a count). Values of other KPIs serve as these companions only.
        areas: omrade_id, typ, i_malbild, lan_kod. An own kommun is beside the county of the own kommuner with its
            lan_kod; their region is Kolada's own county.
        similar: nyckeltal_id, omrade_id, grupp_id, medlem_id: whose values make `liknande` for this area and KPI.
        noise: nyckeltal_id, omrade_id, kon, halv_95, halv_998, orsak, as table `arsvariation`.
    """
    # Groups are compared with, as means of their members, but have no place themselves.
    areas = areas.filter(pl.col("typ").is_in(["kommun", "region", "riket"]))
    known = values.filter(pl.col("varde").is_finite()).join(areas, on="omrade_id")
    facts = kpis.select("nyckeltal_id", "riktning", "enhet", "niva", "per", *COMPANIONS)
    measured = _with_interval(known.join(facts, on="nyckeltal_id"), values, noise)
    base = measured.filter(pl.col("typ").is_in(["kommun", "region"]))
    country = measured.filter(pl.col("typ") == "riket").select(
        *_CELL, riket="varde", _riket_95="halv_95", _riket_998="halv_998"
    )
    county = _county(measured, areas)
    similar_means = _similar(similar, measured)
    in_county = pl.col("i_malbild") & (pl.col("typ") == "kommun")
    of_county = [column for column in county.columns if column not in (*_CELL, "lan_kod")]
    joined = (
        base.join(_best_quarters(base), on=[*_CELL, "typ"], how="left")
        .join(country, on=_CELL, how="left")
        .join(county, on=[*_CELL, "lan_kod"], how="left")
        .join(similar_means, on=_KEY, how="left")
        # A county says nothing about another county's kommun, and nothing about a region.
        .with_columns(pl.when(in_county).then(column).alias(column) for column in of_county)
    )
    return (
        joined.with_columns(
            mot_riket=_judged("riket", *map(_beside_country, _LEVELS)),
            mot_lan=_judged("lan_varde", *map(_beside_county, _LEVELS)),
            mot_liknande=_judged("liknande", *map(_beside_similar, _LEVELS)),
        )
        # What the words are made of is as much again, and would be sorted too.
        .drop(cs.starts_with("_"), "lan_kod", "niva")
        .sort(_KEY, maintain_order=True)
    )


def _beside_country(level: str) -> pl.Expr:
    """The half width of a difference from riket, which is exact where Kolada does not say how uncertain it is."""
    return (pl.col(f"halv_{level}") ** 2 + pl.col(f"_riket_{level}").fill_null(0) ** 2).sqrt()


def _beside_county(level: str) -> pl.Expr:
    """The half width of a kommun's difference from its county.

    A kommun is part of the unweighted mean of k: Var(x - m) = h² (1 - 2/k) + Σh²/k². The region's own value and a
    weighted mean are nearly without the noise of one kommun: √(h² + h_county²).
    """
    own, county, k = pl.col(f"halv_{level}") ** 2, pl.col(f"_lan_{level}") ** 2, pl.col("lan_antal")
    return (
        pl.when(pl.col("lan_grund") != UNWEIGHTED)
        .then((own + county).sqrt())
        .when(k > 1)
        .then((own * (1 - 2 / k) + county).sqrt())
    )


def _beside_similar(level: str) -> pl.Expr:
    """The half width of a difference from the mean of the similar areas."""
    return (pl.col(f"halv_{level}") ** 2 + pl.col(f"_liknande_{level}") ** 2).sqrt()


def _with_interval(measured: pl.DataFrame, values: pl.DataFrame, noise: pl.DataFrame) -> pl.DataFrame:
    """`measured` with osakerhet (Kolada's), halv_95, halv_998, nedre, ovre (95 %), osakerhet_grund and
    osakerhet_orsak (why there is no interval).
    """
    for id_column, name in COMPANIONS.items():
        companion = values.select(pl.col("nyckeltal_id").alias(id_column), *_KEY[1:], pl.col("varde").alias(name)).join(
            measured.select(id_column).unique(), on=id_column, how="semi"
        )
        if companion.is_empty():
            measured = measured.with_columns(pl.lit(None, pl.Float64).alias(name))
        else:
            measured = measured.join(companion, on=[id_column, *_KEY[1:]], how="left")
    usable = pl.col("_marginal").is_finite() & (pl.col("_marginal") > 0) & ~pl.col("ersatt")
    margin = pl.when(usable).then("_marginal")
    cases, per = pl.col("_taljare"), pl.col("per")
    # A count by itself has no denominator.
    total = pl.when(pl.col("namnare_nyckeltal_id").is_null()).then(1.0).otherwise("_namnare")
    is_share = pl.col("enhet") == "%"
    counted = pl.col("taljare_nyckeltal_id").is_not_null() & cases.is_not_null() & (total > 0) & per.is_not_null()

    def limits(z: float) -> list[pl.Expr]:
        share, count = wilson(cases, total, z), byar(cases, z)
        return [per * pl.when(is_share).then(s).otherwise(c / total) for s, c in zip(share, count, strict=True)]

    def half(z: float) -> pl.Expr:
        low, high = limits(z)
        # Counts have unequal sides; the longer one is the careful one.
        return pl.max_horizontal(pl.col("varde") - low, high - pl.col("varde"))

    with_noise = measured.join(
        noise.select("nyckeltal_id", "omrade_id", "kon", "orsak", _halv_95="halv_95", _halv_998="halv_998"),
        on=["nyckeltal_id", "omrade_id", "kon"],
        how="left",
    )
    ground = (
        pl.when(margin.is_not_null())
        .then(pl.lit(MARGIN))
        .when(counted)
        .then(pl.lit(COUNTED))
        .when(pl.col("_halv_95").is_not_null())
        .then(pl.lit(VARIATION))
    )
    low, high = limits(Z95)
    return (
        with_noise.with_columns(osakerhet=margin, osakerhet_grund=ground)
        .with_columns(
            halv_95=_by_ground(pl.col("osakerhet"), half(Z95), pl.col("_halv_95")),
            halv_998=_by_ground(pl.col("osakerhet") * TO_998, half(Z998), pl.col("_halv_998")),
        )
        .with_columns(
            nedre=pl.when(pl.col("osakerhet_grund") == COUNTED)
            .then(low)
            .otherwise(pl.col("varde") - pl.col("halv_95")),
            ovre=pl.when(pl.col("osakerhet_grund") == COUNTED)
            .then(high)
            .otherwise(pl.col("varde") + pl.col("halv_95")),
            osakerhet_orsak=pl.when(pl.col("osakerhet_grund").is_null()).then("orsak"),
        )
        # No longer needed, and a third of the frame.
        .drop("ersatt", "enhet", "per", "orsak", *COMPANIONS, "_marginal", "_taljare", "_halv_95", "_halv_998")
    )


def _by_ground(margin: pl.Expr, counted: pl.Expr, variation: pl.Expr) -> pl.Expr:
    ground = pl.col("osakerhet_grund")
    return (
        pl.when(ground == MARGIN)
        .then(margin)
        .when(ground == COUNTED)
        .then(counted)
        .when(ground == VARIATION)
        .then(variation)
    )


def _county(measured: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Per cell and lan_kod: the county's value `lan_varde`, whose it is (`lan_grund`) and of how many kommuner
    (`lan_antal`), what it could have been (lan_ovagt, lan_vagt, lan_vagt_antal, lan_kolada), and its half widths
    _lan_95, _lan_998.

    The region's value where the nyckeltal is both the kommuner's and the regions': it counts the same inhabitants.
    Otherwise a mean weighted with `vikt` (or the nämnare), else the unweighted one; neither of fewer than half of the
    kommuner.
    """
    of_county = [*_CELL, "lan_kod"]
    own_kommuner = pl.col("i_malbild") & (pl.col("typ") == "kommun")
    sizes = areas.filter(own_kommuner).group_by("lan_kod").agg(_kommuner=pl.len())
    weight = pl.coalesce(pl.when(pl.col(name) > 0).then(name) for name in ("_vikt", "_namnare"))
    share = weight / weight.sum()
    means = (
        measured.filter(own_kommuner)
        .group_by(of_county)
        .agg(
            lan_ovagt=pl.col("varde").mean(),
            lan_antal=pl.len().cast(pl.Int32),
            lan_vagt=(pl.col("varde") * share).sum(),
            lan_vagt_antal=weight.count().cast(pl.Int32),
            **{f"_ovagt_{level}": half_of_sum(pl.col(f"halv_{level}") / pl.len()) for level in _LEVELS},
            **{
                f"_vagt_{level}": half_of_sum((pl.col(f"halv_{level}") * share).filter(weight.is_not_null()))
                for level in _LEVELS
            },
        )
        .with_columns(
            pl.when(pl.col("lan_vagt_antal") > 0).then(column).alias(column)
            for column in ("lan_vagt", "lan_vagt_antal")
        )
    )
    region = measured.filter((pl.col("typ") == "region") & pl.col("i_malbild")).select(
        *of_county, lan_kolada="varde", _region_95="halv_95", _region_998="halv_998", _niva="niva"
    )
    of_region = (pl.col("_niva") == "A") & pl.col("lan_kolada").is_not_null()
    ground = (
        pl.when(of_region)
        .then(pl.lit(REGIONS_VALUE))
        .when(pl.col("lan_vagt_antal") * 2 >= pl.col("_kommuner"))
        .then(pl.lit(WEIGHTED))
        .when(pl.col("lan_antal") * 2 >= pl.col("_kommuner"))
        .then(pl.lit(UNWEIGHTED))
    )

    def by_ground(of_region: str, weighted: str, unweighted: str) -> pl.Expr:
        return (
            pl.when(pl.col("lan_grund") == REGIONS_VALUE)
            .then(of_region)
            .when(pl.col("lan_grund") == WEIGHTED)
            .then(weighted)
            .when(pl.col("lan_grund") == UNWEIGHTED)
            .then(unweighted)
        )

    return (
        means.join(region, on=of_county, how="left")
        .join(sizes, on="lan_kod")
        .with_columns(lan_grund=ground)
        .with_columns(
            lan_varde=by_ground("lan_kolada", "lan_vagt", "lan_ovagt"),
            _lan_95=by_ground("_region_95", "_vagt_95", "_ovagt_95"),
            _lan_998=by_ground("_region_998", "_vagt_998", "_ovagt_998"),
        )
        .drop(*(f"_{kind}_{level}" for kind in ("region", "vagt", "ovagt") for level in _LEVELS), "_niva", "_kommuner")
    )


def _similar(similar: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    """The mean of the similar areas with a value, and its half widths _liknande_95 and _liknande_998."""
    return (
        similar.join(
            measured.select(*_KEY, "varde", "halv_95", "halv_998"),
            left_on=["nyckeltal_id", "medlem_id"],
            right_on=["nyckeltal_id", "omrade_id"],
        )
        .group_by("nyckeltal_id", "omrade_id", "grupp_id", "ar", "kon")
        .agg(
            liknande=pl.col("varde").mean(),
            liknande_antal=pl.len().cast(pl.Int32),
            _liknande_95=half_of_sum(pl.col("halv_95") / pl.len()),
            _liknande_998=half_of_sum(pl.col("halv_998") / pl.len()),
        )
        .rename({"grupp_id": "liknande_grupp_id"})
    )


def _judged(other: str, half_95: pl.Expr, half_998: pl.Expr) -> pl.Expr:
    """The word for the value beside `other`, null where there is none: säkert beyond 99.8 %, troligen beyond 95 %."""
    difference = pl.col("varde") - pl.col(other)
    sureness = pl.when(difference.abs() > half_998).then(pl.lit(SURELY)).otherwise(pl.lit(PROBABLY))
    better = (
        pl.when(pl.col("riktning") == "högre")
        .then(difference > 0)
        .when(pl.col("riktning") == "lägre")
        .then(difference < 0)
    )
    side = (
        pl.when(better)
        .then(pl.lit(BETTER))
        .when(~better)
        .then(pl.lit(WORSE))
        .when(difference > 0)
        .then(pl.lit(HIGHER))
        .otherwise(pl.lit(LOWER))
    )
    return (
        pl.when(pl.col(other).is_null())
        .then(None)
        .when(half_95.is_null())
        .then(pl.lit(UNJUDGED))
        .when(difference.abs() > half_95)
        .then(pl.concat_str(sureness, side, separator=" "))
        .otherwise(pl.lit(NO_DIFFERENCE))
    )


def _best_quarters(base: pl.DataFrame) -> pl.DataFrame:
    """The limit of the best quarter of the areas of the kind, per cell and kind; none without a direction and below
    MIN_AREAS.
    """
    value = pl.col("varde")
    return (
        base.group_by(*_CELL, "typ", "riktning")
        .agg(pl.len(), hogre=value.quantile(0.75, "linear"), lagre=value.quantile(0.25, "linear"))
        .filter(pl.col("len") >= MIN_AREAS)
        .select(
            *_CELL,
            "typ",
            basta_kvartil=pl.when(pl.col("riktning") == "högre")
            .then("hogre")
            .when(pl.col("riktning") == "lägre")
            .then("lagre"),
        )
    )
