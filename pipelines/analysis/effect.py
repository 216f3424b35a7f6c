"""Effekt: whether a satsning can be seen in a nyckeltal, by what was expected of it before the figures came.

Only an expectation whose present form was stored by a run before the first run that saw any figure of a whole year
after the start is judged: the warehouse's own log decides, never a day that somebody has written. What each huvudman
would have had is `placebo`; here is who is judged on which years, who is refused and why, and in which word. A
deviation is no proof of a cause, and no word here says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.analysis import placebo
from pipelines.analysis.annual_variation import measurements
from pipelines.analysis.placebo import ALPHA, MIN_DONORS, Floats, Gaps, Outcome
from pipelines.analysis.trend import WINDOW, swedish
from pipelines.rows import Record, frame_rows

VERSION: Final = "1"
MIN_BEFORE: Final = 6
EARLY, SAME, DEVIATES, REFUSED = "för tidigt", "kan inte skiljas från andra", "avviker", "bedöms inte"
AS_EXPECTED, CONTRARY = "som väntat", "tvärtom"
TOGETHER: Final = "tillsammans"
_KEY: Final = ["satsning_id", "nyckeltal_id", "huvudman_id"]
_PLURAL: Final = {"kommun": "kommuner", "region": "regioner"}
SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    **dict.fromkeys((*_KEY, "vantas"), pl.String),
    "sedd": pl.Datetime("us"),
    "forsta_ar": pl.Int32,
    **dict.fromkeys(("besked", "mot_vantat", "motivering"), pl.String),
    **dict.fromkeys(("antal_huvudman", "antal_fore", "fran_ar", "bedomt_fran_ar", "till_ar"), pl.Int32),
    **dict.fromkeys(("varde", "vantat_varde", "skillnad", "nedre", "ovre", "p_varde", "p_varde_tid"), pl.Float64),
    "antal_jamforda": pl.Int32,
    **dict.fromkeys(("storst_vikt", "mening", "metod"), pl.String),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known, kön T only.

    expectations: satsning_id, nyckeltal_id, huvudman_id, vantas (null: withdrawn), start, fordrojning_ar, observerad:
    the newest row of each in table `forvantan`. values: nyckeltal_id, omrade_id, ar, varde, rattat (bool: by the
    owners). arrived: nyckeltal_id,
    omrade_id, ar, observerad: the run that first saw a value. areas: omrade_id, namn, typ, lan_kod, invanare (null:
    unknown). kpis: nyckeltal_id, overlappande_ar. breaks: as table `nyckeltal_brott`. own_surveys: as table
    `nyckeltal_undersokning`, of the own areas.
    """

    expectations: pl.DataFrame
    values: pl.DataFrame
    arrived: pl.DataFrame
    areas: pl.DataFrame
    kpis: pl.DataFrame
    breaks: pl.DataFrame
    own_surveys: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Panel:
    """The measurement years of a nyckeltal and the areas of a kind: values is areas × years, NaN where none is."""

    kind: str
    years: tuple[int, ...]
    areas: tuple[str, ...]
    values: Floats

    def of(self, area: str, years: Sequence[int]) -> Floats:
        return self.values[self.areas.index(area), [self.years.index(year) for year in years]]

    def known_years(self, area: str) -> list[int]:
        """The measurement years in which the area has a value."""
        if area not in self.areas:
            return []
        return [year for year in self.years if np.isfinite(self.of(area, [year])[0])]


