"""Columns that say which group a row belongs to: text or whole numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Groups(NamedTuple):
    """A column of groups as positions in its sorted labels, -1 where missing."""

    labels: NDArray[Any]
    codes: NDArray[np.int64]


def as_groups(name: str, values: ArrayLike) -> Groups:
    """Give the sorted labels and every row's position among them; None and nan are missing."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions: it must have exactly one")
    is_present = ~_is_missing(array)
    if isinstance(values, np.ma.MaskedArray):
        is_present &= ~np.ma.getmaskarray(values)
    present = array[is_present]
    if array.dtype.kind == "f":
        if (present != np.floor(present)).any():
            raise ValueError(f"{name} has a value with decimals: groups are text or whole numbers")
        present = present.astype(np.int64)
    elif array.dtype.kind not in "biuUO":
        raise ValueError(
            f"{name} has values of type {array.dtype}: groups are text or whole numbers"
        )
    try:
        labels, positions = np.unique(present, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{name} mixes text and numbers: give one of them") from error
    codes = np.full(array.size, -1, dtype=np.int64)
    codes[is_present] = positions
    return Groups(labels, codes)


def _is_missing(array: NDArray[Any]) -> NDArray[np.bool_]:
    if array.dtype.kind == "f":
        return np.asarray(np.isnan(array))
    if array.dtype.kind == "O":
        # nan alone differs from itself.
        return np.asarray((array == None) | (array != array), dtype=np.bool_)  # noqa: E711
    return np.zeros(array.shape, dtype=np.bool_)


def group_sums(codes: NDArray[np.int64], n_groups: int, values: NDArray[np.float64]) -> Any:
    """Give the sum of `values`, shape (n,) or (n, p), in each group."""
    if values.ndim == 1:
        return np.bincount(codes, weights=values, minlength=n_groups)
    columns = [np.bincount(codes, weights=column, minlength=n_groups) for column in values.T]
    return np.array(columns).T.reshape(n_groups, values.shape[1])
