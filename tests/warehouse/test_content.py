"""Where an area lies, and whom it is compared with, from Kolada's ids and groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import Group, Municipality
from pipelines.warehouse.content import content_frames
from tests.small import AREAS, CATALOG, own_catalog


def test_the_malbilds_order_begins_with_1() -> None:
    catalog = own_catalog()
    own = [(area.id, "K") for area in catalog.geography.kommuner] + [(catalog.geography.region.id, "L")]
    areas = [msgspec.convert({"id": i, "title": i, "type": kind}, Municipality) for i, kind in own]
    frames = content_frames(catalog, Catalogue(datetime(2026, 11, 22), {}, areas, {}))
    for table, count in (("malomrade", 3), ("indikator", 7), ("matt", 26)):
        assert frames[table]["ordning"].to_list() == list(range(1, count + 1)), table


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("0461", ("04", "Södermanlands län", "Landsbygd")),
        ("1480", ("14", "Västra Götalands län", None)),
        ("0014", ("14", "Västra Götalands län", None)),
        ("0004", ("04", "Södermanlands län", None)),
        ("0000", (None, None, None)),
        ("G77", (None, None, None)),
    ],
)
def test_an_area_has_a_county_and_a_kommun_its_group(area: str, expected: tuple[str | None, ...]) -> None:
    catalog = load_catalog(CATALOG)
    geography = catalog.geography.model_copy(update={"skr_groups": ("G77",)})
    areas = {**AREAS, "1480": ("Göteborg", "K"), "0014": ("Västra Götalandsregionen", "L")}
    members = [{"member_id": "0461", "member_title": "Östby"}]
    group = msgspec.convert({"id": "G77", "title": "Landsbygd (ovägt medel)", "members": members}, Group)
    known = [msgspec.convert({"id": i, "title": name, "type": kind}, Municipality) for i, (name, kind) in areas.items()]
    frame = content_frames(
        replace(catalog, geography=geography), Catalogue(datetime(2026, 11, 22), {}, known, {"G77": group})
    )["omrade"]
    (row,) = frame.filter(omrade_id=area).iter_rows(named=True)
    assert (row["lan_kod"], row["lan"], row["skr_grupp"]) == expected
