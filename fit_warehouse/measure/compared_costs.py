"""Episodes whose cost and outcome are compared, what was found of them, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from fit_metrics.cost_outcome import CostComparison, compare_costs
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.cost_comparison import few_teams, size_of
from fit_warehouse.measure.used_units import (
    FOLLOWED_DAYS,
    closed_episodes,
    contrasted,
    is_complete,
    near_adoption,
)

# Recorded in the same way before FIT and under it, 1 for the better. A PROM is none of them.
OUTCOMES = ("no_rereferral_12", "not_placed")
OUTCOME_DAYS = 366
# What amounts must share before their mean is anything, and why they are refused where they do not.
SHARED = {"procurement": "several_procurements", "vat_included": "other_vat"}
PRICED = ("procurement", "price_year", "vat_included")
_EPISODES = """
    with
    outcome as (
        select episode_key,
            case when min(is_in_rereferral_12) = 1
                then 1 - max(is_rereferred_12_months) end::double as no_rereferral_12,
            case when min(ending_code) <> 'unknown'
                then (min(ending_code) <> 'placed')::int end::double as not_placed
        from marts.fct_episode
        group by episode_key
    ),
    cost as (
        -- A cost that is known in part would look like a small one.
        select episode_key, count(cost_eur) = count(*) as is_paid,
            case when count(cost_discounted_eur) = count(*) then sum(cost_discounted_eur)
                end::double as own_cost_eur,
            case when count(fit_cost_discounted_eur) = count(*) then sum(fit_cost_discounted_eur)
                end::double as fit_cost_eur,
            coalesce(min(discount_exclusion_reason), min(fit_cost_exclusion_reason)) as reason,
            min(procurement) as procurement, min(price_year) as price_year,
            min(vat_included) as vat_included
        from marts.fct_episode_cost
        group by episode_key
    )
    select * from outcome inner join cost using (episode_key)
    order by episode_key
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A service and an outcome: the episodes compared, and what was found or why nothing was."""

    service: str
    outcome: str
    rows: pl.DataFrame
    n_without_cost: int
    n_without_outcome: int
    refusal: str | None
    found: CostComparison | None

    @property
    def interval_reason(self) -> str | None:
        """Return the code that says why there is no interval; None where there is one."""
        if self.refusal:
            return None
        if self.found is None:
            return "no_contrast"
        if math.isnan(self.found.incremental_cost):
            return "few_episodes"
        size = size_of(self.rows)
        few = few_teams(size["n_teams"], size["n_fit_teams"], size["n_comparison_teams"])
        errors = (self.found.cost_error, self.found.effect_error)
        return few or ("no_variation" if self.found.reason or not min(errors) > 0.0 else None)

    @property
    def told(self) -> CostComparison | None:
        """Return what has an interval."""
        return self.found if self.interval_reason is None else None


def opened_to(context: Context) -> date:
    """Return the last day of an opening that counts: closed by now, and its outcome known."""
    return context.as_of - timedelta(days=FOLLOWED_DAYS + OUTCOME_DAYS)


def lines(context: Context) -> Iterator[Line]:
    """Yield each service with each outcome."""
    closed = closed_episodes(context.connection, opened_to(context))
    compared = closed.filter(is_complete() & ~near_adoption()).drop(PRICED)
    rows = compared.join(context.connection.execute(_EPISODES).pl(), on="episode_key", how="left")
    factors = _index_factors(context)
    for service in rows["service_code"].unique().sort():
        own = rows.filter(service_code=service)
        paid = own.filter(pl.col("is_paid").fill_null(value=False))
        refusal = _refusal(paid, factors)
        for outcome in OUTCOMES:
            known = paid.filter(pl.col(outcome).is_not_null())
            # What nobody has had, or everybody, is no effect to pay for.
            constant = "outcome_constant" if known[outcome].n_unique() < 2 else None
            refused = refusal or constant
            yield Line(
                service,
                outcome,
                known,
                n_without_cost=own.height - paid.height,
                n_without_outcome=paid.height - known.height,
                refusal=refused,
                found=None
                if refused
                else difference(_at_one_price(known, factors), outcome, context),
            )


def difference(rows: pl.DataFrame, outcome: str, context: Context) -> CostComparison | None:
    """Return FIT less comparison in cost and outcome, adjusted as used units are.

    Parameters
    ----------
    rows : DataFrame
        Complete episodes with `cost_eur` at one price level, the outcome's column (1 the better),
        `is_fit`, `team_code` and the factors of adjustment.
    outcome : str
        Name of the outcome's column.
    context
        Of the run: values of the outcome, level of the intervals.

    Returns
    -------
    CostComparison or None
        None where the adjustments leave no episodes to compare.

    Raises
    ------
    ValueError
        The outcome was not recorded before FIT, as no PROM was.
    """
    contrast = contrasted(rows)
    if contrast is None:
        return None
    is_fit, covariates = contrast
    return compare_costs(
        rows["cost_eur"].to_numpy(),
        rows[outcome].to_numpy(),
        is_fit,
        rows["team_code"].to_list(),
        recorded_in_both_periods=outcome in OUTCOMES,
        direction="higher_is_better",
        willingness_to_pay=context.cost.willingness_to_pay,
        covariates=covariates if covariates.size else None,
        level=context.ci_level,
    )


def _index_factors(context: Context) -> dict[tuple[int, int], float]:
    found = context.connection.execute(
        "select from_year, to_year, index_factor from marts.dim_price_index"
    ).fetchall()
    return {(start, end): factor for start, end, factor in found}


def _refusal(paid: pl.DataFrame, factors: dict[tuple[int, int], float]) -> str | None:
    """Return why the costs of a service have no common measure; None where they have one."""
    if not paid.height:
        return "no_cost"
    for name, reason in SHARED.items():
        if paid[name].n_unique() > 1:
            return reason
    last = paid["price_year"].max()
    if any(year != last and (year, last) not in factors for year in paid["price_year"].unique()):
        return "no_price_index"
    # Without its own cost FIT would look cheap, without the long episodes so would their group.
    lacking = paid.filter(pl.any_horizontal(pl.col("own_cost_eur", "fit_cost_eur").is_null()))[
        "reason"
    ]
    return lacking.min() if lacking.len() else None  # type: ignore[return-value]


def _at_one_price(rows: pl.DataFrame, factors: dict[tuple[int, int], float]) -> pl.DataFrame:
    """Return the rows with their cost, that of feedback work included, in the latest price year."""
    last = rows["price_year"].max()
    to_last = {year: factor for (year, to), factor in factors.items() if to == last}
    factor = pl.col("price_year").replace_strict(to_last, default=1.0, return_dtype=pl.Float64)
    return rows.with_columns(cost_eur=(pl.col("own_cost_eur") + pl.col("fit_cost_eur")) * factor)
