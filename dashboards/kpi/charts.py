"""The charts of a nyckeltal: what each shows, the words beside it, and what it says to those who cannot see it.

How they are drawn is made in `figures`. A chart that would show nothing is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from dashboards import formatting
from dashboards.cite import plain
from dashboards.figures import model
from dashboards.figures.dots import dots_figure
from dashboards.figures.model import Dot, Line, Mark, Point, Reach, Target, Trend
from dashboards.figures.style import as_json
from dashboards.figures.svg_trend import dots_svg, glyph_svg, trend_svg
from dashboards.figures.trend import trend_figure
from dashboards.kpi.scope import COUNTY_NAMES, UNWEIGHTED, Scope
from dashboards.kpi.sentences import APART, extremes
from dashboards.kpi.tables import gap_missing
from dashboards.pages import corrections, status
from dashboards.pages.corrections import CellRef
from dashboards.pages.links import kpi_anchor
from dashboards.pages.tables import missing_word
from dashboards.reading.published import MEN, WOMEN, Area
from pipelines.rows import Record

# A chart of fewer areas says less than the sentence above it.
_LEAST_AREAS = 3
_HOW = {
    "osäkerhetstal": "värdet plus och minus osäkerhetstalet, 95 %",
    "räknat": "räknat ur kända antal, 95 %",
    "årsvariation": "den vanliga årsvariationen, 95 %",
}
_SHAPES = {
    "säkert bättre": model.BETTER,
    "troligen bättre": model.MAYBE_BETTER,
    "säkert sämre": model.WORSE,
    "troligen sämre": model.MAYBE_WORSE,
    "säkert högre": model.APART,
    "säkert lägre": model.APART,
    "troligen högre": model.MAYBE_APART,
    "troligen lägre": model.MAYBE_APART,
    status.NO_DIFFERENCE: model.SAME,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as the page carries it: heading, the drawing, the figure as JSON ('' for what is only a drawing), notes.

    model: what it shows; country: riket's value beside the dots. spoken: what it says to who cannot see it. key: glyph
    and word for each shape that is drawn. corrected: it shows values that the owners have corrected.
    """

    id: str
    heading: str
    model: Trend | tuple[Dot, ...]
    spoken: str
    drawing: Markup
    json: Markup
    key: tuple[tuple[Markup, str], ...]
    notes: tuple[str, ...]
    source: str
    corrected: bool
    country: float | None = None

    @property
    def name(self) -> str:
        """What its file is called: 'U11111-utveckling'."""
        return self.id.removeprefix(kpi_anchor(""))


