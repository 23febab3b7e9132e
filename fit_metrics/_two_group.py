"""Standardised difference of two separate groups."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, NamedTuple, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics import _bootstrap, _moments
from fit_metrics._arrays import FloatArray, column
from fit_metrics._noncentral import noncentrality_limits
from fit_metrics._options import (
    Direction,
    Missing,
    check_choice,
    check_flag,
    check_level,
    direction_sign,
    exact_integer,
    finite_number,
    non_negative,
    normal_quantile,
)
from fit_metrics._pre_post import bias_correction
from fit_metrics.results import TwoGroupEffect

Standardizer = Literal["pooled", "average", "control"]
IntervalMethod = Literal["normal", "noncentral_t", "bootstrap"]

# A spread this much smaller than that of the data is rounding: the resample has equal values.
_NO_SPREAD = 1e-13


class _Group(NamedTuple):
    n: int
    mean: float
    variance: float


def two_group_d(
    treatment: ArrayLike,
    control: ArrayLike,
    *,
    standardizer: Standardizer = "pooled",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    missing: Missing = "raise",
    rng: np.random.Generator | None = None,
    n_resamples: SupportsIndex = 9_999,
    direction: Direction = "higher_is_better",
) -> TwoGroupEffect:
    r"""Give the standardised difference of the means of two separate groups.

    Parameters
    ----------
    treatment, control : array_like, shapes (n_treatment,) and (n_control,)
        One value a person, in score units (a last score, or a change); None and nan are missing.
    standardizer : {"pooled", "average", "control"}
        What the difference is divided by: the pooled SD, the root of the mean of the two
        variances, or the SD of `control` (Glass' delta).
    correct_bias : bool
        Multiply the estimate and both limits by Hedges' exact J with the standardizer's degrees
        of freedom (below).
    ci : {"normal", "noncentral_t", "bootstrap"}
        "normal" is d ± z·SE with the variance below; "noncentral_t" needs "pooled" and is exact
        for d where both SDs are equal; "bootstrap" is the BCa interval, each group resampled on
        its own.
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing values, or leave them out and count them in `n_missing`.
    rng : numpy.random.Generator, optional
        Source of the resamples; required by "bootstrap", unused otherwise.
    n_resamples : int
        How many resamples "bootstrap" draws.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the result: positive is always better in `treatment` than in `control`.

    Returns
    -------
    TwoGroupEffect
        The estimate has no unit; `standardizer_sd` and `mean_difference` are in score units.

    Raises
    ------
    ValueError
        An argument breaks its rule; the message names it, its value and the rule.

    Notes
    -----
    With :math:`\nu_j = n_j - 1` and :math:`\nu = \nu_1 + \nu_2` (1 treatment, 2 control)

    - pooled: :math:`s^2 = (\nu_1 s_1^2 + \nu_2 s_2^2)/\nu`, J with ν, and
      :math:`L = 2(\nu_1 s_1^4 + \nu_2 s_2^4) / (\nu s^2)^2`
    - average: :math:`s^2 = (s_1^2 + s_2^2)/2`, :math:`L = (s_1^4/\nu_1 + s_2^4/\nu_2)/(2 s^4)`, J
      with 2/L degrees of freedom (Satterthwaite; ν where n and SDs are equal)
    - control: :math:`s^2 = s_2^2`, J with ν₂, and :math:`L = 2/\nu_2`

    the variance of d is :math:`(s_1^2/\nu_1 + s_2^2/\nu_2)/s^2 + d^2 L / 4`: the SDs may differ.
    With skewed scores and a ceiling, from 20 persons a group on, "pooled" and "average" cover the
    true value in 93 to 97 of 100 samples; "control" with "normal" in 98, with "bootstrap" in 95 to
    96. All is nan where a group has fewer than 2 values or the standardizer is 0. Where it rests on one
    degree of freedom J is 0: the corrected estimate is 0 and the limits are nan.

    References
    ----------
    .. [1] Bonett, D. G. (2008). Confidence intervals for standardized linear contrasts of means.
       Psychological Methods, 13(2), 99-109.
    .. [2] Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and
       related estimators. Journal of Educational Statistics, 6(2), 107-128.

    Examples
    --------
    >>> result = two_group_d([31, 28, 35, 30], [24, 26, 22, 29, 24], correct_bias=False)
    >>> result.mean_difference, round(result.standardizer_sd, 3), round(result.estimate, 3)
    (6.0, 2.777, 2.16)
    """
    one, two = column("treatment", treatment, missing), column("control", control, missing)
    groups = [
        _Group(v.values.size, _moments.mean(v.values), _moments.covariance(v.values, v.values))
        for v in (one, two)
    ]
    options = (standardizer, correct_bias, ci, level, direction)
    result = _effect(groups[0], groups[1], *options, one.n_missing + two.n_missing)
    if ci != "bootstrap":
        return result
    generator, draws = _bootstrap.check_draws(rng, n_resamples)
    if not math.isfinite(result.estimate) or result.bias_correction == 0.0:
        return result
    sign = direction_sign(direction)
    low, high = _limits(one.values, two.values, standardizer, sign, generator, draws, level)
    factor = result.bias_correction
    return replace(result, ci_low=factor * low, ci_high=factor * high)


def two_group_d_from_stats(
    n_treatment: SupportsIndex,
    n_control: SupportsIndex,
    mean_treatment: SupportsFloat,
    mean_control: SupportsFloat,
    sd_treatment: SupportsFloat,
    sd_control: SupportsFloat,
    *,
    standardizer: Standardizer = "pooled",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    direction: Direction = "higher_is_better",
) -> TwoGroupEffect:
    """Give the standardised difference of two groups from published statistics.

    Parameters
    ----------
    n_treatment, n_control : int
        Persons in each group. With fewer than 2 in one the other statistics are not looked at.
    mean_treatment, mean_control, sd_treatment, sd_control : float
        Means and sample SDs (n - 1) in score units.
    standardizer, correct_bias, ci, level, direction
        As in :func:`two_group_d`; there are no rows to draw from, so no bootstrap.

    Returns
    -------
    TwoGroupEffect
        As :func:`two_group_d`, with `n_missing` None.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Examples
    --------
    >>> result = two_group_d_from_stats(40, 30, 26.0, 22.0, 8.0, 6.0, standardizer="control")
    >>> round(result.estimate, 3)
    0.649
    """
    n_one = exact_integer("n_treatment", n_treatment, minimum=0)
    n_two = exact_integer("n_control", n_control, minimum=0)
    if ci == "bootstrap":
        raise ValueError("ci is 'bootstrap': it draws from the rows, so it needs two_group_d")
    one, two = _Group(n_one, math.nan, math.nan), _Group(n_two, math.nan, math.nan)
    if min(n_one, n_two) >= 2:
        one = _Group(
            n_one,
            finite_number("mean_treatment", mean_treatment),
            non_negative("sd_treatment", sd_treatment) ** 2,
        )
        two = _Group(
            n_two,
            finite_number("mean_control", mean_control),
            non_negative("sd_control", sd_control) ** 2,
        )
    return _effect(one, two, standardizer, correct_bias, ci, level, direction, None)


def _effect(
    one: _Group,
    two: _Group,
    standardizer: Standardizer,
    correct_bias: bool,
    ci: IntervalMethod,
    level: float,
    direction: Direction,
    n_missing: int | None,
) -> TwoGroupEffect:
    check_choice("standardizer", standardizer, Standardizer)
    check_choice("ci", ci, IntervalMethod)
    check_flag("correct_bias", correct_bias)
    sign, checked_level = direction_sign(direction), check_level(level)
    if ci == "noncentral_t" and standardizer != "pooled":
        raise ValueError(
            f"ci is 'noncentral_t' with standardizer {standardizer!r}: the noncentral t interval "
            "is exact for 'pooled' only; use ci='normal'"
        )
    difference = sign * (one.mean - two.mean)
    variance = d = error = low = high = math.nan
    factor = 1.0
    if min(one.n, two.n) >= 2:
        variance, log_variance, df = _standardizer(one, two, standardizer)
        if variance > 0.0:
            d = difference / math.sqrt(variance)
            factor = float(bias_correction(df)) if correct_bias else 1.0
            if ci == "normal" and factor > 0.0:
                of_means = one.variance / (one.n - 1) + two.variance / (two.n - 1)
                error = math.sqrt(of_means / variance + d * d * log_variance / 4.0)
                half_width = normal_quantile(checked_level) * error
                low, high = d - half_width, d + half_width
            elif ci == "noncentral_t" and factor > 0.0:
                root = math.sqrt(1.0 / one.n + 1.0 / two.n)
                ends = noncentrality_limits(d / root, one.n + two.n - 2.0, checked_level)
                low, high = (float(end) * root for end in ends)
    return TwoGroupEffect(
        estimate=factor * d,
        ci_low=factor * low,
        ci_high=factor * high,
        ci_level=checked_level,
        n=one.n + two.n,
        n_missing=n_missing,
        method=f"two_group_{'g' if correct_bias else 'd'}_{ci}",
        n_treatment=one.n,
        n_control=two.n,
        standardizer=standardizer,
        standardizer_sd=math.sqrt(variance),
        mean_difference=difference,
        bias_correction=factor,
        standard_error=factor * error,
    )


def _standardizer(
    one: _Group, two: _Group, standardizer: Standardizer
) -> tuple[float, float, float]:
    """Give the squared standardizer, the variance of its logarithm, its degrees of freedom."""
    df_one, df_two = one.n - 1, two.n - 1
    if standardizer == "control":
        return two.variance, 2.0 / df_two, float(df_two)
    if standardizer == "pooled":
        df = df_one + df_two
        variance = (df_one * one.variance + df_two * two.variance) / df
        squares = 2.0 * (df_one * one.variance**2 + df_two * two.variance**2) / df**2
        return variance, _ratio(squares, variance**2), float(df)
    variance = (one.variance + two.variance) / 2.0
    squares = (one.variance**2 / df_one + two.variance**2 / df_two) / 2.0
    log_variance = _ratio(squares, variance**2)
    return variance, log_variance, _ratio(2.0, log_variance)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0.0 else math.nan


def _limits(
    one: FloatArray,
    two: FloatArray,
    standardizer: Standardizer,
    sign: int,
    rng: np.random.Generator,
    n_resamples: int,
    level: float,
) -> tuple[float, float]:
    """Give the bootstrap limits of the uncorrected d."""
    # Measured from their means, the squares of a resample do not cancel.
    start = float(one.mean()), float(two.mean())
    sums = [_sums(values - mean) for values, mean in zip((one, two), start, strict=True)]

    def d_of(of_one: FloatArray, of_two: FloatArray) -> FloatArray:
        (n_one, mean_one, var_one), (n_two, mean_two, var_two) = _moments_of(of_one, of_two)
        if standardizer == "pooled":
            df_one, df_two = n_one - 1.0, n_two - 1.0
            variance = (df_one * var_one + df_two * var_two) / (df_one + df_two)
        else:
            variance = var_two if standardizer == "control" else (var_one + var_two) / 2.0
        difference = sign * (start[0] - start[1] + mean_one - mean_two)
        d = np.full(difference.shape, np.nan)
        np.divide(difference, np.sqrt(variance), out=d, where=variance > 0.0)
        return d

    whole = [values.sum(axis=1, keepdims=True) for values in sums]
    estimate = float(d_of(whole[0], whole[1])[0])
    drawn = [_bootstrap.draw_sums(values, rng, n_resamples) for values in sums]
    jackknife = [
        d_of(_bootstrap.leave_one_out(sums[0]), whole[1]),
        d_of(whole[0], _bootstrap.leave_one_out(sums[1])),
    ]
    return _bootstrap.bca_limits(d_of(drawn[0], drawn[1]), estimate, jackknife, level)


def _sums(values: FloatArray) -> FloatArray:
    return np.stack([np.ones(values.size), values, values**2])


def _moments_of(*groups: FloatArray) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    moments = []
    for n, total, squares in groups:
        centred = squares - total * total / n
        centred = np.where(centred > _NO_SPREAD * squares, centred, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            moments.append((n, total / n, centred / (n - 1.0)))
    return moments
