"""How far the change of the wait by Little's law and by simulation lies from the true one: cities, a table.

    .venv/bin/python benchmarks/flow_truth.py [CITIES [FORMS [SET [FIRST_SEED]]]]

The true change is that of the simulator's queue over the twelve months of `metrics.flow_effect`: the mean
wait after them less that at their beginning. Set `city` has the numbers of `city.toml`; `long` has lines
that never run short and get all freed time; `none` is `long` with no effect of FIT. The part of freed time
that goes to those who wait is told to the models. The cities do not go through dbt: what the metric reads
is made of the simulator's own files by `flow_truth.sql`.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fit_warehouse.demo import make_city, truth  # noqa: E402 (this checkout's packages first)
from fit_warehouse.demo.parameters import Parameters  # noqa: E402
from fit_warehouse.demo.study import Switches, study_parameters  # noqa: E402
from fit_warehouse.measure.context import Context  # noqa: E402
from fit_warehouse.measure.flow_effect import by_service, waiting  # noqa: E402
from fit_warehouse.measure.flow_simulation import simulated  # noqa: E402
from fit_warehouse.measure.period import twelve_months  # noqa: E402

PROCESSES = 2
LEVEL = 0.95
SQL = Path(__file__).with_suffix(".sql")
LONG_DAYS = 250  # so long a line lasts through all years of FIT
# Days that each episode would have lasted longer without FIT, in place of the plan and the attribution.
TRUE_LENGTHS = """
    select service_code, days_open::double as days,
        (closed_on_without_fit::date - closed_on)::double as added_true
    from marts.fct_episode
    where closed_on between $period_start and $period_end
        and first_session_on is not null and days_open >= 0
    order by all
"""
MODELS = ("little", "simulated", "true lengths")


def parameters_of(name: str) -> Parameters:
    """Return the numbers of a set of cities."""
    found = study_parameters(Switches(effect=0.0 if name == "none" else 1.0))
    if name == "city":
        return found
    return replace(
        found,
        queue=replace(found.queue, share_used=1.0, shortest_share=0.01),
        services=tuple(replace(service, wait_days=LONG_DAYS) for service in found.services),
    )


def context_of(connection: duckdb.DuckDBPyConnection, landing: Path, share_used: float) -> Context:
    """Make the marts of a city in a database and return the context of their last twelve months."""
    connection.execute(
        SQL.read_text(encoding="utf-8").format(
            landing=landing.as_posix(), truth=truth.folder_of(landing).as_posix()
        )
    )
    (as_of,) = connection.execute(
        "select max(session_date) from session where attendance = 'attended'"
    ).fetchone() or (None,)
    assert isinstance(as_of, date)
    return Context(connection, as_of, twelve_months(as_of, 30), "none", LEVEL, share_used)


def true_changes(landing: Path, context: Context) -> dict[str, float]:
    """Return by service the true mean wait after the period less that at its beginning."""
    waits = truth.read(landing, "queue").sort("month")
    first = waits.filter(pl.col("month") >= context.period.start)
    after = waits.filter(pl.col("month") > context.period.end)
    before, end = (
        rows.group_by("service_code").agg(pl.col("mean_wait_days").first())
        for rows in (first, after)
    )
    joined = before.join(end, on="service_code", suffix="_after")
    return {service: after - before for service, before, after in joined.iter_rows()}


def changes(landing: Path, share_used: float) -> list[dict[str, object]]:
    """Return the true change and that of each model, by service, in the base scenario."""
    found: list[dict[str, object]] = []
    with duckdb.connect(config={"threads": 1}) as connection:
        context = context_of(connection, landing, share_used)
        true = true_changes(landing, context)
        days = (context.period.end - context.period.start).days + 1
        lengths = connection.execute(TRUE_LENGTHS, context.days).pl()
        for rows, own in by_service(context):
            (row,) = (row for row in rows if row["scenario"] == "base")
            service = row["service_code"]
            (first,) = simulated([row], days, own, share_used, LEVEL)
            (second,) = simulated(
                [{**row, "scenario": "true"}],
                days,
                lengths.filter(service_code=service),
                share_used,
                LEVEL,
            )
            little = waiting({"freed_sessions": None, **row}, days, share_used)
            found.append(
                {
                    "service": service,
                    "n": row["n_episodes"],
                    "truth": true[service],
                    "little": little["wait_change_days"],
                    "simulated": first["simulated_end_change_days"],
                    "true lengths": second["simulated_end_change_days"],
                    "reason": first["simulation_reason"],
                }
            )
    return found


def try_city(forms: int, name: str, seed: int) -> pl.DataFrame:
    """Return the changes of every service of one city."""
    parameters = parameters_of(name)
    with tempfile.TemporaryDirectory(prefix="flow_truth_") as folder:
        landing = Path(folder) / "landing"
        make_city(landing, forms=forms, seed=seed, parameters=parameters)
        return pl.DataFrame(changes(landing, parameters.queue.share_used), infer_schema_length=None)


def table_row(service: str, cities: pl.DataFrame) -> str:
    """Return a line of the table: means over cities, each model less the truth with its error."""
    cells = [service, f"{cities['n'].mean():.0f}", f"{cities['truth'].mean():.1f}"]
    for model in MODELS:
        misses = (cities[model].cast(pl.Float64) - cities["truth"]).drop_nulls().to_numpy()
        if misses.size < 2:
            cells += ["", "", str(misses.size)]
            continue
        error = misses.std(ddof=1) / np.sqrt(misses.size)
        cells += [
            f"{misses.mean():+.1f} ± {error:.1f}",
            f"{misses.std(ddof=1):.1f}",
            str(misses.size),
        ]
    return f"| {' | '.join(cells)} |"


def main(cities: int, forms: int, name: str, first_seed: int) -> None:
    """Try the cities and print the table."""
    seeds = range(first_seed, first_seed + cities)
    with ProcessPoolExecutor(PROCESSES) as pool:
        tried = pl.concat(pool.map(partial(try_city, forms, name), seeds), how="vertical_relaxed")
    columns = [f"{model}{part}" for model in MODELS for part in (" less truth", ", SD", ", cities")]
    print(
        f"{cities} cities of {forms} forms, set {name}, seeds {seeds.start} to {seeds.stop - 1}\n"
    )
    print(f"| service | early endings | true change, days | {' | '.join(columns)} |")
    print(f"| --- |{' ---: |' * (len(columns) + 2)}")
    for service in tried["service"].unique().sort():
        print(table_row(service, tried.filter(service=service)))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 20,
        int(given[1]) if len(given) > 1 else 20_000,
        given[2] if len(given) > 2 else "city",
        int(given[3]) if len(given) > 3 else 1,
    )
