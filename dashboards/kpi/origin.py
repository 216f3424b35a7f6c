"""Where a nyckeltal comes from: its flags, why it has no values, and the facts below it."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import cite, formatting
from dashboards.kpi.words import DECIDED, decimals
from dashboards.pages import attribution, corrections
from dashboards.pages.choice import applies_to
from dashboards.pages.corrections import CellRef
from dashboards.pages.tables import missing_word
from dashboards.reading.published import Area, Kpi, Measure, Published, Series


def decisions_of(measure: Measure, published: Published) -> str:
    """What the owners have decided of what the mått shows, said once for all its nyckeltal."""
    shown = [use for use in measure.uses if not use.waiting]
    chosen = sum(use.decision == DECIDED for use in shown)
    directed = sum(published.kpis[use.kpi_id].direction_decision == DECIDED for use in shown)
    if not shown:
        return "inget nyckeltal är valt"
    parts = []
    for what, number in (("val av nyckeltal", chosen), ("riktning", directed)):
        if number == len(shown):
            parts.append(f"{what}: beslutat av ägarna")
        elif number:
            parts.append(f"{what}: beslutat för {formatting.count_word(number)} av {formatting.count(len(shown))}")
        else:
            parts.append(f"{what}: föreslaget, inte beslutat av ägarna")
    return formatting.capital("; ".join(parts))


def flags(kpi: Kpi, *, has_values: bool) -> list[str]:
    flags = []
    if kpi.ended:
        flags.append(f"Upphört: sista året är {kpi.ended}")
    if kpi.in_catalogue is False and has_values:
        flags.append("Finns inte längre i Koladas katalog: värdena är de senast kända")
    if kpi.unconfirmed_title is not None:
        shown = "de senast bekräftade värdena" if has_values else "inga värden"
        flags.append(
            f"Kolada visar nu nyckeltalet under en annan titel: «{kpi.unconfirmed_title}». "
            f"Tills titeln är bekräftad visas {shown}."
        )
    return flags


def why_empty(kpi: Kpi, published: Published) -> str:
    """Why a nyckeltal has no values; '' when it simply has none that are published."""
    principals = [area for area in published.principals if applies_to(kpi, area)]
    if not principals:
        other = "regioner" if kpi.level == "L" else "kommuner"
        return f"Finns bara för {other}"
    if kpi.in_catalogue is False:
        return (
            f"Finns inte i Koladas katalog {formatting.day(published.run.finished)}: "
            "felskrivet id, borttaget eller ännu inte publicerat"
        )
    if not kpi.followed and not kpi.local:
        return "Hämtas inte"
    cells = _cells_of(principals, kpi, published)
    if left_out := [ref for ref in cells if ref.cell.left_out]:
        return " ".join(corrections.notes(left_out, attribution.source_of(kpi, published.run)))
    if kpi.unconfirmed_title is not None:
        return "Inga värden från tiden med bekräftad titel"
    reasons = {missing_word(ref.cell) for ref in cells}
    return f"Angivet skäl: {formatting.join(sorted(reasons))}" if reasons - {"saknas"} else ""


def _cells_of(areas: Sequence[Area], kpi: Kpi, published: Published) -> list[CellRef]:
    """Every cell of a nyckeltal without values."""
    names = {area.id: area.name for area in areas}
    series = published.series.get(kpi.id, Series())
    shown_decimals = decimals(kpi, published)
    return [
        CellRef(
            corrections.where(names[area_id], year, letter),
            cell,
            shown_decimals,
            kpi.unit,
            cite.place("matvarde", kpi.id, area_id, year, letter),
        )
        for (area_id, year, letter), cell in series.cells.items()
        if area_id in names
    ]


def details(kpi: Kpi, published: Published) -> list[tuple[str, str]]:
    facts = [("Ursprunglig källa", kpi.origin or "ej angiven")]
    series = published.series.get(kpi.id)
    fetched = formatting.day(published.run.finished)
    if kpi.local:
        when = f"senaste ändring läst {formatting.day(series.last_change)}" if series and series.last_change else "inga"
        facts.append(("Lämnade uppgifter", when))
    elif series and series.last_change:
        facts.append(("Hämtat", f"t.o.m. {fetched}; senaste ändring hämtad {formatting.day(series.last_change)}"))
    else:
        facts.append(("Hämtat", f"inga värden t.o.m. {fetched}"))
    facts.append(("Nästa publicering", _next_publication(kpi, published)))
    if kpi.successor:
        facts.append(("Efterträds av", f"{kpi.successor} (värdena binds inte ihop)"))
    return facts


def _next_publication(kpi: Kpi, published: Published) -> str:
    if kpi.ended:
        return "ingen, nyckeltalet har upphört"
    if kpi.unconfirmed_title is not None:
        return "okänd tills titeln är bekräftad"
    if kpi.local:
        return "när huvudmännen lämnar nya uppgifter"
    if not kpi.published:
        return "ej angiven"
    period = f" (avser {kpi.published_period})" if kpi.published_period else ""
    passed = ", datumet har passerat" if kpi.published < published.run.day else ""
    return f"{formatting.day(kpi.published)}{period}{passed}"
