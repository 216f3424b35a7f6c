"""What was held until its title was confirmed, taken from the raw archive: also what its answers left unsure."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.catalog.load import load_catalog
from pipelines.kolada.archive import FETCH_FILE, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import KpiRecord
from pipelines.kolada.fetch import ArchivedPage, Fetch, FetchedBatch
from pipelines.warehouse.held import release
from pipelines.warehouse.intake import unconfirmed
from pipelines.warehouse.store import FileWarehouse
from tests.small import CATALOG, KPIS, kpi

NOW = datetime(2026, 11, 28, 4, 15)


def test_a_value_that_named_no_known_area_keeps_its_nyckeltal_from_losing_any(tmp_path: Path) -> None:
    records = [
        {"kpi": "U00002", "municipality": area, "period": year, "values": [{"gender": "T", "value": 1.5}]}
        for area, year in (("0484", 2023), ("9999", 2020))
    ]
    archive = RawArchive(tmp_path / "ra")
    page = archive.store_blob(json.dumps({"values": records, "count": 2, "next_url": None}).encode())
    fetched = FetchedBatch(("U00002",), ("0461", "0484"), (ArchivedPage(page, NOW, True),))
    archive.archive_file("natt-1", FETCH_FILE, Fetch((fetched,), complete=False).encoded(), NOW)
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        connection.execute("INSERT INTO hallet VALUES ('U00002', 'natt-1', $1, $2)", [KPIS["U00002"][0], NOW])
        (arrived,) = release(connection, archive, load_catalog(CATALOG), {})
    assert arrived.accepted.select("omrade_id", "ar").rows() == [("0484", 2023)]
    assert sorted(arrived.unsure.rows()) == [("U00002", "0461"), ("U00002", "0484")]
    assert arrived.only(["U00001"]).unsure.is_empty()


def test_a_nyckeltal_that_left_the_yaml_is_not_asked_for_its_title() -> None:
    gone = msgspec.convert(kpi("N99999", "Borta", "K"), KpiRecord)
    assert unconfirmed(load_catalog(CATALOG), Catalogue(NOW, {"N99999": gone}, [], {})) == {}
