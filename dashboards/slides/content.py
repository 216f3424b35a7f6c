"""What the slides say: an issue on at most fifteen, a huvudman on at most four. Nothing is said that no page says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.figures.model import COUNTRY, COUNTY, Line, Point, Trend
from dashboards.kpi.charts import Chart
from dashboards.pages import attribution, links, organisation
from dashboards.pages.caveats import CLAIMS
from dashboards.pages.front import front
from dashboards.pages.goals import goal_summaries
from dashboards.pages.huvudman import PrincipalSheet, principal_sheets
from dashboards.pages.measures import Block, MeasurePage, measure_contents
from dashboards.reading.published import Area
from dashboards.readings import Reading, Topic
from dashboards.slides.model import Bars, Deck, Lines, Slide, Table, bars_of, lines_of

TOPICS_AT_MOST = 10
_TITLE_AT_MOST = 170
_NOT_FOR = "Använd inte bilden till:"
_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-ZÅÄÖ])")


def decks(report: Report) -> dict[str, Deck]:
    """The issue's deck, and each huvudman's, by the name of its file."""
    return {
        "presentation": issue_deck(report, measure_contents(report.published)),
        **{f"presentation-{sheet.area.id}": principal_deck(report, sheet) for sheet in principal_sheets(report)},
    }


def issue_deck(report: Report, measures: Sequence[MeasurePage]) -> Deck:
    """The issue: the whole on a slide, what to take a stand on, mått by mått, what is not known, how to read it."""
    page = front(report)
    own = attribution.own(report.published.run.source)
    goals = [
        f"{goal.goal.name}: {cite.plain(' '.join(goal.sentences))}" for goal in goal_summaries(report) if goal.sentences
    ]
    points = [cite.plain(f"{point.heading}: {point.fact}. {point.question}") for point in page.points]
    title, *rest = _sentences(page.lead)
    first, *unknown = page.unknown or ("Alla mått har värden.",)
    slides = [
        Slide(title, own, _notes(report, links.LAGET, [page.lead, *goals]), body=(*rest, *goals)),
        Slide(
            f"{formatting.capital(formatting.count_word(len(points)))} saker att ta ställning till"
            if len(points) > 1
            else "Att ta ställning till",
            own,
            _notes(report, links.LAGET, points),
            body=tuple(points or [page.no_points]),
        ),
        *_topic_slides(report, measures, {point.heading for point in page.points}),
        Slide(
            formatting.capital(cite.plain(first)),
            own,
            _notes(report, links.LAGET, page.unknown),
            body=tuple(map(cite.plain, unknown)),
        ),
        Slide(
            "Så läser ni bilderna",
            attribution.page_line(report.published.run.source, corrected=report.published.corrected),
            _notes(report, links.METOD, ()),
            body=(
                "Säkert: utanför hur värdena brukar variera från år till år (99,8 %). Troligen: 95 %.",
                "En linje som är bruten mäter olika saker före och efter.",
                *CLAIMS,
            ),
        ),
    ]
    return _deck(report, organisation.heading(report.published.content), slides, first=True)


def principal_deck(report: Report, sheet: PrincipalSheet) -> Deck:
    """A huvudman: three sentences, every mått beside riket, and what stands out most each way."""
    area, own = sheet.area, attribution.own(report.published.run.source)
    sentences = [cite.plain(box.sentence) for box in sheet.boxes]
    page = links.principal_page(area)
    rows = tuple(
        tuple(map(cite.plain, (row.name, row.value, row.year, row.country, row.against, row.direction.word)))
        for row in sheet.rows
    )
    slides = [
        Slide(
            f"{area.name}: {formatting.lowered(sheet.count)}",
            own,
            _notes(report, page, sentences),
            body=tuple(sentences),
        )
    ]
    if rows:
        slides.append(
            Slide(
                f"{area.name}: varje mått bredvid riket",
                attribution.page_line(report.published.run.source, corrected=report.published.corrected),
                _notes(report, page, sheet.notes),
                table=Table(("Mått", area.name, "År", "Riket", "Mot riket (≈ ungefärligt)", "Över tid"), rows),
            )
        )
    topics = {topic.kpi.id: topic for topic in report.topics}
    for outlier in (*sheet.worse[:1], *sheet.better[:1]):
        slides.append(_outlier(report, topics[outlier.kpi_id].readings[area.id], cite.plain(outlier.words)))
    return _deck(report, area.name, slides, first=False)


def _deck(report: Report, title: str, slides: Sequence[Slide], *, first: bool) -> Deck:
    """first: with a slide of what it is before the others."""
    published, edition = report.published, report.edition
    issue = edition.issue.title if edition.issue else None
    name = ", ".join(part for part in (issue, formatting.lowered(edition.status) if issue else edition.status) if part)
    fetched = attribution.fetched(published.run)
    heading = organisation.heading(published.content)
    return Deck(
        title=title,
        subtitle=(name, organisation.board_line(published.content), fetched) if first else (),
        footer=f"{heading}, {name}. {fetched}.",
        mark=attribution.mark(published.run.source),
        slides=tuple(slides),
    )


def _sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(cite.plain(text))


def _notes(report: Report, page: str, sentences: Sequence[str], *not_for: str, source: str = "") -> str:
    """What the speaker reads: the sentences, the source, what the slide must not be used for, and the page."""
    published = report.published
    source = source or attribution.page_line(published.run.source, corrected=published.corrected)
    paragraphs = [
        *map(cite.plain, sentences),
        source,
        "\n".join([_NOT_FOR, *(f"– {text}" for text in (*CLAIMS[:1], *not_for))]),
        f"Sidan i rapporten: {page}",
    ]
    return "\n\n".join(paragraphs)


# --- a mått -----------------------------------------------------------------------------------------------------------


def _topic_slides(report: Report, measures: Sequence[MeasurePage], headings: set[str]) -> Iterator[Slide]:
    """What is to take a stand on, then one of each indikator, then the rest, in the målbild's order."""
    shown = {block.kpi_id: (page, block) for page in measures for block in page.blocks if block.charts}
    topics = [topic for topic in report.topics if topic.kpi.id in shown]
    indicators = [
        next((topic for topic in topics if topic.measure.id in {m.id for m in indicator.measures}), None)
        for indicator in report.published.indicators
    ]
    wanted = [*(topic for topic in topics if topic.label in headings), *filter(None, indicators), *topics]
    chosen = list(dict.fromkeys(topic.kpi.id for topic in wanted))[:TOPICS_AT_MOST]
    for topic in topics:
        if topic.kpi.id in chosen:
            yield _topic_slide(report, topic, *shown[topic.kpi.id])


