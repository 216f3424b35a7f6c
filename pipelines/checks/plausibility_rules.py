"""What is not plausible: one table of rules, read by `plausibility`, by docs/drift.md and by the tests.

True values are odd too, so every limit is set beside a nyckeltal's own history: of 514 nyckeltal and years that Kolada
published until 2023, three would have been stopped (docs/rimlighet.md). Values outside the bounds of their unit are
refused before they are stored (`validation.bounds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from pipelines.validation.bounds import BOUNDS

Scope = Literal["alla", "egna", "riket"]
Severity = Literal["varning", "stopp"]

# Areas of a kind from which a median or a correlation says something, and own areas.
MIN_AREAS: Final = 10
_MIN_OWN = 5
# A median that became so many times larger or smaller means another unit or another measure.
JUMP: Final = 5.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked at in one scope: all areas of a kind (alla), the målbild's own (egna), or riket.

    Attributes:
        excused: A cause in Kolada's catalogue makes a stop a warning.
        what: The rule in Swedish.
        when: The condition, on the columns of `plausibility.statistics`, `history` and `changes`.
        shown, usual: The columns with the figure that a line names, and the one beside it.
    """

    id: str
    scope: Scope
    severity: Severity
    excused: bool
    what: str
    when: pl.Expr
    shown: str
    usual: str | None = None


def _fisher(name: str) -> pl.Expr:
    return pl.col(name).clip(-0.999, 0.999).arctanh()


_AREAS = pl.col("antal") >= MIN_AREAS
_PAIRS = pl.col("antal_par") >= MIN_AREAS
_OWN = pl.col("antal_par") >= _MIN_OWN
_BESIDE_COUNTRY = pl.col("antal_alla") >= MIN_AREAS
_HISTORY = pl.col("matningar") >= 2
_SEXES_APART = pl.col("konsdelat_van") >= 0.5
_LONG_HISTORY = pl.col("matningar") >= 3
# A year in which few areas have come says little of the order among them.
_MEASURED = pl.col("antal") >= pl.col("antal_hogst") / 2
# The standard errors of correlations among what has nothing to do with each other.
_ERROR = 1 / (pl.col("antal_par") - 3).sqrt()
_GAP_ERROR = 1 / pl.col("antal_kon").sqrt()
_GROWTH = (pl.col("spann") / pl.col("spann_van")).log().abs()
_USUAL_SPAN = pl.col("spann").is_between(pl.col("spann_lagst") / 2, pl.col("spann_hogst") * 2)
_PUBLISHED = pl.col("fore") >= MIN_AREAS
_NOT_COUNTRY = pl.col("fore_alla") / 5

