"""Arrays as they come in: checked, as float64, with the missing counted."""

from __future__ import annotations

from typing import Any, NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._options import Missing, check_choice, finite_number

FloatArray = NDArray[np.float64]


class Values(NamedTuple):
    """One column without its missing values."""

    values: FloatArray
    n_missing: int


class Pairs(NamedTuple):
    """Two columns without the rows where either is missing."""

    first: FloatArray
    second: FloatArray
    n_missing: int
    resolution: float
    """Largest error that storing the values as floats can have made in a difference."""


def as_floats(name: str, values: ArrayLike) -> FloatArray:
    """Give `values` as a float64 array of their own shape, missing as nan.

    None, nan and the masked entries of a masked array are missing. Text, flags, complex numbers
    and dates are refused, and so is infinity, which is no score and no missing value.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} has rows of different lengths: {error}") from error
    kind = array.dtype.kind
    if kind == "O" and any(isinstance(v, str | bytes | bool) for v in array.ravel()):
        kind = "U"
    if kind not in "iufO":
        raise ValueError(f"{name} has values of type {array.dtype}: they must be numbers")
    try:
        floats = np.array(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} has a value that is not a number: {error}") from error
    if isinstance(values, np.ma.MaskedArray):
        floats[np.ma.getmaskarray(values)] = np.nan
    if np.isinf(floats).any():
        raise ValueError(f"{name} has an infinite value: values must be finite or missing")
    return floats


def as_column(name: str, values: ArrayLike) -> FloatArray:
    """Give `values` as a float64 array of one dimension, missing as nan."""
    floats = as_floats(name, values)
    if floats.ndim != 1:
        raise ValueError(f"{name} has {floats.ndim} dimensions: it must have exactly one")
    return floats


def check_same_length(
    name: str, first: NDArray[Any], other_name: str, second: NDArray[Any]
) -> None:
    """Raise ValueError unless both columns have the same number of rows."""
    if first.size != second.size:
        raise ValueError(
            f"{name} has {first.size} values and {other_name} has {second.size}: "
            "they must be rows of the same table"
        )


ScoreRange = tuple[SupportsFloat, SupportsFloat]


def refuse_outside(name: str, scores: FloatArray, score_range: ScoreRange | None) -> None:
    """Raise ValueError where a score lies outside the lowest and highest of its instrument."""
    if score_range is None:
        return
    if not isinstance(score_range, tuple) or len(score_range) != 2:
        raise ValueError(
            f"score_range is {score_range!r}: it must be the lowest and the highest score"
        )
    lowest = finite_number("score_range", score_range[0])
    highest = finite_number("score_range", score_range[1])
    if lowest >= highest:
        raise ValueError(f"score_range is {score_range!r}: the lowest score must come first")
    outside = scores[(scores < lowest) | (scores > highest)]
    if outside.size:
        raise ValueError(
            f"{name} has {outside.size} scores outside {lowest:g} to {highest:g}, the first is "
            f"{outside[0]:g}: they must be scores of the instrument"
        )


def refuse_missing(names: str, n_missing: int, n_rows: int, missing: Missing) -> None:
    """Raise ValueError where values are missing and the caller has not chosen to omit them."""
    check_choice("missing", missing, Missing)
    if n_missing and missing == "raise":
        raise ValueError(
            f"{names}: {n_missing} of {n_rows} rows have a missing value, which missing='raise' "
            "refuses; missing='omit' leaves them out and counts them"
        )


def column(name: str, values: ArrayLike, missing: Missing) -> Values:
    """Give one column without its missing values and how many there were."""
    floats = as_column(name, values)
    present = ~np.isnan(floats)
    n_missing = int(floats.size - np.count_nonzero(present))
    refuse_missing(name, n_missing, floats.size, missing)
    return Values(floats[present], n_missing)


def pairs(
    name: str, first: ArrayLike, other_name: str, second: ArrayLike, missing: Missing
) -> Pairs:
    """Give two columns without the rows where either is missing, and how many those were."""
    one, two = as_column(name, first), as_column(other_name, second)
    check_same_length(name, one, other_name, two)
    present = ~(np.isnan(one) | np.isnan(two))
    n_missing = int(one.size - np.count_nonzero(present))
    refuse_missing(f"{name} and {other_name}", n_missing, one.size, missing)
    one_kept, two_kept = one[present], two[present]
    largest = max((float(np.abs(a).max()) for a in (one_kept, two_kept) if a.size), default=0.0)
    coarsest = max(_relative_precision(first), _relative_precision(second))
    return Pairs(one_kept, two_kept, n_missing, 2.0 * coarsest * largest)


def _relative_precision(values: ArrayLike) -> float:
    dtype = np.asarray(values).dtype
    if dtype.kind == "f":
        return max(float(np.finfo(dtype).eps), float(np.finfo(np.float64).eps))
    return float(np.finfo(np.float64).eps)
