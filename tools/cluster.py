"""`make cluster`: what several machines give, in figures, with processes for machines.

    python -m tools.cluster [PART …]

PostgreSQL is started on loopback, stand-ins serve a small Kolada and a large one that answers slowly. Every part prints
what it measured and stops with an AssertionError when a promise is broken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import dagster as dg
import polars as pl

from pipelines.settings import Settings
from pipelines.standin.faults import Fault
from pipelines.standin.server import RequestLog, running
from pipelines.standin.synthetic import synthetic_dataset
from pipelines.warehouse.location import warehouse_of
from tests.cluster.postgres import Postgres, free_port, postgres
from tests.cluster.stored import stored_rows
from tests.small import CATALOG, KPIS, dataset, environment_of, kolada, malbild, start_command, values
from tools import ROOT

# Seconds that every answer of the slow Kolada waits: a night is fetching then, and little else.
LATENCY = 3.0
# Longest time of a night, in seconds.
_PATIENCE = 900.0
# Requests of the small Kolada before the first value is asked for.
_CATALOGUE = 3


def shared(dsn: str, schema: str, folder: Path) -> dict[str, str]:
    return {
        "MALBILD_LAGER": f"ducklake:postgres:{dsn}",
        "MALBILD_LAGER_SCHEMA": schema,
        "MALBILD_LAGER_DATA": str(folder),
    }


def night_of(url: str, data_dir: Path, catalog: Path) -> list[str | Path]:
    return ["run", "--kolada-url", url, "--data-dir", data_dir, "--katalog", catalog]


def worker(url: str, data_dir: Path, catalog: Path, variables: dict[str, str], *options: str) -> BaseProcess:
    out, err = data_dir.with_suffix(".out"), data_dir.with_suffix(".err")
    for output in (out, err):
        output.unlink(missing_ok=True)
    return start_command([*night_of(url, data_dir, catalog), *options], out, err, variables)


def wait(process: BaseProcess, data_dir: Path, code: int = 0) -> str:
    """Wait until the worker has ended as it should; returns what it wrote to stderr."""
    process.join(_PATIENCE)
    stderr = data_dir.with_suffix(".err").read_text()
    assert process.exitcode == code, (process.exitcode, stderr)
    return stderr


def compare(label: str, file: Settings, lake: Settings) -> None:
    with warehouse_of(file).open() as in_file, warehouse_of(lake).open() as in_lake:
        expected, actual = stored_rows(in_file), stored_rows(in_lake)
    differing = [name for name in expected if expected[name] != actual[name]]
    assert not differing, (label, differing)
    rows = sum(map(len, expected.values()))
    print(f"  {label}: all {len(expected)} tables the same as in a lager.duckdb of its own ({rows} rows)")


def equal(server: Postgres, folder: Path) -> None:
    """Three nights of two counties, in files of their own and in one catalogue."""
    dsn = server.make("lika")
    catalogs = {"provlan": CATALOG, "grannlan": other_county(folder / "yaml")}
    moved = values().with_columns(pl.when(pl.col("area") == "0484").then(pl.col("value") + 1).otherwise("value"))
    fewer = moved.filter(~((pl.col("kpi") == "U00002") & (pl.col("year") == 2022)))
    nights = (
        ("first", values(), ()),
        ("revised", moved, ("--full", "--godkann")),
        ("deleted", fewer, ("--full", "--godkann")),
    )
    for night, figures, options in (*nights, ("quiet", fewer, ())):
        seconds = {"file": 0.0, "lake": 0.0}
        with kolada(dataset(KPIS, figures)) as url:
            for county, catalog in catalogs.items():
                variables = shared(dsn, county, folder / "lager")
                for storage, extra in (("file", {}), ("lake", variables)):
                    start = time.monotonic()
                    done = malbild(*night_of(url, folder / f"{county}-{storage}", catalog), *options, **extra)
                    seconds[storage] += time.monotonic() - start
                    assert done.code == 0, done.err
        for county in catalogs:
            file = Settings.from_env({}, data_dir=folder / f"{county}-file")
            lake = Settings.from_env(shared(dsn, county, folder / "lager"), data_dir=folder / f"{county}-lake")
            compare(f"{night} night, {county}", file, lake)
        print(f"  {night} night of both: {seconds['file']:.1f} s in files, {seconds['lake']:.1f} s in DuckLake")


def throughput(server: Postgres, folder: Path) -> None:
    """Two counties with the repository's own catalogue: one worker after the other, and both at once."""
    sparse = synthetic_dataset(ROOT)
    sparse = replace(sparse, values=sparse.values.filter((pl.col("year") >= 2024) & (pl.col("gender") == "T")))
    catalogs = {"sormland": ROOT, "grannlan": _neighbour(folder / "yaml")}
    dsn = server.make("fart")

    def play(label: str, total: int, parallel: bool) -> float:
        log, workers = RequestLog(), []
        with running(sparse, "syntetisk", latency=LATENCY, log=log) as url:
            start = time.monotonic()
            for county, catalog in catalogs.items():
                variables = shared(dsn, f"{county}_{label}", folder / "lager") | {"MALBILD_ANROP_TOTALT": str(total)}
                data_dir = folder / f"{county}-{label}"
                workers.append((worker(url, data_dir, catalog, {**variables, "MALBILD_TALAMOD": "60"}), data_dir))
                if not parallel:
                    wait(*workers[-1])
            for process, data_dir in workers:
                wait(process, data_dir)
            took = time.monotonic() - start
        assert log.most_at_once <= total, log.most_at_once
        print(
            f"  {label}: {took:.1f} s, {len(log.entries)} requests, {len(log.entries) / took:.2f} a second, "
            f"at most {log.most_at_once} at once"
        )
        return took

    print(f"  {sparse.values.height} values, every answer waits {LATENCY} s, 3 requests at once for each worker")
    alone = play("i_tur", 3, False)
    six = play("totalt_6", 6, True)
    three = play("totalt_3", 3, True)
    print(f"  two workers: {alone / six:.2f} times as fast with 6 in all, {alone / three:.2f} times with 3 in all")
    assert alone / six >= 1.6


