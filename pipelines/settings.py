"""Where things are and which limits hold: one frozen object, made from options and the environment.

What the målbild contains belongs in the YAML files (`catalog`); this is about the installation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from pipelines import addresses
from pipelines.channels import Channels
from pipelines.errors import ConfigError
from pipelines.lake import Lake

REPO_ROOT = Path(__file__).resolve().parents[1]
KOLADA_URL = "https://api.kolada.se/v3"
# In the folder of what is handed in.
ANSWERS_FOLDER: Final = "svar"
# What a data dir calls its source (`korning.kalla`), when it is no address: Kolada itself, or the made-up figures of a
# stand-in, which calls them so too.
KOLADA: Final = "kolada"
SYNTHETIC: Final = "syntetisk"
# A checkout has its YAML files beside the program; a program that was installed by itself works on the folder it is in.
CATALOG_DIR = REPO_ROOT if (REPO_ROOT / "indikatorer.yaml").exists() else Path()
# When the night begins (cron, Swedish time): outside the hours that daylight saving time moves.
NIGHT_BEGINS = "15 4 * * *"
# How many values are merged at a time. A country's chunk of this many takes some hundred megabytes.
CHUNK_SIZE = 500_000
# By this file a folder is known as a data dir.
WAREHOUSE_FILE: Final = "lager.duckdb"


@dataclass(frozen=True, slots=True)
class Publication:
    """Where the files of a publication are: in the data dir, as readers have them, or in a night's own folder.

    What is published together (`pipelines.publications`).
    """

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "analys.duckdb"

    @property
    def parquet_dir(self) -> Path:
        return self.root / "parquet"

    @property
    def export_dir(self) -> Path:
        return self.root / "export"

    @property
    def checksums(self) -> Path:
        return self.export_dir / "SHA256SUMS"

    @property
    def draft_dir(self) -> Path:
        """Tonight's draft, a report like any other: every build puts another folder in its place."""
        return self.root / "rapport" / "utkast"

    @property
    def draft_report(self) -> Path:
        return self.draft_dir / "index.html"

    @property
    def start_page(self) -> Path:
        return self.root / "rapport" / "index.html"

    @property
    def parts(self) -> tuple[Path, ...]:
        """Files and folders that together are all of it."""
        return (self.database, self.parquet_dir, self.export_dir, self.draft_dir, self.start_page)


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Sizes in bytes, times in seconds."""

    data_dir: Path = Path("data")
    catalog_dir: Path = CATALOG_DIR
    kolada_url: str = KOLADA_URL
    requests_at_once: int = 3
    # … and from all workers that share a warehouse: Kolada need not notice how many they are.
    requests_in_all: int = 3
    # How long one request may go on failing before the run gives up on Kolada.
    patience: float = 60.0
    # Every so many nights everything is fetched whole; between them only what changed.
    whole_every: timedelta = timedelta(days=7)
    # How much further back than the last fetch changes are asked for: Kolada's dates have no hours.
    lag: timedelta = timedelta(days=2)
    # Share of a run's values that may be refused before the run stops with nothing published.
    refused_share: float = 0.05
    # Share of a mått's published values that may change in one night before publication waits for a person.
    changed_share: float = 0.2
    # How many values are merged at a time, and half as many analysed: what bounds the memory of a night.
    chunk_size: int = CHUNK_SIZE
    # How long Dagster remembers a run, and a run's log file is kept. The journal (`korning`) is kept for ever.
    runs_kept: timedelta = timedelta(days=400)
    # How long before a meeting of NSV a reminder goes out.
    reminder: timedelta = timedelta(days=21)
    channels: Channels = field(default_factory=Channels)
    # Where the reports (`report_dir`) are read, so that letters lead there; None: nobody has said.
    web_address: str | None = None
    # Where the warehouse is when several machines share it; None: it is a file in the data dir.
    lake: Lake | None = None
    # Dagster's own settings when they are not the program's: its history in a database that several counties share.
    dagster_yaml: Path | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
        """Settings from MALBILD_* variables; `overrides` (command line options, None = not given) win.

        Raises ConfigError naming the variable when a value cannot be read.
        """
        values: dict[str, object] = {}
        for name, (variable, read) in _VARIABLES.items():
            text = environ.get(variable)
            if text is None:
                continue
            try:
                values[name] = read(text)
            except ValueError as error:
                raise ConfigError(f"{variable}={text!r} cannot be read: {error} → correct or unset it") from error
        values["channels"] = Channels.from_env(environ)
        values |= {name: value for name, value in overrides.items() if value is not None}
        settings = cls(**values)  # type: ignore[arg-type]
        if why := _unusable(settings.kolada_url):
            # What holds a password is not shown.
            shown = "(not shown)" if "@" in settings.kolada_url else repr(settings.kolada_url)
            raise ConfigError(
                f"--kolada-url {shown} is not an address of Kolada: {why} → write it whole, e.g. {KOLADA_URL}"
            )
        return replace(settings, lake=Lake.from_env(environ, settings.data_dir))

    @property
    def warehouse_file(self) -> Path:
        """The warehouse of a data dir that shares none; which warehouse there is, is `warehouse.location`'s to say."""
        return self.data_dir / WAREHOUSE_FILE

    @property
    def publication(self) -> Publication:
        """What readers have."""
        return Publication(self.data_dir)

    @property
    def publications_dir(self) -> Path:
        """The newest publications, each in a folder of its own."""
        return self.data_dir / "publiceringar"

    @property
    def published_link(self) -> Path:
        """Says which publication readers have."""
        return self.data_dir / "publicerat"

    @property
    def published(self) -> Path:
        return self.publication.database

    @property
    def parquet_dir(self) -> Path:
        return self.publication.parquet_dir

    @property
    def export_dir(self) -> Path:
        return self.publication.export_dir

    @property
    def raw_dir(self) -> Path:
        return self.data_dir / "ra"

    @property
    def local_dir(self) -> Path:
        """Where the huvudmän's own figures are handed in: never in the git folder, because small counts are there."""
        return self.data_dir / "lokala"

    @property
    def answers_dir(self) -> Path:
        """Where the workbooks of `malbild fraga` come back."""
        return self.local_dir / ANSWERS_FOLDER

    @property
    def work_dir(self) -> Path:
        return self.data_dir / "arbete"

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logg"

    @property
    def report_dir(self) -> Path:
        return self.data_dir / "rapport"

    @property
    def draft_dir(self) -> Path:
        return self.publication.draft_dir

    @property
    def draft_report(self) -> Path:
        return self.publication.draft_report

    @property
    def follow_up_dir(self) -> Path:
        """Frozen uppföljningar: `<id>/v<version>/`, each with its database, its YAML files and its manifest."""
        return self.data_dir / "uppfoljningar"

    @property
    def county_dir(self) -> Path:
        """`<county>/` with the database and the report of each county, and a page that lists them."""
        return self.data_dir / "lan"

    @property
    def profile_dir(self) -> Path:
        """`<id>.html` of kommuner and regions of the country, the database they are read from, and a page that lists
        them.
        """
        return self.data_dir / "profiler"

    @property
    def county_catalog_dir(self) -> Path:
        """`<county>/` with the YAML files of each county but the målbild's own."""
        return self.data_dir / "lan-katalog"

    @property
    def outputs(self) -> tuple[Path, ...]:
        """What a night publishes."""
        now = self.publication
        return (now.database, now.parquet_dir, now.checksums, now.draft_report, now.start_page)

    @property
    def notices(self) -> Path:
        """What has been told, and what waits to be told."""
        return self.data_dir / "meddelanden.json"

    @property
    def halsa(self) -> Path:
        """How the last night went, for monitoring."""
        return self.data_dir / "halsa.json"

    @property
    def dagster_home(self) -> Path:
        # Dagster demands an absolute path.
        return (self.data_dir / "dagster").resolve()


