"""Självskattningen: how the kommuner are spread over the steps of each påstående, and what the region says.

Never a mean and never a ranking: no kommun is named beside its step. What has changed is counted over those that
answered inside both issues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboards import formatting
from dashboards.figures import svg
from dashboards.kpi.words import DECIDED
from dashboards.pages import answered
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Content
from dashboards.reading.follow_ups import Edition, Issue
from pipelines.rows import Record

UNKNOWN_STEP = "vet inte"
_KEY = "steg"
NO_ANSWER = "inget svar"
_SIDE = 13.0

# Huvudman → the step that it has chosen.
_Steps = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SelfAssessment:
    """proposed: the statements are not decided. waiting: who has not answered, as one line. differing: sentences, one
    for each påstående where the region stands apart from every kommun. grounds: påstående and what it rests on.
    """

    proposed: bool
    waiting: str
    table: Table | None
    differing: tuple[str, ...]
    grounds: tuple[tuple[str, str], ...]


def self_assessment(content: Content, edition: Edition) -> SelfAssessment:
    """The page's contents; without grounds where no påståenden are declared."""
    statements = content["pastaende"]
    issue = edition.issue
    before = _before(content, edition)
    rows = [_row(content, statement, issue, before) for statement in statements] if issue else []
    return SelfAssessment(
        proposed=any(statement.beslut != DECIDED for statement in statements),
        waiting=answered.waiting_line(content, issue.id, issue.title)
        if issue
        else "Ingen uppföljning är planerad, och inget är frågat.",
        table=Table(
            caption=f"Antal kommuner på varje steg{f', {issue.title}' if issue else ''}.",
            columns=(
                "Påstående",
                "En ruta per kommun",
                *(formatting.capital(step.text) for step in content["pastaende_steg"]),
                formatting.capital(UNKNOWN_STEP),
                formatting.capital(NO_ANSWER),
                formatting.capital(content.region or "regionen"),
                f"Sedan {before.title}" if before else "Sedan förra uppföljningen",
            ),
            rows=tuple(rows),
            source="Källa: huvudmännens egna svar",
            own=False,
        )
        if rows
        else None,
        differing=tuple(_differing(content, issue)) if issue else (),
        grounds=tuple((statement.text, statement.bygger_pa) for statement in statements),
    )


def _before(content: Content, edition: Edition) -> Issue | None:
    """The nearest earlier issue that anybody has answered in."""
    if edition.issue is None:
        return None
    earlier = [issue for issue in edition.issues if issue.row.nr < edition.issue.row.nr]
    with_answers = {row.uppfoljning_id for row in content.where("svar_nu", objekt=answered.STATEMENT, falt=_KEY)}
    return next((issue for issue in reversed(earlier) if issue.id in with_answers), None)


def _steps(content: Content, statement: Record, issue: Issue) -> _Steps:
    rows = content.where(
        "svar_nu", uppfoljning_id=issue.id, objekt=answered.STATEMENT, objekt_id=statement.pastaende_id, falt=_KEY
    )
    return {row.svarande_id: row.svar for row in rows}


def _row(content: Content, statement: Record, issue: Issue, before: Issue | None) -> Row:
    steps = _steps(content, statement, issue)
    counts = Counter(
        steps.get(area.omrade_id, NO_ANSWER) for area in content.where("omrade", typ="kommun", i_malbild=True)
    )
    words = [*(str(step.steg) for step in content["pastaende_steg"]), UNKNOWN_STEP, NO_ANSWER]
    return Row(
        statement.text,
        (
            Field(_squares(content, counts, words)),
            *(Field(formatting.count(counts[word]) if counts[word] else "–") for word in words),
            _region(content, steps),
            Field(_change(steps, _steps(content, statement, before)) if before else "ingen tidigare att jämföra med"),
        ),
    )


def _squares(content: Content, counts: Mapping[str, int], words: Sequence[str]) -> Markup:
    """A square for each kommun, the lowest step first and the darker the higher; hollow without a step."""
    names = {UNKNOWN_STEP: "s-vet-inte", NO_ANSWER: "s-inget"}
    kinds = [names.get(word, f"s-{word}") for word in words for _ in range(counts[word])]
    spoken = ", ".join(f"{_word(content, word)} {counts[word]}" for word in words if counts[word])
    parts = [svg.box(_SIDE * n + 1, 1, _SIDE - 3, _SIDE - 3, kind) for n, kind in enumerate(kinds)]
    return svg.drawing(_SIDE * max(len(kinds), 1), _SIDE, spoken, parts, "rutor")


def _region(content: Content, steps: _Steps) -> Field:
    step = _region_step(content, steps)
    return Field(NO_ANSWER, missing=True) if step is None else Field(_word(content, step))


def _region_step(content: Content, steps: _Steps) -> str | None:
    regions = content.where("omrade", typ="region", i_malbild=True)
    return next((steps[area.omrade_id] for area in regions if area.omrade_id in steps), None)


def _word(content: Content, step: str) -> str:
    return next((row.text for row in content["pastaende_steg"] if str(row.steg) == step), step)


def _change(now: _Steps, before: _Steps) -> str:
    """How many stand higher, lower and the same, of those who chose a step both times."""
    both = [
        (int(before[who]), int(step)) for who, step in now.items() if step.isdigit() and before.get(who, "").isdigit()
    ]
    if not both:
        return "ingen har valt steg båda gångerna"
    higher, lower = sum(new > old for old, new in both), sum(new < old for old, new in both)
    return f"{higher} högre, {lower} lägre, {len(both) - higher - lower} samma"


def _differing(content: Content, issue: Issue) -> list[str]:
    """Where the region has chosen a step that no kommun has chosen, and some kommun has chosen one."""
    sentences = []
    for statement in content["pastaende"]:
        steps = _steps(content, statement, issue)
        own = _region_step(content, steps)
        kommuner = [
            step
            for area in content.where("omrade", typ="kommun", i_malbild=True)
            if (step := steps.get(area.omrade_id, "")).isdigit()
        ]
        if own and own.isdigit() and kommuner and own not in kommuner:
            spread = formatting.join([_word(content, step) for step in sorted(set(kommuner))])
            sentences.append(
                f"{statement.text} {content.region or 'Regionen'}: {_word(content, own)}. Kommunerna: {spread}."
            )
    return sentences
