"""Kvinnor and män, and likvärdighet: the gap and the spread of a nyckeltal in sentences and tables. Own processing."""

from __future__ import annotations

from dashboards import formatting
from dashboards.pages import attribution
from dashboards.pages.county import BASELINE
from dashboards.pages.kpi_scope import NOT_JUDGED, Scope, county_name, county_size, name_or_count
from dashboards.pages.status import NO_DIFFERENCE
from dashboards.pages.tables import Field, Row, Table, missing_word
from dashboards.reading.published import MEN, WOMEN, Area
from pipelines.rows import Record

SURE, PROBABLE = "säker skillnad", "trolig skillnad"
SAME_VALUE = "kvinnors värde är lika med mäns"


def verdict(gap: Record) -> str:
    """The word for a gap, and why where it cannot be judged."""
    if gap.bedomning == NOT_JUDGED and gap.osakerhet_orsak:
        return f"{NOT_JUDGED}: {gap.osakerhet_orsak}"
    return str(gap.bedomning)


def gap_sentence(scope: Scope) -> list[str]:
    """Who is higher, in how many kommuner, and for how many that is sure."""
    year = scope.gender_year
    gaps = {area: gap for area in scope.principals if (gap := scope.gap(area)) is not None}
    if year is None or not gaps:
        return []
    kommuner = [area for area in gaps if area.kind == "kommun"]
    sentences = []
    if len(kommuner) > 1:
        groups = [
            ("högre än mäns", [area for area in kommuner if gaps[area].skillnad > 0]),
            ("lägre än mäns", [area for area in kommuner if gaps[area].skillnad < 0]),
            ("lika med mäns", [area for area in kommuner if gaps[area].skillnad == 0]),
        ]
        text = formatting.join([f"{word} i {name_or_count(areas, kommuner)}" for word, areas in groups if areas])
        sentences.append(f"År {year} är kvinnors värde{_of(len(kommuner), scope)} {text}. {_how_sure(gaps, kommuner)}")
    alone = [area for area in gaps if area.kind == "region" or len(kommuner) == 1]
    sentences += [_single(scope, area, gaps[area], year) for area in alone]
    return sentences


def _of(count: int, scope: Scope) -> str:
    """Of how many, when some kommuner lack values for women or men."""
    whole = len(scope.kommuner)
    return "" if count == whole else f", i {formatting.count_word(count)} kommuner med uppgift för båda,"


def _how_sure(gaps: dict[Area, Record], kommuner: list[Area]) -> str:
    by_word: dict[str, list[Area]] = {}
    for area in kommuner:
        by_word.setdefault(gaps[area].bedomning, []).append(area)
    by_word.pop(SAME_VALUE, None)
    parts = [
        f"{word} i {name_or_count(by_word[word], kommuner)}"
        for word in (SURE, PROBABLE, NO_DIFFERENCE, NOT_JUDGED)
        if word in by_word
    ]
    return f"{formatting.capital('; '.join(parts))}." if parts else ""


def _single(scope: Scope, area: Area, gap: Record, year: int) -> str:
    if gap.skillnad == 0:
        return f"{area.name} hade samma värde för kvinnor och män år {year}."
    return (
        f"Skillnaden (kvinnor minus män) för {area.name} var {scope.change_text(gap.skillnad)} år {year}; "
        f"{verdict(gap)}."
    )


def gap_table(scope: Scope) -> Table | None:
    """The gap of every area in the year that is drawn."""
    year = scope.gender_year
    if year is None or not any(scope.gap(area) for area in scope.areas):
        return None
    with_margins = any(gap.osakerhet is not None for area in scope.areas if (gap := scope.gap(area)))
    rows = []
    for area in scope.areas:
        gap = scope.gap(area)
        if gap is None:
            fields = [Field(gap_missing(scope, area, year), missing=True)]
            fields += [Field("saknas", missing=True)] * (2 if with_margins else 1)
        else:
            fields = [Field(signed(gap.skillnad, scope.decimals))]
            if with_margins:
                fields.append(_margin(gap, scope))
            fields.append(Field(verdict(gap)))
        rows.append(Row(area.name, tuple(fields), area.kind))
    return Table(
        caption=(
            f"Skillnad mellan kvinnor och män {year} för {scope.kpi.id}: kvinnornas värde minus männens. "
            f"Enhet: {scope.change_unit}."
        ),
        columns=("Område", "Skillnad", *(["Osäkerhet ±"] if with_margins else []), "Bedömning"),
        rows=tuple(rows),
        source=attribution.own(scope.source),
        own=True,
    )


