"""The changes of `changes` in Swedish words: a text for a terminal or a mail, and rows for a table of metadata.

Here is wording and the form of figures; nothing is read or computed but what rounding takes.
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
from pipelines.warehouse.changes import (
    FIRST_LOAD,
    NEW_PERIOD,
    NEW_SERIES,
    NEW_VALUE,
    SIGNATURE,
    Changes,
    origin,
    signature,
)

Row = dict[str, str | int | float | None]
ROW_COLUMNS = (
    "observerad",
    "mått",
    "id",
    "titel",
    "område",
    "år",
    "kön",
    "händelse",
    "före",
    "efter",
    "ändring",
    "bearbetning",
)

_CORRECTED = ("ersatt", "utelämnad")
_THIN_SPACE, _MINUS = "\u202f", "\u2212"
# Room for the sum of any two finite floats.
_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
# More lines than this for one nyckeltal are told as one line per område; the CSV has them all.
_LINES = 30
# So few nyckeltal in a list are told with their titles.
_FEW = 3

_LATE = "planerad publicering passerad"
_TELLS_TITLE = (
    "ny titel",
    "titel ej bekräftad",
    "nyckeltal borttaget",
    "nyckeltal saknas",
    "nyckeltal åter i katalogen",
)
_WORDS = {
    "reviderad": ("reviderat", "reviderade"),
    "borttagen": ("borttaget", "borttagna"),
    "återkommen": ("återkommet", "återkomna"),
    "ny": ("nytt", "nya"),
}
_NOT_FOLLOWED, _UNKNOWN = "(följs inte längre)", "(uppgift saknas)"


def as_text(changes: Changes) -> str:
    """Swedish text for a terminal or a mail, signed as our own computation; one line when nothing changed."""
    until = _clock(changes.until)
    made_of = origin(changes.source)
    if not (changes.values.height or changes.catalogue.height or changes.elsewhere or changes.refused.height):
        since = _clock(changes.since) if changes.since else "början"
        return (
            f"Ingenting har ändrats sedan {since} (senast publicerade körning klar {until}). {made_of}".strip() + "\n"
        )
    listed = changes.values.filter(pl.col("slag") != FIRST_LOAD)
    lines = [
        f"Ändringar från {_clock(changes.since)} till {until}" if changes.since else f"Ändringar till {until}",
        *([made_of] if made_of else []),
        *_counts(changes, listed),
    ]
    if listed.is_empty():
        first = changes.values.group_by("matt", maintain_order=True).len()
        lines += [f"  {matt}: {FIRST_LOAD}: {_values(n)}" for matt, n in first.iter_rows()]
    dated = listed["observerad"].n_unique() > 1
    for part in listed.partition_by("matt", maintain_order=True):
        lines += _heading(part["matt"][0])
        for kpi in part.partition_by("nyckeltal_id", maintain_order=True):
            lines += _kpi_lines(kpi, changes.kommuner, dated)
    lines += _catalogue_lines(changes.catalogue)
    return "\n".join([*lines, "", SIGNATURE]) + "\n"


def _counts(changes: Changes, listed: pl.DataFrame) -> Iterator[str]:
    """What there is of each kind, before the lists."""
    first = changes.values.height - listed.height
    if listed.height or not first:
        yield f"Målbildens områden och riket: {_event_counts(_tally(listed, 'handelse')) or 'inga ändringar'}"
    if listed.height and first:
        yield f"Dessutom {FIRST_LOAD}: {_values(first)}, inte uppräknade här"
    if changes.elsewhere:
        yield f"Områden som jämförs med, inte uppräknade här: {_event_counts(changes.elsewhere)}"
    if changes.catalogue.height:
        yield f"Händelser i Koladas katalog: {_count(changes.catalogue.height)}"
    for reason, kpis, n in changes.refused.iter_rows():
        where = shorten(kpis or "okänt nyckeltal", 60, placeholder=" …")
        yield f"Värden som inte släpptes in: {_count(n)}, {reason} ({where})"


def _tally(frame: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(frame[column].value_counts().iter_rows())


def _event_counts(by_event: Mapping[str, int]) -> str:
    return ", ".join(
        f"{_count(n)} {one if n == 1 else many}" for event, (one, many) in _WORDS.items() if (n := by_event.get(event))
    )


def _heading(text: str) -> list[str]:
    return ["", text, "-" * len(text)]


def _kpi_lines(rows: pl.DataFrame, kommuner: Sequence[str], dated: bool) -> Iterator[str]:
    """The changes of one nyckeltal: revisions, then what went and came back, then what is new."""
    first = rows.row(0, named=True)
    yield f"{first['nyckeltal_id']} {first['titel'] or _NOT_FOLLOWED}"
    unit = "%, ändring i procentenheter" if first["enhet"] == "%" else first["enhet"]
    others = f"även under: {first['ovriga_matt']}" if first["ovriga_matt"] else None
    if about := "; ".join(word for word in (first["roll"], unit, others) if word):
        yield f"  ({about})"
    for kinds in (["reviderad"], ["borttagen", "återkommen"], [NEW_VALUE]):
        of_kind = rows.filter(pl.col("slag").is_in(kinds))
        if of_kind.height <= _LINES:
            yield from (f"  {_value_line(row, dated)}" for row in of_kind.iter_rows(named=True))
        else:
            yield from _per_area(of_kind)
    yield from _new_periods(rows.filter(pl.col("slag") == NEW_PERIOD), kommuner)
    yield from _new_series(rows.filter(pl.col("slag") == NEW_SERIES), kommuner)


def _value_line(row: Mapping[str, Any], dated: bool) -> str:
    """'Flen 2024 T: 12,3 → 12,9 (+0,6) reviderad'."""
    when = f" {_day(row['observerad'])}" if dated else ""
    return f"{row['omrade']} {row['ar']} {row['kon']}: {_what(row)}{when}"


def _what(row: Mapping[str, Any]) -> str:
    fore, efter = row["fore"], row["efter"]
    if row["handelse"] == "borttagen":
        return f"{_shown(fore, row['fore_status'])} borttagen"
    if row["handelse"] != "reviderad":
        return f"{_shown(efter, row['efter_status'])} {row['slag']}{_correction(row)}"
    if (fore, row["fore_status"]) == (efter, row["efter_status"]):
        return f"{_shown(efter, row['efter_status'])} oförändrat, uppgifter om värdet ändrade"
    if fore is None or efter is None:
        step = f"{_shown(fore, row['fore_status'])} → {_shown(efter, row['efter_status'])}"
    else:
        step = _step(fore, efter)
    return f"{step} {'ändrad' if _correction(row) else 'reviderad'}{_correction(row)}"


def _correction(row: Mapping[str, Any]) -> str:
    """Which part our own corrections have in a change; what they bring is no revision of Kolada's."""
    if row["korrigering"]:
        return f" genom egen korrigering {row['korrigering']}, Koladas värde {_shown(row['originalvarde'], 'saknas')}"
    return " när egen korrigering upphörde" if row["fore_status"] in _CORRECTED else ""


