"""Any words after `malbild`: one line and a documented exit code, never a traceback, and nothing written elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli import app
from tests.fuzz.cases import cases
from tests.small import CATALOG

_COMMAND = typer.main.get_command(app)
# As docs/felmeddelanden.md has them; 2 is also what the command line says of its own form.
CODES = {0, 1, 2, 3, 4, 5}
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_TIMES = [
    *("2026-11-22", "2026-11-22T04:15:00", "2026-11-22T04:15:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31", "2026-W47-1", "20261122", "2026-13-01", "24:00", "idag", "2026-11-2२"),
]
# fmt: off
_IDS = [
    "2026-host", "../..", "../../etc", "/etc/passwd", "a/b", "..", ".", "alla", "0484", "0461", "9999", "0004",
    "C:\\x", "%2e%2e", "x" * 300, "[/red]", "[bold]x", ":smile:", "\x1b[2J", "\u202e", "å", "\ud800", "a\nb",
    "{{7*7}}",
]
# fmt: on
_PATHS = ["{tmp}/finns-inte", "{tmp}", "{tmp}/fil", "{tmp}/fil/under", "{tmp}/[red]", "{tmp}/å b", "{tmp}/katalog"]
# Nothing listens on port 9, and everything else is no address at all.
_ADDRESSES = [
    *("http://127.0.0.1:9/v3", "", "x", "api.kolada.se", "ftp://x/", "https://", "https://[::1", "https://x:99999/v3"),
    *("https://a:b@x/v3", "https://x/v3?y", "https://x/v3#y", "https://å.se/v3", "https://x y/", "http://x.test/v3"),
    *("https://\x00/", "https://x\n/v3", "javascript:alert(1)", "file:///etc/passwd", "https:x", "[/red]"),
]
_NUMBERS = ["0", "-1", "1", "65536", "1e3", "9" * 5000, "", "ett", "٣", "0x10", " 1", "nan"]


def words(*listed: list[str]) -> st.SearchStrategy[str]:
    """One of the listed words, or any text that a shell can hand over."""
    text = st.text(st.characters(blacklist_characters="\x00"), max_size=12)
    return st.one_of(*(st.sampled_from(word) for word in listed), text)


def paths() -> st.SearchStrategy[str]:
    """A path below the folder of the test: a data dir may be anywhere, and so may what is written there."""
    return words(_PATHS).filter(lambda path: not path.startswith(("/", "~")) and ".." not in path)


_OPTIONS = {
    "--data-dir": paths(),
    "--katalog": paths(),
    "--kolada-url": st.sampled_from(_ADDRESSES),
    "--as-of": words(_TIMES),
    "--sedan": words(_TIMES, _IDS),
    "--huvudman": words(_IDS),
    "--uppfoljning": words(_IDS),
    "--instans": words(_IDS, ["NSV", "arbetsgrupp"]),
    "--datum": words(_TIMES),
    "--nsv": words(_TIMES),
    "--utskick": words(_TIMES),
    "--nr": words(_NUMBERS),
    "--namn": words(_IDS),
    "--orsak": words(_IDS),
    "--godkann": words(_IDS),
    "--behall": words(_NUMBERS),
    "--alla": st.none(),
    "--csv": paths(),
    "--till": paths(),
    "--pptx": st.none(),
    "--full": st.none(),
    "--debug": st.none(),
    "--utan-pdf": st.none(),
    "--help": st.none(),
}
_SHARED = ["--data-dir", "--katalog", "--kolada-url", "--debug", "--help", "--as-of", "--nr"]


class Command(NamedTuple):
    """A command: the options that it is likely to get, its arguments, and words that stop it."""

    name: list[str]
    options: list[str]
    arguments: list[str] = []  # noqa: RUF012 - never changed
    stops: tuple[str, list[str]] | None = None


_BROKEN = [address for address in _ADDRESSES if "127.0.0.1" not in address]
_NO_PORTS = [number for number in _NUMBERS if number.strip() not in ("0", "1")]
# fmt: off
COMMANDS = [
    Command(["check"], ["--katalog", "--data-dir", "--godkann"]),
    Command(["check", "--online"], ["--kolada-url", "--katalog"]),
    Command(["report"], ["--as-of", "--huvudman", "--uppfoljning", "--instans"]),
    Command(["bilder"], ["--pptx", "--till"], _IDS),
    Command(["andringar"], ["--sedan", "--csv"]), Command(["rebuild"], []), Command(["backup"], ["--behall"], _PATHS),
    Command(["restore"], [], _PATHS), Command(["lokal", "mall"], ["--till"]), Command(["lokal", "kontroll"], []),
    Command(["uppfoljning", "ny"], ["--nr", "--namn", "--nsv", "--utskick"], _IDS),
    Command(["uppfoljning", "frys"], ["--as-of", "--godkann"], _IDS),
    Command(["uppfoljning", "faststall"], ["--datum", "--utan-pdf", "--godkann"], _IDS),
    Command(["uppfoljning", "ratta"], ["--orsak", "--as-of", "--datum", "--godkann"], _IDS),
    Command(["uppfoljning", "meningar"], ["--alla"], _IDS), Command(["uppfoljning", "tjansteutlatande"], [], _IDS),
    Command(["uppfoljning", "verifiera"], [], _PATHS), Command(["run"], ["--full"], stops=("--kolada-url", _BROKEN)),
    Command(["probe"], [], stops=("--kolada-url", _BROKEN)), Command(["doctor"], [], stops=("--kolada-url", _BROKEN)),
    Command(["demo"], [], stops=("--katalog", ["{tmp}/finns-inte", "{tmp}/fil"])),
    Command(["ui"], [], stops=("--port", _NO_PORTS)), Command(["kolada-standin"], [], stops=("--port", _NO_PORTS)),
    Command(["finns-inte"], []), Command([], []),
]
# fmt: on


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from(COMMANDS))
    line = [*command.name]
    if command.arguments and draw(st.integers(0, 9)):
        # After --, so that a word which begins with a hyphen can be one.
        word = draw(paths() if command.arguments is _PATHS else words(command.arguments))
        line += ["--", word] if draw(st.booleans()) else [word]
    options = draw(st.lists(st.sampled_from(command.options * 3 + _SHARED), max_size=3, unique=True))
    if command.options and draw(st.booleans()):
        options = list(dict.fromkeys([*command.options, *options]))
    before: list[str] = []
    for option in options:
        value = draw(_OPTIONS[option])
        before += [option] if value is None else [option, value]
    if command.stops and "--help" not in before:
        # Last, so that it counts.
        before += [command.stops[0], draw(st.sampled_from(command.stops[1]))]
    return [*line[: len(command.name)], *before, *line[len(command.name) :]]


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """A folder with a catalogue and an empty data dir, as the environment names them."""
    (tmp_path / "hem").mkdir()
    monkeypatch.chdir(tmp_path / "hem")
    for name in ("KOLADA_URL", "TALAMOD", "SMTP", "WEBHOOK", "DATA", "KATALOG"):
        monkeypatch.delenv(f"MALBILD_{name}", raising=False)

    def make() -> Path:
        for old in tmp_path.iterdir():
            if old.name != "hem":
                shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        shutil.copytree(CATALOG, tmp_path / "katalog")
        (tmp_path / "fil").write_bytes(b"PK\x03\x04 nej")
        (tmp_path / "data").mkdir()
        monkeypatch.setenv("MALBILD_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("MALBILD_KATALOG", str(tmp_path / "katalog"))
        monkeypatch.setenv("MALBILD_KOLADA_URL", "http://127.0.0.1:9/v3")
        monkeypatch.setenv("MALBILD_TALAMOD", "0")
        return tmp_path

    return make


def ended(line: list[str], tmp: Path) -> tuple[int, str]:
    """Exit code and output of a command in this process, after looking that both are what users are promised."""
    arguments = [word.replace("{tmp}", str(tmp)) for word in line]
    result = CliRunner().invoke(_COMMAND, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in CODES, result.output
    assert "unexpected" not in result.output, result.output
    asked = "--debug" in arguments
    assert asked or "Traceback" not in result.output
    output = [text for text in result.output.splitlines() if text.startswith("malbild: ")]
    if result.exit_code and not asked and not result.output.lstrip().startswith("Usage:"):
        (text,) = output
        assert "→" in text
    assert not _STEERING.search(result.output) or asked
    return result.exit_code, result.output


@given(line=command_lines())
@cases(30)
def test_a_command_line_ends_as_promised(line: list[str], place: Callable[[], Path]) -> None:
    ended(line, place())


@pytest.mark.parametrize("huvudman", ["../..", "/etc/passwd", "0484/../../x", "a\nb"])
@pytest.mark.parametrize("more", [[], ["--uppfoljning", "2026-host"]], ids=["tonight", "an issue"])
def test_no_huvudman_leads_out_of_the_report_s_folder(
    huvudman: str, more: list[str], place: Callable[[], Path], published: Path
) -> None:
    folder = place()
    before = everything(folder) | everything(published)
    code, output = ended(["report", "--data-dir", str(published), "--huvudman", huvudman, *more], folder)
    assert code == 2
    assert "is no id of a huvudman" in output
    assert everything(folder) | everything(published) == before


@pytest.mark.parametrize("command", ["frys", "faststall", "meningar", "tjansteutlatande"])
@pytest.mark.parametrize("issue", ["../..", "/etc", "", "\x1b[2J"])
def test_no_uppfoljning_leads_out_of_the_data_dir(command: str, issue: str, place: Callable[[], Path]) -> None:
    tmp = place()
    before = everything(tmp)
    code, output = ended(["uppfoljning", command, "--", issue], tmp)
    assert code == 2
    assert "is not defined" in output
    assert everything(tmp) - before <= {"data/.las"}


def test_a_path_is_shown_as_it_is(place: Callable[[], Path], small_night: Path) -> None:
    tmp = place()
    data_dir = Path(shutil.copytree(small_night, tmp / "[red]natt :smile: [x]"))
    code, output = ended(["report", "--data-dir", str(data_dir)], tmp)
    assert code == 0
    assert str(data_dir / "rapport" / "utkast" / "index.html") in output
    code, output = ended(["report", "--data-dir", str(tmp / ":smile:")], tmp)
    assert code == 2
    assert str(tmp / ":smile:") in output


_PLANNED = "version: 1\nuppfoljningar:\n  - id: 2026-host\n    nr: 1\n    status: utkast\n"
_KNOWN = ["report", "andringar", "uppfoljning frys", "uppfoljning meningar", "uppfoljning tjansteutlatande"]


@given(
    command=st.sampled_from(_KNOWN),
    time=words([word for word in _TIMES if not re.match(r"9999-12-31$|20261122$", word)]),
    issue=words(_IDS),
)
@cases(10)
def test_a_command_on_a_published_night_ends_as_promised(
    command: str, time: str, issue: str, place: Callable[[], Path], published: Path
) -> None:
    tmp = place()
    (tmp / "data").rmdir()
    (tmp / "data").symlink_to(published)
    (tmp / "katalog" / "uppfoljningar.yaml").write_text(_PLANNED)
    line = command.split()
    if command == "report":
        line += ["--as-of", time, "--uppfoljning", issue]
    elif command == "andringar":
        line += ["--sedan", time]
    elif command == "uppfoljning frys":
        line += ["--as-of", time, "--", issue]
    else:
        line += ["--", issue]
    ended(line, tmp)


@pytest.fixture(scope="module")
def published(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(small_night, tmp_path_factory.mktemp("natt") / "data"))
