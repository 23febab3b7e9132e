"""Sample moments of pairs of scores, from rows, from statistics or from exact sums."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from fit_metrics import _moments
from fit_metrics._arrays import FloatArray, Pairs
from fit_metrics._options import exact_integer, finite_number, non_negative

_EPSILON = float(np.finfo(np.float64).eps)


class ChangeMoments(NamedTuple):
    """Sample moments of n pairs; variances and the covariance have n - 1 in the denominator."""

    n: int
    mean_change: float
    var_pre: float
    var_post: float
    covariance: float
    var_change: float


class GroupMoments(NamedTuple):
    """The same moments of many groups, each of shape (n_groups,)."""

    n: NDArray[np.int64]
    mean_change: FloatArray
    var_pre: FloatArray
    var_post: FloatArray
    covariance: FloatArray
    var_change: FloatArray


def one_group(moments: ChangeMoments) -> GroupMoments:
    """Give the moments as those of many groups, of which there is one."""
    return GroupMoments(*(np.array([value]) for value in moments))


def from_rows(rows: Pairs) -> ChangeMoments:
    """Give the moments of the pairs themselves."""
    change = rows.second - rows.first
    # In binary, scores that all rise by 0.1 have changes that differ in the last digit.
    is_equal = change.size > 1 and float(np.ptp(change)) <= rows.resolution
    return ChangeMoments(
        n=change.size,
        mean_change=_moments.mean(change),
        var_pre=_moments.covariance(rows.first, rows.first),
        var_post=_moments.covariance(rows.second, rows.second),
        covariance=_moments.covariance(rows.first, rows.second),
        var_change=0.0 if is_equal else _moments.covariance(change, change),
    )


def from_stats(
    n: SupportsIndex,
    mean_pre: SupportsFloat,
    mean_post: SupportsFloat,
    sd_pre: SupportsFloat,
    sd_post: SupportsFloat,
    r: SupportsFloat,
) -> ChangeMoments:
    """Give the moments that published means, SDs and the correlation stand for."""
    count = exact_integer("n", n, minimum=0)
    if count < 2:
        return ChangeMoments(count, *[math.nan] * 5)
    sds = non_negative("sd_pre", sd_pre), non_negative("sd_post", sd_post)
    correlation, product = _correlation(r, sds), sds[0] * sds[1]
    # Not s1² + s2² - 2 r s1 s2, whose last step cancels when r is near 1.
    var_change = (sds[1] - sds[0]) ** 2 + 2.0 * (1.0 - correlation) * product
    # A correlation within a few units of its last digit from 1 says that all changes are equal.
    is_equal = var_change <= 16.0 * _EPSILON * product
    return ChangeMoments(
        n=count,
        mean_change=finite_number("mean_post", mean_post) - finite_number("mean_pre", mean_pre),
        var_pre=sds[0] ** 2,
        var_post=sds[1] ** 2,
        covariance=correlation * product,
        var_change=0.0 if is_equal else var_change,
    )


def _correlation(r: SupportsFloat, sds: tuple[float, float]) -> float:
    if min(sds) == 0.0 and isinstance(r, float) and math.isnan(r):
        return 0.0
    value = finite_number("r", r)
    if not -1.0 <= value <= 1.0:
        raise ValueError(f"r is {r!r}: a correlation lies between -1 and 1")
    return value


def from_sums(
    n: SupportsIndex, sums: Mapping[str, SupportsIndex], unit: float | Decimal | Fraction
) -> ChangeMoments:
    """Give the moments from the sums of x, y, x², y² and xy, in this order, by argument name."""
    count = exact_integer("n", n, minimum=0)
    step = _moments.check_unit(unit)
    x, y, xx, yy, xy = (exact_integer(name, value) for name, value in sums.items())
    _moments.check_sums(count, "sum_pre", x, "sum_pre_squared", xx)
    _moments.check_sums(count, "sum_post", y, "sum_post_squared", yy)
    of_x, of_y = _moments.centred(count, x, x, xx), _moments.centred(count, y, y, yy)
    shared = _moments.centred(count, x, y, xy)
    if (count == 0 and xy) or shared**2 > of_x * of_y:
        raise ValueError(
            f"sum_product is {xy} with n = {count}: no pairs with the other sums reach it (their "
            "correlation would lie outside -1 to 1)"
        )
    return ChangeMoments(
        n=count,
        mean_change=_moments.mean_from_sum(count, y - x, step),
        var_pre=_moments.covariance_from_centred(count, of_x, step),
        var_post=_moments.covariance_from_centred(count, of_y, step),
        covariance=_moments.covariance_from_centred(count, shared, step),
        var_change=_moments.covariance_from_centred(count, of_x + of_y - 2 * shared, step),
    )
