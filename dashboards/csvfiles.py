"""One CSV per mått: every number that the report shows for it, in full precision, so that each can be found and reused.

Months and quarters have a file of their own for every nyckeltal that is handed in so: nobody shall take one for a year.

UTF-8, comma, decimal point, one header. A row holds either what the source says unchanged, or what we have computed
(`kalla`), never both. An empty cell says nothing; `status` says why a value is missing. Nothing is written here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from dashboards.kpi.scope import Scope, scope_of
from dashboards.pages import attribution, corrections, links
from dashboards.pages.caveats import caveats
from dashboards.pages.chain import chain
from dashboards.pages.choice import applies_to
from dashboards.pages.confirm import confirm
from dashboards.pages.counts import CountRow, count_rows
from dashboards.pages.focus import focus
from dashboards.pages.initiatives import initiatives
from dashboards.pages.method import method
from dashboards.reading.published import TOTAL, Area, Cell, Kpi, Measure, Published, Series
from pipelines.rows import Record

COUNTY = "Länets kommuner"

_KEY = ("matt_id", "matt", "nyckeltal_id", "nyckeltal", "roll", "enhet", "riktning")
_PLACE = ("omrade_id", "omrade", "lansdel", "ar", "kon")
_VALUES = ("varde", "status", "preliminart", "osakerhetstal")
_OWN = (
    "korrigering",
    "nedre_95",
    "ovre_95",
    "intervall",
    "riket",
    "lanets_varde",
    "lanets_grund",
    "ovagt_medel",
    "antal_med_varde",
    "plats",
    "plats_till",
    "plats_nedre",
    "plats_ovre",
    "plats_av",
    "band",
    "mot_riket",
    "basta_kvartil",
    "liknande_ovagt_medel",
    "liknande_antal",
    "liknande_grupp_id",
    "mot_liknande",
    "trend",
    "trend_motivering",
    "trend_fran_ar",
    "trend_antal_ar",
    "trend_per_ar",
    "trend_p",
    "mal",
    "malvarde",
    "mal_ar",
    "krav_per_ar",
    "observerat_per_ar",
    "skillnad_kvinnor_man",
    "skillnad_osakerhet",
    "skillnad_bedomning",
    "lagst",
    "hogst",
    "avstand",
    "median",
)
COLUMNS = (*_KEY, *_PLACE, *_VALUES, *_OWN, "kalla")

PERIOD_COLUMNS = (
    *(
        "nyckeltal_id",
        "nyckeltal",
        "enhet",
        "riktning",
        "omrade_id",
        "omrade",
        "ar",
        "period",
        "kon",
        "varde",
        "status",
    ),
    *("medel", "nedre", "ovre", "granser", "sarskild_orsak", "kalla"),
)

_PLACES = {name: n for n, name in enumerate(COLUMNS)}
_EMPTY = (None,) * (len(COLUMNS) - len(_KEY))

_Cells = dict[str, object]


def csv_files(published: Published) -> dict[str, bytes]:
    """Path in the report's folder → contents, for every mått, those without figures too. The same bytes for the same
    data.
    """
    files = {links.measure_csv(measure.id): _file(measure, published) for measure in published.measures}
    used = {use.kpi_id for measure in published.measures for use in measure.uses}
    with_periods = sorted(used & {row.nyckeltal_id for row in published.content["periodvarde"]})
    files |= {links.period_csv(kpi_id): _periods(published.kpis[kpi_id], published) for kpi_id in with_periods}
    return {**files, links.SUMMARY_CSV: _summary(published)}


def _periods(kpi: Kpi, published: Published) -> bytes:
    """Every month and quarter as it was handed in, then what the XmR chart says of it."""
    content = published.content
    source = attribution.source_of(kpi, published.run)
    raw, own = attribution.unchanged(source), attribution.own(published.run.source)
    names = content.texts("omrade", "namn")
    charts = {(row.omrade_id, row.period, row.kon): row for row in content.where("xmr", nyckeltal_id=kpi.id)}
    of_kpi = (kpi.id, _text(kpi.title), _text(kpi.unit), kpi.direction)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PERIOD_COLUMNS)
    for row in content.where("periodvarde", nyckeltal_id=kpi.id):
        key = (*of_kpi, row.omrade_id, _text(names[row.omrade_id]), row.ar, row.period, row.kon)
        writer.writerow([*key, row.varde, row.status, *[None] * 5, raw])
        if chart := charts.get((row.omrade_id, row.period, row.kon)):
            limits = (chart.medel, chart.nedre, chart.ovre, chart.granser, chart.sarskild_orsak)
            writer.writerow([*key, None, None, *limits, own])
    return text.getvalue().encode()


def _summary(published: Published) -> bytes:
    """What is counted of the county, each målområde, each huvudman and on the other pages: antal of av, andel in %."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["del", "vad", "ord", "antal", "av", "andel", "kalla"])
    own = attribution.own(published.run.source)
    for row in (*count_rows(published), *_counted_on_pages(published)):
        texts = (_text(text) for text in (row.part, row.what, row.word))
        writer.writerow([*texts, row.number, row.of, row.share, own])
    return text.getvalue().encode()


