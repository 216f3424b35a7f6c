"""Which single values are refused, and why.

A refused value keeps what is stored for its key from being taken for deleted. Rows in = rows out + refused, always.
What the whole run does about too many refusals is decided by `refuse_run`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.errors import RefusedDataError
from pipelines.validation.bounds import outside

KEY = ["nyckeltal_id", "omrade_id", "ar", "kon"]
PAIR = ["nyckeltal_id", "omrade_id"]
# The columns of an accepted value.
ACCEPTED = [*KEY, "varde", "antal_omraden", "status", "borttagen", "hamtad"]

# Kolada publishes forecasts a few years ahead, and nothing older than this.
_FIRST_YEAR, _YEARS_AHEAD = 1900, 10
# What the column `antal` holds; far more than there are people.
_MOST = 2**31 - 1
# No amount of money in the country comes near, and beyond it a DOUBLE holds no digits that anybody could print.
_LARGEST = 1e15

_STATUS_WORDS = {"": "saknas", "Missing": "bortfall", "Private": "sekretess"}


@dataclass(frozen=True, slots=True)
class Screened:
    """`accepted`: ACCEPTED, one row per key. `refused`: the rows that came, plus `orsak`."""

    accepted: pl.DataFrame
    refused: pl.DataFrame


def screen(frame: pl.DataFrame, asked: Mapping[str, Collection[str]], this_year: int, limits: pl.DataFrame) -> Screened:
    """Part observations (`kolada.observations.SCHEMA`) into accepted and refused ones.

    `asked`: nyckeltal_id → the areas that were asked for it. `limits`: as of `bounds.bounds`; a nyckeltal that is not
    there has none.
    """
    pairs = pl.DataFrame(
        [(kpi, area) for kpi, areas in asked.items() for area in areas],
        schema={"nyckeltal_id": pl.String, "omrade_id": pl.String},
        orient="row",
    ).with_columns(efterfragad=pl.lit(True))
    rows = frame.join(pairs, on=["nyckeltal_id", "omrade_id"], how="left", maintain_order="left").join(
        limits, on="nyckeltal_id", how="left", maintain_order="left"
    )
    has_value = pl.col("varde").is_not_null()
    reason = (
        pl.when(~pl.col("nyckeltal_id").is_in(list(asked)))
        .then(pl.lit("nyckeltalet var inte efterfrågat"))
        .when(pl.col("efterfragad").is_null())
        .then(pl.lit("området var inte efterfrågat"))
        .when((pl.col("kon") == "") & ~pl.col("angivet"))
        .then(pl.lit("posten har inga värden"))
        .when(~pl.col("kon").is_in(["T", "K", "M"]))
        .then(pl.lit("okänt kön, väntade T, K eller M"))
        .when(~pl.col("ar").is_between(_FIRST_YEAR, this_year + _YEARS_AHEAD))
        .then(pl.lit(f"orimligt år, väntade {_FIRST_YEAR}–{this_year + _YEARS_AHEAD}"))
        .when((pl.col("ar") > this_year) & ~pl.col("prognos").fill_null(True))
        .then(pl.lit(f"år som inte har kommit, väntade högst {this_year}"))
        .when(~pl.col("angivet") & ~pl.col("borttagen"))
        .then(pl.lit("svaret saknar fältet value"))
        .when(has_value & ~pl.col("varde").is_finite())
        .then(pl.lit("värdet är inte ett ändligt tal"))
        .when(has_value & (pl.col("varde").abs() >= _LARGEST))
        .then(pl.lit("orimligt stort värde"))
        .when(has_value & ~pl.col("borttagen") & (pl.col("kolada_status").fill_null("") != ""))
        .then(pl.lit("värde med en status som säger att det inte ska användas"))
        .when(pl.col("antal_omraden") < 0)
        .then(pl.lit("negativt antal"))
        .when(pl.col("antal_omraden") > _MOST)
        .then(pl.lit(f"orimligt antal, väntade högst {_MOST}"))
        .when(has_value & ~pl.col("borttagen"))
        .then(outside())
    )
    rows = rows.with_columns(orsak=reason)
    accepted_rows = rows.filter(pl.col("orsak").is_null())
    # Hardly ever, and looking at every key by itself takes long.
    if accepted_rows.select(pl.struct(KEY).is_duplicated().any()).item():
        accepted_rows = accepted_rows.with_columns(orsak=_why_repeated())
    refused_rows = pl.concat(
        [rows.filter(pl.col("orsak").is_not_null()), accepted_rows.filter(pl.col("orsak").is_not_null())]
    )
    accepted = (
        accepted_rows.filter(pl.col("orsak").is_null())
        .with_columns(varde=pl.when("borttagen").then(None).otherwise("varde"), status=_status())
        .select(ACCEPTED)
    )
    assert accepted.height + refused_rows.height == frame.height, "rows in = rows out + refused"
    return Screened(accepted, refused_rows.select(*frame.columns, "orsak"))


def _why_repeated() -> pl.Expr:
    """Why a value that came more than once is refused: every one of them when they differ, else all but the first."""
    what_came = pl.struct("varde", "antal_omraden", "kolada_status", "borttagen")
    return (
        pl.when(what_came.n_unique().over(KEY) > 1)
        .then(pl.lit("samma värde kom flera gånger med olika innehåll"))
        .when(pl.int_range(pl.len()).over(KEY) > 0)
        .then(pl.lit("samma värde kom flera gånger"))
    )


def doubtful(pairs: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    """Of the pairs that were asked for, those of which something was refused: what their answers leave out may have
    been meant to be there.

    pairs, refused: with nyckeltal_id, omrade_id. Returns nyckeltal_id, omrade_id.

    Which value a refused one was meant to be is not sure: its year or kön may be what is wrong with it. One that names
    a pair nobody asked for may be any of its nyckeltal or of its område, and when it names neither rightly, any at all.
    """
    asked, named = pairs.select(PAIR).unique(), refused.select(PAIR).unique()
    unasked = named.join(asked, on=PAIR, how="anti")
    of_kpi, of_area = (pl.col(name).is_in(asked[name].unique().to_list()) for name in PAIR)
    if not unasked.filter(~of_kpi & ~of_area).is_empty():
        return asked
    candidates = pl.any_horizontal(pl.col(name).is_in(unasked[name].unique().to_list()) for name in PAIR)
    return pl.concat([asked.filter(candidates), asked.join(named, on=PAIR, how="semi")]).unique()


def refuse_run(received: int, refused: int, limit: float) -> None:
    """Raise RefusedDataError when more than `limit` (a share) of the values that came were refused."""
    if received and refused / received > limit:
        raise RefusedDataError(
            f"{refused} of {received} values were refused ({refused / received:.1%}), more than the limit {limit:.1%}. "
            "Nothing new is published → look in the warehouse's table karantan for the reasons, and raise "
            "MALBILD_KARANTAN_ANDEL only if they are understood"
        )


def _status() -> pl.Expr:
    status = pl.col("kolada_status").fill_null("")
    return (
        pl.when(pl.col("borttagen"))
        .then(pl.lit("borttagen"))
        .when(pl.col("varde").is_not_null())
        .then(pl.lit("publicerad"))
        .otherwise(status.replace_strict(_STATUS_WORDS, default=pl.format("okänd: {}", status), return_dtype=pl.String))
    )
