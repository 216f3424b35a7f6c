"""What changed lately in Kolada's catalogue, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from dashboards.pages.catalogue import news
from dashboards.reading.published import CatalogueEvent, CatalogueNews, Published, load
from tests.dashboards.published import LAST_RUN, event

# --- what changed lately ----------------------------------------------------------------------------------------------


def test_the_events_are_those_of_the_newest_finished_run_that_has_any(database: Path) -> None:
    assert news(load(database)) == ["N33333 Delaktighet på vårdcentral, medelvärde: finns inte i katalogen."]
    with duckdb.connect(str(database)) as connection:
        event(connection, "k-2", "nyckeltal", "U22222", "nyckeltal upphört", None, "2024")
    assert news(load(database)) == ["U22222 Delaktighet i primärvård, index (-2024): upphört, sista året är 2024."]


@pytest.fixture(scope="module")
def published(databases: Callable[..., Path]) -> Published:
    return load(databases())


def sentences_of(published: Published, *events: CatalogueEvent) -> list[str]:
    return news(replace(published, news=CatalogueNews(LAST_RUN, events)))


NAME = "U88888 Bemötande, andel (%)"


@pytest.mark.parametrize(
    ("what", "before", "after", "sentence"),
    [
        ("nyckeltal saknas", None, "Titeln", "U88888 Titeln: finns inte i katalogen."),
        ("nyckeltal borttaget", "Titeln", None, "U88888 Titeln: finns inte längre i katalogen."),
        ("nyckeltal åter i katalogen", None, "Titeln", "U88888 Titeln: finns nu i katalogen."),
        ("nyckeltal upphört", None, "2025", f"{NAME}: upphört, sista året är 2025."),
        ("ny titel", "Gammal", "Ny", "U88888: ny titel, «Ny» i stället för «Gammal»."),
        ("titel ej bekräftad", "A", "B", "U88888: titeln «B» är inte bekräftad, bara «A»; nya värden hålls."),
        ("ny definition", "En lång text. " * 500, "En annan.", f"{NAME}: ny definition."),
        ("ny nivå", "K", "A", f"{NAME}: finns nu för kommun och region, tidigare för kommun."),
        (
            "annan nivå än i indikatorer.yaml",
            *("K", "L", f"{NAME}: finns för region, men för kommun enligt indikatorer.yaml."),
        ),
        ("ny könsuppdelning", "nej", "ja", f"{NAME}: uppdelat på kvinnor och män: ja, tidigare nej."),
        (
            "omöjligt publiceringsdatum",
            *(None, "2026-02-30", f"{NAME}: Kolada anger publiceringsdatumet 2026-02-30, som inte finns."),
        ),
        (
            "planerad publicering passerad",
            *("2026-05-01", "2025", f"{NAME}: värden för 2025 skulle ha publicerats 2026-05-01, men har inte kommit."),
        ),
        ("något nytt slag", "x", None, f"{NAME}: något nytt slag, «x» → «uppgift saknas»."),
    ],
)
def test_an_event_of_a_nyckeltal_is_a_sentence(
    published: Published, what: str, before: str | None, after: str | None, sentence: str
) -> None:
    assert sentences_of(published, CatalogueEvent("nyckeltal", "U88888", what, before, after)) == [sentence]


@pytest.mark.parametrize(
    ("what", "before", "after", "sentence"),
    [
        (
            "grupp ändrad",
            *("Liknande, Flen, 2024: 0180, 0380", "Liknande, Flen, 2025: 0180, 1480, 9999"),
            "Grupp G1: ny titel, «Liknande, Flen, 2025» i stället för «Liknande, Flen, 2024»; "
            "nya medlemmar: 9999 och Göteborg; inte längre medlemmar: Uppsala.",
        ),
        (
            *("grupp ändrad", "A: b: 0180", "A: b: 0380"),
            "Grupp G1: «A: b»; nya medlemmar: Uppsala; inte längre medlemmar: Stockholm.",
        ),
        (
            *("grupp ändrad", "Ett: 0180", "Två: 0180"),
            "Grupp G1: ny titel, «Två» i stället för «Ett»; samma medlemmar.",
        ),
        ("grupp ändrad", "Ett: 0180", "Ett: ", "Grupp G1: «Ett»; inte längre medlemmar: Stockholm."),
        ("grupp ändrad", "konstigt", None, "Grupp G1: grupp ändrad, «konstigt» → «uppgift saknas»."),
        ("grupp borttagen", "Liknande", None, "Grupp G1 «Liknande»: finns inte längre i katalogen."),
    ],
)
def test_an_event_of_a_group_is_a_sentence_with_the_members_by_name(
    published: Published, what: str, before: str, after: str | None, sentence: str
) -> None:
    assert sentences_of(published, CatalogueEvent("grupp", "G1", what, before, after)) == [sentence]


def test_twenty_events_are_told_and_the_rest_counted(published: Published) -> None:
    events = [CatalogueEvent("nyckeltal", f"N{n:05}", "ny definition", "x", "y") for n in range(23)]
    assert sentences_of(published, *events[:1]) == ["N00000 (följs inte längre): ny definition."]
    assert len(sentences_of(published, *events[:20])) == 20
    sentences = sentences_of(published, *events)
    assert len(sentences) == 21
    assert sentences[-1] == "och 3 till"
