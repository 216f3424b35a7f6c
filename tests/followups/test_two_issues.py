"""A year of the styrkedja: spring frozen and decided, figures revised, autumn drafted, compared and decided, spring
rectified. Played once; what a reader then finds is told test by test.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.followups.frozen import report_checksums
from pipelines.settings import Settings
from tests.dashboards.page import Node, parse, rows
from tests.figures import of_both
from tests.followups.conftest import Place
from tests.small import KPIS, dataset, values

pytestmark = pytest.mark.lang

APPROVED = """    sammanfattning:
      - malomrade: prov  # efter mötet
        meningar: ["En godkänd mening."]
        godkand_av: Länsgemensamt regionalt stöd
        datum: 2026-11-20
"""


@dataclass
class Year:
    """What was there on the way: the HTML of each report's index, and the sums of all its files."""

    place: Place
    html: dict[str, str] = field(default_factory=dict)
    sums: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, name: str, folder: Path) -> None:
        self.html[name] = (folder / "index.html").read_text(encoding="utf-8")
        self.sums[name] = report_checksums(folder)

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
    accepted = ("--godkann", goal[1])
    spring = place.reports / "2026-var"

    place.did("uppfoljning", "ny", "2026-var", "--nr", "1", "--namn", "Vår 2026", "--nsv", "2026-11-23")
    place.did("uppfoljning", "frys", "2026-var")
    played.keep("spring draft", spring)
    # The last nights before autumn: what is frozen does not move.
    place.revise(2)
    place.night(dataset(figures=later()))
    place.did("report", "--uppfoljning", "2026-var")
    played.keep("spring after three nights", spring)
    as_of = re.search(r'as_of: "(.*)"', place.yaml.read_text())
    assert as_of
    place.did("report", "--uppfoljning", "2026-var", "--as-of", as_of[1])
    played.keep("spring from the revisions", spring)
    place.yaml.write_text(place.yaml.read_text() + approved)
    place.did("uppfoljning", "faststall", "2026-var", "--utan-pdf", *accepted)
    played.keep("spring", spring)

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
    played.keep("autumn draft", place.reports / "2026-host_utkast-arbetsgrupp")
    place.yaml.write_text(place.yaml.read_text() + approved)
    place.did("uppfoljning", "faststall", "2026-host", "--utan-pdf", "--datum", "2026-11-24", *accepted)
    played.keep("autumn", autumn)

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
        *accepted,
    )
    played.keep("spring rectified", spring / "v2")
    played.html["start"] = (place.reports / "index.html").read_text(encoding="utf-8")
    place.did("uppfoljning", "ny", "2027-var", "--nr", "3", "--namn", "Vår 2027")
    place.did("report", "--uppfoljning", "2027-var")
    played.keep("next draft", place.reports / "2027-var")
    return played


def now(place: Place) -> str:
    with duckdb.connect(str(place.settings.published), read_only=True) as connection:
        return str(connection.sql("SELECT max(avslutad) FROM korning").fetchall()[0][0].isoformat())


def test_nights_later_it_is_the_same_bytes_from_the_frozen_files_and_from_the_revisions(year: Year) -> None:
    assert year.sums["spring after three nights"] == year.sums["spring draft"]
    assert year.sums["spring from the revisions"] == year.sums["spring draft"]
    with duckdb.connect(str(year.place.settings.published), read_only=True) as connection:
        (revised,) = connection.sql(
            "SELECT count(DISTINCT korning_id) FROM matvarde_revision WHERE handelse = 'reviderad'"
        ).fetchall()[0]
    assert revised == 3


def test_a_decided_report_lies_there_for_good(year: Year) -> None:
    place, folder = year.place, year.place.reports / "2026-var"
    assert "2026-var" in place.refused("uppfoljning", "frys", "2026-var")
    assert "is never changed" in place.refused("uppfoljning", "faststall", "2026-var", "--utan-pdf")
    assert "is never changed" in place.refused("uppfoljning", "tjansteutlatande", "2026-var")
    output = place.did("report", "--uppfoljning", "2026-var", "--huvudman", "0484")
    assert "was not written" in output
    output = place.did("report", "--uppfoljning", "2026-host")
    assert "the same, byte for byte" in output
    assert report_checksums(folder) == year.sums["spring"], "the rectification lies beside it"
    assert len(year.sums["spring"]) > 10
    assert [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o222] == []
    assert year.html["spring"] != year.html["spring draft"]


