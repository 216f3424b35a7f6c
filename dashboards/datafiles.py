"""data/<id>.json: each mått and each huvudman for programs and for people's assistants, in JSON-stat 2.

A file is a collection. Every nyckeltal has a dataset of the source's values and, where there is one, another of what we
have computed: no dataset holds both. What cannot be a number stands in `extension`: the sentences of the page, breaks,
förbehåll, the newest value of each area with its uncertainty. Nothing is ranked, and nothing is written here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from dashboards import formatting
from dashboards.cite import plain
from dashboards.context import Report
from dashboards.kpi import origin
from dashboards.kpi.scope import COUNTY_NAMES, UNWEIGHTED, Scope, scope_of
from dashboards.kpi.words import direction_words
from dashboards.pages import attribution, choice, corrections, links, organisation
from dashboards.pages.caveats import CLAIMS, Caveat
from dashboards.pages.huvudman import PrincipalSheet
from dashboards.pages.measures import Block, MeasurePage
from dashboards.reading.published import MEN, TOTAL, WOMEN, Area, Cell, Kpi, Measure, Series
from dashboards.readings import of_principal

# A part of a file, as JSON has it.
_Part = dict[str, Any]
_GENDERS = {TOTAL: "totalt", WOMEN: "kvinnor", MEN: "män"}
_LIMITS = {"nedre_95": "Intervallets nedre gräns, 95 %", "ovre_95": "Intervallets övre gräns, 95 %"}


def data_files(report: Report, measures: Sequence[MeasurePage], sheets: Sequence[PrincipalSheet]) -> dict[str, bytes]:
    """Path in the report's folder → contents, for every mått and huvudman, those without figures too."""
    known = _Known(
        report,
        {page.id: page for page in measures},
        {block.kpi_id: (page.id, block) for page in measures for block in page.every_block},
        {kpi.id: scope_of(kpi, report.published) for kpi in report.published.kpis.values()},
    )
    files = {links.measure_data(measure.id): _of_measure(measure, known) for measure in report.published.measures}
    files |= {links.principal_data(sheet.area): _of_principal(sheet, known) for sheet in sheets}
    return {
        path: json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        for path, content in files.items()
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """What the files share. shown: nyckeltal → the mått that it is shown at, and what its page says of it."""

    report: Report
    pages: dict[str, MeasurePage]
    shown: dict[str, tuple[str, Block]]
    scopes: dict[str, Scope | None]


def _of_measure(measure: Measure, known: _Known) -> _Part:
    published, page = known.report.published, known.pages[measure.id]
    uses = [(published.kpis[use.kpi_id], use.role) for use in measure.uses]
    return _collection(
        known.report,
        measure.name,
        links.measure_page(measure.id),
        [dataset for kpi, role in uses for dataset in _datasets(kpi, published.principals, known, roll=role)],
        {
            "matt_id": measure.id,
            "meningar": list(page.box),
            "forbehall": _caveats(page.caveats),
            "utan_varden": _without([kpi for kpi, _ in uses], known),
        },
    )


def _of_principal(sheet: PrincipalSheet, known: _Known) -> _Part:
    published = known.report.published
    measures = of_principal(published.measures, sheet.area)
    kpis = [
        published.kpis[kpi_id]
        for kpi_id in dict.fromkeys(use.kpi_id for measure in measures for use in choice.main_kpis(measure))
        if choice.applies_to(published.kpis[kpi_id], sheet.area)
    ]
    return _collection(
        known.report,
        sheet.area.name,
        links.principal_page(sheet.area),
        [dataset for kpi in kpis for dataset in _datasets(kpi, [sheet.area], known)],
        {
            "omrade_id": sheet.area.id,
            "meningar": [*(plain(box.sentence) for box in sheet.boxes), sheet.count],
            "forbehall": {measure.id: _caveats(known.pages[measure.id].caveats) for measure in measures},
            "utan_varden": _without(kpis, known),
        },
    )


def _collection(report: Report, label: str, page: str, datasets: list[_Part], extension: _Part) -> _Part:
    published, edition = report.published, report.edition
    mark = attribution.mark(published.run.source)
    return {
        "version": "2.0",
        "class": "collection",
        "label": label,
        "updated": _updated(report),
        **({"note": [mark]} if mark else {}),
        "extension": {
            "rapport": organisation.heading(published.content),
            "utgava": edition.name,
            "kalla": attribution.page_line(published.run.source, corrected=published.corrected),
            "tolkning": list(CLAIMS),
            **extension,
        },
        "link": {"alternate": [_page(page)], "item": datasets},
    }


def _updated(report: Report) -> str:
    return report.published.run.finished.replace(tzinfo=UTC).isoformat(timespec="seconds")


def _page(path: str) -> _Part:
    """A page of the report, as it is reached from a file in data/."""
    return {"type": "text/html", "href": f"../{path}"}


def _caveats(caveats: Iterable[Caveat]) -> list[_Part]:
    return [{"ord": caveat.word, "skal": caveat.reason} for caveat in caveats]


def _without(kpis: Sequence[Kpi], known: _Known) -> list[_Part]:
    """The nyckeltal that have no value for any huvudman, and why."""
    published = known.report.published
    return [
        {"nyckeltal_id": kpi.id, "titel": kpi.title, "skal": plain(origin.why_empty(kpi, published)) or "inga värden"}
        for kpi in kpis
        if known.scopes[kpi.id] is None
    ]


# --- the datasets of a nyckeltal --------------------------------------------------------------------------------------


def _datasets(kpi: Kpi, principals: Sequence[Area], known: _Known, **extension: Any) -> Iterator[_Part]:
    """The source's values, and the limits of their intervals; nothing when the source has no row of these areas."""
    published = known.report.published
    series = published.series.get(kpi.id)
    areas = [area for area in principals if choice.applies_to(kpi, area)]
    if series is None or not areas:
        return
    areas += [published.country] if published.country else []
    places = {area.id for area in areas}
    keys = [key for key in series.cells if key[0] in places]
    if not keys:
        return
    cube = _Cube(
        [area for area in areas if any(where == area.id for where, *_ in keys)],
        sorted({year for _, year, _ in keys}),
        [letter for letter in _GENDERS if any(key[2] == letter for key in keys)],
    )
    source = attribution.source_of(kpi, published.run)
    owner = known.shown.get(kpi.id)
    link = {"alternate": [_page(f"{links.measure_page(owner[0])}#{owner[1].anchor}")]} if owner else {}
    mark = attribution.mark(source)
    about = {"updated": _updated(known.report), "link": link, **({"note": [mark]} if mark else {})}
    block, scope = owner[1] if owner else None, known.scopes[kpi.id]
    yield _of_source(kpi, series, cube, source, about, block, extension)
    if scope is not None and not scope.coded:
        yield _computed(scope, cube, source, about, block, whole_county=len(principals) > 1)


def _of_source(
    kpi: Kpi, series: Series, cube: _Cube, source: str, about: _Part, block: Block | None, extension: _Part
) -> _Part:
    """The source's values; those that the owners have corrected are named in `source`."""
    cells = [series.cells.get(key) for key in cube.keys]
    names = {area.id: area.name for area in cube.areas}
    corrected = [
        corrections.where(names[area], year, letter)
        for (area, year, letter), cell in zip(cube.keys, cells, strict=True)
        if cell and (cell.replaced or cell.left_out)
    ]
    return {
        "version": "2.0",
        "class": "dataset",
        "label": kpi.title,
        "source": attribution.shown(source, corrected),
        **about,
        **cube.dimensions("nyckeltal", {kpi.id: kpi.title}, kpi.unit),
        "value": [cell.value if cell else None for cell in cells],
        "status": {str(n): word for n, cell in enumerate(cells) if cell and (word := _status(cell))},
        "extension": {
            **extension,
            "riktning": formatting.lowered(direction_words(kpi)),
            "ursprunglig_kalla": kpi.origin,
            "brott": [
                {"ar": row.ar, "sista_gamla_ar": row.sista_gamla_ar, "vad_som_andrades": row.vad_som_andrades}
                for row in series.breaks.values()
            ],
            "annan_undersokning": list(series.own_surveys),
            "anmarkning": list(block.flags) if block else [],
        },
    }


def _computed(
    scope: Scope, cube: _Cube, source: str, about: _Part, block: Block | None, *, whole_county: bool
) -> _Part:
    """What we have computed of them. whole_county: with the county's own values."""
    kpi = scope.kpi
    limits = [_limit(scope.series, limit, key) for limit in _LIMITS for key in cube.keys]
    return {
        "version": "2.0",
        "class": "dataset",
        "label": f"{kpi.title}: egen bearbetning",
        "source": attribution.own(source),
        **about,
        **cube.dimensions("tal", _LIMITS, kpi.unit),
        "value": [value for value, _ in limits],
        "status": {str(n): word for n, (_, word) in enumerate(limits) if word},
        "extension": {
            "nyckeltal_id": kpi.id,
            "meningar": [plain(text) for text in block.sentences] if block else [],
            "senaste": [row for area in cube.areas if (row := _newest(scope, area)) is not None],
            "lanet": _county(scope) if whole_county else [],
        },
    }


class _Cube:
    """The dimensions of a nyckeltal's datasets. keys: its cells in JSON-stat's order, the last dimension fastest."""

    def __init__(self, areas: Sequence[Area], years: Sequence[int], genders: Sequence[str]) -> None:
        self.areas, self.years, self.genders = areas, years, genders
        self.keys = [(area.id, year, letter) for area in areas for year in years for letter in genders]

    def dimensions(self, metric: str, names: dict[str, str], unit: str) -> _Part:
        """With the metric first, whose unit JSON-stat wants by category."""
        of_metric = _dimension("mått", names)
        of_metric["category"]["unit"] = {name: {"label": unit} for name in names}
        return {
            "id": [metric, "omrade", "ar", "kon"],
            "size": [len(names), len(self.areas), len(self.years), len(self.genders)],
            "role": {"metric": [metric], "geo": ["omrade"], "time": ["ar"]},
            "dimension": {
                metric: of_metric,
                "omrade": _dimension("område", {area.id: area.name for area in self.areas}),
                "ar": _dimension("år", {str(year): str(year) for year in self.years}),
                "kon": _dimension("kön", {letter: _GENDERS[letter] for letter in self.genders}),
            },
        }


def _dimension(label: str, names: dict[str, str]) -> _Part:
    return {"label": label, "category": {"index": list(names), "label": names}}


def _status(cell: Cell) -> str:
    """Why there is no value, or what is to be known of it; '' for one that is published as it is."""
    if cell.left_out:
        return corrections.LEFT_OUT
    word = "" if cell.status == "publicerad" else cell.status
    return ", ".join(filter(None, (word, "preliminär" if cell.preliminary and cell.value is not None else "")))


def _limit(series: Series, limit: str, key: tuple[str, int, str]) -> tuple[float | None, str]:
    """The limit and what it rests on, or none and why; neither where there is no value."""
    if (row := series.intervals.get(key)) is not None:
        return (row.nedre if limit == "nedre_95" else row.ovre), row.osakerhet_grund or ""
    reason = series.no_interval.get(key[:2]) if key[2] == TOTAL else None
    return None, reason.osakerhet_orsak if reason else ""


def _newest(scope: Scope, area: Area) -> _Part | None:
    """The newest value of an area with its uncertainty and what the analysis says of it; None without any value."""
    years = scope.years_of([area])
    if not years:
        return None
    year = years[-1]
    interval, at = scope.interval(area, year), scope.series.positions.get((area.id, year))
    reason = scope.series.no_interval.get((area.id, year))
    trend = scope.series.trends.get(area.id)
    return {
        "omrade": area.name,
        "ar": year,
        "kon": _GENDERS[scope.gender],
        "i_ord": plain(scope.in_words(scope.shown(area, year).number)),
        "nedre_95": interval.nedre if interval else None,
        "ovre_95": interval.ovre if interval else None,
        "grund": interval.osakerhet_grund if interval else None,
        "utan_intervall": reason.osakerhet_orsak if reason and not interval else None,
        "mot_riket": at.mot_riket if at else None,
        "ungefarlig": year in scope.series.own_surveys,
        "riktning_over_tid": trend.trend if trend else None,
        "fran_ar": trend.fran_ar if trend else None,
    }


def _county(scope: Scope) -> list[_Part]:
    """The county's value year by year, what it is made of, and the kommuner's mean where the direction is of that."""
    means = {row.year: row.value for row in scope.county_line if row.ground == UNWEIGHTED}
    return [
        {
            "ar": row.year,
            "varde": row.value,
            "grund": COUNTY_NAMES[row.ground],
            "ovagt_medel": means.get(row.year),
            "antal_med_varde": row.count,
        }
        for row in scope.county
    ]
