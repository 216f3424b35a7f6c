"""Mätproblem: the owners' words, what the report never claims, and the caveats of each mått as words with a reason.

The words are made from what is published about the mått's nyckeltal and values, so that none is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import choice, links
from dashboards.pages.counts import CountList, CountRow
from dashboards.reading.content import Content, Records
from dashboards.reading.published import Measure, Published, Series

# A newest year this far behind the year of the data is old.
_OLD_AFTER = 2

MEANINGS = {
    "osäkerhet": "svar från ett urval, eller från dem som valde att svara; värdet är osäkert",
    "självrapporterat": "huvudmannen har själv lämnat uppgiften",
    "definition ändrad": "åren före och efter ändringen kan inte jämföras",
    "flerårsmedel": "varje värde är ett medel över flera år, så en ändring märks långsamt",
    "upphört": "nyckeltalet samlas inte längre in",
    "eftersläpning": "det senaste året ligger minst två år före den dag som uppgifterna gäller",
    "sekretess": "något av de senaste värdena visas inte, för att det rör för få personer",
    "bortfall": "någon huvudman har inte lämnat något av de senaste värdena",
    "indirekt": "det som visas mäter något närliggande, inte måttet självt",
    "annan undersökning": "vissa år är länets värden ur en annan undersökning än rikets; jämförelsen är ungefärlig",
    "att tänka på": "vad källan eller ägarna säger om nyckeltalet",
}
CLAIMS = (
    "Rapporten säger inget om orsaker: en ändring kan bero på annat än omställningen till nära vård.",
    "Läge, riktning och mål är tre skilda bedömningar och vägs aldrig ihop.",
    "Ett läge bland andra områden, också som färg i Kolada, är relativt: det kan ändras för att andra ändras.",
)
_BASIS = {
    "urval": "enkät till ett urval",
    "totalundersökning": "enkät till alla, en del svarar",
}


@dataclass(frozen=True, slots=True)
class Caveat:
    """One of the keys of MEANINGS, and what makes it so for this mått."""

    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class MeasureCaveats:
    """A mått with its caveats; `none` says why there are none."""

    link: str
    name: str
    caveats: tuple[Caveat, ...]
    none: str


@dataclass(frozen=True, slots=True)
class Caveats:
    """quotes, disclaimers: the owners' words. claims: what the report does not say. counts: word, meaning, how
    many. listed: the counts."""

    quotes: Records
    disclaimers: Records
    claims: tuple[str, ...]
    counts: tuple[tuple[str, str, str], ...]
    listed: tuple[CountRow, ...]
    measures: tuple[MeasureCaveats, ...]


def caveats(published: Published, content: Content) -> Caveats:
    """The section's contents."""
    rows = [(measure, caveat_words(measure, published, content)) for measure in published.measures]
    counted = [
        (word, meaning, sum(any(c.word == word for c in measure_caveats) for _, measure_caveats in rows))
        for word, meaning in MEANINGS.items()
    ]
    counts = CountList("Förbehåll")
    listed = tuple(
        (word, meaning, f"{counts.of('mått', word, n, len(rows))} mått") for word, meaning, n in counted if n
    )
    return Caveats(
        quotes=content.quoted("mätproblem"),
        disclaimers=content.quoted("tolkning"),
        claims=CLAIMS,
        counts=listed,
        listed=tuple(counts.rows),
        measures=tuple(
            MeasureCaveats(links.measure_page(measure.id), measure.name, measure_caveats, _none(measure, published))
            for measure, measure_caveats in rows
        ),
    )


def caveat_words(measure: Measure, published: Published, content: Content) -> tuple[Caveat, ...]:
    """What to have in mind about the nyckeltal that the mått shows openly, in the order of MEANINGS."""
    uses = choice.main_kpis(measure)
    today = published.run.day
    # word → reason → the nyckeltal that it is about
    reasons: dict[str, dict[str, list[str]]] = {word: {} for word in MEANINGS}

    def note(word: str, reason: str, *kpi_ids: str) -> None:
        reasons[word].setdefault(reason, []).extend(kpi_ids)

    for use in uses:
        kpi = published.kpis[use.kpi_id]
        (facts,) = content.where("nyckeltal", nyckeltal_id=kpi.id)
        basis = facts.underlag
        if basis in _BASIS:
            margin = f"osäkerhetstal {kpi.uncertainty}" if kpi.uncertainty else "inget osäkerhetstal"
            note("osäkerhet", f"{_BASIS[basis]}, {margin}", kpi.id)
        elif kpi.uncertainty:
            note("osäkerhet", f"osäkerhetstal {kpi.uncertainty}", kpi.id)
        if basis == "egen redovisning":
            note("självrapporterat", "egen redovisning", kpi.id)
        for series_break in content.where("nyckeltal_brott", nyckeltal_id=kpi.id):
            note("definition ändrad", f"{series_break.ar}: {series_break.vad_som_andrades.rstrip('.')}", kpi.id)
        if facts.overlappande_ar:
            years = formatting.count_word(facts.overlappande_ar)
            note("flerårsmedel", f"medel över {years} år", kpi.id)
        if surveys := [str(row.ar) for row in content.where("nyckeltal_undersokning", nyckeltal_id=kpi.id)]:
            note("annan undersökning", formatting.join(surveys), kpi.id)
        if kpi.caveat:
            note("att tänka på", kpi.caveat.rstrip("."), kpi.id)
        if kpi.ended:
            note("upphört", f"sista året är {kpi.ended}", kpi.id)
        for status in ("sekretess", "bortfall"):
            if names := _without(kpi.id, status, published):
                note(status, formatting.join(names), kpi.id)
    if uses and measure.perspective == "huvudmannens rapport" and not reasons["självrapporterat"]:
        note("självrapporterat", "måttet bygger på huvudmannens rapport")
    if measure.coverage == "brott" and not reasons["definition ändrad"]:
        note("definition ändrad", "ett nytt nyckeltal har ersatt det gamla; de binds inte ihop")
    newest = choice.newest_of(measure, published)
    if newest is not None and newest <= today.year - _OLD_AFTER:
        note("eftersläpning", f"senaste året är {newest}")
    if uses and all(use.role == "indirekt" for use in uses):
        note("indirekt", "inget nyckeltal mäter måttet självt", *(use.kpi_id for use in uses))
    return tuple(
        Caveat(
            word,
            "; ".join(f"{reason} ({formatting.join(ids)})" if ids else reason for reason, ids in ids_by_reason.items()),
        )
        for word, ids_by_reason in reasons.items()
        if ids_by_reason
    )


def _without(kpi_id: str, status: str, published: Published) -> list[str]:
    """The huvudmän whose newest total has this status in place of a value."""
    series = published.series.get(kpi_id, Series())
    names = []
    for area in published.principals:
        years = [year for where, year, gender in series.cells if where == area.id and gender == "T"]
        if years and series.cell(area.id, max(years)).status == status:
            names.append(f"{area.name} {max(years)}")
    return names


def _none(measure: Measure, published: Published) -> str:
    if choice.main_kpis(measure):
        return "inget förbehåll är noterat"
    return f"måttet visar inga uppgifter: {choice.STATE_WORDS[choice.measure_status(measure, published)]}"
