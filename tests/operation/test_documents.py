"""The generated documents say what the code and the lock file say, and every message has its next step."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.operation import licences, messages
from tests.conftest import ROOT
from tests.small import CATALOG

EVERY = messages.messages()


def test_the_catalogue_of_messages_is_in_step_with_the_code() -> None:
    written = (ROOT / "docs" / messages.FILE).read_text(encoding="utf-8")
    assert written == messages.document(), "make docs"


def test_every_message_has_a_next_step() -> None:
    # What ends with a finding ends with the finding's own step.
    without = [m for m in EVERY if m.code is not None and not m.step and not m.what.endswith("…")]
    assert without == []
    assert {message.code for message in EVERY} == {None, 1, 2, 3, 4, 5}


def test_a_new_message_is_found(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "nytt.py").write_text(
        'raise ConfigError(f"{path}: too " + ("big" if big else "small") + f" by {n} → mend | it")\n'
        'file.report(where, f"{kpi} is odd", "make it even")\n'
    )
    (message,) = messages.messages(tmp_path)
    assert message == messages.Message(2, "…: too big / small by …", "mend | it", "pipelines.nytt")
    (finding,) = messages.findings(tmp_path)
    assert (finding.what, finding.step) == ("… is odd", "make it even")
    assert "| …: too big / small by … | mend \\| it | `pipelines.nytt` |" in messages.document(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["restore", "finns-inte.zip"], 2),
        (["backup", "."], 2),
        (["report"], 2),
        (["rebuild"], 2),
        (["andringar", "--sedan", "2999-01-01"], 2),
        (["check", "--katalog", "{trasig}"], 2),
        (["check", "--online", "--kolada-url", "http://127.0.0.1:9/v3"], 3),
    ],
)
def test_what_users_meet_is_in_the_catalogue(
    arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = shutil.copytree(CATALOG, tmp_path / "trasig")
    (broken / "kommuner.yaml").unlink()
    for name, value in {
        "MALBILD_DATA": str(tmp_path / "data"),
        "MALBILD_KATALOG": str(CATALOG),
        "MALBILD_KOLADA_URL": "http://127.0.0.1:9/v3",
        "MALBILD_TALAMOD": "0",
    }.items():
        monkeypatch.setenv(name, value)
    ended = CliRunner().invoke(app, [argument.format(trasig=broken) for argument in arguments])
    assert ended.exit_code == code, ended.output
    line = ended.output.strip().splitlines()[-1].removeprefix("malbild: ")
    known = [re.escape(f"{m.what} → {m.step}").replace(re.escape("…"), ".*") for m in EVERY if m.code == code]
    assert any(re.fullmatch(pattern, line) for pattern in known), line


def test_the_licences_are_those_of_the_lock_file() -> None:
    written = (ROOT / "docs" / licences.FILE).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (.+) \|$", written, re.MULTILINE)
    assert [(name, version) for name, version, _ in rows[1:]] == [(n, v) for n, v, _ in licences.locked()], (
        "make licences"
    )
    assert licences.UNKNOWN not in {licence for _, _, licence in rows}


def test_no_package_has_a_licence_that_nobody_has_looked_at() -> None:
    """Of these it is known that they may be used beside the EUPL-1.2; another one is for a person to decide."""
    known = re.compile(
        r"(MIT|BSD|Apache|MPL-2\.0|Mozilla Public License 2\.0|PSF|Python Software Foundation|ISC|3-Clause BSD)\b"
    )
    for name, _, everywhere in licences.locked():
        if everywhere:
            assert known.match(licences.licence(name)), f"{name}: {licences.licence(name)}"


def test_the_threat_model_names_modules_that_are_there() -> None:
    text = (ROOT / "docs" / "sakerhet.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\| `((?:pipelines|dashboards)[\w.]+)` \|$", text, re.MULTILINE))
    assert len(named) > 15
    for module in named:
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), module
