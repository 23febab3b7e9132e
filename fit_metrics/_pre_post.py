"""Pre–post effect sizes from moments: standardizers, variances, the bias factor, intervals."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._change_moments import ChangeMoments, GroupMoments, one_group
from fit_metrics._noncentral import noncentrality_limits
from fit_metrics._options import (
    Direction,
    check_choice,
    check_flag,
    check_level,
    direction_sign,
    normal_quantile,
)
from fit_metrics.results import EffectSize, EffectSizes

Standardizer = Literal["pre_sd", "average_sd", "change_sd", "repeated"]
IntervalMethod = Literal["normal", "noncentral_t", "bootstrap"]


class Options(NamedTuple):
    """The options that all ways in share."""

    standardizer: Standardizer
    correct_bias: bool
    ci: IntervalMethod
    level: float
    direction: Direction

    def check(self) -> None:
        """Raise ValueError where an option breaks its rule."""
        check_choice("standardizer", self.standardizer, Standardizer)
        check_choice("ci", self.ci, IntervalMethod)
        check_flag("correct_bias", self.correct_bias)
        if self.ci == "noncentral_t" and self.standardizer != "change_sd":
            raise ValueError(
                f"ci is 'noncentral_t' with standardizer {self.standardizer!r}: the noncentral t "
                "interval is exact for 'change_sd' only; use ci='normal'"
            )
        direction_sign(self.direction)
        check_level(self.level)

    def check_without_rows(self) -> None:
        """Raise ValueError also where the interval needs the rows themselves."""
        self.check()
        if self.ci == "bootstrap":
            raise ValueError("ci is 'bootstrap': it draws from the rows, so it needs pre and post")


def effect(moments: ChangeMoments, n_missing: int | None, options: Options) -> EffectSize:
    """Give the effect size of the pairs that have these moments."""
    many = effects(one_group(moments), options)
    return EffectSize(
        estimate=float(many.estimate[0]),
        ci_low=float(many.ci_low[0]),
        ci_high=float(many.ci_high[0]),
        ci_level=many.ci_level,
        n=moments.n,
        n_missing=n_missing,
        method=many.method,
        standardizer=options.standardizer,
        standardizer_sd=float(many.standardizer_sd[0]),
        mean_change=float(many.mean_change[0]),
        bias_correction=float(many.bias_correction[0]),
        standard_error=float(many.standard_error[0]),
    )


def effects(moments: GroupMoments, options: Options) -> EffectSizes:
    """Give the effect size of every group; with a bootstrap the limits are left nan."""
    options.check()
    sign = direction_sign(options.direction)
    mean_change = sign * moments.mean_change
    sd = np.sqrt(standardizer_variance(moments, options.standardizer))
    d = np.full(sd.shape, np.nan)
    np.divide(mean_change, sd, out=d, where=(moments.n >= 2) & (sd > 0.0))
    factor = np.ones(sd.shape)
    if options.correct_bias:
        factor = np.where(moments.n >= 2, bias_correction(np.maximum(moments.n - 1, 1)), 1.0)
    error = low = high = np.full(sd.shape, np.nan)
    if options.ci == "normal":
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.sqrt(sampling_variance(moments, options.standardizer, d))
        low, high = normal_limits(d, error, options.level)
    elif options.ci == "noncentral_t":
        low, high = noncentral_t_limits(d, moments.n, options.level)
    # A factor of 0 (two pairs) would make an interval of no width out of two persons.
    limit_factor = np.where(factor > 0.0, factor, np.nan)
    return EffectSizes(
        estimate=factor * d,
        ci_low=limit_factor * low,
        ci_high=limit_factor * high,
        ci_level=check_level(options.level),
        n=moments.n,
        method=f"pre_post_{'g' if options.correct_bias else 'd'}_{options.ci}",
        standardizer=options.standardizer,
        standardizer_sd=sd,
        mean_change=mean_change,
        bias_correction=factor,
        standard_error=limit_factor * error,
    )


def standardizer_variance(moments: GroupMoments, standardizer: Standardizer) -> FloatArray:
    """Give the square of the standard deviation that the change is divided by.

    For "repeated" it is nan where an SD is 0, and 0 where the correlation is 1: the spread that
    the pairs would have without correlation cannot be told from them.
    """
    if standardizer == "pre_sd":
        return moments.var_pre
    if standardizer == "average_sd":
        return (moments.var_pre + moments.var_post) / 2.0
    if standardizer == "change_sd":
        return moments.var_change
    product = np.sqrt(moments.var_pre * moments.var_post)
    shared = product - moments.covariance
    variance = np.where(product > 0.0, 0.0, np.nan)
    is_free = (moments.var_change > 0.0) & (shared > _CANCELLED * product)
    np.divide(moments.var_change * product, 2.0 * shared, out=variance, where=is_free)
    return variance


# Nearer to 1 a correlation formed in floats has too few digits left of its distance from 1.
_CANCELLED = 1e-12


def sampling_variance(
    moments: GroupMoments, standardizer: Standardizer, d: FloatArray
) -> FloatArray:
    """Give the delta-method variance of d (docs/method/pre_post_d.md derives the four)."""
    df = moments.n - 1
    variance = standardizer_variance(moments, standardizer)
    of_standardizer: float | FloatArray = 0.5
    if standardizer == "average_sd":
        squares = moments.var_pre**2 + moments.var_post**2 + 2.0 * moments.covariance**2
        of_standardizer = squares / (8.0 * variance**2)
    elif standardizer == "repeated":
        of_standardizer = _log_variance_of_repeated(moments) / 4.0
    return (moments.var_change / variance + d**2 * of_standardizer) / df


def _log_variance_of_repeated(moments: GroupMoments) -> FloatArray:
    """Give n - 1 times the variance of the logarithm of the squared standardizer.

    The square is the variance of the changes over 2 (1 - r); both vary, and together.
    """
    one, two, shared = moments.var_pre, moments.var_post, moments.covariance
    r = shared / np.sqrt(one * two)
    with_pre, with_post = shared - one, two - shared
    together = 2.0 * with_pre * with_post / np.sqrt(one * two)
    together = together - r * (with_pre**2 / one + with_post**2 / two)
    return 2.0 + (1.0 + r) ** 2 + 2.0 * together / (moments.var_change * (1.0 - r))


def bias_correction(degrees_of_freedom: ArrayLike) -> FloatArray:
    """Give Hedges' exact factor J = Γ(m/2) / (√(m/2) Γ((m - 1)/2)); 0 for m = 1.

    The ratio of the gamma functions is taken as a whole (Pochhammer's symbol): the difference of
    two log-gammas loses nine digits by m = 10⁶.
    """
    half = np.asarray(degrees_of_freedom, dtype=np.float64) / 2.0
    return np.asarray(special.poch(half - 0.5, 0.5) / np.sqrt(half))


def normal_limits(
    d: FloatArray, standard_error: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Give d ± z · SE."""
    half_width = normal_quantile(level) * standard_error
    return d - half_width, d + half_width


def noncentral_t_limits(d: ArrayLike, n: ArrayLike, level: float) -> tuple[FloatArray, FloatArray]:
    """Give the limits of d by inverting the noncentral t distribution of t = d √n.

    Both are nan for t beyond ±20 000, where its distribution function has no float value.
    """
    size = np.asarray(n, dtype=np.float64)
    root = np.sqrt(size)
    low, high = noncentrality_limits(np.asarray(d) * root, size - 1.0, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        return low / root, high / root
