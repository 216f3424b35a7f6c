"""Fynd: what a board may have to take a stand on, chosen and put in order out of everything that was computed.

A finding is a kind (slag) of a nyckeltal; it may concern several areas. Only primary nyckeltal, own areas and kön T
count. Kommun and region of the same nyckeltal are one finding. How a finding is shown is the reader's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.analysis.trend import IMPROVED, MORE, OPPOSITE, WORSENED, swedish

VERSION: Final = "1"
# The kinds in the order in which a board needs them.
WORSE_THAN_COUNTRY, WORSE_THAN_SIMILAR = "säkert sämre än riket", "säkert sämre än liknande"
WORSENED_MORE, TURNED = "har försämrats mer än riket", "har vänt åt fel håll"
WIDENED, BREAK, ENDED, MISSING = (
    "spridningen har vidgats",
    "möjligt seriebrott",
    "nyckeltalet har upphört",
    "värde saknas",
)
BETTER_THAN_COUNTRY, BETTER_THAN_SIMILAR = "säkert bättre än riket", "säkert bättre än liknande"
IMPROVED_MORE, NARROWED = "har förbättrats mer än riket", "spridningen har minskat"
ORDER: Final = (
    WORSE_THAN_COUNTRY,
    WORSENED_MORE,
    TURNED,
    WIDENED,
    WORSE_THAN_SIMILAR,
    BETTER_THAN_COUNTRY,
    IMPROVED_MORE,
    NARROWED,
    BETTER_THAN_SIMILAR,
    BREAK,
    ENDED,
    MISSING,
)
_QUOTED_TITLE: Final = pl.concat_str(pl.lit("”"), "titel", pl.lit("”"))
# A value older than this many years beside the nyckeltal's newest is no finding.
_FRESH_YEARS: Final = 1
OF_ALL, OF_OWNERS = "alla kommuner", "målbildens ägare"

_SERIES: Final = ["nyckeltal_id", "omrade_id"]
_COLUMNS: Final = (
    "slag",
    "nyckeltal_id",
    "omrade_id",
    "ar",
    "varde",
    "jamfort_med",
    "jamforelsetal",
    "avstand",
    "grund",
    "haller",
    "fraga_till",
    "mening",
)


# Of findings that are no comparison.
_EMPTY: Final = {
    "varde": pl.lit(None, pl.Float64),
    "jamfort_med": pl.lit(None, pl.String),
    "jamforelsetal": pl.lit(None, pl.Float64),
    "avstand": pl.lit(None, pl.Float64),
    "grund": pl.lit(None, pl.String),
    "haller": pl.lit(None, pl.Boolean),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What findings are chosen from, kön T only.

    kpis: nyckeltal_id, matt_id (of the first mått that it is primary for), titel, enhet, niva, upphort_ar, upphort
    (bool: its last year has passed), eftertradare (ids that are proposed in its place; null: none), ersatt (bool: they
    are decided). areas: omrade_id, namn, typ of the own areas. compared: the newest row of `jamforelse` of each own
    area. trends: `trend` of the own areas. spread: the rows of `spridning` with a spridning_andring. breaks:
    `mojligt_brott`.
    """

    kpis: pl.DataFrame
    areas: pl.DataFrame
    compared: pl.DataFrame
    trends: pl.DataFrame
    spread: pl.DataFrame
    breaks: pl.DataFrame


def findings(facts: Facts) -> pl.DataFrame:
    """The findings in order, with the columns of table `fynd`."""
    named = facts.kpis.select("nyckeltal_id", "matt_id", "titel", "enhet")
    parts = [
        *_against(facts, "riket", "mot_riket", WORSE_THAN_COUNTRY, BETTER_THAN_COUNTRY),
        *_against(facts, "liknande", "mot_liknande", WORSE_THAN_SIMILAR, BETTER_THAN_SIMILAR),
        *_trends(facts),
        *_spread(facts),
        _breaks(facts),
        _ended(facts),
        _missing(facts),
    ]
    rows = pl.concat([part.select(_COLUMNS) for part in parts], how="vertical_relaxed").join(
        named.select("nyckeltal_id", "matt_id"), on="nyckeltal_id", how="inner"
    )
    rank = pl.col("slag").replace_strict({kind: number for number, kind in enumerate(ORDER)}, return_dtype=pl.Int32)
    group = ["slag", "nyckeltal_id"]
    weight = pl.col("avstand").abs().fill_null(0)
    return (
        rows.with_columns(_slag=rank, _tyngd=weight.max().over(group), _egen=weight)
        .sort("_slag", "_tyngd", "nyckeltal_id", "_egen", "omrade_id", descending=[False, True, False, True, False])
        .with_columns(
            fynd_nr=pl.struct(group).rle_id().cast(pl.Int32) + 1,
            ordning=(pl.int_range(pl.len()).over(group) + 1).cast(pl.Int32),
        )
        .drop("_slag", "_tyngd", "_egen")
    )


