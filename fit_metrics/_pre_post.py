"""Pre–post effect sizes from moments: standardizers, variances, the bias factor, intervals."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from scipy import optimize, special

from fit_metrics._change_moments import ChangeMoments
from fit_metrics._options import (
    Direction,
    check_choice,
    check_flag,
    check_level,
    direction_sign,
    normal_quantile,
)
from fit_metrics.results import EffectSize

Standardizer = Literal["pre_sd", "average_sd", "change_sd"]
IntervalMethod = Literal["normal", "noncentral_t"]

_LARGEST_T = 20_000.0


class Options(NamedTuple):
    """The options that the three ways in share."""

    standardizer: Standardizer
    correct_bias: bool
    ci: IntervalMethod
    level: float
    direction: Direction


def effect(moments: ChangeMoments, n_missing: int | None, options: Options) -> EffectSize:
    """Give the effect size of the pairs that have these moments."""
    sign, level = _check(options)
    n, ratio = moments.n, math.nan
    variance = standardizer_variance(moments, options.standardizer)
    if n >= 2 and variance > 0.0:
        ratio = sign * moments.mean_change / math.sqrt(variance)
    factor = bias_correction(n - 1) if options.correct_bias and n >= 2 else 1.0
    error = low = high = math.nan
    # A factor of 0 (two pairs) would make an interval of no width out of two persons.
    if math.isfinite(ratio) and factor > 0.0:
        if options.ci == "normal":
            error = math.sqrt(sampling_variance(moments, options.standardizer, ratio))
            low, high = normal_limits(ratio, error, level)
        else:
            low, high = noncentral_t_limits(ratio, n, level)
    return EffectSize(
        estimate=factor * ratio,
        ci_low=factor * low,
        ci_high=factor * high,
        ci_level=level,
        n=n,
        n_missing=n_missing,
        method=f"pre_post_{'g' if options.correct_bias else 'd'}_{options.ci}",
        standardizer=options.standardizer,
        standardizer_sd=math.sqrt(variance),
        mean_change=sign * moments.mean_change,
        bias_correction=factor,
        standard_error=factor * error,
    )


def _check(options: Options) -> tuple[int, float]:
    check_choice("standardizer", options.standardizer, Standardizer)
    check_choice("ci", options.ci, IntervalMethod)
    check_flag("correct_bias", options.correct_bias)
    if options.ci == "noncentral_t" and options.standardizer != "change_sd":
        raise ValueError(
            f"ci is 'noncentral_t' with standardizer {options.standardizer!r}: the noncentral t "
            "interval is exact for 'change_sd' only; use ci='normal'"
        )
    return direction_sign(options.direction), check_level(options.level)


def standardizer_variance(moments: ChangeMoments, standardizer: Standardizer) -> float:
    """Give the square of the standard deviation that the change is divided by."""
    if standardizer == "pre_sd":
        return moments.var_pre
    if standardizer == "average_sd":
        return (moments.var_pre + moments.var_post) / 2.0
    return moments.var_change


def sampling_variance(moments: ChangeMoments, standardizer: Standardizer, d: float) -> float:
    """Give the delta-method variance of d (docs/method/pre_post_d.md derives the three)."""
    df = moments.n - 1
    variance = standardizer_variance(moments, standardizer)
    if standardizer == "average_sd":
        squares = moments.var_pre**2 + moments.var_post**2 + 2.0 * moments.covariance**2
        of_standardizer = squares / (8.0 * variance**2)
    else:
        of_standardizer = 0.5
    return (moments.var_change / variance + d**2 * of_standardizer) / df


def bias_correction(degrees_of_freedom: int) -> float:
    """Give Hedges' exact factor J = Γ(m/2) / (√(m/2) Γ((m - 1)/2)); 0 for m = 1.

    The ratio of the gamma functions is taken as a whole (Pochhammer's symbol): the difference of
    two log-gammas loses nine digits by m = 10⁶.
    """
    half = degrees_of_freedom / 2.0
    return float(special.poch(half - 0.5, 0.5)) / math.sqrt(half)


def normal_limits(d: float, standard_error: float, level: float) -> tuple[float, float]:
    """Give d ± z · SE."""
    half_width = normal_quantile(level) * standard_error
    return d - half_width, d + half_width


def noncentral_t_limits(d: float, n: int, level: float) -> tuple[float, float]:
    """Give the limits of d by inverting the noncentral t distribution of t = d √n.

    Both are nan for t beyond ±20 000, where its distribution function has no float value.
    """
    t = abs(d) * math.sqrt(n)
    if t > _LARGEST_T:
        return math.nan, math.nan
    z = normal_quantile(level)
    # For t >= 0 the lower limit of the noncentrality is -z at the least.
    high = _noncentrality(t, n - 1, (1.0 - level) / 2.0, z, floor=-z - 1.0) / math.sqrt(n)
    if d == 0.0:
        # Symmetric by definition; two searches would differ in the last digit.
        return -high, high
    low = _noncentrality(t, n - 1, (1.0 + level) / 2.0, z, floor=-z - 1.0) / math.sqrt(n)
    return (low, high) if d > 0.0 else (-high, -low)


def _noncentrality(t: float, df: int, probability: float, z: float, floor: float) -> float:
    """Give the noncentrality, above `floor`, at which P(T <= t) equals `probability`."""

    def excess(noncentrality: float) -> float:
        return float(special.nctdtr(df, noncentrality, t)) - probability

    reach = (z + 1.0) * math.sqrt(1.0 + t * t / (2.0 * df))
    low, high = max(t - reach, floor), t + reach
    while excess(low) < 0.0:
        low = max(low - reach, floor)
    while excess(high) > 0.0:
        high += reach
    return float(optimize.brentq(excess, low, high, xtol=1e-13, rtol=1e-14))
