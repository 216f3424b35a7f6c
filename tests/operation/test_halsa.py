"""halsa.json, and what monitoring and cron read of the commands."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import __version__
from pipelines.operation.doctor import examine
from pipelines.operation.halsa import unhealthy, write_halsa
from pipelines.settings import KOLADA_URL, SYNTHETIC, Settings
from tests.operation.test_doctor import web_ui, web_ui_answer
from tests.small import CATALOG, kolada, malbild, run_night


def test_it_says_how_old_the_last_good_night_is(copied: Settings) -> None:
    copied.halsa.unlink()
    (copied.data_dir / "sakerhetskopia.json").write_text('{"newest": "2026-11-29T06:31:00"}')
    with duckdb.connect(str(copied.warehouse_file)) as connection:
        connection.execute(
            """INSERT INTO korning SELECT * REPLACE ('sen' AS korning_id, 'misslyckad' AS utfall,
                 startad + INTERVAL 30 HOUR AS startad, 'disken är full → rensa' AS felmeddelande) FROM korning"""
        )
        ((good,),) = connection.sql("SELECT avslutad FROM korning WHERE utfall = 'klar'").fetchall()
        write_halsa(copied, connection, good + timedelta(hours=30))
    written = json.loads(copied.halsa.read_text())
    assert (written["version"], written["kalla"], written["alder_timmar"]) == (__version__, SYNTHETIC, 30.0)
    assert written["senaste_korning"] == {
        "korning_id": "sen",
        "utfall": "misslyckad",
        "felmeddelande": "disken är full → rensa",
    }
    assert written["sakerhetskopia"] == {"newest": "2026-11-29T06:31:00"}
    times = [datetime.fromisoformat(written[name]) for name in ("senaste_goda_natt", "for_gammal_efter", "nasta_natt")]
    assert times[1] - times[0] == timedelta(hours=36)
    assert times[2] > times[0]


def test_a_night_writes_it_and_a_failed_one_keeps_the_last_good(small_night: Path, tmp_path: Path) -> None:
    data_dir = shutil.copytree(small_night, tmp_path / "data")
    before = json.loads((data_dir / "halsa.json").read_text())
    assert before["senaste_korning"]["utfall"] == "klar"
    ended = malbild("run", "--quiet", "--data-dir", data_dir, MALBILD_KATALOG=str(CATALOG), MALBILD_TALAMOD="0")
    assert (ended.code, ended.out, ended.err.count("\n")) == (3, "", 1)
    after = json.loads((data_dir / "halsa.json").read_text())
    assert after["senaste_korning"]["utfall"] == "misslyckad"
    assert "firewall" in after["senaste_korning"]["felmeddelande"]
    assert after["senaste_goda_natt"] == before["senaste_goda_natt"]


def test_a_container_is_healthy_while_the_web_ui_answers_and_nights_are_good(copied: Settings) -> None:
    late = datetime.fromisoformat(json.loads(copied.halsa.read_text())["for_gammal_efter"]).replace(tzinfo=None)
    assert unhealthy(copied, late) == "malbild ui is not running"
    with web_ui(copied, web_ui_answer()):
        assert unhealthy(copied, late) is None
        assert "no good night" in str(unhealthy(copied, late + timedelta(seconds=1)))
    with web_ui(copied, "no answer of Dagster's"):
        assert "does not answer" in str(unhealthy(copied, late))


def test_made_up_figures_are_no_matter_for_the_real_kolada(copied: Settings) -> None:
    assert copied.kolada_url == KOLADA_URL
    finding = examine(copied)[-1]
    assert (finding.level, finding.message) == ("ok", "not asked: the figures here are synthetic")


@pytest.mark.lang
def test_a_run_and_doctor_in_json(small_night: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(small_night, tmp_path / "data"))
    with kolada() as url:
        ended = run_night(url, data_dir, "--json")
    assert json.loads(ended.out)["run"]["utfall"] == "klar"
    assert json.loads(ended.out)["unchanged"] is True
    assert ended.err.startswith("Kolada ")
    assert "\x1b" not in ended.err + ended.out
    ended = malbild("doctor", "--json", "--data-dir", data_dir)
    assert {"level": "ok", "check": "lock"}.items() <= json.loads(ended.out)[4].items()


def test_check_in_json_names_the_line(tmp_path: Path) -> None:
    katalog = shutil.copytree(CATALOG, tmp_path / "katalog")
    assert json.loads(malbild("check", "--json", "--katalog", katalog).out)["problems"] == []
    with (katalog / "kommuner.yaml").open("a") as file:
        file.write("ohoj: 1\n")
    ended = malbild("check", "--json", "--katalog", katalog)
    (problem,) = json.loads(ended.out)["problems"]
    assert (ended.code, problem["file"]) == (2, str(katalog / "kommuner.yaml"))
    assert problem["line"] == len((katalog / "kommuner.yaml").read_text().splitlines())


@pytest.mark.parametrize("arguments", [["-h"], ["run", "-h"], ["uppfoljning", "ny", "-h"]])
def test_h_is_help(arguments: list[str]) -> None:
    ended = malbild(*arguments)
    assert (ended.code, "Usage" in ended.out) == (0, True)


def test_a_shell_can_complete() -> None:
    assert "--install-completion" in malbild("--help").out
