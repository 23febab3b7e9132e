"""Exact sums of groups, and the means and squares that they stand for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray
from fit_metrics._moments import check_sums, check_unit
from fit_metrics._options import exact_integer


class GroupSums(NamedTuple):
    """What a random-intercept model needs of the rows.

    `means` are the groups' means minus `centre`, the mean of all rows; `within` is the sum of
    squares about the groups' own means.
    """

    n: int
    counts: FloatArray
    means: FloatArray
    centre: float
    within: float


def group_sums(
    n: ArrayLike, total: ArrayLike, total_squared: ArrayLike, unit: float | Decimal | Fraction
) -> GroupSums:
    """Give the moments of groups from integer sums; all differences are taken in integers."""
    counts = _integers("n", n, minimum=0)
    sums, squares = _integers("total", total), _integers("total_squared", total_squared)
    for name, other in (("total", sums), ("total_squared", squares)):
        if len(other) != len(counts):
            raise ValueError(
                f"n has {len(counts)} values and {name} has {len(other)}: "
                "they must be those of the same groups"
            )
    step = check_unit(unit)
    within = Fraction(0)
    for i, (count, one, square) in enumerate(zip(counts, sums, squares, strict=True)):
        check_sums(count, f"total[{i}]", one, f"total_squared[{i}]", square)
        within += square - Fraction(one * one, count) if count else 0
    rows, grand = sum(counts), sum(sums)
    scale = float(step)
    means = [
        (one * rows - count * grand) / (count * rows) if count else 0.0
        for count, one in zip(counts, sums, strict=True)
    ]
    return GroupSums(
        n=rows,
        counts=np.array(counts, dtype=np.float64),
        means=np.array(means, dtype=np.float64) * scale,
        centre=float(Fraction(grand, rows) * step) if rows else float("nan"),
        within=float(within * step * step),
    )


def _integers(name: str, values: ArrayLike, *, minimum: int | None = None) -> list[int]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions: it must have exactly one")
    if array.dtype.kind in "iu":
        whole: list[int] = array.tolist()
        if minimum is not None and whole and min(whole) < minimum:
            raise ValueError(f"{name} has the value {min(whole)}: it must be {minimum} or more")
        return whole
    return [
        exact_integer(f"{name}[{i}]", value, minimum=minimum)
        for i, value in enumerate(array.tolist())
    ]
