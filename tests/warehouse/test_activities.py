"""aktiviteter.yaml as published tables: nothing is lost on the way, and what nobody has said is NULL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.catalog.activities import Activities
from pipelines.catalog.model import Catalog, SourceFile
from pipelines.warehouse.activities import activity_frames
from pipelines.warehouse.frames import check
from pipelines.warehouse.publication import note_stored
from pipelines.warehouse.store import FileWarehouse
from tests.small import own_catalog
from tests.warehouse.small import NOW, query
from tests.warehouse.small import published as publish


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return own_catalog()


def published(catalog: Catalog, folder: Path) -> Path:
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        for name, frame in activity_frames(catalog).items():
            connection.register("innehall", check(name, frame))
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM innehall")
            connection.unregister("innehall")
    return publish(folder, views=())


def test_the_repositorys_own_file_is_published_whole(catalog: Catalog, tmp_path: Path) -> None:
    database = published(catalog, tmp_path)
    content = catalog.activities
    counts = {name: query(database, f"SELECT count(*) FROM styrning.{name}")[0][0] for name in activity_frames(catalog)}
    assert counts == {
        "lan": 1,
        "rapport": 1,
        "citat": len(content.quotes),
        "instans": len(content.organisations),
        "lansdel": 3,
        "fokusomrade": 2,
        "malsattning": 9,
        "malsattning_indikator": 0,
        "satsning": 13,
        "satsning_malsattning": 5,
        "uppfoljningsmatt": 0,
        "pdsa": 0,
        "beslut": len(content.decisions),
        "trygghetsvy": 5,
        "kommentar": 0,
        "fraga": len(content.questions),
        "pastaende": 15,
        "pastaende_steg": 4,
    }
    assert query(
        database,
        """SELECT dokument_diarienummer, genomforande, krit_plan FROM styrning.satsning
           WHERE satsning_id = 'egenmonitorering'""",
    ) == [("NSV23-0008", None, "okänt")]
    assert query(database, "SELECT DISTINCT krit_uppdrag FROM styrning.satsning WHERE slag <> 'satsning'") == [(None,)]
    assert query(
        database, "SELECT count(*) FROM styrning.satsning ANTI JOIN styrning.uppfoljningsmatt USING (satsning_id)"
    ) == [(13,)]


def test_nobody_reached_is_zero_and_nobody_asked_is_null(catalog: Catalog, tmp_path: Path) -> None:
    reaches: list[dict[str, object]] = [
        {},
        {"tackning": {"huvudman": (), "lansdelar": ()}},
        {"tackning": {"huvudman": ("0484", "0004"), "lansdelar": ("norra",)}},
    ]
    activities = Activities.model_validate(
        {
            "version": 1,
            "kallor": ({"id": "r", "titel": "Rapporten"},),
            "fokusomraden": (
                {
                    "id": "f",
                    "namn": "Fokus",
                    "fran": 2023,
                    "till": 2027,
                    "kalla": "r",
                    "malsattningar": tuple(
                        {"id": f"f-{n}", "text": "Allt.", "hela_lanet": "ja", **reach}
                        for n, reach in enumerate(reaches)
                    ),
                },
            ),
        }
    )
    database = published(replace(catalog, activities=activities), tmp_path)
    rows = query(
        database,
        "SELECT kommuner_nadda, region_nadd, lansdelar_nadda, nadda FROM styrning.malsattning ORDER BY malsattning_id",
    )
    assert rows == [
        (None, None, None, None),
        (0, False, 0, None),
        (1, True, 1, "Eskilstuna, Region Sörmland, Norra länsdelen"),
    ]


def test_a_changed_file_is_news(catalog: Catalog, tmp_path: Path) -> None:
    def changed(file: SourceFile) -> SourceFile:
        return replace(file, content=file.content + b"#") if file.name == "aktiviteter.yaml" else file

    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        before = note_stored(connection, "natt-1", catalog.files, NOW.date())
        after = note_stored(connection, "natt-1", tuple(changed(file) for file in catalog.files), NOW.date())
    assert before != after
