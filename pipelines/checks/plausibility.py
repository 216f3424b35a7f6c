"""Are the values about to be published plausible? Every nyckeltal is measured beside its own history.

Pure functions on polars frames; which measures are not plausible is said by `rules`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.checks.plausibility_rules import MIN_AREAS, RULES

# The form of values: one row per nyckeltal, område and year, the kön beside each other.
KEY: Final = ["nyckeltal_id", "omrade_id", "ar"]
SEXES: Final = ["t", "k", "m"]
FINDINGS: Final = {
    "regel": pl.String,
    "omfang": pl.String,
    "niva": pl.String,
    "nyckeltal_id": pl.String,
    "typ": pl.String,
    "ar": pl.Int32,
    "vad": pl.String,
    "varde": pl.Float64,
    "vanligt": pl.Float64,
    "orsak": pl.String,
    "text": pl.String,
}
_PERIOD: Final = ["nyckeltal_id", "typ", "ar"]
_SERIES: Final = ["nyckeltal_id", "typ", "omfang"]

# How many earlier measurements are a nyckeltal's history.
_HISTORY: Final = 10
# T is weighted with figures that are not published.
_ROUNDING: Final = 1e-6
_HIGHEST: Final = ("antal", "noll", "lika", "vanligast", "spann", "utanfor", "samma", "heltal", "storst", "kvadrat")
# The figures that are one område's, or another nyckeltal's.
_OF_ONE: Final = ("storst", "andel_samma", "andrade", "borta")
# What own areas and riket are set beside.
_OF_COUNTRY: Final = ("antal", "noll", "lika", "olika", "samma", "konsdelat", "spann", "hogst", "kvar")


def judge(
    now: pl.DataFrame,
    before: pl.DataFrame,
    changed: pl.DataFrame,
    areas: pl.DataFrame,
    noise: pl.DataFrame,
    refused: pl.DataFrame,
    causes: pl.DataFrame,
    totals: pl.DataFrame,
) -> pl.DataFrame:
    """What is not plausible: FINDINGS, one row per rule's id, omfang, nyckeltal, typ and ar, the stops first. `vad` is
    the område that differs most, or the other nyckeltal that has the same values; `text` is the rule in words.

    Args:
        now, before: The values about to be published and those published, of the nyckeltal that have changed: KEY and
            SEXES. A nyckeltal without any before is in its first load: its newest year is set beside the others.
        changed: nyckeltal_id, ar of what is new or revised.
        areas, noise: As of `statistics`.
        refused: nyckeltal_id, omrade_id, ar of values of this run outside their bounds.
        causes: nyckeltal_id, orsak: what has happened in Kolada's catalogue.
        totals: KEY and t of every nyckeltal, also of those that have not changed.
    """
    new = now.select(KEY).join(before.filter(pl.col("t").is_not_null()), on=KEY, how="anti").with_columns(nytt=True)
    of_now = statistics(now.join(new, on=KEY, how="left"), areas, noise)
    of_before = statistics(before.with_columns(nytt=pl.lit(None, pl.Boolean)), areas, noise)
    first = now.select("nyckeltal_id", "ar").join(before, on="nyckeltal_id", how="anti")
    judged = pl.concat(
        [
            changed.join(first, on="nyckeltal_id", how="anti"),
            first.group_by("nyckeltal_id").agg(pl.col("ar").max()),
        ],
        how="vertical_relaxed",
    )
    year = ["nyckeltal_id", "ar"]
    old_of_first = of_now.join(first, on="nyckeltal_id", how="semi").join(judged, on=year, how="anti")
    usual = history(pl.concat([of_before, old_of_first]))
    rows = pl.concat(
        [
            of_now.join(judged, on=year, how="semi"),
            # Of the older years of a first load nobody knows which are right: only that the unit is not the same.
            old_of_first.select(*_SERIES, "ar", "antal", "kvot", "median", "median_fore"),
            _refused_areas(refused, areas),
            _copies(now, judged.group_by("nyckeltal_id").agg(pl.col("ar").max()), totals),
        ],
        how="diagonal_relaxed",
    )
    rows = pl.concat([rows.join(usual, on=_SERIES, how="left"), changes(before, now, areas)], how="diagonal_relaxed")
    return _findings(rows.join(causes.select("nyckeltal_id", "orsak"), on="nyckeltal_id", how="left"))


def _findings(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that meet a rule."""
    met = [
        rows.filter((pl.col("omfang") == rule.scope) & rule.when).select(
            regel=pl.lit(rule.id),
            omfang="omfang",
            niva=pl.when(pl.lit(rule.excused) & pl.col("orsak").is_not_null())
            .then(pl.lit("varning"))
            .otherwise(pl.lit(rule.severity)),
            nyckeltal_id="nyckeltal_id",
            typ="typ",
            ar=pl.col("ar").cast(pl.Int32),
            vad=pl.col("vad") if rule.shown in _OF_ONE else pl.lit(None, pl.String),
            varde=pl.col(rule.shown).cast(pl.Float64),
            vanligt=pl.col(rule.usual).cast(pl.Float64) if rule.usual else pl.lit(None, pl.Float64),
            orsak="orsak",
            text=pl.lit(rule.what),
        )
        for rule in RULES
    ]
    order = ["niva", "nyckeltal_id", "ar", "omfang", "regel"]
    return (
        pl.concat([pl.DataFrame(schema=FINDINGS), *met])
        .sort(order)
        .unique(["regel", "omfang", "nyckeltal_id", "typ", "ar"], keep="first", maintain_order=True)
    )


