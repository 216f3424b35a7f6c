"""A night's publication is switched at once, whatever the data dir looked like before, and also after a kill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import publications
from pipelines.files import write_files
from pipelines.settings import Publication, Settings
from tests.conftest import ROOT
from tests.small import Finished, kolada, malbild, run_night

NAMES = ("analys.duckdb", "parquet/a.parquet", "export/SHA256SUMS", "rapport/utkast/index.html", "rapport/index.html")


def night(settings: Settings, content: str, name: str | None = None) -> None:
    new = settings.publications_dir / ".ny"
    publications.begin(settings, new)
    write_files(new, {file: content.encode() for file in NAMES})
    publications.publish(settings, new, name or content)


def seen(root: Path) -> set[str | None]:
    """What readers see by the paths that they use."""
    return {(root / name).read_text() if (root / name).exists() else None for name in NAMES}


def test_the_newest_three_stay_for_whoever_holds_them(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data")
    night(settings, "1")
    held, folder = settings.published.open(), settings.published_link.resolve()
    for number in range(2, 6):
        night(settings, str(number))
        assert seen(settings.data_dir) == {str(number)}
        assert seen(folder) == ({"1"} if number <= 3 else {None})
    assert held.read() == "1", "an open file stays for as long as it is open"
    assert sorted(path.name for path in settings.publications_dir.iterdir()) == ["3", "4", "5"]
    night(settings, "6", name="5")
    assert seen(settings.data_dir) == {"6"}, "the same run once more, from Dagster"
    moved = tmp_path / "flyttad"
    settings.data_dir.rename(moved)
    assert seen(moved) == {"6"}, "no link names the place"


@pytest.mark.parametrize("copy_too", [True, False], ids=["copied with cp -L", "first edition"])
def test_plain_files_are_made_a_publication_before_anything_changes(
    exchanges: bool, copy_too: bool, tmp_path: Path
) -> None:
    settings = Settings(tmp_path / "data")
    write_files(settings.data_dir, dict.fromkeys(NAMES, b"gammal") | {"rapport/2026-var/index.html": b"beslutad"})
    if copy_too:
        write_files(settings.published_link, dict.fromkeys(NAMES, b"kopia"))
    night(settings, "ny")
    assert seen(settings.data_dir) == {"ny"}
    assert (settings.report_dir / "2026-var" / "index.html").read_text() == "beslutad"
    assert all(path.is_symlink() for path in settings.publication.parts)
    assert {seen(folder).pop() for folder in settings.publications_dir.iterdir()} == {"gammal", "ny"}


# Publishes again and again, each time in a process that is killed one operation on files later, until it ends.
_KILLED = """
import sys
from pathlib import Path
from pipelines import files
from pipelines.settings import Settings
from tests.kills import kill_at_every_operation
from tests.test_publications import NAMES, night
def settings(number):
    return Settings(Path(sys.argv[1]) / f"{number:03}")
def plain(number):
    files.write_files(settings(number).data_dir, dict.fromkeys(NAMES, b"1"))
def links(number):
    night(settings(number), "1")
kill_at_every_operation(plain if sys.argv[2] == "plain" else links, lambda number: night(settings(number), "2"))
"""


@pytest.mark.parametrize("before", ["links", pytest.param("plain", marks=pytest.mark.lang)])
def test_a_kill_at_any_operation_leaves_the_old_night_or_the_new(before: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, tmp_path, before], cwd=ROOT, check=True)
    places = sorted(tmp_path.iterdir())
    assert len(places) > 20
    looks = [seen(place) for place in places]
    assert [look for number, look in enumerate(looks) if number == 0 or look != looks[number - 1]] == [{"1"}, {"2"}]
    for place in places:
        night(Settings(place), "3")
        assert seen(place) == {"3"}
        assert len(list((place / "publiceringar").glob(".*"))) == 0


def test_all_is_on_disk_before_readers_have_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data")
    night(settings, "1")
    events: list[str] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        events.append(str(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(settings.data_dir)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: (events.append(f"→ {to.name}"), replace(self, to))[1])
    night(settings, "2")
    switch = events.index("→ publicerat")
    folders = {str(parent) for name in NAMES for parent in Path("publiceringar/.ny", name).parents}
    assert {f"publiceringar/.ny/{name}" for name in NAMES} | (folders - {"."}) <= set(events[:switch])
    assert events[switch + 1] == "."


@pytest.mark.lang
def test_what_fails_after_the_database_leaves_all_of_the_night_before(small_night: Path, tmp_path: Path) -> None:
    """Readers, the command line and doctor say the same. The report is the last part: the exports are made by then."""
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data", symlinks=True))
    before = Publication((data_dir / "publicerat").resolve())
    katalog = Path(shutil.copytree(ROOT / "tests" / "data" / "catalog-minimal", tmp_path / "katalog"))
    with (katalog / "indikatorer.yaml").open("a") as file:
        file.write("# Något nytt att publicera.\n")
    with pytest.MonkeyPatch.context() as patch, kolada() as url:
        patch.setattr("dashboards.report.build_report", _disk_full)
        ended = run_night(url, data_dir, katalog=katalog)
        assert (ended.code, "No space left" in ended.err) == (1, True), ended.err
        assert Publication((data_dir / "publicerat").resolve()) == before
        doctor = malbild("doctor", "--data-dir", data_dir, "--katalog", katalog, "--kolada-url", url)
    lines = {line.split()[1]: line for line in doctor.out.splitlines() if "report" in line or "published" in line}
    assert lines["report"].startswith("ok ")
    assert lines["published"].startswith("ok ")
    with kolada() as url:
        assert run_night(url, data_dir, "--quiet", katalog=katalog) == Finished(0, "", "")
    assert Publication((data_dir / "publicerat").resolve()) != before


def _disk_full(*arguments: object, **options: object) -> None:
    raise OSError(28, "No space left on device")
