"""Pooling of areas' summaries: fixed and random-effects meta-analysis."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._arrays import pairs
from fit_metrics._between_areas import (
    Summaries,
    Tau2,
    WeightedMean,
    estimate_tau2,
    q_profile,
    typical_variance,
    weighted_mean,
)
from fit_metrics._options import (
    Missing,
    check_choice,
    check_level,
    normal_quantile,
    student_quantile,
)
from fit_metrics._pooled_estimate import PooledEstimate

__all__ = ["PooledEstimate", "fixed_effect", "random_effects"]

MeanInterval = Literal["hartung_knapp", "hartung_knapp_widened", "normal"]
Prediction = Literal["t_k_minus_2", "t_k_minus_1"]


class _Mean(NamedTuple):
    fit: WeightedMean | None
    tau2: float
    standard_error: float
    quantile: float
    prediction_quantile: float
    method: str


def fixed_effect(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    level: float = 0.95,
    missing: Missing = "raise",
) -> PooledEstimate:
    r"""Give the mean of areas' estimates, each weighted by its precision.

    Parameters
    ----------
    estimates : array_like, shape (k,)
        One number an area, all in one unit; None and nan are missing.
    standard_errors : array_like, shape (k,)
        Their standard errors, above 0.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing values, or leave the area out and count it in `n_missing`.

    Returns
    -------
    PooledEstimate
        In the unit of `estimates`, `n` areas. No prediction interval: that needs random effects.
        `tau2` (DerSimonian-Laird) and `i2` say how far the areas differ; the mean ignores them.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`\hat\mu = \sum w_i y_i / \sum w_i` with :math:`w_i = 1 / s_i^2`, variance
    :math:`1 / \sum w_i`, normal limits. It is the mean of *these* areas, weighted by precision:
    its interval does not speak of other areas, and covers at its level where the areas have one
    true value or where that weighted mean itself is asked for. All nan for no area; for one area
    its own number, without `tau2` and `i2`.

    References
    ----------
    .. [1] Hedges, L. V., & Vevea, J. L. (1998). Fixed- and random-effects models in
       meta-analysis. Psychological Methods, 3(4), 486-504.

    Examples
    --------
    >>> result = fixed_effect([0.5, 0.8], [0.1, 0.2])
    >>> round(result.estimate, 2), round(result.standard_error, 4)
    (0.56, 0.0894)
    """
    data, n_missing = _summaries(estimates, standard_errors, missing)
    checked_level = check_level(level)
    fit = weighted_mean(data) if data.estimates.size else None
    error = math.sqrt(1.0 / fit.total_weight) if fit else math.nan
    tau2 = estimate_tau2(data, "dl")
    quantile = normal_quantile(checked_level)
    mean = _Mean(fit, tau2, error, quantile, math.nan, "pool_fixed_effect_normal")
    return _pooled(data, mean, n_missing, checked_level)


def random_effects(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    tau2: Tau2 = "reml",
    ci: MeanInterval = "hartung_knapp",
    prediction: Prediction = "t_k_minus_2",
    level: float = 0.95,
    missing: Missing = "raise",
) -> PooledEstimate:
    r"""Give the mean of the population that the areas are drawn from.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (k,)
        As in :func:`fixed_effect`.
    tau2 : {"reml", "dl"}
        Variance between areas: restricted maximum likelihood, or DerSimonian and Laird's moments.
    ci : {"hartung_knapp", "hartung_knapp_widened", "normal"}
        Interval of the mean: Student's t on the weighted spread of the areas; the same, never
        with a smaller standard error than the normal one; or normal, which covers too little
        with few areas.
    prediction : {"t_k_minus_2", "t_k_minus_1"}
        Degrees of freedom of the prediction interval: Higgins, Thompson and Spiegelhalter's
        k - 2, or k - 1.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing values, or leave the area out and count it in `n_missing`.

    Returns
    -------
    PooledEstimate
        In the unit of `estimates`, `n` areas.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With :math:`w_i = 1 / (s_i^2 + \hat\tau^2)` the mean is :math:`\sum w_i y_i / \sum w_i`, and
    its variance 1 / Σw ("normal") or :math:`\sum w_i (y_i - \hat\mu)^2 / \{(k - 1) \sum w_i\}`
    (Hartung-Knapp, t with k - 1). Prediction: :math:`\hat\mu \pm t \sqrt{\hat\tau^2 + SE^2}` with
    the SE of the chosen interval. Hartung-Knapp holds its level for k >= 5 areas of like size;
    the normal interval does not. The prediction interval needs some 40 areas: with 5 to 12 it
    covers 87 to 92 per cent, as if tau were known better than it is (docs/method/coverage.md).

    All nan for no area. One area says nothing of others: its own number, all else nan. Two areas:
    the Hartung-Knapp interval has one degree of freedom and is very wide; no prediction interval
    with k - 2. Equal estimates give a Hartung-Knapp interval of no width.

    References
    ----------
    .. [1] DerSimonian, R., & Laird, N. (1986). Meta-analysis in clinical trials. Controlled
       Clinical Trials, 7(3), 177-188.
    .. [2] Hartung, J., & Knapp, G. (2001). A refined method for the meta-analysis of controlled
       clinical trials with binary outcome. Statistics in Medicine, 20(24), 3875-3889.
    .. [3] Higgins, J. P. T., Thompson, S. G., & Spiegelhalter, D. J. (2009). A re-evaluation of
       random-effects meta-analysis. Journal of the Royal Statistical Society A, 172(1), 137-159.
    .. [4] Viechtbauer, W. (2007). Confidence intervals for the amount of heterogeneity in
       meta-analysis. Statistics in Medicine, 26(1), 37-52.

    Examples
    --------
    >>> result = random_effects([0.5, 0.8, 0.3, 0.6], [0.1, 0.15, 0.1, 0.2], tau2="dl")
    >>> round(result.estimate, 3), round(result.tau2, 4), round(result.i2, 3)
    (0.525, 0.0279, 0.634)
    """
    check_choice("tau2", tau2, Tau2)
    check_choice("ci", ci, MeanInterval)
    check_choice("prediction", prediction, Prediction)
    data, n_missing = _summaries(estimates, standard_errors, missing)
    checked_level = check_level(level)
    k = data.estimates.size
    between = estimate_tau2(data, tau2)
    fit = weighted_mean(data, between if k >= 2 else 0.0) if k else None
    error = quantile = further = math.nan
    if fit is not None and k >= 2:
        error = _standard_error(fit, ci)
        normal = normal_quantile(checked_level)
        quantile = normal if ci == "normal" else student_quantile(checked_level, k - 1)
        df = k - 2 if prediction == "t_k_minus_2" else k - 1
        further = student_quantile(checked_level, df) if df else math.nan
    mean = _Mean(fit, between, error, quantile, further, f"pool_random_effects_{tau2}_{ci}")
    return _pooled(data, mean, n_missing, checked_level)


def _standard_error(fit: WeightedMean, ci: MeanInterval) -> float:
    spread = fit.q / (fit.weights.size - 1)
    if ci == "normal":
        spread = 1.0
    elif ci == "hartung_knapp_widened":
        spread = max(1.0, spread)
    return math.sqrt(spread / fit.total_weight)


def _summaries(
    estimates: ArrayLike, standard_errors: ArrayLike, missing: Missing
) -> tuple[Summaries, int]:
    rows = pairs("estimates", estimates, "standard_errors", standard_errors, missing)
    if (rows.second <= 0.0).any():
        raise ValueError(
            f"standard_errors is {rows.second.min()} at least once: it must be above 0; an area "
            "whose persons do not differ has no usable standard error"
        )
    return Summaries(rows.first, rows.second**2), rows.n_missing


def _pooled(data: Summaries, mean: _Mean, n_missing: int, level: float) -> PooledEstimate:
    k = data.estimates.size
    estimate = mean.fit.mean if mean.fit else math.nan
    weights = mean.fit.weights / mean.fit.total_weight if mean.fit else np.empty(0)
    weights.setflags(write=False)
    half_width = mean.quantile * mean.standard_error
    low, high = q_profile(data, level)
    # With tau2 unknown (one area) the root is nan, and with it the interval.
    reach = mean.prediction_quantile * math.sqrt(mean.tau2 + mean.standard_error**2)
    typical = typical_variance(data) if k >= 2 else math.nan
    i2, i2_low, i2_high = (share / (share + typical) for share in (mean.tau2, low, high))
    q = weighted_mean(data).q if k else math.nan
    return PooledEstimate(
        estimate=estimate,
        ci_low=estimate - half_width,
        ci_high=estimate + half_width,
        ci_level=level,
        n=k,
        n_missing=n_missing,
        method=mean.method,
        standard_error=mean.standard_error,
        weights=weights,
        q=q,
        q_df=max(k - 1, 0),
        q_p_value=float(special.chdtrc(k - 1, q)) if k >= 2 else math.nan,
        tau2=mean.tau2,
        tau2_low=low,
        tau2_high=high,
        i2=i2,
        i2_low=i2_low,
        i2_high=i2_high,
        prediction_low=estimate - reach,
        prediction_high=estimate + reach,
    )
