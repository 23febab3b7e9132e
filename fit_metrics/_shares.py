"""One share with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np

from fit_metrics._options import check_level, exact_integer
from fit_metrics._share_limits import ShareMethod, share_limits
from fit_metrics.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Estimate):
    """A share that says of what it is one; `n` is its denominator.

    Attributes
    ----------
    successes : int
        The numerator: how many of the `n` count.
    denominator : str
        Code of the population that `n` counts.
    """

    successes: int
    denominator: str


def wilson(successes: SupportsIndex, n: SupportsIndex, *, level: float = 0.95) -> Estimate:
    r"""Give the share of successes with Wilson's score interval.

    Parameters
    ----------
    successes : int
        Number of observations that count, at most `n`.
    n : int
        Number of observations: the denominator.
    level : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Share and limits between 0 and 1 (never per cent); all nan for n = 0.

    Raises
    ------
    ValueError
        A count is no integer or below 0, or `successes` is larger than `n`.

    Notes
    -----
    With :math:`p = x / n` and the normal quantile z the limits are
    :math:`\{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}\} / (1 + z^2/n)`, without continuity
    correction. The lower limit at 0 successes is exactly 0, the upper one at n exactly 1.
    Nominal property: 93 to 97 per cent at level 0.95 on average over shares from 0.1 to 0.9, n of
    20 and more; for single shares there it falls to some 92 (n = 30, share 0.115), for shares
    nearer to 0 or 1 further. :func:`clopper_pearson` never falls below.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
       inference. Journal of the American Statistical Association, 22(158), 209-212.

    Examples
    --------
    >>> result = wilson(81, 263)
    >>> round(result.estimate, 4), round(result.ci_low, 4), round(result.ci_high, 4)
    (0.308, 0.2553, 0.3662)
    """
    return _one(successes, n, "wilson", level)


def clopper_pearson(successes: SupportsIndex, n: SupportsIndex, *, level: float = 0.95) -> Estimate:
    r"""Give the share of successes with the exact interval of Clopper and Pearson.

    Parameters
    ----------
    successes : int
        Number of observations that count, at most `n`.
    n : int
        Number of observations: the denominator.
    level : float
        Least coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Share and limits between 0 and 1; all nan for n = 0.

    Raises
    ------
    ValueError
        A count is no integer or below 0, or `successes` is larger than `n`.

    Notes
    -----
    The limits are the shares at which x or more (lower) and x or fewer (upper) have probability
    :math:`\alpha/2`: quantiles of Beta(x, n - x + 1) and Beta(x + 1, n - x). Nominal property:
    the interval covers with probability `level` or more for every share and every n. It covers
    clearly more with few observations. The lower limit at 0 successes is exactly 0, the upper
    one at n exactly 1.

    References
    ----------
    .. [1] Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits
       illustrated in the case of the binomial. Biometrika, 26(4), 404-413.

    Examples
    --------
    >>> result = clopper_pearson(81, 263)
    >>> round(result.ci_low, 4), round(result.ci_high, 4)
    (0.2527, 0.3676)
    """
    return _one(successes, n, "clopper_pearson", level)


def jeffreys(successes: SupportsIndex, n: SupportsIndex, *, level: float = 0.95) -> Estimate:
    """Give the share of successes with the equal-tailed interval of the Jeffreys prior.

    Parameters
    ----------
    successes : int
        Number of observations that count, at most `n`.
    n : int
        Number of observations: the denominator.
    level : float
        Posterior probability of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        The share x / n (not the posterior mean) and limits between 0 and 1; all nan for n = 0.

    Raises
    ------
    ValueError
        A count is no integer or below 0, or `successes` is larger than `n`.

    Notes
    -----
    Quantiles of Beta(x + 1/2, n - x + 1/2). At 0 successes the lower limit is set to 0 and at n
    the upper one to 1, as Brown, Cai and DasGupta do; the other limit stays the quantile.
    Nominal property: covers with probability near `level` on average over shares; for single
    shares close to 0 or 1 it can fall well below. At levels below one half the interval need not
    contain x / n.

    References
    ----------
    .. [1] Brown, L. D., Cai, T. T., & DasGupta, A. (2001). Interval estimation for a binomial
       proportion. Statistical Science, 16(2), 101-133, section 3.1.3.

    Examples
    --------
    >>> result = jeffreys(81, 263)
    >>> round(result.ci_low, 4), round(result.ci_high, 4)
    (0.2545, 0.3656)
    """
    return _one(successes, n, "jeffreys", level)


def share_of(successes: int, n: int, denominator: str, n_missing: int, level: float) -> Share:
    """Give a share with Wilson's interval, the code of its denominator and what was left out."""
    base = wilson(successes, n, level=level)
    return Share(
        estimate=base.estimate,
        ci_low=base.ci_low,
        ci_high=base.ci_high,
        ci_level=base.ci_level,
        n=n,
        n_missing=n_missing,
        method=base.method,
        successes=successes,
        denominator=denominator,
    )


def _one(successes: SupportsIndex, n: SupportsIndex, method: ShareMethod, level: float) -> Estimate:
    total = exact_integer("n", n, minimum=0)
    count = exact_integer("successes", successes, minimum=0)
    if count > total:
        raise ValueError(f"successes is {count} and n is {total}: it must be at most n")
    checked_level = check_level(level)
    low, high = share_limits(
        np.array(count, dtype=np.float64), np.array(total, dtype=np.float64), method, checked_level
    )
    return Estimate(
        estimate=count / total if total else np.nan,
        ci_low=float(low),
        ci_high=float(high),
        ci_level=checked_level,
        n=total,
        n_missing=None,
        method=f"share_{method}",
    )