def statistics(values: pl.DataFrame, areas: pl.DataFrame, noise: pl.DataFrame) -> pl.DataFrame:
    """What the rules look at: a row per nyckeltal, typ, ar and omfang in which any of the areas has a total.

    Args:
        values: KEY, SEXES (null = missing) and nytt (true: not published before). Areas that `areas` does not name, as
            groups, are left out.
        areas: omrade_id, typ (kommun, region, riket), i_malbild.
        noise: nyckeltal_id, omrade_id, varians (σ̃² of a total; where it was measured).

    Shares are 0–1. `storst` and `kvadrat` count årsvariationer of a step; of riket `storst` counts the areas' span.
    """
    rows = _with_steps(_with_past(_numbered(values, areas)), noise)
    of_areas = rows.filter(~pl.col("riket"))
    all_areas = _summed(of_areas).join(_still_there(of_areas, own=False), on="period", how="left")
    beside = all_areas.select("period", *(pl.col(name).alias(f"{name}_alla") for name in _OF_COUNTRY))
    own = _still_there(of_areas, own=True).join(
        _summed(of_areas.filter("i_malbild")), on="period", how="full", coalesce=True
    )
    scopes = [
        all_areas.with_columns(omfang=pl.lit("alla")),
        own.join(beside, on="period", how="left").with_columns(omfang=pl.lit("egna")),
        _riket(rows.filter("riket"), beside).with_columns(omfang=pl.lit("riket")),
    ]
    periods = rows.group_by("period").agg(pl.col(name).first() for name in _PERIOD)
    return pl.concat(scopes, how="diagonal_relaxed").join(periods, on="period").drop("period").sort(*_PERIOD, "omfang")


def _numbered(values: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """The rows that have a total, series by series; `period` is a number for nyckeltal, typ and ar."""
    rows = values.filter(pl.col("t").is_not_null()).join(areas, on="omrade_id").sort(KEY, maintain_order=True)
    riket = pl.col("typ") == "riket"
    # Riket is set beside the kommuner; where there are none, beside the regions.
    has_kommuner = (pl.col("typ") == "kommun").any().over("nyckeltal_id")
    is_kommun = (pl.col("typ") == "kommun") | (riket & has_kommuner)
    rows = rows.with_columns(typ=pl.when(is_kommun).then(pl.lit("kommun")).otherwise(pl.lit("region")), riket=riket)
    number = pl.col("nyckeltal_id").rle_id().cast(pl.Int64) * 20_000 + pl.col("ar") * 2 + (pl.col("typ") == "kommun")
    return rows.with_columns(period=number)


# Without the year: a nyckeltal and a kind of area.
_SERIES_NUMBER: Final = pl.col("period") // 20_000 * 2 + pl.col("period") % 2


def _with_past(rows: pl.DataFrame) -> pl.DataFrame:
    """Beside each value its series' last one (`fore`, `k_fore`, `m_fore`), those before it (`fore_2`, `fore_3`), and
    the mean of the last three, as differences from the country's median (`vanlig`) and between the sexes
    (`gap_vanligt`).
    """
    begins = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in ("nyckeltal_id", "omrade_id"))
    # The gaps of small areas are far larger, and say least.
    widest = 1.5 * (pl.col("k") - pl.col("m")).abs().median().over("period")
    rows = rows.with_columns(
        plats=pl.col("t") - pl.col("t").filter(~pl.col("riket")).median().over("period"),
        gap=(pl.col("k") - pl.col("m")).clip(-widest, widest),
        _1=~begins.fill_null(True),
    )
    rows = rows.with_columns(_2=pl.col("_1") & pl.col("_1").shift(1, fill_value=False))
    rows = rows.with_columns(_3=pl.col("_2") & pl.col("_1").shift(2, fill_value=False))

    def last(name: str, steps: int = 1) -> pl.Expr:
        return pl.when(f"_{steps}").then(pl.col(name).shift(steps))

    return rows.with_columns(
        last("t").alias("fore"),
        last("k").alias("k_fore"),
        last("m").alias("m_fore"),
        last("t", 2).alias("fore_2"),
        last("t", 3).alias("fore_3"),
        vanlig=pl.mean_horizontal(*(last("plats", steps) for steps in (1, 2, 3))),
        gap_vanligt=pl.mean_horizontal(*(last("gap", steps) for steps in (1, 2, 3))),
    ).drop("_1", "_2", "_3")