def trend_chart(scope: Scope, anchor: str, begun: Sequence[Record]) -> Chart | None:
    """The county, riket and the reach of the kommuner over the years; None when there are not two years of anything.

    begun: the satsningar that steer towards the nyckeltal and whose start is known.
    """
    county, refs = _county_line(scope)
    country, more = _country_line(scope)
    lines = [line for line in (county, country) if line is not None]
    band = _band(scope)
    if len({p.year for line in lines for p in line.points} | {reach.year for reach in band}) < 2:
        return None
    year, best, worst = extremes(scope)
    newest = band[-1] if band else None
    ends = []
    # The lowest and the highest of a year are named by that year's: a newer one of few kommuner has no band.
    if newest and best and best != worst and year == newest.year:
        low, high = (best, worst) if scope.kpi.direction == "lägre" else (worst, best)
        for areas, value in ((low, newest.low), (high, newest.high)):
            name = areas[0].name if len(areas) == 1 else f"{len(areas)} kommuner"
            ends.append((value, f"{name} {scope.shown(areas[0], year).number}"))
    target, target_notes = _target(scope)
    trend = Trend(
        tuple(lines),
        tuple(band),
        tuple(ends),
        tuple((b.sista_gamla_ar, b.ar) for b in scope.series.breaks.values()),
        frozenset(scope.series.own_surveys),
        target=target,
    )
    years = trend.years
    marks, mark_notes = _marks(scope, years, begun)
    trend = replace(trend, marks=marks)
    names = {model.COUNTY: "blå linje", model.COUNTRY: "streckad linje"}
    shown = [f"{line.name} ({names[line.kind]})" for line in lines]
    shown += ["länets kommuner, från lägsta till högsta (ljusblått fält)"] if band else []
    spoken = [f"{years[0]}–{years[-1]}, {scope.unit}."]
    for line in lines:
        first, last = line.points[0], line.points[-1]
        spoken.append(f"{formatting.capital(line.name)}: {first.text} år {first.year}, {last.text} år {last.year}.")
    notes = [f"{formatting.capital(formatting.join(shown))}.", *mark_notes, *target_notes]
    if not model.starts_at_zero(trend.values):
        notes.append("Axeln börjar inte vid noll.")
    words = sorted({point.mark for line in lines for point in line.points} - {""}, reverse=True)
    if words:
        notes.append(f"Ring: {formatting.join(words, 'eller').removesuffix('.')}.")
    corrected = corrections.corrected([*refs, *more])
    in_words = f"Linjediagram, {' '.join(spoken)} Alla värden står i tabellen."
    return Chart(
        id=f"{anchor}-utveckling",
        heading=f"{years[0]}–{years[-1]}, {scope.unit}",
        model=trend,
        spoken=in_words,
        drawing=trend_svg(trend, in_words),
        json=Markup(as_json(trend_figure(trend))),
        key=(),
        notes=tuple(notes),
        source=scope.attribution(corrected),
        corrected=bool(corrected),
    )


def _point(ref: CellRef, year: int, text: str) -> Point:
    assert ref.cell.value is not None
    return Point(year, ref.cell.value, text, corrections.mark(ref.cell))


def _county_line(scope: Scope) -> tuple[Line | None, list[CellRef]]:
    """The county's value, or the only area's."""
    first = scope.years[0]
    county = [value for value in scope.county_line if value.year >= first]
    if county:
        if not scope.kommuner:
            return _area_line(scope, scope.regions[0], "Regionen")
        points = tuple(Point(c.year, c.value, plain(scope.county_text(c))) for c in county)
        name = formatting.lowered(COUNTY_NAMES[county[-1].ground])
        text = "Medel" if county[-1].ground == UNWEIGHTED else "Länet"
        end = f"{text} {scope.number(county[-1].value, county[-1].place)}"
        return Line(model.COUNTY, name, end, points), []
    return (
        _area_line(scope, scope.principals[0], scope.principals[0].name) if len(scope.principals) == 1 else (None, [])
    )


def _area_line(scope: Scope, area: Area, label: str) -> tuple[Line, list[CellRef]]:
    years = [year for year in scope.years if scope.value(area, year) is not None]
    refs = [scope.shown(area, year) for year in years]
    points = tuple(_point(ref, year, plain(scope.text(area, year))) for ref, year in zip(refs, years, strict=True))
    return Line(model.COUNTY, area.name, f"{label} {refs[-1].number}", points), refs


def _country_line(scope: Scope) -> tuple[Line | None, list[CellRef]]:
    country = scope.country
    years = [year for year in scope.years if country and scope.value(country, year) is not None]
    if not country or not years:
        return None, []
    refs = [scope.shown(country, year) for year in years]
    points = tuple(_point(ref, year, plain(scope.text(country, year))) for ref, year in zip(refs, years, strict=True))
    return Line(model.COUNTRY, "riket", f"Riket {refs[-1].number}", points, own=False), refs


def _band(scope: Scope) -> list[Reach]:
    """Of the years in which at least half of the kommuner have a value: few say nothing of all."""
    kommuner = scope.kommuner
    band = []
    for year in scope.years:
        values = [value for area in kommuner if (value := scope.value(area, year)) is not None]
        if len(kommuner) > 1 and len(values) * 2 >= len(kommuner) and len(values) > 1:
            low, high = (formatting.number(value, scope.decimals) for value in (min(values), max(values)))
            band.append(Reach(year, min(values), max(values), f"{low} till {high}"))
    return band


