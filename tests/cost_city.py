"""Episodes of `comparison_city` with costs and outcomes, and what is measured of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import polars as pl

from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost_effectiveness import acceptability, effectiveness
from fit_warehouse.measure.period import twelve_months
from fit_warehouse.measure.used_units import RUN_IN_DAYS
from fit_warehouse.settings import Cost
from tests.comparison_city import city, fill_marts

AS_OF = date(2027, 6, 30)
VALUES = (0, 1_000, 20_000)
COME_BACK = "no_rereferral_12"
Found = tuple[dict[tuple[str, str], dict[str, Any]], list[dict[str, Any]]]


def paid(rows: pl.DataFrame, seed: int = 1) -> pl.DataFrame:
    """Give every episode a cost and what came after it: dearer and better under FIT."""
    rng = np.random.default_rng(seed)
    fit = rows["is_fit_at_opening"].fill_null(0).to_numpy()
    effect = {team: rng.normal(0, 80) for team in rows["team_code"].unique().sort()}
    cost = 900 + 150 * fit + rng.gamma(4, 60, rows.height)
    return rows.with_columns(
        cost_eur=pl.Series(cost) + rows["team_code"].replace_strict(effect),
        fit_cost_eur=pl.Series(25.5 * fit),
        fit_cost_exclusion_reason=pl.lit(None, pl.String),
        discount_exclusion_reason=pl.lit(None, pl.String),
        share_left=pl.lit(1.0),
        is_in_rereferral_12=pl.lit(1),
        is_rereferred_12_months=pl.Series((rng.random(rows.height) < 0.6 - 0.3 * fit).astype(int)),
        ending_code=pl.Series(np.where(rng.random(rows.height) < 0.05, "placed", "planned_end")),
    )


def twenty_teams(cost: int, came_back: tuple[int, int], **more: Any) -> pl.DataFrame:
    """Return four episodes of each of ten teams under FIT and of ten that have not begun."""
    frame = city({"s1": 20}, each=4).sort("team_code")
    fit = pl.Series([int(number < 10) for number in range(20) for _ in range(4)])
    returns = [int(place < came_back[number < 10]) for number in range(20) for place in range(4)]
    return frame.with_columns(
        is_fit_at_opening=fit,
        fit_adopted_on=pl.when(fit == 1).then(date(2020, 1, 1)).otherwise(date(2027, 1, 1)),
        started_on=date(2024, 1, 15),
        opened_quarter=date(2024, 1, 1),
        age_years=10,
        age_band=pl.lit("6–12"),
        cost_eur=500.0 + cost * fit,
        fit_cost_eur=20.0 * fit,
        fit_cost_exclusion_reason=pl.lit(None, pl.String),
        discount_exclusion_reason=pl.lit(None, pl.String),
        share_left=pl.lit(1.0),
        is_in_rereferral_12=pl.lit(1),
        is_rereferred_12_months=pl.Series(returns),
        ending_code=pl.lit("planned_end"),
    ).with_columns(**more)


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a comparison, with cost and outcome as plain columns."""
    days = (rows["fit_adopted_on"] - rows["started_on"]).dt.total_days()
    return rows.filter(~days.is_between(1, RUN_IN_DAYS).fill_null(value=False)).with_columns(
        total=pl.col("cost_eur").round(4) + pl.col("fit_cost_eur").round(4),
        better=1 - pl.col("is_rereferred_12_months"),
    )


def measured(
    connection: duckdb.DuckDBPyConnection,
    rows: pl.DataFrame,
    index: dict[tuple[int, int], float] | None = None,
) -> Found:
    """Return the lines of cost_effectiveness by service and outcome, and those of the curve."""
    fill_marts(connection, rows)
    connection.register("given", rows)
    connection.execute(
        "create or replace table marts.fct_episode as select kept.*, is_in_rereferral_12, "
        "is_rereferred_12_months, ending_code from marts.fct_episode as kept "
        "inner join given using (episode_client_key)"
    )
    connection.execute(
        "create or replace table marts.fct_episode_cost as select episode_key, "
        "cost_eur::decimal(18, 4) as cost_eur, fit_cost_exclusion_reason, "
        "procurement, price_year, vat_included, discount_exclusion_reason, "
        "case when discount_exclusion_reason is null then share_left * cost_eur end"
        "::decimal(18, 4) as cost_discounted_eur, "
        "case when discount_exclusion_reason is null then share_left * fit_cost_eur end"
        "::decimal(18, 4) as fit_cost_discounted_eur from given"
    )
    connection.execute(
        "create or replace table marts.dim_price_index "
        "(from_year integer, to_year integer, index_factor double)"
    )
    for (start, end), factor in (index or {}).items():
        connection.execute(
            "insert into marts.dim_price_index values (?, ?, ?)", [start, end, factor]
        )
    period = twelve_months(AS_OF, 30)
    context = Context(connection, AS_OF, period, "none", 0.95, Cost(VALUES))
    lines = {(row["service_code"], row["outcome_code"]): row for row in effectiveness(context)}
    return lines, list(acceptability(context))