def test_the_drafts_along_the_styrkedja_have_folders_of_their_own_until_the_decision(year: Year) -> None:
    assert {"index.html", "csv/sammanfattning.csv", "forandringar.csv"} <= year.sums["autumn draft"].keys()
    assert "tjansteutlatande.md" not in year.sums["autumn draft"], "the letter goes to the board"
    assert "tjansteutlatande.md" in year.sums["spring draft"]
    assert list(year.place.reports.glob("*_utkast-*")) == []


def test_a_file_of_a_decided_report_that_is_changed_gone_or_new_is_noticed(year: Year, tmp_path: Path) -> None:
    """By the program that has the frozen version, and by anybody who has the folder."""
    copied = Place(Settings(tmp_path / "data", year.place.settings.catalog_dir))
    shutil.copytree(year.place.settings.data_dir, copied.settings.data_dir)
    spring, folder = copied.reports / "2026-var", copied.reports / "2026-host"
    assert "2026-var, version 1, fastställd" in copied.did("uppfoljning", "verifiera", spring)
    assert "2026-var, version 2, fastställd" in copied.did("uppfoljning", "verifiera", spring / "v2")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    (folder / "csv" / "ny.csv").write_text("1")
    assert "csv/ny.csv: not one of the files" in said(copied, folder)
    (folder / "csv" / "ny.csv").unlink()
    page = next((folder / "huvudman").iterdir())
    page.write_text(page.read_text(encoding="utf-8") + " ")
    assert f"huvudman/{page.name}: changed" in said(copied, folder)
    page.unlink()
    assert f"huvudman/{page.name}: missing" in said(copied, folder)
    page.symlink_to(folder / "index.html")
    code, output = copied.malbild("uppfoljning", "verifiera", folder)
    assert (code, f"huvudman/{page.name}: neither a file nor a folder" in output) == (2, True)


def said(place: Place, folder: Path) -> str:
    """What verifiera says of the folder, which report says too."""
    code, output = place.malbild("uppfoljning", "verifiera", folder)
    assert code == 2, output
    (fault,) = [line for line in output.splitlines() if not line.startswith("malbild: ")]
    code, output = place.malbild("report", "--uppfoljning", folder.name)
    assert code == 1, output
    assert f"{folder} is not the report that was decided: {fault}" in output
    return fault


def test_the_cover_tells_what_the_document_is(year: Year) -> None:
    page = year.page("autumn")
    cover = f"{page.element('section', id='laget').text} {page.element('section', id='sedan').text}"
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
    assert "Utkast till arbetsgrupperna" in draft.all("header", class_name="kant")[0].text
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
    assert "Fastställd, rättad version 2" in page.all("header", class_name="kant")[0].text
    start = year.page("start")
    spring = next(a for a in start.all("article") if "Vår 2026" in a.text)
    assert "Fastställd, rättad" in spring.text
    assert "Ett värde var fel." in spring.text
    assert "En nyare uppföljning finns: Höst 2026, nr 2." in spring.text
    hrefs = {a.attrs["href"] for a in start.all("a")}
    for href in (
        "2026-var/index.html",
        "2026-var/v2/index.html",
        "2026-host/arkiv.zip",
        "2026-host/huvudman/0484.html",
    ):
        assert href in hrefs
    for href in hrefs - {"#innehall"}:
        assert (year.place.reports / href).resolve().is_file(), href
    sizes = {
        a.attrs["href"]: size.text for li in start.all("li") for a, size in [(li.element("a"), li.element("small"))]
    }
    workbook = (year.place.reports / "2026-host" / "malbild.xlsx").stat().st_size
    assert sizes["2026-host/malbild.xlsx"] == f"XLSX, {round(workbook / 1000)}\u00a0kB"
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
    report_files = year.sums["autumn"].keys() - {"arkiv.zip", "malbild.xlsx"}
    assert {"index.html", "huvudman/0484.html", "tjansteutlatande.md", "forandringar.csv"} <= report_files
    assert {name for name in names if name.startswith("rapport/")} == {f"rapport/{name}" for name in report_files}
    assert {"innehall/indikatorer.yaml", "katalog.json"} <= names
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
