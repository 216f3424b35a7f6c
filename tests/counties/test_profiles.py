"""Which areas have a profile, and which figures are left in its database; the pages are in test_county_reports."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.counties.profiles import _ONLY_SHOWN, write_profiles
from pipelines.errors import ConfigError
from pipelines.settings import Settings
from tests.dashboards.published import SIMILAR, build
from tests.small import CATALOG


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("data") / "analys.duckdb")


@pytest.mark.parametrize(
    ("area", "said"),
    [
        ("0489", r"'0489' is no kommun or region in .* → did you mean .*0488 Trosa.*\? alla makes every profile"),
        ("Eskilstun", r"did you mean 0484 Eskilstuna\?"),
        ("Nowhere", "name four digits, such as 0484, alla makes every profile"),
        ("0000", "0000 Riket is riket, expected a kommun or a region"),
        (SIMILAR, f"{SIMILAR} Liknande kommuner .* is grupp, expected a kommun or a region"),
    ],
)
def test_an_id_that_has_no_profile_is_refused_with_what_is_near(published: Path, area: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        write_profiles(Settings(published.parent, CATALOG), ["0484", area], published.parent / "profiler")


def test_inhabitants_and_what_intervals_are_made_of_stay_with_what_is_shown(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("UPDATE matt_nyckeltal SET roll = 'komplement' WHERE nyckeltal_id = 'U66666'")
        connection.execute("UPDATE nyckeltal SET taljare_nyckeltal_id = 'U88888' WHERE nyckeltal_id = 'U66666'")
        connection.execute("DELETE FROM matt_nyckeltal WHERE nyckeltal_id = 'U88888'")
        connection.execute("UPDATE matvarde SET nyckeltal_id = 'N01951' WHERE nyckeltal_id = 'U66666' AND ar < 2025")
        for statement in _ONLY_SHOWN:
            connection.execute(statement)
        left = connection.sql("SELECT DISTINCT nyckeltal_id FROM matvarde ORDER BY ALL").fetchall()
    assert [kpi for (kpi,) in left] == ["N01951", "N44444", "U11111", "U11119", "U22222", "U55555"]
