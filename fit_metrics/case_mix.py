"""Case-mix adjustment: what units' clients reached, against what clients like them reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics import _case_mix_linear as linear
from fit_metrics import _case_mix_logistic as logistic
from fit_metrics._arrays import FloatArray
from fit_metrics._case_mix_linear import DifferenceInterval, OwnRows
from fit_metrics._case_mix_model import complete_rows
from fit_metrics._case_mix_results import (
    CaseMixDifferences,
    CaseMixRatios,
    differences_of_nobody,
)
from fit_metrics._counts import read_only
from fit_metrics._groups import group_sums
from fit_metrics._options import (
    Direction,
    Missing,
    check_choice,
    check_level,
    direction_sign,
    normal_quantile,
)
from fit_metrics._spline import spline_basis, spline_knots

__all__ = [
    "CaseMixDifferences",
    "CaseMixRatios",
    "observed_minus_expected",
    "observed_over_expected",
    "spline_basis",
    "spline_knots",
]

RatioInterval = Literal["score", "normal", "byar"]


def observed_minus_expected(
    outcome: ArrayLike,
    intake: ArrayLike,
    unit: ArrayLike,
    *,
    categories: Mapping[str, ArrayLike] | None = None,
    knots: SupportsIndex | ArrayLike | None = 4,
    own_rows: OwnRows = "left_out",
    interval: DifferenceInterval = "fixed",
    cluster: ArrayLike | None = None,
    direction: Direction = "higher_is_better",
    level: float = 0.95,
    missing: Missing = "raise",
) -> CaseMixDifferences:
    r"""Give each unit's mean outcome less the one expected of clients like its own.

    Parameters
    ----------
    outcome : array_like, shape (n,)
        Last score or change of each person; None and nan are missing.
    intake : array_like, shape (n,)
        First score of each person.
    unit : array_like of text or int, shape (n,)
        Team of each person.
    categories : mapping of name to array_like of text or int, shape (n,), optional
        Further things that clients differ in: age band, service, respondent.
    knots : int or array_like or None
        Bends of the curve over intake: a number of knots (3 to 7) at Harrell's quantiles, their
        places, or None for a straight line.
    own_rows : {"left_out", "included"}
        Whether a unit is held against all others, or against all with itself among them.
    interval : {"fixed", "cluster", "empirical_bayes"}
        "fixed": persons vary around the model. "cluster": clusters (workers) within the unit
        vary. "empirical_bayes": differences drawn towards 0 by how little is known of them.
    cluster : array_like of text or int, shape (n,), optional
        Cluster of each person; for "cluster" only.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the result: positive is always better than expected.
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with anything missing, or leave them out and count them in `n_missing`.

    Returns
    -------
    CaseMixDifferences
        One entry a unit, in outcome units.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    One linear model of all persons: restricted cubic spline of intake plus each category. With
    the unit's mean row :math:`\bar x_j` the variance of the difference is
    :math:`\sigma^2 \{1/n_j - \bar x_j' (X'X)^{-1} \bar x_j\}` where its rows are included (what
    the unit pulled the standard towards itself is gone from the difference, and from its
    variance), and :math:`\sigma^2 \{1/n_j + \bar x_j' (X'X)^{-1} \bar x_j\}`, both sums and σ
    without its rows, where they are left out. Student's t. "cluster" has m - 1 degrees of
    freedom with m clusters in the unit and counts the standard as known; it holds its level from
    some 10 clusters on. Empirical Bayes takes the variance between units by REML and the spread
    of persons within units; its interval, with Morris's term for the variance between units being
    estimated, covers on average over units, and needs three.

    nan for a unit without complete rows, for one that is its own standard (only it has one of
    the categories), for one cluster with "cluster", and where rows are too few for the model.
    An outcome that the model tells without error gives intervals of no width.

    References
    ----------
    .. [1] Harrell, F. E. (2015). Regression Modeling Strategies, 2nd ed. Springer. Section 2.4.
    .. [2] Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications.
       Journal of the American Statistical Association, 78(381), 47-55.

    Examples
    --------
    >>> result = observed_minus_expected(
    ...     [25, 28, 31, 22, 27, 30, 36, 20], [15, 20, 25, 12, 18, 22, 30, 10],
    ...     ["a", "a", "a", "a", "b", "b", "b", "b"], knots=None, own_rows="included",
    ... )
    >>> result.labels.tolist(), result.estimate.round(3).tolist()
    (['a', 'b'], [-0.114, 0.114])
    """
    check_choice("own_rows", own_rows, OwnRows)
    check_choice("interval", interval, DifferenceInterval)
    if (cluster is None) == (interval == "cluster"):
        given = "not given" if cluster is None else "given"
        raise ValueError(
            f"cluster is {given} and interval is {interval!r}: 'cluster' needs it, no other takes it"
        )
    sign, checked_level = direction_sign(direction), check_level(level)
    rows = complete_rows(outcome, intake, unit, categories, cluster, knots, missing)
    method = f"case_mix_difference_{own_rows}_{interval}"
    if rows.outcome.size == 0:
        return differences_of_nobody(rows, checked_level, method)
    model = linear.fit(rows)
    found = (linear.included if own_rows == "included" else linear.left_out)(rows, model)
    shrinkage, tau2 = np.ones(rows.labels.size), math.nan
    if interval == "empirical_bayes":
        found = linear.within_units(model, rows, found)
        shrunken = linear.shrink(found, checked_level)
        shrinkage, tau2, half_width = shrunken.weights, shrunken.tau2, shrunken.half_width
    else:
        found = linear.clustered(rows, found) if interval == "cluster" else found
        half_width = linear.student_half_width(found, checked_level)
    observed = group_sums(rows.units, rows.labels.size, rows.outcome) / model.persons
    estimate = sign * shrinkage * found.values
    squares = model.total_squares
    return CaseMixDifferences(
        labels=rows.labels,
        estimate=read_only(estimate),
        ci_low=read_only(estimate - half_width),
        ci_high=read_only(estimate + half_width),
        ci_level=checked_level,
        n=rows.persons,
        n_missing=rows.n_missing,
        method=method,
        observed=read_only(observed),
        expected=read_only(observed - found.values),
        standard_error=read_only(found.errors),
        shrinkage=read_only(shrinkage),
        tau2=tau2,
        r_squared=1.0 - model.rss / squares if squares > 0.0 else math.nan,
        residual_sd=math.sqrt(model.rss / model.df) if model.df > 0 else math.nan,
        knots=read_only(rows.knots),
    )


def observed_over_expected(
    outcome: ArrayLike,
    intake: ArrayLike,
    unit: ArrayLike,
    *,
    categories: Mapping[str, ArrayLike] | None = None,
    knots: SupportsIndex | ArrayLike | None = 4,
    interval: RatioInterval = "score",
    level: float = 0.95,
    missing: Missing = "raise",
) -> CaseMixRatios:
    r"""Give each unit's count of an outcome over the count expected of clients like its own.

    Parameters
    ----------
    outcome : array_like of 0 and 1, shape (n,)
        Whether each person reached it; None and nan are missing.
    intake, unit, categories, knots, level, missing
        As in :func:`observed_minus_expected`.
    interval : {"score", "normal", "byar"}
        "score": all odds of the unit times one factor, Wilson's interval with unequal shares.
        "normal": ratio ± z·SE, with the unit's own pull on the standard taken off. "byar":
        Byar's for a Poisson count, much too wide unless the outcome is rare.

    Returns
    -------
    CaseMixRatios
        One entry a unit. It is with the unit among those that make the standard: its pull
        towards itself draws the ratio towards 1.

    Raises
    ------
    ValueError
        An argument breaks its rule, or the logistic model has no solution because a group has
        one outcome only.

    Notes
    -----
    Logistic regression by maximum likelihood on the columns of :func:`observed_minus_expected`;
    expected is the sum of the fitted probabilities p. The variance of observed less expected is
    :math:`\sum p (1 - p)` of the unit less :math:`g' (X'WX)^{-1} g`, g the unit's sum of
    :math:`p (1 - p) x`. "score" and "byar" count the expected as known. nan for a unit without
    complete rows; everything nan where all outcomes are equal: nothing then differs.

    References
    ----------
    .. [1] Breslow, N. E., & Day, N. E. (1987). Statistical Methods in Cancer Research, vol. II.
       IARC. Chapter 2 (Byar's approximation).

    Examples
    --------
    >>> result = observed_over_expected(
    ...     [1, 0, 1, 1, 0, 1, 0, 0], [15, 20, 25, 12, 18, 22, 30, 10],
    ...     ["a", "a", "a", "a", "b", "b", "b", "b"], knots=None,
    ... )
    >>> result.estimate.round(2).tolist()
    [1.48, 0.51]
    """
    check_choice("interval", interval, RatioInterval)
    checked_level = check_level(level)
    rows = complete_rows(_flags(outcome), intake, unit, categories, None, knots, missing)
    if not np.isin(rows.outcome, (0.0, 1.0)).all():
        raise ValueError("outcome has a value that is neither 0 nor 1")
    n_units, persons = rows.labels.size, rows.persons
    observed, expected, low, high, z = (np.full(n_units, np.nan) for _ in range(5))
    if np.unique(rows.outcome).size == 2:
        found = logistic.counts(rows)
        known = np.where(persons > 0, found.expected, np.nan)
        observed, expected = np.where(persons > 0, found.observed, np.nan), known
        # The unit that is its own standard has no variance but for rounding.
        is_free = found.variance > 1e-9 * known
        errors = np.sqrt(np.where(is_free, found.variance, np.nan))
        z = (observed - expected) / errors
        quantile = normal_quantile(checked_level)
        if interval == "score":
            low, high = logistic.score_limits(rows, found, quantile)
        elif interval == "byar":
            low, high = logistic.byar_limits(found.observed, quantile)
        else:
            low = np.maximum(observed - quantile * errors, 0.0)
            high = observed + quantile * errors
        low, high = low / known, high / known
    return CaseMixRatios(
        labels=rows.labels,
        estimate=read_only(observed / expected),
        ci_low=read_only(low),
        ci_high=read_only(high),
        ci_level=checked_level,
        n=persons,
        n_missing=rows.n_missing,
        method=f"case_mix_ratio_included_{interval}",
        observed=read_only(observed),
        expected=read_only(expected),
        z=read_only(z),
        knots=read_only(rows.knots),
    )


def _flags(outcome: ArrayLike) -> ArrayLike | FloatArray:
    array = np.asarray(outcome)
    return array.astype(np.float64) if array.dtype.kind == "b" else outcome
