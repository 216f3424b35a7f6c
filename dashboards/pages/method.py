"""Metod och källor: what is unchanged, what we computed, every nyckeltal, what was refused, and the run behind it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.data import Kpi, Published
from dashboards.pages import attribution
from dashboards.pages.kpi import DECIDED, direction_words
from dashboards.pages.tables import Field, Row, Table

_LEVELS = {"K": "kommun", "L": "region", "A": "kommun och region"}


@dataclass(frozen=True, slots=True)
class Method:
    """Facts about the run, the two attributions, the list of nyckeltal, and what was refused."""

    unchanged: str
    own: str
    current: bool
    run: tuple[tuple[str, str], ...]
    kpis: Table
    quarantine: Table | None
    refused: str


def method(published: Published) -> Method:
    """The section's contents."""
    run = published.run
    refused = words.count(sum(q.values for q in published.quarantine))
    return Method(
        unchanged=attribution.unchanged(run.source),
        own=attribution.own(run.source),
        current=published.current,
        run=(
            ("Körning", run.id),
            ("Startad", words.clock(run.started)),
            ("Avslutad", words.clock(run.finished)),
            ("Omfattning", "alla nyckeltal och områden" if run.complete else "en del av nyckeltalen eller områdena"),
            (
                "Källa",
                {"kolada": "Kolada", "syntetisk": attribution.SYNTHETIC_MARK}.get(
                    run.source, f"{run.source} (inte Kolada)"
                ),
            ),
            ("Anrop", words.count(run.requests)),
            ("Hämtade värden", words.count(run.rows)),
            ("Programversion", run.version),
            ("Rapporten visar läget", words.clock(published.as_of)),
        ),
        kpis=Table(
            caption="Alla nyckeltal i rapportens underlag. Riktningar som inte är beslutade är föreslagna.",
            columns=(
                "Id",
                "Titel",
                "Enhet",
                "Riktning",
                "Beslut om riktning",
                "Finns för",
                "Ursprunglig källa",
                "I katalogen",
            ),
            rows=tuple(_kpi_row(kpi) for kpi in published.kpis.values()),
            source="",
            own=False,
        ),
        quarantine=_quarantine(published),
        refused=refused,
    )


def _kpi_row(kpi: Kpi) -> Row:
    ended = f" (upphört {kpi.ended})" if kpi.ended else ""
    return Row(
        kpi.id,
        (
            Field(kpi.title + ended),
            Field(kpi.unit),
            Field(direction_words(kpi)),
            Field("beslutad" if kpi.direction_decision == DECIDED else "ej beslutad"),
            Field(_LEVELS[kpi.level]),
            Field(kpi.origin) if kpi.origin else Field("ej angiven", missing=True),
            Field("ja") if kpi.in_catalogue else Field("nej", missing=True),
        ),
    )


def _quarantine(published: Published) -> Table | None:
    if not published.quarantine:
        return None
    return Table(
        caption="Värden som inte släpptes in, efter orsak.",
        columns=("Orsak", "Antal värden"),
        rows=tuple(Row(q.reason, (Field(words.count(q.values)),)) for q in published.quarantine),
        source="",
        own=False,
    )
