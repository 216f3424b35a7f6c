"""A round as it is played: workbooks out, ten people answer, some of them badly, a night takes it in, the issue is
frozen, and the next workbooks are filled with what was answered.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import clock
from tests.answers.small import Hand, rewrite
from tests.season import Tables, tables_of
from tests.small import CATALOG, kolada, malbild, run_night

pytestmark = pytest.mark.lang

VASTBY, OSTBY, REGION, STEERING, GROUP = "0484", "0461", "0004", "lsg", "bga"
ISSUE = "2026-host"
ACTIVITIES = """version: 1
kallor: [{id: r, titel: Rapporten}]
instanser:
  - {id: nsv, namn: Nämnden, i_styrkedjan: ja}
  - {id: lsg, namn: Styrgruppen, i_styrkedjan: ja}
  - {id: bg, namn: Grupperna, i_styrkedjan: ja}
  - {id: bga, namn: Grupp äldre, kort: BGÄ, i_styrkedjan: nej, del_av: bg,
     bereder: {matt: [vardtillfallen], satsningar: [hemgang], beslut: föreslagen}}
  - {id: bgb, namn: Grupp barn, kort: BGB, i_styrkedjan: nej, del_av: bg,
     bereder: {satsningar: [barn], beslut: föreslagen}}
  - {id: bgh, namn: Grupp hjälpmedel, i_styrkedjan: nej, del_av: bg}
satsningar:
  - {id: hemgang, namn: Trygg hemgång, slag: satsning, kalla: r,
     kriterier: {uppdrag: ja, resurser: okänt, finansiering: okänt, plan: okänt, test: okänt}}
  - {id: barn, namn: Barnens bästa, slag: uppdrag, kalla: r}
sjalvskattning:
  beslut: föreslagen
  steg: [inte alls, till liten del, till stor del, helt]
  pastaenden:
    - {id: plan, text: Vi har en plan., bygger_pa: Kriteriet plan}
    - {id: test, text: Vi prövar först., bygger_pa: Kriteriet test}
"""
ISSUES = f"""version: 1
uppfoljningar:
  - id: {ISSUE}
    nr: 1
    namn: Höst 2026
    status: utkast
