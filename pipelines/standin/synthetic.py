"""The synthetic sample: made-up values for the catalogue's KPIs in Sweden's real kommuner, regions and groups.

Real are ids and titles (of KPIs, areas and groups) and who belongs to which group, but for the groups of similar areas
outside Sörmland: their titles follow Kolada's, their ids and members are made up. Everything else is made up too, and
every KPI's description says so. The same YAML files give the same sample on every machine: all chance comes from
`_bits` of ids and years, and only operations are used that IEEE 754 defines to the last bit.

How a value comes about: a level that suits the KPI's unit and direction, a deviation of the area, a straight trend of
either sign, a difference between women and men, and noise that falls with the square root of the population, so that
Gnesta, Oxelösund, Trosa and Vingåker are noisy. T lies between K and M. Osäkerhetstal are the margins that follow from
the same number of respondents that "svarande, antal" tells.

The awkward cases, all of which are known from Kolada:
- years: surveys skip 2021 or come every other year, some only in some years per kommun; series begin between 2012 and
  2025 and end with the year in the title's "(-ÅÅÅÅ)";
- rows without a value: explicit null, status "Missing" (few respondents), status "Private" (small kommuner), deleted;
- genders in any order (`records` sees to that); K and M without T, K alone (see `_CASES`);
- osäkerhetstal paired with their KPIs, and a new one that indikatorer.yaml does not know (UNPAIRED_ID);
- titles: a KPI under an older title that is confirmed in indikatorer.yaml;
- a KPI that is missing from the catalogue, one without a row in Sörmland, a kommun (Vingåker) with very few KPIs;
- numbers: negative values (NEGATIVE_ID, outside the followed KPIs), a real 0, codes 0, 1 and 2. No share is above 100;
- publication dates in the future, in the past, with a preliminary round that has begun (relative to late 2026), and
  absent.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from importlib.resources import files
from math import sqrt
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog, Kpi
from pipelines.settings import CATALOG_DIR
from pipelines.standin.dataset import Dataset

LAST_YEAR = 2025
# The day on which the sample was "loaded": what from_date is compared with.
LOADED = date(2026, 11, 1)

UNPAIRED_ID = "N99901"
NEGATIVE_ID = "N00097"
NEGATIVE_TITLE = "Nettokostnadsavvikelse totalt (exkl. LSS), andel (%)"

POPULATION_ID = "N01951"

COUNTRY = "0000"
REGION = "0004"
COUNTY_GROUP = "G33614"
SPARSE_KOMMUN = "0428"
ZERO_KOMMUN = "0488"
# Surveys with fewer answers have no value.
FEWEST_ANSWERS = 12
# Kolada's subjects for groups of similar areas, by the type of area: those that Sörmland is compared in.
_SIMILAR = {
    "K": ("kommuner äldreomsorg", "kommuner socioekonomi", "kommuner, övergripande"),
    "L": ("regioner socioekonomi", "regioner, hälso- och sjukvård (inkl läkemedel)"),
}
_SIMILAR_AREAS = 7
# Inhabitants in thousands, rounded: they decide how noisy an area is. Those of other areas are made up.
_INHABITANTS = {
    "0000": 10_500.0,
    "0004": 300.0,
    "0428": 9.0,
    "0461": 11.5,
    "0480": 58.0,
    "0481": 12.0,
    "0482": 16.0,
    "0483": 35.0,
    "0484": 107.0,
    "0486": 38.0,
    "0488": 14.0,
}

# Amounts: a typical level by the beginning of the unit; the first that fits.
_AMOUNTS = {
    "antal per 100 000": 1200.0,
    "antal per 10 000": 25.0,
    "antal per 1 000": 400.0,
    "antal per invånare": 0.04,
    "antal personal": 14.0,
    "dagar per invånare": 0.3,
    "dagar": 25.0,
    "personer per": 8.0,
    "vårddygn per": 40.0,
}
_OTHER_AMOUNT = 100.0
_CODES = {"kod 0 eller 1": 1, "kod 0, 1 eller 2": 2}
_INDEXES = {"index 0–100": 1.0, "medelvärde 0–100": 1.0, "medelvärde 0–1": 0.01}

# Which awkward case a KPI can show. Each is given to one kommun KPI that is nobody's companion and primär nowhere.
_CASES: dict[str, Callable[[Kpi], bool]] = {
    "missing": lambda kpi: not kpi.by_gender,
    "retitled": lambda kpi: len(kpi.titles) > 1,
    "not in the county": lambda kpi: not kpi.by_gender,
    "no total": lambda kpi: kpi.by_gender,
    "women only": lambda kpi: kpi.by_gender,
    "zero": lambda kpi: kpi.direction == "lägre",
}


@dataclass(frozen=True, slots=True)
class _Series:
    """How one KPI's values come about; the columns of the frame that `_values` starts from.

    kind: share, index, amount, code, respondents, few (1 when fewer than 30 answered), margin (of the share with the
    same `key`) or deviation (around 0). `key` and `survey` are the seeds: of the values, and of who takes part.
    `rhythm`: annual, alternate, alternate since 2022, scattered. `pauses`: no survey in 2021. `typical` is the level
    around which values lie, `start` the same on the scale that `_squash` undoes.
    """

    id: str
    title: str
    kind: str
    level: str
    by_gender: bool
    key: int
    survey: int
    first: int
    last: int
    rhythm: str
    pauses: bool
    typical: float
    start: float
    spread: float
    slope: float
    gap: float
    scale: float
    respondents: float
    case: str


def synthetic_dataset(catalog_folder: Path = CATALOG_DIR) -> Dataset:
    """The sample for the KPIs of the YAML files in `catalog_folder`.

    Raises CatalogError when the YAML files are wrong.
    """
    catalog = load_catalog(catalog_folder)
    municipalities, groups = areas_and_groups()
    county = next(group["members"] for group in groups if group["id"] == COUNTY_GROUP)
    followed = list(_followed(catalog))
    series = [*followed, *_others(followed)]
    return Dataset(
        kpis=sorted(map(_entry, series), key=lambda kpi: str(kpi["id"])),
        municipalities=municipalities,
        groups=groups,
        values=_values(series, municipalities, [member["member_id"] for member in county]),
        loaded=LOADED,
    )


def areas_and_groups() -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The catalogue's lists of areas and of groups, as v3 objects."""
    municipalities = _table("omraden.csv")
    names = {m["id"]: m["title"] for m in municipalities}
    real = [(group["id"], group["title"], group["members"].split()) for group in _table("grupper.csv")]
    groups: list[dict[str, Any]] = [
        {
            "id": group_id,
            "title": title,
            "members": [{"member_id": m, "member_title": names[m]} for m in members],
        }
        for group_id, title, members in sorted(
            [*real, *_similar_groups(municipalities, [title for _, title, _ in real])]
        )
    ]
    return municipalities, groups


