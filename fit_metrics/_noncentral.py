"""Limits from the noncentral t distribution, for many groups in one call."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray

Rows = NDArray[np.intp]

_LARGEST_T = 20_000.0
_MOST_STEPS = 200
_TOLERANCE = 1e-14
_NEAR = 1e-8
_FIRST_REACH = 0.2


def noncentrality_limits(
    t: ArrayLike, degrees_of_freedom: ArrayLike, level: float
) -> tuple[FloatArray, FloatArray]:
    """Give the noncentralities at which each t is a limit of the two-sided interval.

    Both are nan for t that is nan or beyond ±20 000, where the distribution function has no float
    value. All are solved together; the shapes of `t` and `degrees_of_freedom` broadcast.
    """
    signed, df = np.broadcast_arrays(
        np.asarray(t, dtype=np.float64), np.asarray(degrees_of_freedom, dtype=np.float64)
    )
    size = np.abs(signed)
    low, high = np.full(size.shape, np.nan), np.full(size.shape, np.nan)
    solved = (size <= _LARGEST_T) & (df > 0.0)
    tail = (1.0 - level) / 2.0
    low[solved] = _noncentrality(size[solved], df[solved], 1.0 - tail)
    high[solved] = _noncentrality(size[solved], df[solved], tail)
    # Symmetric around no change by definition; two searches would differ in the last digit.
    low = np.where(signed == 0.0, -high, low)
    is_negative = signed < 0.0
    return np.where(is_negative, -high, low), np.where(is_negative, -low, high)


def distribution(t: float, degrees_of_freedom: int, noncentrality: float) -> float:
    """Give P(T <= t).

    The series has no value far from the noncentrality: the other tail may have one, and where
    neither has, all of the distribution lies on one side.
    """
    share = float(special.nctdtr(degrees_of_freedom, noncentrality, t))
    if share >= 0.0:
        return share
    other = float(special.nctdtr(degrees_of_freedom, -noncentrality, -t))
    if not math.isnan(other):
        return 1.0 - other
    return 0.0 if t < noncentrality else 1.0


def _noncentrality(t: FloatArray, df: FloatArray, probability: float) -> FloatArray:
    """Give the noncentrality at which P(T <= t) equals `probability`, for t >= 0.

    On the scale of the normal quantile the probability is almost a straight line in the
    noncentrality, so the secant of the last two guesses closes in within a few steps; where it
    leaves the bracket or the quantile is infinite the middle is taken.
    """
    target = float(special.ndtri(probability))
    scale = np.sqrt(1.0 + t * t / (2.0 * df))
    reach = _FIRST_REACH * scale

    def excess(noncentrality: FloatArray, rows: Rows) -> FloatArray:
        probabilities = special.nctdtr(df[rows], noncentrality, t[rows])
        # Far from t the distribution function may be nan in place of its 1 or 0.
        certain = np.where(noncentrality < t[rows], 1.0, 0.0)
        probabilities = np.where(np.isnan(probabilities), certain, probabilities)
        return np.asarray(special.ndtri(probabilities) - target)

    # Where the limit would lie if the standard deviation were normal too.
    start = t - target * scale
    low, high = start - reach, start + reach
    every = np.arange(t.size)
    at_low, at_high = excess(low, every), excess(high, every)
    for end, value, sign in ((low, at_low, -1.0), (high, at_high, 1.0)):
        for _ in range(_MOST_STEPS):
            outside = np.flatnonzero(sign * value > 0.0)
            if outside.size == 0:
                break
            reach[outside] *= 2.0
            end[outside] += sign * reach[outside]
            value[outside] = excess(end[outside], outside)
    return _root(excess, low, high, at_low, at_high)


def _root(
    excess: Callable[[FloatArray, Rows], FloatArray],
    low: FloatArray,
    high: FloatArray,
    at_low: FloatArray,
    at_high: FloatArray,
) -> FloatArray:
    """Give the root of a falling function of each row between `low` and `high`."""
    before, last = low.copy(), high.copy()
    at_before, at_last = at_low.copy(), at_high.copy()
    rows = np.arange(low.size)
    for _ in range(_MOST_STEPS):
        if rows.size == 0:
            break
        one, two = low[rows], high[rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = (at_last[rows] - at_before[rows]) / (last[rows] - before[rows])
            guess = last[rows] - at_last[rows] / slope
        guess = np.where((guess >= one) & (guess <= two), guess, (one + two) / 2.0)
        value = excess(guess, rows)
        # One secant more from near the root reaches the last digits; then only noise is left.
        is_open = (np.abs(at_last[rows]) > _NEAR) & (value != 0.0)
        before[rows], at_before[rows] = last[rows], at_last[rows]
        last[rows], at_last[rows] = guess, value
        is_above = value > 0.0
        low[rows[is_above]] = guess[is_above]
        high[rows[~is_above]] = guess[~is_above]
        rows = rows[is_open & (two - one > _TOLERANCE * (1.0 + np.abs(guess)))]
    return last
