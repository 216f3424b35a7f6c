"""What somebody meets who installs it and changes the YAML files: no second history by accident, and help to begin."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from pipelines.catalog.proposal import kpi_entry
from pipelines.catalog.schema import schemas
from tests.conftest import ROOT
from tests.small import CATALOG, kolada, limited, malbild

KEYS = ["id", "titlar", "enhet", "riktning", "riktning_beslut", "niva", "konsuppdelat", "kalla"]


def open_umask() -> None:
    os.umask(0)


@pytest.mark.parametrize("command", ["run", "ui"])
def test_no_history_begins_in_a_data_dir_that_nobody_named(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = malbild(command, MALBILD_KATALOG=str(CATALOG))
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert f"no data dir is named and {tmp_path / 'data'} holds no history" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_other_yaml_files_than_last_night_are_named_or_not_taken(small_night: Path, tmp_path: Path) -> None:
    data_dir = shutil.copytree(small_night, tmp_path / "data")
    ended = malbild("run", "--data-dir", data_dir)
    assert ended.code == 2
    assert f"was of the YAML files in {CATALOG.resolve()}, and none are named" in ended.err
    # Who names them gets as far as the network that is not there.
    assert malbild("run", "--quiet", "--data-dir", data_dir, "--katalog", CATALOG, MALBILD_TALAMOD="0").code == 3


def test_report_says_that_the_yaml_files_are_not_the_published_ones(small_night: Path, tmp_path: Path) -> None:
    data_dir, katalog = shutil.copytree(small_night, tmp_path / "data"), shutil.copytree(CATALOG, tmp_path / "katalog")
    report = ("report", "--data-dir", data_dir, "--katalog", katalog)
    assert malbild(*report).err == ""
    with (katalog / "kommuner.yaml").open("a") as file:
        file.write("# en rad till\n")
    ended = malbild(*report)
    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert ended.err.startswith(f"warning: kommuner.yaml in {katalog} differ from what ")


@pytest.mark.parametrize(
    ("title", "description", "unit", "source"),
    [
        ("Trygghet, andel (%)", "Andel som svarat ja. Källa: SCB:s undersökning. Mer text.", "%", "SCB:s undersökning"),
        ("Kostnad hemtjänst, kr/inv", "", "kr/inv", None),
        ("Fallskador bland 65+, antal/100 000 inv", "Källa: PAR.", "antal/100 000 inv", "PAR"),
        ("Tid till plats, dagar", "Källa: Kolada", "dagar", "Kolada"),
        ('En "titel" utan enhet', "", None, None),
    ],
)
def test_an_entry_has_the_eight_keys(title: str, description: str, unit: str | None, source: str | None) -> None:
    (entry,) = yaml.safe_load(kpi_entry("N00090", title, description, "K", by_gender=False))
    assert list(entry) == KEYS
    assert entry["titlar"] == [title]
    assert (entry["id"], entry["enhet"], entry["kalla"], entry["konsuppdelat"]) == ("N00090", unit, source, "nej")


def test_nyckeltal_are_written_from_kolada_s_catalogue() -> None:
    wanted = [kpi["id"] for kpi in yaml.safe_load((CATALOG / "indikatorer.yaml").read_text())["nyckeltal"]][:2]
    with kolada() as url:
        ended = malbild("nyckeltal", *wanted, "--kolada-url", url)
        entries = yaml.safe_load(ended.out)
        assert [(entry["id"], entry["kalla"]) for entry in entries] == [(kpi, "provens egna värden") for kpi in wanted]
        assert all(list(entry) == KEYS for entry in entries)
        missing = malbild("nyckeltal", "N99999", "--kolada-url", url)
    assert (missing.code, "N99999 not in Kolada's catalogue →" in missing.err) == (2, True)
    assert malbild("nyckeltal", "N1").code == 2


@pytest.mark.lang
def test_editors_find_the_schemas_in_any_folder(tmp_path: Path) -> None:
    katalog = shutil.copytree(CATALOG, tmp_path / "katalog")
    # Whatever the umask: nothing is open to everybody.
    ended = limited(["check", "--schema", "--katalog", katalog], {}, within=open_umask)
    assert ended.code == 0, ended.err
    for name, text in schemas().items():
        file = katalog / "docs" / "schema" / name
        assert file.read_text() == text
        assert stat.S_IMODE(file.stat().st_mode) & 0o027 == 0


@pytest.mark.lang
def test_the_program_works_without_its_checkout(tmp_path: Path) -> None:
    source, wheels, site = tmp_path / "kalla", tmp_path / "hjul", tmp_path / "site"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "tests", "docs", "build", "data"))
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(wheels)]
    subprocess.run([*pip, str(source)], check=True)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    folder, empty = shutil.copytree(CATALOG, tmp_path / "yaml"), tmp_path / "tom"
    empty.mkdir()

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MALBILD_")}
        environment = {**inherited, "PYTHONPATH": str(site)}
        command = [sys.executable, "-P", "-m", "pipelines", *arguments]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    assert "the files hold together" in run("check", cwd=folder).stdout
    ended = run("check", cwd=empty)
    assert ended.returncode == 2
    assert "indikatorer.yaml:1: the file does not exist → name the folder that has it with --katalog" in ended.stderr
    assert "ostgre" not in ended.stderr
    with kolada() as url:
        ended = run("run", "--data-dir", "data", "--kolada-url", url, cwd=folder)
        assert ended.returncode == 0, ended.stderr
        assert (folder / "data" / "rapport" / "utkast" / "index.html").exists()
