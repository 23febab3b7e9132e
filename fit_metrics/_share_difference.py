"""Differences of two shares with Newcombe's intervals."""

from __future__ import annotations

import math
from typing import SupportsIndex

from fit_metrics._options import check_level, exact_integer
from fit_metrics._shares import wilson
from fit_metrics.results import Estimate


def share_difference(
    successes: SupportsIndex,
    n: SupportsIndex,
    other_successes: SupportsIndex,
    other_n: SupportsIndex,
    *,
    level: float = 0.95,
) -> Estimate:
    r"""Give the difference of the shares of two independent groups.

    Parameters
    ----------
    successes, n : int
        Observations that count, and all, in the first group.
    other_successes, other_n : int
        The same in the group that is taken off.
    level : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        First share minus the other, between -1 and 1; `n` is both groups together. All nan where
        a group is empty.

    Raises
    ------
    ValueError
        A count is no integer or below 0, or larger than its group.

    Notes
    -----
    Newcombe's hybrid score interval, his method 10. With Wilson's limits :math:`l_i, u_i` the
    lower limit is :math:`d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}`, the upper one
    :math:`d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}`. Nominal property: coverage of 93 to 97 per
    cent at level 0.95 for groups of 20 and more with shares from 0.1 to 0.9.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Interval estimation for the difference between independent
       proportions: comparison of eleven methods. Statistics in Medicine, 17(8), 873-890.

    Examples
    --------
    >>> result = share_difference(56, 70, 48, 80)
    >>> round(result.estimate, 4), round(result.ci_low, 4), round(result.ci_high, 4)
    (0.2, 0.0524, 0.3339)
    """
    first = _named_wilson("successes", successes, "n", n, level)
    other = _named_wilson("other_successes", other_successes, "other_n", other_n, level)
    return _difference(first, other, 0.0, first.n + other.n, "share_difference_newcombe")


def paired_share_difference(
    both: SupportsIndex,
    first_only: SupportsIndex,
    second_only: SupportsIndex,
    neither: SupportsIndex,
    *,
    level: float = 0.95,
) -> Estimate:
    r"""Give the difference of two shares of the same persons.

    Parameters
    ----------
    both, first_only, second_only, neither : int
        Persons who count both times, only the first time, only the second, and never.
    level : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Share of the first time minus that of the second, between -1 and 1; `n` is the persons.
        All nan without persons.

    Raises
    ------
    ValueError
        A count is no integer or below 0.

    Notes
    -----
    Newcombe's method 10 for paired data: the limits of :func:`share_difference` with the term
    :math:`-2 \hat\phi (p_1 - l_1)(u_2 - p_2)` below its root (and its mirror image), where

    .. math:: \hat\phi = C / \sqrt{(a+b)(c+d)(a+c)(b+d)},

    :math:`C = ad - bc`, from which n/2 is taken off where positive, though not below 0.
    :math:`\hat\phi` is 0 where a margin is empty.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Improved confidence intervals for the difference between
       binomial proportions based on paired data. Statistics in Medicine, 17(22), 2635-2650.

    Examples
    --------
    >>> result = paired_share_difference(20, 12, 2, 16)
    >>> round(result.estimate, 4), round(result.ci_low, 4), round(result.ci_high, 4)
    (0.2, 0.0562, 0.3292)
    """
    a = exact_integer("both", both, minimum=0)
    b = exact_integer("first_only", first_only, minimum=0)
    c = exact_integer("second_only", second_only, minimum=0)
    d = exact_integer("neither", neither, minimum=0)
    n = a + b + c + d
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    product = a * d - b * c
    corrected = max(product - n / 2.0, 0.0) if product > 0 else float(product)
    phi = corrected / math.sqrt(margins) if margins else 0.0
    first, second = wilson(a + b, n, level=level), wilson(a + c, n, level=level)
    return _difference(first, second, phi, n, "share_difference_newcombe_paired")


def _named_wilson(
    count_name: str, count: SupportsIndex, n_name: str, n: SupportsIndex, level: float
) -> Estimate:
    total = exact_integer(n_name, n, minimum=0)
    successes = exact_integer(count_name, count, minimum=0)
    if successes > total:
        raise ValueError(
            f"{count_name} is {successes} and {n_name} is {total}: it must be at most {n_name}"
        )
    return wilson(successes, total, level=level)


def _difference(first: Estimate, other: Estimate, phi: float, n: int, method: str) -> Estimate:
    difference = first.estimate - other.estimate
    below = _joined(first.estimate - first.ci_low, other.ci_high - other.estimate, phi)
    above = _joined(first.ci_high - first.estimate, other.estimate - other.ci_low, phi)
    return Estimate(
        estimate=difference,
        ci_low=difference - below,
        ci_high=difference + above,
        ci_level=check_level(first.ci_level),
        n=n,
        n_missing=None,
        method=method,
    )


def _joined(one: float, other: float, phi: float) -> float:
    # Rounding can leave the square a hair below 0 where phi is 1.
    return math.sqrt(max(one * one - 2.0 * phi * one * other + other * other, 0.0))