def _per_area(rows: pl.DataFrame) -> Iterator[str]:
    """One line per område with the largest change, for a nyckeltal with many."""
    for area in rows.partition_by("omrade_id", maintain_order=True):
        events = _event_counts(_tally(area, "handelse"))
        line = f"  {area['omrade'][0]}: {events}, {_years(area['ar'].unique().to_list())}"
        largest = area.filter(pl.col("andring").is_not_null()).sort(pl.col("andring").abs(), descending=True).head(1)
        yield line + "".join(f"; störst {r['ar']} {r['kon']}: {_what(r)}" for r in largest.iter_rows(named=True))


def _new_periods(rows: pl.DataFrame, kommuner: Sequence[str]) -> Iterator[str]:
    """Years that came in the same way share a line."""
    years: dict[str, list[int]] = {}
    for year in rows.sort("ar", maintain_order=True).partition_by("ar", maintain_order=True):
        years.setdefault(_coverage(year, kommuner) + _missing(year), []).append(year["ar"][0])
    for coverage, of in years.items():
        yield f"  {'ny period' if len(of) == 1 else 'nya perioder'} {_years(of)}: {coverage}"


def _missing(rows: pl.DataFrame) -> str:
    """'; sekretess: Flen T/K/M, Trosa K'."""
    areas = rows.filter(pl.col("efter").is_null()).group_by("efter_status", "omrade", maintain_order=True).agg("kon")
    where = areas.select("efter_status", where=pl.format("{} {}", "omrade", pl.col("kon").list.join("/")))
    of_status = where.group_by("efter_status", maintain_order=True).agg(pl.col("where").str.join(", "))
    return "".join(f"; {status}: {areas}" for status, areas in of_status.iter_rows())


