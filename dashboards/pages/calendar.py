"""Vad kommer härnäst: which nyckeltal of the målbild are due for publication, in the order of their dates.

Dates are Kolada's own plans (`nyckeltal.publiceras`), compared with the day of the data, never with the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import choice
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.published import Published


@dataclass(frozen=True, slots=True)
class Calendar:
    """lead: what is due, in a sentence. table: None when no date is known."""

    lead: str
    table: Table | None
    without: str


def calendar(published: Published) -> Calendar:
    """The nyckeltal that a mått shows openly, once each; those whose date has passed first."""
    day = published.run.day
    measure_names = {
        use.kpi_id: measure.name
        for measure in reversed(published.measures)
        for use in choice.main_kpis(measure)
        if not published.kpis[use.kpi_id].local
    }
    kpis = [published.kpis[kpi_id] for kpi_id in measure_names]
    dated = sorted(
        ((kpi.published, kpi) for kpi in kpis if kpi.published and not kpi.ended),
        key=lambda entry: (entry[0], entry[1].id),
    )
    late = sum(when < day for when, _ in dated)
    ended = [kpi.id for kpi in kpis if kpi.ended]
    unknown = [kpi.id for kpi in kpis if not kpi.published and not kpi.ended]
    without = []
    if ended:
        without.append(f"Upphörda, publiceras inte mer: {formatting.join(sorted(ended))}.")
    if unknown:
        without.append(f"Ingen planerad publicering är angiven för {formatting.join(sorted(unknown))}.")
    if not dated:
        return Calendar("Ingen planerad publicering är känd.", None, " ".join(without))
    coming = formatting.capital(formatting.count_word(len(dated) - late))
    lead = f"{coming} nyckeltal har en planerad publicering framför sig"
    if late:
        lead += f"; för {formatting.count_word(late)} har det planerade datumet passerat utan att nya värden har kommit"
    return Calendar(
        f"{lead}.",
        Table(
            caption=f"Planerad publicering av måttens nyckeltal, sett från {formatting.day(published.run.finished)}.",
            columns=("Nyckeltal", "Mått", "Planerat datum", "Avser", "Läge"),
            rows=tuple(
                Row(
                    kpi.id,
                    (
                        Field(measure_names[kpi.id]),
                        Field(formatting.day(when)),
                        Field(kpi.published_period) if kpi.published_period else Field("ej angivet", missing=True),
                        Field("passerat" if when < day else "kommande"),
                    ),
                )
                for when, kpi in dated
            ),
            source="",
            own=False,
        ),
        " ".join(without),
    )
