"""The tables of a nyckeltal: the values as they came, and in separate tables what we have computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dashboards import cite, formatting
from dashboards.kpi.scope import COUNTY_NAMES, Scope, is_reported, peer_noun
from dashboards.pages import corrections, status
from dashboards.pages.corrections import CellRef
from dashboards.pages.tables import Field, Row, Table, field_of, missing_word
from dashboards.reading.published import MEN, WOMEN, Area, Group, Published
from pipelines.rows import Record

# The page of a huvudman, from the page that the table is on.
Link = Callable[[Area], str]

_MISSING = Field("saknas", missing=True)
# Word of column `forebild.slag`.
MODEL = "förebild"
_SMALL = 100


def value_table(scope: Scope, link: Link, years: Sequence[int]) -> Table:
    """The unchanged and corrected values of these years, with the osäkerhetstal of the newest."""
    compared = scope.compared_year
    with_margins = any(is_reported(scope.shown_margin(area, compared).cell) for area in scope.areas)
    rows = []
    cells: list[CellRef] = []
    for area in scope.areas:
        by_year = [scope.shown(area, year) for year in years]
        margins = [scope.shown_margin(area, compared)] if with_margins else []
        rows.append(_row(area, link, [*map(field_of, by_year), *map(_plus_minus, margins)]))
        cells += [*by_year, *margins]
    breaks = scope.breaks_within(years)
    broken = (
        f" Nytt sätt att mäta från {formatting.join([str(b.ar) for b in breaks])}: åren före och efter kan inte "
        "jämföras."
        if breaks
        else ""
    )
    surveys = [str(year) for year in years if year in scope.series.own_surveys]
    other = (
        f" {formatting.join(surveys)}: länets värden kommer från en annan undersökning än de andra åren."
        if surveys
        else ""
    )
    corrected = corrections.corrected(cells)
    return Table(
        caption=f"Värden {_span(years)}. Enhet: {scope.unit}.{broken}{other}",
        columns=("Område", *map(str, years), *([f"Osäkerhet ± {compared}"] if with_margins else [])),
        rows=tuple(rows),
        source=scope.attribution(corrected),
        own=False,
        corrected=bool(corrected),
        notes=tuple(corrections.notes(cells, scope.source)),
    )


def position_table(scope: Scope, published: Published, link: Link) -> Table | None:
    """Where each principal stands in its own newest year, and where its values have gone. Own processing."""
    if scope.coded or not scope.series.positions:
        return None
    decided = any(target.malvarde is not None for target in scope.series.targets.values())
    rows = []
    notes: list[str] = []
    own_values: list[str] = []
    reasons = {trend.motivering for trend in scope.series.trends.values()}
    for area in scope.principals:
        years = [year for year in scope.years_of([area]) if (area.id, year) in scope.series.positions]
        if not years:
            rows.append(_row(area, link, [_MISSING] * (6 + decided)))
            continue
        year = years[-1]
        at = scope.series.positions[area.id, year]
        if scope.cell(area, year).replaced:
            own_values.append(area.name)
        if at.liknande is not None:
            group = published.groups.get(at.liknande_grupp_id) if at.liknande_grupp_id else None
            notes.append(_similar_note(area, group))
        fields = [
            Field(str(year)),
            _interval(scope, area, year),
            _against(at.mot_riket, "riket saknas"),
            _similar(scope, area, at),
            Field(status.place_span(at)) if at.plats is not None else Field("utan riktning", missing=True),
            _direction(scope, area, with_reason=len(reasons) > 1),
            *([_target(scope, area)] if decided else []),
        ]
        rows.append(_row(area, link, fields))
    captions = [f"Läge och riktning. Plats bland landets {_peers(scope)}, 1 är bäst."]
    if len(reasons) == 1:
        captions.append(f"Om riktningen: {reasons.pop()}.")
    if not decided:
        captions.append("Målvärde: ej beslutat.")
    return Table(
        caption=" ".join(captions),
        columns=(
            "Område",
            "År",
            "Värdets intervall, 95 %",
            "Mot riket",
            "Liknande områden, medel",
            "Plats",
            "Över tid",
            *(["Mål"] if decided else []),
        ),
        rows=tuple(rows),
        source="",
        own=True,
        notes=(
            *([f"Räknade på värden som är rättade av ägarna: {formatting.join(own_values)}."] if own_values else []),
            *notes,
        ),
    )


def gender_table(scope: Scope, link: Link) -> Table | None:
    """Women, men and the gap of every area in the year that is shown."""
    year = scope.gender_year
    if year is None or scope.coded:
        return None
    rows = []
    cells: list[CellRef] = []
    for area in scope.areas:
        both = [scope.shown(area, year, letter) for letter in (WOMEN, MEN)]
        cells += both
        gap = scope.gap(area)
        if gap is None:
            fields = [Field(gap_missing(scope, area, year), missing=True), Field("–")]
        else:
            place = scope.own("konsskillnad", area, year, "{}", gender=None)
            size = cite.figure(formatting.signed(gap.skillnad, scope.decimals), gap.skillnad, place.format("skillnad"))
            margin = ""
            if gap.osakerhet is not None:
                text = formatting.number(gap.osakerhet, max(scope.decimals, 1))
                margin = f"±{formatting.HARD_SPACE}{cite.figure(text, gap.osakerhet, place.format('osakerhet'))}"
            fields = [Field(size, note=margin), Field(verdict(gap))]
        if area == scope.country:
            fields[0] = Field("prövas inte", missing=True)
        rows.append(_row(area, link, [*map(field_of, both), *fields]))
    corrected = corrections.corrected(cells)
    return Table(
        caption=f"Kvinnor och män {year}. Enhet: {scope.kpi.unit}. Skillnaden är kvinnor minus män.",
        columns=("Område", "Kvinnor", "Män", "Skillnad", "Bedömning"),
        rows=tuple(rows),
        source=scope.attribution(corrected),
        own=False,
        corrected=bool(corrected),
        notes=tuple(corrections.notes(cells, scope.source)),
    )


def county_table(scope: Scope, years: Sequence[int]) -> Table | None:
    """The county's value and how far apart the kommuner are, year by year."""
    county = {value.year: value for value in scope.county}
    if scope.coded or not scope.kommuner or not county:
        return None
    spreads = [scope.series.spread.get(year) for year in years]

    def row(head: str, column: str) -> Row:
        fields = []
        for year, spread in zip(years, spreads, strict=True):
            value = getattr(spread, column) if spread else None
            place = cite.place("spridning", scope.kpi.id, None, year, "T", column)
            fields.append(Field(scope.number(value, place)) if value is not None else _MISSING)
        return Row(head, tuple(fields), "own")

    values = [county.get(year) for year in years]
    grounds = list(dict.fromkeys(COUNTY_NAMES[value.ground] for value in county.values()))
    counts = [
        Field(
            cite.figure(
                str(spread.antal_med_varde),
                spread.antal_med_varde,
                cite.place("spridning", scope.kpi.id, None, year, "T", "antal_med_varde"),
            )
        )
        if spread
        else Field("0")
        for year, spread in zip(years, spreads, strict=True)
    ]
    return Table(
        caption=f"Länet och skillnaden mellan kommunerna. Enhet: {scope.kpi.unit}.",
        columns=("Länet", *map(str, years)),
        rows=(
            Row(
                formatting.join(grounds, "eller"),
                tuple(Field(scope.number(value.value, value.place)) if value else _MISSING for value in values),
                "own",
            ),
            row("Median av kommunerna", "median"),
            row("Lägsta kommun", "lagst"),
            row("Högsta kommun", "hogst"),
            row("Avstånd mellan dem", "spannvidd"),
            Row("Antal kommuner med uppgift", tuple(counts), "own"),
        ),
        source="",
        own=True,
    )