def _similar_groups(
    municipalities: Sequence[Mapping[str, str]], real: Sequence[str]
) -> Iterator[tuple[str, str, list[str]]]:
    """(id, title, members) of the groups of similar areas of those that have no real ones: the next areas by id."""
    for kind, subjects in _SIMILAR.items():
        alike = [m for m in municipalities if m["type"] == kind and m["id"] != COUNTRY]
        for place, area in enumerate(alike):
            for number, subject in enumerate(subjects, start=1):
                title = f"Liknande {subject}, {area['title']}, 2024"
                if any(name.startswith(title.removesuffix("2024")) for name in real):
                    continue
                others = [*alike[place + 1 :], *alike[:place]][number - 1 :][:_SIMILAR_AREAS]
                # Longer than any id of Kolada's groups.
                yield f"G9{number}0{area['id']}", title, sorted(other["id"] for other in others)


def _followed(catalog: Catalog) -> Iterator[_Series]:
    """The series of the catalogue's KPIs, but the one that is missing."""
    kpis = list(catalog.kpis.values())
    measured = {kpi.uncertainty: kpi for kpi in kpis if kpi.uncertainty}
    surveys = {companion: kpi.quality[0] for kpi in kpis for companion in kpi.quality}
    begins = {kpi.successor: kpi.ended_year + 1 for kpi in kpis if kpi.successor and kpi.ended_year}
    cases = _cases(catalog)
    for kpi in kpis:
        case = cases.get(kpi.id, "")
        if case == "missing":
            continue
        # A margin has the seeds of the KPI that it is the margin of, and so its rows and its respondents.
        parent = measured.get(kpi.id, kpi)
        survey = parent.quality[0] if parent.quality else surveys.get(kpi.id, parent.id)
        yield _series(
            kpi,
            title=kpi.titles[1] if case == "retitled" else kpi.titles[0],
            kind="margin" if kpi.id in measured else _kind(kpi, surveys),
            parent=parent,
            survey=survey,
            first=begins.get(kpi.id),
            pauses=survey in surveys,
            case=case,
        )


