"""What the huvudmän have handed in: the files of `lokala/` → values in which nothing small is left, and what was
refused.

Here the rows become figures. How a file is read is `sheet`, what a cell may say is `cells`, which rows do not go
together is `judge`, which figures are hidden is `suppress`. Nothing that is hidden leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl

from pipelines.catalog import local as names
from pipelines.catalog.model import Catalog, Geography, LocalMeasure, Measure
from pipelines.local import cells, judge, reasons, suppress
from pipelines.local.grid import Cell, Unreadable
from pipelines.local.reasons import Reason
from pipelines.local.sheet import LARGEST, Line, read_lines
from pipelines.periods import Period
from pipelines.settings import ANSWERS_FOLDER

TEMPLATES = "mallar"
KEY_COLUMNS = ("omrade_id", "ar", "kon")
NAME_COLUMN, COMMENT_COLUMN = "omrade", "kommentar"
SOURCE = "lokal"
_SUFFIXES = (".csv", ".xlsx")

VALUES = pl.Schema(
    {
        "nyckeltal_id": pl.String,
        "omrade_id": pl.String,
        "ar": pl.Int32,
        "kon": pl.String,
        "varde": pl.Float64,
        "status": pl.String,
    }
)
PERIOD_VALUES = pl.Schema([*VALUES.items(), ("period", pl.String)])
REFUSED = pl.Schema(
    {
        "nyckeltal_id": pl.String,
        "omrade_id": pl.String,
        "ar": pl.Int32,
        "kon": pl.String,
        "orsak": pl.String,
        "fil": pl.String,
        "cell": pl.String,
        "stod": pl.String,
        "atgard": pl.String,
    }
)
PAIRS = pl.Schema({"nyckeltal_id": pl.String, "omrade_id": pl.String})
KEYS = pl.Schema(
    {"nyckeltal_id": pl.String, "omrade_id": pl.String, "ar": pl.Int32, "period": pl.String, "kon": pl.String}
)
# What has been shown before: the revisions of local nyckeltal, oldest first, of years and of what is shorter.
SHOWN = pl.Schema([*KEYS.items(), ("varde", pl.Float64)])
_ROWS = pl.Schema(
    {
        "omrade_id": pl.String,
        "ar": pl.Int32,
        "period": pl.String,
        "form": pl.String,
        "kon": pl.String,
        "cell": pl.String,
        "rad": pl.String,
        "taljare": pl.Int64,
        "namnare": pl.Int64,
        "varde": pl.Float64,
        "stod": pl.String,
        "orsak": pl.String,
        "atgard": pl.String,
    }
)

# What is said once for all rows of a file that it is true of; of anything else each row has a line.
_ON_ONE_LINE = {
    reason.what
    for reason in (
        reasons.EMPTY, reasons.NOT_OVER, reasons.OTHER_FORM,
        reasons.GENDERS_DIFFER, reasons.REGION_DIFFERS, reasons.PERIODS_DIFFER,
    )
}  # fmt: skip
_PLACE = re.compile(r"(?P<before>[^0-9]*)(?P<row>[0-9]*)(?P<after>.*)", re.DOTALL)


class LocalFile(msgspec.Struct, frozen=True):
    """A file of `lokala/` as it was found. What is no file of ours, or cannot be read, has no content."""

    name: str
    content: bytes | None
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Local:
    """values: VALUES, whole years, one row per key. periods: PERIOD_VALUES, months and quarters, the same. whole: PAIRS
    whose rows are all there. refused: REFUSED. protected: KEYS of figures that came but were refused.
    """

    values: pl.DataFrame
    periods: pl.DataFrame
    whole: pl.DataFrame
    refused: pl.DataFrame
    protected: pl.DataFrame

    @classmethod
    def nothing(cls) -> Local:
        return cls(*(pl.DataFrame(schema=schema) for schema in (VALUES, PERIOD_VALUES, PAIRS, REFUSED, KEYS)))


def find(folder: Path) -> list[LocalFile]:
    """What lies in the folder, by name: files and folders, but for the templates, the answers (`pipelines.answers`) and
    what Excel and systems hide.
    """
    if not folder.is_dir():
        return []
    files = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or path.name in (TEMPLATES, ANSWERS_FOLDER):
            continue
        # A name that is no valid text can still be reported.
        name = path.name.encode("utf-8", "replace").decode()
        files.append(LocalFile(name, _content(path), folder=path.is_dir()))
    return files


def _content(path: Path) -> bytes | None:
    """The bytes of a file of ours, no more than shows that it is too large; None when they cannot be had."""
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return None


def columns(local: LocalMeasure) -> tuple[str, ...]:
    """The columns with figures."""
    return ("taljare", "namnare") if names.has_ratio(local) else ("varde",)


def areas(level: str, geography: Geography) -> dict[str, str]:
    """Who hands in a mått of this level: id → name, the kommuner in the order of kommuner.yaml, then the region."""
    kommuner = {kommun.id: kommun.name for kommun in geography.kommuner} if level in ("K", "A") else {}
    return kommuner | ({geography.region.id: geography.region.name} if level in ("L", "A") else {})


def _area_names(level: str, geography: Geography) -> dict[str, frozenset[str]]:
    """id → what the area may be called."""
    region = geography.region
    return {
        area_id: cells.region_names(name, geography.county_name) if area_id == region.id else cells.kommun_names(name)
        for area_id, name in areas(level, geography).items()
    }


def read_local(files: Sequence[LocalFile], catalog: Catalog, shown_before: pl.DataFrame, today: date) -> Local:
    """Everything that was handed in. shown_before: SHOWN. today: the Swedish day of the run. Raises nothing for what a
    file may hold.
    """
    measures = {measure.id: measure for measure in catalog.measures if measure.local}
    by_measure: dict[str, list[LocalFile]] = {}
    parts = [Local.nothing()]
    for file in files:
        stem, dot, suffix = file.name.rpartition(".")
        if file.folder:
            parts.append(_whole_file(None, file, Unreadable(reasons.FOLDER)))
        elif stem in measures and dot + suffix.lower() in _SUFFIXES:
            by_measure.setdefault(stem, []).append(file)
        elif stem in measures:
            parts.append(_whole_file(measures[stem], file, Unreadable(reasons.OTHER_FORMAT)))
        else:
            parts.append(_whole_file(None, file, Unreadable(reasons.UNKNOWN_FILE)))
    for measure_id, measure_files in by_measure.items():
        measure = measures[measure_id]
        if len(measure_files) > 1:
            parts += [_whole_file(measure, file, Unreadable(reasons.TWO_FILES)) for file in measure_files]
        else:
            parts.append(_take_file(measure, measure_files[0], catalog.geography, shown_before, today))
    return Local(*(pl.concat([getattr(part, field.name) for part in parts]) for field in fields(Local)))


def _whole_file(measure: Measure | None, file: LocalFile, why: Unreadable) -> Local:
    """A file that is refused: one row for it, and nothing of its mått is touched."""
    row = {
        "nyckeltal_id": names.kpi_id(measure.id) if measure else None,
        "orsak": why.in_words,
        "fil": file.name,
        "cell": why.place or None,
        "atgard": why.reason.fix,
    }
    return replace(Local.nothing(), refused=pl.DataFrame([row], schema=REFUSED))


def _take_file(
    measure: Measure, file: LocalFile, geography: Geography, shown_before: pl.DataFrame, today: date
) -> Local:
    local = measure.local
    assert local is not None
    if file.content is None:
        return _whole_file(measure, file, Unreadable(reasons.UNREADABLE))
    lines = read_lines(file.name, file.content, KEY_COLUMNS, columns(local), (NAME_COLUMN, COMMENT_COLUMN))
    if isinstance(lines, Unreadable):
        return _whole_file(measure, file, lines)
    area_names = _area_names(local.level, geography)
    rows = pl.DataFrame([_row(line, local, area_names, today) for line in lines], schema=_ROWS, orient="row")
    rows = judge.magnitudes(judge.one_form(judge.repeated(judge.limits(rows, local))), local)
    rows = judge.sums(rows, local, geography)
    accepted, refused = rows.filter(pl.col("orsak").is_null()), rows.filter(pl.col("orsak").is_not_null())
    assert accepted.height + refused.height == len(lines), "rows in = rows out + refused"
    known = refused.filter(
        pl.all_horizontal(pl.col(KEY_COLUMNS).is_not_null() & pl.col("omrade_id").is_in(list(area_names)))
    )
    ids = names.ids(measure)
    # A row that cannot be told from another may be any of those that are stored.
    pairs = pl.DataFrame(
        {"omrade_id": list(area_names) if known.height == refused.height else []}, schema=["omrade_id"]
    )
    values = _values(measure, _with_status(accepted, measure, geography, shown_before))
    of_year = pl.col("period") == pl.col("ar").cast(pl.String)
    return Local(
        values=values.filter(of_year).drop("period"),
        periods=values.filter(~of_year),
        whole=_for_each(ids, pairs.cast(pl.String)).select(list(PAIRS)),
        refused=refused.select(
            pl.lit(names.kpi_id(measure.id)).alias("nyckeltal_id"),
            *KEY_COLUMNS,
            "orsak",
            pl.lit(file.name).alias("fil"),
            "cell",
            "stod",
            "atgard",
        ),
        protected=_for_each(ids, known.select(suppress.KEY).unique(maintain_order=True)).select(list(KEYS)),
    )


def _for_each(ids: Iterable[str], frame: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({"nyckeltal_id": list(ids)}).join(frame, how="cross")


def _row(line: Line, local: LocalMeasure, area_names: dict[str, frozenset[str]], today: date) -> dict[str, object]:
    """A row as figures, or with the first thing that is wrong with it. What stood is kept for an index only: a count
    may be too small to be told.
    """
    area_cell, period_cell, gender_cell = (line.cells[name] for name in KEY_COLUMNS)
    name_cell = line.cells.get(NAME_COLUMN)
    area = area_cell.fault or cells.area(area_cell.text, name_cell.text if name_cell else "", area_names)
    period = period_cell.fault or cells.period(period_cell.text, today)
    gender = gender_cell.fault or cells.gender(gender_cell.text, by_gender=local.by_gender)
    figures = {name: line.cells[name].fault or _figure(line.cells[name], local) for name in columns(local)}
    read: list[tuple[Cell, object]] = [(area_cell, area), (period_cell, period), (gender_cell, gender)]
    read += [(line.cells[name], figure) for name, figure in figures.items()]
    problem = next(((cell, what) for cell, what in read if isinstance(what, Reason)), None)
    if problem is None and name_cell and name_cell.fault in (reasons.STRUCK, reasons.RAISED, reasons.INVISIBLE):
        problem = (name_cell, name_cell.fault)
    if problem is None and names.has_ratio(local):
        problem = _impossible(line, local, figures)
    row: dict[str, object] = {
        "omrade_id": _area_known(area, area_cell),
        "ar": period.year if isinstance(period, Period) else None,
        "period": str(period) if isinstance(period, Period) else None,
        "form": period.form if isinstance(period, Period) else None,
        "kon": gender if isinstance(gender, str) else None,
        "rad": line.place,
        "cell": read[-1][0].place,
        "stod": read[-1][0].text if local.form == "index" else None,
    }
    if line.fault:
        if line.fault != reasons.HIDDEN_ROW:
            # The cells may have slipped sideways.
            row |= {"omrade_id": None, "ar": None, "period": None, "form": None, "kon": None}
        return row | {"cell": line.place, "orsak": line.fault.what, "atgard": line.fault.fix}
    if problem is not None:
        cell, reason = problem
        stood = cell.text if local.form == "index" and cell.text else None
        return row | {"cell": cell.place, "orsak": reason.what, "atgard": reason.fix, "stod": stood}
    if local.form == "index":
        return row | figures
    return row | {"taljare": figures.get("taljare", figures.get("varde")), "namnare": figures.get("namnare")}


def _figure(cell: Cell, local: LocalMeasure) -> int | float | Reason:
    if local.form != "index":
        return cells.count(cell)
    percent = local.unit == "%"
    value = cells.number(cell, percent=percent, highest=names.limits(local)[1])
    if percent and isinstance(value, Decimal) and 0 < abs(value) <= 1 and not cell.text.endswith("%"):
        return reasons.SHARE_OR_PERCENT
    return float(value) if isinstance(value, Decimal) else value


def _impossible(line: Line, local: LocalMeasure, figures: Mapping[str, object]) -> tuple[Cell, Reason] | None:
    count, whole = figures["taljare"], figures["namnare"]
    assert isinstance(count, int)
    assert isinstance(whole, int)
    if whole == 0:
        return line.cells["namnare"], reasons.NO_DENOMINATOR
    return (line.cells["taljare"], reasons.ABOVE_ONE) if local.form == "andel" and count > whole else None


def _area_known(area: str | Reason, cell: Cell) -> str | None:
    """The id for `karantan`: one of ours, or one that looks like an id. Anything else may be a count that slipped."""
    if isinstance(area, str):
        return area
    return cell.text if area == reasons.UNKNOWN_AREA and len(cell.text) == 4 and cell.text.isdecimal() else None


def _with_status(
    rows: pl.DataFrame, measure: Measure, geography: Geography, shown_before: pl.DataFrame
) -> pl.DataFrame:
    """The rows with `status` and their figures; those that must not be shown have none."""
    local = measure.local
    assert local is not None
    if local.form == "index" or local.least_count is None:
        return rows.with_columns(status=pl.lit("publicerad"))
    places = suppress.Places(geography.region.id, tuple(kommun.id for kommun in geography.kommuner))
    limits = suppress.Limits(local.least_count, local.form == "andel", local.least_denominator)
    counts = rows.select(*suppress.KEY, "taljare", "namnare")
    before = _counts_before(measure, shown_before)
    hidden = suppress.hidden(counts, before, places, limits, periods_add_up=local.period_sum)
    marked = rows.join(hidden.with_columns(dold=pl.lit(True)), on=suppress.KEY, how="left", maintain_order="left")
    shown = pl.col("dold").is_null()
    return marked.with_columns(
        *(pl.when(shown).then(name).alias(name) for name in ("taljare", "namnare")),
        status=pl.when(shown).then(pl.lit("publicerad")).otherwise(pl.lit("sekretess")),
    ).drop("dold")


def _counts_before(measure: Measure, shown_before: pl.DataFrame) -> pl.DataFrame:
    """KEY + taljare, namnare of what readers have seen of this mått, oldest first. A denominator that has changed since
    does not matter: what must not be told is the count.
    """
    local = measure.local
    assert local is not None
    ratio = names.has_ratio(local)
    counted = names.numerator_id(measure.id) if ratio else names.kpi_id(measure.id)
    key = suppress.KEY
    denominators = (
        shown_before.filter(pl.col("nyckeltal_id") == names.denominator_id(measure.id))
        .unique(key, keep="last", maintain_order=True)
        .select(*key, namnare=pl.col("varde").cast(pl.Int64))
    )
    return (
        shown_before.filter(pl.col("nyckeltal_id") == counted)
        .select(*key, taljare=pl.col("varde").cast(pl.Int64))
        .join(denominators, on=key, how="left", maintain_order="left")
    )


def _values(measure: Measure, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key and nyckeltal of the mått."""
    local = measure.local
    assert local is not None
    parts = {names.kpi_id(measure.id): judge.value(local)}
    if names.has_ratio(local):
        parts |= {
            names.numerator_id(measure.id): pl.col("taljare").cast(pl.Float64),
            names.denominator_id(measure.id): pl.col("namnare").cast(pl.Float64),
        }
    return pl.concat(
        [
            rows.select(
                pl.lit(kpi_id).alias("nyckeltal_id"), *KEY_COLUMNS, expression.alias("varde"), "status", "period"
            )
            for kpi_id, expression in parts.items()
        ]
    ).cast(PERIOD_VALUES)


