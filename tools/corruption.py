"""What the checks do about corrupt years, and about true ones: measured on a real archive.

    python -m tools.corruption ARCHIVE [OUT.md]

Replay: every year of every followed nyckeltal is treated as new against all earlier ones. Corruption: the newest year
of every nyckeltal with a history is corrupted in every way of `CORRUPTIONS`. Prints Markdown, in Swedish.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.analysis.annual_variation import annual_variation
from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.checks.plausibility import KEY, SEXES, judge
from pipelines.settings import REPO_ROOT
from pipelines.standin.dataset import load_archive
from pipelines.validation.bounds import bounds, outside

SEED = 20350101
_MEASUREMENTS, _NAMED = 4, 5
OUTCOMES: Final = ("stopp", "karantän", "varning", "publicerat")
_KIND: Final = ["nyckeltal_id", "typ"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is published, and a year of each nyckeltal that comes: KEY, SEXES, typ, i_malbild, and of `new` the values
    before (`t_fore` …). areas, noise, limits: as `judge` and `validation.bounds` want them.
    """

    before: pl.DataFrame
    new: pl.DataFrame
    areas: pl.DataFrame
    noise: pl.DataFrame
    limits: pl.DataFrame


Change = Callable[[Case], pl.DataFrame]
_kommun = pl.col("typ") == "kommun"
_own = pl.col("i_malbild")
_riket = pl.col("typ") == "riket"


def values(change: Callable[[pl.Expr], pl.Expr], where: pl.Expr | None = None) -> Change:
    """Every kön's values after `change`, in the rows that meet `where`."""
    condition = pl.lit(True) if where is None else where
    return lambda case: case.new.with_columns(
        pl.when(condition).then(change(pl.col(name))).otherwise(name).alias(name) for name in SEXES
    )


def moved(order: pl.Expr, where: pl.Expr | None = None, names: Iterable[str] = SEXES) -> Change:
    """The values of the areas that meet `where` in another order among them: `order` says which row gives its own."""
    condition = pl.lit(True) if where is None else where
    names = list(names)

    def change(case: Case) -> pl.DataFrame:
        moves = condition & ~_riket
        part = case.new.filter(moves).sort(*_KIND, "omrade_id")
        part = part.with_columns(pl.col(name).gather(order).over(_KIND) for name in names)
        return pl.concat([case.new.filter(~moves), part])

    return change


def earlier(where: pl.Expr | None = None) -> Change:
    """The values that the areas had before."""
    condition = pl.lit(True) if where is None else where
    return lambda case: case.new.with_columns(
        pl.when(condition & pl.col("t_fore").is_not_null()).then(f"{name}_fore").otherwise(name).alias(name)
        for name in SEXES
    )


def measurement_before_last(where: pl.Expr | None = None) -> Change:
    """The values that the areas had two measurements ago."""
    condition = pl.lit(True) if where is None else where

    def change(case: Case) -> pl.DataFrame:
        older = case.before.group_by(KEY[:2], maintain_order=True).agg(
            pl.col(name).get(-2, null_on_oob=True).alias(f"{name}_aldre") for name in SEXES
        )
        moves = condition & pl.col("t_aldre").is_not_null()
        return (
            case.new.join(older, on=KEY[:2], how="left")
            .with_columns(pl.when(moves).then(f"{name}_aldre").otherwise(name).alias(name) for name in SEXES)
            .select(case.new.columns)
        )

    return change


def swapped(where: pl.Expr | None = None) -> Change:
    """Women's values as men's, and the other way round."""
    condition = (pl.lit(True) if where is None else where) & pl.col("k").is_not_null() & pl.col("m").is_not_null()
    return lambda case: case.new.with_columns(
        k=pl.when(condition).then("m").otherwise("k"), m=pl.when(condition).then("k").otherwise("m")
    )


def sex_as(source: str, target: str, where: pl.Expr | None = None) -> Change:
    """One kön's values as another's."""
    condition = (pl.lit(True) if where is None else where) & pl.col(source).is_not_null()
    return lambda case: case.new.with_columns(pl.when(condition).then(source).otherwise(target).alias(target))


