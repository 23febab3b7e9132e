"""Means, variances and covariances, from rows or from exact integer sums."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._options import exact_fraction


def mean(values: FloatArray) -> float:
    """Give the mean; nan for no values."""
    if values.size == 0:
        return math.nan
    # Measured from one of the values: equal values then give exactly their own value.
    start = float(values[0])
    return start + float((values - start).mean())


def covariance(first: FloatArray, second: FloatArray) -> float:
    """Give the sample covariance (n - 1); nan below two rows.

    Both columns are measured from one of their own values, so that equal values give exactly 0.
    """
    if first.size < 2:
        return math.nan
    one, two = first - first[0], second - second[0]
    return float(np.dot(one - one.mean(), two - two.mean())) / (first.size - 1)


def centred(n: int, total: int, other_total: int, total_of_products: int) -> int:
    """Give n times the sum of centred products, an exact integer."""
    return n * total_of_products - total * other_total


def mean_from_sum(n: int, total: int, unit: Fraction) -> float:
    """Give the mean in score units from an exact sum in smallest units; nan for no values."""
    return float(Fraction(total, n) * unit) if n else math.nan


def covariance_from_centred(n: int, centred_total: int, unit: Fraction) -> float:
    """Give the sample covariance in score units; nan below two rows.

    Everything before the one conversion to float is exact, so nothing cancels.
    """
    if n < 2:
        return math.nan
    return float(Fraction(centred_total, n * (n - 1)) * unit * unit)


def check_unit(unit: float | Decimal | Fraction) -> Fraction:
    """Give the smallest unit of a score exactly; it must be above 0."""
    step = exact_fraction("unit", unit)
    if step <= 0:
        raise ValueError(f"unit is {unit!r}: it must be above 0")
    return step


def check_sums(n: int, name: str, total: int, squares_name: str, total_squared: int) -> None:
    """Raise ValueError where no n numbers have this sum and this sum of squares."""
    spread = centred(n, total, total, total_squared)
    # One value leaves no spread, and no values leave no squares either.
    if spread < 0 or (n < 2 and spread != 0) or (n == 0 and total_squared != 0):
        raise ValueError(
            f"{name} is {total} and {squares_name} is {total_squared} with n = {n}: no {n} values "
            "have these sums (n times the sum of squares must reach the square of the sum)"
        )
