"""The repository's own YAML files: what the report of 2023 says, Kolada's exact titles, and what editors check."""

from __future__ import annotations

import gzip
import itertools
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipelines.catalog.load import (
    ACTIVITY_FILE,
    CORRECTION_FILE,
    FOLLOW_UP_FILE,
    GEOGRAPHY_FILE,
    INDICATOR_FILE,
)
from pipelines.catalog.model import Catalog, Kpi
from pipelines.catalog.schema import schemas
from pipelines.catalog.titles import plain
from tests.catalog.test_load import EditorLoader
from tests.conftest import ROOT
from tests.small import own_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return own_catalog()


def test_three_malomraden_and_seven_indikatorer_in_order(catalog: Catalog) -> None:
    assert [(area.id, [indicator.id for indicator in area.indicators]) for area in catalog.goal_areas] == [
        ("tillsammans", ["delaktighet", "samordning"]),
        ("nara", ["tillganglighet", "kontinuitet"]),
        ("god_halsa", ["halsoframjande", "forebyggande", "rehabiliterande"]),
    ]


def test_twenty_six_matt_in_twenty_eight_places(catalog: Catalog) -> None:
    places = [(indicator.id, measure) for indicator in catalog.indicators for measure in indicator.measures]
    assert len(catalog.measures) == 26
    assert len(places) == 28
    shared = {measure for _, measure in places if sum(measure == other for _, other in places) == 2}
    assert shared == {"samordning-vard-omsorgskontakter", "samordning-vardkontakter-region"}
    assert {indicator for indicator, measure in places if measure in shared} == {"samordning", "kontinuitet"}


def test_what_is_lacking_says_so(catalog: Catalog) -> None:
    (indicator,) = (indicator for indicator in catalog.indicators if indicator.id == "rehabiliterande")
    assert indicator.measures == ()
    assert "Det saknas förslag för indikatorn rehabilitering" in str(indicator.gap)
    violence = catalog.measure("valdsutsatthet")
    assert (violence.coverage, len(violence.kpis)) == ("saknas", 7)
    assert {entry.role for entry in violence.kpis} == {"indirekt"}


def test_the_coverage_of_the_matt_agrees_with_the_roles(catalog: Catalog) -> None:
    assert Counter(measure.coverage for measure in catalog.measures) == {
        "kolada": 10,
        "brott": 2,
        "delvis": 4,
        "upphört": 1,
        "indirekt": 4,
        "utanför kolada": 4,
        "saknas": 1,
    }
    for measure in catalog.measures:
        has_primary = any(entry.role == "primär" for entry in measure.kpis)
        assert has_primary == (measure.coverage in ("kolada", "brott", "delvis", "upphört")), measure.id


def test_the_nyckeltal_stand_in_the_order_of_their_ids(catalog: Catalog) -> None:
    assert list(catalog.kpis) == sorted(catalog.kpis)


def test_osakerhetstal_are_paired_with_the_question_they_are_about(catalog: Catalog) -> None:
    pairs = {kpi.id: kpi.uncertainty for kpi in catalog.kpis.values() if kpi.uncertainty}
    assert pairs == {
        "N00559": "U01559",
        "N01452": "N01453",
        "N01460": "N01461",
        "N01462": "N01463",
        "N07634": "N07682",
        "N70554": "N70574",
        "U01402": "U01508",
        "U01404": "U01510",
        "U01405": "U01511",
        "U01411": "U01517",
        "U01435": "U01513",
        "U01473": "U01573",
        "U01760": "U01560",
        "U21467": "N21452",
        "U21478": "N21457",
        "U23481": "N21466",
        "U60446": "U61547",
    }
    for kpi_id, uncertainty in pairs.items():
        other = catalog.kpis[str(uncertainty)]
        assert other.titles[0].startswith("Osäkerhetstal - ")
        assert other.direction == "ingen"
        assert other.level == catalog.kpis[kpi_id].level
    for kpi in catalog.kpis.values():
        assert not kpi.titles[0].startswith("Osäkerhetstal") or kpi.id in pairs.values(), "one that is paired with none"
        assert {catalog.kpis[kpi_id].level for kpi_id in kpi.quality} <= {kpi.level}, kpi.id


def test_no_osakerhetstal_of_the_same_title_is_overlooked(catalog: Catalog, shared_data: Path) -> None:
    titles = {kpi_id: str(kpi["title"]) for kpi_id, kpi in archive(shared_data, "kolada-2026").items()}
    margin_of = {
        plain(title.removeprefix("Osäkerhetstal - ")): kpi_id
        for kpi_id, title in titles.items()
        if title.startswith("Osäkerhetstal - ")
    }
    overlooked = {
        kpi.id: margin_of[title]
        for kpi in catalog.kpis.values()
        if (title := plain(titles.get(kpi.id, kpi.titles[0]))) in margin_of and kpi.uncertainty != margin_of[title]
    }
    assert overlooked == {}