def without(name: str, where: pl.Expr | None = None) -> Change:
    """No values of this kön."""
    condition = pl.lit(True) if where is None else where
    return lambda case: case.new.with_columns(pl.when(~condition).then(name).alias(name))


def areas_swapped(first: str, second: str) -> Change:
    """Two areas with each other's values."""
    return moved(_reversed, pl.col("omrade_id").is_in([first, second]))


def another_kpi(case: Case) -> pl.DataFrame:
    """The values of the next nyckeltal."""
    ids = case.new["nyckeltal_id"].unique().sort()
    following = pl.DataFrame({"nyckeltal_id": ids, "nasta": ids.gather([*range(1, len(ids)), 0])})
    other = case.new.select(pl.col("nyckeltal_id").alias("nasta"), "omrade_id", *SEXES)
    return (
        case.new.drop(SEXES)
        .join(following, on="nyckeltal_id")
        .join(other, on=["nasta", "omrade_id"])
        .select(case.new.columns)
    )


def _fixed(share: float) -> pl.Expr:
    """That share of the areas, the same ones every time."""
    return pl.col("omrade_id").hash(SEED) % 1000 < 1000 * share


_first_own = pl.col("omrade_id").is_in(["0484", "0004"])
_another = pl.col("omrade_id").is_in(["1280", "0012"])
_shuffle = pl.int_range(pl.len()).shuffle(SEED)
_next = (pl.int_range(pl.len()) + 1) % pl.len()
_reversed = pl.len() - 1 - pl.int_range(pl.len())
_quarter = pl.col("t").filter(~_riket).quantile(0.75).over(_KIND)
_median = pl.col("t").filter(~_riket).median().over(_KIND)


def _cut(value: pl.Expr) -> pl.Expr:
    """Without the last sign of its decimal form."""
    return value.cast(pl.String).str.replace(r"\.0$", "").str.head(-1).cast(pl.Float64, strict=False)


def _without_point(value: pl.Expr) -> pl.Expr:
    return value.round(2).cast(pl.String).str.replace(r"\.0$", "").str.replace(r"\.", "").cast(pl.Float64)


