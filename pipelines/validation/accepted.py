"""The values of a run that were accepted, in files: written as they are screened, read a few nyckeltal at a time.

What is accepted at all is `quarantine`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.validation.quarantine import KEY, Screened

_FILES = "godkant-*.parquet"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Accepted values in `folder`; `rows`: nyckeltal_id → how many there are; `files`: nyckeltal_id → where."""

    folder: Path
    rows: Mapping[str, int]
    files: Mapping[str, Collection[str]]

    @property
    def height(self) -> int:
        return sum(self.rows.values())

    def of(self, kpis: Collection[str]) -> pl.DataFrame:
        """The values of these nyckeltal, with the columns of `quarantine.Screened.accepted`."""
        # There can be thousands of files; a nyckeltal is in one or two of them.
        files = sorted({file for kpi in kpis for file in self.files.get(kpi, ())})
        frame = pl.scan_parquet(files) if files else scan(self.folder).head(0)
        # What was asked again came last.
        selection = frame.filter(pl.col("nyckeltal_id").is_in(list(kpis)))
        return selection.collect().unique(KEY, keep="last", maintain_order=True)


def write_accepted(folder: Path, screened: Iterable[Screened], *, more: bool = False) -> tuple[Accepted, pl.DataFrame]:
    """Write the accepted values into `folder`, in place of what an earlier attempt left there, and return them with the
    refused ones, which are few. `screened`: at least one, which may be empty. `more`: beside what is there already.
    """
    present = sorted(folder.glob(_FILES))
    if not more:
        for file in present:
            file.unlink()
    refused = []
    for number, part in enumerate(screened, start=len(present) if more else 0):
        part.accepted.write_parquet(folder / _FILES.replace("*", f"{number:05}"))
        refused.append(part.refused)
    return read_accepted(folder), pl.concat(refused)


def read_accepted(folder: Path) -> Accepted:
    """Read what `write_accepted` wrote. Raises FileNotFoundError when there is nothing."""
    if not any(folder.glob(_FILES)):
        raise FileNotFoundError(f"{folder} holds no accepted values")
    parts = (
        pl.scan_parquet(folder / _FILES, include_file_paths="fil")
        .group_by("nyckeltal_id")
        .agg(pl.len(), pl.col("fil").unique())
        .collect()
    )
    counts, files = {}, {}
    for kpi, count, kpi_files in parts.iter_rows():
        counts[kpi], files[kpi] = count, kpi_files
    return Accepted(folder, counts, files)


def scan(folder: Path) -> pl.LazyFrame:
    """All of it, not read yet."""
    return pl.scan_parquet(folder / _FILES)
