"""Mätproblem: the owners' words, what the report never claims, and the caveats of each mått as words with a reason.

The words are made from what is published about the mått's nyckeltal and values, so that none is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.content import Content, Quote
from dashboards.data import Measure, Published, Series
from dashboards.pages import choice
from dashboards.pages.overview import measure_anchor

# A newest year this far behind the year of the data is old.
_OLD_AFTER = 2

MEANINGS = {
    "osäkerhet": "svar från ett urval, eller från dem som valde att svara; små skillnader kan bero på slumpen",
    "självrapporterat": "huvudmannen har själv lämnat uppgiften",
    "definition ändrad": "åren före och efter ändringen kan inte jämföras",
    "flerårsmedel": "varje värde är ett medel över flera år, så en ändring märks långsamt",
    "upphört": "nyckeltalet samlas inte längre in",
    "eftersläpning": "det senaste året ligger minst två år före den dag som uppgifterna gäller",
    "sekretess": "något av de senaste värdena visas inte, för att det rör för få personer",
    "bortfall": "någon huvudman har inte lämnat något av de senaste värdena",
    "indirekt": "det som visas mäter något närliggande, inte måttet självt",
}
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

    anchor: str
    name: str
    caveats: tuple[Caveat, ...]
    none: str


@dataclass(frozen=True, slots=True)
class Caveats:
    """quotes, disclaimers: the owners' words. claims: what the report does not say. counts: word, meaning, how many."""

    quotes: tuple[Quote, ...]
    disclaimers: tuple[Quote, ...]
    claims: tuple[str, ...]
    counts: tuple[tuple[str, str, str], ...]
    measures: tuple[MeasureCaveats, ...]


def caveats(published: Published, content: Content) -> Caveats:
    """The section's contents."""
    found = [(measure, caveat_words(measure, published, content)) for measure in published.measures]
    counted = [
        (word, meaning, sum(any(c.word == word for c in some) for _, some in found))
        for word, meaning in MEANINGS.items()
    ]
    return Caveats(
        quotes=content.quoted("mätproblem"),
        disclaimers=content.quoted("tolkning"),
        claims=(
            "Rapporten säger inget om orsaker: en ändring kan bero på annat än omställningen till nära vård.",
            "Läge, riktning och mål är tre skilda bedömningar och vägs aldrig ihop.",
            "Ett läge bland andra områden, också som färg i Kolada, är relativt: det kan ändras för att andra ändras.",
        ),
        counts=tuple((word, meaning, f"{n} av {len(found)} mått") for word, meaning, n in counted if n),
        measures=tuple(
            MeasureCaveats(measure_anchor(measure.id), measure.name, some, _none(measure, published))
            for measure, some in found
        ),
    )


def caveat_words(measure: Measure, published: Published, content: Content) -> tuple[Caveat, ...]:
    """What to have in mind about the nyckeltal that the mått shows openly, in the order of MEANINGS."""
    uses = choice.shown(measure)
    today = words.swedish_date(published.run.finished)
    reasons: dict[str, list[str]] = {word: [] for word in MEANINGS}
    for use in uses:
        kpi, facts = published.kpis[use.kpi_id], content.kpi_facts.get(use.kpi_id)
        basis = facts.basis if facts else None
        if basis in _BASIS:
            margin = f"osäkerhetstal {kpi.uncertainty}" if kpi.uncertainty else "inget osäkerhetstal"
            reasons["osäkerhet"].append(f"{kpi.id}: {_BASIS[basis]}, {margin}")
        elif kpi.uncertainty:
            reasons["osäkerhet"].append(f"{kpi.id}: osäkerhetstal {kpi.uncertainty}")
        if basis == "egen redovisning":
            reasons["självrapporterat"].append(f"{kpi.id}: egen redovisning")
        for year, reason in facts.breaks if facts else ():
            reasons["definition ändrad"].append(f"{kpi.id} {year}: {reason.rstrip('.')}")
        if facts and facts.overlapping_years:
            years = words.count_word(facts.overlapping_years)
            reasons["flerårsmedel"].append(f"{kpi.id}: medel över {years} år")
        if kpi.ended:
            reasons["upphört"].append(f"{kpi.id}: sista året är {kpi.ended}")
        for status in ("sekretess", "bortfall"):
            if names := _without(kpi.id, status, published):
                reasons[status].append(f"{kpi.id}: {words.join(names)}")
    if uses and measure.perspective == "huvudmannens rapport" and not reasons["självrapporterat"]:
        reasons["självrapporterat"].append("måttet bygger på huvudmannens rapport")
    if measure.coverage == "brott" and not reasons["definition ändrad"]:
        reasons["definition ändrad"].append("en ny serie har ersatt den gamla; de binds inte ihop")
    newest = choice.newest_of(measure, published)
    if newest is not None and newest <= today.year - _OLD_AFTER:
        reasons["eftersläpning"].append(f"senaste året är {newest}")
    if uses and all(use.role == "indirekt" for use in uses):
        reasons["indirekt"].append(words.join([use.kpi_id for use in uses]))
    return tuple(Caveat(word, "; ".join(some)) for word, some in reasons.items() if some)


def _without(kpi_id: str, status: str, published: Published) -> list[str]:
    """The huvudmän whose newest total has this status in place of a value."""
    series = published.series.get(kpi_id, Series())
    found = []
    for area in published.principals:
        years = [year for where, year, gender in series.cells if where == area.id and gender == "T"]
        if years and series.cell(area.id, max(years)).status == status:
            found.append(f"{area.name} {max(years)}")
    return found


def _none(measure: Measure, published: Published) -> str:
    if choice.shown(measure):
        return "inget förbehåll är noterat"
    return f"måttet visar inga uppgifter: {choice.STATE_WORDS[choice.state(measure, published)]}"
