"""Closed episodes of teams that adopt FIT one after the other, as the marts of a comparison."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import polars as pl

PRICES = {"s1": ("session", 100), "s2": ("session", 33), "m1": ("month", 1444)}


def city(teams: dict[str, int], each: int = 12, seed: int = 1) -> pl.DataFrame:
    """Return episodes of so many teams of each service, the last of which adopts 600 days later."""
    rng = np.random.default_rng(seed)
    rows = []
    for service, n_teams in teams.items():
        for number in range(n_teams):
            adopted = date(2023, 7, 1) + timedelta(days=600 * number // max(n_teams - 1, 1))
            for _ in range(each):
                opened = date(2023, 1, 1) + timedelta(days=int(rng.integers(0, 870)))
                rows.append((service, f"{service}_{number}", adopted, opened))
    frame = pl.DataFrame(
        rows, schema=["service_code", "team_code", "fit_adopted_on", "started_on"], orient="row"
    )
    keys = [f"{key}_{number}" for number, key in enumerate(frame["team_code"])]
    is_fit = (frame["started_on"] >= frame["fit_adopted_on"]).cast(pl.Int64)
    used = rng.poisson(8 - is_fit.to_numpy()).astype(float)
    ages = pl.Series(rng.integers(6, 20, frame.height))
    return frame.with_columns(
        pl.Series("episode_key", keys),
        pl.Series("episode_client_key", keys),
        pl.Series("family_key", keys),
        is_fit.alias("is_fit_at_opening"),
        pl.when(is_fit == 0)
        .then(pl.lit("before_adoption"))
        .when(pl.col("started_on") < pl.col("fit_adopted_on").dt.offset_by("18mo"))
        .then(pl.lit("under_18_months"))
        .otherwise(pl.lit("18_to_48_months"))
        .alias("fit_maturity"),
        opened_quarter=pl.col("started_on").dt.truncate("1q"),
        used_units=pl.Series(used),
        planned_units=pl.lit(10.0),
        unit=pl.col("service_code").replace_strict({s: unit for s, (unit, _) in PRICES.items()}),
        unit_price_eur=pl.col("service_code").replace_strict(
            {service: Decimal(price) for service, (_, price) in PRICES.items()},
            return_dtype=pl.Decimal(18, 4),
        ),
        per=pl.lit("episode"),
        procurement=pl.lit("own"),
        price_year=pl.lit(2025),
        vat_included=pl.lit(0),
        age_years=ages,
        age_band=pl.Series(np.where(ages < 13, "6–12", "13–19")),
        closed_on=pl.col("started_on").dt.offset_by("3mo"),
        next_episode_key=pl.lit(None, pl.String),
    )


def fill_marts(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> None:
    """Make the marts that a comparison reads; rows without a closing day are open."""
    connection.execute("create schema if not exists marts")
    connection.register("given", rows)
    connection.execute(
        "create or replace table marts.fct_service_comparison as "
        "select * exclude (age_years, age_band, closed_on, next_episode_key) from given "
        "where closed_on is not null"
    )
    connection.execute(
        "create or replace table marts.fct_episode as select episode_client_key, episode_key, "
        "family_key, service_code, started_on as opened_on, null::date as first_session_on, closed_on, "
        "age_years, age_band, next_episode_key from given"
    )
    # Two professionals a team, who meet by turns.
    connection.execute(
        "create or replace table marts.fct_session as select episode_key, "
        "team_code || '_' || hash(episode_key) % 2 as worker_key, 'attended' as attendance from given"
    )
    connection.unregister("given")