def learning_table(scope: Scope, link: Link) -> Table | None:
    """Whom each principal can learn from: of the similar areas that stood where it stood and stand better now the best,
    with what is known; or that there is none, and who is best of the group.
    """
    if scope.coded or not scope.series.models:
        return None
    of_area: dict[str, list[Record]] = {}
    for (area_id, _), model in sorted(scope.series.models.items()):
        of_area.setdefault(area_id, []).append(model)
    return Table(
        caption="Lär av vem: liknande områden som stod lika första året, inom den vanliga årsvariationen, har "
        f"förbättrats mer än den sedan dess och står bättre nu. Orsaker påstås inte. Enhet: {scope.kpi.unit}.",
        columns=("Område", "Kan lära av", "Dess värde då och nu", "Eget värde då och nu", "Dess invånare"),
        rows=tuple(_row(area, link, _lesson(scope, area, of_area.get(area.id, []))) for area in scope.principals),
        source="",
        own=True,
    )


def _lesson(scope: Scope, area: Area, models: Sequence[Record]) -> list[Field]:
    """models: the rows of `forebild` of the area, the best first."""
    if not models:
        return [Field("inget liknande område har värden båda åren", missing=True, span=4)]
    best, *others = models

    def then_and_now(before: str, now: str) -> Field:
        place = scope.own("forebild", area, best.ar, "{}", gender=None)
        values = [scope.number(getattr(best, column), place.format(column)) for column in (before, now)]
        return Field(" → ".join(values), note=f"{best.bas_ar}–{best.ar}")

    if best.slag == MODEL:
        who = Field(best.forebild, note=f"också {formatting.join([row.forebild for row in others])}" if others else "")
    else:
        who = Field("ingen", note=f"bäst ligger {best.forebild}")
    return [
        who,
        then_and_now("forebild_bas_varde", "forebild_varde"),
        then_and_now("bas_varde", "varde"),
        Field(inhabitants(best)) if best.befolkning else _MISSING,
    ]


def inhabitants(model: Record) -> str:
    """How many live in the similar area that a row of `forebild` names."""
    place = cite.place("omrade", cite.NONE, model.forebild_id, None, None, "befolkning")
    return cite.figure(formatting.count(model.befolkning), model.befolkning, place)