def other_county(folder: Path) -> Path:
    """The YAML files of a county beside that of tests/data/catalog-minimal: another region and one other kommun."""
    shutil.copytree(CATALOG, folder)
    file = folder / "kommuner.yaml"
    text = file.read_text(encoding="utf-8")
    for own, other in (("Provlän", "Grannlän"), ("0461", "1000"), ("Östby", "Annan kommun"), ("0004", "0001")):
        text = text.replace(own, other)
    file.write_text(text, encoding="utf-8")
    return folder


def _neighbour(folder: Path) -> Path:
    """The repository's own YAML files, but of nine other kommuner and another region."""
    folder.mkdir()
    others = ("0509", "0512", "0513", "0560", "0561", "0562", "0563", "0580", "0581", "0005")
    ours = ("0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488", "0004")
    for file in ROOT.glob("*.yaml"):
        if file.name not in ("dagster.yaml", "workspace.yaml"):
            text = file.read_text(encoding="utf-8")
            for own, other in zip(ours, others, strict=True):
                text = text.replace(f'"{own}"', f'"{other}"')
            (folder / file.name).write_text(text, encoding="utf-8")
    return folder


def faults(server: Postgres, folder: Path) -> None:
    """PostgreSQL gone while fetching and while merging; a second worker of the same county."""
    import psycopg2

    dsn = server.make("fel")
    variables, data_dir = shared(dsn, "provlan", folder / "lager"), folder / "data"
    log = RequestLog()
    with kolada(None, Fault("/data/", "slow", times=None, delay=2.0), log=log) as url:
        process = worker(url, data_dir, CATALOG, variables)
        _until(lambda: len(log.entries) == _CATALOGUE and log.running > 0)
        server.stop()
        print("  gone while fetching: exit code 1;", wait(process, data_dir, 1).strip())
        server.start()

        process = worker(url, data_dir, CATALOG, variables)
        before = len(log.entries)
        _until(lambda: len(log.entries) >= before + _CATALOGUE and log.running > 0)
        second = worker(url, folder / "annan", CATALOG, variables)
        print("  a second worker of the county: exit code 5;", wait(second, folder / "annan", 5).strip())
        assert not (folder / "annan" / "analys.duckdb").exists()
        wait(process, data_dir)

    # The next run brings something new, and its merge waits for this table when the server goes.
    with kolada(dataset(KPIS, values().with_columns(pl.col("value") + 1))) as url:
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE provlan.ducklake_data_file IN SHARE MODE")
            process = worker(url, data_dir, CATALOG, variables, "--full")
            with closing(psycopg2.connect(dsn)) as looking, looking.cursor() as blocked:
                looking.autocommit = True

                def waits() -> bool:
                    blocked.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                    return bool(blocked.fetchall())

                _until(waits)
            server.stop()
        print("  gone while merging: exit code 1;", wait(process, data_dir, 1).strip())
        server.start()
        settings = Settings.from_env(variables, data_dir=data_dir)
        with warehouse_of(settings).open() as warehouse:
            (revised,) = warehouse.sql("SELECT count(*) FROM matvarde_revision WHERE handelse <> 'ny'").fetchall()[0]
        assert revised == 0, "half of a merge was stored"
        # Every value is another one: --godkann says that somebody has looked.
        wait(worker(url, data_dir, CATALOG, variables, "--full", "--godkann"), data_dir)
        with warehouse_of(settings).open() as warehouse:
            journal = warehouse.sql("SELECT utfall, reviderade FROM korning ORDER BY startad").fetchall()
            (count,) = warehouse.sql("SELECT count(*) FROM matvarde").fetchall()[0]
    print(f"  the journal afterwards: {journal}; {count} values")
    assert [outcome for outcome, _ in journal] == ["avbruten", "klar", "avbruten", "klar"]
    assert journal[-1][1] == count > 0