def _marks(scope: Scope, years: Sequence[int], begun: Sequence[Record]) -> tuple[tuple[Mark, ...], list[str]]:
    """Breaks, switches of survey and starts of satsningar among the years, and the words for them."""
    marks, notes = [], []
    for row in scope.breaks_within(years):
        marks.append(Mark((row.sista_gamla_ar + row.ar) / 2, f"Nytt sätt att mäta {row.ar}", is_break=True))
        notes.append(f"Nytt sätt att mäta {row.ar}: {formatting.lowered(row.vad_som_andrades.removesuffix('.'))}.")
    surveys = [str(year) for year in years if year in scope.series.own_surveys]
    if surveys:
        notes.append(
            f"{formatting.join(surveys)} kommer länets värden från en annan undersökning; linjen binder inte ihop dem "
            "med de andra åren."
        )
    for row in begun:
        at = row.start.year + (row.start.timetuple().tm_yday - 1) / 366
        if years[0] - 0.5 <= at <= years[-1] + 0.5:
            marks.append(Mark(at, f"▼ {row.namn}", is_break=False))
            notes.append(f"▼ {row.namn} började {formatting.day(row.start)}; linjen säger inget om orsak.")
    return tuple(sorted(marks, key=lambda mark: (mark.at, mark.text))), notes


def _target(scope: Scope) -> tuple[Target | None, list[str]]:
    """A decided target, the region's before the kommuner's; with its pace where it is the only area's."""
    for area in (*scope.regions, *scope.kommuner):
        row = scope.series.targets.get(area.id)
        if row is None or row.malvarde is None or row.mal_ar is None:
            continue
        years = scope.years_of([area])
        value = scope.value(area, years[-1]) if years else None
        paced = row.kravd_takt is not None and value is not None and area.kind == "region"
        words = formatting.with_unit(formatting.number(row.malvarde, scope.decimals), scope.kpi.unit)
        target = Target(
            row.malvarde, row.mal_ar, f"Mål {row.mal_ar}: {words}", (years[-1], value) if paced and value else None
        )
        notes = ["Streckad vågrät linje: beslutat målvärde."]
        return target, [*notes, "Lutande streckad linje: takten som krävs."] if paced else notes
    return None, []


def dots_chart(scope: Scope, anchor: str) -> Chart | None:
    """The newest year: every area with its interval, riket as a line; None when too few have a value."""
    year = scope.compared_year
    dots: list[Dot] = []
    refs: list[CellRef] = []
    for area in scope.principals:
        ref = scope.shown(area, year)
        refs.append(ref)
        at = scope.series.positions.get((area.id, year))
        interval = scope.interval(area, year)
        mark = corrections.mark(ref.cell)
        dots.append(
            Dot(
                f"{area.name} ({mark})" if mark else area.name,
                (area.sub_county or "-") if area.kind == "kommun" else "",
                ref.cell.value,
                missing_word(ref.cell) if ref.cell.value is None else ref.number,
                _SHAPES.get(at.mot_riket or "", model.UNKNOWN) if at else model.UNKNOWN,
                interval.nedre if interval and ref.cell.value is not None else None,
                interval.ovre if interval and ref.cell.value is not None else None,
                strong=area.kind == "region",
            )
        )
    known = sorted((dot for dot in dots if dot.value is not None), key=lambda dot: dot.value or 0)
    if len(known) < _LEAST_AREAS:
        return None
    country = scope.value(scope.country, year)
    in_words = ""
    if scope.country and country is not None:
        refs.append(scope.shown(scope.country, year))
        in_words = f"; riket {plain(scope.text(scope.country, year))}"
    methods = {interval.osakerhet_grund for area in scope.principals if (interval := scope.interval(area, year))}
    ground = formatting.join([_HOW.get(method, method) for method in sorted(methods, key=str)])
    notes = [f"Streckad linje: riket {plain(refs[-1].number)}."] if in_words else ["Riket saknar uppgift."]
    notes.append(f"Strecken visar {ground}." if ground else f"Inga intervall: {scope.no_interval}.")
    corrected = corrections.corrected(refs)
    lowest, highest = (plain(dot.text) for dot in (known[0], known[-1]))
    reach = f"från {lowest} ({known[0].name}) till {highest} ({known[-1].name}){in_words}"
    spoken = f"Punktdiagram, {year}, {scope.unit}: {reach}. Alla värden står i tabellen."
    return Chart(
        id=f"{anchor}-jamforelse",
        heading=f"Kommun för kommun {year}, {scope.unit}" if scope.kommuner else f"{year}, {scope.unit}",
        model=tuple(dots),
        spoken=spoken,
        drawing=dots_svg(dots, country, spoken),
        json=Markup(as_json(dots_figure(dots, country))),
        key=_key(dots),
        notes=tuple(notes),
        source=scope.attribution(corrected),
        corrected=bool(corrected),
        country=country,
    )


