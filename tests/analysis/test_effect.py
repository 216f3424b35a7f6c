"""Effekt: who is judged, who is refused and with which words, and what the figures must look like for each verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from pipelines.analysis import placebo
from pipelines.analysis.effect import SCHEMA, TOGETHER, Facts, confirmed, effects
from pipelines.rows import Record, frame_rows

# Two participants of one county, and 40 kommuner of eight others; more is not always better. The region has no donors.
ESKILSTUNA, OTHER, REGION = "0484", "0481", "0004"
DONORS = [f"{county:02}{number:02}" for county in range(10, 18) for number in range(5)]
YEARS = range(2012, 2025)
WRITTEN, BEFORE, SEEN = (datetime(2021, 11, day, 4) for day in (21, 20, 22))


def expectation(area: str = ESKILSTUNA, **changed: object) -> dict[str, object]:
    """Of N1, which is to sink from 2022, with a lag of a year: 2023 is the first year that counts."""
    return {
        "satsning_id": "team",
        "nyckeltal_id": "N1",
        "huvudman_id": area,
        "vantas": "lägre",
        "start": date(2022, 1, 1),
        "fordrojning_ar": 1,
        "observerad": WRITTEN,
    } | changed


def facts(
    *expectations: Mapping[str, object],
    shift: Mapping[str, float] | None = None,
    without: tuple[tuple[str, int], ...] = (),
    donors: list[str] = DONORS,
    years: range = YEARS,
    arrived: Mapping[int, datetime] | None = None,
    breaks: tuple[int, ...] = (),
    surveys: tuple[int, ...] = (),
    corrected: int | None = None,
    overlap: int | None = None,
    inhabitants: bool = True,
) -> Facts:
    """Every area around 50, each at a level of its own, with a common fall of 0.5 a year and noise of 1.

    shift: area → what is added from 2023 on. without: area and year without a value. arrived: year → the run that saw
    it; the others came long before.
    """
    random = np.random.default_rng(7)
    names = [ESKILSTUNA, OTHER, *donors]
    rows = []
    for area in [*names, REGION]:
        level = 50 + 6 * random.normal()
        for year in years:
            value = level - 0.5 * (year - 2012) + random.normal() + (shift or {}).get(area, 0.0) * (year >= 2023)
            if (area, year) not in without:
                rows.append(("N1", area, year, value))
    values = pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "ar", "varde"], orient="row")
    own = (pl.col("omrade_id") == ESKILSTUNA) & (pl.col("ar") == (corrected or 0))
    values = values.with_columns(pl.col("ar").cast(pl.Int32), rattat=own)
    seen = {year: (SEEN if year >= 2022 else BEFORE) for year in years} | dict(arrived or {})
    integers = {"ar": pl.Int32, "sista_gamla_ar": pl.Int32}
    return Facts(
        expectations=pl.DataFrame(list(expectations) or [expectation()]).with_columns(pl.col("start").cast(pl.Date)),
        values=values,
        arrived=values.with_columns(observerad=pl.col("ar").replace_strict(seen, return_dtype=pl.Datetime("us"))),
        areas=pl.DataFrame(
            [(area, f"Kommun {area}", "kommun", area[:2], 5000.0 + 3000 * n) for n, area in enumerate(names)]
            + [(REGION, "Regionen", "region", "04", 300_000.0)],
            schema=["omrade_id", "namn", "typ", "lan_kod", "invanare"],
            orient="row",
        ).with_columns(pl.col("invanare") if inhabitants else pl.lit(None, pl.Float64).alias("invanare")),
        kpis=pl.DataFrame({"nyckeltal_id": ["N1"], "overlappande_ar": pl.Series([overlap], dtype=pl.Int32)}),
        breaks=pl.DataFrame(
            [("N1", year, year - 1) for year in breaks], schema={"nyckeltal_id": pl.String} | integers, orient="row"
        ),
        own_surveys=pl.DataFrame(
            [("N1", year) for year in surveys], schema={"nyckeltal_id": pl.String, "ar": pl.Int32}, orient="row"
        ),
    )


def row(known: Facts, who: str = ESKILSTUNA) -> Record:
    (effect,) = frame_rows(effects(known).filter(pl.col("huvudman_id") == who))
    return effect


def test_what_the_others_do_is_no_effect_and_a_fall_of_its_own_is() -> None:
    # The common fall of half a unit a year is everybody's.
    still = row(facts())
    assert (still.besked, still.mot_vantat, still.antal_jamforda) == ("kan inte skiljas från andra", None, 41)
    assert (still.forsta_ar, still.antal_fore, still.fran_ar, still.till_ar) == (2023, 10, 2012, 2024)
    assert still.nedre < 0 < still.ovre
    fallen = row(facts(shift={ESKILSTUNA: -6}))
    assert (fallen.besked, fallen.mot_vantat) == ("avviker", "som väntat")
    assert fallen.skillnad == pytest.approx(still.skillnad - 6)
    assert fallen.varde - fallen.vantat_varde == pytest.approx(fallen.skillnad)
    # No donor is as far off: one of 42.
    assert fallen.p_varde == pytest.approx(1 / 42)
    assert fallen.ovre < 0
    assert fallen.motivering == "0 av 41 jämförda avviker minst lika mycket utan att delta"
    assert fallen.mening.startswith("Kommun 0484 2023–2024: avviker, åt det håll som väntades. Värdet är ")
    assert "de 41 andras utveckling" in fallen.mening
    risen = row(facts(shift={ESKILSTUNA: 6}))
    assert (risen.besked, risen.mot_vantat) == ("avviker", "tvärtom")


def test_a_deviation_that_was_there_before_the_start_is_none_of_the_satsning() -> None:
    known = facts(shift={ESKILSTUNA: -8})
    early = known.values.with_columns(
        varde=pl.col("varde")
        - 8 * ((pl.col("omrade_id") == ESKILSTUNA) & pl.col("ar").is_between(2020, 2021)).cast(pl.Float64)
    )
    effect = row(replace(known, values=early))
    assert effect.besked == "kan inte skiljas från andra"
    assert effect.p_varde_tid <= 0.05


def test_a_deviation_the_other_way_before_the_start_explains_nothing() -> None:
    known = facts(shift={ESKILSTUNA: -8})
    risen = known.values.with_columns(
        varde=pl.col("varde")
        + 8 * ((pl.col("omrade_id") == ESKILSTUNA) & pl.col("ar").is_between(2020, 2021)).cast(pl.Float64)
    )
    effect = row(replace(known, values=risen))
    assert effect.p_varde_tid <= 0.05
    assert (effect.besked, effect.mot_vantat) == ("avviker", "som väntat")


def test_what_the_whole_country_did_before_the_start_changes_nothing() -> None:
    known = facts(shift={ESKILSTUNA: -2})
    jump = known.values.with_columns(varde=pl.col("varde") + 40.0 * (pl.col("ar") >= 2017).cast(pl.Float64))
    effect, same = row(replace(known, values=jump)), row(known)
    for name in ("skillnad", "nedre", "ovre", "p_varde", "p_varde_tid"):
        assert getattr(effect, name) == pytest.approx(getattr(same, name)), name


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        # One year less and there are five before the start.
        (facts(years=range(2017, 2025)), "bara 5 mätningar före starten, minst 6 behövs"),
        (facts(years=range(2022, 2025)), "ingen mätning före starten, minst 6 behövs"),
        (facts(breaks=(2017,)), "bara 5 mätningar före starten efter seriebrottet 2017, minst 6 behövs"),
        (facts(breaks=(2023,)), "serien har ett brott 2023, efter starten"),
        (facts(without=((ESKILSTUNA, 2023),)), "huvudmannen saknar värde för 2023"),
        (facts(surveys=(2024,)), "länets värde för 2024 kommer från en annan undersökning än andras"),
        (facts(corrected=2024), "huvudmannens värde för 2024 är rättat av ägarna"),
        (facts(without=tuple((ESKILSTUNA, year) for year in YEARS)), "huvudmannen har inga värden"),
        (facts(donors=[]), "bara en annan kommun har värden alla åren utan att delta, minst 19 behövs att jämföra med"),
        (facts(donors=DONORS[:17]), "bara 18 andra kommuner har värden alla åren utan att delta, minst 19 behövs"),
        (
            facts(*map(expectation, [ESKILSTUNA, OTHER, *DONORS])),
            "inga andra kommuner har värden alla åren utan att delta",
        ),
        (facts(expectation(REGION)), "inga andra regioner har värden alla åren utan att delta"),
        # The very run that saw the expectation also saw the figure; and a year that the lag skips counts too.
        (facts(arrived={2024: WRITTEN}), "förväntan sågs så först 2021-11-21, när uppgiften för 2024 redan fanns"),
        (facts(arrived={2022: BEFORE}), "förväntan sågs så först 2021-11-21, när uppgiften för 2022 redan fanns"),
        (facts(expectation(vantas=None)), "förväntan är borttagen sedan 2021-11-21"),
    ],
)
def test_what_cannot_be_judged_says_why(known: Facts, reason: str) -> None:
    effect = row(known, ESKILSTUNA if ESKILSTUNA in known.expectations["huvudman_id"] else REGION)
    assert (effect.besked, effect.skillnad, effect.antal_huvudman) == ("bedöms inte", None, 0)
    assert effect.motivering.startswith(reason)
    assert effect.mening.endswith(f"bedöms inte, {effect.motivering}.")


def test_nothing_is_said_before_the_first_year_that_can_be_judged() -> None:
    effect = row(facts(years=range(2012, 2023)))
    assert (effect.besked, effect.motivering) == (
        "för tidigt",
        "det första år som kan bedömas är 2023, den senaste mätningen är 2022",
    )
    # A start in the middle of a year, and a mean of three years that has a year before the start in it.
    assert row(facts(expectation(start=date(2022, 3, 1)))).forsta_ar == 2024
    assert row(facts(overlap=3)).forsta_ar == 2025


def test_other_participants_are_nobody_to_compare_with() -> None:
    both = facts(expectation(), expectation(OTHER), shift={ESKILSTUNA: -3, OTHER: -3})
    assert row(both).antal_jamforda == 40
    together = row(both, TOGETHER)
    assert (together.besked, together.mot_vantat, together.antal_huvudman) == ("avviker", "som väntat", 2)
    assert together.skillnad == pytest.approx((row(both).skillnad + row(both, OTHER).skillnad) / 2)
    assert together.mening.startswith("2 kommuner tillsammans 2023–2024: avviker")
    # What is expected the other way round is not the same thing.
    apart = facts(expectation(), expectation(OTHER, vantas="högre"))
    assert effects(apart)["huvudman_id"].to_list() == sorted([ESKILSTUNA, OTHER])


def test_an_area_without_inhabitants_is_not_compared_with() -> None:
    known = facts()
    unknown = known.areas.with_columns(invanare=pl.when(~pl.col("omrade_id").is_in(DONORS[:2])).then("invanare"))
    effect = row(replace(known, areas=unknown))
    assert effect.antal_jamforda == 39
    assert "folkmängd" not in effect.motivering


def test_without_inhabitants_the_answer_says_so() -> None:
    assert row(facts(inhabitants=False)).motivering.endswith("utan hänsyn till folkmängd")


@pytest.mark.parametrize("inhabitants", [None, np.exp(np.linspace(8, 13, 30))])
def test_each_other_area_is_predicted_from_the_rest_alone(inhabitants: placebo.Floats | None) -> None:
    """The shortcut for all donors at once against leaving each one out in turn, at the penalty that was chosen."""
    random = np.random.default_rng(3)
    before = random.normal(size=(30, 7)).cumsum(axis=1)
    after = before[:, -1] + random.normal(size=30)
    prediction = placebo.gaps(before, after, inhabitants)
    assert prediction is not None

    def predicted(areas: list[int], penalty: float) -> float:
        """The first area's gap by the others: ridge with intercept and inhabitants free, by least squares."""
        held = np.ones((30, 1)) if inhabitants is None else np.column_stack([np.ones(30), np.log(inhabitants)])
        others = areas[1:]
        design = np.column_stack([held[others], before[others]])
        extra = np.sqrt(penalty) * np.eye(design.shape[1])[held.shape[1] :]
        beta = np.linalg.lstsq(np.vstack([design, extra]), np.concatenate([after[others], np.zeros(7)]), rcond=None)[0]
        return float(after[areas[0]] - np.concatenate([held[areas[0]], before[areas[0]]]) @ beta)

    # The penalty is a share of the mean square of what the donors' values before are, held equal.
    held = np.ones((29, 1)) if inhabitants is None else np.column_stack([np.ones(29), np.log(inhabitants[1:])])
    rest = before[1:] - held @ np.linalg.lstsq(held, before[1:], rcond=None)[0]
    size = float((np.linalg.svd(rest, compute_uv=False) ** 2).mean())
    matching = [
        share
        for share in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
        if predicted([*range(30)], share * size) == pytest.approx(prediction.gaps[0], rel=1e-9)
    ]
    assert len(matching) == 1
    for area in (1, 12, 29):
        others = [n for n in range(1, 30) if n != area]
        assert prediction.gaps[area] == pytest.approx(predicted([area, *others], matching[0] * size), rel=1e-9)


