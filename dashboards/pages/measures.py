"""matt/<id>.html: a mått from its answer down to its definition, with the nyckeltal that lie beside it folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dashboards import formatting
from dashboards.context import Report
from dashboards.kpi import origin
from dashboards.kpi.charts import Chart, dots_chart, gender_chart, trend_chart
from dashboards.kpi.scope import Scope, scope_of
from dashboards.kpi.sentences import Answer, answer, gender_sentences
from dashboards.kpi.tables import county_table, gender_table, learning_table, position_table, value_table
from dashboards.kpi.words import direction_words
from dashboards.pages import answered, choice, comments, links, organisation, shell
from dashboards.pages.caveats import Caveat, caveat_words
from dashboards.pages.comments import CommentText
from dashboards.pages.periods import PeriodChart, period_charts
from dashboards.pages.tables import Table
from dashboards.reading.content import Content
from dashboards.reading.published import KpiUse, Measure, Published
from pipelines.rows import Record

# As many years of what is folded away as fit beside its title.
_FOLDED_YEARS = 5
_COVERAGE = {
    "kolada": "Finns i Kolada",
    "brott": "Finns i Kolada, men på ett nytt sätt: de gamla och de nya värdena binds inte ihop",
    "delvis": "Täcks delvis i Kolada",
    "upphört": "Fanns i Kolada men har upphört",
    "indirekt": "Belyses bara indirekt: det som visas mäter något närliggande",
    "utanför kolada": "Finns inte i Kolada",
    "saknas": "Lämpligt mått saknas",
}
_PRINCIPALS = {"kommun": "kommunerna", "region": "{region}", "båda": "kommunerna och {region}"}
_NOT_HANDED_IN = "inga har lämnats; de lämnas i mallen från malbild lokal mall"
_ROLE_NAMES = {
    "primär": "Primära",
    "efterträdare": "Efterträdare",
    "indirekt": "Indirekta (mäter inte måttet)",
    "komplement": "Komplement",
    "närliggande": "Närliggande",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A nyckeltal with values. name: short. source: whose its values are. folded: tables of our own, with the words
    that open them.
    """

    anchor: str
    kpi_id: str
    name: str
    source: str
    flags: tuple[str, ...]
    answer: Answer
    charts: tuple[Chart, ...]
    gender: tuple[str, ...]
    gender_chart: Chart | None
    values: Table
    folded: tuple[tuple[str, Table], ...]
    details: tuple[tuple[str, str], ...]
    description: str | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is said of it."""
        return (*self.answer.lead, *self.answer.more, *self.gender)

    @property
    def every_chart(self) -> tuple[Chart, ...]:
        return (*self.charts, *([self.gender_chart] if self.gender_chart else []))


@dataclass(frozen=True, slots=True)
class Entry:
    """A nyckeltal in one line: without values, or shown at another mått (`link`)."""

    kpi_id: str
    title: str
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class FoldedGroup:
    """Nyckeltal of one role that are folded away."""

    name: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class MeasurePage:
    """A mått. goal: its målområde. ways: its indikatorer, each with the way to it. box: why it has no figures. periods:
    what has been handed in by month or quarter.
    """

    id: str
    number: int
    name: str
    question: str | None
    goal: str
    ways: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    box: tuple[str, ...]
    elsewhere: tuple[Entry, ...]
    without: tuple[Entry, ...]
    caveats: tuple[Caveat, ...]
    facts: tuple[tuple[str, str], ...]
    periods: tuple[PeriodChart, ...]
    comment: str | None
    said: CommentText | None
    own_words: tuple[tuple[str, CommentText], ...]
    folded: tuple[FoldedGroup, ...]
    csv: str
    data: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None

    @property
    def every_block(self) -> tuple[Block, ...]:
        """Every nyckeltal that is shown here, folded away or not."""
        return (*self.blocks, *(block for group in self.folded for block in group.blocks))


def measure_contents(published: Published) -> list[MeasurePage]:
    """What is said and drawn of every mått, in the målbild's order."""
    measures = published.measures
    owners = choice.owning_measure(published)
    return [
        _page(
            measure,
            (measures[n - 1] if n else None, measures[n + 1] if n + 1 < len(measures) else None),
            published,
            owners,
        )
        for n, measure in enumerate(measures)
    ]


