"""Differences in cost and in effect, with their joint cluster-robust covariance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._adjustments import adjustments
from fit_metrics._arrays import FloatArray, as_column, check_same_length, refuse_missing
from fit_metrics._cluster_robust import regression
from fit_metrics._flags import flag_column, number_or_flag_column
from fit_metrics._groups import as_groups
from fit_metrics._multilevel_rows import complete_rows
from fit_metrics._options import Direction, Missing, check_flag, direction_sign
from fit_metrics._team_counts import teams_of_each_kind, why_no_interval


class Joint(NamedTuple):
    """Incremental cost and effect; the covariance is nan where there are too few teams."""

    cost: float
    effect: float
    variance_cost: float
    variance_effect: float
    covariance: float
    df: float
    n: int
    n_missing: int
    n_teams: int
    reason: str

    def benefit_error(self, value: float) -> float:
        """Give the standard error of value * effect - cost."""
        spread = value * value * self.variance_effect + self.variance_cost
        return math.sqrt(max(spread - 2.0 * value * self.covariance, 0.0))


def joint_differences(
    costs: ArrayLike,
    effects: ArrayLike,
    is_fit: ArrayLike,
    teams: ArrayLike,
    *,
    recorded_in_both_periods: bool,
    direction: Direction,
    covariates: ArrayLike | None,
    factors: Mapping[str, ArrayLike] | None,
    missing: Missing,
) -> Joint:
    """Give FIT less comparison in cost and effect, better effects above 0."""
    if not check_flag("recorded_in_both_periods", recorded_in_both_periods):
        raise ValueError(
            "recorded_in_both_periods is False: an outcome that is recorded only under FIT (as any "
            "PROM is before adoption) has no comparison, so its cost cannot be compared; use "
            "re-referral, placement or another outcome of both periods, or cost_per_outcome as a "
            "description"
        )
    sign = direction_sign(direction)
    cost, effect = as_column("costs", costs), sign * number_or_flag_column("effects", effects)
    fit, team = flag_column("is_fit", is_fit), as_groups("teams", teams)
    for name, column in (("effects", effect), ("is_fit", fit), ("teams", team.codes)):
        check_same_length("costs", cost, name, column)
    adjusted = adjustments(covariates, factors, "costs", cost)
    is_lacking = np.isnan(cost) | np.isnan(effect) | np.isnan(fit) | (team.codes < 0)
    is_lacking |= adjusted.is_lacking()
    count = int(np.count_nonzero(is_lacking))
    refuse_missing("costs, effects and what goes with them", count, cost.size, missing)
    kept = ~is_lacking
    cost, effect, fit = cost[kept], effect[kept], fit[kept]
    if fit.size and fit.min() == fit.max():
        raise ValueError(
            f"is_fit is {fit[0]:g} in all {fit.size} episodes: without episodes before FIT and "
            "under it there is nothing to compare"
        )
    # Each in its own spread, so that their sum holds both; the covariance comes out of that sum.
    units = [_spread(cost), _spread(effect)]
    scaled = [_from_first(cost) / units[0], _from_first(effect) / units[1]]
    columns = np.column_stack([adjusted.columns(kept), fit])
    found, n_teams = [], 0
    for outcome in (*scaled, scaled[0] + scaled[1]):
        rows = complete_rows(outcome, columns, {"teams": team.codes[kept]}, "raise")
        fixed = regression(rows, "CR2", 0.95).fixed
        found.append((float(fixed.estimate[-1]), float(fixed.covariance[-1, -1])))
        n_teams, df = rows.groupings[0].labels.size, float(fixed.df[-1])
    (d_cost, v_cost), (d_effect, v_effect), (_, v_sum) = found
    shared = (v_sum - v_cost - v_effect) / 2.0
    reason = why_no_interval(n_teams, *teams_of_each_kind(team.codes[kept], fit))
    if reason:
        v_cost = v_effect = shared = df = math.nan
    return Joint(
        d_cost * units[0],
        d_effect * units[1],
        v_cost * units[0] ** 2,
        v_effect * units[1] ** 2,
        shared * units[0] * units[1],
        df,
        int(cost.size),
        count,
        n_teams,
        reason,
    )


def _from_first(values: FloatArray) -> FloatArray:
    """Give values from the first one, so that what never varies is 0 to the last digit."""
    return values - values[:1]


def _spread(values: FloatArray) -> float:
    return float(values.std()) or 1.0 if values.size else 1.0
