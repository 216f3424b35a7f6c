"""aktiviteter.yaml: what the repository's own file says, and how one can be wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.catalog.load import ACTIVITY_FILE, FOLLOW_UP_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import CatalogError
from tests.catalog.test_load import MINIMAL
from tests.conftest import ROOT

SOUND = """\
version: 1
kallor:
  - {id: rapporten, titel: Rapporten}
citat:
  - {id: ett, plats: målbild, text: Så är det., kalla: rapporten}
instanser:
  - {id: gruppen, namn: Gruppen, i_styrkedjan: ja, kalla: rapporten}
fokusomraden:
  - id: fokus
    namn: Fokus
    fran: 2023
    till: 2027
    kalla: rapporten
    malsattningar:
      - {id: fokus-1, text: Allt är bra., hela_lanet: ja}
      - {id: fokus-2, text: Inget är dåligt., hela_lanet: nej}
satsningar:
  - id: prov
    namn: Prov
    slag: satsning
    ansvarig: gruppen
    kalla: rapporten
    kriterier: {uppdrag: ja, resurser: nej, finansiering: okänt, plan: ja, test: ja}
    malsattningar:
      - {id: fokus-1, beslut: föreslagen}
    uppfoljningsmatt:
      - {id: um, namn: Antal, typ: process, matt: vardtillfallen, kalla: Egen räkning}
    pdsa:
      - {cykel: 1, hypotes: Det blir fler.}
beslut:
  - {id: forst, datum: 2026-05-08, art: beslut, instans: gruppen, vad: Ja., kalla: rapporten, satsning: prov}
trygghetsvy:
  beslut: föreslagen
  poster:
    - {nyckeltal: "U00001", belyser: Trygghet}
    - {matt: vardtillfallen, belyser: Vård}
kommentarer:
  - {matt: vardtillfallen, uppfoljning: var, vet: Något., forfattare: Gruppen, datum: 2026-05-09}
att_bekrafta:
  - {id: fraga, fraga: Stämmer det?, status: öppen}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(MINIMAL, tmp_path / "katalog")
    (tmp_path / "katalog" / FOLLOW_UP_FILE).write_text(
        "version: 1\nuppfoljningar:\n  - {id: var, nr: 1, status: utkast}\n"
    )
    return tmp_path / "katalog"


@pytest.fixture(scope="module")
def repository() -> Catalog:
    return load_catalog(ROOT)


def test_it_may_be_left_out_and_is_then_empty(folder: Path) -> None:
    catalog = load_catalog(folder)
    assert catalog.activities.initiatives == ()
    assert ACTIVITY_FILE not in {file.name for file in catalog.files}


