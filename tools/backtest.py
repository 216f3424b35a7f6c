"""How often the rules that judge are right: accuracy, false alarms and power, measured on a published database.

    python -m tools.backtest DATABASE [OUT.md [VALUES.parquet]]

VALUES: an archive's values, for the inhabitants where the database has none. Accuracy is that of the held-out steps
(`annual_variation`); false alarms come from the same values with the years of each area in random order, where nothing
happens; power from series with a known rise. Effects are sought in every kommun and region that has done nothing (false
alarms) and in the same with 15 % taken away (power). Prints Markdown, in Swedish.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis import placebo
from pipelines.analysis.annual_variation import annual_variation, measurements
from pipelines.analysis.effect import MIN_BEFORE, deviates
from pipelines.analysis.placebo import MIN_DONORS
from pipelines.analysis.trend import IMPROVED, WINDOW, WORSENED, holds, mann_kendall, newest_part, trend

SEED = 20350101
SIMULATIONS = 4000
RISES = (1, 2, 3)
YEARS = range(5, 11)


def main(arguments: list[str]) -> None:
    with duckdb.connect(arguments[0], read_only=True) as connection:
        frames = {name: connection.sql(query).pl() for name, query in _QUERIES.items()}
    inhabitants = _inhabitants(frames["areas"], Path(arguments[2]) if len(arguments) > 2 else None)
    parts = [
        _HEAD,
        _accuracy(frames),
        [""],
        _false_alarms(frames),
        [""],
        _power(),
        [""],
        effects_found(frames, inhabitants),
        [""],
        effects_by_years(frames, inhabitants),
        [""],
        effects_of_regions(frames, inhabitants),
    ]
    text = "\n".join(line for part in parts for line in part) + "\n"
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
    "areas": "SELECT omrade_id, typ, i_malbild, lan_kod, befolkning FROM omrade",
    "kpis": "SELECT nyckeltal_id, titel, riktning, overlappande_ar FROM nyckeltal",
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


@dataclass(frozen=True, slots=True)
class _Design:
    """When the trials of effects pretend that something began: with so many of the last measurements after it, of which
    the first `after` are judged, and at least so many before it.
    """

    after: int = 2
    since: int = 2
    before: int = 8


_DESIGN = _Design()
# What is taken away.
_TAKEN = 0.15
_SIZES = {"> 30 000": (30_000, np.inf), "10 000–30 000": (10_000, 30_000), "< 10 000": (0, 10_000)}
_LARGE = next(iter(_SIZES))
_REGIONS = "regioner"
_YEARS_AFTER = range(1, 4)
_TOGETHER = {"3 tillsammans": 3, "9 tillsammans": 9}
# 0–19 and 65+, 20–44, 45–64 years: everybody.
_EVERYBODY = "('N01976', 'N02832', 'N02833')"


def _inhabitants(areas: pl.DataFrame, values: Path | None) -> dict[str, float]:
    """Area → inhabitants, of the database, or of an archive's values where it has none."""
    known = dict(areas.drop_nulls("befolkning").select("omrade_id", "befolkning").iter_rows())
    if known or values is None:
        return known
    rows = duckdb.sql(
        f"""SELECT area, sum(value) FROM '{values}' WHERE kpi IN {_EVERYBODY} AND gender = 'T' AND value IS NOT NULL
        GROUP BY area, year HAVING count(*) = 3 QUALIFY year = max(year) OVER (PARTITION BY area)"""
    ).fetchall()
    return dict(rows)


@dataclass(frozen=True, slots=True)
class _Trials:
    """Areas that have done nothing, and what is found of them, by size class and by how many of a county together;
    those of regions are in one column.

    false: whether each deviates as it is. detected: whether it deviates with 15 % taken away. reach: half the interval of
    95 % as a share of the value.
    """

    kpi: str
    before: int
    areas: int
    false: dict[str, list[bool]]
    detected: dict[str, list[bool]]
    reach: dict[str, list[float]]


def effects_found(frames: dict[str, pl.DataFrame], inhabitants: dict[str, float]) -> list[str]:
    """The table of effects by nyckeltal and size, and all together."""
    columns = [*_SIZES, *_TOGETHER]
    trials = _all_trials(frames, inhabitants, columns)
    lines = [
        "## Effekt: falska larm, och hur ofta −15 % syns",
        "",
        f"Varje kommun behandlas som om den deltog i en satsning, med minst {_DESIGN.before} mätningar före starten "
        f"och {_DESIGN.after} efter. Falska larm: andelen som avviker fast ingenting har hänt (ska vara 5 ± 1,5 %). Upptäckt: "
        "andelen där 15 % lägre värden avviker (ska vara minst 80 % för > 30 000 invånare; **fet** där det nås). "
        "Tillsammans: så många kommuner i samma län, som ett medel. Syns: så stor skillnad, i procent av värdet, är "
        f"halva intervallet på 95 % för mediankommunen med {_LARGE} invånare; mindre effekter kan inte ses.",
        "",
        f"| nyckeltal | före | kommuner | syns | falska larm | {' | '.join(f'larm, {name}' for name in columns)} | "
        f"{' | '.join(f'upptäckt, {name}' for name in columns)} |",
        f"|{'---|' * (5 + 2 * len(columns))}",
    ]
    lines += [_line(_name(trial, _LARGE, frames), [trial], columns) for trial in trials]
    lines.append(_line(f"**alla {len(trials)}** | | |", trials, columns))
    lines += ["", "Minst 80 % upptäckt:", ""]
    for column in (_LARGE, *_TOGETHER):
        reached = [t.kpi for t in trials if t.detected[column] and np.mean(t.detected[column]) >= 0.8]
        lines.append(f"- {column}: {len(reached)} av {len(trials)} nyckeltal ({', '.join(reached)})")
    return lines


