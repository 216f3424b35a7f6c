"""The graph that a person sees in Dagster, generated from the YAML files.

After a wanted change, write the snapshot anew: MALBILD_SKRIV_GRAF=1 pytest tests/test_graph.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import dagster as dg

from pipelines.assets import graph
from pipelines.definitions import JOB, build_defs, defs
from pipelines.settings import Settings
from tests.conftest import ROOT
from tests.small import CATALOG

SNAPSHOT = ROOT / "tests" / "data" / "graph.json"


def described(definitions: dg.Definitions) -> dict[str, dict[str, object]]:
    graph = definitions.resolve_asset_graph()
    return {
        node.key.to_user_string(): {
            "group": node.group_name,
            "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
            "kinds": sorted(node.kinds),
            "description": node.description,
            "expected every morning": node.freshness_policy is not None,
            "checks (true: stops what comes after)": {
                key.name: graph.get_check_spec(key).blocking for key in sorted(node.check_keys, key=str)
            },
        }
        for node in sorted(graph.asset_nodes, key=lambda node: node.key.to_user_string())
    }


def test_the_graph_is_the_one_that_was_agreed() -> None:
    nodes = described(defs())
    if os.environ.get("MALBILD_SKRIV_GRAF"):
        SNAPSHOT.write_text(json.dumps(nodes, ensure_ascii=False, indent=1) + "\n")
    assert nodes == json.loads(SNAPSHOT.read_text())


def test_every_indikator_is_fetched_and_validated_in_the_group_of_its_goal_area() -> None:
    nodes = described(defs())
    groups = {key.removeprefix("ra/"): node["group"] for key, node in nodes.items() if key.startswith("ra/")}
    assert groups == {
        "delaktighet": "tillsammans",
        "samordning": "tillsammans",
        "tillganglighet": "nara",
        "kontinuitet": "nara",
        "halsoframjande": "god_halsa",
        "forebyggande": "god_halsa",
        "rehabiliterande": "god_halsa",
        "ovriga": "ovriga",
    }
    assert {key for key in nodes if key.startswith("validerat/")} == {f"validerat/{part}" for part in groups}


def test_a_new_indikator_is_a_new_asset_without_code(tmp_path: Path) -> None:
    for file in CATALOG.iterdir():
        text = file.read_text()
        new = (
            "      - id: trygghet\n        namn: Trygghet\n        definition: att vara trygg.\n"
            "        matt:\n          - vardtillfallen\n"
        )
        (tmp_path / file.name).write_text(
            text.replace("      - id: rehabiliterande\n", f"{new}      - id: rehabiliterande\n")
        )
    nodes = described(build_defs(Settings(catalog_dir=tmp_path)))
    assert {"ra/trygghet", "validerat/trygghet"} <= set(nodes)
    assert "validerat/trygghet" in nodes["lager/matvarde"]["deps"]  # type: ignore[operator]


def test_the_definitions_load_and_the_job_holds_every_asset() -> None:
    dg.Definitions.validate_loadable(defs())
    job = defs().resolve_job_def(JOB)
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(described(defs()))


def test_the_night_begins_by_itself_outside_the_hours_that_summer_time_moves() -> None:
    schedules = {name: defs().resolve_schedule_def(name) for name in ("varje_natt", "samma_natt_igen")}
    assert {name: schedule.cron_schedule for name, schedule in schedules.items()} == {
        "varje_natt": "15 4 * * *",
        "samma_natt_igen": "15 5,6 * * *",
    }
    for schedule in schedules.values():
        assert schedule.execution_timezone == "Europe/Stockholm"
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert schedule.job_name == JOB


def test_findings_of_several_kinds_make_one_table() -> None:
    table = graph.table([{"matt": "m", "andel": 0.3}, {"nyckeltal_id": "N1", "andel": None}])
    assert [column.name for column in table.schema.columns] == ["matt", "andel", "nyckeltal_id"]
    assert [record.data for record in table.records] == [
        {"matt": "m", "andel": 0.3, "nyckeltal_id": "–"},
        {"matt": "–", "andel": "–", "nyckeltal_id": "N1"},
    ]
