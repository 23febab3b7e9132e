"""The partial likelihood of a proportional hazard, with Efron's way with ties."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fit_metrics._arrays import FloatArray

Index = NDArray[np.intp]


class RiskRows(NamedTuple):
    """Rows at risk between two times.

    Attributes
    ----------
    covariates : ndarray of float64, shape (n, p)
        Centred.
    is_event : ndarray of bool, shape (n,)
        The row ends with the event.
    first, last : ndarray of int, shape (n,)
        Positions among the event times: at risk from `first` up to and with `last` - 1.
    n_times : int
        Distinct event times.
    """

    covariates: FloatArray
    is_event: NDArray[np.bool_]
    first: Index
    last: Index
    n_times: int


class Likelihood(NamedTuple):
    """Log-likelihood, its slope and minus its curvature."""

    value: float
    slope: FloatArray
    information: FloatArray


class _Ties(NamedTuple):
    """Sums at each event time; d tied events count as leaving one after the other, by parts."""

    risk: FloatArray
    risk_mean: FloatArray
    tied: FloatArray
    tied_mean: FloatArray
    value: FloatArray
    inverse: FloatArray
    part_inverse: FloatArray
    inverse_square: FloatArray
    part_inverse_square: FloatArray
    square_inverse_square: FloatArray


def risk_rows(
    start: FloatArray, stop: FloatArray, is_event: NDArray[np.bool_], covariates: FloatArray
) -> RiskRows:
    """Give rows with their place among the event times."""
    times = np.unique(stop[is_event])
    return RiskRows(
        covariates,
        is_event,
        np.searchsorted(times, start, side="right"),
        np.searchsorted(times, stop, side="right"),
        times.size,
    )


def likelihood(rows: RiskRows, coefficients: FloatArray) -> Likelihood:
    """Give the log partial likelihood at the coefficients, with two derivatives."""
    risk, eta = _risk(rows, coefficients)
    sums = _sums(rows, risk)
    x, events = rows.covariates, rows.is_event
    value = float(eta[events].sum() - sums.value.sum())
    slope = x[events].sum(axis=0) - (
        sums.inverse @ sums.risk_mean - sums.part_inverse @ sums.tied_mean
    )
    # Second moments are linear in the rows, so one weight a row stands for all its times.
    across = _between(rows, sums.inverse)
    weight = risk * across
    weight[events] -= risk[events] * sums.part_inverse[rows.last[events] - 1]
    moment = x.T @ (x * weight[:, np.newaxis])
    r, t = sums.risk_mean, sums.tied_mean
    cross = r.T @ (t * sums.part_inverse_square[:, np.newaxis])
    squares = (
        r.T @ (r * sums.inverse_square[:, np.newaxis])
        - cross
        - cross.T
        + t.T @ (t * sums.square_inverse_square[:, np.newaxis])
    )
    return Likelihood(value, slope, moment - squares)


def score_residuals(rows: RiskRows, coefficients: FloatArray) -> FloatArray:
    """Give each row's share in the slope of the likelihood, shape (n, p)."""
    risk, _ = _risk(rows, coefficients)
    sums = _sums(rows, risk)
    x, events = rows.covariates, rows.is_event
    means = (
        sums.risk_mean * sums.inverse_square[:, np.newaxis]
        - sums.tied_mean * sums.part_inverse_square[:, np.newaxis]
    )
    parts = (
        sums.risk_mean * sums.part_inverse_square[:, np.newaxis]
        - sums.tied_mean * sums.square_inverse_square[:, np.newaxis]
    )
    pulled = np.column_stack([_between(rows, column) for column in means.T])
    across = _between(rows, sums.inverse)[:, np.newaxis]
    residuals = -risk[:, np.newaxis] * (x * across - pulled)
    at = rows.last[events] - 1
    # Of d tied events each has left for a part of the time already.
    residuals[events] += risk[events, np.newaxis] * (
        x[events] * sums.part_inverse[at, np.newaxis] - parts[at]
    )
    ties = np.bincount(at, minlength=rows.n_times).astype(np.float64)
    average = (
        sums.risk_mean * sums.inverse[:, np.newaxis]
        - sums.tied_mean * sums.part_inverse[:, np.newaxis]
    ) / ties[:, np.newaxis]
    residuals[events] += x[events] - average[at]
    return np.asarray(residuals)


def _risk(rows: RiskRows, coefficients: FloatArray) -> tuple[FloatArray, FloatArray]:
    eta = rows.covariates @ coefficients
    return np.exp(eta), eta


def _sums(rows: RiskRows, risk: FloatArray) -> _Ties:
    m = rows.n_times
    weighted = rows.covariates * risk[:, np.newaxis]
    at = rows.last[rows.is_event] - 1
    ties = np.bincount(at, minlength=m)
    total = _at_risk(rows, risk)
    total_mean = np.column_stack([_at_risk(rows, column) for column in weighted.T])
    tied = np.bincount(at, weights=risk[rows.is_event], minlength=m)
    tied_mean = np.column_stack(
        [np.bincount(at, weights=column, minlength=m) for column in weighted[rows.is_event].T]
    )
    time = np.repeat(np.arange(m), ties)
    begin = np.cumsum(ties) - ties
    part = (np.arange(time.size) - begin[time]) / ties[time]
    left = total[time] - part * tied[time]

    def summed(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(time, weights=values, minlength=m), dtype=np.float64)

    return _Ties(
        total,
        total_mean,
        np.asarray(tied, dtype=np.float64),
        np.asarray(tied_mean, dtype=np.float64),
        summed(np.log(left)),
        summed(1.0 / left),
        summed(part / left),
        summed(left**-2.0),
        summed(part * left**-2.0),
        summed(part**2 * left**-2.0),
    )


def _at_risk(rows: RiskRows, values: FloatArray) -> FloatArray:
    """Give the sum of `values` over the rows at risk at each event time."""
    # Added up from the last time, so that the few who stay longest lose no digits to the many.
    change = np.bincount(rows.last, weights=values, minlength=rows.n_times + 1)
    change -= np.bincount(rows.first, weights=values, minlength=rows.n_times + 1)
    return np.asarray(np.cumsum(change[::-1])[::-1][1:])


def _between(rows: RiskRows, steps: FloatArray) -> FloatArray:
    """Give the sum of `steps` over the event times at which each row is at risk."""
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(reached[rows.last] - reached[rows.first])
