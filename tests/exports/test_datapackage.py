"""The data package, judged by Frictionless' own validator against the files themselves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package

from pipelines.warehouse.schema import schema


def described(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def resource(package: dict[str, Any], name: str) -> dict[str, Any]:
    (match,) = [entry for entry in package["resources"] if entry["name"] == name]
    return match  # type: ignore[no-any-return]


def faults(folder: Path, *names: str) -> list[list[Any]]:
    """What Frictionless finds in the package, or in these resources of it."""
    package = Package(str(folder / "datapackage.json"))
    reports = [package.get_resource(name).validate() for name in names] if names else [package.validate()]
    return [row for report in reports for row in report.flatten(["name", "rowNumber", "fieldName", "type", "note"])]


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported / "export", tmp_path / "kopia"))


@pytest.mark.lang
def test_it_describes_every_file_and_every_file_is_as_described(exported: Path) -> None:
    package = described(exported / "export")
    public = {table.name for table in schema().published} | {*schema().views, "bred"}
    assert [entry["path"] for entry in package["resources"]] == [
        *(f"csv/{table.name}.csv" for table in schema().published),
        *(f"csv-excel/{name}.csv" for name in (*schema().tables, *schema().views, "bred") if name in public),
    ]
    assert faults(exported / "export") == []


@pytest.mark.lang
@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        # A bare comma where the dialect says semicolon, a wrong type, a key twice.
        ("csv-excel/matvarde.csv", ";2024;T;", ",2024;T;"),
        ("csv/matvarde.csv", ",2024,T,", ",i fjol,T,"),
        ("csv/matvarde.csv", "U00002,0461,2023,T", "U00002,0461,2022,T"),
    ],
)
def test_the_validator_sees_what_does_not_fit(copy: Path, file: str, before: str, after: str) -> None:
    text = (copy / file).read_bytes()
    assert before.encode() in text
    (copy / file).write_bytes(text.replace(before.encode(), after.encode(), 1))
    assert faults(copy, Path(file).stem + ("-excel" if "excel" in file else ""))


def test_columns_keys_and_comments_are_the_warehouse_s(exported: Path) -> None:
    package = described(exported / "export")
    for table in schema().published:
        described_as = resource(package, table.name)["schema"]
        assert [(f["name"], f["description"]) for f in described_as["fields"]] == [
            (c.name, c.comment) for c in table.columns.values()
        ]
        required = {f["name"] for f in described_as["fields"] if f.get("constraints", {}).get("required")}
        assert required == {c.name for c in table.columns.values() if not c.nullable}
        assert described_as.get("primaryKey", []) == list(table.key)


@pytest.mark.lang
def test_foreign_keys_are_claimed_where_they_hold(exported: Path, lacking: Path) -> None:
    def claimed(folder: Path, name: str) -> set[tuple[str, str]]:
        keys = resource(described(folder), name)["schema"].get("foreignKeys", [])
        return {(key["fields"][0], key["reference"]["resource"]) for key in keys}

    assert claimed(exported / "export", "matvarde") == {
        ("nyckeltal_id", "nyckeltal"),
        ("omrade_id", "omrade"),
        ("korning_id", "korning"),
    }
    assert claimed(exported / "export", "matvarde-excel") >= {("nyckeltal_id", "nyckeltal-excel")}
    assert ("nyckeltal_id", "nyckeltal") not in claimed(lacking / "export", "matvarde")
    assert faults(lacking / "export", "matvarde", "matvarde-excel") == []


def test_a_reader_of_the_file_itself_sees_swedish_letters(exported: Path) -> None:
    text = (exported / "export" / "datapackage.json").read_text(encoding="utf-8")
    assert "område" in text
    assert "\\u00" not in text


def test_synthetic_figures_have_no_source_and_say_so_in_every_resource(exported: Path) -> None:
    package = described(exported / "export")
    assert "SYNTETISKA UPPGIFTER" in package["description"]
    assert all("SYNTETISKA UPPGIFTER" in entry["description"] for entry in package["resources"])
    assert "Kolada" not in [source["title"] for e in package["resources"] for source in e.get("sources", [])]


def test_kolada_is_named_for_its_own_values_and_no_licence_is_claimed_for_it(lacking: Path, corrected: Path) -> None:
    package = described(lacking / "export")
    with_source = {entry["name"] for entry in package["resources"] if "sources" in entry}
    assert with_source == {"matvarde", "matvarde-excel"}
    assert resource(package, "jamforelse")["description"].endswith("Egen bearbetning.")
    assert "Egen bearbetning" not in resource(package, "nyckeltal")["description"]
    assert [licence.get("path") for licence in package["licenses"]] == [None]
    assert "creativecommons" not in json.dumps(package).lower()

    package = described(corrected / "export")
    assert not [entry["name"] for entry in package["resources"] if "sources" in entry]
    assert "rättade av ägarna: egen bearbetning" in resource(package, "matvarde")["description"]