def _against(facts: Facts, other: str, column: str, worse: str, better: str) -> list[pl.DataFrame]:
    """säkert sämre and säkert bättre than `other`, one row per area."""
    half = pl.col("halv_95")
    newest = pl.col("ar").max().over("nyckeltal_id")
    rows = _named(facts, facts.compared).filter(pl.col("ar") >= newest - _FRESH_YEARS, pl.col(other).is_not_null())
    kinds = []
    for kind, word in ((worse, "säkert sämre"), (better, "säkert bättre")):
        sentence = pl.format(
            "{}: {} är {} ({}), " + f"{word} än " + ("riket" if other == "riket" else "liknande områden") + " ({}).",
            "namn",
            _QUOTED_TITLE,
            swedish(pl.col("varde")),
            "ar",
            swedish(pl.col(other)),
        )
        kinds.append(
            rows.filter(pl.col(column) == word).with_columns(
                slag=pl.lit(kind),
                jamfort_med=pl.lit(other),
                jamforelsetal=pl.col(other),
                avstand=(pl.col("varde") - pl.col(other)) / half,
                grund="osakerhet_grund",
                haller=pl.lit(None, pl.Boolean),
                fraga_till="namn",
                mening=sentence,
            )
        )
    return kinds


def _trends(facts: Facts) -> list[pl.DataFrame]:
    """Directions that stand and are not the country's, and series whose last measurements go the wrong way."""
    newest = facts.compared.select(*_SERIES, "varde", "halv_95")
    rows = _named(facts, facts.trends).join(newest, on=_SERIES, how="inner")
    change = pl.col("lutning_per_ar") * (pl.col("till_ar") - pl.col("fran_ar"))
    common = {
        "ar": pl.col("till_ar"),
        "jamfort_med": pl.col("fran_ar").cast(pl.String),
        "jamforelsetal": pl.lit(None, pl.Float64),
        "avstand": change / pl.col("halv_95"),
        "grund": pl.lit("Mann–Kendall"),
        "fraga_till": pl.col("namn"),
    }
    kinds = []
    for kind, word, verb in ((WORSENED_MORE, WORSENED, "försämrats"), (IMPROVED_MORE, IMPROVED, "förbättrats")):
        kinds.append(
            rows.filter(
                (pl.col("trend") == word) & pl.col("haller") & pl.col("mot_riket").is_in([MORE, OPPOSITE])
            ).with_columns(
                slag=pl.lit(kind),
                **common,
                mening=pl.format(
                    "{}: {} har " + verb + " {}–{}, {}.",
                    "namn",
                    _QUOTED_TITLE,
                    "fran_ar",
                    "till_ar",
                    "mot_riket",
                ),
            )
        )
    turned = rows.filter(
        (pl.col("senaste").str.contains("åt fel håll"))
        | ((pl.col("trend") == IMPROVED) & pl.col("senaste").str.contains("åt andra hållet"))
    ).with_columns(
        slag=pl.lit(TURNED),
        **{**common, "grund": pl.lit("beskrivning"), "avstand": pl.lit(None, pl.Float64)},
        mening=pl.format(
            "{}: {}: {}.",
            "namn",
            _QUOTED_TITLE,
            pl.col("senaste").str.strip_prefix("men "),
        ),
    )
    return [*kinds, turned]


