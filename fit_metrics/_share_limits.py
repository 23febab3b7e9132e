"""Limits of binomial shares for arrays of counts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._options import check_choice, normal_quantile

ShareMethod = Literal["wilson", "clopper_pearson", "jeffreys"]


def share_limits(
    counts: FloatArray, n: FloatArray, method: ShareMethod, level: float
) -> tuple[FloatArray, FloatArray]:
    """Give the lower and upper limit of each share; nan where n is 0."""
    check_choice("method", method, ShareMethod)
    # A denominator of 1 stands in for 0, whose limits are taken out again below.
    total = np.where(n > 0, n, 1.0)
    count = np.where(n > 0, counts, 0.0)
    if method == "wilson":
        low, high = _wilson(count, total, normal_quantile(level) ** 2)
    else:
        low, high = _beta(count, total, (1.0 - level) / 2.0, exact=method == "clopper_pearson")
    missing = n == 0
    return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def _wilson(count: FloatArray, n: FloatArray, z_squared: float) -> tuple[FloatArray, FloatArray]:
    # Each limit has its own zero factored out, so that 0 and 1 come out exactly.
    return _wilson_low(count, n, z_squared), 1.0 - _wilson_low(n - count, n, z_squared)


def _wilson_low(count: FloatArray, n: FloatArray, z_squared: float) -> FloatArray:
    # The two limits are the roots of a quadratic; this is their product over the upper one.
    root = np.sqrt(z_squared * (z_squared + 4.0 * count * ((n - count) / n)))
    low: FloatArray = 2.0 * count * (count / n) / (2.0 * count + z_squared + root)
    return low


def _beta(
    count: FloatArray, n: FloatArray, tail: float, *, exact: bool
) -> tuple[FloatArray, FloatArray]:
    """Give quantiles of two beta distributions; 0 and 1 where nothing and everything counts."""
    # Clopper and Pearson move one observation between the parameters of the two limits; the
    # Jeffreys prior adds half of one to both.
    low_extra, high_extra = (0.0, 1.0) if exact else (0.5, 0.5)
    rest = n - count
    inner = np.where(count > 0, count, 1.0)
    low = special.betaincinv(inner + low_extra, rest + (1.0 - low_extra), tail)
    inner_rest = np.where(rest > 0, rest, 1.0)
    high = special.betainccinv(count + high_extra, inner_rest + (1.0 - high_extra), tail)
    return np.where(count > 0, low, 0.0), np.where(rest > 0, high, 1.0)