def dagster(server: Postgres, folder: Path) -> None:
    """One Dagster with its history in PostgreSQL: its queue gives two counties' runs to two workers."""
    server.make("dagster")
    dsn, url_of_history = server.make("lager"), server.url("dagster")
    common = {"MALBILD_DAGSTER_POSTGRES": url_of_history, "MALBILD_DAGSTER": str(ROOT / "deploy/dagster-postgres.yaml")}
    catalogs = {"provlan": CATALOG, "grannlan": other_county(folder / "yaml")}
    with ExitStack() as stack:
        log = RequestLog()
        kolada_url = stack.enter_context(kolada(None, Fault("/data/", "slow", times=None, delay=3.0), log=log))
        variables = common | shared(dsn, "provlan", folder / "lager")
        done = malbild(*night_of(kolada_url, folder / "provlan", CATALOG), **variables)
        assert done.code == 0, done.err
        assert not (folder / "provlan" / "dagster" / "history").exists()
        print("  a night by `malbild run`: done; no history in the data dir")
        locations = []
        for county, catalog in catalogs.items():
            port = free_port()
            home = folder / county / "dagster"
            home.mkdir(parents=True, exist_ok=True)
            shutil.copy(common["MALBILD_DAGSTER"], home / "dagster.yaml")
            variables = (
                common
                | shared(dsn, county, folder / "lager")
                | {
                    "MALBILD_DATA": str(folder / county),
                    "MALBILD_KATALOG": str(catalog),
                    "MALBILD_KOLADA_URL": kolada_url,
                    "DAGSTER_HOME": str(home),
                }
            )
            command = ["dagster", "api", "grpc", "-m", "pipelines.definitions", "-a", "defs", "--host", "127.0.0.1"]
            stack.enter_context(_child([*command, "--port", str(port), "--location-name", county], variables))
            locations.append(f"- grpc_server: {{host: 127.0.0.1, port: {port}, location_name: {county}}}\n")
        workspace = folder / "workspace.yaml"
        workspace.write_text("load_from:\n" + "".join(f"  {line}" for line in locations))
        own = common | {"DAGSTER_HOME": str(folder / "provlan" / "dagster")}
        for county in catalogs:
            launch = ["dagster", "job", "launch", "-w", str(workspace), "-l", county, "-j", "natt"]
            _until(partial(_succeeds, launch, own))
        os.environ.update(own)
        with dg.DagsterInstance.get() as instance:
            queued = instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
            print(f"  in the queue: {sorted(run.tags['malbild/lan'] for run in queued)}")
            stack.enter_context(_child(["dagster._daemon", "run", "-w", str(workspace)], own))
            ids = [run.run_id for run in queued]
            _until(lambda: len(_times(instance, ids)) == len(ids), 300)
            times = _times(instance, ids)
            for run in queued:
                begin, end = times[run.run_id]
                print(f"  {run.tags['malbild/lan']}: done in {end - begin:.1f} s")
            overlap = min(end for _, end in times.values()) - max(begin for begin, _ in times.values())
            print(f"  both went on at the same time for {overlap:.1f} s; {len(instance.get_runs())} runs in PostgreSQL")


def _times(instance: dg.DagsterInstance, ids: list[str]) -> dict[str, tuple[float, float]]:
    """Run → when it began and ended (seconds since 1970), for those that have ended. A run that failed is an error."""
    records = instance.get_run_records(dg.RunsFilter(run_ids=ids))
    failed = [record.dagster_run.run_id for record in records if record.dagster_run.is_failure]
    assert not failed, failed
    return {
        record.dagster_run.run_id: (record.start_time, record.end_time)
        for record in records
        if record.start_time and record.end_time
    }


def _succeeds(command: list[str], variables: dict[str, str]) -> bool:
    """Whether the command succeeds; its workers may still be starting."""
    return (
        subprocess.run(
            [sys.executable, "-m", *command], env=environment_of(variables), cwd=ROOT, capture_output=True, check=False
        ).returncode
        == 0
    )


@contextmanager
def _child(command: list[str], variables: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=environment_of(variables),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
        time.sleep(0.1)


PARTS = {"equal": equal, "throughput": throughput, "faults": faults, "dagster": dagster}


def main(names: Sequence[str]) -> None:
    with postgres() as server, tempfile.TemporaryDirectory(prefix="malbild-kluster-") as folder:
        for name in names or PARTS:
            print(f"{name}: {PARTS[name].__doc__}", flush=True)
            part = Path(folder) / name
            part.mkdir()
            PARTS[name](server, part)


if __name__ == "__main__":
    main(sys.argv[1:])
