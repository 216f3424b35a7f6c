"""How often the rules that judge are right: accuracy, false alarms and power, measured on a published database.

    python -m tools.backtest DATABASE [OUT.md]

Accuracy is that of the held-out steps (`annual_variation`); false alarms come from the same values with the years of
each area in random order, where nothing happens; power from series with a known rise. Prints Markdown, in Swedish.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from pipelines.analysis.annual_variation import annual_variation
from pipelines.analysis.trend import IMPROVED, WORSENED, holds, mann_kendall, trend

SEED = 20350101
SIMULATIONS = 4000
RISES = (1, 2, 3)
YEARS = range(5, 11)


def main(arguments: list[str]) -> None:
    with duckdb.connect(arguments[0], read_only=True) as connection:
        frames = {name: connection.sql(query).pl() for name, query in _QUERIES.items()}
    text = "\n".join([*_HEAD, *_accuracy(frames), "", *_false_alarms(frames), "", *_power()]) + "\n"
    if len(arguments) > 1:
        Path(arguments[1]).write_text(text, encoding="utf-8")
    print(text)


_HEAD = [
    "# Hur ofta bedömningarna stämmer",
    "",
    "Skrivs av `make backtest DATA=…`. Egen bearbetning.",
    "",
]
_QUERIES = {
    "values": "SELECT nyckeltal_id, omrade_id, ar, kon, varde FROM matvarde WHERE varde IS NOT NULL AND kon = 'T'",
    "areas": "SELECT omrade_id, typ, i_malbild FROM omrade",
    "kpis": "SELECT nyckeltal_id, riktning, overlappande_ar FROM nyckeltal",
    "breaks": "SELECT nyckeltal_id, ar, sista_gamla_ar FROM nyckeltal_brott",
    "primary": "SELECT DISTINCT nyckeltal_id FROM matt_nyckeltal WHERE roll = 'primär'",
}


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f} %".replace(".", ",")


def _accuracy(
    frames: dict[str, pl.DataFrame], heading: str = "## Årsvariation: andel innanför intervallet"
) -> list[str]:
    measured = annual_variation(*(frames[name] for name in ("values", "areas", "kpis", "breaks"))).accuracy
    lines = [
        heading,
        "",
        "| nivå | prövade ändringar | utan kalibrering | med kalibrering | sämsta nyckeltal med minst 500 |",
        "|---|---|---|---|---|",
    ]
    for level, part in measured.group_by("niva", maintain_order=True):
        tried, nominal, calibrated = (int(part[name].sum()) for name in _COUNTS)
        per_kpi = part.group_by("nyckeltal_id").agg(pl.col(_COUNTS).sum()).filter(pl.col("provade") >= 500)
        worst = per_kpi.select((pl.col("innanfor_kalibrerat") / pl.col("provade")).min()).item()
        lines.append(
            f"| {level[0]} | {tried} | {_percent(nominal, tried)} | {_percent(calibrated, tried)} | "
            f"{_percent(worst, 1) if worst is not None else '–'} |"
        )
    return lines


_COUNTS = ["provade", "innanfor_nominellt", "innanfor_kalibrerat"]


def _false_alarms(frames: dict[str, pl.DataFrame]) -> list[str]:
    shuffled = frames | {"values": _shuffled(frames["values"])}
    lines = _accuracy(shuffled, "## Falska larm: åren i slumpvis ordning inom varje område")
    variation = annual_variation(*(shuffled[name] for name in ("values", "areas", "kpis", "breaks"))).areas
    values, areas, kpis, breaks = (shuffled[name] for name in ("values", "areas", "kpis", "breaks"))
    trends = trend(values, areas, kpis, breaks, variation)
    own = frames["areas"].filter(pl.col("i_malbild")).select("omrade_id")
    tested = trends.filter(pl.col("p_varde").is_not_null())
    primary = holds(tested.join(own, on="omrade_id", how="semi").join(frames["primary"], on="nyckeltal_id", how="semi"))
    stated = tested.filter(pl.col("trend").is_in([IMPROVED, WORSENED])).height
    lines += [
        "",
        f"Riktning: {_percent(stated, max(tested.height, 1))} av {tested.height} prövade serier har förbättrats eller "
        f"försämrats av en slump; av målbildens {primary.height} håller {int(primary['haller'].sum())} när många prövas.",
    ]
    return lines


def _shuffled(values: pl.DataFrame) -> pl.DataFrame:
    """The values of each series in random order of the years."""
    series = ["nyckeltal_id", "omrade_id", "kon"]
    ordered = values.sort(*series, "ar")
    random = np.random.default_rng(SEED)
    mixed = ordered.with_columns(_slump=pl.Series(random.random(ordered.height))).sort(*series, "_slump")
    return ordered.with_columns(varde=mixed["varde"])


def _power() -> list[str]:
    """How often a steady rise is found, by the number of years and the size of the whole rise in half widths."""
    random = np.random.default_rng(SEED)
    lines = [
        "## Styrka: hur ofta en jämn ökning blir en säkerställd riktning",
        "",
        f"| mätningar | {' | '.join(f'hela ökningen {rise} × årsvariationen (95 %)' for rise in RISES)} |",
        f"|---|{'---|' * len(RISES)}",
    ]
    for years in YEARS:
        cells = []
        for rise in RISES:
            steps = np.linspace(0, rise * 1.96, years)
            noise = random.normal(size=(SIMULATIONS, years))
            frame = pl.DataFrame(
                {
                    "nyckeltal_id": "N1",
                    "omrade_id": np.repeat([f"{n:05}" for n in range(SIMULATIONS)], years),
                    "kon": "T",
                    "ar": np.tile(np.arange(years), SIMULATIONS),
                    "varde": (steps + noise).ravel(),
                }
            )
            detections = mann_kendall(frame).filter((pl.col("p_varde") <= 0.05) & (pl.col("s") > 0)).height
            cells.append(_percent(detections, SIMULATIONS))
        lines.append(f"| {years} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
