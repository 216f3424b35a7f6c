"""All exports at once: written to the side, summed, then put in place, a folder at a time.

A failure before that leaves the old ones. The folder with the list of checksums is put last, so that `sha256sum -c`
shows when a power cut came in between. Which formats there are is decided here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from pipelines.exports.about import About, read_about
from pipelines.exports.csvfiles import write_csv, write_excel_csv
from pipelines.exports.datapackage import CSV_FOLDER, EXCEL_FOLDER, FILE, NEUTRAL, NEWEST, write_datapackage
from pipelines.exports.dcat import DCAT_FILE, write_dcat
from pipelines.exports.parquet import write_parquet
from pipelines.exports.relations import CUT, Relation, relations
from pipelines.exports.workbook import WORKBOOK, write_workbook
from pipelines.files import replacing_folder, sha256
from pipelines.warehouse.store import PUBLISHING

CHECKSUMS: Final = "SHA256SUMS"
# Without Swedish letters, because archives and web servers disagree about them in names.
README: Final = "LAS_MIG.txt"


@dataclass(frozen=True, slots=True)
class Exported:
    """Number of files put in place, their bytes, and whether the description for the data portal is among them."""

    files: int
    bytes: int
    dcat: bool


def export_all(published: Path, parquet_dir: Path, export_dir: Path) -> Exported:
    """Make every export of the published database, and put the two folders in the place of the old ones.

    Raises ConfigError when the database holds no finished run; then, and at any other failure, the old exports stay.
    """
    with replacing_folder(export_dir) as new, replacing_folder(parquet_dir) as new_parquet:
        for folder in (CSV_FOLDER, EXCEL_FOLDER):
            (new / folder).mkdir()
        with duckdb.connect(str(published), read_only=True, config=PUBLISHING) as connection:
            about = read_about(connection)
            exported = relations(connection)
            digests = _write(connection, about, exported, new, new_parquet)
            write_datapackage(connection, about, exported, new, digests)
        if about.publisher:
            write_dcat(about, about.publisher, new, published, new_parquet)
        (new / README).write_text(_readme(about), encoding="utf-8")
        targets = {file: export_dir / file.relative_to(new) for file in _files(new)}
        targets |= {file: parquet_dir / file.name for file in _files(new_parquet)}
        sums = {target: digests.get(file) or sha256(file) for file, target in targets.items()}
        sums[published] = sha256(published)
        lines = [f"{digest}  {os.path.relpath(target, export_dir)}\n" for target, digest in sorted(sums.items())]
        (new / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
        size = sum(file.stat().st_size for file in targets)
    return Exported(len(targets) + 1, size, about.publisher is not None)


def files_in_checksums(export_dir: Path) -> list[Path]:
    """The files that the list of checksums names; none without the list."""
    try:
        lines = (export_dir / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [export_dir / line.split("  ", 1)[1] for line in lines]


def _write(
    connection: duckdb.DuckDBPyConnection, about: About, exported: Sequence[Relation], folder: Path, parquet: Path
) -> dict[Path, str]:
    """The files of every table and view, and the workbook; file → its SHA-256 in hex."""
    size = dict(connection.sql("SELECT table_name, estimated_size FROM duckdb_tables()").fetchall())
    # A table that is missing is reported by its own statement.
    largest = sorted(exported, key=lambda relation: -size.get(relation.name, 0))
    tables = [relation for relation in largest if not relation.order]
    jobs: list[Callable[[duckdb.DuckDBPyConnection], Path]] = [
        *(partial(write_parquet, relation=relation, about=about, folder=parquet) for relation in largest),
        *(partial(write_csv, relation=relation, folder=folder / CSV_FOLDER) for relation in tables),
        partial(write_workbook, about=about, target=folder / WORKBOOK),
        *(partial(write_excel_csv, relation=relation, folder=folder / EXCEL_FOLDER) for relation in largest),
    ]

    def done(job: Callable[[duckdb.DuckDBPyConnection], Path]) -> tuple[Path, str]:
        file = job(connection.cursor())
        return file, sha256(file)

    # DuckDB writes a file in order, on one core, and lets go of the interpreter meanwhile. The longest first.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(pool.map(done, jobs))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _readme(about: About) -> str:
    mark = f"{about.mark}\n\n" if about.mark else ""
    dcat = f"{DCAT_FILE}        beskrivning för Sveriges dataportal (DCAT-AP-SE 3.0.1)\n" if about.publisher else ""
    return f"""{mark}Uppgifter per {about.as_of_text}.

{WORKBOOK}       arbetsbok: Nuläge på en rad per mått, blad per målområde, månader, definitioner, vad kolumnerna betyder
../parquet/         en fil per tabell och vy: alla rader för hela landet (utveckling: målbildens områden och riket)
{EXCEL_FOLDER}/         en fil per tabell och vy, för svenska Excel: semikolon, decimalkomma
{CSV_FOLDER}/               en fil per tabell, för program: komma, decimalpunkt, UTF-8, tider i UTC; tom = saknas
{FILE}   vad tabeller och kolumner innehåller (Frictionless)
{dcat}{CHECKSUMS}         kontrollsummor, också för ../parquet och ../analys.duckdb: sha256sum -c {CHECKSUMS}

Filerna med värden per nyckeltal och område är kortade.
{CUT}
matvarde: {NEWEST} I {EXCEL_FOLDER}/ inga övriga områden.
Allt finns i ../parquet och ../analys.duckdb.

Typer: bara Parquet och arbetsboken bär med sig dem. En CSV-fil har inga, och programmen gissar fel:
- Excel gör tal av id som 0484 när en CSV-fil öppnas med dubbelklick: välj Data > Från text/CSV och kolumntypen Text.
- R gör TRUE av kon T: read_csv(fil, col_types = cols(kon = "c", omrade_id = "c", lan_kod = "c"))
- pandas gör tal av id: pd.read_csv(fil, dtype={{"omrade_id": str, "lan_kod": str}}); polars: pl.read_csv(fil,
  schema_overrides={{"omrade_id": pl.String, "lan_kod": pl.String}})
- Power BI: läs ../parquet. Låt alla id vara text.
Vilken typ varje kolumn har står i {FILE} och i datakatalog.

{NEUTRAL}
Tom cell betyder att värdet saknas, aldrig noll; kolumnen status säger varför.

Värden (matvarde): {about.values_line}
Jämförelser, trender och ändringar: {about.own}
{about.citation}
{about.terms}
"""
