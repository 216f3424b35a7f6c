"""What the slides say: an issue on at most fifteen, a huvudman on at most four. Nothing is said that no page says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.figures.model import COUNTRY, COUNTY, Line, Point, Trend
from dashboards.kpi.charts import Chart
from dashboards.pages import attribution, links, organisation
from dashboards.pages.caveats import CLAIMS
from dashboards.pages.front import front
from dashboards.pages.goals import goal_summaries
from dashboards.pages.huvudman import PrincipalSheet
from dashboards.pages.measures import Block, MeasurePage
from dashboards.reading.published import Area
from dashboards.readings import Reading, Topic
from dashboards.slides.model import Bars, Deck, Lines, Slide, Table, bars_of, lines_of

TOPICS_AT_MOST = 10
_TITLE_AT_MOST = 170
_NOT_FOR = (
    "Använd inte bilden som bevis för en orsak, och inte för att rangordna områden som inte skiljer sig säkert. "
    f"{CLAIMS[0]}"
)


def issue_deck(report: Report, measures: Sequence[MeasurePage]) -> Deck:
    """The issue: the whole on a slide, what to take a stand on, mått by mått, what is not known, how to read it."""
    page = front(report)
    own = attribution.own(report.published.run.source)
    goals = [
        f"{goal.goal.name}: {cite.plain(' '.join(goal.sentences))}" for goal in goal_summaries(report) if goal.sentences
    ]
    points = [cite.plain(f"{point.heading}: {point.fact}. {point.question}") for point in page.points]
    first, *unknown = page.unknown or ("Alla mått har värden.",)
    slides = [
        Slide(
            cite.plain(page.lead[0]),
            own,
            _notes(report, links.LAGET, [*page.lead, *goals]),
            body=(*map(cite.plain, page.lead[1:]), *goals),
        ),
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
                "En bruten linje mäter olika saker före och efter, eller saknar år.",
                *CLAIMS,
            ),
        ),
    ]
    return _deck(report, organisation.heading(report.published.content), slides, cover=True)


def principal_deck(report: Report, sheet: PrincipalSheet) -> Deck:
    """A huvudman: three sentences, every mått beside riket, and what stands out most each way."""
    area, own = sheet.area, attribution.own(report.published.run.source)
    sentences = [
        cite.plain(f"{box.heading}: {box.figure}{f' ({box.beside})' if box.beside else ''}. {box.words}")
        for box in sheet.boxes
    ]
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
                table=Table(("Mått", area.name, "År", "Riket", "Mot riket", "Över tid"), rows),
            )
        )
    topics = {topic.kpi.id: topic for topic in report.topics}
    for outlier in (*sheet.worse[:1], *sheet.better[:1]):
        slides.append(_outlier(report, topics[outlier.kpi_id].readings[area.id], cite.plain(outlier.words)))
    return _deck(report, area.name, slides)


def _deck(report: Report, title: str, slides: Sequence[Slide], *, cover: bool = False) -> Deck:
    published, edition = report.published, report.edition
    issue = edition.issue.title if edition.issue else None
    name = ", ".join(part for part in (issue, formatting.lowered(edition.status) if issue else edition.status) if part)
    fetched = f"Data hämtade t.o.m. {formatting.day(published.run.finished)}"
    heading = organisation.heading(published.content)
    return Deck(
        title=title,
        cover=(name, organisation.board_line(published.content), f"{fetched}.") if cover else (),
        footer=f"{heading}, {formatting.lowered(name)}. {fetched}.",
        mark=attribution.mark(published.run.source),
        slides=tuple(slides),
    )


def _notes(report: Report, page: str, sentences: Sequence[str], *caveats: str, source: str = "") -> str:
    """What the speaker reads: the sentences, the source, what the slide must not be used for, and the page."""
    published = report.published
    paragraphs = [
        *map(cite.plain, sentences),
        source or attribution.page_line(published.run.source, corrected=published.corrected),
        "\n".join([_NOT_FOR, *(f"– {text}" for text in caveats)]),
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
        for goal in report.published.goal_areas
        for indicator in goal.indicators
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
        notes=_notes(report, f"{links.measure_page(page.id)}#{block.anchor}", block.sentences, *caveats, source=source),
        charts=tuple(_chart(topic, chart) for chart in block.charts),
    )


def _chart(topic: Topic, chart: Chart) -> Lines | Bars:
    if isinstance(chart.model, Trend):
        return lines_of(chart.model, f"{topic.label}, {chart.heading}", topic.decimals, chart.spoken)
    return bars_of(chart.model, chart.heading, chart.country, topic.decimals, chart.spoken)


# --- a huvudman -------------------------------------------------------------------------------------------------------


def _outlier(report: Report, reading: Reading, words: str) -> Slide:
    topic, area = reading.topic, reading.area
    corrected = topic.corrected
    source = attribution.page_line(attribution.source_of(topic.kpi, report.published.run), corrected=bool(corrected))
    caveat = topic.kpi.caveat
    heading = f"{area.name} och riket, {topic.kpi.unit}"
    return Slide(
        title=f"{topic.label}: {formatting.lowered(words.removeprefix('≈ '))}",
        source=source,
        notes=_notes(report, links.principal_page(area), [words], *([caveat] if caveat else []), source=source),
        charts=(lines_of(_own_trend(topic, area), heading, topic.decimals, f"Linjediagram: {heading}. {words}"),),
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
