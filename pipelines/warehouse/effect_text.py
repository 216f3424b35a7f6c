"""`malbild effekt` as text: the sentences of table `effekt`, by satsning and nyckeltal, from the published database.

The sentences are made where the verdicts are (`analysis.effect`); here is only how they stand.
"""

from __future__ import annotations

from itertools import groupby

import duckdb

from pipelines.rows import rows

NOTHING = (
    "Ingen satsning har någon förväntan (forvantan i aktiviteter.yaml), så ingen effekt kan bedömas.\n"
    "Den ska finnas där innan uppgifterna kommer: nyckeltal, vantas, fordrojning_ar, skriven och start per huvudman.\n"
)
NO_PROOF = (
    "En avvikelse bevisar ingen orsak, och att inget avviker bevisar inte att inget har hänt. Var tjugonde prövning\n"
    "avviker av en slump. Egen bearbetning.\n"
)


def as_text(connection: duckdb.DuckDBPyConnection) -> str:
    """Every verdict of the open published database, with its reason and whether two uppföljningar agree."""
    effects = rows(
        connection.sql(
            """SELECT e.*, s.namn AS satsning, n.titel FROM effekt e
            LEFT JOIN styrning.satsning s USING (satsning_id) LEFT JOIN nyckeltal n USING (nyckeltal_id)
            ORDER BY s.ordning, satsning_id, nyckeltal_id, huvudman_id = 'tillsammans' DESC, huvudman_id"""
        )
    )
    if not effects:
        return NOTHING
    lines = []
    for (name, kpi, title), group in groupby(
        effects, key=lambda row: (row.satsning or row.satsning_id, row.nyckeltal_id, row.titel or "")
    ):
        lines.append(f"{name}: {kpi} {title}".rstrip())
        for row in group:
            lines.append(f"  {row.mening}")
            if row.skillnad is not None:
                agreed = "en tidigare uppföljning sade samma sak" if row.bekraftad else "ej bekräftad av en uppföljning"
                lines.append(f"    {row.motivering}{f'; {agreed}' if row.besked == 'avviker' else ''}.")
        lines.append("")
    return "\n".join(lines) + f"\n{NO_PROOF}"
