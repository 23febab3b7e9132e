"""Bland and Altman's limits of agreement between two measurements of the same persons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike
from scipy import optimize, special

from fit_metrics import _moments
from fit_metrics._arrays import Pairs, pairs
from fit_metrics._means import student_mean
from fit_metrics._noncentral import distribution
from fit_metrics._options import (
    Missing,
    check_choice,
    check_level,
    finite_number,
    normal_quantile,
    student_quantile,
)
from fit_metrics.results import Estimate, MeanEstimate

LimitsInterval = Literal["exact", "approximate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlandAltman:
    """Agreement of two measurements; differences are first minus second.

    Attributes
    ----------
    bias : MeanEstimate
        Mean difference with Student's interval, and the SD of the differences; score units.
    lower_limit, upper_limit : Estimate
        Limits between which the stated share of differences is expected, each with its interval.
    slope : Estimate
        Change of the difference for each point of the mean of both: proportional bias where its
        interval excludes 0.
    coverage : float
        Share of differences that the limits are meant to hold.
    n, n_missing : int
        Pairs, and pairs left out.
    """

    bias: MeanEstimate
    lower_limit: Estimate
    upper_limit: Estimate
    slope: Estimate
    coverage: float
    n: int
    n_missing: int


def bland_altman(
    first: ArrayLike,
    second: ArrayLike,
    *,
    coverage: float = 0.95,
    ci: LimitsInterval = "exact",
    level: float = 0.95,
    missing: Missing = "raise",
) -> BlandAltman:
    r"""Give the bias and the limits of agreement of two measurements.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        The two measurements of each person, in score units; None and nan are missing.
    coverage : float
        Share of the differences that the limits are meant to hold, between 0 and 1.
    ci : {"exact", "approximate"}
        Interval of each limit: "exact" by the non-central t distribution, "approximate" the
        normal-theory variance with Student's t.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing values, or leave out every pair with one and count it.

    Returns
    -------
    BlandAltman
        In score units; the slope has none. For n < 2 limits are nan, for n < 3 the interval of
        the slope too. The slope is nan where all means are equal.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With mean difference d, SD s and z the normal quantile of `coverage` the limits are d ± z s.
    "exact": :math:`d \pm s\, t'/\sqrt n` with t' quantiles of the non-central t with n - 1 degrees
    of freedom and non-centrality :math:`z \sqrt n`, exact for normal differences. "approximate":
    standard error :math:`s \sqrt{1/n + z^2 / 2(n-1)}`; below some 30 pairs the outer sides cover
    too little. The slope is that of the least-squares line of the differences on the means.
    Differences that are equal but for the last binary digit count as equal.

    References
    ----------
    .. [1] Bland, J. M., & Altman, D. G. (1999). Measuring agreement in method comparison studies.
       Statistical Methods in Medical Research, 8(2), 135-160.
    .. [2] Carkeet, A. (2015). Exact parametric confidence intervals for Bland-Altman limits of
       agreement. Optometry and Vision Science, 92(3), e71-e80.

    Examples
    --------
    >>> result = bland_altman([24, 30, 18, 27, 33], [22, 31, 15, 27, 28])
    >>> round(result.bias.estimate, 2), round(result.bias.sd, 3)
    (1.8, 2.387)
    >>> round(result.lower_limit.estimate, 2), round(result.upper_limit.estimate, 2)
    (-2.88, 6.48)
    """
    check_choice("ci", ci, LimitsInterval)
    share = finite_number("coverage", coverage)
    if not 0.0 < share < 1.0:
        raise ValueError(f"coverage is {coverage!r}: it must lie between 0 and 1, both excluded")
    checked_level = check_level(level)
    rows = pairs("first", first, "second", second, missing)
    n = rows.first.size
    differences = rows.first - rows.second
    variance = _moments.covariance(differences, differences)
    if n >= 2 and float(differences.max() - differences.min()) <= rows.resolution:
        variance = 0.0
    bias = student_mean(_moments.mean(differences), variance, n, rows.n_missing, checked_level)
    z = normal_quantile(share)
    inner, outer = _distances(n, z, ci, checked_level)

    def limit(side: int) -> Estimate:
        ends = sorted(
            (bias.estimate + side * bias.sd * inner, bias.estimate + side * bias.sd * outer)
        )
        return Estimate(
            estimate=bias.estimate + side * z * bias.sd,
            ci_low=ends[0],
            ci_high=ends[1],
            ci_level=checked_level,
            n=n,
            n_missing=rows.n_missing,
            method=f"limit_of_agreement_{ci}",
        )

    return BlandAltman(
        bias=bias,
        lower_limit=limit(-1),
        upper_limit=limit(1),
        slope=_slope(rows, variance, checked_level),
        coverage=share,
        n=n,
        n_missing=rows.n_missing,
    )


def _distances(n: int, z: float, ci: LimitsInterval, level: float) -> tuple[float, float]:
    """Give how many SDs from the bias the interval of the upper limit begins and ends."""
    if n < 2:
        return math.nan, math.nan
    if ci == "approximate":
        half_width = student_quantile(level, n - 1) * math.sqrt(1.0 / n + z * z / (2.0 * (n - 1)))
        return z - half_width, z + half_width
    centre, tail = z * math.sqrt(n), (1.0 - level) / 2.0
    low, high = (_noncentral_t_quantile(p, n - 1, centre) for p in (tail, 1.0 - tail))
    return low / math.sqrt(n), high / math.sqrt(n)


def _noncentral_t_quantile(probability: float, df: int, noncentrality: float) -> float:
    if probability < special.ndtr(-noncentrality):
        # The distribution function has no float value far below 0: use the mirror image.
        return -_noncentral_t_quantile(1.0 - probability, df, -noncentrality)

    def excess(t: float) -> float:
        return distribution(t, df, noncentrality) - probability

    high = 1.0 + abs(noncentrality)
    while excess(high) < 0.0:
        high *= 2.0
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-13, rtol=1e-14))


def _slope(rows: Pairs, variance: float, level: float) -> Estimate:
    n = rows.first.size
    slope = half_width = math.nan
    means, differences = (rows.first + rows.second) / 2.0, rows.first - rows.second
    spread = _moments.covariance(means, means)
    if n >= 2 and float(means.max() - means.min()) <= rows.resolution:
        spread = 0.0
    if n >= 2 and spread > 0.0:
        slope = _moments.covariance(means, differences) / spread if variance > 0.0 else 0.0
        if n >= 3:
            rest = max(variance - slope * slope * spread, 0.0) * (n - 1) / (n - 2)
            half_width = student_quantile(level, n - 2) * math.sqrt(rest / ((n - 1) * spread))
    return Estimate(
        estimate=slope,
        ci_low=slope - half_width,
        ci_high=slope + half_width,
        ci_level=level,
        n=n,
        n_missing=rows.n_missing,
        method="least_squares_slope",
    )