def _series(
    kpi: Kpi, *, title: str, kind: str, parent: Kpi, survey: str, first: int | None, pauses: bool, case: str
) -> _Series:
    chance = {name: _chance(parent.id, name) for name in ("first", "late", "level", "slope", "gap", "people")}
    rhythm = _rhythm(parent.periodicity or "")
    last = parent.ended_year or (LAST_YEAR - _seed(parent.id) % 2 if rhythm == "alternate" else LAST_YEAR)
    if first is None:
        first = 2021 + int(3 * chance["first"]) if chance["late"] < 0.15 else 2012 + int(7 * chance["first"])
    if pauses:
        first = min(first, 2014)
    scale = _INDEXES.get(kpi.unit, float(_CODES.get(kpi.unit, 1)))
    if kind in ("share", "margin"):
        low, width = {"högre": (55.0, 35.0), "lägre": (5.0, 20.0), "ingen": (25.0, 35.0)}[parent.direction]
        typical = low + width * chance["level"]
        spread = sqrt(typical * (100 - typical)) / 10
    elif kind == "index":
        typical, spread = 60 + 25 * chance["level"], 3.0
    elif kind == "amount":
        unit = next((unit for unit in _AMOUNTS if kpi.unit.startswith(unit)), None)
        typical, spread = _AMOUNTS.get(unit or "", _OTHER_AMOUNT) * (0.5 + chance["level"]), 0.12
    else:
        typical, spread = 50.0, 5.0
    return _Series(
        id=kpi.id,
        title=title,
        kind=kind,
        level=kpi.level,
        by_gender=kpi.by_gender,
        key=_seed(parent.id),
        survey=_seed(survey),
        first=min(first, last),
        last=last,
        rhythm=rhythm,
        pauses=pauses,
        typical=typical,
        start=0.0 if kind == "amount" else _unsquash(typical),
        spread=spread,
        slope=spread * 0.25 * (2 * chance["slope"] - 1),
        gap=spread * 1.2 * (2 * chance["gap"] - 1),
        scale=scale,
        # Population surveys draw larger samples than surveys among users.
        respondents=20.0 if kpi.level == "A" else 2 + 6 * _chance(survey, "people"),
        case=case,
    )


def _kind(kpi: Kpi, surveys: Mapping[str, str]) -> str:
    if kpi.id in surveys and kpi.unit in _CODES:
        return "few"
    if kpi.id in surveys and kpi.unit != "%":
        return "respondents"
    if kpi.id == POPULATION_ID:
        return "population"
    if kpi.unit == "%":
        return "share"
    if kpi.unit in _INDEXES:
        return "index"
    return "code" if kpi.unit in _CODES else "amount"


def _rhythm(periodicity: str) -> str:
    if periodicity.startswith("oregelbundet"):
        return "scattered"
    if periodicity.startswith("vartannat år sedan 2022"):
        return "alternate since 2022"
    return "alternate" if periodicity.startswith("vartannat") else "annual"


def _cases(catalog: Catalog) -> dict[str, str]:
    """KPI id → its awkward case."""
    kpis = catalog.kpis.values()
    bound = {entry.kpi_id for measure in catalog.measures for entry in measure.kpis if entry.role == "primär"}
    for kpi in kpis:
        companions = {*kpi.quality, *filter(None, (kpi.uncertainty, kpi.successor))}
        bound |= {kpi.id, *companions} if companions else set()
    free = [kpi for kpi in kpis if kpi.id not in bound and kpi.level == "K" and kpi.unit == "%" and not kpi.ended_year]
    chosen: dict[str, str] = {}
    for case, shows in _CASES.items():
        able = [kpi.id for kpi in free if kpi.id not in chosen and shows(kpi)]
        chosen |= dict.fromkeys(able[-1:], case)
    return chosen


