"""Kön och likvärdighet: the gap between women and men, the spread between the målbild's kommuner, means per länsdel.

Means are unweighted and say of how many. A gap is judged by the intervals of both sexes (`comparison`), a spread beside
the årsvariation of the values that it is made of.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.analysis.comparison import NO_DIFFERENCE, UNJUDGED
from pipelines.analysis.interval import half_of_sum
from pipelines.analysis.trend import rounded_value

VERSION: Final = "2"
# Fewer kommuner with values in both years have no spread to compare.
MIN_KOMMUNER: Final = 5
SURE_GAP, PROBABLE_GAP = "säker skillnad", "trolig skillnad"
# Two series that never differ: the value is not a measurement of either sex.
SAME_VALUE: Final = "kvinnors värde är lika med mäns"
WIDER, NARROWER, NO_CHANGE = "har troligen vidgats", "har troligen minskat", "ingen säker ändring"


def gender_gap(compared: pl.DataFrame) -> pl.DataFrame:
    """One row per nyckeltal, område and year with values for both women and men: table `konsskillnad`.

    compared: table `jamforelse`. skillnad = women - men in the KPI's unit; osakerhet = √(h_K² + h_M²) at 95 %.
    """

    def of(kon: str) -> pl.DataFrame:
        return compared.filter(pl.col("kon") == kon).select(
            "nyckeltal_id", "omrade_id", "ar", "varde", "halv_95", "halv_998", "osakerhet_grund", "osakerhet_orsak"
        )

    both = of("K").join(of("M"), on=["nyckeltal_id", "omrade_id", "ar"], suffix="_m", validate="1:1")
    # What is left of equal values after arithmetic is noise of floating point.
    gap = (
        pl.when(rounded_value(pl.col("varde")) != rounded_value(pl.col("varde_m")))
        .then(pl.col("varde") - pl.col("varde_m"))
        .otherwise(0.0)
    )
    at_95, at_998 = ((pl.col(name) ** 2 + pl.col(f"{name}_m") ** 2).sqrt() for name in ("halv_95", "halv_998"))
    ground = pl.when(pl.col("osakerhet_grund") == pl.col("osakerhet_grund_m")).then("osakerhet_grund")
    mixed = pl.concat_str("osakerhet_grund", "osakerhet_grund_m", separator=" och ")
    return both.select(
        "nyckeltal_id",
        "omrade_id",
        "ar",
        kvinnor="varde",
        man="varde_m",
        skillnad=gap,
        osakerhet=at_95,
        osakerhet_grund=pl.coalesce(ground, mixed),
        osakerhet_orsak=pl.coalesce("osakerhet_orsak", "osakerhet_orsak_m"),
        bedomning=pl.when(gap == 0)
        .then(pl.lit(SAME_VALUE))
        .when(at_95.is_null())
        .then(pl.lit(UNJUDGED))
        .when(gap.abs() > at_998)
        .then(pl.lit(SURE_GAP))
        .when(gap.abs() > at_95)
        .then(pl.lit(PROBABLE_GAP))
        .otherwise(pl.lit(NO_DIFFERENCE)),
    ).sort("nyckeltal_id", "omrade_id", "ar", maintain_order=True)


def spread(
    values: pl.DataFrame, areas: pl.DataFrame, counted: pl.DataFrame, own_surveys: pl.DataFrame, noise: pl.DataFrame
) -> pl.DataFrame:
    """One row per nyckeltal, year and kön with a value in any of the målbild's kommuner: table `spridning`.

    values: nyckeltal_id, omrade_id, ar, kon, varde. areas: omrade_id, typ, i_malbild. counted: `trend.counted_years`
    of the values: the newest of these years is compared with the first. own_surveys: nyckeltal_id, ar: years whose
    values come from another survey, and are not compared with the others. noise: nyckeltal_id, omrade_id, kon,
    varians, halv_95.
    """
    value = pl.col("varde")
    kommuner = areas.filter(pl.col("i_malbild") & (pl.col("typ") == "kommun")).select("omrade_id")
    own = _of(values, kommuner).join(
        noise.select("nyckeltal_id", "omrade_id", "kon", "varians", "halv_95"),
        on=["nyckeltal_id", "omrade_id", "kon"],
        how="left",
    )
    rows = own.group_by("nyckeltal_id", "ar", "kon").agg(
        antal_med_varde=pl.len().cast(pl.Int32),
        lagst=value.min(),
        hogst=value.max(),
        median=value.median(),
        medel=value.mean(),
        # One kommun has no spread.
        standardavvikelse=value.std(ddof=1),
        # How many times the noise of the values: 1 = no more than that.
        ganger_arsvariation=pl.when((pl.len() >= MIN_KOMMUNER) & pl.col("varians").is_not_null().all()).then(
            value.std(ddof=1) / pl.col("varians").mean().sqrt()
        ),
    )
    return (
        rows.join(
            _spread_change(counted, own, own_surveys), on=["nyckeltal_id", "ar", "kon"], how="left", validate="1:1"
        )
        .with_columns(spannvidd=pl.when(pl.col("antal_med_varde") > 1).then(pl.col("hogst") - pl.col("lagst")))
        .sort("nyckeltal_id", "ar", "kon")
    )


def _spread_change(counted: pl.DataFrame, own: pl.DataFrame, own_surveys: pl.DataFrame) -> pl.DataFrame:
    """nyckeltal_id, kon, ar (the newest counted year) + jamfort_med_ar (the first), antal_bada_ar, spridning_da,
    spridning_nu (standard deviations over the kommuner with values in both years), spridning_osakerhet and
    spridning_andring. Years in which too few kommuner have a value do not count.
    """
    key = ["nyckeltal_id", "kon"]
    of_year = own.select(*key, "omrade_id", "ar", "varde").join(
        counted.select(*key, "omrade_id", "ar"), on=[*key, "omrade_id", "ar"], how="semi"
    )
    noise = own.select(*key, "omrade_id", "halv_95").unique()
    ends = (
        of_year.filter(pl.len().over(*key, "ar") >= MIN_KOMMUNER)
        .group_by(key)
        .agg(da=pl.col("ar").min(), ar=pl.col("ar").max())
        .filter(pl.col("da") < pl.col("ar"))
    )
    surveyed = own_surveys.with_columns(_egen=True)
    for year in ("da", "ar"):
        ends = ends.join(surveyed.rename({"ar": year, "_egen": f"_egen_{year}"}), on=["nyckeltal_id", year], how="left")
    ends = ends.filter(pl.col("_egen_da").eq_missing(pl.col("_egen_ar"))).drop("_egen_da", "_egen_ar")
    both = (
        ends.join(of_year.rename({"ar": "da", "varde": "forr"}), on=[*key, "da"])
        .join(of_year.rename({"varde": "nu"}), on=[*key, "ar", "omrade_id"])
        .join(noise, on=[*key, "omrade_id"], how="left")
    )
    k = pl.len()

    def half(column: str) -> pl.Expr:
        # The half width of a standard deviation: √Σ((y - ȳ)/((k-1)S))² h².
        value = pl.col(column)
        return half_of_sum((value - value.mean()) / ((k - 1) * value.std(ddof=1)) * pl.col("halv_95"))

    change = pl.col("spridning_nu") - pl.col("spridning_da")
    return (
        both.group_by(*key, "ar", jamfort_med_ar="da")
        .agg(
            antal_bada_ar=k.cast(pl.Int32),
            spridning_da=pl.col("forr").std(ddof=1),
            spridning_nu=pl.col("nu").std(ddof=1),
            spridning_osakerhet=(half("forr") ** 2 + half("nu") ** 2).sqrt(),
        )
        .filter(pl.col("antal_bada_ar") >= MIN_KOMMUNER)
        .with_columns(
            spridning_andring=pl.when(
                ~pl.col("spridning_osakerhet").is_finite() | pl.col("spridning_osakerhet").is_null()
            )
            .then(pl.lit(UNJUDGED))
            .when(change.abs() <= pl.col("spridning_osakerhet"))
            .then(pl.lit(NO_CHANGE))
            .when(change > 0)
            .then(pl.lit(WIDER))
            .otherwise(pl.lit(NARROWER)),
            spridning_osakerhet=pl.when(pl.col("spridning_osakerhet").is_finite()).then("spridning_osakerhet"),
        )
    )


def sub_county_means(compared: pl.DataFrame, kommuner: pl.DataFrame) -> pl.DataFrame:
    """One row per nyckeltal, länsdel, year and kön with a value: table `lansdel_varde`.

    compared: nyckeltal_id, omrade_id, ar, kon, varde, halv_95 of kommuner. kommuner: omrade_id, lansdel; those without
    a länsdel are in none.
    """
    placed = kommuner.filter(pl.col("lansdel").is_not_null())
    sizes = placed.group_by("lansdel").agg(antal_kommuner=pl.len().cast(pl.Int32))
    return (
        _of(compared, placed)
        .group_by("nyckeltal_id", "lansdel", "ar", "kon")
        .agg(
            medel_ovagt=pl.col("varde").mean(),
            antal_med_varde=pl.len().cast(pl.Int32),
            halv_95=half_of_sum(pl.col("halv_95") / pl.len()),
        )
        .join(sizes, on="lansdel", how="left", validate="m:1")
        .sort("nyckeltal_id", "lansdel", "ar", "kon")
    )


def _of(values: pl.DataFrame, kommuner: pl.DataFrame) -> pl.DataFrame:
    return values.filter(pl.col("varde").is_finite()).join(kommuner, on="omrade_id", validate="m:1")
