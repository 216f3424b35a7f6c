"""Effekt: whether a satsning can be seen in a nyckeltal, in sentences for its card, its page and the index.

What is judged, and in which word, is table `effekt`; here it is worded. No sentence says that the satsning is the
cause, and the index has nothing before two uppföljningar agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from dashboards import cite, formatting
from dashboards.kpi.words import decimals
from dashboards.reading.content import Content, is_over
from dashboards.reading.published import Published
from pipelines.rows import Record

_DEVIATES, _TOGETHER = "avviker", "tillsammans"
_WAYS = {"som väntat": "avviker, åt det håll som väntades", "tvärtom": "avviker, åt motsatt håll mot vad som väntades"}
LABEL = "Effekt"
NOTHING_EXPECTED = "kan inte bedömas: vad den väntas leda till är inte nedskrivet innan uppgifterna kommer"
NO_PROOF = (
    "Att ett värde avviker bevisar inte att satsningen är orsaken: annat kan ha hänt samtidigt, och andra kan ha gjort "
    "detsamma. Att det inte avviker bevisar inte att satsningen är verkningslös: en liten effekt syns inte i siffror "
    "som varierar mycket. Var tjugonde prövning avviker av en slump. Jämförelsen är med alla områden av samma typ som "
    "inte deltar och har värden samma år, vägda så att deras utveckling före starten liknar huvudmannens."
)
_UNCONFIRMED = "Det står inte fast förrän en senare mätning visar samma sak i en uppföljning till."
_CONFIRMED = "En tidigare uppföljning, med en tidigare mätning, visade samma sak."


def effect_facts(initiative: Record, published: Published, content: Content) -> Iterator[tuple[str, str]]:
    """Label and text for the satsning's card: a line per nyckeltal, or one that says why there is none.

    initiative: a row of `satsning`.
    """
    rows = content.belonging("effekt", initiative)
    for kpi_id, of_kpi in groupby(rows, key=lambda row: row.nyckeltal_id):
        yield LABEL, f"{_title(kpi_id, published)}: {_short(list(of_kpi), published)}"
    if not rows and initiative.slag == "satsning" and not is_over(initiative):
        yield LABEL, NOTHING_EXPECTED


def effect_lines(initiative: Record, published: Published, content: Content) -> tuple[str, ...]:
    """All that is said of the satsning's effect, a few sentences per nyckeltal and huvudman, and then what a deviation
    is not; nothing where no expectation is known. initiative: a row of `satsning`.
    """
    rows = content.belonging("effekt", initiative)
    lines = [f"{_title(row.nyckeltal_id, published)}, {_sentence(row, published)}" for row in rows]
    return (*lines, NO_PROOF) if lines else ()


def confirmed_lines(published: Published, content: Content) -> tuple[str, ...]:
    """The deviations on which two uppföljningar agree, for the index."""
    names = content.texts("satsning", "namn")
    return tuple(
        f"{names.get(row.satsning_id, row.satsning_id)}, {formatting.lowered(_title(row.nyckeltal_id, published))}, "
        f"{_sentence(row, published)}"
        for row in content.where("effekt", bekraftad=True)
    )


def _title(kpi_id: str, published: Published) -> str:
    kpi = published.kpis.get(kpi_id)
    return f"{kpi.short or kpi.title} ({kpi_id})" if kpi else kpi_id


def _short(rows: Sequence[Record], published: Published) -> str:
    """Verdicts with the names that they are of: first all together, then those that deviate."""
    order = sorted(rows, key=lambda row: (row.huvudman_id != _TOGETHER, row.besked != _DEVIATES))
    verdicts: dict[str, list[str]] = {}
    for row in order:
        verdicts.setdefault(_verdict(row), []).append(_who(row, published))
    return f"{'; '.join(f'{formatting.join(who)}: {verdict}' for verdict, who in verdicts.items())}."


def _verdict(row: Record) -> str:
    word = _WAYS.get(row.mot_vantat, row.besked)
    return f"{word}, {row.motivering}" if row.skillnad is None else str(word)


def _who(row: Record, published: Published) -> str:
    if row.huvudman_id == _TOGETHER:
        return f"{formatting.count_word(row.antal_huvudman)} kommuner tillsammans"
    return str(published.area_names.get(row.huvudman_id, row.huvudman_id))


def _sentence(row: Record, published: Published) -> str:
    who = _who(row, published)
    if row.skillnad is None:
        return f"{who}: {_verdict(row)}."
    kpi = published.kpis.get(row.nyckeltal_id)
    digits = decimals(kpi, published) if kpi else 1
    unit = kpi.unit if kpi else ""
    points = "procentenheter" if unit == "%" else unit

    def shown(column: str, unit: str = "") -> str:
        value = getattr(row, column)
        text = formatting.number(value, digits)
        place = cite.place("effekt", row.nyckeltal_id, row.huvudman_id, None, None, column)
        return cite.figure(formatting.with_unit(text, unit) if unit else text, value, place)

    first, last = row.bedomt_fran_ar, row.till_ar
    years = str(last) if first == last else f"{first}–{last}"
    agreed = "" if row.besked != _DEVIATES else f" {_CONFIRMED if row.bekraftad else _UNCONFIRMED}"
    return (
        f"{who} {years}: {_verdict(row)}. Värdet är {shown('varde', unit)} och hade varit "
        f"{shown('vantat_varde', unit)} med de {row.antal_jamforda} andras utveckling; skillnaden är "
        f"{shown('skillnad', points)} (95 %: {shown('nedre')} till {shown('ovre')}). "
        f"{formatting.capital(row.motivering)}.{_weighty(row, published)}{agreed}"
    )


def _weighty(row: Record, published: Published) -> str:
    if row.storst_vikt is None:
        return ""
    names = [published.area_names.get(area, area) for area in row.storst_vikt.split(", ")]
    return f" Mest väger {formatting.join(names)}."
