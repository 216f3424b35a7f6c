"""Kolada as a whole, and ten of it: the archive's every KPI with values, and synthetic copies of them under other ids.

Here: the datasets and the YAML folders that follow every KPI; what is measured with them is elsewhere.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import yaml

from pipelines.standin.dataset import Dataset, load_archive
from tests.conftest import ROOT, SHARED

# The day the archive's values were answered: rows count as changed then.
LOADED = date(2024, 8, 30)


def kolada(kpis: int | None = None, copies: int = 1) -> Dataset:
    """The archive of 2024 with the followed KPIs first and others up to `kpis`, `copies` times.

    None: all 1 042 of its catalogue that have values. Each further copy has ids and titles of its own, and values that
    are made up of the real ones.
    """
    archive = replace(load_archive(SHARED / "kolada-2024"), loaded=LOADED)
    with_values = {kpi["id"] for kpi in archive.kpis}.intersection(archive.values["kpi"].unique())
    followed = {entry["id"] for entry in _repository()["nyckeltal"]}
    chosen = sorted(with_values, key=lambda kpi: (kpi not in followed, kpi))[:kpis]
    records = [kpi for kpi in archive.kpis if kpi["id"] in chosen]
    values = archive.values.filter(pl.col("kpi").is_in(chosen))
    taken = {kpi["id"] for kpi in archive.kpis}
    free = (f"{letter}{number:05}" for letter in "UN" for number in range(100_000))
    unused = (kpi for kpi in free if kpi not in taken)
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
    """The repository's YAML files in `folder`, with every KPI of the dataset that they do not know as one that is
    followed without a mått.
    """
    folder.mkdir(parents=True)
    for file in ROOT.glob("*.yaml"):
        if file.name not in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(file, folder)
    known = {entry["id"] for entry in _repository()["nyckeltal"]}
    more = [
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
    if more:
        text = yaml.safe_dump(more, allow_unicode=True, sort_keys=False, width=1000)
        indented = "".join(f"  {line}\n" for line in text.splitlines())
        with (folder / "indikatorer.yaml").open("a", encoding="utf-8") as file:
            file.write(
                indented.replace("konsuppdelat: 'ja'", "konsuppdelat: ja").replace(
                    "konsuppdelat: 'nej'", "konsuppdelat: nej"
                )
            )
    return folder


def _repository() -> dict[str, list[dict[str, str]]]:
    return yaml.safe_load((ROOT / "indikatorer.yaml").read_text(encoding="utf-8"))  # type: ignore[no-any-return]