RULES: Final = (
    Rule(
        "nollor",
        "alla",
        "stopp",
        False,
        "andelen områden med värdet 0 är 10 procentenheter över den högsta hittills (40 när färre än tio områden har "
        "kommit)",
        (pl.col("antal") >= _MIN_OWN)
        & (pl.col("noll") > pl.col("noll_hogst").fill_null(0.35) + pl.when(_AREAS).then(0.1).otherwise(0.4)),
        "noll",
        "noll_hogst",
    ),
    Rule(
        "nollor",
        "egna",
        "stopp",
        False,
        "minst tre egna områden har värdet 0, en större andel än någonsin (25 procentenheter), och landet har det inte",
        (pl.col("nollor") >= 3)
        & (pl.col("noll") > pl.col("noll_hogst").fill_null(0) + 0.25)
        & (pl.col("noll_alla") < 0.25),
        "noll",
        "noll_hogst",
    ),
    Rule(
        "nollor",
        "riket",
        "stopp",
        False,
        "riket har värdet 0, och hade det inte i mätningen före",
        _BESIDE_COUNTRY & (pl.col("median") == 0) & (pl.col("median_fore") != 0),
        "median",
        "median_fore",
    ),
    Rule(
        "kopia",
        "alla",
        "stopp",
        False,
        "andelen värden som är exakt lika med ett av områdets tre förra, eller har ändrats exakt lika mycket, är 30 "
        "procentenheter över den högsta hittills, eller 95 % fast den aldrig varit 90 %",
        _PAIRS
        & (
            (pl.col("lika") > pl.col("lika_hogst").fill_null(0.5) + 0.3)
            | ((pl.col("lika") >= 0.95) & (pl.col("lika_hogst").fill_null(0) < 0.9))
        ),
        "lika",
        "lika_hogst",
    ),
    Rule(
        "kopia",
        "egna",
        "stopp",
        False,
        "minst fem egna områden har alla exakt sina förra värden (eller ett av de två före dem, eller har ändrats "
        "exakt lika mycket), vilket de aldrig haft, och landet har det inte",
        _OWN & (pl.col("lika") >= 0.99) & (pl.col("lika_hogst").fill_null(0) < 0.9) & (pl.col("lika_alla") < 0.4),
        "lika",
        "lika_hogst",
    ),
    Rule(
        "rang",
        "alla",
        "stopp",
        True,
        "rangkorrelationen med områdenas förra värden, och med de tre senastes medel, är högst slumpens (2,5 "
        "medelfel) eller en fjärdedel av den vanliga, och fyra medelfel under den (4,5 när områdena är färre än 30)",
        _PAIRS
        & _HISTORY
        & _MEASURED
        & (pl.col("rang") < pl.max_horizontal(2.5 * _ERROR, pl.col("rang_van") / 4))
        & (_fisher("rang_van") - _fisher("rang") > pl.when(pl.col("antal_par") < 30).then(4.5).otherwise(4) * _ERROR),
        "rang",
        "rang_van",
    ),
    Rule(
        "rang",
        "alla",
        "varning",
        True,
        "rangkorrelationen är tre medelfel under den lägsta hittills, och mindre än 70 % av den vanliga",
        _PAIRS
        & _HISTORY
        & _MEASURED
        & (pl.col("rang") < 0.7 * pl.col("rang_van"))
        & (_fisher("rang_lagst") - _fisher("rang") > 3 * _ERROR),
        "rang",
        "rang_van",
    ),
    Rule(
        "rang",
        "egna",
        "stopp",
        True,
        "ordningen mellan minst fem egna områden är borta (korrelation under 0,3, vanligen över 0,5 och aldrig under "
        "0), och de har flyttat sig mer än två årsvariationer i kvadratiskt medel",
        _OWN
        & _BESIDE_COUNTRY
        & _LONG_HISTORY
        & (pl.col("rang") < 0.3)
        & (pl.col("rang_van") > 0.5)
        & (pl.col("rang_lagst") > 0)
        & (pl.col("kvadrat") > 2),
        "rang",
        "rang_van",
    ),
    Rule(
        "granne",
        "alla",
        "stopp",
        False,
        "värdena stämmer bättre med grannområdets historia (nästa eller förra id) än med områdets egen",
        _PAIRS & (pl.col("granne") - pl.col("rang") > pl.max_horizontal(3 * _ERROR, 0.1)),
        "rang",
        "granne",
    ),
    Rule(
        "granne",
        "egna",
        "stopp",
        False,
        "minst fem egna områdens värden stämmer mycket bättre (0,9) med grannens historia än med den egna, och de har "
        "flyttat sig mer än 1,5 årsvariationer i kvadratiskt medel",
        _OWN & _BESIDE_COUNTRY & (pl.col("granne") - pl.col("rang") > 0.9) & (pl.col("kvadrat") > 1.5),
        "rang",
        "granne",
    ),
    Rule(
        "annat",
        "alla",
        "stopp",
        False,
        "fyra femtedelar av värdena är exakt ett annat nyckeltals samma år, vilket inte ens hälften har varit förut",
        (pl.col("antal_samma") >= MIN_AREAS)
        & (pl.col("olika_samma") >= 10)
        & (pl.col("andel_samma") >= 0.8)
        & (pl.col("andel_samma_fore").fill_null(0) < 0.5),
        "andel_samma",
        "andel_samma_fore",
    ),
    Rule(
        "kon",
        "alla",
        "stopp",
        False,
        "skillnaderna mellan kvinnor och män har tvärtom tecken mot områdenas tre senaste (1,5 medelfel åt var sitt "
        "håll)",
        _HISTORY
        & (pl.col("antal_kon") >= MIN_AREAS)
        & (pl.col("kon") < -1.5 * _GAP_ERROR)
        & (pl.col("kon_van") > 1.5 * _GAP_ERROR),
        "kon",
        "kon_van",
    ),
    Rule(
        "kon",
        "egna",
        "stopp",
        False,
        "skillnaderna mellan kvinnor och män i minst fem egna områden har tvärtom tecken, vilket de aldrig haft",
        _LONG_HISTORY & (pl.col("antal_kon") >= _MIN_OWN) & (pl.col("kon") < -0.5) & (pl.col("kon_lagst") > 0.3),
        "kon",
        "kon_lagst",
    ),
    Rule(
        "totalt",
        "alla",
        "stopp",
        False,
        "andelen totaler utanför kvinnors och mäns värden är 30 procentenheter över den högsta hittills",
        (pl.col("antal_kon") >= MIN_AREAS) & (pl.col("utanfor") > pl.col("utanfor_hogst").fill_null(0.3) + 0.3),
        "utanfor",
        "utanfor_hogst",
    ),
    Rule(
        "samma",
        "alla",
        "stopp",
        False,
        "andelen områden där två kön har exakt samma värde är 40 procentenheter över den högsta hittills",
        (pl.col("antal_kon") >= MIN_AREAS) & (pl.col("samma") > pl.col("samma_hogst").fill_null(0.4) + 0.4),
        "samma",
        "samma_hogst",
    ),
    Rule(
        "samma",
        "egna",
        "stopp",
        False,
        "i minst fem egna områden har alltid två kön exakt samma värde, vilket de inte haft ens i hälften, och landet "
        "har det inte",
        (pl.col("antal_kon") >= _MIN_OWN)
        & (pl.col("samma") >= 0.99)
        & (pl.col("samma_hogst").fill_null(0) < 0.5)
        & (pl.col("samma_alla") < 0.5),
        "samma",
        "samma_hogst",
    ),
    Rule(
        "konsdelat",
        "alla",
        "stopp",
        True,
        "andelen områden som har både kvinnor och män är mindre än en femtedel av den vanliga, som är minst hälften",
        _AREAS & _HISTORY & _MEASURED & _SEXES_APART & (pl.col("konsdelat") < pl.col("konsdelat_van") / 5),
        "konsdelat",
        "konsdelat_van",
    ),
    Rule(
        "konsdelat",
        "egna",
        "stopp",
        True,
        "inget av minst fem egna områden har både kvinnor och män, vilket minst hälften brukar ha, och landet har det",
        (pl.col("antal") >= _MIN_OWN) & _SEXES_APART & (pl.col("konsdelat") == 0) & (pl.col("konsdelat_alla") > 0.5),
        "konsdelat",
        "konsdelat_van",
    ),
    Rule(
        "upprepat",
        "alla",
        "stopp",
        True,
        "andelen områden som har det vanligaste värdet är 20 procentenheter över den högsta hittills",
        _AREAS & _HISTORY & (pl.col("vanligast") > pl.col("vanligast_hogst") + 0.2),
        "vanligast",
        "vanligast_hogst",
    ),
    Rule(
        "upprepat",
        "egna",
        "stopp",
        False,
        "minst fem egna områden har alla samma värde, vilket de aldrig haft, och landet har minst tio olika",
        (pl.col("antal") >= _MIN_OWN)
        & (pl.col("olika") == 1)
        & (pl.col("olika_lagst") > 1)
        & (pl.col("olika_alla") >= 10),
        "median",
    ),
    Rule(
        "spridning",
        "alla",
        "stopp",
        True,
        "avståndet mellan 10:e och 90:e percentilen är tre gånger större eller mindre än vanligt och dubbelt så "
        "stort eller hälften så stort som någonsin, eller noll fast det aldrig varit det",
        _HISTORY
        & (
            (_AREAS & (_GROWTH > 1.1) & ~_USUAL_SPAN)
            | ((pl.col("antal") >= _MIN_OWN) & (pl.col("spann") == 0) & (pl.col("spann_lagst") > 0))
        ),
        "spann",
        "spann_van",
    ),
    Rule(
        "hopp",
        "alla",
        "stopp",
        True,
        f"medianen är minst {JUMP:g} gånger större eller mindre än i mätningen före",
        (pl.col("antal") >= 10) & (pl.col("kvot") >= JUMP),
        "median",
        "median_fore",
    ),
    Rule(
        "niva",
        "alla",
        "stopp",
        True,
        "områdenas värden har flyttat sig mer än tre gånger det vanliga avståndet mellan 10:e och 90:e percentilen, "
        "eller mer än 0,6 gånger det och medianen minst 1,9 gånger",
        _PAIRS
        & (pl.col("spann_van") > 0)
        & (
            (pl.col("flytt") > 3 * pl.col("spann_van"))
            | ((pl.col("flytt") > 0.6 * pl.col("spann_van")) & (pl.col("kvot") >= 1.9))
        ),
        "median",
        "median_fore",
    ),
    Rule(
        "niva",
        "alla",
        "varning",
        True,
        "områdenas värden har flyttat sig mer än 0,6 gånger det avståndet",
        _PAIRS & (pl.col("spann_van") > 0) & (pl.col("flytt") > 0.6 * pl.col("spann_van")),
        "median",
        "median_fore",
    ),
    Rule(
        "avvikelse",
        "egna",
        "stopp",
        True,
        "ett eget områdes nya värde har flyttat sig mer än tio årsvariationer från landets rörelse, och en halv gång "
        "till så mycket som någonsin",
        _BESIDE_COUNTRY & (pl.col("storst_nytt") > pl.max_horizontal(10, 1.5 * pl.col("storst_hogst").fill_null(0))),
        "storst",
    ),
    Rule(
        "avvikelse",
        "egna",
        "varning",
        True,
        "ett eget område, också ett reviderat, har flyttat sig mer än sex årsvariationer från landets rörelse",
        _BESIDE_COUNTRY & (pl.col("storst") > 6),
        "storst",
    ),
    Rule(
        "avvikelser",
        "egna",
        "stopp",
        True,
        "minst fem egna områden har flyttat sig mer än 4,5 årsvariationer från landets rörelse i kvadratiskt medel, "
        "och en halv gång till så mycket som någonsin",
        _BESIDE_COUNTRY
        & _OWN
        & (pl.col("kvadrat") > pl.max_horizontal(4.5, 1.5 * pl.col("kvadrat_hogst").fill_null(0))),
        "kvadrat",
    ),
    Rule(
        "avvikelser",
        "egna",
        "varning",
        True,
        "minst fem egna områden har flyttat sig mer än två årsvariationer från landets rörelse i kvadratiskt medel",
        _BESIDE_COUNTRY & _OWN & (pl.col("kvadrat") > 2),
        "kvadrat",
    ),
    Rule(
        "avvikelse",
        "alla",
        "varning",
        True,
        "något område har flyttat sig mer än 20 årsvariationer från landets rörelse",
        _PAIRS & (pl.col("storst") > 20),
        "storst",
    ),
    Rule(
        "avvikelse",
        "riket",
        "stopp",
        True,
        "riket har flyttat sig mer än halva avståndet mellan 10:e och 90:e percentilen (tre fjärdedelar när områdena "
        "är högst hundra) från områdenas rörelse; är riket en summa: mer än fördubblats eller halverats",
        _BESIDE_COUNTRY & (pl.col("storst") > pl.when(pl.col("antal_alla") > 100).then(0.5).otherwise(0.75)),
        "median",
        "median_fore",
    ),
    Rule(
        "heltal",
        "alla",
        "varning",
        True,
        "alla värden är heltal, fast hälften aldrig varit det",
        _AREAS & _HISTORY & (pl.col("heltal") >= 0.98) & (pl.col("heltal_hogst") < 0.5),
        "heltal",
        "heltal_hogst",
    ),
    Rule(
        "saknas",
        "egna",
        "stopp",
        False,
        "inget av minst tre egna områden som hade värde i mätningen före har det, fast fyra femtedelar av landet har",
        (pl.col("vantade") >= 3) & (pl.col("kvar") == 0) & (pl.col("kvar_alla") >= 0.8),
        "kvar",
        "kvar_alla",
    ),
    Rule(
        "saknas",
        "egna",
        "varning",
        False,
        "högst en tredjedel av de egna områden som hade värde i mätningen före har det, fast fyra femtedelar av "
        "landet har",
        (pl.col("vantade") >= 1) & (pl.col("kvar") <= 1 / 3) & (pl.col("kvar_alla") >= 0.8),
        "kvar",
        "kvar_alla",
    ),
    Rule(
        "nekade",
        "alla",
        "stopp",
        False,
        "minst fem områden, och 5 % av dem som kom, har värden utanför enhetens gränser: då är de andra misstänkta "
        "också",
        (pl.col("nekade") >= 5) & (pl.col("nekade") >= 0.05 * (pl.col("antal").fill_null(0) + pl.col("nekade"))),
        "nekade",
        "antal",
    ),
    Rule(
        "reviderat",
        "alla",
        "stopp",
        True,
        "mer än hälften av alla publicerade värden har ändrats eller försvunnit",
        _PUBLISHED & (pl.col("andrade") > 0.5 * pl.col("fore")),
        "andrade",
        "fore",
    ),
    Rule(
        "reviderat",
        "alla",
        "varning",
        True,
        "mer än en femtedel av alla publicerade värden, eller nio tiondelar av det nyaste årets, har ändrats eller "
        "försvunnit",
        _PUBLISHED
        & ((pl.col("andrade") > 0.2 * pl.col("fore")) | (pl.col("andrade_nyast") > 0.9 * pl.col("fore_nyast"))),
        "andrade",
        "fore",
    ),
    Rule(
        "reviderat",
        "egna",
        "stopp",
        False,
        "minst tre egna områden har fått mer än hälften av sina publicerade värden ändrade, landet mindre än en "
        "femtedel",
        (pl.col("andrade_omraden") >= 3) & (pl.col("andrade_alla") < _NOT_COUNTRY),
        "andrade",
        "fore",
    ),
    Rule(
        "borta",
        "egna",
        "stopp",
        False,
        "ett eget område har förlorat hälften av sina publicerade värden (minst tre), landet mindre än en femtedel",
        (pl.col("borta_omraden") >= 1) & (pl.col("borta_alla") < _NOT_COUNTRY),
        "borta",
        "fore",
    ),
)


def rules_table() -> str:
    """The rules as a Markdown table for docs/drift.md."""
    lines = ["| regel | gäller | när | då |", "|---|---|---|---|"]
    for rule in RULES:
        outcome = (
            "stopp; varning med en händelse som skäl" if rule.severity == "stopp" and rule.excused else rule.severity
        )
        lines.append(f"| `{rule.id}` | {rule.scope} | {rule.what} | {outcome} |")
    lines += [
        f"| `gräns` | varje värde | utanför enhetens gränser: {bound.words} | karantän |" for bound in BOUNDS[:-1]
    ]
    return "\n".join(lines)