"""
TODAY = clock.today()
KNOWN = "Vad vet vi?"
PLAN, TEST = (("Självskattning", statement, "Ert steg") for statement in ("plan", "test"))
PLAN_RESTS_ON, TEST_RESTS_ON = (("Självskattning", of, "Vad svaret bygger på") for of in ("plan", "test"))
HEMGANG = ("Satsningar", "hemgang", "Status")
BARN = ("Satsningar", "barn", "Beslut som behövs")
# Who answers what: (workbook of whom, file's name, boxes). Two people of Västby, who have not talked to each other.
PEOPLE: tuple[tuple[str, str, dict[tuple[str, str, str], object]], ...] = (
    (VASTBY, "vastby.xlsx", {("Måtten", VASTBY, KNOWN): "Vi vet.", PLAN: "helt"}),
    (VASTBY, "vastby igen.xlsx", {("Måtten", VASTBY, KNOWN): "Vi vet mer."}),
    (OSTBY, "Östby FINAL (2).xlsx", {PLAN: "inte alls", PLAN_RESTS_ON: "<i>Inget</i>"}),
    (REGION, "region.xlsx", {PLAN: "till stor del", TEST: "vet inte"}),
    (STEERING, "lsg.xlsx", {("Satsningar", "hemgang", "Avsatta resurser?"): "ja", HEMGANG: "pågår"}),
    (GROUP, "bga.xlsx", {HEMGANG: "planerad", ("Måtten", "vardtillfallen", "Vad gör vi?"): "Vi ses."}),
    ("bgb", "bgb.xlsx", {BARN: "Ja, snart."}),
    # Badly: a formula, no function, macros.
    (REGION, "formel.xlsx", {TEST_RESTS_ON: "=1+1", TEST: "vet inte"}),
    ("bgb", "anonym.xlsx", {BARN: "Nej."}),
    (OSTBY, "makron.xlsx", {TEST: "helt"}),
)


class Round:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.data, self.katalog = folder, url, folder / "data", folder / "katalog"
        shutil.copytree(CATALOG, self.katalog)
        (self.katalog / "aktiviteter.yaml").write_text(ACTIVITIES, encoding="utf-8")
        (self.katalog / "uppfoljningar.yaml").write_text(ISSUES, encoding="utf-8")

    def night(self) -> str:
        ended = run_night(self.url, self.data, katalog=self.katalog)
        assert ended.code == 0, ended.err
        return ended.out

    def malbild(self, *arguments: str | Path, code: int = 0) -> str:
        where = ("--data-dir", self.data, *(() if arguments[0] == "rebuild" else ("--katalog", self.katalog)))
        ended = malbild(*arguments, *where)
        assert ended.code == code, ended.out + ended.err
        return ended.out

    def forms(self, name: str) -> dict[str, Path]:
        """Respondent → workbook."""
        folder = self.folder / name
        self.malbild("fraga", ISSUE, "--till", folder)
        return {path.name.split("-")[2]: path for path in folder.iterdir()}

    def answers(self) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.data / "analys.duckdb"), read_only=True) as connection:
            return connection.sql(
                "SELECT svarande_id, objekt, objekt_id, falt, svar, roll, datum FROM svar_nu ORDER BY ALL"
            ).fetchall()

    def page(self, path: str) -> str:
        return (self.data / "rapport" / "utkast" / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Round, Tables, str, str]]:
    """The round after its second night; what the published tables were before it, what the check said, what the night
    said.
    """
    with kolada() as url:
        the_round = Round(tmp_path_factory.mktemp("runda"), url)
        the_round.night()
        before = tables_of(the_round.data / "analys.duckdb")
        forms = the_round.forms("formular")
        inbox = the_round.data / "lokala" / "svar"
        inbox.mkdir()
        for number, (whose, name, boxes) in enumerate(PEOPLE):
            hand = Hand(forms[whose]).fill(boxes, role=None if name == "anonym.xlsx" else f"Chef {whose}", day=TODAY)
            hand.save(inbox / name, datetime(2026, 11, 10, 9) + timedelta(minutes=number))
        rewrite(inbox / "makron.xlsx", lambda name, data: data, {"xl/vbaProject.bin": b"x"})
        refusals = the_round.malbild("svar", "kontroll", code=2)
        yield the_round, before, refusals, the_round.night()


def test_the_good_answers_are_taken_in_and_the_bad_ones_refused_with_cell_and_reason(
    played: tuple[Round, Tables, str, str],
) -> None:
    the_round, _, refusals, night = played
    assert [row[:5] for row in the_round.answers()] == [
        (REGION, "påstående", "plan", "steg", "3"),
        (REGION, "påstående", "test", "steg", "vet inte"),
        (OSTBY, "påstående", "plan", "belagg", "<i>Inget</i>"),
        (OSTBY, "påstående", "plan", "steg", "1"),
        (VASTBY, "huvudman", VASTBY, "vet", "Vi vet mer."),
        (VASTBY, "påstående", "plan", "steg", "4"),
        (GROUP, "mått", "vardtillfallen", "gor", "Vi ses."),
        (GROUP, "satsning", "hemgang", "status", "planerad"),
        ("bgb", "satsning", "barn", "beslut", "Ja, snart."),
        (STEERING, "satsning", "hemgang", "krit_resurser", "ja"),
        (STEERING, "satsning", "hemgang", "status", "pågår"),
    ]
    assert {row[5:] for row in the_round.answers() if row[0] == VASTBY} == {(f"Chef {VASTBY}", TODAY)}
    for line in (
        "svar/formel.xlsx:Självskattning!F6: cellen har en formel → skriv svaret som text",
        "svar/anonym.xlsx:Börja här!D5: funktionen är inte ifylld",
        "svar/makron.xlsx: filen innehåller makron",
    ):
        assert line in refusals
        assert line in night
    assert "satsning Trygg hemgång, status har olika svar, som alla visas" in refusals
    assert "Västby: huvudman Västby, vet har olika svar i vastby.xlsx och vastby igen.xlsx" in refusals


def test_no_answer_changes_a_figure_or_a_decision(played: tuple[Round, Tables, str, str]) -> None:
    the_round, before, *_ = played
    after = tables_of(the_round.data / "analys.duckdb")
    # The runs themselves, what was refused, and the answers.
    differing = {name for name in before if not before[name].equals(after[name])}
    assert differing == {"svar", "korning", "karantan"}


def test_the_report_shows_the_words_and_whom_it_waits_for(played: tuple[Round, Tables, str, str]) -> None:
    the_round, *_ = played
    assert "Vi vet mer." in the_round.page(f"huvudman/{VASTBY}.html")
    assert "Vi ses." in the_round.page("matt/vardtillfallen.html")
    assert "svaren skiljer sig" in the_round.page("satsningar.html")
    assert "Alla som har fått frågor inför Höst 2026, nr 1 har svarat." in the_round.page("att-bekrafta.html")
    assert "&lt;i&gt;" not in the_round.page("sjalvskattning.html")


def test_the_next_workbooks_are_filled_and_give_the_same_answers_again(played: tuple[Round, Tables, str, str]) -> None:
    the_round, *_ = played
    before = the_round.answers()
    inbox = the_round.data / "lokala" / "svar"
    for path in inbox.iterdir():
        path.unlink()
    for path in the_round.forms("igen").values():
        if Hand(path).cell("Börja här", "roll", "Ditt svar").value:
            Hand(path).fill({}, role=Hand(path).cell("Börja här", "roll", "Ditt svar").value, day=TODAY).save(
                inbox / path.name, datetime(2026, 12, 1, 9)
            )
    assert "nothing would be refused" in the_round.malbild("svar", "kontroll")
    assert "Unchanged" in the_round.night()
    assert the_round.answers() == before
    reminders = the_round.malbild("fraga", ISSUE, "--paminn")
    to = [line.removeprefix("Till: ") for line in reminders.splitlines() if line.startswith("Till: ")]
    # Nobody has written a cycle of PDSA.
    assert to == ["Östby", "Västby", "Regionen", "Grupp äldre", "Styrgruppen"]
    pasted = the_round.malbild("svar", "yaml")
    assert "    kriterier:\n      resurser: ja  # Styrgruppen" in pasted
    assert "    # status: planerad (BGÄ" in pasted


def test_the_answers_are_rebuilt_from_the_archive_and_frozen_with_the_issue(
    played: tuple[Round, Tables, str, str],
) -> None:
    the_round, *_ = played

    def stored() -> dict[str, Any]:
        tables = tables_of(the_round.data / "lager.duckdb")
        return {name: tables[name].to_dicts() for name in ("svar", "karantan", "matvarde")}

    before = stored()
    assert before["svar"]
    the_round.malbild("rebuild")
    assert stored() == before
    the_round.malbild("uppfoljning", "frys", ISSUE)
    (frozen,) = (the_round.data / "uppfoljningar").rglob("*.duckdb")
    with duckdb.connect(str(frozen), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM styrning.svar").fetchall() == [(len(before["svar"]),)]
    text = (the_round.data / "rapport" / ISSUE / f"huvudman/{VASTBY}.html").read_text(encoding="utf-8")
    assert "Vi vet mer." in text