def effects_by_years(frames: dict[str, pl.DataFrame], inhabitants: dict[str, float]) -> list[str]:
    """The table of how much surer an effect is seen when the years after the start are several. The same nyckeltal, and
    the same start, in every row.
    """
    columns = list(_SIZES)
    designs = [_Design(years, max(_YEARS_AFTER), MIN_BEFORE) for years in _YEARS_AFTER]
    by_years = {design.after: _all_trials(frames, inhabitants, columns, design) for design in designs}
    common = set.intersection(*({trial.kpi for trial in trials} for trials in by_years.values()))
    lines = [
        "## Effekt: fler mätningar efter starten",
        "",
        "En satsning bedöms på medelvärdet av alla mätningar sedan den kan synas. Detsamma som ovan, en kommun i taget, "
        f"med samma start och de en, två eller tre första mätningarna efter den, alla med −15 %; de {len(common)} "
        f"nyckeltal som har minst {MIN_BEFORE} mätningar före och tre efter.",
        "",
        f"| mätningar efter starten | falska larm | {' | '.join(f'upptäckt, {name}' for name in columns)} |",
        f"|{'---|' * (2 + len(columns))}",
    ]
    for years, trials in by_years.items():
        of_common = [trial for trial in trials if trial.kpi in common]
        cells = [_cell(_share([t.detected for t in of_common], [column])) for column in columns]
        lines.append(f"| {years} | {_cell(_share([t.false for t in of_common], columns))} | {' | '.join(cells)} |")
    return lines


def effects_of_regions(frames: dict[str, pl.DataFrame], inhabitants: dict[str, float]) -> list[str]:
    """The table of the regions, each against the other twenty."""
    trials = _all_trials(frames, inhabitants, [_REGIONS])
    lines = [
        "## Effekt: regioner",
        "",
        "Detsamma för var och en av regionerna, mot de andra. Med 19 eller 20 andra avviker en region bara när den är "
        "längst bort av alla; saknar två regioner värde kan ingen bedömas.",
        "",
        "| nyckeltal | före | regioner | syns | falska larm | upptäckt |",
        "|---|---|---|---|---|---|",
    ]
    rows = [(_name(trial, _REGIONS, frames), [trial]) for trial in trials]
    for name, of_row in [*rows, (f"**alla {len(trials)}** | | |", trials)]:
        shares = (
            _share(outcomes, [_REGIONS]) for outcomes in ([t.false for t in of_row], [t.detected for t in of_row])
        )
        lines.append(f"| {name} | {' | '.join(map(_cell, shares))} |")
    return lines


def _all_trials(
    frames: dict[str, pl.DataFrame], inhabitants: dict[str, float], columns: list[str], design: _Design = _DESIGN
) -> list[_Trials]:
    """Of every nyckeltal that has the years. columns: what is tried: sizes and groups of kommuner, or regions."""
    tried = (_trials(kpi, frames, inhabitants, columns, design) for kpi in frames["kpis"]["nyckeltal_id"].sort())
    return [trial for trial in tried if trial is not None]


def _name(trial: _Trials, column: str, frames: dict[str, pl.DataFrame]) -> str:
    """The first cells of the nyckeltal's row. column: whose intervals tell what can be seen."""
    titles = dict(frames["kpis"].select("nyckeltal_id", "titel").iter_rows())
    reach = f"{100 * float(np.median(trial.reach[column])):.0f} %" if trial.reach[column] else "–"
    return f"{trial.kpi} {titles[trial.kpi][:60].strip()} | {trial.before} | {trial.areas} | {reach}"


def _line(name: str, trials: list[_Trials], columns: list[str]) -> str:
    false = [_share([t.false for t in trials], [column]) for column in columns]
    shares = [_share([t.detected for t in trials], [column]) for column in columns]
    cells = [_cell(_share([t.false for t in trials], [*_SIZES])), *map(_cell, false)]
    bold = [f"**{_cell(share)}**" if share is not None and share >= 0.8 else _cell(share) for share in shares]
    return f"| {name} | {' | '.join([*cells, *bold])} |"


