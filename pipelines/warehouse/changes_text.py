"""The changes of `changes` as a Swedish text, for a terminal and for Dagster.

Here is wording and the form of figures; nothing is read, and nothing computed but what rounding takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import count
from textwrap import shorten
from typing import Any

import polars as pl

from pipelines.clock import swedish
from pipelines.warehouse.change_kinds import FIRST_FETCH, Kind
from pipelines.warehouse.changes import SIGNATURE, Changes, origin

# A line per value for these, in this order; for the others a line per year says who has got a value.
_ONE_BY_ONE = (
    (Kind.REVISED, Kind.CORRECTED, Kind.CORRECTION_ENDED),
    (Kind.WITHDRAWN, Kind.DELETED, Kind.RETURNED),
    (Kind.WITHOUT_VALUE,),
)
_BY_YEAR = (Kind.FILLED_IN, Kind.NEW_YEAR, Kind.NEW_SERIES)
# More changes than this of one nyckeltal are a line per område; the CSV has them all.
_MAX_LINES = 30
# As many words stand around what differs in a long text.
_WORDS_AROUND = 4
# As many nyckeltal in a list have their titles written out.
_MAX_TITLES = 3

_THIN_SPACE, _MINUS = "\u202f", "\u2212"
# Room for the sum of any two finite floats.
_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)

_LATE = "planerad publicering passerad"
# The words for these events hold the title.
_WITH_TITLE = (
    "ny titel",
    "titel ej bekräftad",
    "nyckeltal borttaget",
    "nyckeltal saknas",
    "nyckeltal åter i katalogen",
)
_NOT_FOLLOWED, _UNKNOWN = "(följs inte längre)", "(uppgift saknas)"


def as_text(changes: Changes) -> str:
    """Swedish text for a terminal, signed as our own computation; one line when nothing changed."""
    until, mark = _clock(changes.until), origin(changes.source)
    own, elsewhere = _by_kind(changes.own), _by_kind(changes.elsewhere)
    if not (own or elsewhere or changes.catalogue.height or changes.refused.height):
        since = _clock(changes.since) if changes.since else "början"
        return f"Ingenting har ändrats sedan {since} (senast publicerade körning klar {until}). {mark}".strip() + "\n"
    lines = [
        f"Ändringar från {_clock(changes.since)} till {until}" if changes.since else f"Ändringar till {until}",
        *([mark] if mark else []),
        f"Målbildens områden och riket: {own or 'inga ändringar'}",
        *([f"Områden som jämförs med, inte uppräknade här: {elsewhere}"] if elsewhere else []),
        *([f"Händelser i Koladas katalog: {_count(changes.catalogue.height)}"] if changes.catalogue.height else []),
        *_refused_lines(changes.refused),
    ]
    dated = changes.values["observerad"].n_unique() > 1
    for measure in changes.values.partition_by("matt", maintain_order=True):
        lines += _heading(measure["matt"][0])
        for kpi in measure.partition_by("nyckeltal_id", maintain_order=True):
            lines += _kpi_lines(kpi, changes.kommuner, dated)
    lines += _catalogue_lines(changes.catalogue)
    return "\n".join([*lines, "", SIGNATURE]) + "\n"


def _by_kind(numbers: Mapping[str, int]) -> str:
    """'reviderat 12, nytt år 27'."""
    return ", ".join(f"{kind} {_count(numbers[kind])}" for kind in (*Kind, FIRST_FETCH) if kind in numbers)


def _refused_lines(refused: pl.DataFrame) -> Iterator[str]:
    for reason, kpis, number in refused.iter_rows():
        where = shorten(kpis or "okänt nyckeltal", 60, placeholder=" …")
        yield f"Värden som inte släpptes in: {_count(number)}, {reason} ({where})"


def _heading(text: str) -> list[str]:
    return ["", text, "-" * len(text)]


def _kpi_lines(rows: pl.DataFrame, kommuner: Sequence[str], dated: bool) -> Iterator[str]:
    first = rows.row(0, named=True)
    yield f"{first['nyckeltal_id']} {first['titel'] or _NOT_FOLLOWED}"
    unit = "%, ändring i procentenheter" if first["enhet"] == "%" else first["enhet"]
    others = f"även under: {first['ovriga_matt']}" if first["ovriga_matt"] else None
    if about := "; ".join(word for word in (first["roll"], unit, others) if word):
        yield f"  ({about})"
    years = rows.filter(pl.col("slag").is_in(_BY_YEAR))["ar"].unique().to_list()
    # A value that came without a figure, in a year that others have got, belongs to the line of that year.
    belongs = (pl.col("slag") == Kind.WITHOUT_VALUE) & pl.col("fore_status").is_null() & pl.col("ar").is_in(years)
    for kinds in _ONE_BY_ONE:
        of_kind = rows.filter(pl.col("slag").is_in(kinds), ~belongs)
        if of_kind.height <= _MAX_LINES:
            yield from (f"  {_value_line(row, dated)}" for row in of_kind.iter_rows(named=True))
        else:
            yield from _area_lines(of_kind)
    for kind in _BY_YEAR:
        yield from _year_lines(kind, rows.filter((pl.col("slag") == kind) | belongs), kommuner)


def _value_line(row: Mapping[str, Any], dated: bool) -> str:
    """'Flen 2024 T: 12,3 → 12,9 (+0,6) reviderat'."""
    when = f" {_day(row['observerad'])}" if dated else ""
    return f"{row['omrade']} {row['ar']} {row['kon']}: {_what(row)}{when}"


def _what(row: Mapping[str, Any]) -> str:
    before, after = row["fore"], row["efter"]
    correction = ""
    if row["slag"] == Kind.CORRECTED:
        correction = f" {row['korrigering']}, Koladas värde {_value(row['originalvarde'], 'saknas')}"
    if before is not None and after is not None and before != after:
        step = _step(before, after)
    else:
        words = [_value(row[side], row[f"{side}_status"]) for side in ("fore", "efter") if row[f"{side}_status"]]
        step = " → ".join(dict.fromkeys(words))
    return f"{step} {row['slag']}{correction}"


def _area_lines(rows: pl.DataFrame) -> Iterator[str]:
    """A line per område with the largest change, for a nyckeltal with many."""
    for area in rows.partition_by("omrade_id", maintain_order=True):
        numbers = dict(area["slag"].value_counts().iter_rows())
        line = f"  {area['omrade'][0]}: {_by_kind(numbers)}, {year_ranges(area['ar'].unique().to_list())}"
        largest = area.drop_nulls("skillnad").sort(pl.col("skillnad").abs(), descending=True).head(1)
        yield line + "".join(f"; störst {r['ar']} {r['kon']}: {_what(r)}" for r in largest.iter_rows(named=True))


def _year_lines(kind: str, rows: pl.DataFrame, kommuner: Sequence[str]) -> Iterator[str]:
    """'nytt år 2025: 8 av 9 kommuner (inte Flen), riket; sekretess: Flen T/K/M'; years that came alike share a line."""
    years: dict[str, list[int]] = {}
    for of_year in rows.sort("ar", maintain_order=True).partition_by("ar", maintain_order=True):
        of_kind = of_year.filter(pl.col("slag") == kind)
        if of_kind.height:
            years.setdefault(_coverage(of_kind, kommuner) + _missing(of_year), []).append(of_year["ar"][0])
    yield from (f"  {kind} {year_ranges(same_years)}: {coverage}" for coverage, same_years in years.items())


def _coverage(rows: pl.DataFrame, kommuner: Sequence[str]) -> str:
    """Which områden have got a value: '8 av 9 kommuner (inte Flen), Region Sörmland, riket'."""
    areas = rows.select("omradestyp", "omrade").unique(maintain_order=True)
    with_value = [name for kind, name in areas.iter_rows() if kind == "kommun"]
    parts = []
    if with_value:
        without = [name for name in kommuner if name not in with_value]
        which = f" (inte {', '.join(without)})" if without else ""
        if len(with_value) <= len(without):
            which = f" ({', '.join(with_value)})"
        parts.append(f"{len(with_value)} av {len(kommuner)} kommuner{which}")
    parts += ["riket" if kind == "riket" else name for kind, name in areas.iter_rows() if kind != "kommun"]
    return ", ".join(parts)


def _missing(rows: pl.DataFrame) -> str:
    """'; sekretess: Flen T/K/M, Trosa K'."""
    areas = rows.filter(pl.col("efter").is_null()).group_by("efter_status", "omrade", maintain_order=True).agg("kon")
    where = areas.select("efter_status", where=pl.format("{} {}", "omrade", pl.col("kon").list.join("/")))
    of_status = where.group_by("efter_status", maintain_order=True).agg(pl.col("where").str.join(", "))
    return "".join(f"; {status}: {areas}" for status, areas in of_status.iter_rows())


def _catalogue_lines(events: pl.DataFrame) -> Iterator[str]:
    late = pl.col("handelse") == _LATE
    kpis = events.filter(pl.col("objekt") == "nyckeltal", ~late)
    if kpis.height:
        yield from _heading("Koladas katalog: nyckeltal")
        yield "Långa texter är kortade; hela står i tabellen katalog_handelse."
    for measure in kpis.partition_by("matt", maintain_order=True):
        yield measure["matt"][0]
        for kpi in measure.partition_by("objekt_id", maintain_order=True):
            yield from (f"  {line}" for line in _kpi_event_lines(kpi.to_dicts()))
    if events.filter(late).height:
        yield from _heading("Planerad publicering har passerat och inga värden har kommit")
    for plan in events.filter(late).sort("fore", maintain_order=True).partition_by("fore", "efter"):
        yield f"  {plan['fore'][0]}, period {plan['efter'][0]}: {_kpi_list(plan)}"
    groups = events.filter(pl.col("objekt") == "grupp")
    if groups.height:
        yield from _heading("Koladas katalog: grupper")
        yield from (f"  {event['objekt_id']} {_group_event(event)}" for event in groups.iter_rows(named=True))


def _kpi_list(events: pl.DataFrame) -> str:
    if events.height > _MAX_TITLES:
        return ", ".join(events["objekt_id"])
    return "; ".join(f"{e['objekt_id']} {e['titel'] or _NOT_FOLLOWED}" for e in events.iter_rows(named=True))


def _kpi_event_lines(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """'U21401: ny titel: … → …' where that says all; else the title on a line of its own, and what happened below."""
    kpi_id, title = events[0]["objekt_id"], events[0]["titel"]
    lines = [_kpi_event(event) for event in events]
    if len(lines) == 1 and events[0]["handelse"] in _WITH_TITLE and "…" not in lines[0]:
        yield f"{kpi_id}: {lines[0]}"
    else:
        yield f"{kpi_id} {title or _NOT_FOLLOWED}"
        yield from (f"  {line}" for line in lines)


def _kpi_event(event: Mapping[str, Any]) -> str:
    before, after = event["fore"] or _UNKNOWN, event["efter"] or _UNKNOWN
    match event["handelse"]:
        case "titel ej bekräftad":
            return f"titeln är inte bekräftad, nya värden hålls: {_difference(before, after)}"
        case "nyckeltal borttaget":
            return f"finns inte längre i Koladas katalog: {before}"
        case "nyckeltal saknas":
            return f"finns inte i Koladas katalog: {after}"
        case "nyckeltal åter i katalogen":
            return f"finns nu i Koladas katalog: {after}"
        case "nyckeltal upphört":
            return f"upphört, sista år {after}"
        case "annan nivå än i indikatorer.yaml":
            return f"nivå {after} i Kolada, {before} i indikatorer.yaml"
        case "omöjligt publiceringsdatum":
            return f"Kolada anger publiceringsdatumet {after}, som inte finns"
        case what:
            return f"{what}: {_difference(before, after)}"


def _group_event(event: Mapping[str, Any]) -> str:
    """'grupp ändrad: Liknande kommuner, Flen, 2022 → 2025; in: …; ut: …'."""
    title, before = event["titel"] or _UNKNOWN, event["titel_fore"]
    if event["handelse"] != "grupp ändrad" or before is None:
        return f"{event['handelse']}: {title}"
    head, _, year = before.rpartition(" ")
    new_head, _, new_year = title.rpartition(" ")
    only_year = head == new_head and year.isdigit() and new_year.isdigit()
    name = title if title == before else f"{before} → {new_year if only_year else title}"
    moved = [f"{way}: {who}" for way, who in (("in", event["tillkom"]), ("ut", event["utgick"])) if who]
    return f"grupp ändrad: {'; '.join([name, *(moved or ['samma medlemmar'])])}"


def _difference(before: str, after: str) -> str:
    """'before → after'; of long texts only the part that differs, with a few words around it."""
    if len(before) + len(after) <= 200:
        return f"{before} → {after}"
    old, new = before.split(), after.split()
    if old == new:
        return "endast mellanrum ändrade"
    head = _common_start(old, new)
    tail = _common_start(old[head:][::-1], new[head:][::-1])
    return f"{_excerpt(old, head, tail)} → {_excerpt(new, head, tail)}"


def _common_start(old: list[str], new: list[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _excerpt(words: list[str], head: int, tail: int) -> str:
    start, stop = max(head - _WORDS_AROUND, 0), min(len(words) - tail + _WORDS_AROUND, len(words))
    inside = shorten(" ".join(words[start:stop]), 160, placeholder=" …")
    return f"{'… ' if start else ''}{inside}{' …' if stop < len(words) and not inside.endswith('…') else ''}"


def _value(value: float | None, status: str | None) -> str:
    """The figure with the decimals that it takes, or why there is none."""
    if value is None:
        return status or "saknas"
    exact = Decimal(repr(value))
    return next(_figure(r, n) for n in count(_fewest(exact)) if (r := _rounded(exact, n)) or not exact)


def _step(before: float, after: float) -> str:
    """'12,3 → 12,9 (+0,6)', with the fewest decimals that show the change and make the three figures agree."""
    old, new = Decimal(repr(before)), Decimal(repr(after))
    # Without the noise that binary subtraction leaves: 12.9 - 12.3 is 0.6.
    exact = (old, new, _EXACT.subtract(new, old))
    for decimals in count(_fewest(old, new)):
        was, now, change = rounded = [_rounded(figure, decimals) for figure in exact]
        if _EXACT.subtract(now, was) == change and all(bool(r) == bool(e) for r, e in zip(rounded, exact, strict=True)):
            break
    sign = "+" if change > 0 else ""
    return f"{_figure(was, decimals)} → {_figure(now, decimals)} ({sign}{_figure(change, decimals)})"


def _fewest(*exact: Decimal) -> int:
    return 0 if all(figure == figure.to_integral_value() for figure in exact) else 1


def _rounded(exact: Decimal, decimals: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)


def _figure(rounded: Decimal, decimals: int) -> str:
    text = f"{rounded:,.{decimals}f}" if rounded else f"{0:.{decimals}f}"
    return text.replace(",", _THIN_SPACE).replace(".", ",").replace("-", _MINUS)


def _count(number: int) -> str:
    return _figure(Decimal(number), 0)


def year_ranges(years: Sequence[int]) -> str:
    """[2019, 2021, 2022] → '2019, 2021–2022'."""
    ranges: list[list[int]] = []
    for year in sorted(years):
        if ranges and year == ranges[-1][-1] + 1:
            ranges[-1].append(year)
        else:
            ranges.append([year])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in ranges)


def _clock(moment: datetime) -> str:
    """'2026-11-22 kl. 05.31' in Sweden, from a time in UTC."""
    return f"{swedish(moment):%Y-%m-%d kl. %H.%M}"


def _day(moment: datetime) -> str:
    return f"{swedish(moment):%Y-%m-%d}"
