"""Cost for each outcome: a ratio of sums over all episodes, with clustered intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._arrays import FloatArray, check_same_length, refuse_missing
from fit_metrics._bootstrap import bca_limits, check_draws, draw_sums, leave_one_out, sums_by_unit
from fit_metrics._fieller import SetKind, Solution, solve
from fit_metrics._flags import non_negative_column, number_or_flag_column
from fit_metrics._groups import as_groups
from fit_metrics._options import Missing, check_choice, check_level
from fit_metrics.results import Estimate

RatioInterval = Literal["fieller", "bootstrap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPerOutcome(Estimate):
    """Cost for each unit of outcome, in euros.

    Attributes
    ----------
    set_kind : str
        Kind of the set, as in :class:`FiellerSet`; "interval" for the bootstrap, "undefined"
        where there are no limits.
    excluded_low, excluded_high : float
        Open interval that a "complement" leaves out; ``nan`` otherwise.
    total_cost, total_outcome : float
        The two sums.
    n_unmeasured : int
        Episodes without an outcome: their cost counts, their outcome is none.
    n_clusters : int
        Clusters (or episodes, where none are named) that the interval rests on.
    """

    set_kind: SetKind
    excluded_low: float
    excluded_high: float
    total_cost: float
    total_outcome: float
    n_unmeasured: int
    n_clusters: int


def cost_per_outcome(
    costs: ArrayLike,
    outcomes: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    ci: RatioInterval = "fieller",
    rng: np.random.Generator | None = None,
    n_resamples: SupportsIndex = 9_999,
    level: float = 0.95,
    missing: Missing = "raise",
) -> CostPerOutcome:
    r"""Give the cost of all episodes for each unit of outcome that they brought.

    Parameters
    ----------
    costs : array_like, shape (n,)
        Cost of every episode in euros, 0 or more, also of those without an outcome measured; None
        and nan are missing.
    outcomes : array_like, shape (n,)
        What it brought: 1 for the cost per episode, flags for the cost per improved client, points
        of change for the cost per PROM point. None and nan: not measured.
    clusters : array_like, shape (n,), optional
        The cluster (team) of each episode; every episode is its own without it.
    ci : {"fieller", "bootstrap"}
        Fieller's set, or the bias-corrected and accelerated bootstrap; both of whole clusters.
    rng : numpy.random.Generator, optional
        Source of the resamples; required for "bootstrap".
    n_resamples : int
        How many resamples.
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse episodes without a cost or cluster, or leave them out and count them.

    Returns
    -------
    CostPerOutcome
        Euros by the unit of `outcomes`. All nan where the outcomes add up to 0. No limits below two
        clusters, for the bootstrap below three or where all clusters are alike.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`\sum_i c_i / \sum_i e_i`, never the mean of single ratios. An episode that was not measured
    is paid for as well: it stays in the sum of costs and adds no outcome, so that leaving out
    measurements never makes a service look cheap. Description, no comparison: what the outcome
    would have been without the service is not in it.

    Fieller takes totals of clusters as pairs, with t of J - 1 degrees of freedom for J clusters.

    Nominal property: "fieller" 93 to 97 % with 15 and more clusters of 4 to 12 episodes, also where
    costs are lognormal; "bootstrap" with 50, for with 30 it is nearer to 93 %.

    References
    ----------
    .. [1] Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal
       Statistical Society, Series B, 16(2), 175-185.
    .. [2] Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American
       Statistical Association, 82(397), 171-185.

    Examples
    --------
    >>> result = cost_per_outcome(
    ...     [900, 1100, 700, 1300, 1000, 1200, 900, 1100],
    ...     [1, 0, 1, 1, None, 1, 1, 1],
    ...     clusters=[1, 1, 2, 2, 3, 3, 4, 4],
    ... )
    >>> result.estimate, result.n_unmeasured, result.set_kind
    (1366.6666666666667, 1, 'interval')
    """
    check_choice("ci", ci, RatioInterval)
    checked_level = check_level(level)
    cost = non_negative_column("costs", costs)
    outcome = number_or_flag_column("outcomes", outcomes)
    check_same_length("costs", cost, "outcomes", outcome)
    is_lacking = np.isnan(cost)
    codes = None
    if clusters is not None:
        group = as_groups("clusters", clusters)
        check_same_length("costs", cost, "clusters", group.codes)
        is_lacking |= group.codes < 0
        codes = np.unique(group.codes[~is_lacking], return_inverse=True)[1].reshape(-1)
    count = int(np.count_nonzero(is_lacking))
    refuse_missing("costs and clusters", count, cost.size, missing)
    cost, outcome = cost[~is_lacking], outcome[~is_lacking]
    unmeasured = int(np.count_nonzero(np.isnan(outcome)))
    units = sums_by_unit(np.stack([cost, np.nan_to_num(outcome)]), codes)
    totals = units.sum(axis=1)
    if ci == "fieller":
        found = fieller_of_units(units, checked_level)
    else:
        generator, wanted = check_draws(rng, n_resamples)
        found = bca_of_units(units, generator, wanted, checked_level)
    return CostPerOutcome(
        estimate=float(ratio(totals)) if totals[1] else math.nan,
        ci_level=checked_level,
        n=cost.size,
        n_missing=count,
        method=f"ratio_of_means_{'bca' if ci == 'bootstrap' else ci}",
        total_cost=float(totals[0]),
        total_outcome=float(totals[1]),
        n_unmeasured=unmeasured,
        n_clusters=units.shape[1],
        **found._asdict(),
    )


def fieller_of_units(units: FloatArray, level: float) -> Solution:
    """Give Fieller's set of the ratio of the sums of two rows over paired units."""
    size = units.shape[1]
    if size < 2:
        return Solution("undefined", math.nan, math.nan, math.nan, math.nan)
    mean = units.mean(axis=1)
    centred = units - mean[:, None]
    spread = centred @ centred.T / ((size - 1.0) * size)
    quantile = float(-special.stdtrit(size - 1, (1.0 - level) / 2.0))
    (a, b), ((v_a, c), (_, v_b)) = mean.tolist(), spread.tolist()
    return solve(a, b, v_a, v_b, c, quantile)


def ratio(sums: FloatArray) -> FloatArray:
    """Give the first row over the second, nan where that is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(sums[1] == 0.0, np.nan, sums[0] / sums[1]))


def bca_of_units(
    units: FloatArray, rng: np.random.Generator, n_resamples: int, level: float
) -> Solution:
    low = high = math.nan
    if units.shape[1] >= 3:
        low, high = bca_limits(
            ratio(draw_sums(units, rng, n_resamples)),
            float(ratio(units.sum(axis=1))),
            [ratio(leave_one_out(units))],
            level,
        )
    kind: SetKind = "undefined" if math.isnan(low) else "interval"
    return Solution(kind, low, high, math.nan, math.nan)