def _row(area: Area, link: Link, fields: Sequence[Field]) -> Row:
    return Row(area.name, tuple(fields), area.kind, link(area) if area.kind != "riket" else "")


def _span(years: Sequence[int]) -> str:
    return f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0])


def _plus_minus(ref: CellRef) -> Field:
    field = field_of(ref)
    return field if field.missing else replace(field, text=f"±{formatting.HARD_SPACE}{field.text}")


def _peers(scope: Scope) -> str:
    return formatting.join(list(dict.fromkeys(peer_noun(area) for area in scope.principals)), "eller")


def _interval(scope: Scope, area: Area, year: int) -> Field:
    interval = scope.interval(area, year)
    if interval is None:
        reason = scope.series.no_interval.get((area.id, year))
        return Field("inget", missing=True, note=reason.osakerhet_orsak if reason else "")
    # Whole small numbers have intervals that are not whole.
    decimals = 1 if scope.decimals == 0 and scope.kpi.unit != "%" and interval.ovre < _SMALL else scope.decimals
    low, high = (
        cite.figure(
            formatting.number(getattr(interval, side), decimals),
            getattr(interval, side),
            cite.place("jamforelse", scope.kpi.id, area.id, year, scope.gender, side),
        )
        for side in ("nedre", "ovre")
    )
    return Field(f"{low} till {high}", note=interval.osakerhet_grund or "")


def _similar(scope: Scope, area: Area, at: Record) -> Field:
    """The mean of the similar areas, how many they are, and the word against it."""
    if at.liknande is None:
        return _MISSING
    place = scope.own("jamforelse", area, at.ar, "liknande")
    number = cite.figure(str(at.liknande_antal), at.liknande_antal, f"{place}_antal")
    notes = [
        f"{number} {area.kind if at.liknande_antal == 1 else peer_noun(area)}",
        at.mot_liknande or "",
        f"utan uppgift: {formatting.join(at.liknande_utan)}" if at.liknande_utan else "",
    ]
    return Field(scope.number(at.liknande, place), note="; ".join(note for note in notes if note))


def _similar_note(area: Area, group: Group | None) -> str:
    """Whose mean it is: the members of the group by name."""
    whom = f"Liknande {peer_noun(area)} för {area.name}"
    if group is None:
        return f"{whom}: medlemmarna är inte kända."
    return f"{whom}: {formatting.join([member.namn for member in group.members])} (grupp {group.id})."


def _against(word: str | None, missing: str) -> Field:
    if word is None:
        return Field(missing, missing=True)
    return Field(word, missing=word == status.NOT_JUDGED)


def _direction(scope: Scope, area: Area, *, with_reason: bool) -> Field:
    trend = scope.series.trends.get(area.id)
    if trend is None:
        return _MISSING
    notes = [f"{trend.fran_ar}–{trend.till_ar}"]
    if trend.lutning_per_ar:
        decimals = scope.decimals + 1 if scope.decimals < 2 else scope.decimals
        text = formatting.signed(trend.lutning_per_ar, decimals)
        slope = cite.figure(text, trend.lutning_per_ar, scope.own("trend", area, None, "lutning_per_ar"))
        notes.append(f"{slope} per år")
    # Without its figures: they stand in the table of values.
    latest = (trend.senaste or "").split(" (")[0]
    notes += [trend.mot_riket or "", latest, trend.motivering if with_reason else ""]
    return Field(trend.trend, note="; ".join(note for note in notes if note))


def _target(scope: Scope, area: Area) -> Field:
    target = scope.series.targets.get(area.id)
    if target is None or target.malvarde is None:
        return Field("ej beslutat", missing=True)
    place = scope.own("mal", area, target.ar, "{}")
    notes = [f"mål {scope.brief(scope.number(target.malvarde, place.format('malvarde')))} år {target.mal_ar}"]
    if target.kravd_takt is not None:
        text = formatting.change(target.kravd_takt, scope.decimals, scope.kpi.unit)
        number, _, unit = text.partition(" ")
        pace = cite.figure(number, target.kravd_takt, place.format("kravd_takt"))
        notes.append(f"krävd takt {' '.join(part for part in (pace, unit) if part)} per år")
    return Field(target.mal, note="; ".join(notes))


def verdict(gap: Record) -> str:
    """The word for a gap, and why where it cannot be judged."""
    if gap.bedomning == status.NOT_JUDGED and gap.osakerhet_orsak:
        return f"{status.NOT_JUDGED}: {gap.osakerhet_orsak}"
    return str(gap.bedomning)


def gap_missing(scope: Scope, area: Area, year: int) -> str:
    """Why there is no gap: 'saknas', or which kön lacks a value and why."""
    women, men = scope.series.cell(area.id, year, WOMEN), scope.series.cell(area.id, year, MEN)
    if women.value is None and men.value is None:
        return missing_word(women) if missing_word(women) == missing_word(men) else "saknas"
    return f"kvinnor: {missing_word(women)}" if women.value is None else f"män: {missing_word(men)}"
