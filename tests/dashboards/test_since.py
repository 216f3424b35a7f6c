"""What has changed since the issue before: read from the table of changes, and only where the figures go on from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from dashboards.pages.since import since_page
from dashboards.reading.changes import (
    BAND,
    BY_YEAR,
    Baseline,
    Conclusion,
    IssueDiff,
    ValueChange,
    as_csv,
    diff_from_issue,
    diff_from_run_before,
)
from dashboards.reading.follow_ups import Edition, issues
from dashboards.reading.published import load
from pipelines.catalog.follow_ups import FollowUp
from pipelines.rows import frame_rows
from pipelines.warehouse.follow_ups import follow_up_frames
from tests.warehouse.test_changes import Database

FROZEN = FollowUp.model_validate({"id": "2026-var", "nr": 1, "namn": "Vår 2026", "status": "fryst"})
(SPRING,) = issues({table: frame_rows(frame) for table, frame in follow_up_frames([FROZEN]).items()})


def database(path: Path, nights: int) -> Database:
    """Night 1 fills it, 2 revises a value, 3 brings a year and a nyckeltal that is followed anew, 4 revises that."""
    filled = Database(path)
    for day in range(1, nights + 1):
        filled.run(day)
    for area in ("0461", "0484", "1000"):
        filled.change(1, area, 2024, "ny", None, 50.0)
    if nights > 1:
        filled.change(2, "0461", 2024, "reviderad", 50.0, 51.0)
    if nights > 3:
        filled.change(3, "0461", 2024, "reviderad", 51.0, 52.0)
        filled.change(3, "0461", 2025, "ny", None, 60.0)
        filled.change(3, "0484", 2025, "ny", None, "sekretess")
        filled.change(3, "1000", 2024, "reviderad", 50.0, 52.0)
        filled.add("nyckeltal", nyckeltal_id="U00009", titel="Nyligen tillagd", enhet="%")
        filled.add("matt_nyckeltal", matt_id="Kontinuitet", nyckeltal_id="U00009", roll="primär")
        filled.follow(3, "U00009")
        filled.change(3, "0461", 2024, "ny", None, 1.0, kpi="U00009")
        filled.change(4, "0461", 2024, "reviderad", 1.0, 2.0, kpi="U00009")
    return filled


def rows(diff: IssueDiff) -> list[tuple[object, ...]]:
    return [(v.kpi_id, v.area_id, v.year, v.kind, v.before, v.after, v.is_new) for v in diff.values]


def test_the_changes_since_an_issue_are_those_of_the_nights_after_it_put_together(tmp_path: Path) -> None:
    frozen = database(tmp_path / "frozen.duckdb", 1).publish()
    diff = diff_from_issue(database(tmp_path / "now.duckdb", 4).publish(), Baseline(frozen, SPRING, 1))
    assert diff.continues
    assert rows(diff) == [
        ("U00001", "0461", 2024, "reviderat", 50.0, 52.0, False),
        ("U00001", "0461", 2025, "nytt år", None, 60.0, True),
        ("U00001", "0484", 2025, "utan värde", None, None, True),
    ], "the issue did not have U00009, so nothing of it is another than there"


def test_of_an_issue_that_an_older_edition_froze_the_values_are_compared_and_the_conclusions_not(
    tmp_path: Path, databases: Callable[..., Path]
) -> None:
    frozen = database(tmp_path / "frozen.duckdb", 1).publish()
    frozen.chmod(0o644)
    with duckdb.connect(str(frozen)) as connection:
        connection.execute("ALTER TABLE trend RENAME COLUMN trend TO riktning")
    diff = diff_from_issue(database(tmp_path / "now.duckdb", 4).publish(), Baseline(frozen, SPRING, 1))
    assert len(rows(diff)) == 3
    assert (diff.same_edition, diff.conclusions, diff.ended) == (False, (), ())
    assert "frystes med en äldre version av programmet" in since_page(diff, load(databases()), Edition(SPRING)).lead


def test_the_table_has_every_value_and_every_conclusion() -> None:
    value = ValueChange("U00001", "0461", 2024, "K", "reviderat", 50.0, "publicerad", None, "sekretess")
    conclusion = Conclusion("U00001", "0484", BAND, "mellan", 2023, None, 2025, BY_YEAR)
    diff = IssueDiff(SPRING, 2, values=(value,), conclusions=(conclusion,))
    assert as_csv(diff, "Egen bearbetning").splitlines()[1:] == [
        "värde,U00001,0461,2024,K,reviderat,50.0,publicerad,,sekretess,,2026-var version 2,Egen bearbetning",
        "slutsats,U00001,0484,2025,T,band,mellan,2023,,2025,nytt år,2026-var version 2,Egen bearbetning",
    ]


def test_without_an_issue_it_is_what_the_newest_run_brought(tmp_path: Path) -> None:
    diff = diff_from_run_before(database(tmp_path / "now.duckdb", 4).publish())
    assert rows(diff) == [("U00009", "0461", 2024, "reviderat", 1.0, 2.0, False)]
    assert diff_from_run_before(database(tmp_path / "first.duckdb", 1).publish()) == IssueDiff()


def test_figures_that_do_not_come_after_those_of_the_issue_are_not_compared(
    tmp_path: Path, databases: Callable[..., Path]
) -> None:
    frozen = database(tmp_path / "frozen.duckdb", 2).publish()
    diff = diff_from_issue(database(tmp_path / "earlier.duckdb", 1).publish(), Baseline(frozen, SPRING, 1))
    assert (diff.values, diff.conclusions) == ((), ())
    page = since_page(diff, load(databases()), Edition(SPRING))
    assert page.lead == (
        "Uppgifterna här bygger inte vidare på dem i Vår 2026, nr 1 (uppgifter t.o.m. 2 november 2026), så vad som har "
        "ändrats kan inte anges."
    )
    assert page.counts == ()
