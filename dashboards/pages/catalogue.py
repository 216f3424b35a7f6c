"""What changed lately in Kolada's catalogue, in words: a sentence for each event of table `katalog_handelse`."""

from __future__ import annotations

import re

from dashboards import formatting
from dashboards.pages.choice import LEVEL_WORDS
from dashboards.reading.published import CatalogueEvent, Published

_AT_MOST = 20
_UNKNOWN = "uppgift saknas"
# What an event says of a group: its title, then the ids of its members.
_GROUP = re.compile(r"(?P<title>.*): (?P<members>\d{4}(, \d{4})*)?", re.DOTALL)


def news(published: Published) -> list[str]:
    """The events of the newest run that saw any, at most twenty and then how many more there are."""
    if published.news is None:
        return []
    events = published.news.events
    sentences = [
        _kpi_event(e, published) if e.kind == "nyckeltal" else _group_event(e, published) for e in events[:_AT_MOST]
    ]
    return [*sentences, *([f"och {formatting.count(len(events) - _AT_MOST)} till"] if len(events) > _AT_MOST else [])]


def _kpi_event(event: CatalogueEvent, published: Published) -> str:
    kpi = published.kpis.get(event.id)
    named = f"{event.id} {kpi.title if kpi else '(följs inte längre)'}"
    before, after = event.before or _UNKNOWN, event.after or _UNKNOWN
    match event.what:
        case "nyckeltal saknas":
            return f"{event.id} {after}: finns inte i katalogen."
        case "nyckeltal borttaget":
            return f"{event.id} {before}: finns inte längre i katalogen."
        case "nyckeltal åter i katalogen":
            return f"{event.id} {after}: finns nu i katalogen."
        case "nyckeltal upphört":
            return f"{named}: upphört, sista året är {after}."
        case "ny titel":
            return f"{event.id}: ny titel, «{after}» i stället för «{before}»."
        case "titel ej bekräftad":
            return f"{event.id}: titeln «{after}» är inte bekräftad, bara «{before}»; nya värden hålls."
        case "ny definition":
            return f"{named}: ny definition."
        case "ny nivå":
            return f"{named}: finns nu för {_level(after)}, tidigare för {_level(before)}."
        case "annan nivå än i indikatorer.yaml":
            return f"{named}: finns för {_level(after)}, men för {_level(before)} enligt indikatorer.yaml."
        case "ny könsuppdelning":
            return f"{named}: uppdelat på kvinnor och män: {after}, tidigare {before}."
        case "omöjligt publiceringsdatum":
            return f"{named}: Kolada anger publiceringsdatumet {after}, som inte finns."
        case "planerad publicering passerad":
            return f"{named}: värden för {after} skulle ha publicerats {before}, men har inte kommit."
        case what:
            return f"{named}: {what}, {_from_to(event)}."


def _group_event(event: CatalogueEvent, published: Published) -> str:
    if event.what == "grupp borttagen":
        return f"Grupp {event.id} «{event.before or _UNKNOWN}»: finns inte längre i katalogen."
    before, after = _GROUP.fullmatch(event.before or ""), _GROUP.fullmatch(event.after or "")
    if event.what != "grupp ändrad" or before is None or after is None:
        return f"Grupp {event.id}: {event.what}, {_from_to(event)}."
    was, now = (set(re.findall(r"\d{4}", group["members"] or "")) for group in (before, after))
    title = f"ny titel, «{after['title']}» i stället för «{before['title']}»"
    changes = [title] if before["title"] != after["title"] else [f"«{after['title']}»"]
    for what, ids in (("nya medlemmar", now - was), ("inte längre medlemmar", was - now)):
        if ids:
            changes.append(f"{what}: {formatting.join(sorted(published.area_names.get(i, i) for i in ids))}")
    return f"Grupp {event.id}: {'; '.join(changes if now != was else [*changes, 'samma medlemmar'])}."


def _level(level: str) -> str:
    return LEVEL_WORDS.get(level, level)


def _from_to(event: CatalogueEvent) -> str:
    return f"«{event.before or _UNKNOWN}» → «{event.after or _UNKNOWN}»"