def _counted_on_pages(published: Published) -> Iterator[CountRow]:
    """What the pages count, once each."""
    content = published.content
    yield from dict.fromkeys(
        (
            *chain(published, content).counts,
            *focus(published, content).counts,
            *initiatives(published, content).listed,
            *confirm(published, content).counts,
            *method(published).counts,
            *caveats(published, content).listed,
        )
    )


def _file(measure: Measure, published: Published) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for use in measure.uses:
        kpi = published.kpis[use.kpi_id]
        texts = (measure.id, measure.name, kpi.id, kpi.title, use.role, kpi.unit, kpi.direction)
        key = [_text(text) for text in texts]
        for row in _rows(kpi, published):
            # Most of a million cells are empty: only the others are looked at.
            cells: list[object] = [*key, *_EMPTY]
            for name, value in row.items():
                cells[_PLACES[name]] = _text(value) if isinstance(value, str) else value
            writer.writerow(cells)
    return text.getvalue().encode()


def _rows(kpi: Kpi, published: Published) -> Iterator[_Cells]:
    """Of each area and year what the source says, then what we have computed; last the kommuner together."""
    series = published.series.get(kpi.id)
    if series is None:
        return
    source = attribution.source_of(kpi, published.run)
    raw, own = attribution.unchanged(source), attribution.own(source)
    scope = scope_of(kpi, published)
    areas = [area for area in published.principals if applies_to(kpi, area)]
    areas += [published.country] if published.country else []
    margins = published.series.get(kpi.uncertainty or "", Series())
    for area in areas:
        keys = sorted((year, "TKM".index(letter), letter) for where, year, letter in series.cells if where == area.id)
        newest = max(
            (year for year, _, letter in keys if series.cell(area.id, year, letter).value is not None), default=0
        )
        for year, _, letter in keys:
            place = _place(area, year, letter)
            cell = series.cell(area.id, year, letter)
            margin = margins.cell(area.id, year, letter).value if cell.value is not None else None
            yield {**place, **_cell(cell, margin), "kalla": own if cell.replaced or cell.left_out else raw}
            computed = {
                **_interval(series, area, year, letter),
                **(_of_total(series, scope, published, area, year) if letter == TOTAL else {}),
                **(_gap(series, area, year) if letter == TOTAL else {}),
                **(_of_newest(series, scope, area) if letter == _letter(scope) and year == newest else {}),
            }
            if any(value is not None for value in computed.values()):
                yield {**place, **computed, "kalla": own}
        for year in sorted({y for where, y in series.gaps if where == area.id} - {y for y, _, g in keys if g == TOTAL}):
            yield {**_place(area, year, TOTAL), **_gap(series, area, year), "kalla": own}
    if scope and not scope.coded and kpi.level != "L":
        yield from ({**row, "kalla": own} for row in _county(scope))


def _letter(scope: Scope | None) -> str:
    return scope.gender if scope else TOTAL


def _place(area: Area, year: int, letter: str) -> _Cells:
    return dict(zip(_PLACE, (area.id, area.name, area.sub_county, year, letter), strict=True))


