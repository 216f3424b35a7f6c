"""A satsning from expectation to verdict, played over six uppföljningar in a warehouse: the log decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from pipelines.catalog.activities import Activities
from pipelines.catalog.model import Catalog
from pipelines.warehouse import journal
from pipelines.warehouse.analyse import judge_effects
from pipelines.warehouse.effect_text import as_text
from pipelines.warehouse.expectations import keep_expectations
from pipelines.warehouse.history import rebuild_as_of
from pipelines.warehouse.store import FileWarehouse
from tests.small import own_catalog
from tests.warehouse.small import insert, kpi, published, query, run

pytestmark = pytest.mark.lang

KPI, OWN = "U21463", "0484"
DONORS = [f"{county:02}{number:02}" for county in range(10, 20) for number in range(3)]
# Uppföljning → its night, and the newest year with figures then. The satsning begins on 1 January 2023; in 2024 it can
# be seen.
ISSUES = {
    "2022-host": (datetime(2022, 11, 20, 4), 2021),
    "2023-var": (datetime(2023, 5, 20, 4), 2022),
    "2024-var": (datetime(2024, 5, 20, 4), 2023),
    "2025-var": (datetime(2025, 5, 20, 4), 2024),
    "2025-host": (datetime(2025, 11, 20, 4), 2024),
    "2026-var": (datetime(2026, 5, 20, 4), 2025),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return own_catalog()


def with_expectation(catalog: Catalog, **changed: object) -> Catalog:
    expectation = {
        "nyckeltal": KPI,
        "vantas": "högre",
        "fordrojning_ar": 1,
        "skriven": "2019-01-01",
        "start": ({"huvudman": OWN, "datum": "2023-01-01"},),
    }
    content = {
        "version": 1,
        "kallor": ({"id": "k", "titel": "Källan"},),
        "satsningar": (
            {"id": "team", "namn": "Team", "slag": "uppdrag", "kalla": "k", "forvantan": (expectation | changed,)},
        ),
    }
    return replace(catalog, activities=Activities.model_validate(content))


def values_of(year: int) -> list[tuple[str, float]]:
    """Every kommun at a level of its own with noise of 1; ours is 8 above it from 2024 on, and everybody rises."""
    levels = np.random.default_rng(1).normal(60, 5, size=len(DONORS) + 1)
    noise = np.random.default_rng(3 * year).normal(size=len(DONORS) + 1)
    shift = np.array([8.0 if year >= 2024 else 0.0] + [0.0] * len(DONORS))
    return list(zip([OWN, *DONORS], levels + noise + shift + (year - 2012), strict=True))


def play(folder: Path, contents: dict[str, Catalog]) -> list[tuple[str, str | None, bool]]:
    """besked, mot_vantat and bekraftad after each night; contents: the YAML files from that issue's night on."""
    said: list[tuple[str, str | None, bool]] = []
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        insert(connection, "metod", regel="band", varde="fjärdedelar")
        kpi(connection, KPI, riktning="högre")
        for area in [OWN, *DONORS]:
            insert(
                connection, "omrade", omrade_id=area, namn=area, typ="kommun", lan_kod=area[:2], i_malbild=area == OWN
            )
        newest, catalog = 2011, None
        for issue, (when, last) in ISSUES.items():
            catalog = contents.get(issue, catalog)
            assert catalog is not None
            run(connection, issue, when)
            keep_expectations(connection, catalog, issue, when)
            for year in range(newest + 1, last + 1):
                _bring(connection, year, when)
            newest = last
            judge_effects(connection)
            said += connection.sql("SELECT besked, mot_vantat, bekraftad FROM effekt").fetchall()
            journal.end_run(connection, issue, journal.DONE, when)
            insert(connection, "uppfoljning", uppfoljning_id=issue, nr=newest, skede="fryst", as_of=when)
    return said