def measure_pages(report: Report, measures: Sequence[MeasurePage]) -> dict[str, str]:
    """Path → HTML of every mått's page."""
    pages = {}
    for page in measures:
        path = links.measure_page(page.id)
        scripts = (shell.PLOTLY, shell.CHARTS) if any(block.charts for block in page.blocks) else ()
        pages[path] = shell.page(
            report,
            "measure.html",
            path,
            page.name,
            scripts=scripts,
            page=page,
            count=len(measures),
            picture=links.picture,
        )
    return pages


def _page(
    measure: Measure, around: tuple[Measure | None, Measure | None], published: Published, owners: dict[str, str]
) -> MeasurePage:
    content = published.content
    blocks, entries = [], []
    folded: dict[str, list[Block]] = {}
    main = choice.main_kpis(measure)
    for use in (*main, *choice.other_kpis(measure)):
        scope = scope_of(published.kpis[use.kpi_id], published)
        if scope is None:
            entries.append(_without(use, published))
        elif owners[use.kpi_id] != measure.id:
            entries.append(_reference(use, published, owners))
        elif use in main:
            blocks.append(_block(scope, use, measure, published))
        else:
            folded.setdefault(use.role, []).append(_without_charts(scope, published, scope.years[-_FOLDED_YEARS:]))
    before, after = ((f"{other.id}.html", f"{other.number}. {other.name}") if other else None for other in around)
    goals = [
        (goal.name, indicator)
        for goal in published.goal_areas
        for indicator in goal.indicators
        if any(m.id == measure.id for m in indicator.measures)
    ]
    return MeasurePage(
        id=measure.id,
        number=measure.number,
        name=measure.name,
        question=content.texts("matt", "fraga").get(measure.id),
        goal=formatting.join(list(dict.fromkeys(name for name, _ in goals))),
        ways=tuple((indicator.name, links.indicator_part(indicator.id)) for _, indicator in goals),
        blocks=tuple(blocks),
        box=tuple(_box(measure, published)) if not blocks else (),
        elsewhere=tuple(entry for entry in entries if entry.link),
        without=tuple(entry for entry in entries if not entry.link),
        caveats=caveat_words(measure, published, content),
        facts=tuple(_facts(measure, published)),
        periods=tuple(chart for use in measure.uses for chart in period_charts(published.kpis[use.kpi_id], published)),
        comment=measure.comment,
        said=comments.comment(content, comments.MEASURE, measure.id),
        own_words=comments.own_words(content, measure.id),
        folded=tuple(FoldedGroup(_ROLE_NAMES[role], tuple(of_role)) for role, of_role in folded.items()),
        csv=links.measure_csv(measure.id),
        data=links.measure_data(measure.id),
        before=before,
        after=after,
    )


def _facts(measure: Measure, published: Published) -> Iterator[tuple[str, str]]:
    yield "Huvudman", _PRINCIPALS[measure.principal].format(region=organisation.region(published.content))
    yield "Perspektiv", measure.perspective
    yield "Täckning", _COVERAGE[measure.coverage]
    content = published.content
    owner = content.texts("matt", "agare").get(measure.id)
    answers = answered.in_words(answered.answers_to(content, answered.MEASURE, measure.id, "agare"))
    yield "Ägare", owner or answers or "ej angiven"
    yield "Beslut", origin.decisions_of(measure, published)
    if proposals := _proposed_targets(measure, content):
        yield "Föreslagna målvärden", f"{proposals}. Förslag: de räknas inte och ritas inte"
    if any(use.waiting for use in measure.uses):
        yield "Lokala uppgifter", _NOT_HANDED_IN
    if measure.outside_source:
        yield "Finns även", measure.outside_source


def _proposed_targets(measure: Measure, content: Content) -> str:
    """What has been proposed in the workbooks, each with whose it is."""
    years = {row.svarande_id: row.svar for row in answered.answers_to(content, answered.MEASURE, measure.id, "mal_ar")}
    return "; ".join(
        f"{row.svar.replace('.', ',')}{f' år {years[row.svarande_id]}' if row.svarande_id in years else ''}, "
        f"{answered.signature(row)}"
        for row in answered.answers_to(content, answered.MEASURE, measure.id, "malvarde")
    )


