"""What must hold between the entries of indikatorer.yaml, kommuner.yaml and korrigeringar.yaml, one function per rule.

The rules see the entries that are sound in themselves, and the ids of all: an entry with a fault of its own is not
reported as unknown or missing as well. Rules that need every entry wait until all are sound. That ids are unique and
defined is `references`; the other two files are `follow_up_rules` and `activity_rules`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipelines import clock
from pipelines.catalog import follow_up_rules
from pipelines.catalog.break_texts import unanswered
from pipelines.catalog.follow_ups import FollowUp
from pipelines.catalog.local import limits
from pipelines.catalog.model import (
    Correction,
    Expectation,
    GoalArea,
    Indicator,
    Kommun,
    Kpi,
    LocalMeasure,
    Measure,
    Region,
    SubCounty,
)
from pipelines.catalog.references import Ids
from pipelines.yamlfile import Location, YamlFile

_M = TypeVar("_M")

# The asset of the KPIs that belong to no indikator has this name.
RESERVED_INDICATOR = "ovriga"
_FOLLOWED_WITH = ("primär", "efterträdare")
_WRONG_LEVELS = {"region": ("K",), "kommun": ("L",), "båda": ()}
_SIDES = {"K": ("kommun",), "L": ("region",), "A": ("kommun", "region")}


@dataclass(frozen=True, slots=True)
class Entries(Generic[_M]):
    """The sound entries of a list of a file, each with its place; `complete` = all of them are sound."""

    sound: tuple[tuple[Location, _M], ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What the files hold, as far as it could be read. `ids`: all that they define and refer to."""

    ids: Ids
    goal_areas: Entries[GoalArea]
    measures: Entries[Measure]
    kpis: Entries[Kpi]
    kommuner: Entries[Kommun]
    sub_counties: Entries[SubCounty]
    region: Region | None
    corrections: Entries[Correction]
    follow_ups: Entries[FollowUp]

    def indicators(self) -> Iterator[tuple[Location, Indicator]]:
        for location, goal_area in self.goal_areas.sound:
            for index, indicator in enumerate(goal_area.indicators):
                yield (*location, "indikatorer", index), indicator


def check(
    content: Content, indicators: YamlFile, geography: YamlFile, corrections: YamlFile, follow_ups: YamlFile
) -> None:
    """Report every breach of a rule in the file where it is mended."""
    _indicators(content, indicators)
    _measures(content, indicators)
    _local(content, indicators)
    _breaks_and_targets(content, indicators)
    _comparison_subjects(content, indicators, geography)
    _sub_counties(content, geography)
    _corrections(content, corrections)
    follow_up_rules.check(content.follow_ups.sound, follow_ups, clock.now())


def _indicators(content: Content, file: YamlFile) -> None:
    """Indikatorer name mått once each; every mått has an indikator; an empty indikator says what is lacking."""
    used: set[str] = set()
    for location, indicator in content.indicators():
        if indicator.id == RESERVED_INDICATOR:
            file.report(location, f"the id {indicator.id} is kept for nyckeltal without a mått", "choose another id")
        if not indicator.measures and indicator.gap is None:
            file.report(location, f"indikator {indicator.id} has neither mått nor lucka", "add lucka: what is lacking")
        for index, measure_id in enumerate(indicator.measures):
            here: Location = (*location, "matt", index)
            if measure_id in indicator.measures[:index]:
                file.report(here, f"indikator {indicator.id} names the mått {measure_id} twice", "remove this line")
            used.add(measure_id)
    if content.goal_areas.complete:
        for location, measure_id in content.ids.located("mått"):
            if measure_id not in used:
                file.report(
                    location, f"mått {measure_id} belongs to no indikator", "name it under matt of an indikator"
                )


def _measures(content: Content, file: YamlFile) -> None:
    """Mått name KPIs once each, and what a mått is followed with is on its huvudman's level."""
    levels = {kpi.id: kpi.level for _, kpi in content.kpis.sound}
    for location, measure in content.measures.sound:
        seen: dict[str, int] = {}
        for index, entry in enumerate(measure.kpis):
            here: Location = (*location, "nyckeltal", index)
            if entry.kpi_id in seen:
                what = f"mått {measure.id} names {entry.kpi_id} here and on line {seen[entry.kpi_id]}"
                file.report(here, what, "keep one of them")
            seen.setdefault(entry.kpi_id, file.line(here))
            level = levels.get(entry.kpi_id)
            if entry.role in _FOLLOWED_WITH and level in _WRONG_LEVELS[measure.principal]:
                what = (
                    f"{entry.role} {entry.kpi_id} is of niva {level}, but mått {measure.id} is of {measure.principal}"
                )
                file.report((*here, "roll"), what, "write another roll, another nyckeltal, or huvudman: båda")


