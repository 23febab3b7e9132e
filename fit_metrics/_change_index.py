"""Indices of reliable change: four answers to which last score the error alone would give."""

from __future__ import annotations

import math
from typing import SupportsFloat

from numpy.typing import ArrayLike

from fit_metrics._change_index_core import ReliableChangeIndex, index_of
from fit_metrics._options import Direction, Missing, check_reliability, finite_number, non_negative


def jacobson_truax(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    sd: SupportsFloat,
    reliability: SupportsFloat,
    level: float = 0.95,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
) -> ReliableChangeIndex:
    r"""Give the change over the error of a difference.

    Parameters
    ----------
    intake, last : array_like, shape (n_rows,)
        First and last score of each series, in score units; None and nan are missing.
    sd : float
        Standard deviation of intake scores in the reference sample, 0 or more.
    reliability : float
        Reliability of the score there, above 0 and at most 1.
    level : float
        Probability that the index of an unchanged person stays within `critical`; 0.95 gives
        1.96.
    direction : {"higher_is_better", "lower_is_better"}
        Sign of the index: positive is always for the better.
    missing : {"omit", "raise"}
        Give rows with a missing score nan, or refuse them.

    Returns
    -------
    ReliableChangeIndex
        All nan at reliability 1 or sd 0: there is no error to measure a change with.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`(y - x) / (s\sqrt{2(1 - r)})`: nothing but error is expected between the two scores.
    For classes by exact thresholds in score steps see :func:`classify`.

    References
    ----------
    .. [1] Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
       defining meaningful change in psychotherapy research. Journal of Consulting and Clinical
       Psychology, 59(1), 12-19.

    Examples
    --------
    >>> result = jacobson_truax([47.5, None], [32.5, 30.0], sd=7.5, reliability=0.8)
    >>> round(float(result.index[0]), 2), [int(flag) for flag in result.is_worse]
    (-3.16, [1, -1])
    """
    share = check_reliability(reliability)
    error = non_negative("sd", sd) * math.sqrt(2.0 * (1.0 - share))
    options = (level, direction, missing, "jacobson_truax")
    return index_of(intake, last, 1.0, 0.0, 0.0, error, *options)


def gulliksen_lord_novick(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    mean: SupportsFloat,
    sd: SupportsFloat,
    reliability: SupportsFloat,
    level: float = 0.95,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
) -> ReliableChangeIndex:
    r"""Give the last score's distance from the one that regression to the mean predicts.

    Parameters
    ----------
    intake, last : array_like, shape (n_rows,)
        As in :func:`jacobson_truax`.
    mean : float
        Mean of the population that the persons come from, in score units.
    sd, reliability, level, direction, missing
        As in :func:`jacobson_truax`.

    Returns
    -------
    ReliableChangeIndex
        All nan at reliability 1 or sd 0.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`\{(y - M) - r (x - M)\} / (s\sqrt{1 - r^2})`: a person without change is expected to
    lie nearer the mean the second time.

    References
    ----------
    .. [1] Hsu, L. M. (1989). Reliable changes in psychotherapy: taking into account regression
       toward the mean. Behavioral Assessment, 11, 459-467.
    .. [2] Bauer, S., Lambert, M. J., & Nielsen, S. L. (2004). Clinical significance methods: a
       comparison of statistical techniques. Journal of Personality Assessment, 82(1), 60-70.

    Examples
    --------
    >>> result = gulliksen_lord_novick([15.0], [24.0], mean=20, sd=8, reliability=0.8)
    >>> round(float(result.index[0]), 3)
    1.667
    """
    share, centre = check_reliability(reliability), finite_number("mean", mean)
    error = non_negative("sd", sd) * math.sqrt(1.0 - share * share)
    options = (level, direction, missing, "gulliksen_lord_novick")
    return index_of(intake, last, share, centre, centre, error, *options)


def hsu_linn_lord(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    mean_intake: SupportsFloat,
    mean_last: SupportsFloat,
    sd: SupportsFloat,
    reliability: SupportsFloat,
    level: float = 0.95,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
) -> ReliableChangeIndex:
    r"""Give the change beyond that of the group, allowing for regression to the mean.

    Parameters
    ----------
    intake, last : array_like, shape (n_rows,)
        As in :func:`jacobson_truax`.
    mean_intake, mean_last : float
        Means of the group at both times, in score units.
    sd, reliability, level, direction, missing
        As in :func:`jacobson_truax`.

    Returns
    -------
    ReliableChangeIndex
        All nan at reliability 1 or sd 0.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`\{(y - \bar y) - r (x - \bar x)\} / (s\sqrt{1 - r^2})`: 0 is the average course, so a
    person who improves like all others is not reliably better by this index.

    References
    ----------
    .. [1] Hsu (1989) and Bauer et al. (2004), as in :func:`gulliksen_lord_novick`.

    Examples
    --------
    >>> result = hsu_linn_lord(
    ...     [15.0], [24.0], mean_intake=20, mean_last=25, sd=8, reliability=0.8
    ... )
    >>> round(float(result.index[0]), 3)
    0.625
    """
    share = check_reliability(reliability)
    first, final = finite_number("mean_intake", mean_intake), finite_number("mean_last", mean_last)
    error = non_negative("sd", sd) * math.sqrt(1.0 - share * share)
    options = (level, direction, missing, "hsu_linn_lord")
    return index_of(intake, last, share, first, final, error, *options)


def edwards_nunnally(
    intake: ArrayLike,
    last: ArrayLike,
    *,
    mean: SupportsFloat,
    sd: SupportsFloat,
    reliability: SupportsFloat,
    level: float = 0.95,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
) -> ReliableChangeIndex:
    r"""Give the last score's distance from the estimated true score at intake.

    Parameters
    ----------
    intake, last : array_like, shape (n_rows,)
        As in :func:`jacobson_truax`.
    mean, sd, reliability, level, direction, missing
        As in :func:`gulliksen_lord_novick`. Speer's two standard errors are a `level` of 0.9545.

    Returns
    -------
    ReliableChangeIndex
        All nan at reliability 1 or sd 0.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`[y - \{r (x - M) + M\}] / (s\sqrt{1 - r})`: whether the last score lies outside the
    interval around the estimated true intake. The last score's own error is not in it, so more
    persons are reliably changed than by the other indices.

    References
    ----------
    .. [1] Speer, D. C. (1992). Clinically significant change: Jacobson and Truax (1991) revisited.
       Journal of Consulting and Clinical Psychology, 60(3), 402-408.
    .. [2] Bauer et al. (2004), as in :func:`gulliksen_lord_novick`.

    Examples
    --------
    >>> result = edwards_nunnally([15.0], [24.0], mean=20, sd=8, reliability=0.8)
    >>> round(float(result.index[0]), 3), int(result.is_better[0])
    (2.236, 1)
    """
    share, centre = check_reliability(reliability), finite_number("mean", mean)
    error = non_negative("sd", sd) * math.sqrt(1.0 - share)
    options = (level, direction, missing, "edwards_nunnally")
    return index_of(intake, last, share, centre, centre, error, *options)
