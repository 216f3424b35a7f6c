"""A satsning's own page: its figures on one time axis, its PDSA with whose words they are, and what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboards.pages import links
from tests.dashboards.audit import deviations
from tests.dashboards.conftest import build_site
from tests.dashboards.page import Node
from tests.dashboards.published import insert, write_content
from tests.dashboards.test_periods import KPI, store
from tests.warehouse.small import change


@pytest.fixture(scope="module")
def site(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Node]:
    database = Path(shutil.copy(databases(), tmp_path_factory.mktemp("satsning") / "analys.duckdb"))
    write_content(database)
    store(database)
    change(
        database,
        f"UPDATE xmr SET nyckeltal_id = 'U11111' WHERE nyckeltal_id = '{KPI}'",
        "UPDATE styrning.satsning SET start = DATE '2024-06-15' WHERE satsning_id = 'b'",
        "INSERT INTO styrning.uppfoljningsmatt BY NAME SELECT 'um-3' AS uppfoljningsmatt_id, 'a' AS satsning_id, "
        "'Rökare' AS namn, 'utfall' AS typ, 'U66666' AS nyckeltal_id, 'Egen räkning' AS finns_har, 1 AS ordning",
        "UPDATE styrning.pdsa SET planerad_titt = DATE '2026-10-01', agera = NULL WHERE satsning_id = 'b'",
        # A second cycle that a night has looked at: Eskilstuna's month was revised since, Flen's year was not.
        "INSERT INTO styrning.pdsa BY NAME SELECT 'b' AS satsning_id, 2 AS cykel, DATE '2026-10-02' AS planerad_titt",
        "INSERT INTO styrning.pdsa BY NAME SELECT 'b' AS satsning_id, 3 AS cykel, DATE '2026-10-03' AS planerad_titt",
    )
    with duckdb.connect(str(database)) as connection:
        # Flen began earlier, and its earlier expectation of Eskilstuna was taken back.
        for area_id, day, start in (
            ("0482", "2026-01-01", "2024-05-01"),
            ("0484", "2026-01-01", "2025-02-01"),
            ("0484", "2026-01-02", None),
        ):
            insert(
                connection, "forvantan", satsning_id="b", nyckeltal_id="U11111", huvudman_id=area_id, start=start,
                vantas=start and "högre", observerad=day, korning_id="k-2",
            )  # fmt: skip
        for area_id, year, refers, value, limits, cause in (
            ("0484", 2025, "2025-02", 3.25, "gäller", "utanför gränserna"),
            ("0482", 2025, "2025", 0.0, None, None),
            ("0461", None, None, None, None, None),
        ):
            insert(
                connection, "titt", satsning_id="b", cykel=2, planerad_titt="2026-10-02", nyckeltal_id="U11111",
                omrade_id=area_id, ar=year, avser=refers, varde=value, granser=limits, sarskild_orsak=cause,
                observerad="2026-10-02 02:15:00", korning_id="k-1",
            )  # fmt: skip
        insert(
            connection, "periodvarde_revision", nyckeltal_id="U11111", omrade_id="0484", ar=2025, period="2025-02",
            kon="T", varde=4.5, status="publicerad", kalla="lokal", observerad="2026-11-01", korning_id="k-2",
        )  # fmt: skip
        for key, words in {"resultat": "Planerna blev fler.", "siffror": "Från 40 till 55."}.items():
            insert(
                connection, "svar", uppfoljning_id="2026-host", svarande_id="lsg", objekt="cykel", objekt_id="b.1",
                falt=key, svar=words, roll="ordförande", datum="2026-11-02", lamnad="2026-11-02",
                observerad="2026-11-03",
                korning_id="k-2",
            )  # fmt: skip
    built = build_site(database)
    built(links.initiative_page("b"))
    assert deviations(database.with_name("rapport"), database) == []
    return built


def test_process_and_mått_stand_on_one_axis_with_the_start_marked(site: Callable[[str], Node]) -> None:
    page = site(links.initiative_page("b"))
    timeline, *charts = page.all("svg")
    titles = [node.text for node in timeline.all("text") if node.attrs["class"] == "x-rubrik"]
    assert [title.split(",")[-1].strip() for title in titles] == ["per period", "per år (%)", "per år (index 0–100)"]
    # The first nyckeltal that the indikator is judged by is another mått's.
    assert titles[2].startswith("Indikatorn Delaktighet, länet, per år")
    assert "Indikatorn Delaktighet bedöms i rapporten med Patientrapporterad delaktighet, region: " in page.text
    assert len([node for node in timeline.all("line") if node.attrs["class"] == "x-start"]) == 2
    texts = [node.text for node in timeline.all("text")]
    assert {"start Flen", "start hos nio huvudmän"} <= set(texts)
    assert "Start Flen: 1 maj 2024. Start " in timeline.attrs["aria-label"]
    assert "och Region Sörmland: 15 juni 2024." in timeline.attrs["aria-label"]
    # Only Eskilstuna and Flen have handed in June 2024.
    starts = [sum(node.attrs["class"] == "x-start" for node in chart.all("line")) for chart in charts]
    assert starts == [1, 1, 0]
    assert "visar inte att satsningen är orsaken" in page.text
    files = [a.attrs["href"] for a in page.all("a") if "bilder/" in a.attrs["href"] or "csv/" in a.attrs["href"]]
    assert files == [
        "../bilder/satsning-b/over-tid.svg",
        *(f"../bilder/satsning-b/U11111-perioder-{area}.svg" for area in ("0484", "0482", "0488")),
        "../csv/perioder-U11111.csv",
    ]
    assert "samma dag ritas för alla" not in page.element("section", id="saknas").text


def test_pdsa_shows_what_is_decided_whose_answer_it_is_and_that_the_look_is_late(site: Callable[[str], Node]) -> None:
    part = site(links.initiative_page("b")).element("section", id="pdsa")
    steps = steps_of(part)[0]
    assert steps["Planera: vad som väntas hända"] == "Fler planer ger färre återinskrivningar"
    assert steps["Planera: dag då siffrorna läses"] == "1 oktober 2026"
    assert steps["Studera: slutsats"].startswith("Planerna blev fler. (svar från")
    assert "ordförande" in steps["Studera: slutsats"]
    assert "inte beslutat" in steps["Studera: slutsats"]
    assert steps["Agera"] == "ej beslutat"
    # Of the third cycle nobody has written anything.
    assert part.text.count("har passerat 22 november 2026") == 1


def steps_of(part: Node) -> list[dict[str, str]]:
    """Label → text of each cycle."""
    return [
        dict(zip((n.text for n in cycle.all("dt")), (n.text for n in cycle.all("dd")), strict=True))
        for cycle in part.all("dl")
    ]


def test_what_a_night_wrote_down_stands_beside_what_it_is_now(site: Callable[[str], Node]) -> None:
    part = site(links.initiative_page("b")).element("section", id="pdsa")
    steps = steps_of(part)[1]
    assert steps["Studera: dag då siffrorna lästes"] == "2 oktober 2026 (nedskrivna av malbild)"
    assert steps["Studera: vad siffrorna sade då"] == "Se tabellen nedan. Den ändras inte när siffrorna revideras."
    (table,) = part.all("table")
    rows = {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in table.all("tr")[1:]}
    assert rows == {
        "Eskilstuna": ["2025-02", "3,3", "utanför gränserna", "4,5 reviderat"],
        "Flen": ["2025", "0,0", "–", "oförändrat"],
        "Gnesta": ["–", "inget värde", "–", "–"],
    }
    assert "nedskrivet 2 oktober 2026. Enhet: %." in table.all("caption")[0].text
    assert part.text.count("Slutsatsen saknas.") == 1


def test_without_anything_the_page_says_what_is_missing_and_who_can_give_it(site: Callable[[str], Node]) -> None:
    page = site(links.initiative_page("c"))
    missing = [node.text for node in page.element("section", id="saknas").all("li")]
    assert [text.split(".")[0] for text in missing] == [
        "Uppföljningsmått saknas",
        "Månads- och kvartalsvärden saknas",
        "När satsningen började är inte angivet",
        "Ingen cykel av PDSA är skriven",
    ]
    assert page.all("svg") == []
    assert "Det finns inga siffror att visa." in page.text


def test_every_card_leads_to_its_page(site: Callable[[str], Node]) -> None:
    cards = site(links.SATSNINGAR).all("article")
    assert [[a.attrs["href"] for a in card.all("a")] for card in cards] == [
        [f"satsning/{initiative}.html"] for initiative in ("a", "b", "c")
    ]


def test_what_is_followed_with_a_nyckeltal_alone_steers_towards_its_indikator(site: Callable[[str], Node]) -> None:
    (ways,) = site(links.initiative_page("a")).all("ul", class_name="entries")
    assert [item.text for item in ways.all("li")][-1] == "Rökare (utfall) indikatorn Hälsofrämjande."
