"""Decided targets beside what is published: what the YAML files alone cannot say of them. The pace towards them is
`pipelines.analysis.target`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.catalog.model import Kpi
from pipelines.warehouse.queries import read_published


def against_direction(published: Path, kpis: Iterable[Kpi]) -> list[str]:
    """Targets that are worse than the published median of the målbild's own områden in the base year, by the
    nyckeltal's direction, and do not say `hall_minst: ja`: a line each. ConfigError as
    `read_published`.
    """
    lines = []
    with read_published(published) as connection:
        for kpi in kpis:
            target = kpi.target
            if target is None or target.decision != "beslutad" or target.keep_at_least or kpi.direction == "ingen":
                continue
            ((base,),) = connection.execute(
                """SELECT median(varde) FROM matvarde JOIN omrade USING (omrade_id)
                   WHERE i_malbild AND kon = 'T' AND nyckeltal_id = $1 AND ar = $2""",
                [kpi.id, target.base_year],
            ).fetchall()
            if base is not None and (base > target.value if kpi.direction == "högre" else base < target.value):
                lines.append(
                    f"indikatorer.yaml: nyckeltal {kpi.id}, mal: {target.value:g} is worse than the median of the "
                    f"målbild's own områden in {target.base_year}, {base:g} (riktning: {kpi.direction})"
                )
    return lines
