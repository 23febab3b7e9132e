"""Mean time up to a horizon, and the difference of two groups."""

from __future__ import annotations

import math
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._options import Missing, check_level, finite_number, normal_quantile
from fit_metrics._survival_curve import event_free
from fit_metrics._survival_records import RestrictedMean
from fit_metrics._survival_rows import TimeRows, event_rows, risk_table


def restricted_mean(
    time: ArrayLike,
    event: ArrayLike,
    *,
    horizon: SupportsFloat,
    entry: ArrayLike | None = None,
    level: float = 0.95,
    missing: Missing = "raise",
) -> RestrictedMean:
    r"""Give the mean time without the event up to a horizon.

    Parameters
    ----------
    time, event, entry, level, missing
        As in :func:`kaplan_meier`.
    horizon : float
        Time at which counting stops, above 0, in the unit of `time`.

    Returns
    -------
    RestrictedMean
        In the unit of `time`. nan for no rows, and where the last person was lost to sight before
        the horizon without the event: the curve is not known up to there.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`\hat\mu = \int_0^\tau \hat S(t) dt`, the expectation of the smaller of time and horizon,
    with variance :math:`\sum_u A_u^2 d_u / \{Y_u (Y_u - d_u)\}`,
    :math:`A_u = \int_u^\tau \hat S(t) dt`, without the factor m / (m - 1) that some programs add.
    Without censoring it is the mean of the cut times and its variance
    :math:`\sum (t_i - \hat\mu)^2 / n^2`. It is the error of a mean: the variance of the times, which
    does not shrink with n, is another number.

    Standard error and limits are nan where no event before the horizon shows any spread (one
    person, all events at one time, no event).

    Nominal property: 50 persons and more, some of them without the event at the horizon; covers 93
    to 97 % at 95 %. With 20 persons it covers some 92 %: the interval is symmetric and the mean
    skewed.

    References
    ----------
    .. [1] Andersen, P. K., Borgan, Ø., Gill, R. D., & Keiding, N. (1993). Statistical Models Based
       on Counting Processes. Springer, section IV.3.
    .. [2] Royston, P., & Parmar, M. K. B. (2013). Restricted mean survival time: an alternative to
       the hazard ratio for the design and analysis of randomized trials with a time-to-event
       outcome. BMC Medical Research Methodology, 13, 152.

    Examples
    --------
    >>> result = restricted_mean([1, 2, 2, 3, 5], [1, 1, 0, 1, 0], horizon=4)
    >>> round(result.estimate, 2), round(result.standard_error, 3)
    (2.7, 0.507)
    """
    stop, checked_level = _horizon(horizon), check_level(level)
    rows = event_rows(time, event, entry, missing)
    mean, variance = _area(rows, stop)
    return _result(mean, variance, rows.time.size, rows.n_missing, stop, checked_level, "")


def restricted_mean_difference(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    reference: str | int,
    horizon: SupportsFloat,
    entry: ArrayLike | None = None,
    level: float = 0.95,
    missing: Missing = "raise",
) -> RestrictedMean:
    """Give how much longer one group goes without the event than the other, up to a horizon.

    Parameters
    ----------
    time, event, entry, level, missing
        As in :func:`kaplan_meier`.
    group : array_like, shape (n,)
        Text or whole numbers, two different ones.
    reference : str or int
        The group that is subtracted.
    horizon : float
        As in :func:`restricted_mean`.

    Returns
    -------
    RestrictedMean
        Mean of the other group less that of the reference; nan where either is, and its limits
        where either group shows no spread.

    Raises
    ------
    ValueError
        An argument breaks its rule; `group` has not two labels or none of them is `reference`.

    Notes
    -----
    The groups are independent: the variances add. No proportional hazards are assumed.

    References
    ----------
    .. [1] Royston, P., & Parmar, M. K. B. (2013). As in :func:`restricted_mean`.

    Examples
    --------
    >>> result = restricted_mean_difference(
    ...     [1, 2, 2, 3, 2, 4, 5, 5], [1, 1, 0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1],
    ...     reference=0, horizon=3,
    ... )
    >>> round(result.estimate, 2), round(result.standard_error, 3)
    (0.5, 0.468)
    """
    stop, checked_level = _horizon(horizon), check_level(level)
    rows = event_rows(time, event, entry, missing, group=group)
    labels, codes = rows.groups[0]
    if labels.size != 2:
        raise ValueError(f"group has {labels.size} different labels: it must have two")
    if reference not in labels.tolist():
        raise ValueError(f"reference is {reference!r}: it must be one of {labels.tolist()}")
    in_reference = codes == labels.tolist().index(reference)
    mean, variance = _area(_part(rows, ~in_reference), stop)
    base, base_variance = _area(_part(rows, in_reference), stop)
    both = variance + base_variance if variance > 0.0 and base_variance > 0.0 else math.nan
    return _result(
        mean - base, both, rows.time.size, rows.n_missing, stop, checked_level, "difference_"
    )


def _horizon(horizon: SupportsFloat) -> float:
    stop = finite_number("horizon", horizon)
    if stop <= 0.0:
        raise ValueError(f"horizon is {horizon!r}: it must be above 0")
    return stop


def _part(rows: TimeRows, chosen: np.ndarray) -> TimeRows:
    entry = None if rows.entry is None else rows.entry[chosen]
    return TimeRows(rows.time[chosen], rows.kind[chosen], entry, (), rows.n_missing)


def _area(rows: TimeRows, horizon: float) -> tuple[float, float]:
    """Give the area below the curve up to the horizon and its variance."""
    table = risk_table(rows)
    share, _ = event_free(table)
    if share.size == 0 or (table.time[-1] < horizon and share[-1] > 0.0):
        return math.nan, math.nan
    kept = table.time < horizon
    edges = np.concatenate([[0.0], table.time[kept], [horizon]])
    areas = np.diff(edges) * np.concatenate([[1.0], share[kept]])
    after = np.cumsum(areas[:0:-1])[::-1]
    ended = table.events[0][kept].astype(np.float64)
    at_risk = np.maximum(table.at_risk[kept], 1).astype(np.float64)
    # Where nobody is left the area after is 0, and so is the term.
    left = np.maximum(at_risk - ended, 1.0)
    return float(areas.sum()), float((after**2 * ended / (at_risk * left)).sum())


def _result(
    mean: float,
    variance: float,
    n: int,
    n_missing: int,
    horizon: float,
    level: float,
    name: str,
) -> RestrictedMean:
    error = math.sqrt(variance) if variance > 0.0 else math.nan
    half_width = normal_quantile(level) * error
    return RestrictedMean(
        estimate=mean,
        ci_low=mean - half_width,
        ci_high=mean + half_width,
        ci_level=level,
        n=n,
        n_missing=n_missing,
        method=f"restricted_mean_{name}normal",
        horizon=horizon,
        standard_error=error,
    )
