"""Records of the curves and means of times to an ending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray
from fit_metrics._flags import non_negative_column
from fit_metrics.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurvePoints:
    """A curve at chosen times.

    Attributes
    ----------
    time : ndarray of float64, shape (m,)
        The times asked for.
    estimate, standard_error, ci_low, ci_high : ndarray of float64, shape (m,)
        As in the curve; nan after the last time that anyone was observed.
    """

    time: FloatArray
    estimate: FloatArray
    standard_error: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalCurve:
    """Share that has not had the event, as a step function of time.

    All arrays are read-only and have one entry for each distinct time in the data.

    Attributes
    ----------
    time : ndarray of float64, shape (n_times,)
        Distinct times of events and of censoring, ascending, in the unit given.
    at_risk, events, censored : ndarray of int64, shape (n_times,)
        Under observation just before the time, with the event at it, and last seen at it.
    estimate : ndarray of float64, shape (n_times,)
        Share without the event after the time. Before the first time it is 1.
    standard_error : ndarray of float64, shape (n_times,)
        Greenwood's; nan where the share is 0 or 1.
    ci_low, ci_high : ndarray of float64, shape (n_times,)
        Limits at each time alone, not of the whole curve; nan where the share is 0 or 1.
    ci_level : float
        Coverage that the interval at one time aims at.
    n, n_missing : int
        Persons, and those left out because a value was missing.
    method : str
        Code of the estimator and of its interval.
    """

    time: FloatArray
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    estimate: FloatArray
    standard_error: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    ci_level: float
    n: int
    n_missing: int
    method: str

    def at(self, times: ArrayLike) -> CurvePoints:
        """Give the curve at each of `times`, shape (m,): the value after what happens at it.

        After the last time that anyone was observed all is nan, unless nobody was left.
        """
        columns = (self.estimate, self.standard_error, self.ci_low, self.ci_high)
        return points(times, self.time, columns, 1.0, _is_over(self.estimate))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CumulativeIncidence:
    """Shares that have ended in each way, as step functions of time.

    All arrays are read-only. At every time the rows of `estimate` and `event_free` sum to 1.

    Attributes
    ----------
    endings : ndarray, shape (n_endings,)
        Labels of the endings, sorted.
    time : ndarray of float64, shape (n_times,)
        Distinct times in the data, ascending, in the unit given.
    at_risk, censored : ndarray of int64, shape (n_times,)
        Under observation just before the time, and last seen at it without an ending.
    events : ndarray of int64, shape (n_endings, n_times)
        Endings at the time.
    estimate : ndarray of float64, shape (n_endings, n_times)
        Share of all that has ended in this way by the time.
    standard_error, ci_low, ci_high : ndarray of float64, shape (n_endings, n_times)
        Limits at each time alone; nan where the share is 0 or 1.
    event_free : ndarray of float64, shape (n_times,)
        Share without any ending.
    ci_level : float
        Coverage that each interval aims at.
    n, n_missing : int
        Persons, and those left out because a value was missing.
    method : str
        Code of the estimator, its variance and its interval.
    """

    endings: NDArray[Any]
    time: FloatArray
    at_risk: NDArray[np.int64]
    censored: NDArray[np.int64]
    events: NDArray[np.int64]
    estimate: FloatArray
    standard_error: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    event_free: FloatArray
    ci_level: float
    n: int
    n_missing: int
    method: str

    def at(self, ending: object, times: ArrayLike) -> CurvePoints:
        """Give the curve of one ending at each of `times`, shape (m,).

        After the last time that anyone was observed all is nan, unless nobody was left.
        """
        found = np.flatnonzero(self.endings == ending)
        if found.size != 1:
            raise ValueError(f"ending is {ending!r}: it must be one of {self.endings.tolist()}")
        row = int(found[0])
        columns = [
            array[row] for array in (self.estimate, self.standard_error, self.ci_low, self.ci_high)
        ]
        return points(times, self.time, tuple(columns), 0.0, _is_over(self.event_free))


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianTime(Estimate):
    """A quantile of the time, with its interval.

    Attributes
    ----------
    probability : float
        Share that has had the event by then.
    """

    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMean(Estimate):
    """Mean time up to a horizon, with its interval.

    Attributes
    ----------
    horizon : float
        Time at which counting stops, in the unit of the times.
    standard_error : float
        Of the mean (not the spread of the times).
    """

    horizon: float
    standard_error: float


def points(
    times: ArrayLike,
    grid: FloatArray,
    columns: tuple[FloatArray, ...],
    start: float,
    is_over: bool,
) -> CurvePoints:
    """Read a step function that begins at `start` at the times asked for."""
    asked = non_negative_column("times", times)
    if np.isnan(asked).any():
        raise ValueError("times has a missing value: give the times to read the curve at")
    position = np.searchsorted(grid, asked, side="right")
    known = (asked <= grid[-1]) | is_over if grid.size else np.zeros(asked.shape, dtype=np.bool_)
    firsts = (start, np.nan, np.nan, np.nan)
    read = [
        np.where(known, np.concatenate([[first], column])[position], np.nan)
        for first, column in zip(firsts, columns, strict=True)
    ]
    return CurvePoints(
        time=asked, estimate=read[0], standard_error=read[1], ci_low=read[2], ci_high=read[3]
    )


def _is_over(event_free: FloatArray) -> bool:
    return bool(event_free.size and event_free[-1] == 0.0)


def freeze(*arrays: NDArray[Any]) -> None:
    """Make arrays read-only."""
    for array in arrays:
        array.setflags(write=False)
