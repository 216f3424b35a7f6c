"""Kolada as a whole, and several of it: the archive's every KPI with values, and synthetic copies under other ids.

Here: the datasets and the YAML folders that follow every KPI of them. What is measured with them is elsewhere.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import yaml

from pipelines.standin.dataset import Dataset, load_archive
from tools import ARCHIVES, ROOT

# The day the archive's values were answered: rows count as changed then.
LOADED = date(2024, 8, 30)


def kolada(kpis: int | None = None, copies: int = 1) -> Dataset:
    """The archive of 2024, `copies` times.

    Args:
        kpis: How many KPIs of the archive: those that the repository follows come first. None: every one that has
            values (1 042).
        copies: Each copy after the first has ids and titles of its own, and values that are made up of the real ones.
    """
    archive = replace(load_archive(ARCHIVES / "kolada-2024"), loaded=LOADED)
    with_values = {kpi["id"] for kpi in archive.kpis}.intersection(archive.values["kpi"].unique())
    followed = {entry["id"] for entry in _repository()["nyckeltal"]}
    chosen = sorted(with_values, key=lambda kpi: (kpi not in followed, kpi))[:kpis]
    records = [kpi for kpi in archive.kpis if kpi["id"] in chosen]
    values = archive.values.filter(pl.col("kpi").is_in(chosen))
    taken = {kpi["id"] for kpi in archive.kpis}
    unused = (kpi for letter in "UN" for number in range(100_000) if (kpi := f"{letter}{number:05}") not in taken)
    all_kpis, frames = list(records), [values]
    for copy in range(1, copies):
        ids = {kpi["id"]: next(unused) for kpi in records}
        all_kpis += [
            {**kpi, "id": ids[kpi["id"]], "title": f"Syntetisk kopia {copy} av {kpi['id']}"} for kpi in records
        ]
        frames.append(
            values.with_columns(pl.col("kpi").replace_strict(ids), pl.col("value") * (1 + copy / 1000)).select(
                values.columns
            )
        )
    return replace(archive, kpis=sorted(all_kpis, key=lambda kpi: kpi["id"]), values=pl.concat(frames))


def catalog_of(dataset: Dataset, folder: Path) -> Path:
    """Write the repository's YAML files into `folder`, with the dataset's other KPIs followed without a mått."""
    folder.mkdir(parents=True)
    for file in ROOT.glob("*.yaml"):
        if file.name not in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(file, folder)
    known = {entry["id"] for entry in _repository()["nyckeltal"]}
    unknown = [
        {
            "id": kpi["id"],
            "titlar": [kpi["title"]],
            "enhet": "enligt titeln",
            "riktning": "ingen",
            "riktning_beslut": "föreslagen",
            "niva": kpi["municipality_type"],
            "konsuppdelat": "ja" if kpi["is_divided_by_gender"] else "nej",
            "kalla": "Kolada",
        }
        for kpi in dataset.kpis
        if kpi["id"] not in known
    ]
    if unknown:
        text = yaml.safe_dump(unknown, allow_unicode=True, sort_keys=False, width=1000)
        text = text.replace("konsuppdelat: 'ja'", "konsuppdelat: ja").replace(
            "konsuppdelat: 'nej'", "konsuppdelat: nej"
        )
        with (folder / "indikatorer.yaml").open("a", encoding="utf-8") as followed:
            followed.writelines(f"  {line}\n" for line in text.splitlines())
    return folder


def _repository() -> dict[str, list[dict[str, str]]]:
    return yaml.safe_load((ROOT / "indikatorer.yaml").read_text(encoding="utf-8"))  # type: ignore[no-any-return]
