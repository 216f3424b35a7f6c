"""Mål: the pace towards a decided target. Without a decision there is no pace, no line and no forecast.

Linear, because the measures are mostly shares with a ceiling: required pace (T - v_t)/(Y - t), planned pace
(T - v_0)/(Y - t_0), observed pace by Theil–Sen from the baseline on (at least three years, else from end to end),
forecast v_t + observed·(Y - t) within the measure's range. Signs take care of falling targets. Which side of the
target is the good one is the nyckeltal's direction; only a nyckeltal without one takes the plan's. A pace is uncertain
by the årsvariation of the values (`annual_variation`): where that reaches from the wrong way to the planned pace,
nothing is said of it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.analysis.trend import newest_part, theil_sen

VERSION: Final = "2"
ON_PACE, SLOW = 0.95, 0.6
UNDECIDED, REACHED, MISSED = "målvärde ej beslutat", "målet är nått", "målåret har passerat utan att målet nåddes"
IN_STEP, TOO_SLOW, MUCH_TOO_SLOW, WRONG_WAY = "i takt", "takten behöver öka", "långsamt", "åt fel håll"
UNTESTED, UNSURE = "prövas inte", "går inte att säga"

_SERIES = ["nyckeltal_id", "omrade_id", "kon"]


def target(
    values: pl.DataFrame,
    cells: pl.DataFrame,
    targets: pl.DataFrame,
    kpis: pl.DataFrame,
    breaks: pl.DataFrame,
    noise: pl.DataFrame,
) -> pl.DataFrame:
    """One row per cell, with the columns of table `mal`; `cells`: nyckeltal_id, omrade_id (always kon T).

    values, breaks: as for `trend.trend`. kpis: nyckeltal_id, riktning, overlappande_ar. targets: nyckeltal_id,
    malvarde, mal_ar, bas_ar, lagst, hogst, hall_minst: decided ones only, one per KPI. noise: as for `trend.trend`.
    """
    wanted = cells.with_columns(kon=pl.lit("T", values.schema["kon"]))
    newest = newest_part(values.join(wanted, on=_SERIES, how="semi"), breaks).drop("brott")
    tracked = newest.join(targets.select("nyckeltal_id", "bas_ar"), on="nyckeltal_id").filter(
        pl.col("ar") >= pl.col("bas_ar")
    )
    latest = (
        tracked.sort("ar")
        .group_by(_SERIES)
        .agg(
            pl.col("ar").last(),
            pl.col("varde").last(),
            antal=pl.len(),
            # Σ(t - t̄)²: what a slope is uncertain by.
            _ar_kvadrat=((pl.col("ar") - pl.col("ar").mean()) ** 2).sum(),
        )
    )
    base = tracked.filter(pl.col("ar") == pl.col("bas_ar")).select(*_SERIES, bas_varde="varde")
    rows = (
        wanted.join(kpis, on="nyckeltal_id", how="left")
        .join(targets, on="nyckeltal_id", how="left", validate="m:1")
        .join(latest, on=_SERIES, how="left")
        .join(base, on=_SERIES, how="left")
        .join(theil_sen(tracked).rename({"lutning_per_ar": "_lutning"}), on=_SERIES, how="left")
        .join(noise.select(*_SERIES, "halv_95"), on=_SERIES, how="left", validate="m:1")
    )
    goal, now, start = pl.col("malvarde"), pl.col("varde"), pl.col("bas_varde")
    ahead = pl.col("mal_ar") - pl.col("ar")
    since = pl.col("ar") - pl.col("bas_ar")
    paced = (since > 0) & pl.col("overlappande_ar").is_null()
    observed = pl.when(pl.col("antal") >= 3).then("_lutning").otherwise((now - start) / since)
    rows = rows.with_columns(
        gap=goal - now,
        kravd_takt=pl.when(ahead > 0).then((goal - now) / ahead),
        planerad_takt=(goal - start) / (pl.col("mal_ar") - pl.col("bas_ar")),
        observerad_takt=pl.when(paced & start.is_not_null()).then(observed),
        takt_osakerhet=pl.when(paced & start.is_not_null()).then(pl.col("halv_95") / pl.col("_ar_kvadrat").sqrt()),
    ).with_columns(
        kvot=pl.when(pl.col("planerad_takt") != 0).then(pl.col("observerad_takt") / pl.col("planerad_takt")),
        prognos=pl.when(ahead > 0).then(
            (now + pl.col("observerad_takt") * ahead).clip(pl.col("lagst"), pl.col("hogst"))
        ),
    )
    rising = (
        pl.when(pl.col("riktning") == "högre")
        .then(True)
        .when(pl.col("riktning") == "lägre")
        .then(False)
        .when(pl.col("planerad_takt") != 0)
        .then(pl.col("planerad_takt") > 0)
    )
    reached = pl.when(rising).then(now >= goal).when(~rising).then(now <= goal)
    forecast_reaches = pl.when(rising).then(pl.col("prognos") >= goal).when(~rising).then(pl.col("prognos") <= goal)
    # The slowest and the fastest that the pace may be, as a share of the planned one.
    margin = (pl.col("takt_osakerhet") / pl.col("planerad_takt")).abs()
    unsure = (pl.col("kvot") - margin < 0) & (pl.col("kvot") + margin >= ON_PACE)
    ratio = pl.col("kvot")
    planned = pl.col("planerad_takt")
    against_direction = (planned != 0) & ((planned > 0) != rising)
    return (
        rows.with_columns(
            mal=pl.when(goal.is_null())
            .then(pl.lit(UNDECIDED))
            .when(now.is_null() | start.is_null())
            .then(pl.lit(UNTESTED))
            .when(reached)
            .then(pl.lit(REACHED))
            .when(ahead <= 0)
            .then(pl.lit(MISSED))
            .when(ratio.is_null())
            .then(pl.lit(UNTESTED))
            .when(against_direction & ~pl.col("hall_minst"))
            .then(pl.lit(UNTESTED))
            .when(unsure)
            .then(pl.lit(UNSURE))
            # Below a floor: only the way up is right.
            .when(against_direction)
            .then(pl.when(forecast_reaches).then(pl.lit(IN_STEP)).otherwise(pl.lit(WRONG_WAY)))
            .when((ratio >= ON_PACE) & forecast_reaches)
            .then(pl.lit(IN_STEP))
            .when(ratio >= SLOW)
            .then(pl.lit(TOO_SLOW))
            .when(ratio >= 0)
            .then(pl.lit(MUCH_TOO_SLOW))
            .otherwise(pl.lit(WRONG_WAY))
        )
        .with_columns(
            motivering=pl.when(goal.is_null())
            .then(pl.lit("ägarna har inte beslutat något målvärde"))
            .when(now.is_null())
            .then(pl.lit("värde saknas från basåret och framåt (efter ett seriebrott räknas bara åren efter)"))
            .when(start.is_null())
            .then(pl.lit("värde saknas för basåret"))
            .when(pl.col("overlappande_ar").is_not_null())
            .then(pl.lit("flerårsmedel: ingen takt räknas"))
            .when(since <= 0)
            .then(pl.lit("inget värde efter basåret"))
            .when(ratio.is_null())
            .then(pl.lit("målvärdet är basårets värde: ingen takt krävs"))
            .when(against_direction & ~pl.col("hall_minst"))
            .then(pl.lit("målvärdet är sämre än basårets värde: rätta det, eller skriv hall_minst: ja"))
            .when(pl.col("mal") == UNSURE)
            .then(pl.lit("takten är så osäker att den kan vara både planens och åt fel håll"))
            .otherwise(pl.format("takt mot planerad takt, linjärt; {} mätningar", "antal")),
            metod=pl.lit(f"mål {VERSION}"),
        )
        .sort(_SERIES)
    )
