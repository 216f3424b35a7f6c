"""The rules of the analysis in words, with their versions: what table `metod` and the report's method section say.

The rules themselves are the other modules of this folder; their numbers are taken from there.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.analysis import comparison, county, target, trend
from pipelines.analysis.comparison import bands


class Rule(NamedTuple):
    """A row of table `metod`."""

    regel: str
    version: str
    varde: str | None
    beskrivning: str


def rules(band_method: str) -> list[Rule]:
    """The rules, with the limits that are chosen in the YAML (`metod: band`)."""
    cuts = bands(band_method)
    return [
        Rule(
            "läge",
            comparison.VERSION,
            None,
            "Plats bland alla områden av samma typ som har värde: 1 är bäst, medelplats vid lika. Medel av områden är "
            "ovägda; ett vägt medel räknas bara där nyckeltalet har en nämnare.",
        ),
        Rule(
            "band",
            comparison.VERSION,
            band_method,
            f"{cuts.best.capitalize()} och {cuts.worst} av platserna, (plats - 0,5) / antal; bara när minst "
            f"{comparison.MIN_AREAS} områden har värde och riktningen är känd.",
        ),
        Rule(
            "intervall",
            comparison.VERSION,
            "95 %",
            "Koladas osäkerhetstal där det finns (värde ± tal; säkerhetsnivån 95 % är ett antagande), annars Wilson "
            "för andelar och Byar för antal när antalen är kända. Annars inget intervall, och skälet sägs.",
        ),
        Rule(
            "skillnad",
            comparison.VERSION,
            "99,8 %",
            "Ett värde är bättre eller sämre än jämförelsetalet när skillnaden är större än den sammanlagda "
            "osäkerheten på nivån 99,8 %. Har någondera sidan inget intervall sägs att det inte kan bedömas.",
        ),
        Rule(
            "riktning",
            trend.VERSION,
            f"{trend.MIN_YEARS} mätningar, p ≤ 0,05",
            f"Mann–Kendall, exakt till och med {trend.EXACT_UP_TO} mätningar och därefter med normalapproximation; "
            "lutning enligt Theil–Sen på verkliga år. Aldrig över ett seriebrott och aldrig på flerårsmedel som "
            "överlappar varandra.",
        ),
        Rule(
            "riktning för länet",
            county.VERSION,
            f"högst {county.MAX_YEARS} år",
            "Riktningen för det ovägda medlet av de kommuner som har uppgift alla de år som räknas: de senaste åren "
            "efter ett seriebrott då minst hälften av kommunerna har uppgift. Ej prövad när de är färre än hälften. "
            "För regionens nyckeltal är länets riktning regionens.",
        ),
        Rule(
            "mål",
            target.VERSION,
            "0,95 och 0,6",
            "Linjär takt mot ett beslutat målvärde. Observerad takt delat med planerad: minst 0,95 i takt, minst 0,6 "
            "takten behöver öka, minst 0 långsamt, annars åt fel håll. Utan beslut räknas inget.",
        ),
        Rule(
            "kön",
            "1",
            None,
            "Kvinnor minus män; säkerställd när skillnaden är större än roten ur summan av osäkerhetstalens kvadrater.",
        ),
    ]