CORRUPTIONS: Final[dict[str, Change]] = {
    "allt är noll": values(lambda v: v * 0),
    "hälften av områdena är noll": values(lambda v: v * 0, _fixed(0.5)),
    "det femte området är noll": values(lambda v: v * 0, _fixed(0.2)),
    "de egna områdena är noll": values(lambda v: v * 0, _own),
    "varje område har grannens värden": moved(_next),
    "områdena är blandade": moved(_shuffle),
    "hälften av områdena är blandade": moved(_shuffle, _fixed(0.5)),
    "områdena står i omvänd ordning": moved(_reversed),
    "bara de egna kommunerna är blandade": moved(_shuffle, _own),
    "de egna kommunerna har grannens värden": moved(_next, _own),
    "bara totalen är blandad": moved(_shuffle, names=["t"]),
    "kvinnor och män är bytta": swapped(),
    "kvinnor och män är bytta i de egna": swapped(_own),
    "kvinnors värden står som totalt": sex_as("k", "t"),
    "kvinnors värden står som mäns": sex_as("k", "m"),
    "förra årets värden": earlier(),
    "förra årets i hälften av områdena": earlier(_fixed(0.5)),
    "förra årets i de egna": earlier(_own),
    "förrförra årets värden": measurement_before_last(),
    "förrförra årets i de egna": measurement_before_last(_own),
    "förra årets plus ett": lambda case: values(lambda v: v + 1)(replace(case, new=earlier()(case))),
    "Nyköping och Eskilstuna är bytta": areas_swapped("0480", "0484"),
    "kvinnor saknas": without("k"),
    "kvinnor saknas i de egna": without("k", _own),
    "mäns värden står som totalt": sex_as("m", "t"),
    "kvinnors värden står som totalt i de egna": sex_as("k", "t", _own),
    "värdena är sorterade": lambda case: case.new.with_columns(
        pl.when(~_riket).then(pl.col(name).sort().over(_KIND)).otherwise(name).alias(name) for name in SEXES
    ),
    "samma värde överallt (medianen)": values(lambda v: v * 0 + _median),
    "medianen i en tredjedel": values(lambda v: v * 0 + _median, _fixed(1 / 3)),
    "aldrig mer än den 75:e percentilen": values(lambda v: pl.min_horizontal(v, _quarter)),
    "medianen i de egna": values(lambda v: v * 0 + _median, _own),
    "gånger 10": values(lambda v: v * 10),
    "gånger 100": values(lambda v: v * 100),
    "delat med 10": values(lambda v: v / 10),
    "delat med 100": values(lambda v: v / 100),
    "gånger 2": values(lambda v: v * 2),
    "gånger 24 (dagar som timmar)": values(lambda v: v * 24),
    "gånger 10 i hälften": values(lambda v: v * 10, _fixed(0.5)),
    "gånger 10 i de egna": values(lambda v: v * 10, _own),
    "gånger 1000 i de egna": values(lambda v: v * 1000, _own),
    "delat med 10 i de egna": values(lambda v: v / 10, _own),
    "gånger 1,5 i de egna": values(lambda v: v * 1.5, _own),
    "gånger 10 i Eskilstuna och Region Sörmland": values(lambda v: v * 10, _first_own),
    "gånger 10 i Göteborg och Region Skåne": values(lambda v: v * 10, _another),
    "tecknet är bytt": values(lambda v: -v),
    "tecknet är bytt i de egna": values(lambda v: -v, _own),
    "hundra minus värdet": values(lambda v: 100 - v),
    "utan decimaltecken": values(_without_point),
    "utan decimaltecken i en tredjedel": values(_without_point, _fixed(1 / 3)),
    "sista siffran är borta": values(_cut),
    "avrundat till heltal": values(lambda v: v.round(0)),
    "9999 där värde saknas (vart tionde)": values(lambda v: v * 0 + 9999, _fixed(0.1)),
    "ett annat nyckeltals värden": another_kpi,
    "de egna tio saknas": lambda case: case.new.filter(~_own),
    "riket är noll": values(lambda v: v * 0, _riket),
    "riket gånger 10": values(lambda v: v * 10, _riket),
    "riket delat med 2": values(lambda v: v / 2, _riket),
    "riket gånger 1,3": values(lambda v: v * 1.3, _riket),
}


def outcomes(case: Case, change: Change) -> dict[str, str]:
    """nyckeltal_id → stopp, karantän, varning or publicerat; those that the corruption leaves as they are, are left
    out.
    """
    true = case.new.select(*KEY, *SEXES).sort(KEY)
    came = change(case).select(*KEY, *SEXES).sort(KEY)
    differs = pl.concat(
        [
            true.join(came, on=[*KEY, *SEXES], how="anti", nulls_equal=True),
            came.join(true, on=[*KEY, *SEXES], how="anti", nulls_equal=True),
        ]
    )
    refused, accepted = screened(came, case.limits)
    ids = differs["nyckeltal_id"].unique().to_list()
    findings = judge(
        pl.concat([case.before, accepted]),
        case.before,
        true.select("nyckeltal_id", "ar").unique(),
        case.areas,
        case.noise,
        refused,
        pl.DataFrame(schema={"nyckeltal_id": pl.String, "orsak": pl.String}),
        pl.concat([case.before.select(*KEY, "t"), case.new.select(*KEY, "t")]),
    )
    levels = dict.fromkeys(ids, OUTCOMES[-1])
    for kpi, level in findings.sort("niva", descending=True).select("nyckeltal_id", "niva").iter_rows():
        if kpi in levels:
            levels[kpi] = level
    for kpi in refused["nyckeltal_id"].unique():
        if levels.get(kpi, "stopp") != "stopp":
            levels[kpi] = "karantän"
    return levels