def _margin(gap: Record, scope: Scope) -> Field:
    if gap.osakerhet is None:
        return Field("saknas", missing=True)
    return Field(f"±{formatting.HARD_SPACE}{formatting.number(gap.osakerhet, max(scope.decimals, 1))}")


def signed(value: float, decimals: int) -> str:
    """A difference without its unit: '+1,4', '−0,2', '0'."""
    return f"{'+' if value > 0 else ''}{formatting.number(value, decimals)}"


def gap_missing(scope: Scope, area: Area, year: int) -> str:
    """Why there is no gap: 'saknas', or which kön lacks a value and why."""
    women, men = scope.series.cell(area.id, year, WOMEN), scope.series.cell(area.id, year, MEN)
    if women.value is None and men.value is None:
        return missing_word(women) if missing_word(women) == missing_word(men) else "saknas"
    return f"kvinnor: {missing_word(women)}" if women.value is None else f"män: {missing_word(men)}"


def spreads(scope: Scope) -> dict[int, Record]:
    """Of the years shown, those in which at least half of the kommuner have a value: few say nothing of all."""
    if scope.coded or scope.kpi.level == "L" or not scope.kommuner:
        return {}
    return {
        year: spread
        for year, spread in sorted(scope.series.spread.items())
        if year in scope.years and spread.spannvidd is not None and spread.antal * 2 >= county_size(scope)
    }


def spread_sentence(scope: Scope) -> list[str]:
    """Whether the kommuner have come closer since the målbild's year, or the first year that can be compared."""
    known = spreads(scope)
    if not known and scope.series.spread and scope.kommuner:
        return ["Färre än hälften av kommunerna har uppgift: avståndet mellan dem säger inget om länet."]
    if not known:
        return []
    last = max(known)
    newest = known[last]
    text = f"Avståndet mellan högsta och lägsta kommun är {_span(scope, newest)} år {last}"
    earlier = [year for year in known if year < last and scope.comparable(year, last)]
    since = BASELINE if BASELINE in earlier else earlier[0] if earlier else None
    if since is None:
        return [f"{text}; det finns inget tidigare år att jämföra med."]
    before = known[since]
    assert before.spannvidd is not None
    assert newest.spannvidd is not None
    change = newest.spannvidd - before.spannvidd
    word = "större" if change > 0 else "mindre" if change < 0 else "lika stort"
    than = "som" if word == "lika stort" else "än"
    judged = (
        f" Spridningen {newest.spridning_andring} sedan {newest.jamfort_med_ar}." if newest.spridning_andring else ""
    )
    sentence = f"{text}, {word} {than} {since} ({_span(scope, before)}).{judged}"
    if before.antal != newest.antal:
        sentence += (
            f" Antalet kommuner med uppgift är inte detsamma ({before.antal} år {since}, {newest.antal} år {last}), "
            "och det påverkar avståndet."
        )
    return [sentence]


def _span(scope: Scope, spread: Record) -> str:
    assert spread.spannvidd is not None
    return formatting.with_unit(formatting.number(spread.spannvidd, scope.decimals), scope.change_unit)


def county_table(scope: Scope, *, in_full: bool) -> Table | None:
    """The kommuner together: mean and how many they are; in_full also median, lowest, highest and distance."""
    if scope.coded or scope.kpi.level == "L" or not scope.series.county:
        return None
    known = {year: scope.series.spread.get(year) for year in scope.years}
    missing = Field("saknas", missing=True)

    def row(head: str, of: list[float | None], decimals: int) -> Row:
        return Row(
            head,
            tuple(Field(formatting.number(value, decimals)) if value is not None else missing for value in of),
            "own",
        )

    spread_rows = list(known.values())
    means = [scope.series.county.get(year) for year in scope.years]
    apart = (
        row("Median", [spread.median if spread else None for spread in spread_rows], scope.own_decimals),
        row("Lägsta kommun", [spread.lagst if spread else None for spread in spread_rows], scope.decimals),
        row("Högsta kommun", [spread.hogst if spread else None for spread in spread_rows], scope.decimals),
        row("Avstånd mellan dem", [spread.spannvidd if spread else None for spread in spread_rows], scope.decimals),
    )
    return Table(
        caption=f"Länets kommuner för {scope.kpi.id}. Enhet: {scope.kpi.unit}.{scope.broken(scope.years)}",
        columns=("Länet", *(str(year) for year in scope.years)),
        rows=(
            row(county_name(scope), [mean.lan_varde if mean else None for mean in means], scope.own_decimals),
            *(apart if in_full else ()),
            Row(
                "Antal kommuner med uppgift", tuple(Field(str(mean.lan_antal if mean else 0)) for mean in means), "own"
            ),
        ),
        source=attribution.own(scope.source),
        own=True,
    )
