"""A backup comes out of a data dir as it is, during a run too, and a damaged one puts nothing in place."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import clock
from pipelines.assets.notify import notify_run
from pipelines.catalog.load import load_catalog
from pipelines.errors import BusyError, ConfigError, MalbildError
from pipelines.locks import BACKUP, hold_data_dir
from pipelines.operation import archive, copies
from pipelines.operation.backup import LEFT_OUT, back_up
from pipelines.operation.restore import restore
from pipelines.settings import Settings
from pipelines.warehouse.store import FileWarehouse
from tests.conftest import ROOT
from tests.notices.sinks import web_server
from tests.small import CATALOG, malbild, webhook

pytestmark = pytest.mark.lang


def everything(data_dir: Path) -> dict[str, tuple[int, bytes]]:
    """Name → permissions and bytes of all that a backup must bring back."""
    return {
        str(path.relative_to(data_dir)): (path.stat().st_mode & 0o777, path.read_bytes() if path.is_file() else b"")
        for path in data_dir.rglob("*")
        if not path.name.startswith(".") and path.relative_to(data_dir).parts[0] not in LEFT_OUT
    }


def test_what_is_restored_is_what_was_backed_up(copied: Settings, tmp_path: Path) -> None:
    (copied.data_dir / "uppfoljningar" / "tom").mkdir(parents=True)
    (copied.local_dir / "LÄS.txt").chmod(0o640)
    copied.local_dir.chmod(0o2770)
    before = everything(copied.data_dir)
    assert {"analys.duckdb", "lager.duckdb", "rapport/utkast/index.html", "export/malbild.xlsx"} <= set(before)
    done = back_up(copied, tmp_path)
    assert done.path.parent == tmp_path
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", done.path.name]

    there = replace(copied, data_dir=tmp_path / "ny")
    restored = restore(there, done.path)
    assert everything(there.data_dir) == before
    assert there.data_dir.stat().st_mode & 0o777 == 0o750
    assert restored.catalog is not None
    assert {path.name: path.read_bytes() for path in restored.catalog.iterdir()} == {
        path.name: path.read_bytes() for path in CATALOG.glob("*.yaml")
    }


def test_another_data_dir_inside_is_left_out_and_named(small_night: Path, tmp_path: Path) -> None:
    # As after `make demo` and then `make run`.
    settings = Settings(Path(shutil.copytree(small_night, tmp_path / "data", symlinks=True)), CATALOG)
    demo = Path(shutil.copytree(small_night, settings.data_dir / "demo", symlinks=True))
    ended = malbild("backup", tmp_path / "kopia.zip", "--data-dir", settings.data_dir, "--katalog", CATALOG)
    assert ended.code == 0, ended.err
    line = f"Left out  {demo}: a data dir of its own → `malbild backup --data-dir {demo}` backs it up"
    assert line in ended.out.replace("\n", " ")
    with zipfile.ZipFile(tmp_path / "kopia.zip") as backup:
        names = backup.namelist()
    assert "data/lager.duckdb" in names
    assert [name for name in names if "/demo/" in name] == []


def test_what_readers_have_is_backed_up_by_their_paths(small_night: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data", symlinks=True))
    settings = Settings(data_dir=data_dir, catalog_dir=CATALOG)
    done = back_up(settings, tmp_path / "kopia.zip")
    with zipfile.ZipFile(done.path) as backup:
        names = set(backup.namelist())
    assert {"data/analys.duckdb", "data/export/SHA256SUMS", "data/rapport/utkast/index.html"} <= names
    assert [name for name in names if "publicerat" in name or "publiceringar" in name] == []
    there = replace(settings, data_dir=tmp_path / "ny")
    restore(there, done.path)
    for path in settings.publication.parts:
        restored = there.data_dir / path.relative_to(data_dir)
        assert [file.read_bytes() for file in sorted(restored.rglob("*")) if file.is_file()] == [
            file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()
        ]
    assert there.published.read_bytes() == settings.published.read_bytes()


def test_a_backup_waits_for_who_holds_the_data_dir_and_has_what_was_written_then(
    few: Callable[[], Settings], tmp_path: Path
) -> None:
    settings, holds, waits = few(), threading.Event(), threading.Event()
    said: list[str] = []

    def run() -> None:
        with hold_data_dir(settings.data_dir):
            holds.set()
            assert waits.wait(timeout=300)
            (settings.local_dir / "nyss.csv").write_bytes(b"omrade;ar\n")

    def waiting(who: str) -> None:
        said.append(who)
        waits.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert holds.wait(timeout=300)
    done = back_up(settings, tmp_path / "kopia.zip", waiting=waiting)
    thread.join(timeout=300)
    assert said == [f"another run (process {os.getpid()})"]
    with zipfile.ZipFile(done.path) as backup:
        assert "data/lokala/nyss.csv" in backup.namelist()


def test_a_run_that_does_not_end_is_not_waited_for_for_ever(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings = few()
    with hold_data_dir(settings.data_dir), pytest.raises(BusyError, match=rf"process {os.getpid()}\) holds"):
        back_up(settings, tmp_path / "kopia.zip", patience=0.3)
    assert not (tmp_path / "kopia.zip").exists()


def test_a_run_waits_for_a_backup_instead_of_failing(tmp_path: Path) -> None:
    waits, runs = threading.Event(), threading.Event()

    def run() -> None:
        with hold_data_dir(tmp_path, waiting=lambda _: waits.set()):
            runs.set()

    thread = threading.Thread(target=run)
    with hold_data_dir(tmp_path, doing=BACKUP):
        thread.start()
        assert waits.wait(timeout=300)
        assert not runs.is_set()
    thread.join(timeout=300)
    assert runs.is_set()


def test_what_a_killed_run_left_in_the_log_is_kept(copied: Settings, tmp_path: Path) -> None:
    with duckdb.connect(str(copied.warehouse_file)) as connection:
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("INSERT INTO lager_info VALUES ('prov', 'i loggen')")
    assert copied.warehouse_file.with_name("lager.duckdb.wal").exists()
    there = replace(copied, data_dir=tmp_path / "ny")
    restore(there, back_up(copied, tmp_path / "kopia.zip").path)
    with duckdb.connect(str(there.warehouse_file), read_only=True) as connection:
        assert connection.sql("SELECT varde FROM lager_info WHERE nyckel = 'prov'").fetchall() == [("i loggen",)]


def test_a_damaged_warehouse_is_not_backed_up_as_if_it_were_whole(copied: Settings, tmp_path: Path) -> None:
    with copied.warehouse_file.open("r+b") as file:
        file.truncate(copied.warehouse_file.stat().st_size // 2)
    with pytest.raises(MalbildError, match=r"lager\.duckdb is damaged .*→ restore the newest backup"):
        back_up(copied, tmp_path / "kopia.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert not (copied.data_dir / ".sakerhetskopia").exists()


def test_targets_that_will_not_do(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings = few()
    (tmp_path / "finns.zip").write_bytes(b"")
    for target, message in {
        tmp_path / "finns.zip": "exists and is not overwritten",
        tmp_path / "saknas" / "kopia.zip": "saknas is no folder",
        tmp_path / "kopior": "kopior is no folder → mount its disk",
        settings.raw_dir: "lies in the data dir",
    }.items():
        with pytest.raises(ConfigError, match=message):
            back_up(settings, target)
    with pytest.raises(ConfigError, match="holds nothing to back up"):
        back_up(replace(settings, data_dir=tmp_path / "tom"), tmp_path)
    (settings.report_dir / "lank").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="rapport/lank is a link"):
        back_up(settings, tmp_path / "kopia.zip")
    assert not (tmp_path / "kopia.zip").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "finns.zip"]


def test_the_newest_whole_backups_stay_however_old_they_are(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings, folder = few(), tmp_path / "kopior"
    folder.mkdir()
    whole = back_up(settings, tmp_path / "kopia.zip").path.read_bytes()
    names = [f"malbild-20{year}-01-01T073000Z.zip" for year in (20, 21, 22, 23)]
    for name in names:
        (folder / name).write_bytes(whole[:-1] if "2022" in name else whole)
    (folder / "annat.zip").write_bytes(b"")
    new = back_up(settings, folder, keep=3)
    # The one of 2022 was cut off: it counts for nothing, and goes with those that are older than the third.
    assert [path.name for path in new.removed] == [names[0]]
    assert {path.name for path in folder.iterdir()} == {"annat.zip", *names[1:], new.path.name}
    with pytest.raises(MalbildError, match="damaged"), zip_damaged_on_the_way(settings):
        back_up(settings, folder, keep=1)
    assert {path.name for path in folder.iterdir()} == {"annat.zip", *names[1:], new.path.name}, "none goes for none"
    # Within the same second the new backup has the name of the last one, and takes its place.
    removed = {path.name for path in back_up(settings, folder, keep=1).removed}
    assert removed - {new.path.name} == set(names[1:])


@contextmanager
def zip_damaged_on_the_way(settings: Settings) -> Iterator[None]:
    """A warehouse that cannot be read."""
    settings.warehouse_file.write_bytes(b"skadad")
    try:
        yield
    finally:
        settings.warehouse_file.unlink()


def test_runs_say_once_that_the_backups_have_stopped(small_night: Path, tmp_path: Path) -> None:
    settings = Settings(Path(shutil.copytree(small_night, tmp_path / "data")), CATALOG)
    old = clock.now() - timedelta(days=3)
    copies.note_made(settings, tmp_path / "kopia.zip", old)
    with web_server() as hook:
        notified = replace(settings, channels=webhook(hook.port))

        def said_after_a_run() -> list[str]:
            before = len(hook.posted)
            with FileWarehouse(settings.warehouse_file).open() as connection:
                notify_run(notified, connection, load_catalog(CATALOG), run_id="natt", started=clock.now(),
                           failure=None, went_through=True, published=False)  # fmt: skip
            return [body["text"] for body in hook.posted[before:] if "säkerhetskopia" in body["text"]]

        (text,) = said_after_a_run()
        assert "äldre än två dagar" in text
        assert said_after_a_run() == []
        back_up(settings, tmp_path / "kopia.zip")
        assert said_after_a_run() == []
        copies.note_made(settings, tmp_path / "kopia.zip", old)
        assert said_after_a_run() == [text], "once it was mended, the same is said again"
        copies.note_failed(settings, MalbildError("the disk is full → make room"))
        (text,) = said_after_a_run()
        assert "the disk is full" in text


def test_runs_of_more_than_two_days_without_any_backup_are_spoken_of(small_night: Path, tmp_path: Path) -> None:
    settings = Settings(Path(shutil.copytree(small_night, tmp_path / "data")), CATALOG)
    with web_server() as hook, FileWarehouse(settings.warehouse_file).open() as connection:
        notified = replace(settings, channels=webhook(hook.port))
        for days in (0, 3):
            connection.execute(
                "INSERT INTO korning BY NAME SELECT * REPLACE ($1 AS korning_id, $2 AS startad) FROM korning LIMIT 1",
                [f"for {days} dagar sedan", clock.now() - timedelta(days=days)],
            )
            notify_run(notified, connection, load_catalog(CATALOG), run_id="natt", started=clock.now(),
                       failure=None, went_through=True, published=False)  # fmt: skip
            spoken = [body["text"] for body in hook.posted if "säkerhetskopia" in body["text"]]
            assert len(spoken) == (days == 3)


def test_nothing_is_laid_over_what_is_there(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings = few()
    done = back_up(settings, tmp_path / "kopia.zip")
    before = everything(settings.data_dir)
    with pytest.raises(ConfigError, match=r"is not empty \(lokala, ra, rapport, …\)"):
        restore(settings, done.path)
    assert everything(settings.data_dir) == before
    with pytest.raises(ConfigError, match="is no file"):
        restore(replace(settings, data_dir=tmp_path / "ny"), tmp_path / "saknas.zip")


def test_a_restored_data_dir_can_be_backed_up_and_restored_again(few: Callable[[], Settings], tmp_path: Path) -> None:
    first, second = few(), tmp_path / "andra"
    restore(replace(first, data_dir=second), back_up(first, tmp_path / "1.zip").path)
    third = replace(first, data_dir=tmp_path / "tredje")
    restore(third, back_up(replace(first, data_dir=second), tmp_path / "2.zip").path)
    assert everything(third.data_dir) == everything(first.data_dir)


def left_behind(settings: Settings) -> list[str]:
    return [path.name for path in settings.data_dir.iterdir()] if settings.data_dir.exists() else []


def test_any_damage_is_reported_or_harmless(few: Callable[[], Settings], tmp_path: Path) -> None:
    """Every byte of a backup counts, or does not matter: what comes out is right, or nothing comes out."""
    settings = few()
    whole = back_up(settings, tmp_path / "kopia.zip").path.read_bytes()
    before = everything(settings.data_dir)
    chance = random.Random(20261124)
    spoiled = [whole[:length] for length in (0, 1, len(whole) // 2, len(whole) - 1)]
    for position in chance.sample(range(len(whole)), 60):
        spoiled.append(whole[:position] + bytes([whole[position] ^ (1 << chance.randrange(8))]) + whole[position + 1 :])
    refused: list[str] = []
    for number, content in enumerate(spoiled):
        there = replace(settings, data_dir=tmp_path / f"ny{number}")
        (tmp_path / "skadad.zip").write_bytes(content)
        try:
            restore(there, tmp_path / "skadad.zip")
        except MalbildError as error:
            refused.append(str(error))
            assert set(left_behind(there)) <= {".las"}
        else:
            assert {name: content for name, (_, content) in everything(there.data_dir).items()} == {
                name: content for name, (_, content) in before.items()
            }
    assert len(refused) > 40
    assert all("→" in line for line in refused)


def test_a_damaged_file_is_named(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings = few()
    path = back_up(settings, tmp_path / "kopia.zip").path
    content = bytearray(path.read_bytes())
    # Stored, not compressed: its bytes stand in the archive as they are.
    content[content.index(bytes(range(100, 200)))] ^= 1
    path.write_bytes(content)
    there = replace(settings, data_dir=tmp_path / "ny")
    with pytest.raises(MalbildError, match=r"kopia\.zip: data/ra/innehall/ab/abcd\.zst is damaged"):
        restore(there, path)
    assert left_behind(there) == [".las"]


def forged(path: Path, names: list[str], *, listed: list[str] | None = None, mode: int = 0o100644) -> Path:
    """A backup with files of these names in it, whatever the manifest lists."""
    with zipfile.ZipFile(path, "w") as backup:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            backup.writestr(info, b"x")
        files = [
            {"namn": name, "rattigheter": 0o644, "byte": 1, "sha256": archive.hashlib.sha256(b"x").hexdigest()}
            for name in (names if listed is None else listed)
        ]
        manifest = {"form": 1, "program": "0", "skapad": "2026-11-24T00:00:00Z", "mappar": [], "filer": files}
        backup.writestr(archive.MANIFEST, json.dumps(manifest))
    return path


def test_a_file_that_was_exchanged_is_named(few: Callable[[], Settings], tmp_path: Path) -> None:
    """The zip itself is in order; only the manifest knows better."""
    settings = few()
    with zipfile.ZipFile(back_up(settings, tmp_path / "kopia.zip").path) as whole:
        contents = {name: whole.read(name) for name in whole.namelist()}
    contents["data/lokala/barn.csv"] = contents["data/lokala/barn.csv"].replace(b"2025", b"2024")
    with zipfile.ZipFile(tmp_path / "bytt.zip", "w") as exchanged:
        for name, content in contents.items():
            exchanged.writestr(name, content)
    with pytest.raises(MalbildError, match=r"data/lokala/barn\.csv is damaged \(its checksum is another\)"):
        restore(replace(settings, data_dir=tmp_path / "ny"), tmp_path / "bytt.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "listed", "message"),
    [
        (["data/../../utanfor"], None, "leads out of the folder"),
        (["../utanfor"], None, "leads out of the folder"),
        (["/utanfor"], None, "leads out of the folder"),
        (["data/ra/..\\..\\utanfor"], None, "leads out of the folder"),
        (["annat/fil"], None, "leads out of the folder"),
        (["data//fil"], None, "leads out of the folder"),
        (["data/ra/a", "data/ra/b"], ["data/ra/a"], "data/ra/b is damaged"),
        (["data/ra/a"], ["data/ra/a", "data/ra/b"], "data/ra/b is damaged"),
        (["data/ra/a", "data/ra/a"], ["data/ra/a"], "data/ra/a is damaged"),
    ],
)
def test_a_forged_archive_reaches_nothing(
    names: list[str], listed: list[str] | None, message: str, tmp_path: Path
) -> None:
    there = Settings(data_dir=tmp_path / "har" / "ny")
    with pytest.raises(MalbildError, match=message):
        restore(there, forged(tmp_path / "falsk.zip", names, listed=listed))
    assert [path.name for path in tmp_path.rglob("*")] == ["falsk.zip"]


def test_a_link_in_an_archive_comes_out_as_a_file(tmp_path: Path) -> None:
    there = Settings(data_dir=tmp_path / "ny")
    restore(there, forged(tmp_path / "falsk.zip", ["data/ra/a"], mode=0o120777))
    assert not (there.raw_dir / "a").is_symlink()
    assert (there.raw_dir / "a").read_bytes() == b"x"


def limited(size: int, *arguments: str | Path) -> tuple[int, str]:
    """The command with a limit on how large a file may become: a disk that is full."""
    script = (
        "import resource, sys; from pipelines.cli import main; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_a_full_disk_leaves_nothing_half_written(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings = few()
    (settings.raw_dir / "innehall" / "stor.zst").write_bytes(os.urandom(200_000))
    target = tmp_path / "kopia.zip"
    code, err = limited(100_000, "backup", target, "--data-dir", settings.data_dir, "--katalog", CATALOG)
    assert code == 1
    assert "check the disk" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    back_up(settings, target)
    code, err = limited(100_000, "restore", target, "--data-dir", tmp_path / "ny")
    assert code == 1
    assert "check the disk" in err
    assert [path.name for path in (tmp_path / "ny").iterdir()] == [".las"]


def test_the_commands(few: Callable[[], Settings], tmp_path: Path) -> None:
    settings = few()
    ended = malbild("backup", tmp_path / "kopia.zip", "--data-dir", settings.data_dir, "--katalog", CATALOG)
    assert ended.code == 0, ended.err
    assert "read back and compared" in ended.out
    refused = malbild("restore", tmp_path / "kopia.zip", "--data-dir", settings.data_dir)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    restored = malbild("restore", tmp_path / "kopia.zip", "--data-dir", tmp_path / "ny")
    assert restored.code == 0, restored.err
    assert "aterstalld-katalog" in restored.out
