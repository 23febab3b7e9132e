"""The hazard of leaving at each session, by logistic regression of person-sessions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray, refuse_missing
from fit_metrics._groups import group_sums
from fit_metrics._options import Missing, check_level
from fit_metrics._survival_efron import Likelihood
from fit_metrics._survival_hazard import (
    Fitted,
    HazardRegression,
    HazardRows,
    hazard_rows,
    highest,
    orthonormal,
    regression,
)
from fit_metrics._survival_records import freeze
from fit_metrics._survival_rows import distinct_times

_NEWTON_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscreteHazard(HazardRegression):
    """A regression of the hazard at each session; the ratios are odds ratios.

    Attributes
    ----------
    period : ndarray of float64, shape (n_periods,)
        The distinct sessions in the data.
    at_risk, events : ndarray of int64, shape (n_periods,)
        Rows and events of each.
    baseline : ndarray of float64, shape (n_periods,)
        Hazard of a row whose covariates are all 0; 0 or 1 where no row or every row has the event.
    """

    period: FloatArray
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    baseline: FloatArray


class _Periods(NamedTuple):
    columns: FloatArray
    is_event: NDArray[np.bool_]
    codes: NDArray[np.intp]
    n_periods: int


def discrete_hazard(
    period: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    missing: Missing = "raise",
) -> DiscreteHazard:
    r"""Give the hazard of an event at each session and what it goes with.

    Parameters
    ----------
    period : array_like, shape (n,)
        Session number of the row; a person has a row for each session at which it could happen.
    event : array_like of bool, shape (n,)
        1 where it happened after that session: the person's last row.
    covariates : array_like, shape (n,) or (n, p)
        Numbers known at the session; for a fall of experience see :func:`experience_drop`.
    clusters : array_like, shape (n,), optional
        Text or whole numbers (worker, team): standard errors allow for any dependence within them.
        The rows of one person need none: given that it has not happened before, each is a new
        trial.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them.

    Returns
    -------
    DiscreteHazard
        Log odds ratios and ratios; all nan where no session has rows with and rows without the
        event. With clusters the errors are nan below two of them.

    Raises
    ------
    ValueError
        An argument breaks its rule; a covariate is constant, follows from the others, or tells the
        events without error.

    Notes
    -----
    :math:`\operatorname{logit} h_{it} = \alpha_t + \beta' x_{it}`: each session has its own
    intercept, ties are no matter. Newton's method, the intercepts eliminated first. Sessions at
    which nobody or everybody has the event tell nothing of the ratios and are left out of the
    likelihood. With clusters the variance is the sandwich of their scores, times J / (J - 1) for J
    clusters. Endings of another kind end the person's rows without the event: the hazard is then
    that of this ending among those still there.

    Nominal property: 50 and more events, odds ratios from 1/3 to 3; covers 93 to 97 % at 95 %.

    References
    ----------
    .. [1] Singer, J. D., & Willett, J. B. (1993). It's about time: using discrete-time survival
       analysis to study duration and the timing of events. Journal of Educational Statistics,
       18(2), 155-195.

    Examples
    --------
    >>> result = discrete_hazard(
    ...     [1, 1, 1, 1, 2, 2, 2, 3, 3], [0, 1, 0, 0, 1, 0, 0, 1, 0], [1, 0, 0, 0, 1, 1, 0, 1, 1]
    ... )
    >>> result.at_risk.tolist(), result.events.tolist(), round(float(result.ratio[0]), 2)
    ([4, 3, 2], [1, 1, 1], 1.33)
    """
    checked_level = check_level(level)
    names = "period, event, covariates" + ("" if clusters is None else " and clusters")
    rows = hazard_rows(
        {"period": period},
        event,
        covariates,
        clusters,
        lambda count, n: refuse_missing(names, count, n, missing),
    )
    times, codes = distinct_times(rows.times["period"])
    at_risk = np.bincount(codes, minlength=times.size).astype(np.int64)
    events = np.bincount(codes[rows.is_event], minlength=times.size).astype(np.int64)
    mixed = (events > 0) & (events < at_risk)
    used = mixed[codes] if times.size else np.zeros(0, dtype=np.bool_)
    fitted = None
    baseline = np.where(mixed, np.nan, np.where(events > 0, 1.0, 0.0))
    if used.any():
        number = (np.cumsum(mixed) - 1)[codes[used]]
        fitted, baseline[mixed] = _fit(rows, used, number, int(mixed.sum()))
    variance = "model" if clusters is None else "cluster_robust"
    whole = regression(rows, fitted, checked_level, f"discrete_hazard_logistic_{variance}")
    freeze(times, at_risk, events, baseline)
    shared = {name: getattr(whole, name) for name in HazardRegression.__slots__}
    return DiscreteHazard(**shared, period=times, at_risk=at_risk, events=events, baseline=baseline)


def _fit(
    rows: HazardRows, used: NDArray[np.bool_], codes: NDArray[np.intp], count: int
) -> tuple[Fitted, FloatArray]:
    matrix, is_event = rows.covariates[used], rows.is_event[used]
    columns, back = orthonormal(matrix, is_event)
    data = _Periods(columns, is_event, codes, count)
    coefficients, top, null = highest(partial(_likelihood, data), columns)
    inverse = np.asarray(np.linalg.inv(top.information), dtype=np.float64)
    eta = columns @ coefficients
    intercepts = _intercepts(data, eta)
    if rows.clusters is not None:
        logit = np.asarray(intercepts[codes] + eta)
        inverse = _sandwich(data, rows.clusters.codes[used], logit, inverse)
    found = Fitted(back @ coefficients, back @ inverse @ back.T, top.value, null)
    at_zero = intercepts - float(matrix.mean(axis=0) @ found.coefficients)
    return found, special.expit(at_zero)


def _intercepts(data: _Periods, eta: FloatArray) -> FloatArray:
    """Give the intercept of each session at which expected and observed events agree."""
    wanted = np.bincount(data.codes, weights=data.is_event, minlength=data.n_periods)
    size = np.bincount(data.codes, minlength=data.n_periods)
    # Between these two the sums of hazards lie on both sides of the events.
    middle = special.logit(wanted / size)
    largest = np.full(data.n_periods, -np.inf)
    np.maximum.at(largest, data.codes, eta)
    smallest = np.full(data.n_periods, np.inf)
    np.minimum.at(smallest, data.codes, eta)
    low, high = middle - largest, middle - smallest
    found = (low + high) / 2.0
    for _ in range(_NEWTON_STEPS):
        hazard = special.expit(found[data.codes] + eta)
        above = np.bincount(data.codes, weights=hazard, minlength=data.n_periods) - wanted
        slope = np.bincount(data.codes, weights=hazard * (1.0 - hazard), minlength=data.n_periods)
        low, high = np.where(above < 0.0, found, low), np.where(above > 0.0, found, high)
        step = above / np.maximum(slope, 1e-300)
        new = found - step
        new = np.where((new < low) | (new > high), (low + high) / 2.0, new)
        moved, found = np.abs(new - found).max(), new
        # The error squares with each step of Newton's: after one so small nothing is left of it.
        if moved <= 1e-9:
            break
    return np.asarray(found)


def _likelihood(data: _Periods, coefficients: FloatArray) -> Likelihood:
    """Give the likelihood, highest over the intercepts, with its slope and information."""
    eta = data.columns @ coefficients
    logit = _intercepts(data, eta)[data.codes] + eta
    hazard = special.expit(logit)
    weight = hazard * (1.0 - hazard)
    weighted = data.columns * weight[:, np.newaxis]
    across = group_sums(data.codes, data.n_periods, weighted)
    total = np.bincount(data.codes, weights=weight, minlength=data.n_periods)
    information = data.columns.T @ weighted - across.T @ (across / total[:, np.newaxis])
    return Likelihood(
        float(special.log_expit(np.where(data.is_event, logit, -logit)).sum()),
        data.columns.T @ (data.is_event - hazard),
        information,
    )


def _sandwich(
    data: _Periods, clusters: NDArray[np.int64], logit: FloatArray, inverse: FloatArray
) -> FloatArray:
    """Give the cluster-robust variance of the coefficients, intercepts eliminated."""
    labels, codes = np.unique(clusters, return_inverse=True)
    count = labels.size
    if count < 2:
        return np.full(inverse.shape, np.nan)
    hazard = special.expit(logit)
    weight = hazard * (1.0 - hazard)
    total = np.bincount(data.codes, weights=weight, minlength=data.n_periods)
    across = group_sums(data.codes, data.n_periods, data.columns * weight[:, np.newaxis])
    centred = data.columns - (across / total[:, np.newaxis])[data.codes]
    residual = (data.is_event - hazard)[:, np.newaxis]
    scores = group_sums(codes.reshape(-1), count, centred * residual)
    meat = scores.T @ scores * (count / (count - 1.0))
    return np.asarray(inverse @ meat @ inverse)
