"""The start page of the reports: every issue and its versions, tonight's draft, how old the figures are, downloads.

A decided issue never changes; this page says whether a newer issue or a rectified version exists. Only files beside
the page are linked, with relative addresses, so that the folder can be copied anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards import formatting
from dashboards.pages import attribution, organisation
from dashboards.pages.links import INDEX, principal_page
from dashboards.pages.since import CSV_NAME
from dashboards.reading.follow_ups import DECIDED, FROZEN, TO, Issue
from dashboards.reading.published import Area, load_head
from dashboards.template import environment, standalone
from dashboards.tjansteutlatande import LETTER
from pipelines.files import write_file

ARCHIVE, PDF, WORKBOOK = "arkiv.zip", "rapport.pdf", "malbild.xlsx"
_TONIGHT = "utkast"
_ASCII = str.maketrans("åäö", "aao")


@dataclass(frozen=True, slots=True)
class Link:
    """A relative address and its words; `note`: form and size."""

    href: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Files:
    """A report's folder: its index (None when nothing is built), its other files, and those of the huvudmän."""

    report: Link | None
    links: tuple[Link, ...]
    principals: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an issue. `reason`: why it was made, for those after the first."""

    name: str
    reason: str | None
    files: Files


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue; `facts`: label and text; `notes`: that it is rectified, or that a newer one exists."""

    title: str
    status: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    versions: tuple[Version, ...]
    drafts: tuple[Link, ...]


def draft_name(issue_id: str, organisation: str) -> str:
    """The folder of the draft for a meeting, beside that of the issue; no id has an underscore."""
    return f"{issue_id}_utkast-{organisation.lower().translate(_ASCII)}"


def write_start_page(database: Path, target: Path, issues: Sequence[Issue], reports: Path) -> Path:
    """Write the page to `target` and return it. Beside it is tonight's draft, above it are tonight's exports.

    reports: the folder of the issues' reports, where the page is read. Raises ConfigError when the database holds no
    finished run.
    """
    run, principals, content = load_head(database)
    folder = target.parent
    text = (
        environment()
        .get_template("startpage.html")
        .render(
            title=organisation.heading(content),
            board=organisation.board_line(content),
            **attribution.marks(run.source),
            **standalone("start.css"),
            fetched=f"Senaste hämtning: {formatting.clock(run.finished)}.",
            source=attribution.unchanged(run.source),
            tonight=_files(folder / _TONIGHT, folder, principals, "Läs nattens utkast"),
            issues=tuple(
                _entry(issue, issues, reports, principals, organisation.board(content)) for issue in reversed(issues)
            ),
            downloads=tuple(_downloads(folder)),
        )
    )
    write_file(target, text)
    return target


def _entry(issue: Issue, issues: Sequence[Issue], folder: Path, principals: Sequence[Area], board: str) -> Entry:
    base = folder / issue.id
    decided = issue.row.skede == DECIDED
    words = "Läs den fastställda versionen" if issue.rectifications else "Läs rapporten" if decided else "Läs utkastet"
    first = Version("Fastställd version" if decided else "Utkast", None, _files(base, folder, principals, words))
    later = [
        Version(
            f"Rättad version {row.version}, {formatting.day(row.datum)}",
            row.skal,
            _files(base / f"v{row.version}", folder, principals, "Läs den rättade versionen"),
        )
        for row in issue.rectifications
    ]
    return Entry(
        title=issue.title,
        status=_status(issue),
        facts=tuple(_facts(issue, board)),
        notes=tuple(_notes(issue, issues)),
        versions=(*reversed(later), first),
        drafts=tuple(
            _link(page, folder, f"Utkast till {words}")
            for name, words in TO.items()
            if (page := folder / draft_name(issue.id, name) / INDEX).is_file()
        ),
    )


def _status(issue: Issue) -> str:
    if issue.rectifications:
        return "Fastställd, rättad"
    return {DECIDED: "Fastställd", FROZEN: "Fryst, utkast"}.get(issue.row.skede, "Planerad")


def _facts(issue: Issue, board: str) -> Iterator[tuple[str, str]]:
    row = issue.row
    if row.faststalld:
        yield "Fastställd", formatting.day(row.faststalld)
    if row.nsv_datum:
        yield f"Sammanträde i {board}", formatting.day(row.nsv_datum)
    if row.as_of:
        yield "Uppgifter t.o.m.", formatting.day(row.as_of)
    if row.diarienummer:
        yield "Diarienummer", row.diarienummer


def _notes(issue: Issue, issues: Sequence[Issue]) -> Iterator[str]:
    if issue.rectifications:
        last = issue.rectifications[-1]
        yield f"Rättad: version {last.version} gäller sedan {formatting.day(last.datum)}."
    newer = [other for other in issues if other.row.nr > issue.row.nr and other.row.skede == DECIDED]
    if newer and issue.row.skede == DECIDED:
        yield f"En nyare uppföljning finns: {newer[-1].title}."


def _files(base: Path, folder: Path, principals: Sequence[Area], words: str) -> Files:
    return Files(
        report=_link(base / INDEX, folder, words) if (base / INDEX).is_file() else None,
        links=tuple(
            _link(base / name, folder, text)
            for name, text in (
                (PDF, "Rapporten som PDF"),
                (WORKBOOK, "Uppgifterna i Excel"),
                (CSV_NAME, "Vad som har ändrats, som tabell"),
                (LETTER, "Tjänsteutlåtande, utkast"),
                (ARCHIVE, "Arkivpaket med alla filer"),
            )
            if (base / name).is_file()
        ),
        principals=tuple(
            _link(page, folder, area.name)
            for area in principals
            # What was decided with the first edition has them beside the report.
            for page in (base / principal_page(area), base / f"{area.id}.html")
            if page.is_file()
        ),
    )


def _downloads(folder: Path) -> Iterator[Link]:
    """Tonight's exports."""
    data = folder.parent
    for name, text in (
        ("export/malbild.xlsx", "Arbetsbok med ett blad per målområde"),
        ("export/LAS_MIG.txt", "Vad filerna är"),
        ("export/csv/matvarde.csv", "Alla mätvärden, för program"),
        ("export/csv-excel/matvarde.csv", "Målbildens mätvärden, för svenska Excel"),
        ("export/datapackage.json", "Vad kolumnerna betyder"),
        ("parquet/matvarde.parquet", "Alla mätvärden, för R och Power BI"),
        ("analys.duckdb", "Hela databasen"),
    ):
        if (data / name).is_file():
            yield _link(data / name, folder, text)


def _link(file: Path, folder: Path, text: str) -> Link:
    size = file.stat().st_size
    size_text = f"{formatting.number(size / 1e6, 1)}\u00a0MB" if size >= 1e6 else f"{max(1, round(size / 1e3))}\u00a0kB"
    return Link(Path(os.path.relpath(file, folder)).as_posix(), text, f"{file.suffix[1:].upper()}, {size_text}")
