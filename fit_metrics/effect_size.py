"""Pre–post effect sizes of one group, from rows, from published statistics or from exact sums."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import SupportsFloat, SupportsIndex

from numpy.typing import ArrayLike

from fit_metrics import _change_moments as change_moments
from fit_metrics._arrays import pairs
from fit_metrics._options import Direction, Missing
from fit_metrics._pre_post import IntervalMethod, Options, Standardizer, effect
from fit_metrics.results import EffectSize

__all__ = ["pre_post_d", "pre_post_d_from_stats", "pre_post_d_from_sums"]


def pre_post_d(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    standardizer: Standardizer = "pre_sd",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    missing: Missing = "raise",
    direction: Direction = "higher_is_better",
) -> EffectSize:
    r"""Give the standardised mean change of one group measured twice.

    Parameters
    ----------
    pre, post : array_like, shape (n,)
        First and last score of each person, in score units; None and nan are missing.
    standardizer : {"pre_sd", "average_sd", "change_sd"}
        What the mean change is divided by: the SD of `pre`, the root of the mean of the two
        variances, or the SD of the changes.
    correct_bias : bool
        Multiply the estimate and both limits by Hedges' exact J with n - 1 degrees of freedom
        (g); without it the plain d.
    ci : {"normal", "noncentral_t"}
        "normal" is d ± z·SE with the variance below; "noncentral_t" inverts the noncentral t
        distribution and needs ``standardizer="change_sd"``, where alone it is exact (for d: its
        limits are then multiplied by J like all others).
    level : float
        Coverage of the interval, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse missing scores, or leave out every pair with one and count it in `n_missing`.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the result: positive is always a change for the better.

    Returns
    -------
    EffectSize
        The estimate has no unit; `standardizer_sd` and `mean_change` are in score units.

    Raises
    ------
    ValueError
        An argument breaks its rule; the message names it, its value and the rule.

    Notes
    -----
    With :math:`s_D^2 = s_1^2 + s_2^2 - 2 r s_1 s_2` and :math:`\nu = n - 1` the variance of d is

    - pre_sd: :math:`\{s_D^2 / s_1^2 + d^2 / 2\} / \nu`
    - average_sd, :math:`s^2 = (s_1^2 + s_2^2)/2`:
      :math:`\{s_D^2 / s^2 + d^2 (s_1^4 + s_2^4 + 2 r^2 s_1^2 s_2^2) / (8 s^4)\} / \nu`
    - change_sd: :math:`\{1 + d^2 / 2\} / \nu`

    The SDs may differ; scores are taken as bivariate normal. The limits are J times the limits
    of d. Everything is nan for n < 2 and where the standardizer is 0: an effect measured in
    units of nothing does not exist. Changes that differ by no more than storing the scores as
    floats explains count as equal. For n = 2 J is 0: the corrected estimate is 0 and its limits
    are nan. The noncentral t limits are nan for d √n beyond ±20 000.

    References
    ----------
    .. [1] Bonett, D. G. (2008). Confidence intervals for standardized linear contrasts of means.
       Psychological Methods, 13(2), 99-109.
    .. [2] Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and
       related estimators. Journal of Educational Statistics, 6(2), 107-128.

    Examples
    --------
    >>> result = pre_post_d([18, 22, 25, 17], [24, 25, 30, 25], correct_bias=False)
    >>> result.mean_change, round(result.standardizer_sd, 3), round(result.estimate, 3)
    (5.5, 3.697, 1.488)
    """
    rows = pairs("pre", pre, "post", post, missing)
    return effect(
        change_moments.from_rows(rows),
        rows.n_missing,
        Options(standardizer, correct_bias, ci, level, direction),
    )


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
        interval, and with "change_sd" the estimate too, rest on it. It may be nan where an SD
        is 0 and no correlation exists.
    standardizer, correct_bias, ci, level, direction
        As in :func:`pre_post_d`.

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
    return effect(
        change_moments.from_stats(n, mean_pre, mean_post, sd_pre, sd_post, r),
        None,
        Options(standardizer, correct_bias, ci, level, direction),
    )


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
        As in :func:`pre_post_d`.

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
    sums = {
        "sum_pre": sum_pre,
        "sum_post": sum_post,
        "sum_pre_squared": sum_pre_squared,
        "sum_post_squared": sum_post_squared,
        "sum_product": sum_product,
    }
    return effect(
        change_moments.from_sums(n, sums, unit),
        None,
        Options(standardizer, correct_bias, ci, level, direction),
    )
