"""Whether groups differ in the time of an event."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._options import Missing
from fit_metrics._survival_records import freeze
from fit_metrics._survival_rows import TimeRows, event_rows, risk_table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogRank:
    """Test of one course of events in all groups.

    Attributes
    ----------
    labels : ndarray, shape (n_groups,)
        The groups, sorted.
    observed, expected : ndarray of float64, shape (n_groups,)
        Events in each group, and those expected had all groups the same hazard at each time.
    covariance : ndarray of float64, shape (n_groups, n_groups)
        Of observed less expected.
    statistic : float
        Chi-squared.
    df : int
        Its degrees of freedom.
    p_value : float
        nan where fewer than two groups can be compared.
    n, n_missing : int
        Rows, and those left out because a value was missing.
    method : str
        Code of the test.
    """

    labels: NDArray[Any]
    observed: FloatArray
    expected: FloatArray
    covariance: FloatArray
    statistic: float
    df: int
    p_value: float
    n: int
    n_missing: int
    method: str


def log_rank(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    missing: Missing = "raise",
) -> LogRank:
    r"""Test whether the event comes at the same rate in all groups.

    Parameters
    ----------
    time, event, entry, missing
        As in :func:`kaplan_meier`.
    group : array_like, shape (n,)
        Text or whole numbers.
    strata : array_like, shape (n,), optional
        Text or whole numbers: only persons of one stratum (service) are compared with each other.

    Returns
    -------
    LogRank
        Statistic, degrees of freedom and p; nan where fewer than two groups are ever at risk
        beside each other, without rows or without an event.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    At each time of d events among Y persons the events of group g are hypergeometric: expected
    :math:`d Y_g / Y`, covariance :math:`d (Y - d) / (Y - 1) \cdot (Y_g / Y)(1_{gh} - Y_h / Y)`,
    which counts tied times as they are. The statistic is :math:`(O - E)' V^{-} (O - E)` without one
    group. Two groups of one person each are tested as any others are, by a statistic that is
    chi-squared in large samples only.

    References
    ----------
    .. [1] Mantel, N. (1966). Evaluation of survival data and two new rank order statistics arising
       in its consideration. Cancer Chemotherapy Reports, 50(3), 163-170.
    .. [2] Peto, R., & Peto, J. (1972). Asymptotically efficient rank invariant test procedures.
       Journal of the Royal Statistical Society A, 135(2), 185-207.

    Examples
    --------
    >>> result = log_rank([1, 2, 2, 3, 3, 5], [1, 1, 1, 1, 0, 1], ["a", "a", "b", "a", "b", "b"])
    >>> result.observed.tolist(), result.expected.round(3).tolist()
    ([3.0, 2.0], [1.633, 3.367])
    >>> round(result.statistic, 3), result.df
    (2.244, 1)
    """
    rows = event_rows(time, event, entry, missing, group=group, strata=strata)
    groups = rows.groups[0]
    n_groups = groups.labels.size
    observed, expected = np.zeros(n_groups), np.zeros(n_groups)
    covariance = np.zeros((n_groups, n_groups))
    stratum = rows.groups[1].codes if strata is not None else np.zeros(rows.time.size, np.int64)
    order = np.argsort(stratum, kind="stable")
    bounds = np.flatnonzero(np.diff(stratum[order])) + 1
    for part in np.split(order, bounds):
        found, wanted, spread = _compare(rows, part, n_groups)
        observed += found
        expected += wanted
        covariance += spread
    statistic, df = _chi_squared(observed - expected, expected, covariance)
    freeze(observed, expected, covariance)
    return LogRank(
        labels=groups.labels,
        observed=observed,
        expected=expected,
        covariance=covariance,
        statistic=statistic,
        df=df,
        p_value=float(special.chdtrc(df, statistic)) if df else math.nan,
        n=rows.time.size,
        n_missing=rows.n_missing,
        method="log_rank_stratified" if strata is not None else "log_rank",
    )


def _compare(
    rows: TimeRows, part: NDArray[np.intp], n_groups: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give observed and expected events of one stratum and the covariance of the difference."""
    entry = None if rows.entry is None else rows.entry[part]
    # Each group with and without the event is a kind of its own; 0 is left for nobody.
    kind = 1 + 2 * rows.groups[0].codes[part] + rows.kind[part]
    own = TimeRows(rows.time[part], kind, None, (), 0)
    table = risk_table(own, 2 * n_groups)
    ended = table.events[1::2]
    at_risk = np.cumsum((table.events[0::2] + ended)[:, ::-1], axis=1)[:, ::-1].astype(np.float64)
    if entry is not None:
        m = table.time.size
        first = np.searchsorted(table.time, entry, side="right")
        code = rows.groups[0].codes[part] * (m + 1) + first
        later = np.bincount(code, minlength=n_groups * (m + 1)).reshape(n_groups, m + 1)
        at_risk -= np.cumsum(later[:, ::-1], axis=1)[:, ::-1][:, 1:]
    total = ended.sum(axis=0)
    used = total > 0
    d, events = total[used].astype(np.float64), ended[:, used]
    everyone = at_risk[:, used].sum(axis=0)
    share = at_risk[:, used] / everyone
    weight = d * (everyone - d) / np.maximum(everyone - 1.0, 1.0)
    spread = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    return events.sum(axis=1).astype(np.float64), (share * d).sum(axis=1), spread


def _chi_squared(
    difference: FloatArray, expected: FloatArray, covariance: FloatArray
) -> tuple[float, int]:
    compared = np.flatnonzero(expected > 0.0)[:-1]
    if compared.size == 0:
        return math.nan, 0
    spread = covariance[np.ix_(compared, compared)]
    # Groups that were never at risk beside another hold no information on a difference.
    df = int(np.linalg.matrix_rank(spread, hermitian=True))
    if df == 0:
        return math.nan, 0
    apart = difference[compared]
    return float(apart @ np.linalg.pinv(spread, hermitian=True) @ apart), df