@pytest.mark.parametrize("donors", [19, 20, 38, 39, 100])
def test_the_interval_leaves_zero_out_when_at_most_one_in_twenty_is_as_far_off(donors: int) -> None:
    random = np.random.default_rng(donors)
    scales = random.uniform(0.5, 3, size=donors + 1)
    others = random.normal(size=donors) * scales[1:]
    sizes = sorted(np.abs(others / scales[1:]), reverse=True)
    # So many others may be as far off: with the participant they are 5 % of all.
    allowed = (donors + 1) // 20 - 1
    for size, far in ((sizes[allowed] * 1.001, True), (sizes[allowed] * 0.999, False)):
        outcome = placebo.alone(placebo.Gaps(np.array([size * scales[0], *others]), scales, ()))
        assert (outcome.p <= 0.05) is far
        assert (outcome.low > 0) is far
        assert outcome.high - outcome.gap == pytest.approx(sizes[allowed] * scales[0])


def test_kommuner_that_move_with_their_county_are_held_against_counties() -> None:
    random = np.random.default_rng(5)
    counties = [f"{n // 4:02}" for n in range(80)]
    together = np.repeat(random.normal(size=20), 4) + 0.3 * random.normal(size=80)
    parts = [placebo.Gaps(np.array([1.0, *together]), np.ones(81), ())] * 4
    of_counties = placebo.together(parts, counties)
    apart = placebo.together(parts, [f"{n:02}" for n in range(80)])
    # Groups of one county swing nearly as much as one kommun, mixed ones half as much.
    assert of_counties.high - of_counties.low > 1.5 * (apart.high - apart.low)
    assert of_counties.p > apart.p


