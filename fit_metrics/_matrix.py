"""Tables of persons by items or raters, as they come in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray, as_floats, refuse_missing
from fit_metrics._options import Missing


class Rows(NamedTuple):
    """A table without the rows where a value is missing."""

    values: FloatArray
    n_missing: int
    resolution: float
    """Largest error that storing the values as floats can have made in a difference."""


def complete_rows(name: str, values: ArrayLike, missing: Missing, columns: str) -> Rows:
    """Give the rows in which nothing is missing, and how many were left out.

    A table has two dimensions and at least two `columns` (the word for them in the message).
    """
    floats = as_floats(name, values)
    if floats.size == 0 and floats.ndim < 2:
        floats = np.empty((0, 2))
    if floats.ndim != 2:
        raise ValueError(
            f"{name} has {floats.ndim} dimensions: it must have two, persons and {columns}"
        )
    if floats.shape[1] < 2:
        raise ValueError(f"{name} has {floats.shape[1]} {columns}: it must have two or more")
    present = ~np.isnan(floats).any(axis=1)
    n_missing = int(present.size - np.count_nonzero(present))
    refuse_missing(name, n_missing, present.size, missing)
    kept = floats[present]
    dtype = np.asarray(values).dtype
    coarsest = float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0
    precision = max(coarsest, float(np.finfo(np.float64).eps))
    largest = float(np.abs(kept).max()) if kept.size else 0.0
    return Rows(kept, n_missing, 2.0 * precision * largest)


def item_covariance(rows: Rows) -> FloatArray:
    """Give the covariance matrix of the items; exactly 0 for items that do not vary."""
    values = rows.values
    if values.shape[0] < 2:
        return np.full((values.shape[1],) * 2, np.nan)
    centred = values - values[0]
    centred = centred - centred.mean(axis=0)
    centred[:, np.ptp(values, axis=0) <= rows.resolution] = 0.0
    covariance: FloatArray = centred.T @ centred / (values.shape[0] - 1)
    return covariance