def _spread(facts: Facts) -> list[pl.DataFrame]:
    """Spreads between kommuner that have changed."""
    rows = facts.spread.join(facts.kpis, on="nyckeltal_id")
    kinds = []
    for kind, word, verb in (
        (WIDENED, "har troligen vidgats", "vidgats"),
        (NARROWED, "har troligen minskat", "minskat"),
    ):
        kinds.append(
            rows.filter(pl.col("spridning_andring") == word).with_columns(
                slag=pl.lit(kind),
                omrade_id=pl.lit(None, pl.String),
                varde="spridning_nu",
                jamfort_med=pl.col("jamfort_med_ar").cast(pl.String),
                jamforelsetal="spridning_da",
                avstand=(pl.col("spridning_nu") - pl.col("spridning_da")) / pl.col("spridning_osakerhet"),
                grund=pl.lit("årsvariation"),
                haller=pl.lit(None, pl.Boolean),
                fraga_till=pl.lit(OF_ALL),
                mening=pl.format(
                    "Spridningen mellan kommunerna i {} har troligen "
                    + verb
                    + " {}–{} (standardavvikelse {} → {}, {} kommuner).",
                    _QUOTED_TITLE,
                    "jamfort_med_ar",
                    "ar",
                    swedish(pl.col("spridning_da")),
                    swedish(pl.col("spridning_nu")),
                    "antal_bada_ar",
                ),
            )
        )
    return kinds


def _breaks(facts: Facts) -> pl.DataFrame:
    """Steps in which the whole country moved as it never else has; one per nyckeltal, the newest."""
    newest = facts.breaks.sort("nyckeltal_id", "till_ar", "typ").group_by("nyckeltal_id", maintain_order=True).last()
    return newest.join(facts.kpis, on="nyckeltal_id").with_columns(
        slag=pl.lit(BREAK),
        omrade_id=pl.lit(None, pl.String),
        ar="till_ar",
        varde="median_andring",
        jamfort_med=pl.col("fran_ar").cast(pl.String),
        jamforelsetal=pl.lit(None, pl.Float64),
        avstand=pl.lit(None, pl.Float64),
        grund=pl.lit("landets rörelse"),
        haller=pl.lit(None, pl.Boolean),
        fraga_till=pl.lit(OF_OWNERS),
        mening=pl.format(
            "Har {} fått en ny definition eller mätning mellan {} och {}? Hela landets värden flyttade sig då som "
            "de annars inte gör.",
            _QUOTED_TITLE,
            "fran_ar",
            "till_ar",
        ),
    )


def _ended(facts: Facts) -> pl.DataFrame:
    proposed = pl.when(pl.col("eftertradare").is_not_null()).then(
        pl.format(", föreslagen efterträdare {}", "eftertradare")
    )
    return facts.kpis.filter(pl.col("upphort") & ~pl.col("ersatt")).with_columns(
        **_EMPTY,
        slag=pl.lit(ENDED),
        omrade_id=pl.lit(None, pl.String),
        ar=pl.col("upphort_ar"),
        fraga_till=pl.lit(OF_OWNERS),
        mening=pl.format(
            "{} ({}) har upphört: sista året är {}{}.",
            _QUOTED_TITLE,
            "nyckeltal_id",
            "upphort_ar",
            proposed.otherwise(pl.lit("")),
        ),
    )


def _missing(facts: Facts) -> pl.DataFrame:
    """Areas without any value for a nyckeltal that they should have; ended ones are another finding."""
    cells = facts.kpis.filter(~pl.col("upphort")).join(facts.areas, how="cross")
    concerned = (pl.col("niva") == "A") | (
        pl.col("niva") == pl.when(pl.col("typ") == "kommun").then(pl.lit("K")).otherwise(pl.lit("L"))
    )
    return (
        cells.filter(concerned)
        .join(facts.compared.select(_SERIES), on=_SERIES, how="anti")
        .with_columns(
            **_EMPTY,
            slag=pl.lit(MISSING),
            ar=pl.lit(None, pl.Int32),
            fraga_till="namn",
            mening=pl.format("{} saknar värde för {}.", "namn", _QUOTED_TITLE),
        )
    )


def _named(facts: Facts, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of own areas and counted nyckeltal, with their names."""
    return rows.join(facts.areas, on="omrade_id").join(facts.kpis, on="nyckeltal_id")
