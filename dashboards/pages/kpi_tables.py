"""The tables of a nyckeltal: the values, and in separate tables what we have computed from them."""

from __future__ import annotations

from dataclasses import replace

from dashboards import formatting
from dashboards.pages import attribution, corrections, kpi_change, status
from dashboards.pages.choice import GENDER_WORDS
from dashboards.pages.corrections import CellRef
from dashboards.pages.county import BASELINE
from dashboards.pages.kpi_change import Change
from dashboards.pages.kpi_equity import county_table, signed
from dashboards.pages.kpi_scope import Scope, is_reported, peer_noun
from dashboards.pages.tables import Field, Row, Table, field_of
from dashboards.reading.published import MEN, TOTAL, WOMEN, Area, Group, Published
from pipelines.rows import Record


def tables(scope: Scope, *, in_full: bool) -> list[Table]:
    """The unchanged and corrected values, and separately the county's; in_full: with its spread."""
    compared = scope.compared_year
    newest = scope.gender_year or scope.newest_year
    genders = [
        letter
        for letter in (WOMEN, MEN)
        if scope.gender == TOTAL
        and any(is_reported(scope.series.cell(area.id, newest, letter)) for area in scope.areas)
    ]
    with_margins = any(is_reported(scope.margin(area, compared)) for area in scope.areas)
    rows = []
    cells: list[CellRef] = []
    for area in scope.areas:
        by_year = [scope.shown(area, year) for year in scope.years]
        margins = [scope.shown_margin(area, compared)] if with_margins else []
        by_gender = [scope.shown(area, newest, letter) for letter in genders]
        fields = [
            *(field_of(ref.cell, ref.decimals) for ref in by_year),
            *(_margin(ref) for ref in margins),
            *(field_of(ref.cell, ref.decimals) for ref in by_gender),
        ]
        cells += [*by_year, *margins, *by_gender]
        rows.append(Row(area.name, tuple(fields), area.kind))
    columns = [
        "Område",
        *(str(year) for year in scope.years),
        *([f"Osäkerhet ± {compared}"] if with_margins else []),
        *(f"{formatting.capital(GENDER_WORDS[letter])} {newest}" for letter in genders),
    ]
    span = f"{scope.years[0]}–{scope.years[-1]}" if len(scope.years) > 1 else str(scope.years[0])
    corrected = corrections.corrected(cells)
    values = Table(
        caption=f"{scope.kpi.id} per område, {span}. Enhet: {scope.unit}.{scope.broken(scope.years)}",
        columns=tuple(columns),
        rows=tuple(rows),
        source=attribution.shown(scope.source, corrected),
        own=False,
        corrected=bool(corrected),
        notes=tuple(corrections.notes(cells, scope.source)),
    )
    county = county_table(scope, in_full=in_full)
    return [values, *([county] if county else [])]


def _margin(ref: CellRef) -> Field:
    field = field_of(ref.cell, ref.decimals)
    return field if field.missing else replace(field, text=f"±{formatting.HARD_SPACE}{field.text}")


def position_table(scope: Scope, published: Published) -> Table | None:
    """Where each principal stands in its own newest year, and its three statuses. Own processing."""
    rows = []
    # What is the same for all areas is written once, above the table.
    judged = any(at.mot_riket not in (None, status.NOT_JUDGED) for at in scope.series.positions.values())
    decided = any(target.malvarde is not None for target in scope.series.targets.values())
    own_values: list[str] = []
    similar_notes: list[str] = []
    reasons = {trend.orsak for trend in scope.series.trends.values()}
    for area in scope.principals:
        years = [year for year in scope.years_of([area]) if (area.id, year) in scope.series.positions]
        if not years:
            rows.append(Row(area.name, (Field("saknas", missing=True),) * (5 + judged + decided), area.kind))
            continue
        at = scope.series.positions[area.id, years[-1]]
        if scope.cell(area, years[-1]).replaced:
            own_values.append(area.name)
        place = (
            Field(f"{status.place_span(at)} av {at.antal_med_varde}")
            if at.plats is not None
            else Field("utan riktning", missing=True)
        )
        similar = Field("saknas", missing=True)
        if at.liknande is not None:
            members = f"{at.liknande_antal} {area.kind if at.liknande_antal == 1 else peer_noun(area)}"
            without = f"; utan uppgift: {formatting.join(at.liknande_utan)}" if at.liknande_utan else ""
            similar = Field(formatting.number(at.liknande, scope.own_decimals), note=members + without)
            group = published.groups.get(at.liknande_grupp_id) if at.liknande_grupp_id else None
            similar_notes.append(_similar_note(area, group))
        band = Field(at.band) if at.band else Field(at.band_orsak or "går inte att placera", missing=True)
        trend = scope.series.trends.get(area.id)
        direction = Field("saknas", missing=True)
        if trend:
            pace = (
                f"{formatting.change(trend.lutning_per_ar, scope.own_decimals, scope.kpi.unit)} per år"
                if trend.lutning_per_ar
                else ""
            )
            notes = [
                f"{trend.fran_ar}–{trend.till_ar}",
                pace,
                trend.mot_riket or "",
                trend.senaste or "",
                trend.orsak if len(reasons) > 1 else "",
            ]
            direction = Field(trend.riktning, note="; ".join(note for note in notes if note))
        fields = [Field(str(years[-1])), place, band, *([_against(at)] if judged else []), similar, direction]
        rows.append(Row(area.name, (*fields, *([_target(scope, area)] if decided else [])), area.kind))
    if not scope.series.positions:
        return None
    captions = [f"Läge, riktning och mål för {scope.kpi.id}. Plats räknas bland alla områden av samma slag, 1 är bäst."]
    if len(reasons) == 1:
        captions.append(f"Riktning över tid: {reasons.pop()}.")
    if not judged:
        captions.append(f"Skillnaden mot riket kan inte bedömas: {scope.no_interval}.")
    if not decided:
        captions.append(f"{formatting.capital(status.NO_TARGET)}.")
    return Table(
        caption=" ".join(captions),
        columns=(
            "Område",
            "År",
            "Plats",
            "Band",
            *(["Mot riket"] if judged else []),
            "Liknande områden, medel av dagens medlemmar",
            "Riktning över tid",
            *(["Mål"] if decided else []),
        ),
        rows=tuple(rows),
        source=attribution.own(scope.source),
        own=True,
        notes=(
            *([f"Räknade på värden som är rättade av ägarna: {formatting.join(own_values)}."] if own_values else []),
            *similar_notes,
        ),
    )


