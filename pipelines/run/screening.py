"""The steps that decide what may be stored: of Kolada's answers, and of what the huvudmän have handed in.

The results lie in the run's folder, where the merge and a later attempt at the run find them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.errors import ConfigError
from pipelines.kolada.fetch import Fetch, absent
from pipelines.local.archive import archive_files
from pipelines.local.intake import Local, LocalFile, find, read_local
from pipelines.run.fetching import fetch_again, fetch_of
from pipelines.run.lifecycle import Run
from pipelines.validation.accepted import Accepted, read_accepted, scan, write_accepted
from pipelines.validation.answers import screen_answers
from pipelines.validation.bounds import bounds
from pipelines.warehouse.coverage import stored_keys
from pipelines.warehouse.refused import shown_locally

_REFUSED_FILE: Final = "vagrat.parquet"
_LOCAL_FRAMES: Final = ("values", "whole", "refused", "protected")


def screen_run(run: Run) -> tuple[Accepted, pl.DataFrame]:
    """Screen what this run has fetched: what was accepted, and the refused values with their reasons. What is stored
    and was not among what was fetched whole is asked for once more first: absence alone is no deletion.

    Raises:
        ConfigError: this run has fetched nothing.
    """
    fetch, refused_file = fetch_of(run), run.folder / _REFUSED_FILE
    # Written last: without it nothing counts as screened, also when an earlier attempt had come so far.
    refused_file.unlink(missing_ok=True)
    limits = bounds(run.catalog.kpis.values())
    year = run.started.year
    accepted, refused = write_accepted(run.folder, screen_answers(run.archive, fetch, year, limits))
    if (missing := _missing(run, fetch, refused)) and (again := fetch_again(run, fetch, missing)):
        accepted, more = write_accepted(run.folder, screen_answers(run.archive, again, year, limits), more=True)
        refused = pl.concat([refused, more])
    refused.write_parquet(refused_file)
    return accepted, refused


def _missing(run: Run, fetch: Fetch, refused: pl.DataFrame) -> Mapping[str, Collection[str]]:
    """KPI → areas of which something is stored that was fetched whole and did not come."""
    whole = fetch.pairs().filter("hel")
    if whole.is_empty():
        return {}
    with run.warehouse.open() as connection:
        return absent(scan(run.folder), stored_keys(connection), whole, refused)


def screened_of(run: Run) -> tuple[Accepted, pl.DataFrame]:
    """What `screen_run` came to in this run. Raises ConfigError when nothing was validated."""
    try:
        return read_accepted(run.folder), pl.read_parquet(run.folder / _REFUSED_FILE)
    except FileNotFoundError:
        raise ConfigError(
            "nothing was validated in this run → select the assets validerat/… together with lager/matvarde"
        ) from None


def take_local(run: Run) -> tuple[list[LocalFile], Local]:
    """Read what the huvudmän have handed in, with small counts hidden: the files, and what was taken from them."""
    files = find(run.settings.local_dir)
    for name, content in archive_files(files).items():
        run.archive_only(name, content)
    with run.warehouse.open() as connection:
        shown = shown_locally(connection)
    local = read_local(files, run.catalog, shown, run.started.year)
    for name, file in _local_files(run.folder).items():
        getattr(local, name).write_parquet(file)
    return files, local


def local_of(folder: Path) -> Local:
    """What the run with this folder took from `lokala/`; nothing when it did not look."""
    files = _local_files(folder)
    if not all(file.exists() for file in files.values()):
        return Local.nothing()
    return Local(**{name: pl.read_parquet(file) for name, file in files.items()})


def _local_files(folder: Path) -> dict[str, Path]:
    return {name: folder / f"lokalt-{name}.parquet" for name in _LOCAL_FRAMES}