def _new_series(rows: pl.DataFrame, kommuner: Sequence[str]) -> Iterator[str]:
    if rows.is_empty():
        return
    missing = rows.filter(pl.col("efter").is_null()).group_by("efter_status", maintain_order=True).len()
    told = "".join(f", varav {_count(n)} {status}" for status, n in missing.iter_rows())
    years = _years(rows["ar"].unique().to_list())
    yield f"  {NEW_SERIES} {years}: {_coverage(rows, kommuner)}; {_values(rows.height)}{told}"


def _coverage(rows: pl.DataFrame, kommuner: Sequence[str]) -> str:
    """Which områden have a value: '8 av 9 kommuner (inte Flen), Region Sörmland, riket'."""
    there = rows.filter(pl.col("efter").is_not_null()).select("omradestyp", "omrade").unique(maintain_order=True)
    with_value = [name for kind, name in there.iter_rows() if kind == "kommun"]
    parts = []
    if (rows["omradestyp"] == "kommun").any():
        without = [name for name in kommuner if name not in with_value]
        which = ""
        if without and with_value:
            which = (
                f" ({', '.join(with_value)})" if len(with_value) <= len(without) else f" (inte {', '.join(without)})"
            )
        parts.append(f"{len(with_value)} av {len(kommuner)} kommuner{which}")
    parts += ["riket" if kind == "riket" else name for kind, name in there.iter_rows() if kind != "kommun"]
    return ", ".join(parts) or "inget område har värde"


def _catalogue_lines(events: pl.DataFrame) -> Iterator[str]:
    late = pl.col("handelse") == _LATE
    kpis = events.filter(pl.col("objekt") == "nyckeltal", ~late)
    if kpis.height:
        yield from _heading("Koladas katalog: nyckeltal")
        yield "Långa texter är kortade; hela står i tabellen katalog_handelse."
    for part in kpis.partition_by("matt", maintain_order=True):
        yield part["matt"][0]
        for kpi in part.partition_by("objekt_id", maintain_order=True):
            yield from (f"  {line}" for line in _kpi_event_lines(kpi.to_dicts()))
    if events.filter(late).height:
        yield from _heading("Planerad publicering har passerat och inga värden har kommit")
    for plan in events.filter(late).sort("fore", maintain_order=True).partition_by("fore", "efter"):
        ids, titles = plan["objekt_id"], plan["titel"]
        few = plan.height <= _FEW
        who = (
            "; ".join(f"{i} {title or _NOT_FOLLOWED}" for i, title in zip(ids, titles, strict=True))
            if few
            else ", ".join(ids)
        )
        yield f"  {plan['fore'][0]}, period {plan['efter'][0]}: {who}"
    groups = events.filter(pl.col("objekt") == "grupp")
    if groups.height:
        yield from _heading("Koladas katalog: grupper")
        yield from (f"  {event['objekt_id']} {_group_event(event)}" for event in groups.iter_rows(named=True))


