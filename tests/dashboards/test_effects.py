"""Effekt in the report: who is told what, that it proves nothing, and when it may stand in the index."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.cite import plain
from dashboards.pages.effects import NO_PROOF, effect_lines
from dashboards.reading.content import load_content
from dashboards.reading.published import load
from dashboards.report import build_report
from tests.dashboards.audit import deviations
from tests.dashboards.page import Node, parse
from tests.dashboards.published import insert, write_content

pytestmark = pytest.mark.lang

KPI = "U11111"
JUDGED: dict[str, Any] = {
    "forsta_ar": 2024,
    "antal_huvudman": 1,
    "antal_fore": 9,
    "fran_ar": 2014,
    "bedomt_fran_ar": 2024,
    "till_ar": 2025,
    "varde": 63.6,
    "vantat_varde": 58.2,
    "skillnad": 5.4,
    "nedre": 1.1,
    "ovre": 9.7,
    "p_varde": 0.01,
    "p_varde_tid": 0.5,
    "antal_jamforda": 268,
    "storst_vikt": "0482, 0486",
    "motivering": "2 av 268 jämförda avviker minst lika mycket utan att delta",
}


def pages_of(database: Path, *, confirmed: bool) -> dict[str, Node]:
    """The index and the page of satsningar, where Eskilstuna deviates and Flen cannot be judged."""
    write_content(database)
    common = {"satsning_id": "b", "nyckeltal_id": KPI, "vantas": "högre", "sedd": datetime(2022, 1, 1)} | {
        "mening": "…",
        "metod": "effekt 1",
    }
    with duckdb.connect(str(database)) as connection:
        insert(
            connection, "effekt", **common, **JUDGED, huvudman_id="0484", besked="avviker", mot_vantat="som väntat",
            bekraftad=confirmed,
        )  # fmt: skip
        insert(
            connection, "effekt", **common, huvudman_id="0482", besked="bedöms inte", antal_huvudman=0,
            bekraftad=False, motivering="bara 4 mätningar före starten, minst 6 behövs",
        )  # fmt: skip
    folder = build_report(database, database.with_name("rapport")).parent
    assert deviations(folder, database) == []
    names = ("index.html", "satsningar.html", "satsning/b.html")
    return {name: parse((folder / name).read_text(encoding="utf-8")) for name in names}


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_deviation_is_on_the_card_and_in_the_index_once_two_issues_agree(database: Path, confirmed: bool) -> None:
    pages = pages_of(database, confirmed=confirmed)
    card = pages["satsningar.html"].element("article", id="satsning-b").text
    assert "Eskilstuna: avviker, åt det håll som väntades; Flen: bedöms inte, bara 4 mätningar före starten" in card
    assert "Eskilstuna" in (effects := pages["satsning/b.html"].element("section", id="effekt").text)
    assert NO_PROOF in effects
    assert NO_PROOF in pages["satsningar.html"].text
    # Nothing was written down of the other satsning before any figures.
    assert (
        "vad den väntas leda till är inte nedskrivet"
        in pages["satsningar.html"].element("article", id="satsning-a").text
    )
    index = pages["index.html"].text
    assert ("Satsningar som syns i siffrorna" in index) is confirmed
    assert (NO_PROOF in index) is confirmed
    assert "avviker, åt det håll" not in pages["index.html"].element("section", id="laget").text


def test_the_lines_say_who_was_compared_and_that_nothing_is_proved(database: Path) -> None:
    pages_of(database, confirmed=False)
    with duckdb.connect(str(database), read_only=True) as connection:
        content = load_content(connection)
    published = load(database)
    (initiative,) = content.where("satsning", satsning_id="b")
    refused, deviating, last = map(plain, effect_lines(initiative, published, content))
    assert refused.endswith("Flen: bedöms inte, bara 4 mätningar före starten, minst 6 behövs.")
    assert (
        "Eskilstuna 2024–2025: avviker, åt det håll som väntades. Värdet är 63,6\u00a0% och hade varit 58,2\u00a0% med "
        "de 268 andras utveckling; skillnaden är 5,4 procentenheter (95 %: 1,1 till 9,7). "
        "2 av 268 jämförda avviker minst lika mycket utan att delta. Mest väger Flen och Strängnäs. Det står inte fast "
        "förrän en senare mätning"
    ) in deviating
    assert last == NO_PROOF
    (other,) = content.where("satsning", satsning_id="a")
    assert effect_lines(other, published, content) == ()
