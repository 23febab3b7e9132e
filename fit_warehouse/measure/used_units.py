"""Used units with FIT against those of teams that had not begun: rows, adjustments, the estimate."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fit_metrics.cost_effect import EstimatedEffect, estimated_effect

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# After so many days nearly all episodes have closed. Of later openings only the short ones have.
FOLLOWED_DAYS = 400
# Some of who opened so shortly before their team's adoption are given forms later on.
RUN_IN_DAYS = 180
# The same data give the same interval.
SEED = 20_250_812
# Each of them exists without FIT.
FACTORS = ("service_code", "opened_quarter", "age_band", "referral")
_ROUNDING = 1e-8
_GROUPED = """
    with
    earlier as (
        select distinct next_episode_key as episode_key, service_code as earlier_service
        from marts.fct_episode
        where next_episode_key is not null
    ),
    -- Units are those of an episode, whoever of a family it is about.
    episode as (
        select
            compared.episode_key,
            min(compared.family_key) as family_key,
            min(compared.service_code) as service_code,
            min(compared.team_code) as team_code,
            min(compared.unit) as unit,
            min(compared.is_fit_at_opening) as is_fit,
            min(compared.fit_maturity) as fit_maturity,
            min(compared.started_on) as started_on,
            min(compared.fit_adopted_on) as fit_adopted_on,
            min(compared.opened_quarter) as opened_quarter,
            arg_min(episode.age_band, episode.age_years) as age_band,
            min(compared.used_units)::double as used_units,
            min(compared.planned_units)::double as planned_units,
            min(compared.unit_price_eur) as unit_price_eur,
            min(compared.per) as per,
            min(compared.procurement) as procurement,
            min(compared.price_year) as price_year,
            min(compared.vat_included) as vat_included
        from marts.fct_service_comparison as compared
        inner join marts.fct_episode as episode using (episode_client_key)
        where compared.started_on <= $opened_to
        group by compared.episode_key
    )
    select
        episode.* replace (coalesce(age_band, 'unknown') as age_band),
        case
            when count(earlier_service) = 0 then 'first'
            when bool_or(earlier_service = service_code) then 'same_service'
            else 'other_service'
        end as referral
    from episode
    left join earlier using (episode_key)
    group by all
    order by episode_key
"""


def closed_episodes(connection: duckdb.DuckDBPyConnection, opened_to: date) -> pl.DataFrame:
    """Return the closed episodes that opened up to a day, one row each, all endings.

    Returns
    -------
    DataFrame
        Keys, team, service, `unit`, `is_fit` (0, 1 or missing), `used_units`, `planned_units`, the
        factors of adjustment, and the price of a unit on the day of opening.
    """
    return connection.execute(_GROUPED, {"opened_to": opened_to}).pl()


def near_adoption() -> pl.Expr:
    """Return whether an episode opened within the days before its team's adoption."""
    days = (pl.col("fit_adopted_on") - pl.col("started_on")).dt.total_days()
    return days.is_between(1, RUN_IN_DAYS).fill_null(value=False)


def is_complete() -> pl.Expr:
    """Return whether the group, the unit, the use and the plan of an episode are known."""
    known = pl.all_horizontal(pl.col("is_fit", "unit", "used_units", "planned_units").is_not_null())
    return known & (pl.col("planned_units") > 0).fill_null(value=False)


def difference(
    rows: pl.DataFrame, *, level: float, of_plan: bool = False, within_teams: bool = False
) -> EstimatedEffect | None:
    """Return the adjusted difference in used units, FIT less comparison, an episode.

    Where there are several services it is the mean of their differences, each with the weight of
    its episodes under FIT.

    Parameters
    ----------
    rows : DataFrame
        Complete episodes, with `team_code`, `is_fit`, `used_units`, `planned_units` and the factors.
    level : float
        Level of the interval.
    of_plan : bool
        Give it as a share of the planned units, which services of several units have in common.
    within_teams : bool
        Adjust for the team too: each is compared with itself before it began.

    Returns
    -------
    EstimatedEffect or None
        None where the adjustments leave no episodes to compare: under FIT and before it in the same
        service and at the same time.
    """
    used, planned = (
        rows[name].cast(pl.Float64).to_numpy() for name in ("used_units", "planned_units")
    )
    if of_plan:
        used, planned = used / planned, np.ones_like(planned)
    contrast = contrasted(rows, (*FACTORS, "team_code") if within_teams else FACTORS)
    if contrast is None:
        return None
    is_fit, covariates = contrast
    return estimated_effect(
        used,
        planned,
        is_fit,
        rows["team_code"].to_numpy(),
        covariates=covariates if covariates.size else None,
        rng=np.random.default_rng(SEED),
        level=level,
    )


def contrasted(
    rows: pl.DataFrame, factors: tuple[str, ...] = FACTORS
) -> tuple[Flags, Floats] | None:
    """Return who opened under FIT and the columns adjusted for; None where these leave no contrast."""
    is_fit = rows["is_fit"].cast(pl.Boolean).to_numpy()
    covariates = adjustments(rows, is_fit, factors)
    if independent(np.column_stack([covariates, is_fit])).shape[1] == covariates.shape[1]:
        return None
    return is_fit, covariates


def adjustments(rows: pl.DataFrame, is_fit: Flags, factors: tuple[str, ...] = FACTORS) -> Floats:
    """Return what is adjusted for, as columns (n, k) of which none follows from the others."""
    columns = [
        (rows[name] == value).to_numpy().astype(np.float64)
        for name in factors
        for value in rows[name].unique().sort()[1:]
    ]
    # With each service's own difference beside it, centred where FIT is, the coefficient of FIT is
    # their mean over the episodes under FIT; without, services would weigh by their variance.
    for service in rows["service_code"].unique().sort()[1:]:
        own = (rows["service_code"] == service).to_numpy()
        columns.append(is_fit * (own - (own[is_fit].mean() if is_fit.any() else 0.0)))
    return independent(np.column_stack(columns) if columns else np.empty((rows.height, 0)))


def independent(columns: Floats) -> Floats:
    """Return the columns that follow neither from a constant nor from those before them."""
    basis = [np.full(columns.shape[0], 1.0 / np.sqrt(max(columns.shape[0], 1)))]
    kept = []
    for number, column in enumerate(columns.T):
        rest = column
        for _ in range(2):  # once more, for what rounding has left
            directions = np.column_stack(basis)
            rest = rest - directions @ (directions.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > _ROUNDING * float(np.linalg.norm(column)):
            basis.append(rest / size)
            kept.append(number)
    return columns[:, kept]