def screened(rows: pl.DataFrame, limits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the bounds refuse (nyckeltal_id, omrade_id, ar) and what they let in."""
    beside = rows.join(limits, on="nyckeltal_id", how="left", maintain_order="left")
    refused = beside.filter(pl.any_horizontal(outside(name).is_not_null() for name in SEXES)).select(KEY)
    accepted = beside.with_columns(pl.when(outside(name).is_null()).then(name).alias(name) for name in SEXES)
    return refused, accepted.select(rows.columns)


def read_archive(archive: Path, catalog: Catalog) -> tuple[pl.DataFrame, pl.DataFrame]:
    """values (KEY, SEXES) of the followed nyckeltal, and areas (omrade_id, typ, i_malbild)."""
    dataset = load_archive(archive)
    own = {area.id for area in (*catalog.geography.kommuner, catalog.geography.region)}
    country = catalog.geography.country.id
    areas = pl.DataFrame(
        [
            (a["id"], "riket" if a["id"] == country else "kommun" if a["type"] == "K" else "region", a["id"] in own)
            for a in dataset.municipalities
        ],
        schema={"omrade_id": pl.String, "typ": pl.String, "i_malbild": pl.Boolean},
        orient="row",
    )
    rows = dataset.values.filter(pl.col("kpi").is_in(list(catalog.kpis)) & pl.col("value").is_not_null())
    kon = {"T": "t", "K": "k", "M": "m"}
    wide = rows.pivot("gender", index=["kpi", "area", "year"], values="value").rename(
        {"kpi": "nyckeltal_id", "area": "omrade_id", "year": "ar"} | kon, strict=False
    )
    return wide.select(
        "nyckeltal_id",
        "omrade_id",
        pl.col("ar").cast(pl.Int32),
        *(pl.col(name) if name in wide.columns else pl.lit(None, pl.Float64).alias(name) for name in SEXES),
    ), areas


def noise_of(values: pl.DataFrame, areas: pl.DataFrame, catalog: Catalog) -> pl.DataFrame:
    """The årsvariation of the totals, without any declared break: a new year knows of none."""
    kpis = pl.DataFrame(
        [(kpi.id, kpi.overlapping_years) for kpi in catalog.kpis.values()],
        schema={"nyckeltal_id": pl.String, "overlappande_ar": pl.Int32},
        orient="row",
    )
    breaks = pl.DataFrame(schema={"nyckeltal_id": pl.String, "ar": pl.Int32, "sista_gamla_ar": pl.Int32})
    totals = values.select(*KEY, kon=pl.lit("T"), varde="t")
    return annual_variation(totals, areas, kpis, breaks).areas.select("nyckeltal_id", "omrade_id", "varians")


def newest_year(values: pl.DataFrame, areas: pl.DataFrame, catalog: Catalog) -> Case:
    """The newest year of every nyckeltal with a history as what comes."""
    years = values.select("nyckeltal_id", "ar").unique()
    long = years.group_by("nyckeltal_id").agg(pl.col("ar").max(), pl.len()).filter(pl.col("len") >= _MEASUREMENTS)
    rows = values.join(long.select("nyckeltal_id", nyast="ar"), on="nyckeltal_id").sort(KEY)
    before = rows.filter(pl.col("ar") < pl.col("nyast")).drop("nyast")
    last = before.group_by("nyckeltal_id", "omrade_id", maintain_order=True).last()
    new = (
        rows.filter(pl.col("ar") == pl.col("nyast"))
        .drop("nyast")
        .join(areas, on="omrade_id")
        .join(last.select("nyckeltal_id", "omrade_id", pl.col(SEXES).name.suffix("_fore")), on=KEY[:2], how="left")
    )
    return Case(before, new, areas, noise_of(before, areas, catalog), bounds(catalog.kpis.values()))


def replay(values: pl.DataFrame, areas: pl.DataFrame, catalog: Catalog) -> tuple[int, pl.DataFrame]:
    """How many nyckeltal and years were treated as new, and what was not plausible in them."""
    nothing = pl.DataFrame(schema={"nyckeltal_id": pl.String, "omrade_id": pl.String, "ar": pl.Int32})
    causes = pl.DataFrame(schema={"nyckeltal_id": pl.String, "orsak": pl.String})
    tried, findings = 0, []
    for year in values["ar"].unique().sort()[1:]:
        before = values.filter(pl.col("ar") < year)
        now = values.filter(pl.col("ar") <= year).join(before, on="nyckeltal_id", how="semi")
        changed = now.filter(pl.col("ar") == year).select("nyckeltal_id", "ar").unique()
        tried += changed.height
        findings.append(
            judge(
                now,
                before,
                changed,
                areas,
                noise_of(before, areas, catalog),
                nothing,
                causes,
                now.select(*KEY, "t"),
            )
        )
    return tried, pl.concat(findings)


def main(arguments: list[str]) -> None:
    catalog = load_catalog(REPO_ROOT)
    values, areas = read_archive(Path(arguments[0]), catalog)
    case = newest_year(values, areas, catalog)
    text = "\n".join([*_HEAD, *_replayed(*replay(values, areas, catalog)), "", *_corrupted(case)]) + "\n"
    if len(arguments) > 1:
        Path(arguments[1]).write_text(text, encoding="utf-8")
    print(text)


_HEAD = [
    "# Vad kontrollen rimlighet stoppar",
    "",
    "Skrivs av `make corruption`, ur Koladas verkliga värden till och med 2022. Reglerna står i "
    "[drift.md](drift.md#rimlighet).",
    "",
]


# Every stop has been looked at.
_VERDICTS: Final = {
    ("N20403", 2018): "ja: en ny lag ändrade vad som räknas, ett seriebrott som ingen hade sagt (nu `brott`)",
    ("U01472", 2021): "att fråga: de egna kommunerna hade inte mätts på flera år, och gick tillbaka året efter",
    ("U79092", 2020): "ja: kvinnornas värden är desamma som 2019 i 19 regioner av 20, totalens och männens inte",
}


def _replayed(tried: int, findings: pl.DataFrame) -> list[str]:
    stops = findings.filter(pl.col("niva") == "stopp")
    stopped, warned = (
        rows.select("nyckeltal_id", "ar").n_unique() for rows in (stops, findings.filter(pl.col("niva") == "varning"))
    )
    lines = [
        "## Falska larm: varje verkligt år som om det vore nytt",
        "",
        f"{tried} nyckeltal och år, vart och ett bredvid alla tidigare: {stopped} hade stoppats och {warned} gett en "
        f"varning.",
        "",
        "| stopp | regel | gäller | värde | vanligt | var det rätt? |",
        "|---|---|---|---|---|---|",
    ]
    for row in stops.sort("nyckeltal_id", "ar", "typ").iter_rows(named=True):
        usual = "–" if row["vanligt"] is None else f"{row['vanligt']:.2f}".replace(".", ",")
        value = f"{row['varde']:.2f}".replace(".", ",")
        lines.append(
            f"| {row['nyckeltal_id']} {row['ar']}, {row['typ']} | `{row['regel']}` | {row['omfang']} | {value} | "
            f"{usual} | {_VERDICTS.get((row['nyckeltal_id'], row['ar']), '')} |"
        )
    return lines


def _corrupted(case: Case) -> list[str]:
    lines = [
        "## Förstörda år",
        "",
        f"Det nyaste året av de {case.new['nyckeltal_id'].n_unique()} nyckeltal som har minst {_MEASUREMENTS} "
        f"mätningar, förstört på varje sätt: hur många nyckeltal som stoppas, vars värden hamnar i karantän, som ger "
        f"en varning och som publiceras utan ett ord. Nyckeltal som felet inte ändrar räknas inte.",
        "",
        "| vad som är fel | stopp | karantän | varning | publicerat | publicerade |",
        "|---|---|---|---|---|---|",
    ]
    for name, change in CORRUPTIONS.items():
        levels = outcomes(case, change)
        counts = [sum(level == outcome for level in levels.values()) for outcome in OUTCOMES]
        through = sorted(kpi for kpi, level in levels.items() if level == OUTCOMES[-1])
        shown = ", ".join(through[:_NAMED]) + (" …" if len(through) > _NAMED else "")
        lines.append(f"| {name} | {' | '.join(map(str, counts))} | {shown} |")
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