class _Refusal(Exception):
    """Why an expectation cannot be judged, or not yet."""

    def __init__(self, word: str, reason: str) -> None:
        self.word, self.reason = word, reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A huvudman whose years after the start can be judged. later: its gap and those of the donors after the start.
    earlier: the same after a pretended start, in years when nothing had begun.
    """

    expectation: Record
    before: tuple[int, ...]
    after: tuple[int, ...]
    donors: tuple[str, ...]
    value: float
    later: Gaps
    earlier: Gaps

    def over(self, donors: Sequence[str]) -> tuple[Gaps, Gaps]:
        """`later` and `earlier` with these donors only."""
        rows = [0, *(1 + self.donors.index(area) for area in donors)]
        later, earlier = (Gaps(part.gaps[rows], part.scales[rows], ()) for part in (self.later, self.earlier))
        return later, earlier


def effects(facts: Facts) -> pl.DataFrame:
    """One row per expectation, and one (TOGETHER) per satsning and nyckeltal of which at least two kommuner are judged:
    the columns of table `effekt` but `bekraftad`.
    """
    if facts.expectations.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    rows = []
    for group in facts.expectations.sort(_KEY).partition_by("satsning_id", "nyckeltal_id", maintain_order=True):
        judged = []
        kinds = {_kind(area, facts) for area in group["huvudman_id"]}
        panels = {kind: _panel(str(group["nyckeltal_id"][0]), kind, facts) for kind in kinds}
        for expectation in frame_rows(group):
            try:
                judged.append(_judge(expectation, panels[_kind(expectation.huvudman_id, facts)], facts))
                rows.append(_alone(judged[-1], facts))
            except _Refusal as refusal:
                rows.append(_refused(expectation, refusal, facts))
        rows += _together([case for case in judged if _kind(case.expectation.huvudman_id, facts) == "kommun"], facts)
    return _worded(pl.DataFrame(rows, schema=SCHEMA), facts).sort(_KEY)


def deviates(outcome: Outcome, earlier: Outcome) -> bool:
    """Whether what came after the start is further off than chance makes it, and was not so already before it."""
    return outcome.p <= ALPHA and not _begun_before(outcome, earlier)


def _begun_before(outcome: Outcome, earlier: Outcome) -> bool:
    """Whether a pretended start among the years before shows a deviation the same way."""
    return earlier.p <= ALPHA and (earlier.gap > 0) == (outcome.gap > 0)


def confirmed(now: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """`now` with bekraftad: an earlier issue with an earlier last measurement said the same, and none since another.

    now: as of `effects`. earlier: the columns of table `effekt_uppfoljning`.
    """
    known: dict[tuple[str, ...], list[Record]] = {}
    for row in frame_rows(earlier.sort("as_of")):
        known.setdefault((row.satsning_id, row.nyckeltal_id, row.huvudman_id), []).append(row)

    def agrees(row: Record) -> bool:
        for issue in reversed(known.get((row.satsning_id, row.nyckeltal_id, row.huvudman_id), [])):
            if row.besked != DEVIATES or (issue.besked, issue.mot_vantat) != (row.besked, row.mot_vantat):
                return False
            if issue.till_ar < row.till_ar:
                return True
        return False

    return now.with_columns(bekraftad=pl.Series([agrees(row) for row in frame_rows(now)], dtype=pl.Boolean))


def _judge(expectation: Record, panel: _Panel, facts: Facts) -> _Judged:
    """Raises _Refusal."""
    if expectation.vantas is None:
        raise _Refusal(REFUSED, f"förväntan är borttagen sedan {expectation.observerad:%Y-%m-%d}")
    kpi, area = expectation.nyckeltal_id, expectation.huvudman_id
    known = panel.known_years(area)
    if not known:
        raise _Refusal(REFUSED, "huvudmannen har inga värden")
    whole, first = _first_years(expectation, facts)
    surveys = set(facts.own_surveys.filter(pl.col("nyckeltal_id") == kpi)["ar"])
    judged = [year for year in panel.years if year >= first]
    before = _before(expectation, panel, known, surveys, facts)
    _refuse_late(expectation, whole, known, facts)
    if missing := [year for year in judged if year not in known]:
        raise _Refusal(REFUSED, f"huvudmannen saknar värde för {_listed(missing)}")
    if corrected := [year for year in judged if year in _corrected(kpi, area, facts)]:
        raise _Refusal(REFUSED, f"huvudmannens värde för {_listed(corrected)} är rättat av ägarna")
    if other := [year for year in judged if year in surveys]:
        raise _Refusal(REFUSED, f"länets värde för {_listed(other)} kommer från en annan undersökning än andras")
    donors = _donors(kpi, panel, [*before, *judged], facts)
    if not judged:
        raise _Refusal(EARLY, f"det första år som kan bedömas är {first}, den senaste mätningen är {panel.years[-1]}")
    donors, inhabitants = _inhabitants(area, donors, facts)
    values_before = np.array([panel.of(name, before) for name in (area, *donors)])
    values_after = np.array([panel.of(name, judged).mean() for name in (area, *donors)])
    later = placebo.gaps(values_before, values_after, inhabitants)
    earlier = placebo.pretended(values_before, len(judged), inhabitants)
    if later is None or earlier is None:
        raise _Refusal(REFUSED, "värdena ändras så sällan att det inte går att mäta vad en slump gör")
    return _Judged(expectation, tuple(before), tuple(judged), tuple(donors), float(values_after[0]), later, earlier)


def _first_years(expectation: Record, facts: Facts) -> tuple[int, int]:
    """The first whole year after the start, and the first that can be judged: after the lag, and when a mean of several
    years has no year before the start in it.
    """
    start = expectation.start
    whole = start.year if (start.month, start.day) == (1, 1) else start.year + 1
    overlap = _overlap(expectation.nyckeltal_id, facts)
    return whole, whole + expectation.fordrojning_ar + overlap - 1


def _overlap(kpi: str, facts: Facts) -> int:
    """The number of years in each value."""
    overlaps = facts.kpis.filter(pl.col("nyckeltal_id") == kpi)["overlappande_ar"].drop_nulls()
    return int(overlaps[0]) if len(overlaps) else 1


def _before(expectation: Record, panel: _Panel, known: Sequence[int], surveys: set[int], facts: Facts) -> list[int]:
    """The years before the start that count: the last WINDOW after a break. Raises _Refusal."""
    years = [year for year in known if year < expectation.start.year and year not in surveys]
    breaks = facts.breaks.filter(
        (pl.col("nyckeltal_id") == expectation.nyckeltal_id) & (pl.col("ar") <= panel.years[-1])
    ).sort("ar")
    for series_break in frame_rows(breaks):
        if series_break.ar >= expectation.start.year:
            raise _Refusal(REFUSED, f"serien har ett brott {series_break.ar}, efter starten")
        years = [year for year in years if year >= series_break.ar]
    if len(years) < MIN_BEFORE:
        last = f" efter seriebrottet {breaks['ar'][-1]}" if breaks.height else ""
        count = f"bara {len(years)} mätningar" if years else "ingen mätning"
        raise _Refusal(REFUSED, f"{count} före starten{last}, minst {MIN_BEFORE} behövs")
    return years[-WINDOW:]


def _refuse_late(expectation: Record, whole: int, known: Sequence[int], facts: Facts) -> None:
    """Raise _Refusal when a figure of a whole year after the start was seen before, or by the same run as, the
    expectation.
    """
    arrived = _arrived(expectation.nyckeltal_id, expectation.huvudman_id, facts)
    late = [year for year in known if year >= whole and arrived[year] <= expectation.observerad]
    if late:
        raise _Refusal(
            REFUSED,
            f"förväntan sågs så först {expectation.observerad:%Y-%m-%d}, när uppgiften för {_listed(late)} redan fanns",
        )


def _arrived(kpi: str, area: str, facts: Facts) -> Mapping[int, datetime]:
    rows = facts.arrived.filter((pl.col("nyckeltal_id") == kpi) & (pl.col("omrade_id") == area))
    return dict(rows.select("ar", "observerad").iter_rows())


def _corrected(kpi: str, area: str, facts: Facts) -> set[int]:
    """The years in which the owners have replaced the area's value: what they judge themselves by is the source's."""
    own = facts.values.filter((pl.col("nyckeltal_id") == kpi) & (pl.col("omrade_id") == area) & pl.col("rattat"))
    return set(own["ar"])


def _donors(kpi: str, panel: _Panel, years: Sequence[int], facts: Facts) -> list[str]:
    """The areas that no satsning expects anything of in the nyckeltal, with values in all the years. Raises _Refusal
    when they are too few for ALPHA.
    """
    taking_part = set(facts.expectations.filter(pl.col("nyckeltal_id") == kpi)["huvudman_id"])
    columns = [panel.years.index(year) for year in years]
    donors = [
        area
        for area, values in zip(panel.areas, panel.values, strict=True)
        if area not in taking_part and np.isfinite(values[columns]).all()
    ]
    if len(donors) < MIN_DONORS:
        kind, kinds = panel.kind, _PLURAL[panel.kind]
        count = {0: f"inga andra {kinds} har", 1: f"bara en annan {kind} har"}.get(
            len(donors), f"bara {len(donors)} andra {kinds} har"
        )
        raise _Refusal(REFUSED, f"{count} värden alla åren utan att delta, minst {MIN_DONORS} behövs att jämföra med")
    return donors


def _inhabitants(area: str, donors: Sequence[str], facts: Facts) -> tuple[list[str], Floats | None]:
    """The donors whose inhabitants are known, and the inhabitants of the area and them; all the donors and None where
    the area's are not known, or too few donors' are.
    """
    known = dict(facts.areas.drop_nulls("invanare").select("omrade_id", "invanare").iter_rows())
    of_known = [donor for donor in donors if donor in known]
    if area not in known or len(of_known) < MIN_DONORS:
        return list(donors), None
    return of_known, np.array([known[name] for name in (area, *of_known)], dtype=float)


def _kind(area: str, facts: Facts) -> str:
    return str(facts.areas.row(by_predicate=pl.col("omrade_id") == area, named=True)["typ"])


def _panel(kpi: str, kind: str, facts: Facts) -> _Panel:
    of_kind = facts.areas.filter(pl.col("typ") == kind).select("omrade_id", "typ")
    values = facts.values.filter((pl.col("nyckeltal_id") == kpi) & pl.col("varde").is_finite())
    known = measurements(values.with_columns(kon=pl.lit("T")).join(of_kind, on="omrade_id"))
    years, areas = sorted(known["ar"].unique()), sorted(known["omrade_id"].unique())
    column, line = {year: n for n, year in enumerate(years)}, {area: n for n, area in enumerate(areas)}
    grid = np.full((len(areas), len(years)), np.nan)
    for area, year, value in known.select("omrade_id", "ar", "varde").iter_rows():
        grid[line[area], column[year]] = value
    return _Panel(kind, tuple(years), tuple(areas), grid)


def _refused(expectation: Record, refusal: _Refusal, facts: Facts) -> dict[str, Any]:
    first = None if expectation.vantas is None else _first_years(expectation, facts)[1]
    return _row(expectation, besked=refusal.word, motivering=refusal.reason, forsta_ar=first, antal_huvudman=0)


def _row(expectation: Record, **given: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(SCHEMA),
        **{name: getattr(expectation, name) for name in (*_KEY, "vantas")},
        "sedd": expectation.observerad,
        "metod": f"effekt {VERSION}",
        **given,
    }


def _alone(case: _Judged, facts: Facts) -> dict[str, Any]:
    outcome, earlier = placebo.alone(case.later), placebo.alone(case.earlier)
    weighty = ", ".join(case.donors[number] for number in case.later.heaviest)
    unknown = _inhabitants(case.expectation.huvudman_id, case.donors, facts)[1] is None
    return _row(
        case.expectation,
        **_verdict(case.expectation.vantas, outcome, earlier),
        **_years([case]),
        forsta_ar=_first_years(case.expectation, facts)[1],
        antal_huvudman=1,
        varde=case.value,
        vantat_varde=case.value - outcome.gap,
        antal_jamforda=len(case.donors),
        storst_vikt=weighty,
        motivering=_reason(outcome, earlier, len(case.donors)) + ("; utan hänsyn till folkmängd" if unknown else ""),
    )


def _together(cases: Sequence[_Judged], facts: Facts) -> Iterator[dict[str, Any]]:
    """The row of all judged kommuner of a satsning, where they are several and expect the same."""
    if len(cases) < 2 or len({case.expectation.vantas for case in cases}) > 1:
        return
    common = [area for area in cases[0].donors if all(area in case.donors for case in cases)]
    if len(common) < max(MIN_DONORS, 2 * len(cases)):
        return
    counties = dict(facts.areas.select("omrade_id", "lan_kod").iter_rows())
    of_donors = [str(counties[area]) for area in common]
    later, earlier = zip(*(case.over(common) for case in cases), strict=True)
    outcome, before = placebo.together(later, of_donors), placebo.together(earlier, of_donors)
    value = float(np.mean([case.value for case in cases]))
    yield _row(
        cases[0].expectation._replace(
            huvudman_id=TOGETHER, observerad=max(case.expectation.observerad for case in cases)
        ),
        **_verdict(cases[0].expectation.vantas, outcome, before),
        **_years(cases),
        forsta_ar=min(_first_years(case.expectation, facts)[1] for case in cases),
        antal_huvudman=len(cases),
        varde=value,
        vantat_varde=value - outcome.gap,
        antal_jamforda=len(common),
        motivering=_reason(outcome, before, placebo.DRAWS, groups=True),
    )


def _years(cases: Sequence[_Judged]) -> dict[str, int]:
    return {
        "antal_fore": min(len(case.before) for case in cases),
        "fran_ar": min(case.before[0] for case in cases),
        "bedomt_fran_ar": min(case.after[0] for case in cases),
        "till_ar": max(case.after[-1] for case in cases),
    }


def _verdict(expected: str, outcome: Outcome, earlier: Outcome) -> dict[str, Any]:
    deviating = deviates(outcome, earlier)
    toward = (outcome.gap > 0) == (expected == "högre")
    return {
        "besked": DEVIATES if deviating else SAME,
        "mot_vantat": (AS_EXPECTED if toward else CONTRARY) if deviating else None,
        "skillnad": outcome.gap,
        "nedre": outcome.low,
        "ovre": outcome.high,
        "p_varde": outcome.p,
        "p_varde_tid": earlier.p,
    }


def _reason(outcome: Outcome, earlier: Outcome, others: int, *, groups: bool = False) -> str:
    what = "grupper av lika många andra kommuner" if groups else "jämförda"
    as_far = round(outcome.p * (1 + others)) - 1
    words = f"{as_far} av {others} {what} avviker minst lika mycket utan att delta"
    if outcome.p <= ALPHA and _begun_before(outcome, earlier):
        words += "; men avvikelsen åt det hållet fanns redan med en påhittad start bland åren före"
    return words


def _worded(rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """`rows` with mening."""
    names = facts.areas.select(huvudman_id="omrade_id", namn="namn")
    named = rows.drop("mening").join(names, on="huvudman_id", how="left", maintain_order="left")
    who = (
        pl.when(pl.col("huvudman_id") == TOGETHER)
        .then(pl.format("{} kommuner tillsammans", "antal_huvudman"))
        .otherwise(pl.col("namn"))
    )
    years = (
        pl.when(pl.col("bedomt_fran_ar") == pl.col("till_ar"))
        .then(pl.col("till_ar").cast(pl.String))
        .otherwise(pl.format("{}–{}", "bedomt_fran_ar", "till_ar"))
    )
    verdict = (
        pl.when(pl.col("mot_vantat") == AS_EXPECTED)
        .then(pl.lit("avviker, åt det håll som väntades"))
        .when(pl.col("mot_vantat") == CONTRARY)
        .then(pl.lit("avviker, åt motsatt håll mot vad som väntades"))
        .otherwise(pl.lit(SAME))
    )
    judged = pl.format(
        "{} {}: {}. Värdet är {} och hade varit {} med de {} andras utveckling; skillnaden är {} (95 %: {} till {}).",
        who,
        years,
        verdict,
        *(swedish(pl.col(name)) for name in ("varde", "vantat_varde")),
        "antal_jamforda",
        *(swedish(pl.col(name)) for name in ("skillnad", "nedre", "ovre")),
    )
    other = pl.format("{}: {}, {}.", who, "besked", "motivering")
    return named.with_columns(mening=pl.when(pl.col("skillnad").is_not_null()).then(judged).otherwise(other)).select(
        list(SCHEMA)
    )


def _listed(years: Sequence[int]) -> str:
    return " och ".join(map(str, years)) if len(years) < 3 else f"{years[0]}–{years[-1]}"
