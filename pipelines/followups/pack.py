"""The archive pack: everything of a version in one zip, the same bytes from the same files, with sums of all.

What a pack must hold to be believed is `verify`, which reads what is written here. Parquet is left out: the CSV files
hold the same rows and will be read longer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.files import replacing, sha256
from pipelines.followups.frozen import Frozen
from pipelines.kolada.archive import RawArchive
from pipelines.settings import SYNTHETIC, Settings
from pipelines.warehouse.queries import published_source, read_published

MANIFEST, SUMS, REQUESTS = "manifest.json", "manifest.sha256", "anrop.csv"
# The folders of the report, as it lies in `rapport/`, and of the exports, which have its workbook.
REPORT, EXPORT = "rapport", "export"
_HEX = 64
# The earliest time a zip can tell; a pack says when it is of in its manifest.
_TIME = (1980, 1, 1, 0, 0, 0)


def pack(target: Path, files: Mapping[str, Path], manifest: Mapping[str, Any], requests: str) -> Path:
    """Write the zip: `files` by their names in it, the manifest, the list of requests, and the sums of all."""
    texts = {
        MANIFEST: json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        REQUESTS: requests,
    }
    digests = {name: sha256(path) for name, path in files.items()}
    with replacing(target) as partial:
        _write_zip(partial, files, texts, digests)
        _sign(partial)
    return target


def _write_zip(path: Path, files: Mapping[str, Path], texts: Mapping[str, str], digests: dict[str, str]) -> None:
    """Every file and text by name, and last their sums, to which those of the texts are added."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for name in sorted({*files, *texts}):
            if name in texts:
                content = texts[name].encode()
                digests[name] = hashlib.sha256(content).hexdigest()
                out.writestr(_info(name), content)
                continue
            info = _info(name)
            info.file_size = files[name].stat().st_size
            with files[name].open("rb") as source, out.open(info, "w") as target_file:
                shutil.copyfileobj(source, target_file, 1 << 20)
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
        out.writestr(_info(SUMS), lines)
        out.comment = b"0" * _HEX


def _sign(path: Path) -> None:
    """The comment, which ends the file, is the sum of all before it: so the zip can be told from one packed anew."""
    digest, left = hashlib.sha256(), path.stat().st_size - _HEX
    with path.open("r+b") as file:
        while left > 0:
            chunk = file.read(min(1 << 20, left))
            digest.update(chunk)
            left -= len(chunk)
        file.write(digest.hexdigest().encode())


def manifest_of(frozen: Frozen, issue: Mapping[str, Any], versions: Mapping[str, str]) -> dict[str, Any]:
    """What somebody who opens the pack in ten years must know."""
    with read_published(frozen.database) as connection:
        kpis = [row[0] for row in connection.sql("SELECT nyckeltal_id FROM nyckeltal ORDER BY 1").fetchall()]
    source = published_source(frozen.database)
    entries = {key: value for key, value in frozen.manifest.items() if key not in ("filer", "rapport")}
    note = "SYNTETISKA UPPGIFTER: påhittade exempelvärden, inte Koladas" if source == SYNTHETIC else None
    return {**entries, **issue, "kalla": source, "anmarkning": note, "nyckeltal": kpis, "program": dict(versions)}


def requests_csv(settings: Settings, until: datetime) -> str:
    """Every request to the source that the figures rest on: time, address, status, size and SHA-256 of the answer."""
    archive = RawArchive(settings.raw_dir)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(("korning_id", "tid", "anrop", "status", "byte", "sha256"))
    for run_id in archive.runs():
        for entry in archive.entries(run_id):
            if entry.url and entry.tid <= until:
                out.writerow((run_id, entry.tid.isoformat(), entry.url, entry.status, entry.byte, entry.sha256))
    return text.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o100444 << 16
    return info