def _similar_note(area: Area, group: Group | None) -> str:
    """Whose mean it is: the members of the group by name."""
    whom = f"Liknande {peer_noun(area)} för {area.name}"
    if group is None:
        return f"{whom}: medlemmarna är inte kända."
    return f"{whom}: {formatting.join([member.namn for member in group.members])} (grupp {group.id})."


def _against(at: Record) -> Field:
    """The word against riket."""
    if at.mot_riket is None:
        return Field("riket saknas", missing=True)
    return Field(at.mot_riket, missing=at.mot_riket == status.NOT_JUDGED)


def _target(scope: Scope, area: Area) -> Field:
    target = scope.series.targets.get(area.id)
    if target is None or target.malvarde is None:
        return Field("ej beslutat", missing=True)
    notes = [f"mål {scope.text(target.malvarde)} år {target.mal_ar}"]
    if target.kravd_takt is not None:
        notes.append(f"krävd takt {formatting.change(target.kravd_takt, scope.own_decimals, scope.kpi.unit)} per år")
    return Field(target.status, note="; ".join(notes))


def change_table(scope: Scope) -> Table | None:
    """The interval of each area's newest value, and how far it has moved. Own processing."""
    if scope.coded:
        return None
    newest = {area: years[-1] for area in scope.areas if (years := scope.years_of([area]))}
    with_intervals = any(scope.interval(area, year) for area, year in newest.items())
    rows = []
    for area in scope.areas:
        year = newest.get(area)
        if year is None:
            rows.append(Row(area.name, (Field("saknas", missing=True),) * (4 if with_intervals else 3), area.kind))
            continue
        fields = [
            Field(str(year)),
            *([_interval(scope, area, year)] if with_intervals else []),
            _change(scope, kpi_change.since_before(scope, area), with_year=True),
            _change(scope, kpi_change.since_base(scope, area), with_year=False),
        ]
        rows.append(Row(area.name, tuple(fields), area.kind))
    captions = [f"Förändring för {scope.kpi.id}. Enhet: {scope.change_unit}."]
    return Table(
        caption=" ".join(captions),
        columns=(
            "Område",
            "Senaste år",
            *(["Värdets intervall, 95 %"] if with_intervals else []),
            "Sedan mätningen före",
            f"Sedan {BASELINE}",
        ),
        rows=tuple(rows),
        source=attribution.own(scope.source),
        own=True,
        notes=() if with_intervals else (f"Inga intervall: {scope.no_interval}.",),
    )


def _interval(scope: Scope, area: Area, year: int) -> Field:
    interval = scope.interval(area, year)
    if interval is None:
        return Field("saknas", missing=True)
    decimals = max(scope.decimals, 1)
    return Field(
        f"{formatting.number(interval.nedre, decimals)} till {formatting.number(interval.ovre, decimals)}",
        note=interval.osakerhet_grund or "",
    )


def _change(scope: Scope, change: Change | None, *, with_year: bool) -> Field:
    """with_year: with the year that it is counted from."""
    if change is None:
        return Field("saknas", missing=True)
    if change.value is None:
        return Field(change.word, missing=True)
    return Field(signed(change.value, scope.decimals), note=f"från {change.since}" if with_year else "")
