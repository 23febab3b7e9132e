"""Arrays of counts: whole numbers, 0 or more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column


def as_counts(name: str, values: ArrayLike) -> FloatArray:
    """Give one column of whole numbers, 0 or more, as floats; missing ones are refused."""
    counts = as_column(name, values)
    if np.isnan(counts).any():
        raise ValueError(f"{name} has a missing value: every unit has a number of persons")
    is_wrong = (counts < 0.0) | (counts != np.floor(counts))
    if is_wrong.any():
        raise ValueError(
            f"{name} is {counts[is_wrong][0]} at least once: it must be a whole number, 0 or more"
        )
    return counts


def read_only(array: FloatArray) -> NDArray[np.float64]:
    """Give the array itself, closed for writing: a result is not a place to work in."""
    array.setflags(write=False)
    return array
