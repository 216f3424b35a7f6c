"""Läge: where an area stands among areas of its own kind, and against riket, the county and similar areas.

Conventions: midranks with 1 = best, ties averaged; bands only where at least MIN_AREAS areas have a value and the
direction is known; means of areas are unweighted unless a denominator is declared. Whether a difference is more than
chance is said only where both sides have an interval. Every value here is our own processing. The intervals themselves
are `interval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.analysis.interval import TO_998, byar, wilson

VERSION: Final = "1"
MIN_AREAS: Final = 20
BETTER, WORSE, HIGHER, LOWER = "bättre", "sämre", "högre", "lägre"
NO_DIFFERENCE: Final = "ingen säkerställd skillnad"
UNJUDGED: Final = "kan ej bedömas"
MARGIN, WILSON, BYAR, NO_INTERVAL = "osäkerhetstal", "Wilson", "Byar", "inget"

_CELL = ["nyckeltal_id", "ar", "kon"]
_KEY = ["nyckeltal_id", "omrade_id", "ar", "kon"]
_PARTS: Final = {"tredjedelar": (3, "tredjedelen"), "fjärdedelar": (4, "fjärdedelen"), "femtedelar": (5, "femtedelen")}
COMPANIONS: Final = {
    "osakerhet_nyckeltal_id": "_marginal",
    "taljare_nyckeltal_id": "_taljare",
    "namnare_nyckeltal_id": "_namnare",
}
_WHY_NONE: Final = {
    "urval": "urval utan osäkerhetstal: inget intervall kan räknas",
    "totalundersökning": "totalundersökning där en del svarade: inget urvalsfel",
    "register": "registeruppgift: inget urvalsfel",
    "egen redovisning": "egen redovisning utan kända antal: inget intervall kan räknas",
}


@dataclass(frozen=True, slots=True)
class Bands:
    """The outer bands are the best and the worst 1/`parts` of the areas."""

    parts: int
    best: str
    middle: str
    worst: str

    @property
    def cut(self) -> float:
        return 1 / self.parts


def bands(method: str) -> Bands:
    """The bands of a word in the YAML: tredjedelar, fjärdedelar or femtedelar."""
    parts, name = _PARTS[method]
    return Bands(parts, f"bästa {name}", "mellan", f"sämsta {name}")


def comparison(
    values: pl.DataFrame, kpis: pl.DataFrame, areas: pl.DataFrame, similar: pl.DataFrame, cuts: Bands
) -> pl.DataFrame:
    """One row per published value of a kommun or region, with the columns of table `jamforelse`.

    values: nyckeltal_id, omrade_id, ar, kon, varde (nulls, NaN and infinities are left out), ersatt (bool: the owners
    show another value than Kolada's, to which Kolada's osäkerhetstal does not belong).
    kpis: those whose values are compared: nyckeltal_id, riktning, enhet, underlag, osakerhet_nyckeltal_id,
    taljare_nyckeltal_id, namnare_nyckeltal_id, per (the value is per × täljare / nämnare; without a nämnare it is a
    count). Values of other KPIs serve as their osäkerhetstal, täljare and nämnare only.
    areas: omrade_id, typ, i_malbild. The målbild's kommuner are the county, its region is Kolada's own county.
    similar: nyckeltal_id, omrade_id, grupp_id, medlem_id: whose values make `liknande` for this area and KPI.
    """
    # Groups are compared with, as means of their members, but have no place themselves.
    areas = areas.filter(pl.col("typ").is_in(["kommun", "region", "riket"]))
    known = values.filter(pl.col("varde").is_finite()).join(areas, on="omrade_id")
    measured = _with_interval(known.join(kpis, on="nyckeltal_id"), values)
    base = measured.filter(pl.col("typ").is_in(["kommun", "region"]))
    county = _county(measured)
    of_country = measured.filter(pl.col("typ") == "riket").select(*_CELL, riket="varde", _riket_marginal="osakerhet")
    of_region = measured.filter((pl.col("typ") == "region") & pl.col("i_malbild")).select(*_CELL, lan_kolada="varde")
    likes = _similar(similar, measured)
    is_kommun = pl.col("typ") == "kommun"
    joined = (
        _positions(base, cuts)
        .join(of_country, on=_CELL, how="left")
        .join(county, on=_CELL, how="left")
        .join(of_region, on=_CELL, how="left")
        .join(likes, on=_KEY, how="left")
        # A county mean of kommuner says nothing about a region.
        .with_columns(
            pl.when(is_kommun).then(column).alias(column)
            for column in ("lan_ovagt", "lan_antal", "lan_vagt", "lan_vagt_antal", "lan_kolada")
        )
    )
    own = pl.col("osakerhet")
    k = pl.col("lan_antal")
    # A kommun of the county is part of its mean: Var(x - m) = e² (1 - 2/k) + Σe²/k².
    county_variance = pl.when(pl.col("i_malbild")).then(own**2 * (1 - 2 / k)).otherwise(own**2) + (
        pl.col("_lan_kvadrat") / k**2
    )
    like_variance = own**2 + pl.col("_liknande_kvadrat") / pl.col("liknande_antal") ** 2
    return joined.with_columns(
        mot_riket=_judged("riket", own**2 + pl.col("_riket_marginal") ** 2),
        mot_lan=_judged("lan_ovagt", pl.when(k > 1).then(county_variance)),
        mot_liknande=_judged("liknande", like_variance),
    ).sort(_KEY)


def _with_interval(measured: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """`measured` with osakerhet, nedre, ovre (95 %), intervall and intervall_orsak."""
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
    wilson_low, wilson_high = wilson(cases, total)
    byar_low, byar_high = byar(cases)
    counted = pl.col("taljare_nyckeltal_id").is_not_null() & cases.is_not_null() & (total > 0) & per.is_not_null()
    method = (
        pl.when(margin.is_not_null())
        .then(pl.lit(MARGIN))
        .when(counted & is_share)
        .then(pl.lit(WILSON))
        .when(counted)
        .then(pl.lit(BYAR))
        .otherwise(pl.lit(NO_INTERVAL))
    )
    return (
        measured.with_columns(osakerhet=margin, intervall=method)
        .with_columns(
            nedre=_by_method(pl.col("varde") - margin, per * wilson_low, per * byar_low / total),
            ovre=_by_method(pl.col("varde") + margin, per * wilson_high, per * byar_high / total),
            intervall_orsak=pl.when(pl.col("intervall") == NO_INTERVAL).then(
                pl.when(pl.col("ersatt"))
                .then(pl.lit("värdet är ersatt av ägarna: osäkerhetstalet hör till det gamla"))
                .when(pl.col("_marginal").is_not_null())
                .then(pl.lit("osäkerhetstalet är inte ett tal över noll"))
                .when(pl.col("osakerhet_nyckeltal_id").is_not_null())
                .then(pl.lit("osäkerhetstal saknas för detta värde"))
                .otherwise(
                    pl.col("underlag").replace_strict(_WHY_NONE, default="hur värdet tagits fram är inte angivet")
                )
            ),
            # Needed no more, and a third of the frame.
        )
        .drop("ersatt", "enhet", "underlag", "per", *COMPANIONS, "_marginal", "_taljare")
    )


def _by_method(margin: pl.Expr, wilson_limit: pl.Expr, byar_limit: pl.Expr) -> pl.Expr:
    method = pl.col("intervall")
    return (
        pl.when(method == MARGIN)
        .then(margin)
        .when(method == WILSON)
        .then(wilson_limit)
        .when(method == BYAR)
        .then(byar_limit)
    )


def _county(measured: pl.DataFrame) -> pl.DataFrame:
    """Per cell: the unweighted mean of the county's kommuner with a value, and the weighted one where a denominator is
    declared, each with how many kommuner are in it.
    """
    weight = pl.when(pl.col("_namnare") > 0).then("_namnare")
    weighted = pl.col("varde").filter(weight.is_not_null())
    return (
        measured.filter(pl.col("i_malbild") & (pl.col("typ") == "kommun"))
        .group_by(_CELL)
        .agg(
            lan_ovagt=pl.col("varde").mean(),
            lan_antal=pl.len().cast(pl.Int32),
            lan_vagt=(weighted * weight.drop_nulls()).sum() / weight.drop_nulls().sum(),
            lan_vagt_antal=weight.count().cast(pl.Int32),
            _lan_kvadrat=_squares(),
        )
        .with_columns(
            pl.when(pl.col("lan_vagt_antal") > 0).then(column).alias(column)
            for column in ("lan_vagt", "lan_vagt_antal")
        )
    )


def _similar(similar: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    return (
        similar.join(
            measured.select(*_KEY, "varde", "osakerhet"),
            left_on=["nyckeltal_id", "medlem_id"],
            right_on=["nyckeltal_id", "omrade_id"],
        )
        .group_by("nyckeltal_id", "omrade_id", "grupp_id", "ar", "kon")
        .agg(liknande=pl.col("varde").mean(), liknande_antal=pl.len().cast(pl.Int32), _liknande_kvadrat=_squares())
        .rename({"grupp_id": "liknande_grupp_id"})
    )


def _squares() -> pl.Expr:
    """The sum of the squared margins, null unless every value of the group has one."""
    margin = pl.col("osakerhet")
    return pl.when(margin.is_not_null().all()).then((margin**2).sum())


def _judged(other: str, variance: pl.Expr) -> pl.Expr:
    """How the value stands against `other`, at 99.8 %: the level for flags, with hundreds of them in a report."""
    difference = pl.col("varde") - pl.col(other)
    beyond = difference.abs() > variance.sqrt() * TO_998
    better = (
        pl.when(pl.col("riktning") == "högre")
        .then(difference > 0)
        .when(pl.col("riktning") == "lägre")
        .then(difference < 0)
    )
    return (
        pl.when(pl.col(other).is_null())
        .then(None)
        # Null unless both sides have a margin.
        .when(variance.is_null())
        .then(pl.lit(UNJUDGED))
        .when(~beyond)
        .then(pl.lit(NO_DIFFERENCE))
        .when(better)
        .then(pl.lit(BETTER))
        .when(~better)
        .then(pl.lit(WORSE))
        .when(difference > 0)
        .then(pl.lit(HIGHER))
        .otherwise(pl.lit(LOWER))
    )


def _positions(base: pl.DataFrame, cuts: Bands) -> pl.DataFrame:
    peers = [*_CELL, "typ"]
    # Oriented so that less is better.
    oriented = (
        pl.when(pl.col("riktning") == "högre").then(-pl.col("varde")).when(pl.col("riktning") == "lägre").then("varde")
    )
    count = pl.len().over(peers).cast(pl.Int32)
    ranked = base.with_columns(plats=oriented.rank("average").over(peers), antal_med_varde=count)
    share = (pl.col("plats") - 0.5) / pl.col("antal_med_varde")
    judged = (pl.col("antal_med_varde") >= MIN_AREAS) & pl.col("plats").is_not_null()
    best_quarter = (
        pl.when(pl.col("riktning") == "högre")
        .then(pl.col("varde").quantile(0.75, "linear").over(peers))
        .when(pl.col("riktning") == "lägre")
        .then(pl.col("varde").quantile(0.25, "linear").over(peers))
    )
    return ranked.with_columns(
        band=pl.when(judged & (share < cuts.cut))
        .then(pl.lit(cuts.best))
        .when(judged & (share > 1 - cuts.cut))
        .then(pl.lit(cuts.worst))
        .when(judged)
        .then(pl.lit(cuts.middle)),
        basta_kvartil=pl.when(judged).then(best_quarter),
    )