def test_an_ended_series_says_so_in_its_title(catalog: Catalog) -> None:
    def marked(kpi: Kpi) -> int | None:
        match = re.search(r"\(\s*-\s*(\d{4})\s*\)$", kpi.titles[0])
        return int(match[1]) if match else None

    assert {kpi.id: kpi.ended_year for kpi in catalog.kpis.values()} == {
        kpi.id: marked(kpi) for kpi in catalog.kpis.values()
    }


def test_means_of_several_years_are_marked(catalog: Catalog) -> None:
    overlapping = {kpi.id: kpi.overlapping_years for kpi in catalog.kpis.values()}
    assert {overlapping[kpi_id] for kpi_id in ("U20462", "N20402", "N20409", "N20410", "N20434")} == {3}
    assert overlapping["N61603"] == 5
    for kpi in catalog.kpis.values():
        assert not re.search(r"\d-årsm", kpi.titles[0]) or kpi.overlapping_years, kpi.id


def test_everything_is_proposed_until_the_owners_decide(catalog: Catalog) -> None:
    assert {entry.decision for measure in catalog.measures for entry in measure.kpis} == {"föreslagen"}
    assert {kpi.direction_decision for kpi in catalog.kpis.values()} == {"föreslagen"}
    assert not any(sub_county.confirmed for sub_county in catalog.geography.sub_counties)


def test_indikatorer_and_the_rest_partition_what_is_followed(catalog: Catalog) -> None:
    parts = [catalog.kpis_of_indicator(indicator.id) for indicator in catalog.indicators]
    listed = list(itertools.chain(*parts, catalog.remaining_kpis()))
    assert sorted(listed) == sorted(kpi.id for kpi in catalog.followed_kpis())


def test_nine_kommuner_in_three_lansdelar_and_the_region(catalog: Catalog) -> None:
    geography = catalog.geography
    assert {kommun.id for kommun in geography.kommuner} == {
        "0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488",
    }  # fmt: skip
    assert [(part.id, len(part.kommuner)) for part in geography.sub_counties] == [
        ("norra", 2),
        ("vastra", 3),
        ("sodra", 4),
    ]
    assert (geography.country.id, geography.region.id, geography.county_group) == ("0000", "0004", "G33614")


def archive(folder: Path, vintage: str, name: str = "kpi.json.gz") -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in json.loads(gzip.decompress((folder / vintage / name).read_bytes()))}


def test_the_titles_are_those_of_kolada_now_and_before(catalog: Catalog, shared_data: Path) -> None:
    now, before = archive(shared_data, "kolada-2026"), archive(shared_data, "kolada-2024")
    for kpi in catalog.kpis.values():
        seen = [str(rows[kpi.id]["title"]) for rows in (now, before) if kpi.id in rows]
        assert list(kpi.titles) == list(dict.fromkeys(seen)), kpi.id


def test_level_and_gender_are_those_of_kolada(catalog: Catalog, shared_data: Path) -> None:
    now = archive(shared_data, "kolada-2026")
    assert {kpi.id: (kpi.level, kpi.by_gender) for kpi in catalog.kpis.values()} == {
        kpi_id: (now[kpi_id]["municipality_type"], now[kpi_id]["is_divided_by_gender"]) for kpi_id in catalog.kpis
    }


def test_the_groups_are_those_of_the_subject_and_owner(catalog: Catalog, shared_data: Path) -> None:
    groups = archive(shared_data, "kolada-2026", "municipality_groups.json.gz")
    for principal in (catalog.geography.region, *catalog.geography.kommuner):
        for subject, group_id in principal.similar.items():
            title = str(groups[group_id]["title"])
            assert subject in title
            assert f", {principal.name}, " in title
    members = groups[catalog.geography.county_group]["members"]
    assert isinstance(members, list)
    assert {member["member_id"] for member in members} == {kommun.id for kommun in catalog.geography.kommuner}


# --- aktiviteter.yaml -------------------------------------------------------------------------------------------------


