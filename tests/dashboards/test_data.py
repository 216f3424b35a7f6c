"""data/<id>.json as a program reads it: every value is the database's, says whose it is, and why it is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyjstat import pyjstat

from dashboards.report import build_report
from tests.dashboards.page import parse
from tests.dashboards.published import FLEN, GNESTA, KOMMUNER, MATT, REGION, TROSA, VINGAKER
from tests.warehouse.small import change

# The reader warns of its own insides.
pytestmark = pytest.mark.filterwarnings("ignore:Shouldn't use this function:DeprecationWarning")

Paths = Callable[..., Path]
Cell = tuple[str, str, int, str]


def files(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((folder / "data").iterdir())}


def datasets(collection: dict[str, Any], metric: str) -> Iterator[dict[str, Any]]:
    """Those of the source's values (nyckeltal), or of ours (tal)."""
    yield from (item for item in collection["link"]["item"] if item["id"][0] == metric)


def read(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """As a maintained reader has it: a row for each cell, in order."""
    return pyjstat.Dataset.read(json.dumps(dataset)).write("dataframe", naming="id").to_dict("records")


def cells(dataset: dict[str, Any]) -> dict[Cell, float]:
    kpi = dataset["extension"].get("nyckeltal_id")
    return {
        (kpi or row["nyckeltal"], row["omrade"], int(row["ar"]), row["kon"]): row["value"]
        for row in read(dataset)
        if row["value"] == row["value"] and row["value"] is not None
    }


def stored(database: Path, sql: str) -> dict[Cell, Any]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return {(k, a, y, g): value for k, a, y, g, value in connection.sql(sql).fetchall()}


# --- the values -------------------------------------------------------------------------------------------------------


def test_a_maintained_reader_finds_every_value_of_the_database_and_no_other(
    reports: Paths, databases: Paths, full_report: Path, full_database: Path
) -> None:
    for folder, database in ((reports().parent, databases()), (full_report.parent, full_database)):
        known = stored(database, "SELECT nyckeltal_id, omrade_id, ar, kon, varde FROM matvarde WHERE varde IS NOT NULL")
        content = files(folder)
        assert content.keys() == {*MATT, *KOMMUNER, REGION}
        for matt_id, (*_, uses) in MATT.items():
            ids = {kpi_id for kpi_id, _ in uses}
            values: dict[Cell, float] = {}
            for dataset in datasets(content[matt_id], "nyckeltal"):
                values |= cells(dataset)
            expected = {
                cell: value
                for cell, value in known.items()
                if cell[0] in ids and cell[1] in (*KOMMUNER, REGION, "0000")
            }
            # What only regions or only kommuner have is not shown of the others.
            assert values == {cell: value for cell, value in expected.items() if cell in values}
            assert {cell for cell in expected if cell not in values} == set()
        for area in (*KOMMUNER, REGION):
            for dataset in datasets(content[area], "nyckeltal"):
                values = cells(dataset)
                assert {cell[1] for cell in values} <= {area, "0000"}
                assert values.items() <= known.items()
                (kpi_id,) = dataset["dimension"]["nyckeltal"]["category"]["index"]
                assert {c for c in known if c[0] == kpi_id and c[1] == area} <= values.keys()


def test_the_limits_are_the_database_s_with_what_they_rest_on_or_why_there_are_none(
    reports: Paths, databases: Paths
) -> None:
    sql = "SELECT nyckeltal_id, omrade_id, ar, kon, {} FROM jamforelse WHERE nedre IS NOT NULL"
    known = [stored(databases(), sql.format(column)) for column in ("nedre", "ovre", "osakerhet_grund")]
    content = files(reports().parent)
    seen = 0
    for collection in content.values():
        for dataset in datasets(collection, "tal"):
            kpi_id = dataset["extension"]["nyckeltal_id"]
            for n, row in enumerate(read(dataset)):
                cell = (kpi_id, row["omrade"], int(row["ar"]), row["kon"])
                if row["value"] == row["value"] and row["value"] is not None:
                    seen += 1
                    limit, ground = known[row["tal"] == "ovre_95"], known[2]
                    assert (row["value"], dataset["status"][str(n)]) == (limit[cell], ground[cell])
                else:
                    assert cell not in known[0]
    assert seen > 500
    (bemotande,) = (d for d in datasets(content["kontakter"], "tal") if d["extension"]["nyckeltal_id"] == "U88888")
    assert set(bemotande["status"].values()) == {"bara en mätning"}


def test_hidden_is_not_lost_is_not_zero_and_no_row_is_none_of_them(reports: Paths) -> None:
    (dataset,) = (
        d
        for d in datasets(files(reports().parent)["brukare"], "nyckeltal")
        if "U11111" in d["dimension"]["nyckeltal"]["category"]["index"]
    )
    of = {
        (row["omrade"], row["ar"], row["kon"]): (row["value"], dataset["status"].get(str(n)))
        for n, row in enumerate(read(dataset))
    }
    for area, word in ((TROSA, "sekretess"), (VINGAKER, "bortfall")):
        value, status = of[area, "2025", "T"]
        assert (value != value or value is None, status) == (True, word)
    assert of[FLEN, "2025", "T"] == (0.0, None)
    assert not [place for place in of if place[0] == GNESTA], "the source has no row"
    (index,) = (
        d
        for d in datasets(files(reports().parent)["patient"], "nyckeltal")
        if d["dimension"]["nyckeltal"]["category"]["index"] == ["U22222"]
    )
    assert "preliminär" in index["status"].values()


# --- whose, and in what words -----------------------------------------------------------------------------------------


def test_every_dataset_says_whose_it_is_and_kolada_is_named_for_unchanged_values_alone(
    reports: Paths, full_report: Path
) -> None:
    for collection in files(reports().parent).values():
        assert {d["source"] for d in datasets(collection, "nyckeltal")} <= {"Källa: Kolada"}
        assert {d["source"] for d in datasets(collection, "tal")} <= {"Egen bearbetning"}
    corrected = [d["source"] for c in files(full_report.parent).values() for d in datasets(c, "nyckeltal")]
    assert any("Rättade av ägarna" in source and source.endswith("för övriga värden") for source in corrected)
    for collection in files(reports("syntetisk").parent).values():
        for part in (collection, *collection["link"]["item"]):
            assert part["note"] == ["SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"]
        assert "Kolada" not in "".join(d["source"].replace("inte Koladas", "") for d in collection["link"]["item"])


def test_it_says_what_the_page_says_and_leads_there(reports: Paths) -> None:
    folder = reports().parent
    tree = cache(lambda path: parse((folder / path).read_text("utf-8")))
    for collection in files(folder).values():
        assert tree(collection["link"]["alternate"][0]["href"].removeprefix("../"))
        for own in datasets(collection, "tal"):
            path, _, anchor = own["link"]["alternate"][0]["href"].removeprefix("../").partition("#")
            block = tree(path).element("section", id=anchor)
            assert own["extension"]["meningar"]
            assert all(sentence in block.text for sentence in own["extension"]["meningar"])
    own = files(folder)["0484"]["extension"]
    assert any("Säkert sämre än riket" in sentence for sentence in own["meningar"])
    caveats = {c["ord"]: c["skal"] for c in files(folder)["brukare"]["extension"]["forbehall"]}
    assert (caveats["sekretess"], caveats["att tänka på"]) == ("Trosa 2025 (U11111)", "Få har svarat (U11111)")
    kontakter = [d["extension"] for d in datasets(files(folder)["kontakter"], "nyckeltal")]
    assert [row["ar"] for extension in kontakter for row in extension["brott"]] == [2024]


def test_the_newest_values_are_told_with_their_uncertainty_and_without_a_rank(reports: Paths) -> None:
    (own,) = (
        d for d in datasets(files(reports().parent)["brukare"], "tal") if d["extension"]["nyckeltal_id"] == "U11111"
    )
    newest = {row["omrade"]: row for row in own["extension"]["senaste"]}
    assert newest["Eskilstuna"] == {
        "omrade": "Eskilstuna", "ar": 2025, "kon": "totalt", "i_ord": "63,6\u00a0% känner sig delaktiga i hemtjänsten",
        "nedre_95": 60.25 + 6 * 0.55 - 4.5, "ovre_95": 60.25 + 6 * 0.55 + 1.25, "grund": "årsvariation",
        "utan_intervall": None, "mot_riket": "säkert sämre", "ungefarlig": False, "riktning_over_tid": "har ökat",
        "fran_ar": 2019,
    }  # fmt: skip
    assert newest["Trosa"]["ar"] == 2024, "the newest that may be shown"
    assert "plats" not in json.dumps(own)


# --- what is awkward --------------------------------------------------------------------------------------------------


def test_without_values_with_one_year_and_with_all_hidden_there_is_a_file_that_says_so(database: Path) -> None:
    change(database, "UPDATE matvarde SET varde = NULL, status = 'sekretess' WHERE nyckeltal_id = 'U66666'")
    content = files(build_report(database, database.with_name("rapport")).parent)
    assert content["vald"]["link"]["item"] == []
    assert content["vald"]["extension"]["meningar"][0] == "Uppgift saknas: inget lämpligt mått har hittats."
    assert [row["nyckeltal_id"] for row in content["vald"]["extension"]["utan_varden"]] == ["U99999"]
    (hidden,) = content["rokning"]["link"]["item"]
    assert set(hidden["value"]) == {None}
    assert set(hidden["status"].values()) == {"sekretess"}
    assert content["rokning"]["extension"]["utan_varden"] == [
        {
            "nyckeltal_id": "U66666",
            "titel": "Rökning bland gravida, andel (%)",
            "skal": "Angivet skäl: sekretess",
        }
    ]
    (one_year,) = datasets(content["fall"], "nyckeltal")
    assert one_year["dimension"]["ar"]["category"]["index"] == ["2024"]


@pytest.mark.parametrize("source", ["kolada", "syntetisk"])
def test_all_of_it_is_small(reports: Paths, source: str) -> None:
    assert sum(path.stat().st_size for path in (reports(source).parent / "data").iterdir()) < 1_000_000
