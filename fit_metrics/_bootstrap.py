"""The bias-corrected and accelerated bootstrap of statistics that are functions of sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._options import exact_integer

# A block of counts stays in the cache.
_ROWS_AT_ONCE = 2**15


def check_draws(rng: object, n_resamples: SupportsIndex) -> tuple[np.random.Generator, int]:
    """Give the generator and the number of resamples, each as what it must be."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng is {rng!r}: ci='bootstrap' draws at random and needs a numpy.random.Generator "
            "of the caller's"
        )
    return rng, exact_integer("n_resamples", n_resamples, minimum=1)


def sums_by_unit(rows: FloatArray, units: NDArray[np.intp] | None) -> FloatArray:
    """Give the sums that each unit of resampling brings, shape (n_sums, n_units).

    `rows` has shape (n_sums, n_rows); a unit is a row or, with `units` (codes from 0), a cluster.
    """
    if units is None:
        return rows
    return np.stack([np.bincount(units, weights=row) for row in rows])


def draw_sums(sums: FloatArray, rng: np.random.Generator, n_resamples: int) -> FloatArray:
    """Give the sums of resamples of as many units as there are, shape (n_sums, n_resamples)."""
    n_units = sums.shape[1]
    drawn = np.empty((sums.shape[0], n_resamples))
    if n_units == 0:
        return np.full(drawn.shape, np.nan)
    block = max(1, _ROWS_AT_ONCE // n_units)
    for start in range(0, n_resamples, block):
        size = min(block, n_resamples - start)
        indices = rng.integers(0, n_units, size=(size, n_units))
        drawn[:, start : start + size] = sums_of(sums, indices)
    return drawn


def sums_of(sums: FloatArray, indices: NDArray[np.int64]) -> FloatArray:
    """Give the sums of the resamples that draw these units, shape (n_sums, n_resamples).

    How often each unit was drawn is counted first: the sums are then products with the counts, and
    no column of the data is gathered.
    """
    size, n_units = indices.shape
    apart = indices + n_units * np.arange(size)[:, np.newaxis]
    counts = np.bincount(apart.ravel(), minlength=size * n_units).reshape(size, n_units)
    # Not `@`: BLAS spreads these thin products over threads, which costs many times the product.
    return np.asarray(np.einsum("kn,sn->ks", sums, counts.astype(np.float64)))


def leave_one_out(sums: FloatArray) -> FloatArray:
    """Give the sums without each unit in turn, shape (n_sums, n_units)."""
    return np.asarray(sums.sum(axis=1, keepdims=True) - sums)


def bca_limits(
    replicates: FloatArray, estimate: float, jackknife: Sequence[FloatArray], level: float
) -> tuple[float, float]:
    """Give the bias-corrected and accelerated percentile limits.

    Parameters
    ----------
    replicates : ndarray, shape (n_resamples,)
        The statistic of every resample; values that are not finite are left out.
    estimate : float
        The statistic of the data.
    jackknife : sequence of ndarray
        For each sample (one, or two groups) the statistic without each of its units.
    level : float
        Coverage of the interval.

    Returns
    -------
    tuple of float
        Both nan where the estimate is nan, where no resample or every one lies below it, or where
        leaving one unit out does not move it.

    References
    ----------
    .. [1] Efron, B., & Tibshirani, R. J. (1993). An introduction to the bootstrap, chapter 14.
       Chapman & Hall.
    .. [2] Davison, A. C., & Hinkley, D. V. (1997). Bootstrap methods and their application,
       sections 5.2.1 and 5.3.2. Cambridge University Press.
    """
    finite = replicates[np.isfinite(replicates)]
    below = np.count_nonzero(finite < estimate)
    acceleration = _acceleration(jackknife)
    if not (0 < below < finite.size and math.isfinite(estimate) and math.isfinite(acceleration)):
        return math.nan, math.nan
    bias = special.ndtri(below / finite.size)
    tails = bias + special.ndtri(np.array([1.0 - level, 1.0 + level]) / 2.0)
    probabilities = special.ndtr(bias + tails / (1.0 - acceleration * tails))
    low, high = _order_statistics(finite, probabilities)
    return float(low), float(high)


def _acceleration(jackknife: Sequence[FloatArray]) -> float:
    """Give Efron's acceleration from the leave-one-out values of each sample."""
    cubes = squares = 0.0
    for values in jackknife:
        size = values.size
        pull = (size - 1.0) / max(size, 1) * (values.mean() - values) if size else values
        cubes += float(np.sum(pull**3))
        squares += float(np.sum(pull**2))
    return cubes / (6.0 * squares**1.5) if squares > 0.0 else math.nan


def _order_statistics(replicates: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Give quantiles, interpolated between order statistics on the scale of normal quantiles."""
    size = replicates.size
    rank = (size + 1) * probabilities
    whole = np.clip(np.trunc(rank).astype(np.int64), 1, max(size - 1, 1))
    nearest = np.unique(np.concatenate([whole - 1, np.minimum(whole, size - 1)]))
    ordered = np.partition(replicates, nearest)
    under, over = ordered[whole - 1], ordered[np.minimum(whole, size - 1)]
    start, end = (special.ndtri(k / (size + 1)) for k in (whole, whole + 1))
    # Beyond the outermost replicates there is nothing to interpolate with.
    share = np.clip((special.ndtri(probabilities) - start) / (end - start), 0.0, 1.0)
    return np.asarray(under + share * (over - under))
