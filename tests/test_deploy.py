"""What deploy/ names is there: paths, commands, settings. Whether systemd, nginx and podman take it was tried by hand
(docs/drift.md says what was).
"""

from __future__ import annotations

import configparser
import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer
import yaml

from pipelines.assets.resource import COUNTY
from pipelines.cli import app
from pipelines.settings import _VARIABLES, Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
INSTALLED, DATA = "/opt/malbild", "/var/lib/malbild"
SERVICES = sorted(DEPLOY.glob("*.service"))
# Of the service managers and of others, not ours.
FOREIGN = {"HOME", "DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY", "HTTPS_PROXY", "PYTHONDONTWRITEBYTECODE"}


class _Unit(configparser.ConfigParser):
    """A unit file: keys keep their letters and may come again."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(path: Path) -> dict[str, dict[str, str]]:
    parser = _Unit(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.read(path, encoding="utf-8")
    return {name: dict(parser[name]) for name in parser.sections()}


def nginx() -> str:
    return (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


def commands() -> set[str]:
    click = typer.main.get_command(app)
    return set(click.commands)  # type: ignore[attr-defined]


def check_command(line: str) -> None:
    """A command that exists, of the program in the virtual environment; paths that are in the repository."""
    program, command, *_ = shlex.split(line)
    assert program == f"{INSTALLED}/.venv/bin/malbild"
    assert command in commands()
    check_paths(line)


def check_paths(text: str) -> None:
    for path in re.findall(rf"{INSTALLED}/([\w./-]+)", text):
        assert path.startswith(".venv/bin/") or (ROOT / path).exists(), path


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_unit_starts_what_is_there_and_may_write_its_data_only(path: Path) -> None:
    service = unit(path)["Service"]
    check_command(service["ExecStart"])
    check_paths(path.read_text(encoding="utf-8"))
    for setting in service["Environment"].split():
        name = setting.partition("=")[0]
        assert name in FOREIGN | {variable for variable, _ in _VARIABLES.values()}
    assert service["User"] == "malbild"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == service["PrivateTmp"] == "yes"
    assert service["UMask"] == "0027"
    assert service["StateDirectoryMode"] == "0750"
    assert DATA in service["ReadWritePaths"].split()
    assert service["MemoryMax"]


def test_the_timer_starts_a_unit_that_is_there() -> None:
    assert {path.stem for path in SERVICES} == {"malbild", "malbild-backup"}
    assert unit(DEPLOY / "malbild-backup.timer")["Timer"]["OnCalendar"].endswith("Europe/Stockholm")


def test_the_web_ui_is_on_loopback_and_where_the_proxy_looks_for_it() -> None:
    port = shlex.split(unit(DEPLOY / "malbild.service")["Service"]["ExecStart"])[-1]
    (behind,) = re.findall(r"server \{(?:(?!\nserver).)*proxy_pass.*?\n\}", nginx(), re.DOTALL)
    assert f"proxy_pass http://127.0.0.1:{port};" in behind
    assert "auth_basic_user_file" in behind.partition("location")[0]


def test_the_proxy_serves_what_is_published_and_nothing_private() -> None:
    served = re.findall(rf"root {DATA}/?([\w/-]*);", nginx())
    settings = Settings(data_dir=Path(DATA))
    assert served == [settings.report_dir.name, "", "", ""]
    # Under the data dir itself only what the location names is reached: what the start page links to.
    named = re.findall(rf"location (?:= )?/([^ ]+?)/? \{{\s+root {DATA};", nginx())
    assert named == [path.name for path in (settings.export_dir, settings.parquet_dir, settings.published)]


def test_the_example_environment_has_settings_that_exist_and_no_secrets() -> None:
    lines = (DEPLOY / "malbild.env").read_text(encoding="utf-8").splitlines()
    channels = (ROOT / "pipelines" / "channels.py").read_text(encoding="utf-8")
    ours = {variable for variable, _ in _VARIABLES.values()} | set(re.findall(r'"(MALBILD_\w+)"', channels))
    given = dict(re.findall(r'^#?([A-Z_]+)="?([^"]*)"?$', "\n".join(lines), re.MULTILINE))
    assert {given[name] for name in ("MALBILD_SMTP_LOSENORD", "MALBILD_WEBHOOK")} == {""}
    names = [line.lstrip("#").partition("=")[0] for line in lines if re.match(r"#?[A-Z_]+=", line)]
    assert set(names) <= FOREIGN | ours


def test_dagster_for_several_counties_differs_from_the_programs_own_in_what_several_need() -> None:
    own, several = (
        yaml.safe_load(path.read_text())
        for path in (ROOT / "pipelines" / "dagster.yaml", DEPLOY / "dagster-postgres.yaml")
    )
    assert several.pop("storage") == {"postgres": {"postgres_url": {"env": "MALBILD_DAGSTER_POSTGRES"}}}
    runs = several["concurrency"].pop("runs")
    assert own["concurrency"].pop("runs") == {"max_concurrent_runs": 1}
    assert runs["max_concurrent_runs"] > 1
    (per_county,) = runs["tag_concurrency_limits"]
    assert (per_county["key"], per_county["limit"]) == (COUNTY, 1)
    assert several == own


def test_the_container_has_all_of_the_program_and_no_rights() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    steps = re.sub(r"\\\n\s*", " ", text).splitlines()
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    copied: set[str] = set()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", "\n".join(steps), re.MULTILINE):
        for pattern in sources.split():
            names = [path.name for path in ROOT.glob(pattern.rstrip("/"))]
            assert names, pattern
            copied |= set(names)
    assert all(any(fnmatch(name, pattern) for pattern in let_in) for name in copied)
    assert {path.name for path in ROOT.glob("*.yaml")} <= copied
    assert {"pipelines", "dashboards", "requirements.lock", "pyproject.toml"} <= copied
    installs = [step for step in steps if "pip install" in step]
    assert installs
    assert all("--require-hashes" in step or "--no-deps" in step for step in installs)
    final = steps[max(number for number, step in enumerate(steps) if step.startswith("FROM ")) :]
    assert any(re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", step) for step in final)
    assert any(step.startswith("HEALTHCHECK ") for step in final)
    assert any(step.startswith("LABEL ") for step in final)
    (entry,) = [step for step in final if step.startswith("ENTRYPOINT ")]
    assert f"{INSTALLED}/.venv/bin/malbild" in entry
    (command,) = re.findall(r'^CMD \["(\w+)"', "\n".join(final), re.MULTILINE)
    assert command in commands()
    check_paths(text)
