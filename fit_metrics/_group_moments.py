"""Sample moments of many groups from their rows, in one pass over all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fit_metrics._arrays import FloatArray
from fit_metrics._change_moments import GroupMoments

Codes = NDArray[np.int64]


class ValueMoments(NamedTuple):
    """Size, mean and sample variance of each group, each of shape (n_groups,)."""

    n: Codes
    mean: FloatArray
    variance: FloatArray


def of_values(values: FloatArray, codes: Codes, n_groups: int) -> ValueMoments:
    """Give the moments of `values`, none missing, in the groups that `codes` number from 0."""
    n = np.bincount(codes, minlength=n_groups)
    means, centred = _centred(values, codes, n)
    return ValueMoments(n, means, _covariance(centred, centred, codes, n))


def of_changes(
    first: FloatArray, second: FloatArray, codes: Codes, n_groups: int, precision: float
) -> GroupMoments:
    """Give the moments of pairs, none missing; `precision` is the relative one of the scores.

    Changes that differ by no more than storing the scores explains count as equal, group by group.
    """
    n = np.bincount(codes, minlength=n_groups)
    change = second - first
    mean_change, of_change = _centred(change, codes, n)
    _, of_first = _centred(first, codes, n)
    _, of_second = _centred(second, codes, n)
    largest, highest, lowest = (
        np.zeros(n_groups),
        np.full(n_groups, -np.inf),
        np.full(n_groups, np.inf),
    )
    np.maximum.at(largest, codes, np.maximum(np.abs(first), np.abs(second)))
    np.maximum.at(highest, codes, change)
    np.minimum.at(lowest, codes, change)
    var_change = _covariance(of_change, of_change, codes, n)
    var_change[(n > 1) & (highest - lowest <= 2.0 * precision * largest)] = 0.0
    return GroupMoments(
        n=n,
        mean_change=mean_change,
        var_pre=_covariance(of_first, of_first, codes, n),
        var_post=_covariance(of_second, of_second, codes, n),
        covariance=_covariance(of_first, of_second, codes, n),
        var_change=var_change,
    )


def _centred(values: FloatArray, codes: Codes, n: Codes) -> tuple[FloatArray, FloatArray]:
    """Give each group's mean, nan without values, and every value less that mean."""
    # Measured from one of the group's own values: equal values then give exactly 0.
    start = np.zeros(n.size)
    start[codes] = values
    moved = values - start[codes]
    means = np.full(n.size, np.nan)
    np.divide(np.bincount(codes, weights=moved, minlength=n.size), n, out=means, where=n > 0)
    return start + means, moved - means[codes]


def _covariance(one: FloatArray, other: FloatArray, codes: Codes, n: Codes) -> FloatArray:
    """Give the sample covariance (n - 1) of centred values; nan below two."""
    covariance = np.full(n.size, np.nan)
    total = np.bincount(codes, weights=one * other, minlength=n.size)
    np.divide(total, n - 1, out=covariance, where=n > 1)
    return covariance
