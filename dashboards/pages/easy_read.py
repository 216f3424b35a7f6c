"""lattlast.html: the report in at most ten sentences of plain words, in every language that has a file in `lattlast`.

The sentences are texts of that file; here is only which of them are true, and with which figures. Words for a figure
that nobody has written there are not made up: such a nyckeltal is not mentioned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dashboards import formatting
from dashboards.context import Report
from dashboards.pages import choice, links, status, wording
from dashboards.readings import Reading
from pipelines.errors import MalbildError

HOME = "sv"
DECIDED = "beslutad"
_FOLDER = Path(__file__).parent.parent / "lattlast"

# Where riket has gone the same way, the direction is not the huvudman's.
_APART = ("mer än riket", "tvärtom mot riket")

Figures = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text of the file. decided: the owners have approved it word for word."""

    id: str
    text: str
    decided: bool


@dataclass(frozen=True, slots=True)
class Language:
    """A file of `lattlast`: what the page says in a language. words: nyckeltal → what follows its value."""

    code: str
    name: str
    heading: str
    proposal: str
    more: str
    sentences: tuple[Sentence, ...]
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EasyRead:
    """What the template shows. proposal: that the words are not all approved; None when they are."""

    language: Language
    sentences: tuple[str, ...]
    proposal: str | None


@cache
def languages() -> tuple[Language, ...]:
    """Every language, Swedish first."""
    listed = [_language(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(_FOLDER.glob("*.yaml"))]
    return tuple(sorted(listed, key=lambda language: language.code != HOME))


def _language(table: Mapping[str, Any]) -> Language:
    return Language(
        table["sprak"],
        table["namn"],
        table["rubrik"],
        table["forslag"],
        table["mer"],
        tuple(Sentence(entry["id"], entry["text"], entry["beslut"] == DECIDED) for entry in table["meningar"]),
        table["ord"],
    )


def path(language: Language) -> str:
    """The page's file."""
    return links.LATTLAST if language.code == HOME else f"lattlast-{language.code}.html"


def easy_read(report: Report, language: Language) -> EasyRead:
    """The sentences that are true, in the order of the file. Raises MalbildError when one has no condition here."""
    readings = [
        reading
        for topic in report.topics
        if topic.kpi.id in language.words
        for reading in topic.readings.values()
        if not reading.approximate and reading.country is not None
    ]
    said = []
    for sentence in language.sentences:
        if sentence.id not in _TRUE:
            raise MalbildError(
                f"lattlast/{language.code}.yaml: meningen {sentence.id!r} has no condition → use one of "
                f"{', '.join(_TRUE)}, or add its condition to dashboards/pages/easy_read.py"
            )
        figures = _TRUE[sentence.id](report, language, readings)
        if figures is not None:
            said.append((sentence, sentence.text.format_map(figures)))
    proposed = any(not sentence.decided for sentence, _ in said)
    return EasyRead(language, tuple(text for _, text in said), language.proposal if proposed else None)


def _county(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
    count, region = report.published.content.kommuner, report.published.content.region
    return {"antal": _count(count), "region": region} if count and region else None


def _measures(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
    having = _having(report)
    return {"antal": str(len(report.published.measures)), "med": _count(having)} if having else None


def _missing(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
    missing = len(report.published.measures) - _having(report)
    return {"antal": str(missing)} if missing else None


def _having(report: Report) -> int:
    return choice.count_with_data(report.published.measures, report.published)


def _count(number: int) -> str:
    return formatting.capital(formatting.count_word(number))


def _against(word: str) -> Callable[[Report, Language, Sequence[Reading]], Figures | None]:
    """The huvudman that is surely better, or worse, than riket, the farthest from it."""

    def figures(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
        matching = [reading for reading in readings if reading.against == word]
        reading = max(matching, key=lambda r: (abs(r.distance), r.topic.kpi.id, r.area.id), default=None)
        return None if reading is None else {"namn": reading.area.name, **_beside_country(reading, language)}

    return figures


def _beside_country(reading: Reading, language: Language) -> dict[str, str]:
    country = reading.country
    assert country is not None, "readings without riket are left out"
    return {
        "varde": reading.text,
        "riket": reading.topic.text(country),
        "ar": str(reading.year),
        "ord": language.words[reading.topic.kpi.id],
    }


def _difference(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
    """The kommuner with the highest and the lowest value, where their difference is largest beside the noise."""
    best: tuple[float, Reading, Reading] | None = None
    for topic in report.topics:
        of_kommuner = [r for r in topic.of_kommuner if topic.kpi.id in language.words and r.half]
        if len(of_kommuner) < 2:
            continue
        high, low = max(of_kommuner, key=lambda r: r.value), min(of_kommuner, key=lambda r: r.value)
        times = (high.value - low.value) / ((high.half or 0) ** 2 + (low.half or 0) ** 2) ** 0.5
        if times > 1 and (best is None or times > best[0]):
            best = (times, high, low)
    if best is None:
        return None
    _, high, low = best
    return {
        "forst": high.area.name,
        "forst_varde": high.text,
        "sist": low.area.name,
        "sist_varde": low.text,
        "ar": str(high.year),
        "ord": language.words[high.topic.kpi.id],
    }


def _whole_county(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
    """The first value of the region that is the county's."""
    reading = next((r for r in readings if r.area.kind == "region"), None)
    return None if reading is None else _beside_country(reading, language)


def _moved(kind: str) -> Callable[[Report, Language, Sequence[Reading]], Figures | None]:
    """The first huvudman with a direction that stands although many are tested, and that is not riket's own."""

    def figures(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
        for reading in readings:
            trend, ends = reading.trend, reading.trend_ends
            if trend is None or ends is None or trend.mot_riket not in _APART:
                continue
            if wording.own_direction(reading).kind == kind:
                return {
                    "namn": reading.area.name,
                    "fran": str(ends[0].year),
                    "till": str(ends[1].year),
                    "forst_varde": reading.topic.text(ends[0]),
                    "sist_varde": reading.topic.text(ends[1]),
                    "ord": language.words[reading.topic.kpi.id],
                }
        return None

    return figures


def _always(report: Report, language: Language, readings: Sequence[Reading]) -> Figures | None:
    return {}


# A sentence's id → the figures that it is true with; None where it is not.
_TRUE: Mapping[str, Callable[[Report, Language, Sequence[Reading]], Figures | None]] = {
    "lan": _county,
    "matt": _measures,
    "samre": _against(status.WORSE[0]),
    "battre": _against(status.BETTER[0]),
    "skillnad": _difference,
    "lanet": _whole_county,
    "at_ratt_hall": _moved("battre"),
    "at_fel_hall": _moved("samre"),
    "saknas": _missing,
    "varfor": _always,
}
