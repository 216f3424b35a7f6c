"""A year of the styrkedja: spring frozen and decided, figures revised, autumn drafted, compared and decided, spring
rectified. Played once; what a reader then finds is told test by test.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.followups.frozen import sha256
from tests.dashboards.page import Node, parse, rows
from tests.figures import of_both
from tests.followups.conftest import Place
from tests.small import KPIS, dataset, values

APPROVED = """    sammanfattning:
      - malomrade: prov  # efter mötet
        meningar: ["En godkänd mening."]
        godkand_av: Länsgemensamt regionalt stöd
        datum: 2026-11-20
"""


@dataclass
class Year:
    """What was found on the way: HTML by name, and sums."""

    place: Place
    html: dict[str, str] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, path: Path) -> None:
        self.html[name] = path.read_text(encoding="utf-8")
        self.sums[name] = sha256(path)

    def page(self, name: str) -> Node:
        return parse(self.html[name])


def later() -> pl.DataFrame:
    """The figures of autumn: one value of 2024 revised past riket, and a year more for Västby, of each kön."""
    figures = values()
    here = (pl.col("kpi") == "U00002") & (pl.col("area") == "0484")
    new = figures.filter(here & (pl.col("year") == 2024)).with_columns(year=pl.lit(2025, pl.Int32), value=pl.lit(10.0))
    revised = pl.when(here & (pl.col("year") == 2023)).then(99.5).otherwise("value")
    return of_both(pl.concat([figures.with_columns(value=revised), new]))


@pytest.fixture(scope="module")
def year(copied: Callable[[Path], Place], tmp_path_factory: pytest.TempPathFactory) -> Year:
    place = copied(tmp_path_factory.mktemp("ar"))
    played = Year(place)
    goal = re.search(r"malomraden:\n  - id: (\w+)", (place.settings.catalog_dir / "indikatorer.yaml").read_text())
    assert goal
    approved = APPROVED.replace("prov", goal[1])
    spring = place.reports / "2026-var"

    place.did("uppfoljning", "ny", "2026-var", "--nr", "1", "--namn", "Vår 2026", "--nsv", "2026-11-23")
    place.did("uppfoljning", "frys", "2026-var")
    played.keep("spring draft", spring / "index.html")
    # The last nights before autumn: what is frozen does not move.
    place.revise(20)
    place.night(dataset(figures=later()))
    place.did("report", "--uppfoljning", "2026-var")
    played.keep("spring after twenty nights", spring / "index.html")
    as_of = re.search(r'as_of: "(.*)"', place.yaml.read_text())
    assert as_of
    place.did("report", "--uppfoljning", "2026-var", "--as-of", as_of[1])
    played.keep("spring from the revisions", spring / "index.html")
    place.yaml.write_text(place.yaml.read_text() + approved)
    place.did("uppfoljning", "faststall", "2026-var", "--utan-pdf")
    played.keep("spring", spring / "index.html")

    place.did("uppfoljning", "ny", "2026-host", "--nr", "2", "--namn", "Höst 2026", "--nsv", "2026-12-11")
    text = place.yaml.read_text()
    meetings = (
        "    moten:\n      - instans: arbetsgrupp\n        datum: 2026-11-25\n"
        "      - instans: Länsstyrgruppen\n        datum: 2026-12-01\n"
        "    diarienummer: PROV26-0001\n    forslag_till_beslut:\n      - Nämnden tar del av uppföljningen.\n"
    )
    place.yaml.write_text(text + meetings)
    place.did("uppfoljning", "frys", "2026-host")
    place.did("report", "--uppfoljning", "2026-host", "--instans", "arbetsgrupp")
    autumn = place.reports / "2026-host"
    played.keep("autumn draft", autumn / "utkast-arbetsgrupp.html")
    place.yaml.write_text(place.yaml.read_text() + approved)
    place.did("uppfoljning", "faststall", "2026-host", "--utan-pdf", "--datum", "2026-11-24")
    played.keep("autumn", autumn / "index.html")

    place.did(
        "uppfoljning",
        "ratta",
        "2026-var",
        "--orsak",
        "Ett värde var fel.",
        "--as-of",
        now(place),
        "--utan-pdf",
        "--datum",
        "2026-11-24",
    )
    played.keep("spring rectified", spring / "v2" / "index.html")
    played.keep("start", place.reports / "index.html")
    place.did("uppfoljning", "ny", "2027-var", "--nr", "3", "--namn", "Vår 2027")
    place.did("report", "--uppfoljning", "2027-var")
    played.keep("next draft", place.reports / "2027-var" / "index.html")
    return played


def now(place: Place) -> str:
    with duckdb.connect(str(place.settings.published), read_only=True) as connection:
        return str(connection.sql("SELECT max(avslutad) FROM korning").fetchall()[0][0].isoformat())


def test_twenty_nights_later_it_is_the_same_bytes_from_the_frozen_files_and_from_the_revisions(year: Year) -> None:
    assert year.sums["spring after twenty nights"] == year.sums["spring draft"]
    assert year.sums["spring from the revisions"] == year.sums["spring draft"]
    with duckdb.connect(str(year.place.settings.published), read_only=True) as connection:
        (revised,) = connection.sql(
            "SELECT count(DISTINCT korning_id) FROM matvarde_revision WHERE handelse = 'reviderad'"
        ).fetchall()[0]
    assert revised == 21


def test_a_decided_report_lies_there_for_good(year: Year) -> None:
    place, page = year.place, year.place.reports / "2026-var" / "index.html"
    assert "2026-var" in place.refused("uppfoljning", "frys", "2026-var")
    assert "is never changed" in place.refused("uppfoljning", "faststall", "2026-var", "--utan-pdf")
    output = place.did("report", "--uppfoljning", "2026-var", "--huvudman", "0484")
    assert "was not written" in output
    output = place.did("report", "--uppfoljning", "2026-host")
    assert "the same, byte for byte" in output
    assert sha256(page) == year.sums["spring"], "the rectification lies beside it"
    assert not page.stat().st_mode & 0o222
    assert not page.parent.stat().st_mode & 0o222
    assert year.html["spring"] != year.html["spring draft"]


def test_the_cover_tells_what_the_document_is(year: Year) -> None:
    cover = year.page("autumn").element("header", class_name="cover").text
    for words in (
        "Höst 2026, nr 2",
        "Fastställd",
        "PROV26-0001",
        "Nämnden tar del av uppföljningen.",
        "11 december 2026",
    ):
        assert words in cover
    assert "utkast" not in cover.lower()
    draft = year.page("autumn draft")
    assert draft.element("body").attrs["data-utkast"] == "Utkast till arbetsgrupperna 25 november 2026"
    assert "Utkast till arbetsgrupperna" in draft.element("p", class_name="cover-status").text
    assert "data-utkast" not in year.page("autumn").element("body").attrs


def test_autumn_is_compared_with_what_spring_knew(year: Year) -> None:
    since = year.page("autumn").element("section", id="sedan")
    assert "Jämfört med Vår 2026, nr 1" in since.text
    revised = next(t for t in since.all("table") if "år som redan fanns" in t.element("caption").text)
    (row,) = [cells for head, cells in rows(revised).items() if re.search(r"U00002.*Västby 2023$", head)]
    assert [re.sub(r"\s", " ", cell) for cell in row] == ["20,7 %", "99,5 %", "reviderat"]
    assert any("2025 för 1 av 2 huvudmän" in item.text for item in since.all("li"))
    words = next(t for t in since.all("table") if "med ett nytt år" in t.element("caption").text)
    signs = [row.text for row in words.all("tr") if "ändring sedan mätningen före" in row.text]
    assert len(signs) == 1, "of both together, and once"
    # From 20.98 in 2024 to 10.0 in 2025, after a rise; what is of women falls first and rises then.
    assert signs[0].index("ökning") < signs[0].index("minskning")


def test_the_command_line_tells_of_changes_since_an_issue(year: Year) -> None:
    place = year.place
    assert "reviderat" in place.did("andringar", "--sedan", "2026-var")
    assert "reviderat" not in place.did("andringar", "--sedan", "2026-host")
    assert "draft without as_of" in place.refused("andringar", "--sedan", "2027-var")
    assert "2026-var, 2026-host, 2027-var" in place.refused("andringar", "--sedan", "2027-host")


def test_without_an_earlier_issue_it_says_so_in_one_line(year: Year) -> None:
    since = year.page("spring").element("section", id="sedan")
    assert "Ingen tidigare uppföljning är fryst" in since.text


def test_a_rectification_tells_why_and_what_changed_and_the_start_page_tells_of_it(year: Year) -> None:
    page = year.page("spring rectified")
    since = page.element("section", id="sedan")
    assert "Ett värde var fel." in since.text
    assert "Jämfört med den fastställda versionen av Vår 2026, nr 1" in since.text
    assert any("Västby 2023" in head for t in since.all("table") for head in rows(t))
    assert "Fastställd, rättad version 2" in page.element("header", class_name="cover").text
    start = year.page("start")
    spring = next(a for a in start.all("article") if "Vår 2026" in a.text)
    assert "Fastställd, rättad" in spring.text
    assert "Ett värde var fel." in spring.text
    assert "En nyare uppföljning finns: Höst 2026, nr 2." in spring.text
    hrefs = {a.attrs["href"] for a in start.all("a")}
    for href in ("2026-var/index.html", "2026-var/v2/index.html", "2026-host/arkiv.zip", "2026-host/0484.html"):
        assert href in hrefs
    for href in hrefs - {"#innehall"}:
        assert (year.place.reports / href).resolve().is_file(), href
    assert "SYNTETISKA" in start.text


def test_later_issues_say_that_spring_is_rectified(year: Year) -> None:
    since = year.page("next draft").element("section", id="sedan").text
    assert "Jämfört med Höst 2026, nr 2" in since
    assert "Vår 2026, nr 1 är rättad: version 2, 24 november 2026. Ett värde var fel." in since
    assert "rättad" not in year.page("autumn").element("section", id="sedan").text, "what is decided is not touched"


def test_comments_in_the_file_are_kept(year: Year) -> None:
    text = year.place.yaml.read_text()
    assert text.count("# efter mötet") == 2
    assert "rattelser:" in text
    assert text.index("rattelser:") < text.index("id: 2026-host"), "the rectification stands with its issue"


def test_the_pack_holds_what_somebody_needs_in_ten_years(year: Year) -> None:
    pack = year.place.reports / "2026-host" / "arkiv.zip"
    output = year.place.did("uppfoljning", "verifiera", pack)
    assert "2026-host, version 1, fastställd" in output
    with zipfile.ZipFile(pack) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        requests = archive.read("anrop.csv").decode()
        report = archive.read("rapport/index.html").decode()
    assert {"rapport/0484.html", "rapport/tjansteutlatande.md", "innehall/indikatorer.yaml", "katalog.json"} <= names
    assert {"export/csv/matvarde.csv", "export/malbild.xlsx", "manifest.sha256"} <= names
    assert report == year.html["autumn"]
    assert manifest["nyckeltal"] == sorted(KPIS)
    assert manifest["jamford_med"] == {"uppfoljning": "2026-var", "version": 1}
    assert "SYNTETISKA" in manifest["anmarkning"]
    assert "/data/" in requests
    assert requests.count("\n") > 3


def test_the_letter_has_the_board_s_headings_and_invents_nothing(year: Year) -> None:
    letter = (year.place.reports / "2026-host" / "tjansteutlatande.md").read_text()
    headings = re.findall(r"^## (.*)$", letter, flags=re.MULTILINE)[1:]
    assert headings == [
        "Förslag till beslut",
        "Ärendets beredning",
        "Ärendet",
        "Ekonomiska konsekvenser",
        "Beslutsunderlag",
        "Beslutet expedieras till",
    ]
    assert "1. Nämnden tar del av uppföljningen." in letter
    assert "Länsstyrgruppen 1 december 2026" in letter
    assert "En godkänd mening." in letter
    assert "Handläggare: [fyll i]" in letter
    assert "11 december 2026" in letter