def _share(outcomes: list[dict[str, list[bool]]], columns: list[str]) -> float | None:
    tried = [hit for of_kpi in outcomes for column in columns for hit in of_kpi[column]]
    return sum(tried) / len(tried) if tried else None


def _cell(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %".replace(".", ",")


def _trials(
    kpi: str, frames: dict[str, pl.DataFrame], inhabitants: dict[str, float], columns: list[str], design: _Design
) -> _Trials | None:
    """None where no area has the years, or too few have."""
    kind = "region" if _REGIONS in columns else "kommun"
    areas = frames["areas"].filter(pl.col("typ") == kind)
    inhabitants = {area: inhabitants[area] for area in areas["omrade_id"] if area in inhabitants}
    values = newest_part(frames["values"].filter(pl.col("nyckeltal_id") == kpi), frames["breaks"])
    known = measurements(values.join(areas.select("omrade_id", "typ"), on="omrade_id"))
    years = sorted(known["ar"].unique())
    overlap = frames["kpis"].filter(pl.col("nyckeltal_id") == kpi)["overlappande_ar"][0] or 1
    after = years[len(years) - design.since :][: design.after]
    before = [year for year in years if after and year <= after[0] - overlap][-WINDOW:]
    if len(before) < design.before:
        return None
    grid = known.filter(pl.col("ar").is_in([*before, *after])).pivot("ar", index="omrade_id", values="varde")
    grid = (
        grid.drop_nulls().filter(pl.col("omrade_id").is_in(list(inhabitants) or areas["omrade_id"])).sort("omrade_id")
    )
    if grid.height <= MIN_DONORS:
        return None
    names = grid["omrade_id"].to_list()
    earlier = grid.select(map(str, before)).to_numpy()
    later = grid.select(map(str, after)).to_numpy().mean(axis=1)
    people = np.array([inhabitants[name] for name in names]) if inhabitants else None
    counties = dict(areas.select("omrade_id", "lan_kod").iter_rows())
    panel = _EffectPanel(earlier, later, design.after, people, np.array([counties[name] for name in names]))
    trials = _Trials(
        kpi, len(before), len(names), {c: [] for c in columns}, {c: [] for c in columns}, {c: [] for c in columns}
    )
    for number in range(len(names)):
        panel.try_out(trials, panel.size_of(number) if kind == "kommun" else _REGIONS, [number])
    random = np.random.default_rng(SEED)
    for county in sorted(set(panel.counties)):
        members = np.flatnonzero(panel.counties == county)
        for column, k in _TOGETHER.items():
            if column in columns and len(members) >= k and len(names) - k >= max(MIN_DONORS, 2 * k):
                panel.try_out(trials, column, sorted(random.choice(members, k, replace=False)))
    return trials


@dataclass(frozen=True, slots=True)
class _EffectPanel:
    """The areas of a nyckeltal: values before (areas × years) and after (their mean over `after_years`), inhabitants,
    counties.
    """

    before: npt.NDArray[np.float64]
    after: npt.NDArray[np.float64]
    after_years: int
    people: npt.NDArray[np.float64] | None
    counties: npt.NDArray[np.str_]

    def size_of(self, kommun: int) -> str:
        """The size class of a kommun; all are in the first where no inhabitants are known."""
        people = None if self.people is None else self.people[kommun]
        return next(c for c, (low, high) in _SIZES.items() if people is None or low < people <= high)

    def try_out(self, trials: _Trials, column: str, participants: list[int]) -> None:
        """Add what is said of these participants, as they are and with 15 % taken away, to the trials."""
        if not self.after[participants].all():
            # Nothing can be taken from nothing.
            return
        donors = [n for n in range(len(self.after)) if n not in participants]
        current, earlier = [], []
        for participant in participants:
            order = [participant, *donors]
            people = None if self.people is None else self.people[order]
            actual = placebo.gaps(self.before[order], self.after[order], people)
            pretended = placebo.pretended(self.before[order], self.after_years, people)
            if actual is None or pretended is None:
                return
            current.append(actual)
            earlier.append(pretended)
        lowered = [
            replace(part, gaps=part.gaps - np.eye(1, len(part.gaps))[0] * _TAKEN * self.after[participant])
            for part, participant in zip(current, participants, strict=True)
        ]

        def outcome(parts: list[placebo.Gaps]) -> placebo.Outcome:
            return placebo.alone(parts[0]) if len(parts) == 1 else placebo.together(parts, list(self.counties[donors]))

        before, now = outcome(earlier), outcome(current)
        trials.false[column].append(deviates(now, before))
        trials.reach[column].append((now.high - now.low) / 2 / abs(float(self.after[participants].mean())))
        with_effect = outcome(lowered)
        trials.detected[column].append(deviates(with_effect, before) and with_effect.gap < 0)


if __name__ == "__main__":
    main(sys.argv[1:])