def _unusable(kolada_url: str) -> str | None:
    """Why Kolada must not be asked at this address; None when it may."""
    if why := addresses.url_error(kolada_url):
        return why
    if "?" in kolada_url or "#" in kolada_url:
        return "it has more than a server and a path"
    if kolada_url.startswith("http://") and not addresses.is_loopback(kolada_url):
        return "http is neither encrypted nor verified, and is for this machine's own addresses (loopback) only"
    return None


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return value

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return value

    return read


def _days(low: float, high: float) -> Callable[[str], timedelta]:
    number = _number(low, high)
    return lambda text: timedelta(days=number(text))


def _web_address(text: str) -> str:
    if why := addresses.url_error(text):
        raise ValueError(why)
    if "?" in text or "#" in text:
        raise ValueError("it has more than a server and a path")
    return text


_VARIABLES: dict[str, tuple[str, Callable[[str], object]]] = {
    "data_dir": ("MALBILD_DATA", Path),
    "catalog_dir": ("MALBILD_KATALOG", Path),
    "kolada_url": ("MALBILD_KOLADA_URL", str),
    "dagster_yaml": ("MALBILD_DAGSTER", Path),
    "requests_at_once": ("MALBILD_ANROP", _whole(1, 10)),
    "requests_in_all": ("MALBILD_ANROP_TOTALT", _whole(1, 20)),
    "patience": ("MALBILD_TALAMOD", _number(0, 3600)),
    "whole_every": ("MALBILD_HEL_VAR", _days(0, 366)),
    "lag": ("MALBILD_EFTERSLAPNING", _days(0, 366)),
    "refused_share": ("MALBILD_KARANTAN_ANDEL", _number(0, 1)),
    "changed_share": ("MALBILD_ANDRAD_ANDEL", _number(0, 1)),
    "chunk_size": ("MALBILD_VARDEN_AT_GANGEN", _whole(10_000, 100_000_000)),
    "runs_kept": ("MALBILD_KORNINGAR_SPARAS", _days(30, 3660)),
    "reminder": ("MALBILD_NSV_PAMINN", _days(0, 366)),
    "web_address": ("MALBILD_WEBBADRESS", _web_address),
}