def _topic_slide(report: Report, topic: Topic, page: MeasurePage, block: Block) -> Slide:
    lead = [cite.plain(text) for text in block.answer.lead]
    title = lead[0]
    for sentence in lead[1:]:
        if len(title) + len(sentence) < _TITLE_AT_MOST:
            title += f" {sentence}"
    corrected = [f"{chart.source}." for chart in block.charts if chart.corrected]
    source = " ".join([attribution.page_line(block.source, corrected=bool(corrected)), *dict.fromkeys(corrected)])
    caveats = [f"{caveat.word}: {caveat.reason}" for caveat in page.caveats]
    return Slide(
        title=title,
        source=source,
        notes=_notes(
            report,
            f"{links.measure_page(page.id)}#{block.anchor}",
            [*block.sentences, *(note for chart in block.charts for note in chart.notes)],
            *caveats,
            source=source,
        ),
        charts=tuple(_chart(topic, chart) for chart in block.charts),
    )


def _chart(topic: Topic, chart: Chart) -> Lines | Bars:
    if isinstance(chart.model, Trend):
        breaks = [formatting.lowered(mark.text) for mark in chart.model.marks if mark.is_break]
        return lines_of(chart.model, "; ".join([f"{topic.label}, {chart.heading}", *breaks]), topic.decimals)
    also = "; annan undersökning än rikets" if any(reading.approximate for reading in topic.newest) else ""
    return bars_of(chart.model, f"{chart.heading}{also}", chart.country, topic.decimals)


# --- a huvudman -------------------------------------------------------------------------------------------------------


def _outlier(report: Report, reading: Reading, words: str) -> Slide:
    topic, area = reading.topic, reading.area
    corrected = topic.corrected
    source = attribution.page_line(attribution.source_of(topic.kpi, report.published.run), corrected=bool(corrected))
    caveat = topic.kpi.caveat
    # Of a comparison of two surveys the second sentence says so.
    said = _sentences(words.removeprefix("≈ "))[: 2 if reading.approximate else 1]
    return Slide(
        title=f"{topic.label}, {formatting.lowered(' '.join(said))}",
        source=source,
        notes=_notes(report, links.principal_page(area), [words], *([caveat] if caveat else []), source=source),
        charts=(lines_of(_own_trend(topic, area), f"{area.name} och riket, {topic.kpi.unit}", topic.decimals),),
    )


def _own_trend(topic: Topic, area: Area) -> Trend:
    """A huvudman beside riket, the years that it has values of."""
    years = topic.series.years([area], "T")
    own = [shown for year in years if (shown := topic.value_at(area.id, year))]
    country = [shown for year in range(years[0], years[-1] + 1) if (shown := topic.country_at(year))]
    lines = [
        Line(kind, name, "", tuple(Point(shown.year, shown.value, "") for shown in values))
        for kind, name, values in ((COUNTY, area.name, own), (COUNTRY, "riket", country))
        if values
    ]
    return Trend(
        tuple(lines),
        (),
        cuts=tuple((row.sista_gamla_ar, row.ar) for row in topic.series.breaks.values()),
        surveys=frozenset(topic.series.own_surveys),
    )
