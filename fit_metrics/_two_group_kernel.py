"""Difference of two groups from their moments, and its bootstrap limits."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from fit_metrics import _bootstrap
from fit_metrics._arrays import FloatArray
from fit_metrics._noncentral import noncentrality_limits
from fit_metrics._options import (
    Direction,
    check_choice,
    check_flag,
    check_level,
    direction_sign,
    normal_quantile,
)
from fit_metrics._pre_post import bias_correction
from fit_metrics.results import TwoGroupEffect

Standardizer = Literal["pooled", "average", "control"]
IntervalMethod = Literal["normal", "noncentral_t", "bootstrap"]

# A spread this much smaller than that of the data is rounding: the resample has equal values.
_NO_SPREAD = 1e-13


class Group(NamedTuple):
    """Size, mean and sample variance of one group."""

    n: int
    mean: float
    variance: float


def effect(
    one: Group,
    two: Group,
    standardizer: Standardizer,
    correct_bias: bool,
    ci: IntervalMethod,
    level: float,
    direction: Direction,
    n_missing: int | None,
) -> TwoGroupEffect:
    """Give the effect of two groups with these moments; with a bootstrap the limits are nan."""
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


def _standardizer(one: Group, two: Group, standardizer: Standardizer) -> tuple[float, float, float]:
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


def bootstrap_limits(
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
