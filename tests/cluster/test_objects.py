"""A shared warehouse whose tables lie in object storage: the same as in a folder, also after it was too slow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.operation.doctor import examine_here
from pipelines.settings import Settings
from pipelines.warehouse import ducklake
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.store import FileWarehouse
from tests.cluster.objects import Objects, objects
from tests.cluster.postgres import INSTALL, postgres, programs
from tests.cluster.stored import stored_rows
from tests.conftest import PATIENCE
from tests.small import CATALOG, kolada, start_command

pytestmark = [pytest.mark.skipif(programs() is None, reason=INSTALL), pytest.mark.lang]
SECONDS = 1200 * PATIENCE
SECRET = "hemlig-nyckel"


@dataclass(frozen=True)
class Runs:
    """Three nights: one whose storage takes two files and no more, one whose storage is slow to give them back, and one
    that nothing disturbs. values, published: after each, how many values were stored, and whether any were published.
    """

    settings: Settings
    storage: Objects
    codes: list[int | None]
    said: list[str]
    values: list[int]
    published: list[bool]


def impatient() -> None:
    """A run waits for half a minute, four times over; a test has not so long."""
    ducklake._STORAGE_SECONDS, ducklake._STORAGE_RETRIES = 1, 0


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("objekt")
    with postgres() as server, objects() as storage, kolada() as url:
        variables = {
            "MALBILD_LAGER": f"ducklake:postgres:{server.make('objekt')}",
            "MALBILD_LAGER_SCHEMA": "provlan",
            "MALBILD_LAGER_DATA": "s3://hink/lager",
            "AWS_ACCESS_KEY_ID": "provnyckel",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL_S3": storage.url,
        }
        settings = Settings.from_env(variables, data_dir=folder / "data")
        arguments = ["run", "--kolada-url", url, "--data-dir", folder / "data", "--katalog", CATALOG]
        runs = Runs(settings, storage, [], [], [], [])
        for number, (storage.refuse_after, storage.slow_to_read) in enumerate(
            ((2, False), (None, True), (None, False))
        ):
            out, err = folder / f"ut{number}", folder / f"fel{number}"
            process = start_command(arguments, out, err, variables, impatient)
            process.join(SECONDS)
            storage.refuse_after, storage.slow_to_read = None, False
            runs.codes.append(process.exitcode)
            runs.said.append(out.read_text() + err.read_text())
            with warehouse_of(settings).open() as connection:
                runs.values.append(len(connection.sql("SELECT 1 FROM matvarde").fetchall()))
            runs.published.append(settings.published.exists())
        yield runs


@pytest.mark.parametrize("night", [0, 1], ids=["refuses", "slow"])
def test_a_night_whose_storage_fails_says_so_and_publishes_nothing(runs: Runs, night: int) -> None:
    said = runs.said[night]
    assert runs.codes[night] == 1, said
    assert "the object storage under DuckLake provlan" in said
    assert "did not answer as it should" in said
    assert "s3://hink/lager/provlan can be reached" in said
    assert not runs.published[night]


def test_what_a_failed_night_stored_is_all_of_it_or_none(runs: Runs) -> None:
    assert runs.values[0] == 0
    assert runs.values[1] in (0, runs.values[2])


def test_the_last_night_holds_what_a_file_would(runs: Runs, small_night: Path) -> None:
    assert runs.codes[2] == 0, runs.said[2]
    with FileWarehouse(small_night / "lager.duckdb").open() as connection:
        own = stored_rows(connection)
    with warehouse_of(runs.settings).open() as connection:
        rows = stored_rows(connection)
    # Of the nights that failed there is a row each in the journal, and no more.
    own.pop("korning"), rows.pop("korning")
    assert rows == own
    assert runs.settings.published.exists()


def test_the_tables_are_in_the_storage_under_the_county_s_own_name_and_signed_for(runs: Runs) -> None:
    places = {key.removeprefix("/hink/").rpartition("/")[0] for key in runs.storage.stored}
    assert {f"lager/provlan/main/{table}" for table in ("matvarde", "matvarde_revision", "jamforelse")} <= places
    assert all(place.startswith("lager/provlan/main/") for place in places)
    assert runs.storage.keys == {"provnyckel"}
    (finding,) = [finding for finding in examine_here(runs.settings) if finding.check == "warehouse"]
    assert (finding.level, "files" in finding.message) == ("ok", True), finding


def test_the_secret_is_in_nothing_that_a_run_leaves(runs: Runs) -> None:
    assert SECRET not in "".join(runs.said) + repr(runs.settings)
    for file in (file for file in runs.settings.data_dir.rglob("*") if file.is_file()):
        assert SECRET.encode() not in file.read_bytes(), file
