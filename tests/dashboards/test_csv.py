"""The CSV of each mått: every number of the page, in full precision, either the source's or ours."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

from dashboards.csvfiles import COLUMNS, PERIOD_COLUMNS, csv_files
from dashboards.pages import links
from dashboards.reading.published import load
from tests.dashboards.page import Node
from tests.dashboards.published import HOSTILE, insert
from tests.dashboards.test_periods import KPI, store
from tests.warehouse.small import change

Paths = Callable[..., Path]


def csv_rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def folder(reports: Paths) -> Path:
    return reports().parent / "csv"


# The rules' own: 95 % intervals, p ≤ 0,05, at least five measurements, 1 is best.
_RULES = {Decimal("95"), Decimal("0.05"), Decimal("5"), Decimal("1")}
_TOKEN = re.compile(r"[+\u2212]?\d[\d\u202f]*(?:,\d+)?")


def numbers_of(node: Node) -> set[str]:
    # What is too small to print is given as less than the smallest number that can be printed.
    return set(_TOKEN.findall(re.sub(r"[A-Z]\d{4,6}|<\S+", "", node.text)))


@pytest.mark.parametrize("measure", ["brukare", "patient", "kontakter", "fall", "rokning"])
def test_every_number_of_a_page_is_found_in_its_csv(site: Callable[..., Node], folder: Path, measure: str) -> None:
    cells = [value for row in csv_rows(folder / f"{measure}.csv") for value in row.values()]
    known = [Decimal(value) for value in cells if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value)]
    known += [Decimal(digits) for value in cells for digits in re.findall(r"(?<![\w.])\d+(?![\w.])", value)]
    page = site(links.measure_page(measure))
    printed: set[str] = set()
    for part in [*page.all("td"), *page.all("div", class_name="answer"), *page.all("div", class_name="gender")]:
        printed |= numbers_of(part)
    # The scale in the unit's name is no figure.
    printed -= {"0", "100", "000", "100\u202f000"}
    missing = []
    for text in printed:
        value = Decimal(text.replace("\u202f", "").replace("\u2212", "-").replace(",", ".").lstrip("+"))
        step = Decimal(1).scaleb(value.as_tuple().exponent)  # type: ignore[arg-type]
        rounded = (number.quantize(step, rounding=ROUND_HALF_UP) for number in known if abs(number) < 10**12)
        if value not in _RULES and not any(abs(number) == abs(value) for number in rounded):
            missing.append(text)
    assert len(printed) > 5
    assert missing == []


def test_every_row_says_whose_it_is_and_no_row_holds_both(folder: Path) -> None:
    own = COLUMNS[COLUMNS.index("nedre_95") : -1]
    for path in sorted(folder.iterdir()):
        for row in csv_rows(path):
            if path.name == "sammanfattning.csv":
                assert row["kalla"] == "Egen bearbetning"
            elif row["kalla"] == "Källa: Kolada":
                assert not any(row[name] for name in own), row
            else:
                assert (row["kalla"], row["varde"]) == ("Egen bearbetning", ""), row


def test_a_missing_value_is_empty_with_its_status_and_a_zero_is_a_zero(folder: Path) -> None:
    of = {
        row["omrade"]: row
        for row in csv_rows(folder / "brukare.csv")
        if (row["nyckeltal_id"], row["ar"], row["kon"]) == ("U11111", "2025", "T") and row["status"]
    }
    assert (of["Trosa"]["varde"], of["Trosa"]["status"]) == ("", "sekretess")
    assert (of["Vingåker"]["varde"], of["Vingåker"]["status"]) == ("", "bortfall")
    assert (float(of["Flen"]["varde"]), of["Flen"]["status"]) == (0.0, "publicerad")
    assert of["Eskilstuna"]["osakerhetstal"] == "4.5"
    assert "Gnesta" not in of, "the source has no row"


def test_what_was_computed_is_there_in_full_precision_and_of_both_together(folder: Path) -> None:
    records = [
        row for row in csv_rows(folder / "brukare.csv") if (row["nyckeltal_id"], row["ar"]) == ("U11111", "2025")
    ]

    def of(place: str) -> dict[str, str]:
        (row,) = [r for r in records if (r["omrade"], r["kon"], r["kalla"]) == (place, "T", "Egen bearbetning")]
        return row

    own, county, part = of("Eskilstuna"), of("Länets kommuner"), of("Norra länsdelen")
    assert (float(own["nedre_95"]), own["intervall"]) == (60.25 + 6 * 0.55 - 4.5, "årsvariation")
    assert (own["mot_riket"], own["band"], own["trend"], own["trend_per_ar"]) == (
        "säkert sämre",
        "mellan",
        "har ökat",
        "1.25",
    )
    assert (float(own["skillnad_kvinnor_man"]), own["skillnad_bedomning"]) == (2.0, "säker skillnad")
    assert (float(county["avstand"]), county["antal_med_varde"]) == (84.55, "6")
    (other,) = [
        row
        for row in csv_rows(folder / "brukare.csv")
        if (row["nyckeltal_id"], row["ar"], row["omrade"]) == ("U88888", "2025", "Länets kommuner")
    ]
    spread = [float(other[name]) for name in ("lagst", "median", "hogst", "avstand")]
    assert spread == [80.0, 83.5, 88.0, 8.0]
    assert (county["trend"], county["trend_per_ar"]) == ("har förbättrats", "0.55")
    assert (float(part["ovagt_medel"]), part["antal_med_varde"]) == (pytest.approx(65.05), "2")
    (target,) = [row for row in csv_rows(folder / "patient.csv") if row["malvarde"]]
    assert (target["mal"], float(target["malvarde"]), target["mal_ar"]) == ("långsamt", 90.0, "2035")


def test_awkward_sizes_are_written_in_full(folder: Path) -> None:
    values = {r["omrade"]: r["varde"] for r in csv_rows(folder / "fall.csv") if r["varde"] and r["kon"] == "T"}
    assert [float(values[name]) for name in ("Eskilstuna", "Strängnäs", "Katrineholm")] == [1e9, 3.262e-05, -7.5]


def test_text_that_a_spreadsheet_would_run_is_quoted_and_hostile_titles_are_one_cell(database: Path) -> None:
    change(database, "UPDATE nyckeltal SET titel = '=HYPERLINK(1)' WHERE nyckeltal_id = 'U11111'")
    files = csv_files(load(database))
    titles = {
        row["nyckeltal"]
        for path, contents in files.items()
        if path != "csv/sammanfattning.csv"
        for row in csv.DictReader(io.StringIO(contents.decode("utf-8")))
    }
    assert {"'=HYPERLINK(1)", HOSTILE} <= titles
    assert not any(title.startswith(("=", "+", "-", "@")) for title in titles)


def test_months_have_a_file_of_their_own_with_what_is_hidden_as_such(database: Path) -> None:
    before = csv_files(load(database))
    store(database)
    with duckdb.connect(str(database)) as connection:
        for period, value, status in (("2024-05", 18.0, "publicerad"), ("2025-03", None, "sekretess")):
            insert(
                connection, "periodvarde_revision", nyckeltal_id=KPI, omrade_id="0484", ar=int(period[:4]),
                period=period, kon="T", varde=value, status=status, kalla="lokal", observerad="2026-11-01",
                korning_id="k-2",
            )  # fmt: skip
    files = csv_files(load(database))
    new = files.pop(links.period_csv(KPI)).decode()
    # No month is among the years.
    assert files == before
    rows = list(csv.DictReader(io.StringIO(new)))
    assert tuple(rows[0]) == PERIOD_COLUMNS
    shown = [
        [row[name] for name in ("omrade", "period", "varde", "status", "granser", "sarskild_orsak")] for row in rows
    ]
    assert shown == [
        ["Eskilstuna", "2024-05", "18.0", "publicerad", "", ""],
        ["Eskilstuna", "2024-05", "", "", "gäller", "utanför gränserna"],
        ["Eskilstuna", "2025-03", "", "sekretess", "", ""],
    ]
    assert [row["kalla"] for row in rows] == ["Källa: Kolada", "Egen bearbetning", "Källa: Kolada"]


def test_a_matt_without_figures_has_a_file_with_its_header(folder: Path) -> None:
    assert (folder / "vald.csv").read_text(encoding="utf-8") == ",".join(COLUMNS) + "\n"