def _others(followed: Sequence[_Series]) -> Iterator[_Series]:
    """Series that the catalogue does not know: a new osäkerhetstal, and one with negative values."""
    paired = {series.key for series in followed if series.kind == "margin"}
    for series in followed:
        if series.kind == "share" and series.level == "A" and series.key not in paired:
            yield replace(series, id=UNPAIRED_ID, title=f"Osäkerhetstal - {series.title}", kind="margin")
            break
    yield _Series(
        id=NEGATIVE_ID,
        title=NEGATIVE_TITLE,
        kind="deviation",
        level="K",
        by_gender=False,
        key=_seed(NEGATIVE_ID),
        survey=_seed(NEGATIVE_ID),
        first=2019,
        last=LAST_YEAR,
        rhythm="annual",
        pauses=False,
        typical=0.0,
        start=0.0,
        spread=5.0,
        slope=0.0,
        gap=0.0,
        scale=1.0,
        respondents=5.0,
        case="",
    )


def _entry(series: _Series) -> dict[str, Any]:
    """The KPI as the catalogue has it, v3's fields in v3's order."""
    period, preliminary, final = _publication(series)
    return {
        "id": series.id,
        "title": series.title,
        "description": f"Syntetiskt exempel: alla värden är påhittade. Titel: {series.title}. Källa: påhittade värden.",
        "is_divided_by_gender": series.by_gender,
        "municipality_type": series.level,
        "auspice": "X",
        "operating_area": "Äldre och funktionshinder" if series.level == "K" else "Hälso- och sjukvård",
        "perspective": "Kvalitet och resultat",
        "prel_publication_date": preliminary,
        "publication_date": final,
        "publ_period": period,
        "has_ou_data": False,
    }


def _publication(series: _Series) -> tuple[str | None, str | None, str | None]:
    """The period to be published next, and its preliminary and final dates."""
    chance = _chance(series.id, "publication")
    if series.last < LAST_YEAR - 1 or chance < 0.1:
        return None, None, None
    if chance < 0.2:
        return str(series.last), "2026-05-04", "2027-03-31"
    day = f"{1 + int(9 * _chance(series.id, 'month')):02}-{1 + int(28 * _chance(series.id, 'day')):02}"
    if chance < 0.3:
        return str(series.last), None, f"2026-{day}"
    return str(series.last + 1), None, f"2027-{day}"


def _values(
    series: Sequence[_Series], municipalities: Sequence[Mapping[str, str]], county: Sequence[str]
) -> pl.DataFrame:
    """kpi, area, year, gender, value, status, deleted, sorted by the first four."""
    rows = _genders(_years(_pairs(series, municipalities, county)))
    silent = pl.col("unanswered") | pl.col("deleted")
    few = pl.col("kind").is_in(["share", "index", "margin"]) & (pl.col("answered") < FEWEST_ANSWERS)
    secret = (pl.col("kind") == "amount") & pl.col("secret") & (pl.col("size") < 15)
    zero = (pl.col("case") == "zero") & (pl.col("area") == ZERO_KOMMUN) & (pl.col("year") == pl.col("last"))
    status = pl.when(silent).then(pl.lit("")).when(few).then(pl.lit("Missing")).when(secret).then(pl.lit("Private"))
    return rows.select(
        pl.col("id").alias("kpi"),
        "area",
        pl.col("year").cast(pl.Int32),
        "gender",
        value=pl.when(~silent & ~few & ~secret).then(pl.when(zero).then(0.0).otherwise(_value()).round(6)),
        status=status.otherwise(pl.lit("")),
        deleted="deleted",
    ).sort("kpi", "area", "year", "gender")


