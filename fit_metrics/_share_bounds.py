"""What a share can be when some of its observations are missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, SupportsIndex

from scipy import optimize, special

from fit_metrics._options import check_choice, check_level, exact_integer, normal_quantile
from fit_metrics._shares import wilson
from fit_metrics.results import Estimate

BoundsInterval = Literal["wilson", "imbens_manski"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareBounds(Estimate):
    """A share of the observed, and the worst and best that the missing can make of it.

    `n` counts the observed and `n_missing` the missing. The interval is that of the bounds.

    Attributes
    ----------
    bound_low, bound_high : float
        The share if none, and if all, of the missing count.
    """

    bound_low: float
    bound_high: float


def share_bounds(
    successes: SupportsIndex,
    n: SupportsIndex,
    n_missing: SupportsIndex,
    *,
    ci: BoundsInterval = "wilson",
    level: float = 0.95,
) -> ShareBounds:
    r"""Give the worst and best case of a share with missing observations.

    Parameters
    ----------
    successes, n : int
        Observations that count, and all that were observed.
    n_missing : int
        Observations that belong to the denominator but were not seen.
    ci : {"wilson", "imbens_manski"}
        "wilson": Wilson's lower limit of the worst case and upper limit of the best; covers both
        bounds together. "imbens_manski": covers the one true share; narrower where much is
        missing, but built on normal errors.
    level : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    ShareBounds
        Between 0 and 1. The estimate is nan where nothing was observed, and all is nan where
        nothing is missing either.

    Raises
    ------
    ValueError
        A count is no integer or below 0, `successes` is larger than `n`, or an unknown `ci`.

    Notes
    -----
    With N = n + n_missing the bounds are L = x / N and U = (x + n_missing) / N. They assume
    nothing about why observations are missing, and no sample however large makes them narrower.
    Imbens and Manski's limits are :math:`L - C s_L` and :math:`U + C s_U`, kept within 0 and 1,
    with :math:`s_p = \sqrt{p(1-p)/N}` and C the solution of
    :math:`\Phi(C + (U - L)/\max(s_L, s_U)) - \Phi(-C) = level`. Nominal property of both: 93 to 97
    per cent at level 0.95 with the true share on a bound, tried for a share of 0.6 with a fifth
    missing from N = 50. With nothing missing "imbens_manski" is Wald's interval: some 64 per cent
    for a share of 0.02 with N = 50, and no width at 0 or n successes; take "wilson" there.

    References
    ----------
    .. [1] Manski, C. F. (2003). Partial identification of probability distributions. Springer.
    .. [2] Imbens, G. W., & Manski, C. F. (2004). Confidence intervals for partially identified
       parameters. Econometrica, 72(6), 1845-1857.

    Examples
    --------
    >>> result = share_bounds(30, 50, 50)
    >>> result.estimate, result.bound_low, result.bound_high
    (0.6, 0.3, 0.8)
    >>> round(result.ci_low, 3), round(result.ci_high, 3)
    (0.219, 0.867)
    """
    check_choice("ci", ci, BoundsInterval)
    checked_level = check_level(level)
    lost = exact_integer("n_missing", n_missing, minimum=0)
    observed = wilson(successes, n, level=checked_level)
    count, total = exact_integer("successes", successes), observed.n + lost
    worst = wilson(count, total, level=checked_level)
    best = wilson(count + lost, total, level=checked_level)
    low, high = worst.ci_low, best.ci_high
    if ci == "imbens_manski" and total:
        low, high = _imbens_manski(worst.estimate, best.estimate, total, checked_level)
    return ShareBounds(
        estimate=observed.estimate,
        ci_low=low,
        ci_high=high,
        ci_level=checked_level,
        n=observed.n,
        n_missing=lost,
        method=f"share_bounds_{ci}",
        bound_low=worst.estimate,
        bound_high=best.estimate,
    )


def _imbens_manski(low: float, high: float, n: int, level: float) -> tuple[float, float]:
    low_error = math.sqrt(low * (1.0 - low) / n)
    high_error = math.sqrt(high * (1.0 - high) / n)
    largest = max(low_error, high_error)
    if largest == 0.0:
        return low, high
    width = (high - low) / largest

    def excess(c: float) -> float:
        return float(special.ndtr(c + width) - special.ndtr(-c)) - level

    if excess(0.0) >= 0.0:
        # A level that the bounds alone already reach.
        return low, high
    # C lies between the quantile of one side and that of two; the slack is for rounding.
    two_sided = normal_quantile(level)
    critical = optimize.brentq(excess, 0.0, two_sided + 1e-9, xtol=1e-14, rtol=1e-14)
    return max(low - critical * low_error, 0.0), min(high + critical * high_error, 1.0)
