"""The steps that decide what may be stored: of Kolada's answers, and of what the huvudmän have handed in.

The results lie in the run's folder, where the merge and a later attempt at the run find them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from pipelines import clock
from pipelines.answers.intake import Answers, read_answers
from pipelines.errors import ConfigError
from pipelines.kolada.fetch import Fetch, absent
from pipelines.local.archive import ANSWERS, archive_files
from pipelines.local.intake import Local, LocalFile, find, read_local
from pipelines.run.fetching import fetch_again, fetch_of
from pipelines.run.lifecycle import Run
from pipelines.validation.accepted import Accepted, read_accepted, scan, write_accepted
from pipelines.validation.answers import screen_answers
from pipelines.validation.bounds import bounds
from pipelines.warehouse.coverage import stored_keys
from pipelines.warehouse.refused import shown_locally

_REFUSED_FILE: Final = "vagrat.parquet"
_LOCAL_FRAMES: Final = ("values", "periods", "whole", "refused", "protected")
_ANSWER_FRAMES: Final = ("rows", "refused")


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
    if (missing := _missing(run, fetch, refused)) and (repeated := fetch_again(run, fetch, missing)):
        screened = screen_answers(run.archive, repeated, year, limits)
        accepted, refused_again = write_accepted(run.folder, screened, more=True)
        refused = pl.concat([refused, refused_again])
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
    local = read_local(files, run.catalog, shown, clock.swedish(run.started).date())
    _write_frames(run.folder, "lokalt", {name: getattr(local, name) for name in _LOCAL_FRAMES})
    return files, local


def local_of(folder: Path) -> Local:
    """What the run with this folder took from `lokala/`; nothing when it did not look."""
    frames = _read_frames(folder, "lokalt", _LOCAL_FRAMES)
    return Local(**frames) if frames else Local.nothing()


def take_answers(run: Run) -> tuple[list[LocalFile], Answers]:
    """Read the workbooks that have come back: the files, and the answers in them."""
    files = find(run.settings.answers_dir)
    for name, content in archive_files(files, ANSWERS).items():
        run.archive_only(name, content)
    answers = read_answers(files, run.catalog, clock.swedish(run.started).date())
    _write_frames(run.folder, ANSWERS, {name: getattr(answers, name) for name in _ANSWER_FRAMES})
    return files, answers


def answers_of(folder: Path) -> Answers:
    """What the run with this folder took from `lokala/svar/`; nothing when it did not look."""
    frames = _read_frames(folder, ANSWERS, _ANSWER_FRAMES)
    return Answers(frames["rows"], frames["refused"]) if frames else Answers.nothing()


def _write_frames(folder: Path, what: str, frames: Mapping[str, pl.DataFrame]) -> None:
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{what}-{name}.parquet")


def _read_frames(folder: Path, what: str, names: Sequence[str]) -> dict[str, pl.DataFrame] | None:
    """What `_leave` left; None when it did not come so far."""
    files = {name: folder / f"{what}-{name}.parquet" for name in names}
    if not all(file.exists() for file in files.values()):
        return None
    return {name: pl.read_parquet(file) for name, file in files.items()}
