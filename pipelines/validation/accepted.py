"""The values of a run that were accepted, in files: written as they are screened, read a few nyckeltal at a time.

What is accepted at all is `quarantine`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.validation.quarantine import Screened

_FILES = "godkant-*.parquet"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Accepted values in `folder`; `rows`: nyckeltal_id → how many there are."""

    folder: Path
    rows: Mapping[str, int]

    @property
    def height(self) -> int:
        return sum(self.rows.values())

    def of(self, kpis: Collection[str]) -> pl.DataFrame:
        """The values of these nyckeltal, with the columns of `quarantine.Screened.accepted`."""
        return scan(self.folder).filter(pl.col("nyckeltal_id").is_in(list(kpis))).collect()


def keep(folder: Path, screened: Iterable[Screened]) -> tuple[Accepted, pl.DataFrame]:
    """Keep the accepted values in `folder`, in place of what an earlier attempt left there, and return them with the
    refused ones, which are few. `screened`: at least one, which may be empty.
    """
    for file in folder.glob(_FILES):
        file.unlink()
    refused = []
    for number, one in enumerate(screened):
        one.accepted.write_parquet(folder / _FILES.replace("*", f"{number:05}"))
        refused.append(one.refused)
    return read_accepted(folder), pl.concat(refused)


def read_accepted(folder: Path) -> Accepted:
    """What `keep` kept there. Raises FileNotFoundError when nothing was."""
    if not any(folder.glob(_FILES)):
        raise FileNotFoundError(f"{folder} holds no accepted values")
    counts = scan(folder).group_by("nyckeltal_id").len().collect()
    return Accepted(folder, dict(counts.iter_rows()))


def scan(folder: Path) -> pl.LazyFrame:
    """All of it, not read yet."""
    return pl.scan_parquet(folder / _FILES)
