"""What is not plausible, on a made-up country: every corruption meets its rule, and true unusual years meet none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from pipelines.checks.plausibility import KEY, SEXES, judge
from pipelines.checks.plausibility_rules import RULES, rules_table
from pipelines.validation.bounds import SCHEMA
from tests.conftest import ROOT, SHARED
from tests.small import own_catalog
from tools.corruption import CORRUPTIONS, Case, Change, newest_year, outcomes, read_archive, screened, values

KPI, OTHER, OWN = "N00001", "N00002", [f"{number:04}" for number in range(401, 410)]
YEARS = range(2015, 2024)
LEVELS = {KPI: 50.0, OTHER: 60.0}
NO_CAUSE = pl.DataFrame(schema={"nyckeltal_id": pl.String, "orsak": pl.String})
CAUSE = pl.DataFrame({"nyckeltal_id": [KPI], "orsak": ["ny definition"]})

Finding = tuple[str, str, str]
"""regel, omfang, niva"""


def country() -> Case:
    """Sixty kommuner of which nine are own, and riket; two nyckeltal in % whose values differ far more between areas
    and sexes than from year to year, in nine years, of which the newest one comes now.
    """
    random = np.random.default_rng(1)
    areas = [*OWN, *(f"{number:04}" for number in range(1001, 1052))]
    rows = []
    for kpi, level in LEVELS.items():
        places = {area: random.normal(0, 8) for area in areas} | {"0000": 0.0}
        gaps = {area: random.normal(6, 2) for area in places}
        for year in YEARS:
            for area, place in places.items():
                total = level + place + 0.3 * (year - 2015) + random.normal(0, 1 if area != "0000" else 0.1)
                gap = gaps[area] + random.normal(0, 1)
                rows.append((kpi, area, year, total, total + gap / 2, total - gap / 2))
    frame = pl.DataFrame(rows, schema=[*KEY, *SEXES], orient="row").cast({"ar": pl.Int32})
    kinds = pl.DataFrame(
        [(area, "riket" if area == "0000" else "kommun", area in OWN) for area in [*areas, "0000"]],
        schema=["omrade_id", "typ", "i_malbild"],
        orient="row",
    )
    before, new = frame.filter(pl.col("ar") < 2023), frame.filter(pl.col("ar") == 2023).join(kinds, on="omrade_id")
    last = before.filter(pl.col("ar") == 2022).select(*KEY[:2], pl.col(SEXES).name.suffix("_fore"))
    noise = last.select(*KEY[:2], varians=pl.lit(1.0))
    limits = pl.DataFrame([(kpi, 0.0, 100.0, False, False) for kpi in LEVELS], schema=SCHEMA, orient="row")
    return Case(before, new.join(last, on=KEY[:2]), kinds, noise, limits)


COUNTRY = country()


def findings(
    came: pl.DataFrame,
    case: Case = COUNTRY,
    *,
    before: pl.DataFrame | None = None,
    after: pl.DataFrame | None = None,
    causes: pl.DataFrame = NO_CAUSE,
) -> list[Finding]:
    """What is found of KPI when `came` comes after `before`; `after`: what is stored of the years before then."""
    published = case.before if before is None else before
    refused, accepted = screened(came.select(*KEY, *SEXES), case.limits)
    now = pl.concat([published if after is None else after, accepted])
    sides = [(now, published), (published, now), (refused, now.clear())]
    changed = pl.concat(
        [
            side.select(KEY)
            if side is refused
            else side.join(other, on=[*KEY, *SEXES], how="anti", nulls_equal=True).select(KEY)
            for side, other in sides
        ]
    )
    findings_of_all = judge(
        now,
        published,
        changed.select("nyckeltal_id", "ar").unique(),
        case.areas,
        case.noise,
        refused,
        causes,
        pl.concat([case.before, case.new.select(case.before.columns)]).select(*KEY, "t"),
    )
    of_kpi = findings_of_all.filter(pl.col("nyckeltal_id") == KPI)
    return [(row["regel"], row["omfang"], row["niva"]) for row in of_kpi.iter_rows(named=True)]


def new_year(change: Change) -> pl.DataFrame:
    """The new year of KPI after `change`, the other one as it is."""
    return pl.concat(
        [
            change(COUNTRY).filter(pl.col("nyckeltal_id") == KPI).select(*KEY, *SEXES),
            COUNTRY.new.filter(pl.col("nyckeltal_id") == OTHER).select(*KEY, *SEXES),
        ]
    )


@cache
def of_corruption(name: str) -> list[Finding]:
    """What is found of KPI when its new year is corrupt in that way."""
    return findings(new_year(CORRUPTIONS[name]))


def own_values(number: int) -> pl.Expr:
    return pl.col("omrade_id").is_in(OWN[:number])


# What each corruption meets first; more rules may say the same.
MET: dict[str, Finding] = {
    "allt är noll": ("nollor", "alla", "stopp"),
    "hälften av områdena är noll": ("nollor", "alla", "stopp"),
    "det femte området är noll": ("nollor", "alla", "stopp"),
    "de egna områdena är noll": ("nollor", "egna", "stopp"),
    "varje område har grannens värden": ("granne", "alla", "stopp"),
    "områdena är blandade": ("rang", "alla", "stopp"),
    "hälften av områdena är blandade": ("rang", "alla", "varning"),
    "områdena står i omvänd ordning": ("rang", "alla", "stopp"),
    "bara de egna kommunerna är blandade": ("rang", "egna", "stopp"),
    "de egna kommunerna har grannens värden": ("granne", "egna", "stopp"),
    "bara totalen är blandad": ("totalt", "alla", "stopp"),
    "kvinnor och män är bytta": ("kon", "alla", "stopp"),
    "kvinnor och män är bytta i de egna": ("kon", "egna", "stopp"),
    "kvinnors värden står som totalt": ("samma", "alla", "stopp"),
    "kvinnors värden står som mäns": ("samma", "alla", "stopp"),
    "förra årets värden": ("kopia", "alla", "stopp"),
    "förra årets i hälften av områdena": ("kopia", "alla", "stopp"),
    "förra årets i de egna": ("kopia", "egna", "stopp"),
    "samma värde överallt (medianen)": ("spridning", "alla", "stopp"),
    "förrförra årets värden": ("kopia", "alla", "stopp"),
    "förrförra årets i de egna": ("kopia", "egna", "stopp"),
    "förra årets plus ett": ("kopia", "alla", "stopp"),
    "kvinnor saknas": ("konsdelat", "alla", "stopp"),
    "kvinnor saknas i de egna": ("konsdelat", "egna", "stopp"),
    "mäns värden står som totalt": ("samma", "alla", "stopp"),
    "kvinnors värden står som totalt i de egna": ("samma", "egna", "stopp"),
    "värdena är sorterade": ("rang", "alla", "stopp"),
    "medianen i en tredjedel": ("upprepat", "alla", "stopp"),
    "aldrig mer än den 75:e percentilen": ("upprepat", "alla", "stopp"),
    "medianen i de egna": ("upprepat", "egna", "stopp"),
    "gånger 10": ("nekade", "alla", "stopp"),
    "gånger 100": ("nekade", "alla", "stopp"),
    "delat med 10": ("hopp", "alla", "stopp"),
    "delat med 100": ("hopp", "alla", "stopp"),
    "gånger 2": ("nekade", "alla", "stopp"),
    "gånger 24 (dagar som timmar)": ("nekade", "alla", "stopp"),
    "gånger 10 i hälften": ("nekade", "alla", "stopp"),
    "gånger 10 i de egna": ("nekade", "alla", "stopp"),
    "gånger 1000 i de egna": ("nekade", "alla", "stopp"),
    "delat med 10 i de egna": ("avvikelser", "egna", "stopp"),
    "gånger 1,5 i de egna": ("avvikelser", "egna", "stopp"),
    "tecknet är bytt": ("nekade", "alla", "stopp"),
    "tecknet är bytt i de egna": ("nekade", "alla", "stopp"),
    "utan decimaltecken i en tredjedel": ("nekade", "alla", "stopp"),
    "utan decimaltecken": ("nekade", "alla", "stopp"),
    "avrundat till heltal": ("heltal", "alla", "varning"),
    "9999 där värde saknas (vart tionde)": ("nekade", "alla", "stopp"),
    "ett annat nyckeltals värden": ("annat", "alla", "stopp"),
    "de egna tio saknas": ("saknas", "egna", "stopp"),
    "riket är noll": ("nollor", "riket", "stopp"),
    "riket delat med 2": ("avvikelse", "riket", "stopp"),
    "riket gånger 1,3": ("avvikelse", "riket", "stopp"),
}
# Levels that lie on the other side of the middle, areas that are not here, one value outside its bounds, a last digit.
ELSEWHERE = {
    "hundra minus värdet",
    "sista siffran är borta",
    "Nyköping och Eskilstuna är bytta",
    "gånger 10 i Eskilstuna och Region Sörmland",
    "gånger 10 i Göteborg och Region Skåne",
    "riket gånger 10",
}


def test_a_true_year_is_plausible() -> None:
    assert findings(new_year(lambda case: case.new)) == []


@pytest.mark.parametrize("name", MET)
def test_a_corrupt_year_meets_its_rule(name: str) -> None:
    assert MET[name] in of_corruption(name)


def test_every_corruption_is_tried() -> None:
    assert CORRUPTIONS.keys() - MET.keys() == ELSEWHERE


@pytest.mark.parametrize(
    ("change", "met"),
    [
        # The whole country moves.
        (values(lambda v: v * 1.1), []),
        (values(lambda v: v + 15), [("niva", "alla", "varning")]),
        # One kommun, not our own.
        (values(lambda v: v + 33, pl.col("omrade_id") == "1001"), [("avvikelse", "alla", "varning")]),
        (
            values(lambda v: v + 12, own_values(1)),
            [("avvikelse", "egna", "varning"), ("avvikelser", "egna", "varning")],
        ),
        # A few of the areas come first.
        (lambda case: case.new.filter(own_values(9)), []),
        (lambda case: case.new.filter(pl.col("omrade_id") > "1030"), []),
        (lambda case: case.new.filter(~own_values(7)), [("saknas", "egna", "varning")]),
    ],
)
def test_an_unusual_year_is_a_warning_at_most(change: Change, met: list[Finding]) -> None:
    assert findings(new_year(change)) == met


@pytest.mark.parametrize(
    ("change", "met"),
    [
        (values(lambda v: v + 40, own_values(1)), ("avvikelse", "egna", "stopp")),
        (values(lambda v: v + 15, own_values(9)), ("avvikelser", "egna", "stopp")),
        (values(lambda v: v / 10), ("hopp", "alla", "stopp")),
    ],
)
def test_a_cause_in_the_catalogue_excuses_what_may_be_true(change: Change, met: Finding) -> None:
    assert met in findings(new_year(change))
    assert {level for *_, level in findings(new_year(change), causes=CAUSE)} == {"varning"}


def test_no_cause_excuses_zeros_copies_and_neighbours() -> None:
    for name in ("allt är noll", "förra årets värden", "varje område har grannens värden"):
        assert "stopp" in {level for *_, level in findings(new_year(CORRUPTIONS[name]), causes=CAUSE)}


Revision = Callable[[pl.DataFrame], pl.DataFrame]
NOTHING = COUNTRY.new.select(*KEY, *SEXES).clear()


def plus_one(condition: pl.Expr) -> Revision:
    rows = (pl.col("nyckeltal_id") == KPI) & condition
    return lambda before: before.with_columns(pl.when(rows).then(pl.col(SEXES) + 1).otherwise(pl.col(SEXES)))


@pytest.mark.parametrize(
    ("revise", "met"),
    [
        # A big revision of one kommun, of a few years, and of the newest year.
        (plus_one(own_values(1)), []),
        (plus_one(pl.col("ar") == 2019), []),
        (plus_one(pl.col("ar") == 2022), [("reviderat", "alla", "varning")]),
        (plus_one(pl.col("ar") > 2019), [("reviderat", "alla", "varning")]),
        (plus_one(pl.lit(True)), [("reviderat", "alla", "stopp")]),
        (plus_one(own_values(3)), [("reviderat", "egna", "stopp")]),
        # One kommun is gone, the newest year of all own, and the newest year of all.
        (
            lambda before: before.filter(~own_values(1) | (pl.col("nyckeltal_id") == OTHER)),
            [("borta", "egna", "stopp")],
        ),
        (
            lambda before: before.filter(~own_values(9) | (pl.col("nyckeltal_id") == OTHER) | (pl.col("ar") < 2022)),
            [("saknas", "egna", "stopp")],
        ),
        (
            lambda before: before.filter((pl.col("nyckeltal_id") == OTHER) | (pl.col("ar") < 2022)),
            [("reviderat", "alla", "varning")],
        ),
    ],
)
def test_what_becomes_of_published_values(revise: Revision, met: list[Finding]) -> None:
    assert findings(NOTHING, after=revise(COUNTRY.before)) == met


def test_a_revised_year_is_judged_beside_what_was_published() -> None:
    zero = lambda before: before.with_columns(  # noqa: E731
        pl.when((pl.col("nyckeltal_id") == KPI) & (pl.col("ar") == 2022)).then(0.0).otherwise(pl.col(SEXES)).name.keep()
    )
    assert ("nollor", "alla", "stopp") in findings(NOTHING, after=zero(COUNTRY.before))


def test_the_history_of_a_corrupt_night_that_was_not_published_is_the_published_one() -> None:
    corrupt = new_year(CORRUPTIONS["allt är noll"])
    assert "stopp" in {level for *_, level in findings(corrupt)}
    # The next night Kolada has the true values: what is stored has been revised, what is published is the same.
    assert findings(new_year(lambda case: case.new)) == []


def test_a_first_load_is_judged_within_itself() -> None:
    nothing = COUNTRY.before.clear()
    everything = pl.concat([COUNTRY.before, COUNTRY.new.select(COUNTRY.before.columns)])
    assert findings(everything, before=nothing) == []
    fractions = everything.with_columns(pl.when(pl.col("ar") < 2019).then(pl.col(SEXES) / 100).otherwise(pl.col(SEXES)))
    assert ("hopp", "alla", "stopp") in findings(fractions, before=nothing)
    zeros = pl.concat([COUNTRY.before, new_year(CORRUPTIONS["allt är noll"])])
    assert ("nollor", "alla", "stopp") in findings(zeros, before=nothing)


def test_every_rule_is_met_by_something() -> None:
    met = {finding for name in CORRUPTIONS for finding in of_corruption(name)}
    met |= {
        finding
        for change in (values(lambda v: v + 15), values(lambda v: v + 33, pl.col("omrade_id") == "1001"))
        for finding in findings(new_year(change))
    }
    met |= {("reviderat", "alla", "varning"), ("reviderat", "alla", "stopp"), ("reviderat", "egna", "stopp")}
    met |= {("borta", "egna", "stopp"), ("saknas", "egna", "varning"), ("avvikelse", "egna", "varning")}
    assert {(rule.id, rule.scope, rule.severity) for rule in RULES} <= met


def test_a_level_that_leaves_all_that_was_usual_stops() -> None:
    low = replace(COUNTRY, before=COUNTRY.before.with_columns(pl.col(SEXES) / 10))
    assert ("niva", "alla", "stopp") in findings(new_year(values(lambda v: v / 10 + 9)), low)


def test_the_handbook_has_the_table_of_rules() -> None:
    assert rules_table() in (ROOT / "docs" / "drift.md").read_text(encoding="utf-8"), "run make docs"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real archive is not beside the project")
def test_real_values_corrupted_are_stopped() -> None:

    catalog = own_catalog()
    archive, areas = read_archive(SHARED / "kolada-2024", catalog)
    few = archive.filter(pl.col("nyckeltal_id").is_in(["U20462", "U21463", "U79133", "U21425"]))
    case = newest_year(few, areas, catalog)
    for name in ("allt är noll", "varje område har grannens värden", "kvinnor och män är bytta", "förra årets värden"):
        assert set(outcomes(case, CORRUPTIONS[name]).values()) == {"stopp"}, name
    assert set(outcomes(case, lambda case: case.new).values()) <= {"publicerat"}
    assert set(outcomes(case, CORRUPTIONS["gånger 10 i Eskilstuna och Region Sörmland"]).values()) <= {
        "stopp",
        "karantän",
    }
