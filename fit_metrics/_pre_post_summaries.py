"""Pre–post effect sizes of one group from published statistics or from exact sums."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import SupportsFloat, SupportsIndex

from fit_metrics import _change_moments as change_moments
from fit_metrics._options import Direction
from fit_metrics._pre_post import IntervalMethod, Options, Standardizer, effect
from fit_metrics.results import EffectSize


def pre_post_d_from_stats(
    n: SupportsIndex,
    mean_pre: SupportsFloat,
    mean_post: SupportsFloat,
    sd_pre: SupportsFloat,
    sd_post: SupportsFloat,
    r: SupportsFloat,
    *,
    standardizer: Standardizer = "pre_sd",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    direction: Direction = "higher_is_better",
) -> EffectSize:
    """Give the standardised mean change from published statistics.

    Parameters
    ----------
    n : int
        Number of pairs.
    mean_pre, mean_post, sd_pre, sd_post : float
        Means and sample SDs (n - 1) in score units.
    r : float
        Correlation of the first and last scores of the same persons. It has no default: the
        interval, and with "change_sd" and "repeated" the estimate too, rest on it. It may be nan where an SD
        is 0 and no correlation exists.
    standardizer, correct_bias, ci, level, direction
        As in :func:`pre_post_d`; there are no rows to draw from, so no bootstrap.

    Returns
    -------
    EffectSize
        As :func:`pre_post_d`, with `n_missing` None.

    Raises
    ------
    ValueError
        An argument breaks its rule. For n < 2 the statistics are not looked at.

    Examples
    --------
    >>> result = pre_post_d_from_stats(38, 22.27, 29.79, 6.14, 6.14, 0.5, correct_bias=False)
    >>> round(result.estimate, 4)
    1.2248
    """
    options = Options(standardizer, correct_bias, ci, level, direction)
    options.check_without_rows()
    moments = change_moments.from_stats(n, mean_pre, mean_post, sd_pre, sd_post, r)
    return effect(moments, None, options)


def pre_post_d_from_sums(
    n: SupportsIndex,
    sum_pre: SupportsIndex,
    sum_post: SupportsIndex,
    sum_pre_squared: SupportsIndex,
    sum_post_squared: SupportsIndex,
    sum_product: SupportsIndex,
    *,
    unit: float | Decimal | Fraction,
    standardizer: Standardizer = "pre_sd",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    direction: Direction = "higher_is_better",
) -> EffectSize:
    """Give the standardised mean change from exact sums over persons.

    Parameters
    ----------
    n : int
        Number of pairs.
    sum_pre, sum_post, sum_pre_squared, sum_post_squared, sum_product : int
        Sums over persons of x, y, x², y² and xy, where x and y are the first and last score as
        integers in the instrument's smallest unit. Floats are refused.
    unit : float or Decimal or Fraction
        That smallest unit in score units (0.1 for a score with one decimal), read as written.
    standardizer, correct_bias, ci, level, direction
        As in :func:`pre_post_d`; there are no rows to draw from, so no bootstrap.

    Returns
    -------
    EffectSize
        As :func:`pre_post_d`, with `n_missing` None.

    Raises
    ------
    ValueError
        An argument breaks its rule, or no set of n pairs has these sums.

    Notes
    -----
    The centred moments are formed in exact integer arithmetic before the first float, so a
    million persons with a mean far from 0 cost no digits.

    Examples
    --------
    >>> pre, post = [180, 220, 250, 170], [240, 250, 300, 250]
    >>> squares = [sum(v * v for v in pre), sum(v * v for v in post)]
    >>> products = sum(x * y for x, y in zip(pre, post))
    >>> result = pre_post_d_from_sums(
    ...     4, sum(pre), sum(post), *squares, products, unit=0.1, correct_bias=False
    ... )
    >>> round(result.estimate, 3)
    1.488
    """
    options = Options(standardizer, correct_bias, ci, level, direction)
    options.check_without_rows()
    sums = {
        "sum_pre": sum_pre,
        "sum_post": sum_post,
        "sum_pre_squared": sum_pre_squared,
        "sum_post_squared": sum_post_squared,
        "sum_product": sum_product,
    }
    return effect(change_moments.from_sums(n, sums, unit), None, options)