def _local(content: Content, file: YamlFile) -> None:
    """What is handed in fits its form and the mått's huvudman, and small counts have a threshold."""
    for location, measure in content.measures.sound:
        if measure.local is None:
            continue
        here: Location = (*location, "lokalt")
        place = file.prefix(here)
        for key, what, fix in _unfit(measure.local):
            file.report((*here, key) if key else here, f"{place}{what}", fix)
        if measure.local.level in _WRONG_LEVELS[measure.principal]:
            what = f"{place}niva {measure.local.level}, but mått {measure.id} is of {measure.principal}"
            file.report((*here, "niva"), what, "write another niva, or huvudman: båda")


def _unfit(local: LocalMeasure) -> Iterator[tuple[str, str, str]]:
    """(key, what is wrong, what to write instead) for all that does not fit the form."""
    form = local.form
    if form == "tal per" and local.per is None:
        yield "", "form tal per lacks per", "add per: and what it is counted on, e.g. 100000"
    if form != "tal per" and local.per is not None:
        yield "per", f"per does not go with form {form}", "remove the line, or write form: tal per"
    if form == "andel" and local.unit != "%":
        yield "enhet", f"form andel has enhet {local.unit}", 'write enhet: "%"'
    if form == "index" and local.least_count is not None:
        yield "minsta_antal", "minsta_antal does not go with form index, which has no counts", "remove the line"
    if form != "index" and local.least_count is None:
        yield "", f"form {form} lacks minsta_antal", "add minsta_antal: 5, or the owners' own threshold"
    lowest, highest = limits(local)
    if lowest is not None and highest is not None and lowest >= highest:
        yield "", f"minst {lowest:g} is not below hogst {highest:g}", "write limits that a right value lies between"
    if not local.region_is_sum and local.level != "A":
        yield "region_summa", f"region_summa does not go with niva {local.level}", "remove the line"
    if form in ("antal", "index") and local.least_denominator is not None:
        yield "minsta_namnare", f"minsta_namnare does not go with form {form}", "remove the line"


def _breaks_and_targets(content: Content, file: YamlFile) -> None:
    """Breaks come in the order of their years; a target lies after its baseline and within its range."""
    for location, kpi in content.kpis.sound:
        year = 0
        for index, series_break in enumerate(kpi.breaks):
            here: Location = (*location, "brott", index)
            last_old = series_break.year - 1 if series_break.last_old_year is None else series_break.last_old_year
            if last_old >= series_break.year or series_break.year <= year:
                what = f"{file.prefix(here)}years {last_old} and {series_break.year} do not follow each other"
                file.report(here, what, "write sista_gamla_ar before ar, and the breaks in the order of their years")
            year = series_break.year
        _mentioned_changes(location, kpi, file)
        if (goal := kpi.target) is None:
            continue
        here = (*location, "mal")
        if goal.base_year >= goal.year:
            what = f"{file.prefix(here)}bas_ar {goal.base_year} does not lie before ar {goal.year}"
            file.report((*here, "bas_ar"), what, "write the year from which the pace is counted")
        low = -math.inf if goal.lowest is None else goal.lowest
        high = math.inf if goal.highest is None else goal.highest
        if not low <= goal.value <= high:
            what = f"{file.prefix(here)}varde {goal.value} does not lie between {low} and {high}"
            file.report((*here, "varde"), what, "correct varde, lagst or hogst")


def _mentioned_changes(location: Location, kpi: Kpi, file: YamlFile) -> None:
    """What the förbehåll and titles speak of as a change is a break, or is said not to be one."""
    for key, texts in (("forbehall", kpi.caveats), ("titlar", kpi.titles)):
        for index, text in enumerate(texts):
            for mention in unanswered(kpi, text):
                here: Location = (*location, key, index)
                what = f"{file.prefix(location)}nothing answers {mention.phrase!r}"
                fix = f"add brott: with the first new year, or inget_brott: with ar: {mention.year} and skal:"
                file.report(here, what, fix)


