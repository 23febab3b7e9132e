"""Columns of flags, and counts of rows by them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column, check_same_length

BoolArray = NDArray[np.bool_]


def flag_column(name: str, values: ArrayLike) -> FloatArray:
    """Give flags as 1.0 and 0.0, missing as nan; True, False, 1 and 0 are flags, nothing else."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        # Flags among objects are numbers here; what is no number is refused below.
        array = np.array([float(v) if isinstance(v, bool) else v for v in array.ravel()], object)
        array = array.reshape(np.shape(values))
    elif array.dtype.kind == "b":
        array = array.astype(np.float64)
    if isinstance(values, np.ma.MaskedArray):
        array = np.ma.masked_array(array, np.ma.getmaskarray(values))
    floats = as_column(name, array)
    other = ~np.isnan(floats) & (floats != 0.0) & (floats != 1.0)
    if other.any():
        raise ValueError(
            f"{name} has the value {floats[other][0]:g}: flags are True, False or missing"
        )
    return floats


def number_or_flag_column(name: str, values: ArrayLike) -> FloatArray:
    """Give a column of numbers, missing as nan; where there are flags, all of it must be flags."""
    array = np.asarray(values)
    is_flags = array.dtype.kind == "b"
    if array.dtype.kind == "O":
        is_flags = any(isinstance(v, bool | np.bool_) for v in array.ravel())
    return flag_column(name, values) if is_flags else as_column(name, values)


def flag_columns(**columns: ArrayLike) -> dict[str, FloatArray]:
    """Give columns of flags of one length, by name."""
    flags = {name: flag_column(name, values) for name, values in columns.items()}
    first = next(iter(flags))
    for name, values in flags.items():
        check_same_length(first, flags[first], name, values)
    return flags


def whole_column(name: str, values: ArrayLike) -> FloatArray:
    """Give a column of whole numbers from 0, missing as nan."""
    floats = as_column(name, values)
    present = floats[~np.isnan(floats)]
    bad = (present < 0) | (present != np.floor(present))
    if bad.any():
        raise ValueError(
            f"{name} has the value {present[bad][0]:g}: it must be a whole number, 0 or more"
        )
    return floats


def non_negative_column(name: str, values: ArrayLike) -> FloatArray:
    """Give a column of numbers from 0, missing as nan."""
    floats = as_column(name, values)
    if (floats < 0).any():
        raise ValueError(f"{name} has the value {np.nanmin(floats):g}: it must be 0 or more")
    return floats


def labels(name: str, values: ArrayLike) -> NDArray[np.str_]:
    """Give a column of codes as text; missing codes are refused."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions: it must have exactly one")
    if array.size == 0:
        return np.empty(0, dtype=np.str_)
    if array.dtype.kind == "O" and any(v is None or v != v for v in array):
        raise ValueError(f"{name} has a missing code: every row needs one")
    if array.dtype.kind not in "OUTiu":
        raise ValueError(f"{name} has values of type {array.dtype}: they must be codes")
    return array.astype(np.str_)