def _bring(connection: duckdb.DuckDBPyConnection, year: int, when: datetime) -> None:
    frame = pl.DataFrame(values_of(year), schema=["omrade_id", "varde"], orient="row").with_columns(  # noqa: F841
        nyckeltal_id=pl.lit(KPI), ar=year, kon=pl.lit("T"), status=pl.lit("publicerad"), kalla=pl.lit("syntetisk"),
        hamtad=when, korning_id=pl.lit("n"),
    )  # fmt: skip
    connection.execute("INSERT INTO matvarde BY NAME FROM frame")
    connection.execute(
        "INSERT INTO matvarde_revision BY NAME SELECT *, $1::TIMESTAMP AS observerad, 'ny' AS handelse FROM frame",
        [when],
    )


EARLY = ("för tidigt", None, False)
SEEN = ("avviker", "som väntat")


def test_six_issues_from_expectation_to_verdict(catalog: Catalog, tmp_path: Path) -> None:
    said = play(tmp_path, {"2022-host": with_expectation(catalog)})
    # The same figures in the autumn confirm nothing; the next measurement does.
    assert said == [EARLY, EARLY, EARLY, (*SEEN, False), (*SEEN, False), (*SEEN, True)]
    database = published(tmp_path)
    assert query(database, "SELECT vantas, observerad FROM styrning.forvantan") == [("högre", ISSUES["2022-host"][0])]
    earlier = "SELECT uppfoljning_id, besked, till_ar FROM effekt_uppfoljning ORDER BY as_of"
    assert query(database, earlier) == [
        *((issue, "för tidigt", None) for issue in list(ISSUES)[:3]),
        ("2025-var", "avviker", 2024),
        ("2025-host", "avviker", 2024),
    ]
    with duckdb.connect(str(database), read_only=True) as connection:
        text = as_text(connection)
    assert f"{OWN} 2024–2025: avviker, åt det håll som väntades." in text
    assert "avviker minst lika mycket utan att delta; utan hänsyn till folkmängd; en tidigare uppföljning sade" in text
    assert text.endswith("Egen bearbetning.\n")
    # As it was known in the first spring of figures, it is what that issue showed.
    then = rebuild_as_of(database, tmp_path / "da.duckdb", ISSUES["2025-var"][0])
    assert query(then, "SELECT besked, till_ar, bekraftad FROM effekt") == [("avviker", 2024, False)]
    assert query(then, "SELECT count(*) FROM effekt_uppfoljning") == [(3,)]


def test_what_is_written_or_changed_after_the_figures_is_not_judged(catalog: Catalog, tmp_path: Path) -> None:
    nothing = replace(catalog, activities=Activities.model_validate({"version": 1}))
    refused = ("bedöms inte", None, False)
    late = tmp_path / "sent"
    # The day in the file says 2019; the log says the night that brought the figures of 2024.
    assert play(late, {"2022-host": nothing, "2025-var": with_expectation(catalog)}) == [refused] * 3
    changed = tmp_path / "andrad"
    other = with_expectation(catalog, vantas="lägre")
    assert play(changed, {"2022-host": with_expectation(catalog), "2025-host": other})[3:] == [
        (*SEEN, False),
        refused,
        refused,
    ]
    # Another day in the file is the same expectation; a withdrawn one stays in the log and is said to be.
    redated = tmp_path / "daterad"
    said = play(
        redated,
        {
            "2022-host": with_expectation(catalog),
            "2024-var": with_expectation(catalog, skriven="2018-01-01"),
            "2026-var": nothing,
        },
    )
    assert said[4:] == [(*SEEN, False), refused]
    with duckdb.connect(str(redated / "lager.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT vantas, skriven IS NULL FROM forvantan ORDER BY observerad").fetchall() == [
            ("högre", False),
            (None, True),
        ]
        assert connection.sql("SELECT motivering FROM effekt").fetchall() == [
            ("förväntan är borttagen sedan 2026-05-20",)
        ]