def _kpi_event_lines(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """'U21401: ny titel: … → …' where that tells all; else the title on a line of its own, and what happened below."""
    kpi_id, title = events[0]["objekt_id"], events[0]["titel"]
    told = [_kpi_event(event) for event in events]
    if len(told) == 1 and events[0]["handelse"] in _TELLS_TITLE and "…" not in told[0]:
        yield f"{kpi_id}: {told[0]}"
    else:
        yield f"{kpi_id} {title or _NOT_FOLLOWED}"
        yield from (f"  {line}" for line in told)


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
        case what if what == _LATE:
            return f"period {after} skulle ha publicerats {before}, inga värden har kommit"
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
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    return f"{_excerpt(old, head, tail)} → {_excerpt(new, head, tail)}"


def _shared(old: list[str], new: list[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _excerpt(words: list[str], head: int, tail: int, around: int = 4) -> str:
    start, stop = max(head - around, 0), min(len(words) - tail + around, len(words))
    inside = shorten(" ".join(words[start:stop]), 160, placeholder=" …")
    return f"{'… ' if start else ''}{inside}{' …' if stop < len(words) and not inside.endswith('…') else ''}"


def as_rows(changes: Changes, limit: int = 200) -> list[Row]:
    """Rows with ROW_COLUMNS for a table of metadata, newest first.

    A missing value is its status in words, None where nothing was. The first load is one row per mått. At most `limit`
    rows, and one more that tells how many were left out.
    """
    is_first = pl.col("slag") == FIRST_LOAD
    first = changes.values.filter(is_first).group_by("observerad", "matt", maintain_order=True).len()
    listed = changes.values.filter(~is_first)
    newest = [
        frame.sort("observerad", descending=True, maintain_order=True).head(limit).to_dicts()
        for frame in (listed, changes.catalogue, first)
    ]
    told = [*map(_value_row, newest[0]), *map(_event_row, newest[1]), *map(_first_row, newest[2])]
    rows = [row for _, row in sorted(told, key=lambda dated: dated[0], reverse=True)[:limit]]
    left_out = listed.height + changes.catalogue.height + first.height - len(rows)
    if left_out:
        rows.append(_row(händelse=f"{_count(left_out)} ändringar till visas inte här"))
    return [row | {"bearbetning": signature(changes.source)} for row in rows]


def _row(**cells: str | int | float | None) -> Row:
    return {column: cells.get(column) for column in ROW_COLUMNS}


_Dated = tuple[datetime, Row]


def _value_row(change: Mapping[str, Any]) -> _Dated:
    before = change["fore"] if change["fore"] is not None else change["fore_status"]
    after = change["efter"] if change["efter"] is not None else change["efter_status"]
    known = change["fore"] is not None and change["efter"] is not None
    correction = f"egen korrigering {change['korrigering']}" if change["korrigering"] else None
    return change["observerad"], _row(
        observerad=_clock(change["observerad"]),
        mått=change["matt"],
        id=change["nyckeltal_id"],
        titel=change["titel"],
        område=change["omrade"],
        år=change["ar"],
        kön=change["kon"],
        händelse=correction or change["slag"],
        före=before,
        efter=after,
        ändring=float(_change(Decimal(repr(before)), Decimal(repr(after)))) if known else None,
    )


def _event_row(event: Mapping[str, Any]) -> _Dated:
    told = _group_event(event) if event["objekt"] == "grupp" else _kpi_event(event)
    return event["observerad"], _row(
        observerad=_clock(event["observerad"]),
        mått=event["matt"],
        id=event["objekt_id"],
        titel=event["titel"],
        händelse=told,
    )


def _first_row(load: Mapping[str, Any]) -> _Dated:
    told = f"{FIRST_LOAD}: {_values(load['len'])}"
    return load["observerad"], _row(observerad=_clock(load["observerad"]), mått=load["matt"], händelse=told)


# --- words and figures ----------------------------------------------------------------------------------------------


def _shown(value: float | None, status: str | None) -> str:
    """The figure with the decimals that it takes, or why there is none."""
    if value is None:
        return status or "saknas"
    exact = Decimal(repr(value))
    return next(_figure(r, n) for n in count(_fewest(exact)) if (r := _rounded(exact, n)) or not exact)


def _step(before: float, after: float) -> str:
    """'12,3 → 12,9 (+0,6)', with the fewest decimals that show the change and make the three figures agree."""
    old, new = Decimal(repr(before)), Decimal(repr(after))
    exact = (old, new, _change(old, new))
    for decimals in count(_fewest(old, new)):
        was, now, change = rounded = [_rounded(figure, decimals) for figure in exact]
        if _change(was, now) == change and all(bool(r) == bool(e) for r, e in zip(rounded, exact, strict=True)):
            break
    sign = "+" if change > 0 else ""
    return f"{_figure(was, decimals)} → {_figure(now, decimals)} ({sign}{_figure(change, decimals)})"


def _change(old: Decimal, new: Decimal) -> Decimal:
    """Without the noise that binary subtraction leaves: 12.9 - 12.3 is 0.6."""
    return _EXACT.subtract(new, old)


def _fewest(*exact: Decimal) -> int:
    return 0 if all(figure == figure.to_integral_value() for figure in exact) else 1


def _rounded(exact: Decimal, decimals: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)


def _figure(rounded: Decimal, decimals: int) -> str:
    text = f"{rounded:,.{decimals}f}" if rounded else f"{0:.{decimals}f}"
    return text.replace(",", _THIN_SPACE).replace(".", ",").replace("-", _MINUS)


def _count(n: int) -> str:
    return _figure(Decimal(n), 0)


def _values(n: int) -> str:
    return f"{_count(n)} {'värde' if n == 1 else 'värden'}"


def _years(years: Sequence[int]) -> str:
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
