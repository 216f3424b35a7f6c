"""Dagster's own UI over the demo: what a person sees, and what happens when she presses the button."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from pipelines.operation.doctor import examine_here
from pipelines.settings import Settings
from pipelines.warehouse.store import FileWarehouse
from tests.security.sockets import LOOPBACK, listening
from tests.small import own_catalog
from tests.ui.dagster import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from pipelines.findings import Finding
    from tests.ui.dagster import Dagster

pytestmark = pytest.mark.lang

JOB = "/locations/pipelines.definitions:defs/jobs/natt"


def run_from_the_page(page: Page, dagster: Dagster) -> str:
    """Press the button of the job, go to its run, and wait for its end; the run's id."""
    page.goto(dagster.url + JOB)
    page.get_by_role("button", name="Materialize all").click()
    page.get_by_role("link", name="View", exact=True).or_(page.get_by_role("button", name="View", exact=True)).click()
    page.wait_for_url(re.compile(r"/runs/"))
    run_id = page.url.rpartition("/runs/")[2].partition("?")[0]
    dagster.wait(run_id, "SUCCESS", "FAILURE")
    return run_id


def published(data_dir: Path) -> dict[str, bytes]:
    files = (
        data_dir / "analys.duckdb",
        data_dir / "rapport" / "utkast" / "index.html",
        data_dir / "export" / "SHA256SUMS",
    )
    return {file.name: file.read_bytes() for file in files}


def test_the_lineage_shows_the_seven_indikatorer_in_their_goal_areas(dagster: Dagster, page: Page) -> None:
    catalog = own_catalog()
    goals = [goal.id for goal in catalog.goal_areas]
    page.goto(f"{dagster.url}/asset-groups/?expanded={','.join(f'global@global:{goal}' for goal in goals)}")
    assert len(catalog.indicators) == 7
    for indicator in catalog.indicators:
        page.get_by_text(indicator.id, exact=True).nth(1).wait_for()
    for goal in goals:
        page.get_by_text(goal, exact=True).first.wait_for()


def test_an_asset_says_what_it_is_and_where_its_figures_come_from(dagster: Dagster, page: Page) -> None:
    page.goto(f"{dagster.url}/assets/validerat/delaktighet")
    page.get_by_text("individen ska ges möjlighet att vara delaktig").first.wait_for()
    page.get_by_text("Nyckeltalets id i Kolada, t.ex. 'U21463'").first.wait_for()
    row = page.locator("tr", has_text="Brukarrapporterad delaktighet, kommun").last
    row.get_by_text(re.compile(r"^20\d\d$")).first.wait_for()
    page.goto(f"{dagster.url}/assets/lager/matvarde")
    page.get_by_text("smakprov: de nyaste värdena").first.wait_for()
    page.goto(f"{dagster.url}/assets/ra/delaktighet")
    page.locator('a[href="https://api.kolada.se/v3/kpi/U21463"]').first.wait_for()


def test_a_run_from_the_page_goes_green_and_then_a_check_stops_another(dagster: Dagster, page: Page) -> None:
    assert dagster.status(run_from_the_page(page, dagster)) == "SUCCESS"
    page.get_by_text("Success", exact=True).first.wait_for()

    before = published(dagster.data_dir)
    with FileWarehouse(dagster.data_dir / "lager.duckdb").open() as connection:
        connection.execute("INSERT INTO matvarde FROM (FROM matvarde WHERE omrade_id = '0484' LIMIT 1)")
    assert dagster.status(run_from_the_page(page, dagster)) == "FAILURE"
    page.get_by_text("Failure", exact=True).first.wait_for()
    page.goto(f"{dagster.url}/assets/lager/matvarde?view=checks&checkDetail=dubbletter")
    page.get_by_text("1 värden finns mer än en gång").first.wait_for()
    page.get_by_text("Det är ett fel i lagret: kör malbild rebuild").first.wait_for()
    assert published(dagster.data_dir) == before


def test_nobody_but_this_machine_can_reach_it(dagster: Dagster) -> None:
    assert listening(int(dagster.url.rpartition(":")[2])) == {LOOPBACK}
    assert httpx.get(f"{dagster.url}/graphql", params={"query": "{ version }"}).status_code == 405
    assert httpx.post(f"{dagster.url}/graphql", json={}, headers={"Origin": "https://exempel.se"}).status_code == 403


def test_the_nightly_schedule_is_on(dagster: Dagster) -> None:
    answer = dagster.ask("""{ schedulesOrError(repositorySelector: {
        repositoryLocationName: "pipelines.definitions:defs", repositoryName: "__repository__"}) {
          ... on Schedules { results { name cronSchedule executionTimezone scheduleState { status } } } } }""")
    schedules = {schedule["name"]: schedule for schedule in answer["schedulesOrError"]["results"]}
    assert schedules["varje_natt"]["cronSchedule"] == "15 4 * * *"
    assert all(schedule["executionTimezone"] == "Europe/Stockholm" for schedule in schedules.values())
    assert {schedule["scheduleState"]["status"] for schedule in schedules.values()} == {"RUNNING"}


def test_doctor_sees_that_the_schedule_is_on_and_that_somebody_turned_it_off(dagster: Dagster) -> None:
    def next_run(words: str) -> Finding | None:
        findings = examine_here(Settings(data_dir=dagster.data_dir))
        (finding,) = [finding for finding in findings if finding.check == "next run"]
        return finding if words in finding.message else None

    assert until(lambda: next_run("the schedule on")).level == "ok"
    answer = dagster.ask("""{ schedulesOrError(repositorySelector: {
        repositoryLocationName: "pipelines.definitions:defs", repositoryName: "__repository__"}) {
          ... on Schedules { results { id name } } } }""")
    (schedule,) = [entry for entry in answer["schedulesOrError"]["results"] if entry["name"] == "varje_natt"]
    dagster.ask("mutation ($id: String!) { stopRunningSchedule(id: $id) { __typename } }", id=schedule["id"])
    assert until(lambda: next_run("varje_natt turned off")).level == "error"
