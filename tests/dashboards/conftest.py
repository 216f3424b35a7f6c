"""Reports built once from the small published database, and the browser that shows them."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from dashboards.pages import sheets
from dashboards.report import build_principal, build_report, load_report, render_report
from tests.conftest import once
from tests.dashboards.page import Node, parse
from tests.dashboards.published import FLEN, HOSTILE, TROSA, build, correct, event, leave_out, write_content

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSER_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
NEW_TITLE = "Bemötande enligt ny enkät, andel (%)"


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The published database with a given source; tests only read it."""

    def make(folder: Path, source: str) -> dict[str, str]:
        return {"database": str(build(folder / "analys.duckdb", source=source))}

    @functools.cache
    def get(source: str = "kolada") -> Path:
        name = f"publicerat-{source.replace('/', '-')}"
        return Path(once(tmp_path_factory, name, partial(make, source=source))["database"])

    return get


@pytest.fixture(scope="session")
def reports(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The report on a source."""

    def make(folder: Path, source: str) -> dict[str, str]:
        return {"index": str(build_report(databases(source), folder / "rapport"))}

    @functools.cache
    def get(source: str = "kolada") -> Path:
        name = f"rapport-{source.replace('/', '-')}"
        return Path(once(tmp_path_factory, name, partial(make, source=source))["index"])

    return get


@pytest.fixture(scope="session")
def pages(reports: Callable[..., Path]) -> Callable[..., Node]:
    """The report on a source, as a tree."""

    @functools.cache
    def get(source: str = "kolada") -> Node:
        return parse(reports(source).read_text(encoding="utf-8"))

    return get


@pytest.fixture(scope="session")
def site(reports: Callable[..., Path]) -> Callable[..., Node]:
    """A page of the report on a source, as a tree, by its path."""

    @functools.cache
    def get(path: str, source: str = "kolada") -> Node:
        return parse((reports(source).parent / path).read_text(encoding="utf-8"))

    return get


@pytest.fixture(scope="session")
def full_site(full_report: Path) -> Callable[[str], Node]:
    """A page of the report on all that is written, by its path."""
    return functools.cache(lambda path: parse((full_report.parent / path).read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def _full(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A database and the report on it: everything is written that can be, values are corrected, a title is not
    confirmed, and the catalogue has events.

    Flen's newest total and Trosa's women of 2025 are replaced, Oxelösund's newest total is left out.
    """

    def make(folder: Path) -> dict[str, str]:
        database = Path(shutil.copy(databases(), folder / "analys.duckdb"))
        write_content(database)
        correct(database, "U11111", FLEN, 2025, 66.5)
        correct(database, "U11111", TROSA, 2025, 71.5, gender="K", correction="trosa-kvinnor")
        leave_out(database, "U11111", "0481", 2025)
        with duckdb.connect(str(database)) as connection:
            connection.execute("UPDATE nyckeltal SET obekraftad_titel = $1 WHERE nyckeltal_id = 'U88888'", [NEW_TITLE])
            for kind, thing, what, before, after in EVENTS:
                event(connection, "k-2", kind, thing, what, before, after)
        return {"database": str(database), "report": str(build_report(database, folder / "rapport"))}

    return once(tmp_path_factory, "allt", make)


# Of the newest finished run; every kind of event is in test_catalogue.
EVENTS: list[tuple[str, str, str, str | None, str | None]] = [
    ("nyckeltal", "U88888", "titel ej bekräftad", HOSTILE, NEW_TITLE),
    ("nyckeltal", "U11111", "ny definition", "x", "y"),
    ("nyckeltal", HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    ("grupp", HOSTILE, "grupp ändrad", f"{HOSTILE}: 0180", f"{HOSTILE}: 0380"),
]


@pytest.fixture(scope="session")
def full_database(_full: dict[str, str]) -> Path:
    return Path(_full["database"])


@pytest.fixture(scope="session")
def full_report(_full: dict[str, str]) -> Path:
    return Path(_full["report"])


@pytest.fixture(scope="session")
def full(full_report: Path) -> Node:
    """The report on all that, as a tree."""
    return parse(full_report.read_text(encoding="utf-8"))


@pytest.fixture
def database(databases: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copy(databases(), tmp_path / "analys.duckdb"))


def build_site(database: Path) -> Callable[[str], Node]:
    """The pages of the report on a database, by path; no file is written."""
    files = render_report(load_report(database))
    return lambda path: parse(files[path].decode())


def report(database: Path, principal: str | None = None) -> Node:
    """The board's page of the report on a database, or that of a huvudman, as a tree; no other page is made."""
    if principal is None:
        return parse(sheets.index(load_report(database)))
    return parse(build_principal(database, database.with_name("r.html"), principal).read_text(encoding="utf-8"))


# For a module: while Playwright is open its event loop runs in this thread, and other tests start loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; the tests that need it are skipped where there is none."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium: install it with `apt-get install chromium` to run the browser tests")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=BROWSER_ARGUMENTS)
        yield opened
        opened.close()