def stored_form(local: Local, run_id: str, read: datetime) -> pl.DataFrame:
    """The values of years with the columns of table `matvarde`, read at `read` (UTC, naive)."""
    return local.values.with_columns(
        antal_omraden=pl.lit(None, pl.Int32),
        originalvarde=pl.lit(None, pl.Float64),
        korrigering=pl.lit(None, pl.String),
        kalla=pl.lit(SOURCE),
        hamtad=pl.lit(read),
        korning_id=pl.lit(run_id),
    )


def findings(refused: pl.DataFrame) -> list[str]:
    """What was refused, a line each: `file:cell: what → what to do`. Rows that nobody has filled in, and those of one
    sum, share a line.
    """
    places: dict[tuple[object, ...], list[re.Match[str]]] = {}
    for number, (file, cell, what, fix) in enumerate(refused.select("fil", "cell", "orsak", "atgard").iter_rows()):
        place = _PLACE.fullmatch(cell or "")
        assert place is not None, "the pattern fits any text"
        shared = place.group("before", "after") if what in _ON_ONE_LINE else number
        places.setdefault((file, what, fix, shared), []).append(place)
    lines = [f"{file}{_joined(cells)}: {what} → {fix}" for (file, what, fix, _), cells in places.items()]
    # A file's name may hold anything, also the end of a line.
    return [" ".join(line.split()) for line in lines]


def _joined(places: Sequence[re.Match[str]]) -> str:
    """Where: "rad 3–22, 25, kolumn varde", or "E3–E22, E25"."""
    first, *more = places
    if not more:
        return f":{first[0]}" if first[0] else ""
    before, after = first.group("before", "after")
    rows = sorted(int(place["row"]) for place in places)
    starts = [row for row in rows if row - 1 not in rows]
    ends = [row for row in rows if row + 1 not in rows]
    # E3–E22, but rad 3–22.
    word, letter = (before, "") if before.endswith(" ") else ("", before)
    runs = [
        f"{letter}{start}" + (f"–{letter}{end}" if end > start else "") for start, end in zip(starts, ends, strict=True)
    ]
    return f":{word}{', '.join(runs)}{after}"