def test_five_and_four_malsattningar_verbatim_and_without_a_status_that_was_not_given(catalog: Catalog) -> None:
    areas = catalog.activities.focus_areas
    assert [(a.name, a.first_year, a.last_year, len(a.goals)) for a in areas] == [
        ("Personcentrering", 2023, 2027, 5),
        ("Hälsofrämjande och förebyggande", 2023, 2027, 4),
    ]
    assert areas[0].goals[3].text == "Invånaren kan erbjudas egenmonitoreringslösningar i hela länet."
    assert areas[1].goals[0].text.endswith("vårdgivare och civilsamhället inom respektive kommun.")
    goals = [goal for area in areas for goal in area.goals]
    assert {(goal.status, goal.reach, goal.indicators) for goal in goals} == {(None, None, ())}
    assert all(goal.whole_county == ("i hela länet" in goal.text) for goal in goals)


def test_the_named_satsningar_and_the_uppdrag_with_nothing_decided_for_the_owners(catalog: Catalog) -> None:
    initiatives = catalog.activities.initiatives
    assert [initiative.name for initiative in initiatives if initiative.kind == "satsning"] == [
        "Tillsammans för barnens bästa",
        "Tillsammans för unga vuxna",
        "Egenmonitorering",
        "Depression hos äldre",
        "Samsjuklighet",
        "Översynen av samverkansdokumenten",
    ]
    assert [initiative.id for initiative in initiatives if initiative.kind == "uppdrag"] == [
        "samsjuklighetsreformen",
        "patientsakerhetsdialoger",
        "familjecentraler",
        "delegering",
    ]
    assert {link.decision for initiative in initiatives for link in initiative.goals} == {"föreslagen"}
    assert all(initiative.follow_up_measures == () for initiative in initiatives)
    assert (catalog.activities.limit, catalog.activities.comments) == (None, ())
    assert {question.status for question in catalog.activities.questions} == {"öppen"}


def test_the_trygghetsvy_is_a_proposal_of_what_is_followed(catalog: Catalog) -> None:
    view = catalog.activities.safety
    assert view is not None
    assert view.decision == "föreslagen"
    shown = {entry.kpi for entry in view.entries if entry.kpi}
    shown |= {use.kpi_id for e in view.entries if e.measure for use in catalog.measure(e.measure).kpis}
    assert {"U21467", "U79133", "N20506", "U79092", "U21343"} <= shown


def test_each_matt_and_indikator_asks_a_plain_question_and_none_has_an_owner_yet(catalog: Catalog) -> None:
    questions = [entry.question for entry in (*catalog.measures, *catalog.indicators)]
    assert all(question is not None and question.endswith("?") for question in questions)
    assert len(questions) == len(set(questions))
    assert {measure.owner for measure in catalog.measures} == {None}


def test_the_three_paragraphs_about_matproblem_are_whole(catalog: Catalog) -> None:
    (quote,) = [quote for quote in catalog.activities.quotes if quote.place == "mätproblem"]
    paragraphs = quote.text.split("\n\n")
    assert len(paragraphs) == 3
    assert paragraphs[1].startswith("En utmaning med mer övergripande resultatmått är att det blir svårt att visa")
    assert "För många indikatorer finns mätproblem av olika slag." in paragraphs[1]


# --- editors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [INDICATOR_FILE, GEOGRAPHY_FILE, CORRECTION_FILE, FOLLOW_UP_FILE, ACTIVITY_FILE])
def test_editors_find_the_schema_and_the_file_fits_it(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert match
    schema = json.loads((ROOT / match[1]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(yaml.load(text, EditorLoader))


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    schema = json.loads((ROOT / "docs/schema/kommuner.schema.json").read_text(encoding="utf-8"))
    content = yaml.safe_load((ROOT / GEOGRAPHY_FILE).read_text(encoding="utf-8"))
    content["jamfor_med"] = "länet"
    content["riket"] = {"id": 0, "namn": "Riket"}
    content["lansdelar"][0]["bekraftad"] = False
    content["utgivare"] = {
        "namn": "Provregionen",
        "uri": "https://prov.example/id",
        "typ": "regionen",
        "kontakt": "Funktionen",
        "epost": "prov.example",
        "adress": "https://prov.example/data",
        "licens": "https://prov.example/licens",
    }
    places = {tuple(error.absolute_path) for error in jsonschema.Draft202012Validator(schema).iter_errors(content)}
    assert places == {
        ("jamfor_med",),
        ("riket", "id"),
        ("lansdelar", 0, "bekraftad"),
        *(("utgivare", key) for key in ("typ", "epost", "adress")),
    }


def test_the_committed_schemas_are_up_to_date() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "schema").glob("*.json")}
    assert committed == schemas(), "run `make schema`"


def test_reading_the_catalogue_needs_no_heavy_library() -> None:
    code = "import sys, pipelines.catalog.load; print(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"polars", "dagster", "duckdb", "pandera", "httpx", "plotly"} & set(done.stdout.split())
