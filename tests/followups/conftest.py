"""A data dir with a night's figures that tests copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog.load import FOLLOW_UP_FILE
from pipelines.run.lifecycle import NullProgress
from pipelines.runner import run_job
from pipelines.settings import Settings
from pipelines.standin.dataset import Dataset
from pipelines.warehouse import journal
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.merge import Incoming, known_before, merge_chunk
from pipelines.warehouse.store import transaction
from tests.conftest import once
from tests.figures import of_both
from tests.season import environment
from tests.small import CATALOG, dataset, kolada, malbild

EMPTY = "version: 1\n\nuppfoljningar: []\n"
DRAFT = """version: 1

uppfoljningar:
  # Den första.
  - id: 2026-var
    nr: 1
    status: utkast  # tills vidare
    # Handläggare saknas än.

# Sist i filen.
"""
# A day long after every run.
LATE = "2999-12-11"


@dataclass(frozen=True)
class Place:
    """A data dir with its own copy of the YAML files."""

    settings: Settings

    @property
    def yaml(self) -> Path:
        return self.settings.catalog_dir / FOLLOW_UP_FILE

    @property
    def reports(self) -> Path:
        return self.settings.report_dir

    def copied_to(self, folder: Path) -> Place:
        shutil.copytree(self.settings.data_dir.parent, folder, symlinks=True, dirs_exist_ok=True)
        return Place(Settings(folder / "data", folder / "katalog"))

    def malbild(self, *arguments: str | Path) -> tuple[int, str]:
        """Exit code and output of a command in this process."""
        where = ("--data-dir", self.settings.data_dir, "--katalog", self.settings.catalog_dir)
        ended = malbild(*arguments, *(() if "verifiera" in arguments else where))
        return ended.code, ended.out + ended.err

    def did(self, *arguments: str | Path) -> str:
        code, output = self.malbild(*arguments)
        assert code == 0, output
        return output

    def approve(self) -> None:
        """Every automatic sentence of 2026-var, as `uppfoljning meningar` prints them to be filled in, on LATE."""
        lines = self.did("uppfoljning", "meningar", "2026-var")
        filled = lines.replace("godkand_av: ", "godkand_av: LRS").replace("datum: ", f"datum: {LATE}")
        self.yaml.write_text(self.yaml.read_text() + filled)

    def refused(self, *arguments: str | Path) -> str:
        """What is said in one line when a command is refused with 2."""
        code, output = self.malbild(*arguments)
        assert code == 2, output
        line = output.strip().splitlines()[-1]
        assert line.startswith("malbild: ")
        assert "→" in line
        return line

    def night(self, served: Dataset) -> None:
        """A whole run against this Kolada, everything fetched whole."""
        with kolada(served) as url, environment():
            run_job(Settings(self.settings.data_dir, self.settings.catalog_dir, url), NullProgress(), full=True)

    def revise(self, nights: int) -> None:
        """So many nights, each with every value of the small Kolada a little higher, stored as a run stores them."""
        with warehouse_of(self.settings).open() as connection:
            for number in range(nights):
                now = datetime.now(UTC).replace(tzinfo=None)
                run_id = f"{now:%Y-%m-%dT%H%M%S}Z-{number:04d}"
                with transaction(connection):
                    journal.start_run(connection, run_id, started=now, version="prov", dagster_id=run_id)
                    values = connection.sql(
                        "SELECT * REPLACE (varde + 0.01 AS varde) FROM matvarde WHERE varde IS NOT NULL"
                    ).pl()
                    pairs = values.select("nyckeltal_id", "omrade_id").unique()
                    incoming = values.with_columns(borttagen=pl.lit(False), hamtad=pl.lit(now))
                    observed = journal.next_observed(connection, run_id, now)
                    key = values.select("nyckeltal_id", "omrade_id", "ar", "kon").head(0)
                    known = known_before(connection, observed)
                    brought = Incoming(incoming, pairs, key)
                    changed = merge_chunk(connection, brought, known, run_id=run_id, observed=observed)
                    assert changed.revised > 0
                    journal.note(connection, run_id, observerad=observed, kalla="syntetisk", fullstandig=True, hel=True)
                    journal.end_run(connection, run_id, journal.DONE, observed + timedelta(microseconds=1))


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One night of the small Kolada, with figures of each kön; copied, never changed."""

    def place_in(folder: Path) -> Place:
        return Place(Settings(folder / "data", folder / "katalog"))

    def make(folder: Path) -> dict[str, Any]:
        shutil.copytree(CATALOG, folder / "katalog")
        (folder / "katalog" / FOLLOW_UP_FILE).write_text(EMPTY)
        place_in(folder).night(dataset(figures=of_both()))
        return {}

    return place_in(once(tmp_path_factory, "bada-kon", make)["folder"])


@pytest.fixture(scope="session")
def copied(first_night: Place) -> Callable[[Path], Place]:
    """That night in a folder of one's own."""
    return first_night.copied_to


@pytest.fixture
def place(copied: Callable[[Path], Place], tmp_path: Path) -> Place:
    return copied(tmp_path)


@pytest.fixture(scope="session")
def frozen_once(copied: Callable[[Path], Place], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Its first uppföljning is frozen; copied, never changed."""
    place = copied(tmp_path_factory.mktemp("fryst"))
    place.yaml.write_text(DRAFT)
    place.did("uppfoljning", "frys", "2026-var")
    return place


@pytest.fixture(scope="session")
def approved_once(frozen_once: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """And every automatic sentence is approved; copied, never changed."""
    place = frozen_once.copied_to(tmp_path_factory.mktemp("godkand") / "kopia")
    place.approve()
    return place


@pytest.fixture
def frozen(frozen_once: Place, tmp_path: Path) -> Place:
    return frozen_once.copied_to(tmp_path / "kopia")


@pytest.fixture
def approved(approved_once: Place, tmp_path: Path) -> Place:
    return approved_once.copied_to(tmp_path / "kopia")


@pytest.fixture
def fake_chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Put a program of that text first on the way, under the name that is looked for first."""

    def make(text: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "chromium").write_text(f"#!/bin/sh\n{text}\n")
        (folder / "chromium").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return folder / "chromium"

    return make
