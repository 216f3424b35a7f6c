"""What the program writes, dumped so that two versions of it can be compared byte for byte during a redesign.

    python tools/golden.py prepare INPUTS      the inputs: a small synthetic Kolada that changes over five nights
    python tools/golden.py dump INPUTS OUT [--archive DIR] [--only demo,nights,archive]
    python tools/golden.py compare BEFORE AFTER

`dump` runs the command line as a user does, with a clock that stands still (libfaketime) and run ids that follow from
a seed. It goes when the redesign is done.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
WORK = Path("/tmp/golden")
# The only figures that vary with the port of the stand-in, which stands in every stored address.
MASKED = {("korning", "arkiv_byte")}
SEEDED = """
import os, random, uuid
_random = random.Random(os.environ["GOLDEN_SEED"])
uuid.uuid4 = lambda: uuid.UUID(int=_random.getrandbits(128), version=4)
"""
COUNTY = ["0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488", "0004", "0000"]


def prepare(inputs: Path) -> None:
    """Five nights: first; revised and a new year; the same again; lost, re-titled, redrawn; most of it comes back."""
    from pipelines.standin.sample import synthetic_dataset

    inputs.mkdir(parents=True)
    for name in ("indikatorer", "kommuner", "uppfoljningar", "aktiviteter", "korrigeringar"):
        (inputs / "yaml").mkdir(exist_ok=True)
        shutil.copy(ROOT / f"{name}.yaml", inputs / "yaml")
    sample = synthetic_dataset(ROOT)
    groups = {g["id"]: {m["member_id"] for m in g["members"]} for g in sample.groups}
    used = set(re.findall(r"G\d+", (ROOT / "kommuner.yaml").read_text()))
    areas = set(COUNTY) | {m for g in used & set(groups) for m in sorted(groups[g])[:5]}
    areas |= {m["id"] for m in sample.municipalities if m["id"].startswith("00")}
    values = sample.values.filter(pl.col("area").is_in(sorted(areas)), pl.col("year") >= 2017)
    values = values.select("kpi", "area", "year", "gender", "value", *[c for c in ("status",) if c in values.columns])
    newest = values["year"].max()
    followed = sorted(set(values["kpi"].unique()))
    pick = pl.concat_str("kpi", "area", "year", "gender").hash(7) % 97
    first = values.filter(~((pl.col("year") == newest) & pl.col("kpi").is_in(followed[::3])))
    second = values.with_columns(
        value=pl.when(pick == 5).then(pl.col("value") * 1.01).when(pick == 6).then(None).otherwise("value")
    )
    fourth = second.filter(pick != 11).filter(pl.col("kpi") != followed[10])
    fifth = second.filter(pick != 12)

    def write(night: int, frame: pl.DataFrame, change: bool) -> None:
        folder = inputs / f"natt{night}"
        folder.mkdir()
        kpis = [dict(k) for k in sample.kpis]
        county_groups = [
            g | {"members": [m for m in g["members"] if m["member_id"] in areas]}
            for g in sample.groups
            if groups[g["id"]] & areas
        ]
        if change:
            kpis = [k for k in kpis if k["id"] != followed[10]]
            for k in kpis:
                if k["id"] == followed[20]:
                    k["title"] = "Ett helt annat mått, antal"
                if k["id"] == followed[21]:
                    k["description"] = "Ny definition."
            for g in county_groups[:3]:
                g["members"] = g["members"][:-1]
        for name, what in (
            ("kpi", kpis),
            ("municipality", [m for m in sample.municipalities if m["id"] in areas]),
            ("municipality_groups", county_groups),
        ):
            (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(what).encode()))
        changed = pl.lit(date(2026, 12, night)).alias("changed")
        frame.with_columns(changed).write_parquet(folder / "values.parquet")

    for night, (frame, change) in enumerate(
        [(first, False), (second, False), (second, False), (fourth, True), (fifth, False)], 1
    ):
        write(night, frame, change)


class Program:
    """The command line in a data dir of its own, at a time that stands still."""

    def __init__(self, name: str, out: Path, catalog: Path | None = None) -> None:
        self.data, self.out = WORK / name, out / name
        shutil.rmtree(self.data, ignore_errors=True)
        WORK.mkdir(exist_ok=True)
        self.out.mkdir(parents=True)
        self.catalog = catalog
        site = WORK / "site"
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(SEEDED)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("MALBILD")} | {
            "PYTHONPATH": f"{ROOT}:{site}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "COLUMNS": "200",
        }
        self.said: list[str] = []

    def __call__(self, when: str, *arguments: str, data: bool = True) -> None:
        options = ["--data-dir", str(self.data)] if data else []
        done = subprocess.run(
            ["faketime", "-f", when, sys.executable, "-m", "pipelines", *arguments, *options],
            env=self.environment | {"GOLDEN_SEED": f"{when} {arguments[0]}"} | self._catalog(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        words = " ".join(re.sub(r"127\.0\.0\.1:\d+", "HOST", a) for a in arguments)
        self.said.append(f"$ {words}\n{done.stdout}{done.stderr}[{done.returncode}]\n")
        print(f"{self.data.name}: {words} [{done.returncode}]", flush=True)

    def _catalog(self) -> dict[str, str]:
        return {"MALBILD_KATALOG": str(self.catalog)} if self.catalog else {}

    def serve(self, *arguments: str) -> tuple[subprocess.Popen[str], str]:
        """A stand-in, by the machine's own clock: a clock that stands still ends its sleep with an error."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "kolada-standin", *arguments],
            env=self.environment | {"GOLDEN_SEED": "standin"} | self._catalog(),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r"http://\S+", line)
        assert match, line
        return process, match[0]

    def dump(self, name: str) -> None:
        """The published database table by table, the warehouse's tables, and every file that readers see."""
        target = self.out / name
        target.mkdir()
        (target / "said.txt").write_text(re.sub(r"\d+\.\d MB more", "MB more", "".join(self.said)))
        self.said = []
        for database in ("analys", "lager"):
            if (self.data / f"{database}.duckdb").exists():
                dump_database(self.data / f"{database}.duckdb", target / database)
        lines = []
        for file in sorted(self.data.rglob("*")):
            relative = file.relative_to(self.data)
            if (
                not file.is_file()
                or file.is_symlink()
                or relative.parts[0] in ("ra", "arbete", "dagster")
                or file.suffix in (".duckdb", ".las", ".wal", ".log")
            ):
                continue
            if file.name in (".las", "SHA256SUMS", "datapackage.json", "lager.duckdb.gammal") or file.stem == "korning":
                continue
            content = file.read_bytes()
            if file.suffix == ".csv":
                content = b"\n".join(sorted(content.splitlines()))
            lines.append(f"{hashlib.sha256(content).hexdigest()}  {relative}\n")
            if file.suffix in (".html", ".md", ".txt", ".json", ".yaml") and len(content) < 4_000_000:
                copy = target / "files" / relative
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
        (target / "files.txt").write_text("".join(lines))