def _with_steps(rows: pl.DataFrame, noise: pl.DataFrame) -> pl.DataFrame:
    """Beside each value its `steg` since the last one, less the country's, and how many årsvariationer that is
    (`avvikelse`; the scale is never less than the country's own spread of steps).
    """
    of_areas = pl.col("steg").filter(~pl.col("riket"))
    rows = rows.with_columns(steg=pl.col("t") - pl.col("fore"))
    rows = rows.with_columns(steg=pl.col("steg") - of_areas.median().over("period"))
    rows = rows.with_columns(vidd=1.4826 * of_areas.abs().median().over("period"))
    rows = rows.join(
        noise.select("nyckeltal_id", "omrade_id", "varians"),
        on=["nyckeltal_id", "omrade_id"],
        how="left",
        maintain_order="left",
    )
    # Where no årsvariation is measured, the country's spread is all there is, and areas differ.
    scale = pl.max_horizontal("vidd", (2 * pl.col("varians")).sqrt().fill_null(2 * pl.col("vidd")))
    return rows.with_columns(avvikelse=pl.when(scale > 0).then((pl.col("steg") / scale).abs()))


_COPIED: Final = (("t", "fore"), ("k", "k_fore"), ("m", "m_fore"), ("t", "fore_2"), ("t", "fore_3"))


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per period of these areas."""
    both = pl.col("k").is_not_null() & pl.col("m").is_not_null()
    low, high = pl.min_horizontal("k", "m") - _ROUNDING, pl.max_horizontal("k", "m") + _ROUNDING
    rows = rows.with_columns(
        noll=pl.any_horizontal((pl.col(name) == 0).fill_null(False) for name in SEXES),
        utanfor=pl.when(both).then(~pl.col("t").is_between(low, high)),
        **{
            f"{sex}{other}": pl.when(both).then(pl.col(sex) == pl.col(other))
            for sex, other in (("t", "k"), ("t", "m"), ("k", "m"))
        },
        gap=pl.when(pl.col("gap_vanligt").is_not_null()).then("gap"),
        gap_vanligt=pl.when(pl.col("gap").is_not_null()).then("gap_vanligt"),
    )
    paired = pl.col("fore").is_not_null()
    usual, place = (pl.col(name).filter(paired).rank() for name in ("vanlig", "plats"))
    commonest_step = pl.col("steg").round(6).drop_nulls().unique_counts().max()
    sums = rows.group_by("period", maintain_order=True).agg(
        antal=pl.len(),
        median=pl.col("t").median(),
        spann=pl.col("t").quantile(0.9) - pl.col("t").quantile(0.1),
        hogst=pl.col("t").max(),
        noll=pl.col("noll").mean(),
        nollor=pl.col("noll").sum(),
        heltal=(pl.col("t") == pl.col("t").round(0)).mean(),
        olika=pl.col("t").n_unique(),
        antal_par=pl.col("fore").count(),
        # Few areas may have the sexes apart, or be old: their share is of all. Who copies may add something to all.
        lika=pl.max_horizontal(
            *((pl.col(name) == pl.col(last)).sum() for name, last in _COPIED),
            # A step that no other area has is no copy.
            commonest_step * (commonest_step > 1),
        )
        / pl.col("fore").count(),
        vanligast=pl.col("t").unique_counts().max() / pl.len(),
        konsdelat=both.mean(),
        flytt=(pl.col("t") - pl.col("fore")).median().abs(),
        # After a break the last value alone says what is usual.
        rang=pl.max_horizontal(
            pl.corr(place, usual), pl.corr(*(pl.col(name).filter(paired).rank() for name in ("t", "fore")))
        ),
        # The rows of a period are in the order of their ids.
        granne=pl.max_horizontal(pl.corr(place, usual.shift(1)), pl.corr(place, usual.shift(-1))),
        storst=pl.col("avvikelse").max(),
        storst_nytt=pl.col("avvikelse").filter("nytt").max(),
        vad=pl.col("omrade_id").get(pl.col("avvikelse").arg_max()),
        kvadrat=(pl.col("avvikelse") ** 2).mean().sqrt(),
        antal_kon=pl.col("gap").count(),
        kon=(pl.col("gap") * pl.col("gap_vanligt")).sum()
        / ((pl.col("gap") ** 2).sum() * (pl.col("gap_vanligt") ** 2).sum()).sqrt(),
        utanfor=pl.col("utanfor").mean(),
        samma=pl.max_horizontal(pl.col("tk").mean(), pl.col("tm").mean(), pl.col("km").mean()),
    )
    sums = sums.sort("period").with_columns(median_fore=pl.col("median").shift(1).over(_SERIES_NUMBER))
    ratio = pl.col("median") / pl.col("median_fore")
    # A median of nought has no proportion; `nollor` looks at it.
    ratio = pl.when((pl.col("median") != 0) & (pl.col("median_fore") != 0)).then(
        pl.max_horizontal(ratio.abs(), (1 / ratio).abs())
    )
    return sums.with_columns(kvot=ratio).fill_nan(None)


def _still_there(rows: pl.DataFrame, *, own: bool) -> pl.DataFrame:
    """Of the areas (`own`: of the målbild) that had a value in the measurement before: how many (`vantade`), and the
    share that has one now (`kvar`), also where none has. A year is a measurement when any area of the kind has a value.
    """
    years = rows.select("period").unique().sort("period")
    years = years.with_columns(nasta=pl.col("period").shift(-1).over(_SERIES_NUMBER))
    # The next row of a series is its next value.
    has_next = (pl.col("period").shift(-1) == pl.col("nasta")) & (pl.col("omrade_id").shift(-1) == pl.col("omrade_id"))
    return (
        rows.join(years, on="period", maintain_order="left")
        .with_columns(kvar=has_next.fill_null(False))
        .filter(pl.col("nasta").is_not_null() & (pl.col("i_malbild") | pl.lit(not own)))
        .group_by(period="nasta")
        .agg(vantade=pl.len(), kvar=pl.col("kvar").mean())
    )


def _riket(rows: pl.DataFrame, beside: pl.DataFrame) -> pl.DataFrame:
    """Riket's own row per period. A figure above every area's is a sum, of which only the proportion says much."""
    step = pl.col("steg").abs() / pl.col("spann_alla")
    doublings = (pl.col("t") / pl.col("fore")).log(2).abs()
    return rows.join(beside, on="period", how="left").select(
        "period",
        "antal_alla",
        vad="omrade_id",
        median="t",
        median_fore="fore",
        storst=pl.when(pl.col("fore") > pl.col("hogst_alla")).then(0.5 * doublings).otherwise(step),
    )


def history(measured: pl.DataFrame) -> pl.DataFrame:
    """What is usual for each nyckeltal, typ and omfang in its last measurements (`statistics`): `matningar` (how many
    with a correlation), and of a figure the median (`_van`), the lowest (`_lagst`) or the highest (`_hogst`).
    """
    enough = pl.when(pl.col("omfang") == "alla").then(MIN_AREAS).otherwise(1)
    recent = measured.filter(pl.col("antal") >= enough).filter(
        pl.col("ar").rank("ordinal", descending=True).over(_SERIES) <= _HISTORY
    )
    return recent.group_by(_SERIES).agg(
        matningar=pl.col("rang").count(),
        **{f"{name}_van": pl.col(name).median() for name in ("rang", "spann", "kon", "konsdelat")},
        **{f"{name}_lagst": pl.col(name).min() for name in ("rang", "spann", "kon", "olika")},
        **{f"{name}_hogst": pl.col(name).max() for name in _HIGHEST},
    )


def changes(before: pl.DataFrame, now: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """What became of the published values, a row per nyckeltal and omfang (alla, egna): how many there were (`fore`),
    differ now (`andrade`) and are gone (`borta`); those of the newest year; and in how many areas most of them differ
    or are gone. The kön of an område and year are one value.
    """
    both = before.join(now, on=KEY, how="left", suffix="_nu").join(areas, on="omrade_id")
    gone = [pl.col(name).is_not_null() & pl.col(f"{name}_nu").is_null() for name in SEXES]
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_nu")) for name in SEXES)
    newest = pl.col("ar") == pl.col("ar").max().over("nyckeltal_id")
    per_area = (
        both.group_by("nyckeltal_id", "omrade_id", "i_malbild")
        .agg(
            fore=pl.len(),
            andrade=differs.sum(),
            borta=pl.any_horizontal(gone).sum(),
            fore_nyast=pl.col("ar").filter(newest).len(),
            andrade_nyast=differs.filter(newest).sum(),
        )
        .with_columns(
            andrade_omraden=(pl.col("andrade") > 0.5 * pl.col("fore")).cast(pl.UInt32),
            borta_omraden=((pl.col("borta") >= 3) & (pl.col("borta") >= 0.5 * pl.col("fore"))).cast(pl.UInt32),
        )
    )
    counts = pl.col(_COUNTS).sum()
    country = per_area.group_by("nyckeltal_id").agg(counts)
    own = (
        per_area.filter("i_malbild")
        .group_by("nyckeltal_id")
        .agg(counts, vad=pl.col("omrade_id").sort_by("borta", "andrade", "omrade_id").last())
        .join(country.select("nyckeltal_id", pl.col(_COUNTS[:3]).name.suffix("_alla")), on="nyckeltal_id")
    )
    scopes = [country.with_columns(omfang=pl.lit("alla")), own.with_columns(omfang=pl.lit("egna"))]
    return pl.concat(scopes, how="diagonal")


_COUNTS: Final = ["fore", "andrade", "borta", "fore_nyast", "andrade_nyast", "andrade_omraden", "borta_omraden"]


def _refused_areas(refused: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """How many areas had a value refused, per period."""
    return (
        refused.join(areas, on="omrade_id")
        .group_by(_PERIOD)
        .agg(nekade=pl.col("omrade_id").n_unique())
        .with_columns(omfang=pl.lit("alla"))
    )


def _copies(now: pl.DataFrame, judged: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """A row per nyckeltal and year of `judged` and nyckeltal `vad` that says exactly the same in most areas: in how
    many (`antal_samma`, with so many different values, `olika_samma`), their share, and what it was in earlier years.
    """
    rows = now.filter(pl.col("t").is_not_null()).select(*KEY, "t")
    rows = rows.with_columns(antal=pl.len().over("nyckeltal_id", "ar"))
    others = totals.rename({"nyckeltal_id": "vad"})

    def same(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
        pairs = rows.join(others, on=["omrade_id", "ar", "t"]).filter(pl.col("nyckeltal_id") != pl.col("vad"))
        return pairs.group_by("nyckeltal_id", "ar", "vad").agg(
            antal_samma=pl.len(),
            olika_samma=pl.col("t").n_unique(),
            andel_samma=pl.len() / pl.col("antal").first(),
        )

    new = same(rows.join(judged, on=["nyckeltal_id", "ar"], how="semi"), others).filter(pl.col("andel_samma") > 0.5)
    # Some nyckeltal say the same nearly always, and few do.
    earlier = rows.join(new, on="nyckeltal_id", how="semi").join(judged, on=["nyckeltal_id", "ar"], how="anti")
    usual = same(earlier, others.join(new, on="vad", how="semi"))
    return new.join(
        usual.group_by("nyckeltal_id", "vad").agg(andel_samma_fore=pl.col("andel_samma").max()),
        on=["nyckeltal_id", "vad"],
        how="left",
    ).with_columns(omfang=pl.lit("alla"))