def _comparison_subjects(content: Content, indicators: YamlFile, geography: YamlFile) -> None:
    """jamforelsegrupp has the keys of the KPI's niva and subjects that every huvudman of that level has."""
    with_subject = _principals_by_subject(content)
    used: set[str] = set()
    for location, kpi in content.kpis.sound:
        if kpi.comparison is None:
            continue
        here: Location = (*location, "jamforelsegrupp")
        for side, subject in (("kommun", kpi.comparison.kommun), ("region", kpi.comparison.region)):
            fits = side in _SIDES[kpi.level]
            place = indicators.prefix(here)
            if subject is None:
                if fits:
                    indicators.report(here, f"{place}the key {side} is missing for niva {kpi.level}", f"add {side}: …")
            elif not fits:
                indicators.report((*here, side), f"{place}{side} does not fit niva {kpi.level}", "remove the line")
            elif side in with_subject and subject not in with_subject[side]:
                have = ", ".join(sorted(with_subject[side])) or "none yet"
                what = f"{place}no {side} in kommuner.yaml has a group of liknande for {subject}"
                indicators.report((*here, side), what, f"write one of {have}, or add the groups there")
            elif side == "kommun":
                used.add(subject)
    _every_kommun_has(used, content, geography)


def _principals_by_subject(content: Content) -> dict[str, set[str]]:
    """Side → the subjects that some huvudman has; a side that could not be read whole is left out."""
    subjects: dict[str, set[str]] = {}
    if content.kommuner.complete:
        subjects["kommun"] = {subject for _, kommun in content.kommuner.sound for subject in kommun.similar}
    if content.region is not None:
        subjects["region"] = set(content.region.similar)
    return subjects


def _every_kommun_has(subjects: set[str], content: Content, file: YamlFile) -> None:
    """A subject that KPIs use is there for each kommun: a misspelt one would silently lose its comparison."""
    for location, kommun in content.kommuner.sound:
        for subject in sorted(subjects - set(kommun.similar)):
            what = f"kommun {kommun.id} {kommun.name} has no group of liknande for {subject}, which nyckeltal use"
            file.report((*location, "liknande"), what, f"add {subject}: and Kolada's group id")


def _sub_counties(content: Content, file: YamlFile) -> None:
    """Every kommun stands in exactly one länsdel, if there are any."""
    places: dict[str, list[Location]] = defaultdict(list)
    for location, sub_county in content.sub_counties.sound:
        for index, kommun_id in enumerate(sub_county.kommuner):
            places[kommun_id].append((*location, "kommuner", index))
    for kommun_id, (first, *others) in places.items():
        for other in others:
            what = f"kommun {kommun_id} stands in a länsdel here and on line {file.line(first)}"
            file.report(other, what, "keep it in one")
    if content.sub_counties.complete and content.sub_counties.sound:
        for location, kommun_id in content.ids.located("område"):
            if kommun_id not in content.ids.of("kommun"):
                continue
            if kommun_id not in places:
                file.report(location, f"kommun {kommun_id} stands in no länsdel", "name it under kommuner of one")


def _corrections(content: Content, file: YamlFile) -> None:
    """A correction is about a value of its own, has a varde when it is ersatt and only then, and expects something
    possible.
    """
    first: dict[tuple[str, str, int, str], int] = {}
    for location, correction in content.corrections.sound:
        place = file.prefix(location)
        action = correction.action
        if action == "ersatt" and correction.value is None:
            file.report(location, f"{place}atgard ersatt lacks varde", "add varde: and the number to show instead")
        if action != "ersatt" and correction.value is not None:
            fix = "remove the line, or write atgard: ersatt"
            file.report((*location, "varde"), f"{place}varde does not go with atgard {action}", fix)
        if fault := _impossible(correction.expected):
            file.report((*location, "vantat"), f"{file.prefix((*location, 'vantat'))}{fault[0]}", fault[1])
        value = (correction.kpi_id, correction.area_id, correction.year, correction.gender)
        line = file.line(location)
        if value in first:
            what = f"{place}the value {', '.join(map(str, value))} is corrected here and on line {first[value]}"
            file.report(location, what, "keep one of them")
        first.setdefault(value, line)


def _impossible(expected: Expectation) -> tuple[str, str] | None:
    """What is wrong with an expectation and what to write instead; None when some value meets it."""
    limits = expected.limits()
    words = " and ".join(f"{key}: {number}" for key, number in limits.items())
    if expected.missing and limits:
        return f"a missing value is never {words}", "keep saknas: ja or the others"
    if not expected.missing and not limits:
        return "nothing is expected", "write lika, storre or mindre with a number, or saknas: ja"
    if len(limits) == 3:
        return "lika, storre and mindre are too many", "keep lika, or storre and mindre"
    low, exact, high = limits.get("storre", -math.inf), expected.equals, limits.get("mindre", math.inf)
    possible = low < high if exact is None else low < exact < high
    return None if possible else (f"no value is {words}", "correct the numbers")