def _key(dots: Sequence[Dot]) -> tuple[tuple[Markup, str], ...]:
    """The glyphs that are drawn, in words."""
    words = {
        model.BETTER: "säkert bättre än riket",
        model.MAYBE_BETTER: "troligen bättre",
        model.WORSE: "säkert sämre än riket",
        model.MAYBE_WORSE: "troligen sämre",
        model.APART: "säkert skild från riket",
        model.MAYBE_APART: "troligen skild från riket",
        model.SAME: "ingen säker skillnad",
        model.UNKNOWN: "kan inte bedömas",
    }
    drawn = {dot.shape for dot in dots if dot.value is not None}
    return tuple((glyph_svg(shape), text) for shape, text in words.items() if shape in drawn)


def gender_chart(scope: Scope, anchor: str) -> Chart | None:
    """Women and men in every area; None when so few differ beyond the noise that a sentence says it."""
    year = scope.gender_year
    gaps = [scope.gap(area) for area in scope.principals]
    if year is None or sum(gap is not None and gap.bedomning in APART for gap in gaps) < _LEAST_AREAS:
        return None
    dots, refs = [], []
    for area in scope.areas:
        women, men = (scope.shown(area, year, letter) for letter in (WOMEN, MEN))
        refs += [women, men]
        gap = scope.gap(area)
        text = formatting.signed(gap.skillnad, scope.decimals) if gap else gap_missing(scope, area, year)
        if area == scope.country and women.cell.value is not None and men.cell.value is not None:
            text = f"{women.number} och {men.number}"
        group = (area.sub_county or "-") if area.kind == "kommun" else area.kind
        dots.append(
            Dot(
                area.name,
                group,
                women.cell.value,
                text,
                model.BETTER,
                other=men.cell.value,
                strong=area.kind != "kommun",
            )
        )
    if not any(dot.value is not None or dot.other is not None for dot in dots):
        return None
    corrected = corrections.corrected(refs)
    spoken = f"Punktdiagram, {year}: kvinnor och män i varje område. Alla värden står i tabellen."
    return Chart(
        id=f"{anchor}-kon",
        heading=f"Kvinnor och män {year}, {scope.kpi.unit}",
        model=tuple(dots),
        spoken=spoken,
        drawing=dots_svg(dots, None, spoken),
        json=Markup(""),
        key=(
            (glyph_svg(model.BETTER), "kvinnor"),
            (glyph_svg(model.MEN), "män"),
        ),
        notes=("Talet till höger är kvinnor minus män.",),
        source=scope.attribution(corrected),
        corrected=bool(corrected),
    )
