"""The record of an index of reliable change, and the one formula behind the four."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics import _arrays
from fit_metrics._arrays import FloatArray
from fit_metrics._options import (
    Direction,
    Missing,
    check_level,
    direction_sign,
    normal_quantile,
)

_MISSING_FLAG = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReliableChangeIndex:
    """Index of reliable change of every row.

    Attributes
    ----------
    index : ndarray of float64, shape (n_rows,)
        Distance of the last score from the expected one in standard errors, positive for the
        better, ``nan`` where a score is missing or the standard error is 0. Read-only.
    is_better, is_worse : ndarray of int8, shape (n_rows,)
        1 where the index lies beyond `critical` on that side, 0 where not, -1 where it is nan.
        Read-only.
    critical : float
        Size that an index must exceed.
    standard_error : float
        In score units.
    n : int
        Rows with both scores.
    n_missing : int
        Rows without.
    method : str
        Code of the method.
    """

    index: FloatArray
    is_better: NDArray[np.int8]
    is_worse: NDArray[np.int8]
    critical: float
    standard_error: float
    n: int
    n_missing: int
    method: str


def index_of(
    intake: ArrayLike,
    last: ArrayLike,
    slope: float,
    mean_intake: float,
    mean_last: float,
    error: float,
    level: float,
    direction: Direction,
    missing: Missing,
    method: str,
) -> ReliableChangeIndex:
    """Give (last - mean_last) - slope (intake - mean_intake) in units of `error`."""
    sign, critical = direction_sign(direction), normal_quantile(check_level(level))
    first, final = _arrays.as_column("intake", intake), _arrays.as_column("last", last)
    _arrays.check_same_length("intake", first, "last", final)
    distance = sign * ((final - mean_last) - slope * (first - mean_intake))
    n_missing = int(np.count_nonzero(np.isnan(distance)))
    _arrays.refuse_missing("intake and last", n_missing, first.size, missing)
    index = distance / error if error > 0.0 else np.full(distance.shape, np.nan)
    is_given = ~np.isnan(index)
    flags = [
        np.where(is_given, beyond, _MISSING_FLAG).astype(np.int8)
        for beyond in (index > critical, index < -critical)
    ]
    for array in (index, *flags):
        array.setflags(write=False)
    return ReliableChangeIndex(
        index=index,
        is_better=flags[0],
        is_worse=flags[1],
        critical=critical,
        standard_error=error,
        n=first.size - n_missing,
        n_missing=n_missing,
        method=method,
    )
