"""Scores and thresholds as integers of the score step, for comparisons that are exact."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics import _arrays
from fit_metrics._arrays import FloatArray

# A float can lie this far (in steps) below the half step that it was written as.
_HALF_STEP_SLACK = 1e-4
_LARGEST_EXACT = 2.0**53
_UNREACHED = 2**60


def to_steps(name: str, scores: FloatArray, step: Fraction) -> NDArray[np.int64]:
    """Give scores as whole numbers of steps, halves away from 0; missing scores as 0."""
    in_steps = scores / float(step)
    in_steps[np.isnan(in_steps)] = 0.0
    size = np.abs(in_steps)
    if size.size and float(size.max()) >= _LARGEST_EXACT:
        raise ValueError(f"{name} has a score of more than 2**53 steps of {float(step)}")
    size += 0.5 + _HALF_STEP_SLACK
    np.floor(size, out=size)
    return np.copysign(size, in_steps, out=size).astype(np.int64)


def thresholds(name: str, values: ArrayLike, n_rows: int) -> FloatArray:
    """Give a threshold for every row as float64, nan where a row has none.

    A single value stands for all rows and cannot be missing.
    """
    floats = _arrays.as_floats(name, values)
    if floats.ndim == 0:
        if np.isnan(floats):
            raise ValueError(f"{name} is missing: a single threshold must be a number")
    elif floats.shape != (n_rows,):
        raise ValueError(
            f"{name} has shape {floats.shape}: it must be one number or one for each of the "
            f"{n_rows} rows"
        )
    return floats


def least_steps(
    values: ArrayLike, *, step: Fraction, inclusive: bool, sign: int = 1
) -> NDArray[np.int64]:
    """Give the least whole number of steps that reaches `sign` times each value.

    ``k`` steps reach T when ``k * step >= T``, or ``k * step > T`` where not `inclusive`. The
    quotient T / step is an exact fraction of the decimals as written; a missing value gives 0.
    """
    raw = np.asarray(values)
    is_present = ~np.isnan(_arrays.as_floats("values", values))
    distinct, position = np.unique(raw[is_present], return_inverse=True)
    quotients = [sign * Fraction(str(value)) / step for value in distinct]
    reached = [math.ceil(q) if inclusive else math.floor(q) + 1 for q in quotients]
    steps = np.zeros(raw.shape, dtype=np.int64)
    # Beyond every score; keeps a threshold that nothing can reach within the integer type.
    bounded = [max(-_UNREACHED, min(k, _UNREACHED)) for k in reached]
    steps[is_present] = np.array(bounded, dtype=np.int64)[position]
    return steps