def _pairs(
    series: Sequence[_Series], municipalities: Sequence[Mapping[str, str]], county: Sequence[str]
) -> pl.DataFrame:
    """Series × areas that have values at all, with what holds for all their years."""
    area, level = pl.col("area"), pl.col("level")
    sparse, country = area == SPARSE_KOMMUN, area == COUNTRY
    pairs = (
        pl.DataFrame(series, schema_overrides={"key": pl.UInt64, "survey": pl.UInt64})
        .join(_areas(municipalities), how="cross")
        .filter((level == "A") | (level == pl.col("type")) | ((level == "K") & country))
        .with_columns(followed=area.is_in([*county, REGION, COUNTRY]))
    )
    pairs = pairs.with_columns(
        deviation=pl.when(country).then(0.0).otherwise(_normal(pairs, "deviation", "key", "area_key")),
        bend=pl.when(country).then(0.0).otherwise(_normal(pairs, "bend", "key", "area_key")),
        phase=(4 * _uniform(pairs, "phase", "survey", "area_key")).floor().cast(pl.Int64),
        stage=_uniform(pairs, "stage", "key", "area_key"),
        luck=_uniform(pairs, "takes part", "survey", "area_key"),
        luck_of_series=_uniform(pairs, "series", "survey"),
    )
    return pairs.filter(
        ~sparse | (pl.col("luck_of_series") < 0.12),
        # Some measures have no value for the country: Kolada has none for plans and routines.
        ~country | (level != "K") | (pl.col("luck_of_series") < 0.85),
        (pl.col("case") != "not in the county") | ~area.is_in(county),
        pl.col("followed") | (pl.col("luck") < 0.95),
    )