def test_its_bytes_are_kept_with_the_run(folder: Path) -> None:
    (folder / ACTIVITY_FILE).write_text(SOUND, encoding="utf-8")
    catalog = load_catalog(folder)
    assert {file.name: file.content for file in catalog.files}[ACTIVITY_FILE] == SOUND.encode()
    assert [one.id for one in catalog.activities.initiatives] == ["prov"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "kalla: rapporten}\ninstanser",
            "kalla: raporten}\ninstanser",
            "raporten is not defined → did you mean rapporten",
        ),
        ("ansvarig: gruppen", "ansvarig: nsv", "satsningar prov, ansvarig: nsv is not defined"),
        ("- {id: fokus-1, beslut", "- {id: fokus-9, beslut", "fokus-9 is not defined → did you mean fokus-"),
        ("matt: vardtillfallen, kalla", "matt: vardtillfalle, kalla", "did you mean vardtillfallen"),
        ("process, matt: vardtillfallen", "process, indikator: kontinuitett", "did you mean kontinuitet"),
        ('nyckeltal: "U00001"', 'nyckeltal: "U99999"', "U99999 is not defined"),
        ("uppfoljning: var", "uppfoljning: host", "host is not defined"),
        ("satsning: prov}", "satsning: annat}", "annat is not defined"),
        ("hela_lanet: ja}", "hela_lanet: ja, status: test}", "status test lacks belagg"),
        ("hela_lanet: ja}", "hela_lanet: ja, status: klar}", "klar is not allowed here"),
        ("hela_lanet: ja}", 'hela_lanet: ja, tackning: {huvudman: ["0001"]}}', "0001 is not defined"),
        ("hela_lanet: ja}", "hela_lanet: ja, tackning: {lansdelar: [soder]}}", "soder is not defined"),
        ("id: fokus-2", "id: fokus-1", "målsättning fokus-1 is defined here and on line"),
        ("till: 2027", "till: 2022", "till 2022 lies before fran"),
        (
            "    kriterier: {uppdrag: ja, resurser: nej, finansiering: okänt, plan: ja, test: ja}\n",
            "",
            "lacks kriterier",
        ),
        ("uppdrag: ja", "uppdrag: kanske", "kanske is not allowed here"),
        ("slag: satsning", "slag: satsning\n    status: avslutad", "status avslutad lacks skal"),
        ("slag: satsning", "slag: satsning\n    skal: Klart.", "skal does not go with its status"),
        ("slag: satsning", "slag: satsning\n    status: sammanslagen\n    skal: Ett.", "sammanslagen_med do not fit"),
        ("cykel: 1", "cykel: 2", "cykel 2 stands where 1 is expected"),
        ("beslut: föreslagen}\n    upp", "beslut: kanske}\n    upp", "kanske is not allowed here"),
        ("vad: Ja.,", "vad: Ja., aterrapportering: {},", "aterrapportering says no time"),
        ("vad: Ja.,", "vad: Ja., aterrapporterad: 2026-05-01,", "lies before datum"),
        ("datum: 2026-05-08", "datum: 2026-5-8", "is not a date"),
        (
            "{matt: vardtillfallen, belyser",
            '{matt: vardtillfallen, nyckeltal: "U00002", belyser',
            "names 2 of nyckeltal",
        ),
        ("vet: Något., ", "", "says nothing"),
        ("{matt: vardtillfallen, uppf", "{matt: vardtillfallen, malomrade: nara, uppf", "names 2 of matt, indikator"),
        ("status: öppen", "status: besvarad", "status besvarad lacks svar, av, datum"),
        ("status: öppen", "status: öppen, svar: Ja.", "has an answer, but status öppen"),
        ("plats: målbild", "plats: framsidan", "framsidan is not allowed here"),
        ("satsningar:\n", "satsning:\n", "unknown key → did you mean satsningar"),
    ],
)
def test_a_defect_is_refused_on_its_line(folder: Path, before: str, after: str, says: str) -> None:
    assert before in SOUND
    broken = SOUND.replace(before, after, 1)
    (folder / ACTIVITY_FILE).write_text(broken, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    (problem,) = caught.value.problems
    assert says in str(problem)
    assert Path(problem.file).name == ACTIVITY_FILE
    # The finding names a line of the entry that was changed.
    changed = next(
        n for n, (a, b) in enumerate(zip(SOUND.splitlines(), broken.splitlines(), strict=False), 1) if a != b
    )
    assert abs(problem.line - changed) <= 7, f"line {problem.line}, changed {changed}"


def test_the_sound_file_passes(folder: Path) -> None:
    (folder / ACTIVITY_FILE).write_text(SOUND, encoding="utf-8")
    load_catalog(folder)


def test_five_and_four_malsattningar_verbatim_and_without_a_status_nobody_has_given(repository: Catalog) -> None:
    areas = repository.activities.focus_areas
    assert [(a.name, a.first_year, a.last_year, len(a.goals)) for a in areas] == [
        ("Personcentrering", 2023, 2027, 5),
        ("Hälsofrämjande och förebyggande", 2023, 2027, 4),
    ]
    assert areas[0].goals[3].text == "Invånaren kan erbjudas egenmonitoreringslösningar i hela länet."
    assert areas[1].goals[0].text.endswith("vårdgivare och civilsamhället inom respektive kommun.")
    goals = [goal for area in areas for goal in area.goals]
    assert {(goal.status, goal.reach, goal.indicators) for goal in goals} == {(None, None, ())}
    assert all(goal.whole_county == ("i hela länet" in goal.text) for goal in goals)


def test_the_named_satsningar_and_the_arenden_of_may_2026(repository: Catalog) -> None:
    initiatives = repository.activities.initiatives
    assert [one.name for one in initiatives if one.kind == "satsning"] == [
        "Tillsammans för barnens bästa",
        "Tillsammans för unga vuxna",
        "Egenmonitorering",
        "Depression hos äldre",
        "Samsjuklighet",
        "Översynen av samverkansdokumenten",
    ]
    assert [one.id for one in initiatives if one.kind == "uppdrag"] == [
        "samsjuklighetsreformen",
        "patientsakerhetsdialoger",
        "familjecentraler",
        "delegering",
    ]
    # What no document says is not answered for the owners.
    assert {link.decision for one in initiatives for link in one.goals} == {"föreslagen"}
    assert all(one.follow_up_measures == () for one in initiatives)
    assert repository.activities.limit is None
    assert repository.activities.comments == ()
    assert {question.status for question in repository.activities.questions} == {"öppen"}


def test_the_trygghetsvy_is_a_proposal_of_what_is_followed(repository: Catalog) -> None:
    view = repository.activities.safety
    assert view is not None
    assert view.decision == "föreslagen"
    shown = {entry.kpi for entry in view.entries if entry.kpi}
    shown |= {use.kpi_id for e in view.entries if e.measure for use in repository.measure(e.measure).kpis}
    assert {"U21467", "U79133", "N20506", "U79092", "U21343"} <= shown
    assert repository.kpis["U21467"].uncertainty == "N21452"


def test_every_matt_and_indikator_asks_a_plain_question_and_none_has_an_owner_yet(repository: Catalog) -> None:
    asked = [one.question for one in (*repository.measures, *repository.indicators)]
    assert len(asked) == 33
    assert all(question is not None and question.endswith("?") for question in asked)
    assert len(set(asked)) == 33
    assert {measure.owner for measure in repository.measures} == {None}


def test_the_three_paragraphs_about_matproblem_are_whole(repository: Catalog) -> None:
    (quote,) = [quote for quote in repository.activities.quotes if quote.place == "mätproblem"]
    paragraphs = quote.text.split("\n\n")
    assert len(paragraphs) == 3
    assert paragraphs[1].startswith("En utmaning med mer övergripande resultatmått är att det blir svårt att visa")
    assert "För många indikatorer finns mätproblem av olika slag." in paragraphs[1]
