"""Pre–post effect sizes of many groups in one call, from their sums."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics import _moments
from fit_metrics._arrays import FloatArray
from fit_metrics._change_moments import GroupMoments
from fit_metrics._options import Direction
from fit_metrics._pre_post import IntervalMethod, Options, Standardizer, effects
from fit_metrics.results import EffectSizes

Sums = dict[str, NDArray[np.int64]]

_LARGEST_EXACT = 2.0**61


def pre_post_d_groups(
    n: ArrayLike,
    sum_pre: ArrayLike,
    sum_post: ArrayLike,
    sum_pre_squared: ArrayLike,
    sum_post_squared: ArrayLike,
    sum_product: ArrayLike,
    *,
    unit: float | Decimal | Fraction,
    standardizer: Standardizer = "pre_sd",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    direction: Direction = "higher_is_better",
) -> EffectSizes:
    """Give the standardised mean change of many groups from exact sums over their persons.

    Parameters
    ----------
    n : array_like of int, shape (n_groups,)
        Number of pairs in each group.
    sum_pre, sum_post, sum_pre_squared, sum_post_squared, sum_product : array_like of int
        As in :func:`pre_post_d_from_sums`, each of shape (n_groups,). Floats are refused.
    unit : float or Decimal or Fraction
        The smallest unit in score units (0.1 for a score with one decimal), read as written.
    standardizer, correct_bias, ci, level, direction
        As in :func:`pre_post_d`; there are no rows to draw from, so no bootstrap.

    Returns
    -------
    EffectSizes
        For each group what :func:`pre_post_d_from_sums` gives for it alone, nan for n < 2 and
        where the standardizer is 0.

    Raises
    ------
    ValueError
        An argument breaks its rule, no set of pairs has the sums of a group (the first such group
        is named by its position), or sums are so large that their products are not exact.

    Notes
    -----
    The centred moments are formed in 64-bit integers. They are exact while n times a sum of
    squares stays below 2⁶¹: some five million persons with scores of 0 to 400.

    Examples
    --------
    >>> result = pre_post_d_groups(
    ...     [4, 1], [820, 200], [1040, 210], [172200, 40000], [272600, 44100], [214700, 42000],
    ...     unit=0.1, correct_bias=False,
    ... )
    >>> [round(float(d), 3) for d in result.estimate]
    [1.488, nan]
    """
    options = Options(standardizer, correct_bias, ci, level, direction)
    options.check_without_rows()
    step = float(_moments.check_unit(unit))
    given = {
        "n": n,
        "sum_pre": sum_pre,
        "sum_post": sum_post,
        "sum_pre_squared": sum_pre_squared,
        "sum_post_squared": sum_post_squared,
        "sum_product": sum_product,
    }
    sums = {name: _integers(name, values) for name, values in given.items()}
    _check_shapes(sums)
    return effects(_group_moments(sums, step), options)


def _integers(name: str, values: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise ValueError(
            f"{name} has {array.ndim} dimensions of type {array.dtype}: it must have one, of "
            "integers, exact, no floats"
        )
    if name == "n" and array.size and array.min() < 0:
        raise ValueError(f"n is {array.min()} at least once: it must be 0 or more")
    return array.astype(np.int64)


def _check_shapes(sums: Sums) -> None:
    size = sums["n"].size
    for name, values in sums.items():
        if values.size != size:
            raise ValueError(f"{name} has {values.size} values and n has {size}: one for a group")
    for name in ("sum_pre_squared", "sum_post_squared", "sum_product"):
        if size and float(np.max(np.abs(sums[name].astype(float)) * sums["n"])) >= _LARGEST_EXACT:
            raise ValueError(
                f"{name} times n reaches 2**61: use pre_post_d_from_sums, which has no such bound"
            )


def _group_moments(sums: Sums, step: float) -> GroupMoments:
    n, x, y = sums["n"], sums["sum_pre"], sums["sum_post"]
    _check_spread("sum_pre", n, x, sums["sum_pre_squared"])
    _check_spread("sum_post", n, y, sums["sum_post_squared"])
    of_x = n * sums["sum_pre_squared"] - x * x
    of_y = n * sums["sum_post_squared"] - y * y
    shared = n * sums["sum_product"] - x * y
    # Floats err by some units of the last digit; what lies within is looked at exactly.
    bound = of_x.astype(np.float64) * of_y * (1.0 - 1e-12)
    is_near = (shared.astype(np.float64) ** 2 > bound) | (n == 0)
    product = sums["sum_product"]
    for i in np.flatnonzero(is_near):
        is_reached = int(shared[i]) ** 2 <= int(of_x[i]) * int(of_y[i])
        if not is_reached or (n[i] == 0 and product[i] != 0):
            _refuse("sum_product", product[i], n[i], i)
    pairs = (n * (n - 1)).astype(np.float64)
    is_spread = n >= 2

    def moment(centred: NDArray[np.int64]) -> FloatArray:
        values = np.full(n.shape, np.nan)
        np.divide(centred * (step * step), pairs, out=values, where=is_spread)
        return values

    mean_change = np.full(n.shape, np.nan)
    np.divide((y - x) * step, n, out=mean_change, where=n > 0)
    return GroupMoments(
        n=n,
        mean_change=mean_change,
        var_pre=moment(of_x),
        var_post=moment(of_y),
        covariance=moment(shared),
        var_change=moment(of_x + of_y - 2 * shared),
    )


def _check_spread(
    name: str, n: NDArray[np.int64], total: NDArray[np.int64], squares: NDArray[np.int64]
) -> None:
    # A square that cannot be formed in 64 bits is far above n times the sum of squares.
    too_large = total.astype(np.float64) ** 2 > 2.0 * _LARGEST_EXACT
    spread = n * squares - np.where(too_large, 0, total) ** 2
    is_wrong = too_large | (spread < 0) | ((n < 2) & (spread != 0)) | ((n == 0) & (squares != 0))
    if is_wrong.any():
        i = int(np.flatnonzero(is_wrong)[0])
        _refuse(name, total[i], n[i], i)


def _refuse(name: str, value: np.int64, n: np.int64, position: int | np.intp) -> None:
    raise ValueError(
        f"{name} is {value} with n = {n} at position {position}: no pairs have these sums"
    )