def _years(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs × years with a row, with what holds for K, M and T alike."""
    year, rhythm = pl.col("year"), pl.col("rhythm")
    years = (
        pairs.with_columns(year=pl.int_ranges(pl.col("first"), pl.col("last") + 1))
        .explode("year")
        .filter(
            ~pl.col("pauses") | (year != 2021),
            (rhythm != "scattered") | (pl.col("type") == "L") | ((year - pl.col("phase")) % 4 == 0),
            (rhythm != "alternate") | ((pl.col("last") - year) % 2 == 0),
            (rhythm != "alternate since 2022") | (year <= 2022) | (year % 2 == 0),
        )
    )
    years = years.filter(pl.col("followed") | (_uniform(years, "this year", "survey", "area_key", "year") > 0.03))
    asked = 0.85 + 0.3 * _uniform(years, "asked", "survey", "area_key", "year")
    country = pl.col("area") == COUNTRY
    return years.with_columns(
        asked=(pl.col("size") * pl.col("respondents") * asked).clip(3, 12_000),
        unanswered=~country & (_uniform(years, "unanswered", "survey", "area_key", "year") < 0.03),
        deleted=_uniform(years, "deleted", "key", "area_key", "year") < 0.0005,
        secret=_uniform(years, "secret", "key", "area_key", "year") < 0.05,
        women=_normal(years, "women", "key", "area_key", "year"),
        men=_normal(years, "men", "key", "area_key", "year"),
    )


def _genders(years: pl.DataFrame) -> pl.DataFrame:
    """One row per value: the genders that the series has in that area, and how many answered."""
    whole = (pl.col("case") != "no total") | (pl.col("luck") < 0.7)
    genders = (
        pl.when(~pl.col("by_gender"))
        .then(pl.lit(["T"]))
        .when(pl.col("case") == "women only")
        .then(pl.lit(["K"]))
        .when(whole)
        .then(pl.lit(["T", "K", "M"]))
        .otherwise(pl.lit(["K", "M"]))
    )
    part = pl.col("gender").replace_strict({"T": 1.0, "K": 0.55, "M": 0.45}, return_dtype=pl.Float64)
    return years.with_columns(gender=genders).explode("gender").with_columns(answered=(pl.col("asked") * part).round(0))


def _areas(municipalities: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """area, type, area_key (seed) and size, the inhabitants in thousands."""
    ids = [m["id"] for m in municipalities]
    # Most kommuner are small and a few are large; so are regions.
    made_up = {"K": lambda chance: 4 + 200 * chance**4, "L": lambda chance: 60 + 1_400 * chance**3}
    sizes = [_INHABITANTS.get(m["id"], made_up[m["type"]](_chance(m["id"], "size"))) for m in municipalities]
    return pl.DataFrame(
        {"area": ids, "type": [m["type"] for m in municipalities], "area_key": list(map(_seed, ids)), "size": sizes},
        schema_overrides={"area_key": pl.UInt64},
    )


def _value() -> pl.Expr:
    """The value by the series' kind, from the columns that `_values` has made."""
    kind, gender, typical, spread = (pl.col(name) for name in ("kind", "gender", "typical", "spread"))
    women, men = pl.col("women"), pl.col("men")
    luck = pl.when(gender == "K").then(women).when(gender == "M").then(men).otherwise((women + men) / 2)
    side = pl.when(gender == "K").then(0.5).when(gender == "M").then(-0.5).otherwise(0.0)
    time = (pl.col("year") - 2018).cast(pl.Float64)
    course = pl.col("deviation") * spread * 0.8 + (pl.col("slope") + pl.col("bend") * spread * 0.04) * time
    smooth = course + side * pl.col("gap")
    # K and M have half the respondents each, T has the mean of their luck.
    error = (typical * (100 - typical) * 2 / pl.col("asked")).sqrt()
    points = smooth + luck * pl.min_horizontal(error, 2 * spread)
    share = _squash(pl.col("start") + points / _steepness(pl.col("start")))
    amount = smooth + luck * 0.5 / pl.col("size").sqrt()
    return (
        pl.when(kind.is_in(["share", "index"]))
        .then(share * pl.col("scale"))
        .when(kind == "margin")
        .then(1.96 * (share * (100 - share) / pl.col("answered")).sqrt())
        .when(kind == "amount")
        .then(typical * (1 + 0.9 * amount / (1 + amount * amount).sqrt()))
        .when(kind == "code")
        .then((pl.col("scale") * (0.25 + pl.col("stage") + 0.06 * time)).floor().clip(0, pl.col("scale")))
        .when(kind == "respondents")
        .then(pl.col("answered"))
        .when(kind == "population")
        .then((pl.col("size") * (1000 + 4 * time) * (0.5 + 0.5 * (gender == "T").cast(pl.Float64))).round(0))
        .when(kind == "few")
        .then((pl.col("answered") < 30).cast(pl.Float64))
        .otherwise(smooth + luck)
    )


def _squash(latent: pl.Expr) -> pl.Expr:
    """Any number → between 0 and 100, without exp and log, which differ between machines in the last bit."""
    return 50 * (1 + latent / (1 + latent * latent).sqrt())


def _unsquash(share: float) -> float:
    part = share / 50 - 1
    return part / sqrt(1 - part * part)


def _steepness(latent: pl.Expr) -> pl.Expr:
    """The slope of `_squash`: what one more unit of `latent` adds."""
    square = 1 + latent * latent
    return 50 / (square * square.sqrt())


def _seed(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def _chance(text: str, what: str) -> float:
    """From 0 up to 1, picked by the words."""
    return (_seed(f"{what} {text}") >> 11) / 2**53


def _bits(frame: pl.DataFrame, what: str, keys: Sequence[str]) -> pl.Series:
    """64 bits per row, picked by `what` and the key columns (whole numbers).

    SplitMix64, on series and not in expressions: an expression would repeat its own insides at every step. Polars' own
    hash may differ between its versions.
    """
    bits = pl.Series([_seed(what)], dtype=pl.UInt64).new_from_index(0, frame.height)
    for key in keys:
        bits = bits + frame[key].cast(pl.UInt64) + 0x9E3779B97F4A7C15
        bits = (bits ^ (bits // 2**30)) * 0xBF58476D1CE4E5B9
        bits = (bits ^ (bits // 2**27)) * 0x94D049BB133111EB
        bits = bits ^ (bits // 2**31)
    return bits


def _uniform(frame: pl.DataFrame, what: str, *keys: str) -> pl.Series:
    """From 0 up to 1 for every row."""
    return (_bits(frame, what, keys) // 2**11).cast(pl.Float64) / 2**53


def _normal(frame: pl.DataFrame, what: str, *keys: str) -> pl.Series:
    """About normal, mean 0 and standard deviation 1, never beyond 3.5: four 16-bit numbers added up."""
    bits = _bits(frame, what, keys)
    parts = [(bits // 2**shift % 2**16).cast(pl.Float64) for shift in (0, 16, 32, 48)]
    return ((parts[0] + parts[1] + parts[2] + parts[3]) / 2**16 - 2) * sqrt(3)


def _table(name: str) -> list[dict[str, str]]:
    text = files("pipelines.standin").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