def _block(scope: Scope, use: KpiUse, measure: Measure, published: Published) -> Block:
    anchor = links.kpi_anchor(scope.kpi.id)
    charts: tuple[Chart | None, ...] = ()
    if not scope.coded:
        charts = (trend_chart(scope, anchor, _begun(use, measure, published)), dots_chart(scope, anchor))
    folded = (
        ("Läge och riktning, område för område", position_table(scope, published, links.principal_page)),
        ("Kvinnor och män", gender_table(scope, links.principal_page)),
        ("Länet och skillnaden mellan kommunerna", county_table(scope, scope.years)),
        ("Lär av vem?", learning_table(scope, links.principal_page)),
    )
    return replace(
        _without_charts(scope, published, scope.years),
        charts=tuple(chart for chart in charts if chart is not None),
        gender=() if scope.coded else tuple(gender_sentences(scope)),
        gender_chart=None if scope.coded else gender_chart(scope, anchor),
        folded=tuple((heading, table) for heading, table in folded if table is not None),
    )


def _without_charts(scope: Scope, published: Published, years: Sequence[int]) -> Block:
    """Answer, values of these years and origin only: what is computed of each area is in the CSV."""
    return Block(
        anchor=links.kpi_anchor(scope.kpi.id),
        kpi_id=scope.kpi.id,
        name=scope.kpi.short or scope.kpi.title,
        source=scope.source,
        flags=tuple(origin.flags(scope.kpi, has_values=True)),
        answer=answer(scope),
        charts=(),
        gender=(),
        gender_chart=None,
        values=value_table(scope, links.principal_page, years),
        folded=(),
        details=tuple(_details(scope, published)),
        description=scope.kpi.description,
    )


def _details(scope: Scope, published: Published) -> Iterator[tuple[str, str]]:
    kpi = scope.kpi
    yield "Nyckeltal", f"{kpi.id} {kpi.title}"
    yield "Enhet", f"{kpi.unit}, {formatting.lowered(direction_words(kpi))}"
    yield from origin.details(kpi, published)


def _begun(use: KpiUse, measure: Measure, published: Published) -> list[Record]:
    """Satsningar whose uppföljningsmått steer towards the mått or this nyckeltal, and whose start is known."""
    content = published.content
    return [
        initiative
        for initiative in content["satsning"]
        if initiative.start is not None
        and any(
            m.matt_id == measure.id or m.nyckeltal_id == use.kpi_id
            for m in content.belonging("uppfoljningsmatt", initiative)
        )
    ]


def _reference(use: KpiUse, published: Published, owners: dict[str, str]) -> Entry:
    owner = next(m for m in published.measures if m.id == owners[use.kpi_id])
    kpi = published.kpis[use.kpi_id]
    return Entry(
        kpi.id,
        kpi.title,
        f"{formatting.capital(use.role)}. Visas vid måttet {owner.name}",
        f"{owner.id}.html#{links.kpi_anchor(kpi.id)}",
    )


def _without(use: KpiUse, published: Published) -> Entry:
    kpi = published.kpis[use.kpi_id]
    notes = [use.role, *origin.flags(kpi, has_values=False), origin.why_empty(kpi, published)]
    return Entry(kpi.id, kpi.title, ". ".join(formatting.capital(note.removesuffix(".")) for note in notes if note))


def _box(measure: Measure, published: Published) -> list[str]:
    """Why a mått has no figures, and where they are."""
    where = (
        f"Uppgiften finns här: {measure.outside_source}"
        if measure.outside_source
        else "Var uppgiften finns är inte angivet."
    )
    state = choice.measure_status(measure, published)
    if state == choice.OUTSIDE:
        return ["Uppgift saknas: måttet finns inte i Kolada.", where]
    if state == choice.LACKING:
        known = f"Möjliga källor: {measure.outside_source}" if measure.outside_source else ""
        return ["Uppgift saknas: inget lämpligt mått har hittats.", *([known] if known else [])]
    uses = choice.main_kpis(measure)
    if not uses:
        return ["Uppgift saknas: inget nyckeltal är valt för måttet.", *([where] if measure.outside_source else [])]
    if state != choice.NO_VALUES:
        return ["Måttets nyckeltal visas vid ett annat mått, se nedan."]
    gone = [use.kpi_id for use in uses if published.kpis[use.kpi_id].in_catalogue is False]
    notes = [f"{formatting.join(gone)} finns inte i Koladas katalog."] if gone else []
    return [
        "Uppgift saknas: inget av måttets nyckeltal har något värde.",
        *notes,
        *([where] if measure.outside_source else []),
    ]
