"""How often the interval of the estimated effect holds the true one: synthetic cities, a table.

    .venv/bin/python benchmarks/cost_truth.py [CITIES [FORMS [EFFECT [FIRST_SEED]]]]

Every city has 50 teams and a seed of its own. What an episode would have used without FIT is known of
each, from the same random numbers; the truth is the mean difference of the episodes under FIT that the
estimate rests on. Estimates are those of `metrics.cost_comparison`. The cities do not go through dbt:
their rows come from the simulator's own files by `cost_truth.sql`.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fit_warehouse.demo import make_city, truth  # noqa: E402 (this checkout's packages first)
from fit_warehouse.demo.study import Switches, study_parameters  # noqa: E402
from fit_warehouse.measure.cost_comparison import OF_PLAN, interval_reason, lines  # noqa: E402
from fit_warehouse.measure.used_units import (  # noqa: E402
    FOLLOWED_DAYS,
    difference,
    is_complete,
    near_adoption,
)

TEAMS = 50
PROCESSES = 2
LEVEL = 0.95
WITHIN = f"{OF_PLAN}, within teams"
SQL = Path(__file__).with_suffix(".sql")
COLUMNS = (
    "line",
    "cities with an interval",
    "hold the city's truth",
    "hold the mean truth",
    "mean truth",
    "mean estimate",
    "bias ± its error",
    "SD of estimates",
    "mean width",
)


def city_rows(landing: Path) -> pl.DataFrame:
    """Return the closed episodes of a city that opened early enough, with their true other use."""
    with duckdb.connect(config={"threads": 1}) as connection:
        (as_of,) = connection.execute(
            "select max(session_date) from read_csv(?) where attendance = 'attended'",
            [str(landing / "session.csv")],
        ).fetchone() or (None,)
        assert isinstance(as_of, date)
        query = SQL.read_text(encoding="utf-8").format(
            landing=landing.as_posix(),
            truth=truth.folder_of(landing).as_posix(),
            seeds=(ROOT / "seeds").as_posix(),
            opened_to=as_of - timedelta(days=FOLLOWED_DAYS),
        )
        return connection.execute(query).pl()


def true_difference(rows: pl.DataFrame, *, of_plan: bool) -> float:
    """Return the mean of what FIT changed in the use up to the plan, over the episodes under FIT."""
    up_to_plan = [
        pl.min_horizontal(pl.col(name), pl.col("planned_units"))
        for name in ("used_units", "used_units_without_fit")
    ]
    change = up_to_plan[0] - up_to_plan[1]
    found: float = (
        rows.filter(is_fit=1)
        .select((change / pl.col("planned_units") if of_plan else change).mean())
        .item()
    )
    return found


def try_city(forms: int, effect: float, seed: int) -> pl.DataFrame:
    """Return estimate, interval and truth of every line of one city."""
    with tempfile.TemporaryDirectory(prefix="cost_truth_") as folder:
        landing = Path(folder) / "landing"
        parameters = study_parameters(Switches(teams=TEAMS, effect=effect))
        make_city(landing, forms=forms, seed=seed, parameters=parameters)
        rows = city_rows(landing).filter(is_complete() & ~near_adoption())
    found = []
    tried = list(lines(rows, LEVEL))
    within = difference(tried[-1].rows, level=LEVEL, of_plan=True, within_teams=True)
    tried.append(replace(tried[-1], unit=WITHIN, found=within))
    for line in tried:
        has_interval = interval_reason(line.found) is None
        by_team = line.rows.group_by("team_code").len()["len"]
        found.append(
            {
                "line": f"{line.service}, {line.unit}",
                "truth": true_difference(line.rows, of_plan=line.unit in (OF_PLAN, WITHIN)),
                "estimate": line.found.estimate if line.found else None,
                "low": line.found.ci_low if line.found and has_interval else None,
                "high": line.found.ci_high if line.found and has_interval else None,
                "n_teams": by_team.len(),
                "fewest": by_team.min(),
                "n": line.rows.height,
            }
        )
    return pl.DataFrame(found)


def table_row(line: str, cities: pl.DataFrame) -> str:
    """Return a line of the table."""
    intervals = cities.drop_nulls("low")
    own, mean = pl.col("truth"), float(np.mean(cities["truth"].to_numpy()))
    holds = [
        intervals.select(value.is_between(pl.col("low"), pl.col("high")).sum()).item()
        for value in (own, pl.lit(mean))
    ]
    estimates = cities["estimate"].to_numpy()
    misses = estimates - cities["truth"].to_numpy()
    error = misses.std(ddof=1) / np.sqrt(misses.size)
    width = (intervals["high"] - intervals["low"]).mean()
    cells = [
        line,
        str(intervals.height),
        *(str(count) if intervals.height else "" for count in holds),
        f"{mean:.3f}",
        f"{estimates.mean():.3f}",
        f"{misses.mean():.3f} ± {error:.3f}",
        f"{estimates.std(ddof=1):.3f}",
        f"{width:.3f}" if intervals.height else "",
    ]
    return f"| {' | '.join(cells)} |"


def main(cities: int, forms: int, effect: float, first_seed: int) -> None:
    """Try the cities and print the table."""
    seeds = range(first_seed, first_seed + cities)
    with ProcessPoolExecutor(PROCESSES) as pool:
        tried = pl.concat(pool.map(partial(try_city, forms, effect), seeds))
    every = tried.filter(line=f"_total, {OF_PLAN}")
    print(
        f"{cities} cities of {forms} forms, effect {effect:g}, seeds {seeds.start} to "
        f"{seeds.stop - 1}: {every['n_teams'].min()} to {every['n_teams'].max()} teams with "
        f"{every['fewest'].min()} or more episodes each, {every['n'].mean():.0f} in all\n"
    )
    print(f"| {' | '.join(COLUMNS)} |")
    print(f"| --- |{' ---: |' * (len(COLUMNS) - 1)}")
    for line in tried["line"].unique().sort():
        print(table_row(line, tried.filter(line=line)))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 100,
        int(given[1]) if len(given) > 1 else 20_000,
        float(given[2]) if len(given) > 2 else 1.0,
        int(given[3]) if len(given) > 3 else 1,
    )