def dump_database(file: Path, target: Path) -> None:
    target.mkdir(parents=True)
    with duckdb.connect(str(file), read_only=True) as connection:
        ddl = connection.sql("""
            SELECT concat_ws(' | ', 'table', schema_name, table_name, comment, sql) FROM duckdb_tables() WHERE NOT internal
            UNION ALL SELECT concat_ws(' | ', 'view', schema_name, view_name, comment, sql) FROM duckdb_views() WHERE NOT internal
            UNION ALL SELECT concat_ws(' | ', 'macro', schema_name, function_name, macro_definition) FROM duckdb_functions() WHERE NOT internal
            UNION ALL SELECT concat_ws(' | ', 'column', schema_name, table_name, lpad(column_index::VARCHAR, 3, '0'), column_name, data_type, is_nullable::VARCHAR, comment)
                FROM duckdb_columns() WHERE NOT internal
            UNION ALL SELECT concat_ws(' | ', 'constraint', schema_name, table_name, constraint_text) FROM duckdb_constraints()
            ORDER BY 1
        """).fetchall()
        (target / "ddl.txt").write_text("".join(f"{row[0]}\n" for row in ddl))
        sums = []
        relations = connection.sql("""
            SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal
            UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL
        """).fetchall()
        for schema, name in relations:
            columns = [
                c for (c,) in connection.sql(f"SELECT column_name FROM (DESCRIBE FROM {schema}.{name})").fetchall()
            ]
            used = ", ".join(f"NULL AS {c}" if (name, c) in MASKED else f'"{c}"' for c in columns)
            frame = connection.sql(f"SELECT {used} FROM {schema}.{name} ORDER BY ALL").arrow()
            table = pl.DataFrame(frame.read_all() if hasattr(frame, "read_all") else frame)
            text = table.write_csv(float_scientific=False).encode()
            sums.append(f"{hashlib.sha256(text).hexdigest()}  {table.height:>8}  {schema}.{name}\n")
            if len(text) < 3_000_000:
                (target / f"{schema}.{name}.csv").write_bytes(text)
            else:
                table.write_parquet(target / f"{schema}.{name}.parquet")
        (target / "tables.txt").write_text("".join(sums))


def dump(inputs: Path, out: Path, archive: Path | None, only: set[str]) -> None:
    """Play the scenarios; one dump at a time on a machine, because they share folder and port."""
    WORK.mkdir(exist_ok=True)
    with (WORK / ".las").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _dump(inputs, out, archive, only)


def _dump(inputs: Path, out: Path, archive: Path | None, only: set[str]) -> None:
    if "demo" in only:
        program = Program("demo", out)
        program("2026-11-30 04:15:00", "demo")
        program("2026-11-30 05:00:00", "andringar")
        program("2026-11-30 05:00:00", "check", data=True)
        program.dump("natt1")
    if "nights" in only:
        five_nights(inputs, out)
    if archive is not None and "archive" in only:
        program = Program("archive", out)
        values = archive / "kolada-2024" / "values.parquet"
        server, url = program.serve("--archive", str(archive / "kolada-2026"), "--values", str(values))
        program("2026-11-30 04:15:00", "run", "--kolada-url", url)
        program.dump("natt1")
        program("2026-12-01 04:15:00", "run", "--kolada-url", url)
        server.terminate()
        program.dump("natt2")