def test_the_heaviest_are_those_that_move_the_prediction_most() -> None:
    random = np.random.default_rng(11)
    before = random.normal(size=(30, 6)).cumsum(axis=1)
    after = before[:, -1] + random.normal(size=30)
    people = np.exp(random.normal(10, 1, size=30))
    prediction = placebo.gaps(before, after, people)
    assert prediction is not None
    moved = []
    for donor in range(1, 30):
        other = placebo.gaps(before, after + 1e-6 * np.eye(30)[donor], people)
        assert other is not None
        moved.append(abs(other.gaps[0] - prediction.gaps[0]))
    assert list(prediction.heaviest) == list(np.argsort(moved)[::-1][:5])


def verdicts(*issues: tuple[str, str | None, int]) -> list[bool]:
    """bekraftad of the newest of issues (besked, mot_vantat, till_ar), the oldest first."""
    blank = dict.fromkeys(SCHEMA)
    key = {"satsning_id": "team", "nyckeltal_id": "N1", "huvudman_id": ESKILSTUNA}
    *earlier, now = [
        key | {"besked": word, "mot_vantat": way, "till_ar": year, "as_of": datetime(2023 + n, 1, 1)}
        for n, (word, way, year) in enumerate(issues)
    ]
    columns = {**SCHEMA, "as_of": pl.Datetime("us")}
    frame = pl.DataFrame([blank | entry for entry in earlier], schema=columns)
    newest = pl.DataFrame([{k: v for k, v in (blank | now).items() if k in SCHEMA}], schema=SCHEMA)
    return confirmed(newest, frame)["bekraftad"].to_list()


def test_two_issues_agree_only_on_different_measurements() -> None:
    deviates, contrary, same = ("avviker", "som väntat"), ("avviker", "tvärtom"), ("kan inte skiljas från andra", None)
    assert verdicts((*deviates, 2024)) == [False]
    # The same figures twice are one measurement.
    assert verdicts((*deviates, 2024), (*deviates, 2024)) == [False]
    assert verdicts((*deviates, 2024), (*deviates, 2024), (*deviates, 2025)) == [True]
    assert verdicts((*contrary, 2024), (*deviates, 2025)) == [False]
    assert verdicts((*deviates, 2024), (*same, 2025), (*deviates, 2026)) == [False]
    assert verdicts((*same, 2024), (*same, 2025)) == [False]
