"""Used units under feedback against those of teams that had not begun: an estimate by comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._cluster_robust import regression
from fit_metrics._cluster_rows import products
from fit_metrics._estimated_rows import comparison_rows
from fit_metrics._multilevel_rows import design
from fit_metrics._options import Missing, check_choice, check_level, exact_integer
from fit_metrics._team_counts import MANY_TEAMS, teams_of_each_kind, why_no_interval
from fit_metrics._wild_cluster import WildWeights, wild_test
from fit_metrics.results import Estimate

EffectInterval = Literal["auto", "cr2", "wild"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedEffect(Estimate):
    """Difference in mean used units, FIT less comparison; below 0 fewer units were used with FIT.

    Attributes
    ----------
    standard_error, df : float
        CR2 standard error and Satterthwaite's degrees of freedom; ``nan`` where there is no
        interval.
    p_value : float
        Of no difference, by the method of the interval.
    n_fit, n_comparison : int
        Episodes of either kind.
    n_teams, n_fit_teams, n_comparison_teams : int
        Teams in all, with episodes under FIT, and with episodes before it; a team may be both.
    reason : str
        Why there is no interval; empty where there is one.
    """

    standard_error: float
    df: float
    p_value: float
    n_fit: int
    n_comparison: int
    n_teams: int
    n_fit_teams: int
    n_comparison_teams: int
    reason: str


def estimated_effect(
    used_units: ArrayLike,
    planned_units: ArrayLike,
    is_fit: ArrayLike,
    teams: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    factors: Mapping[str, ArrayLike] | None = None,
    is_closed: ArrayLike | None = None,
    ci: EffectInterval = "auto",
    weights: WildWeights = "webb",
    rng: np.random.Generator | None = None,
    resamples: SupportsIndex = 9_999,
    level: float = 0.95,
    missing: Missing = "raise",
) -> EstimatedEffect:
    r"""Give the difference in restricted mean used units between FIT and not yet FIT.

    Parameters
    ----------
    used_units, planned_units : array_like, shape (n,)
        Units used and planned of every episode, whatever its ending; use beyond the plan counts as
        the plan (restricted mean).
    is_fit : array_like of flags, shape (n,)
        Whether the episode opened in a team-period with FIT (1) or before it (0).
    teams : array_like, shape (n,)
        The team of each episode: the cluster.
    covariates : array_like, shape (n,) or (n, k), optional
        Numbers to adjust for, known without FIT (age).
    factors : mapping of str to array_like, optional
        Codes to adjust for, known without FIT (service, season, referral); a team's own code
        compares each team with itself.
    is_closed : array_like of flags, shape (n,), optional
        Whether the episode has ended; all have, where it is not given.
    ci : {"auto", "cr2", "wild"}
        Bias-reduced errors with Satterthwaite's t, or the wild cluster bootstrap with the null
        imposed; "auto" takes "wild" below 20 teams and "cr2" from there.
    weights : {"webb", "rademacher"}
        Weights of the wild bootstrap; all combinations of "rademacher" are taken once where they
        are no more than `resamples`.
    rng : numpy.random.Generator, optional
        Source of the wild bootstrap's draws; required unless all combinations are taken.
    resamples : int
        Draws of the wild bootstrap, at least 199.
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them.

    Returns
    -------
    EstimatedEffect
        In units an episode. Below 10 teams, or 4 with episodes under FIT or 4 before it, there is an
        estimate and no interval, with the reason in the record; without more episodes than
        coefficients all numbers are nan. A limit of the wild bootstrap is infinite where no value
        that far out is rejected.

    Raises
    ------
    ValueError
        An argument breaks its rule; all episodes are of one kind; an open episode has used less
        than planned, so that its restricted use is not known yet; an adjustment follows from
        another one.

    Notes
    -----
    Least squares of min(used, planned) on `is_fit` and the adjustments. Never multiplied by an
    attribution: what would have come anyway is in the comparison already.

    Nominal property: 93 to 97 % of 95 % intervals hold the true difference with 10 and more teams
    that are all seen before and under FIT, or of which as many are on either side.

    References
    ----------
    .. [1] Pustejovsky, J. E., & Tipton, E. (2018). Small-sample methods for cluster-robust variance
       estimation and hypothesis testing in fixed effects models. Journal of Business & Economic
       Statistics, 36(4), 672-683.
    .. [2] Cameron, A. C., Gelbach, J. B., & Miller, D. L. (2008). Bootstrap-based improvements for
       inference with clustered errors. Review of Economics and Statistics, 90(3), 414-427.
    .. [3] Roodman, D., Nielsen, M. O., MacKinnon, J. G., & Webb, M. D. (2019). Fast and wild:
       bootstrap inference in Stata using boottest. Stata Journal, 19(1), 4-60.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> team = np.repeat(np.arange(24), 20)
    >>> fit = (np.arange(480) % 20 >= 10).astype(int)
    >>> used = rng.poisson(9 + team % 3 - 2 * fit)
    >>> result = estimated_effect(used, np.full(480, 12), fit, team)
    >>> result.method, result.n_teams, result.ci_low < result.estimate < result.ci_high < 0
    ('restricted_mean_difference_cr2', 24, True)
    """
    check_choice("ci", ci, EffectInterval)
    check_choice("weights", weights, WildWeights)
    checked_level = check_level(level)
    wanted = exact_integer("resamples", resamples, minimum=199)
    rows, fit = comparison_rows(
        used_units, planned_units, is_fit, teams, covariates, factors, is_closed, missing
    )
    codes, n_teams = rows.groupings[0].codes, rows.groupings[0].labels.size
    n = rows.scores.size
    if n and fit.min() == fit.max():
        raise ValueError(
            f"is_fit is {fit[0]:g} in all {n} episodes: without episodes before FIT and under it "
            "there is nothing to compare"
        )
    found = regression(rows, "CR2", checked_level).fixed
    estimate, low, high = (float(x[-1]) for x in (found.estimate, found.ci_low, found.ci_high))
    error, df = float(found.standard_error[-1]), float(found.df[-1])
    kind = ci if ci != "auto" else ("cr2" if n_teams >= MANY_TEAMS else "wild")
    named = (kind, weights) if kind == "wild" else (kind,)
    n_fit_teams, n_comparison_teams = teams_of_each_kind(codes, fit)
    p_value, reason = math.nan, why_no_interval(n_teams, n_fit_teams, n_comparison_teams)
    if not reason and not error > 0.0:
        reason = "no variation is left between teams"
    if reason:
        low = high = error = df = math.nan
    elif kind == "cr2":
        p_value = _t_tail(estimate / error, df)
    else:
        plan = design(rows.scores, rows.covariates)
        test = wild_test(products(plan.columns, codes, n_teams), n, weights, rng, wanted)
        # The last column is FIT cleared of the others and scaled; `scale` is above 0.
        scale = float(plan.back[-1, -1])
        p_value = test.p_value(estimate / scale)
        low = estimate - scale * test.limit(error / scale, checked_level)
        high = estimate - scale * test.limit(-error / scale, checked_level)
    return EstimatedEffect(
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        ci_level=checked_level,
        n=n,
        n_missing=rows.n_missing,
        method="_".join(["restricted_mean_difference", *(() if reason else named)]),
        standard_error=error,
        df=df,
        p_value=p_value,
        n_fit=int(fit.sum()),
        n_comparison=n - int(fit.sum()),
        n_teams=n_teams,
        n_fit_teams=n_fit_teams,
        n_comparison_teams=n_comparison_teams,
        reason=reason,
    )


def _t_tail(statistic: float, df: float) -> float:
    return 2.0 * float(special.stdtr(df, -abs(statistic)))