def five_nights(inputs: Path, out: Path) -> None:
    catalog = WORK / "katalog"
    shutil.rmtree(catalog, ignore_errors=True)
    WORK.mkdir(exist_ok=True)
    shutil.copytree(inputs / "yaml", catalog)
    program = Program("nights", out, catalog)
    port = 47123  # the same every night: a data dir belongs to one source
    for night in range(1, 6):
        when = f"2026-12-{night:02} 04:15:00"
        if night == 2:
            program.said.append(prepare_local(program.data))
        if night == 3:
            program("2026-12-02 12:00:00", "lokal", "kontroll")
        if night == 5:
            correct(catalog, program.data)
        server, url = program.serve("--archive", str(inputs / f"natt{night}"), "--port", str(port))
        program(
            when,
            "run",
            "--kolada-url",
            url,
            *(["--full"] if night == 4 else []),
            *(["--godkann"] if night in (4, 5) else []),
        )
        server.terminate()
        server.wait()
        program(when.replace("04:15", "05:00"), "andringar")
        program.dump(f"natt{night}")
    program("2026-12-05 06:00:00", "andringar", "--sedan", "2026-12-01")
    program("2026-12-05 06:00:00", "check")
    program("2026-12-05 06:00:00", "report", "--as-of", "2026-12-02T23:00:00")
    program.dump("asof")
    program("2026-12-05 07:00:00", "uppfoljning", "ny", "2026-host", "--namn", "Höst 2026")
    program("2026-12-05 07:00:00", "uppfoljning", "frys", "2026-host")
    program("2026-12-05 07:00:00", "report", "--uppfoljning", "2026-host")
    program("2026-12-05 07:00:00", "report", "--uppfoljning", "2026-host", "--huvudman", "0484")
    program("2026-12-05 07:00:00", "uppfoljning", "meningar", "2026-host")
    program("2026-12-05 07:00:00", "uppfoljning", "tjansteutlatande", "2026-host")
    program("2026-12-05 07:30:00", "lan", "Örebro län", "Södermanlands län")
    program.dump("fryst")
    program("2026-12-05 08:00:00", "rebuild")
    program.dump("rebuild")


def prepare_local(data: Path) -> str:
    folder = data / "lokala"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "sip-antal.csv").write_text(
        "omrade_id;ar;kon;varde\n0484;2025;T;120\n0484;2025;K;70\n0484;2025;M;50\n0480;2025;T;3\n0480;2024;T;40\n0461;2025 kv1;T;7\n"
    )
    return ""


def correct(catalog: Path, data: Path) -> None:
    """A correction of a value that is stored, and its guard."""
    with duckdb.connect(str(data / "analys.duckdb"), read_only=True) as connection:
        row = connection.sql("""SELECT nyckeltal_id, omrade_id, ar, kon, varde FROM matvarde JOIN omrade USING (omrade_id)
            WHERE i_malbild AND kon = 'T' AND varde IS NOT NULL AND typ = 'kommun' AND kalla <> 'lokal' ORDER BY ALL LIMIT 1""").fetchone()
    assert row is not None
    text = (
        (catalog / "korrigeringar.yaml")
        .read_text()
        .replace(
            "\nkorrigeringar: []",
            f"""
korrigeringar:
  - id: prov
    nyckeltal: "{row[0]}"
    omrade: "{row[1]}"
    ar: {row[2]}
    kon: {row[3]}
    atgard: ersatt
    varde: 12.3
    vantat: {{storre: -1000000000.0}}
    skal: Påhittat.
    kalla: Påhittad.
    datum: 2026-12-04""",
        )
    )
    (catalog / "korrigeringar.yaml").write_text(text)


def compare(before: Path, after: Path) -> int:
    files = {p.relative_to(d) for d in (before, after) for p in d.rglob("*") if p.is_file()}
    differing = [
        f
        for f in sorted(files)
        if not (
            (before / f).exists() and (after / f).exists() and (before / f).read_bytes() == (after / f).read_bytes()
        )
    ]
    for file in differing:
        print("differs" if (before / file).exists() and (after / file).exists() else "only in one", file)
    print(f"{len(files)} files compared, {len(differing)} differ")
    return int(bool(differing))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare").add_argument("inputs", type=Path)
    dumping = commands.add_parser("dump")
    dumping.add_argument("inputs", type=Path)
    dumping.add_argument("out", type=Path)
    dumping.add_argument("--archive", type=Path)
    dumping.add_argument("--only", default="demo,nights,archive")
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    options = parser.parse_args()
    if options.command == "prepare":
        prepare(options.inputs)
    elif options.command == "dump":
        dump(
            options.inputs.resolve(),
            options.out.resolve(),
            options.archive and options.archive.resolve(),
            set(options.only.split(",")),
        )
    else:
        return compare(options.before, options.after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