def _cell(cell: Cell, margin: float | None) -> _Cells:
    """The value as it is shown. One left out says so and not the source's value; a replaced one has no margin."""
    return {
        "varde": cell.value,
        "status": corrections.LEFT_OUT if cell.left_out else cell.status,
        "preliminart": "ja" if cell.preliminary else "nej",
        "osakerhetstal": None if cell.replaced else margin,
        "korrigering": cell.correction,
    }


def _interval(series: Series, area: Area, year: int, letter: str) -> _Cells:
    interval = series.intervals.get((area.id, year, letter))
    if interval is None:
        reason = series.no_interval.get((area.id, year)) if letter == TOTAL else None
        return {"intervall": reason.osakerhet_orsak if reason else None}
    return {"nedre_95": interval.nedre, "ovre_95": interval.ovre, "intervall": interval.osakerhet_grund}


def _of_total(series: Series, scope: Scope | None, published: Published, area: Area, year: int) -> _Cells:
    at = series.positions.get((area.id, year))
    if at is None or scope is None or scope.coded:
        return {}
    return _position(at) | {"riket": series.cell(published.country.id, year).value if published.country else None}


def _position(at: Record) -> _Cells:
    return {
        "plats": at.plats,
        "plats_till": at.plats_till,
        "plats_nedre": at.plats_nedre,
        "plats_ovre": at.plats_ovre,
        "plats_av": at.antal_med_varde,
        "band": at.band,
        "mot_riket": at.mot_riket,
        "basta_kvartil": at.basta_kvartil,
        "liknande_ovagt_medel": at.liknande,
        "liknande_antal": at.liknande_antal,
        "liknande_grupp_id": at.liknande_grupp_id,
        "mot_liknande": at.mot_liknande,
    }


def _gap(series: Series, area: Area, year: int) -> _Cells:
    gap = series.gaps.get((area.id, year))
    if gap is None:
        return {}
    return {
        "skillnad_kvinnor_man": gap.skillnad,
        "skillnad_osakerhet": gap.osakerhet,
        "skillnad_bedomning": gap.bedomning,
    }


def _of_newest(series: Series, scope: Scope | None, area: Area) -> _Cells:
    """Results for a whole series, on the row of its newest year."""
    if scope is None or scope.coded:
        return {}
    row: _Cells = {}
    if trend := series.trends.get(area.id):
        row |= _trend(trend)
    if target := series.targets.get(area.id):
        row |= {
            "mal": target.mal,
            "malvarde": target.malvarde,
            "mal_ar": target.mal_ar,
            "krav_per_ar": target.kravd_takt,
            "observerat_per_ar": target.observerad_takt,
        }
    return row


def _trend(trend: Record) -> _Cells:
    return {
        "trend": trend.trend,
        "trend_motivering": trend.motivering,
        "trend_fran_ar": trend.fran_ar,
        "trend_antal_ar": trend.antal_ar,
        "trend_per_ar": trend.lutning_per_ar,
        "trend_p": trend.p_varde,
    }


def _county(scope: Scope) -> Iterator[_Cells]:
    """The kommuner together and the länsdelar, year by year."""
    series = scope.series
    newest = max(series.county, default=None)
    for year in sorted(series.county.keys() | series.spread.keys()):
        mean, spread = series.county.get(year), series.spread.get(year)
        row: _Cells = {"omrade": COUNTY, "ar": year, "kon": TOTAL}
        if mean:
            row |= {
                "lanets_varde": mean.lan_varde,
                "lanets_grund": mean.lan_grund,
                "ovagt_medel": mean.lan_ovagt,
                "antal_med_varde": mean.lan_antal,
            }
        if spread:
            row |= {
                "lagst": spread.lagst,
                "hogst": spread.hogst,
                "avstand": spread.spannvidd,
                "median": spread.median,
            }
        if year == newest:
            trend = series.county_trends.get(TOTAL)
            row |= _trend(trend) if trend else {}
        yield row
    for (part, year), mean_of_part in sorted(series.parts.items()):
        yield {
            "omrade": part,
            "lansdel": part,
            "ar": year,
            "kon": TOTAL,
            "ovagt_medel": mean_of_part.medel_ovagt,
            "antal_med_varde": mean_of_part.antal_med_varde,
        }


def _text(text: str) -> str:
    """A text that a spreadsheet would take for a formula is quoted."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
