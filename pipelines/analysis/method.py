"""The rules of the analysis in words, with their versions: what table `metod` and the report's method section say.

The rules themselves are the other modules of this folder; their numbers are taken from there.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.analysis import (
    annual_variation,
    breaks,
    comparison,
    county,
    effect,
    equity,
    findings,
    learning,
    placebo,
    position,
    target,
    trend,
    xmr,
)
from pipelines.analysis.position import bands


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
            "årsvariation",
            annual_variation.VERSION,
            f"minst {annual_variation.MIN_AREAS} områden",
            "Hur långt ett områdes värde brukar röra sig från en mätning till nästa, när medianen av alla områdens "
            "ändring är borträknad. Varianserna jämkas mot varandra (Smyth 2004) och nivån kalibreras mot steg som "
            "förutsagts ur enbart tidigare steg; hur ofta det har hållit står i traffsakerhet. Det är inget urvalsfel "
            "och ingen förklaring.",
        ),
        Rule(
            "läge",
            comparison.VERSION,
            None,
            "Värdet bredvid riket, länet och liknande områden. Länets värde är regionens där kommuner och region har "
            "samma nyckeltal, annars ett medel vägt med nyckeltalets vikt, annars kommunernas medel där varje kommun "
            "räknas lika, som aldrig sätts bredvid riket. Har färre än hälften av kommunerna värde finns inget värde "
            "för länet. Liknande områden är dagens medlemmar i gruppen, också för tidigare år.",
        ),
        Rule(
            "intervall",
            comparison.VERSION,
            "95 %",
            "Koladas osäkerhetstal där det finns (värde ± tal; säkerhetsnivån 95 % är ett antagande), annars räknat "
            "med Wilson för andelar och Byar för antal när antalen är kända, annars årsvariationen. Annars inget "
            "intervall, och skälet anges. Riket räknas som exakt när det inte har något osäkerhetstal.",
        ),
        Rule(
            "skillnad",
            comparison.VERSION,
            "95 % och 99,8 %",
            "Säkert bättre eller sämre när skillnaden är större än den sammanlagda osäkerheten på nivån 99,8 %, "
            "troligen när den är större än den på 95 %, annars ingen säker skillnad. Har någondera sidan inget "
            "intervall kan det inte bedömas.",
        ),
        Rule(
            "placering",
            position.VERSION,
            f"sannolikhet minst {position.SURE:.1f}".replace(".", ","),
            f"Plats bland alla områden av samma typ, 1 är bäst, med ett platsintervall på 95 % ur {position.DRAWS} "
            "dragningar av vad värdena kan vara (Goldstein och Spiegelhalter 1996). Band bara när det är tillräckligt "
            f"sannolikt och minst {position.MIN_AREAS} områden har värde. Tillförlitligheten är hur stor del av "
            "skillnaderna mellan områdena som är verkliga.",
        ),
        Rule(
            "band",
            position.VERSION,
            band_method,
            f"{cuts.best.capitalize()} och {cuts.worst} av platserna, (plats - 0,5) / antal.",
        ),
        Rule(
            "riktning",
            trend.VERSION,
            f"{trend.MIN_YEARS} mätningar, p ≤ 0,05",
            f"Mann–Kendall, exakt, på högst de {trend.WINDOW} senaste mätåren efter det sista seriebrottet; lutning "
            "enligt Theil–Sen på verkliga år. Samma prövning av skillnaden mot riket säger om riket gjort likadant. "
            "Aldrig på flerårsmedel som överlappar varandra. En riktning håller när den står sig trots att många "
            "prövas (Benjamini och Hochberg 1995, 10 %).",
        ),
        Rule(
            "riktning för länet",
            county.VERSION,
            f"högst {trend.WINDOW} år",
            "Riktningen för det ovägda medlet av de kommuner som har uppgift alla de år som räknas: de senaste åren "
            "efter ett seriebrott då minst hälften av kommunerna har uppgift. Prövas inte när de är färre än hälften. "
            "För nyckeltal som regionen har är länets riktning regionens.",
        ),
        Rule(
            "mål",
            target.VERSION,
            "0,95 och 0,6",
            "Linjär takt mot ett beslutat målvärde. Observerad takt delat med planerad: minst 0,95 och en prognos som "
            "når målet i takt, minst 0,6 takten behöver öka, minst 0 långsamt, annars åt fel håll. Kan takten vara "
            "både planens och åt fel håll går det inte att säga. Utan beslut räknas inget.",
        ),
        Rule(
            "kön",
            equity.VERSION,
            "95 % och 99,8 %",
            "Kvinnor minus män; säker skillnad när den är större än roten ur summan av intervallens kvadrater på nivån "
            "99,8 %, trolig på 95 %.",
        ),
        Rule(
            "spridning",
            equity.VERSION,
            f"minst {equity.MIN_KOMMUNER} kommuner",
            "Standardavvikelsen mellan målbildens kommuner, i förhållande till årsvariationen. Den har vidgats eller "
            "minskat när ändringen från periodens första mätår är större än osäkerheten i båda åren, för samma "
            "kommuner.",
        ),
        Rule(
            "lär av vem",
            learning.VERSION,
            None,
            "En förebild är ett liknande område som basåret hade ett värde som inte skiljer sig säkert, som har "
            "förbättrats utöver sin egen årsvariation och som i dag är bättre utöver bådas. Finns ingen nämns den "
            "bästa i gruppen. Orsaker påstås inte.",
        ),
        Rule(
            "effekt",
            effect.VERSION,
            f"minst {effect.MIN_BEFORE} mätningar före, p ≤ 0,05",
            "Bara det som en satsning väntades leda till enligt en natt före den natt som först såg någon uppgift för "
            "ett helt år efter starten. Värdet efter starten förutsägs ur värdena före, med vikter (ridge) från alla "
            "områden av samma typ som inte deltar och har värden alla åren, vid lika folkmängd. Varje sådant område "
            "förutsägs på samma sätt ur de andra (placebo), i mått av sin egen variation före starten. Avviker gör den "
            "som högst 5 % av alla är lika långt ifrån, om den inte avvek åt samma håll med en påhittad start bland "
            f"åren före. Flera kommuner prövas också som ett medel, mot {placebo.DRAWS} dragna grupper, fritt och län "
            f"för län. Minst {placebo.MIN_DONORS} jämförda. Ingen orsak påstås, och rapportens första del visar inget "
            "förrän två uppföljningar med olika sista mätning är eniga.",
        ),
        Rule(
            "möjligt seriebrott",
            breaks.VERSION,
            "4 standardavvikelser, 70 %",
            "Ett steg då medianen av alla områdens ändring ligger mer än fyra standardavvikelser från de andra "
            "stegens, och mer än 70 % av områdena ändras åt samma håll. Det är en fråga till ägarna; ingenting klipps "
            "av sig självt.",
        ),
        Rule(
            "fynd",
            findings.VERSION,
            None,
            "Det som en nämnd kan behöva ta ställning till, för primära nyckeltal, totalt: säkra skillnader mot riket "
            "och liknande, riktningar som håller och inte är rikets, serier som har vänt, ändrad spridning, möjliga "
            "seriebrott, upphörda nyckeltal och värden som saknas.",
        ),
        Rule(
            "XmR",
            xmr.VERSION,
            f"minst {xmr.LEAST_POINTS} perioder i följd",
            "Månads- och kvartalsvärden: medelvärdet, och gränser 2,66 gånger den genomsnittliga ändringen därifrån. "
            "Ändringar på minst 3,267 gånger genomsnittet lämnas utanför en gång. Gränserna är preliminära till och "
            "med tolv perioder. En period som saknas eller är dold bryter följden. Särskild orsak: "
            + "; ".join(f"{number} {words}" for number, words in xmr.CAUSES.items())
            + ". Den säger att något har hänt, inte vad. Inget målvärde ritas.",
        ),
    ]
