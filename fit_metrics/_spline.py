"""Restricted cubic splines: straight beyond the outer knots."""

from __future__ import annotations

from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray, as_column
from fit_metrics._options import exact_integer


def spline_knots(values: ArrayLike, n_knots: SupportsIndex) -> FloatArray:
    """Give the knots at Harrell's quantiles of the values.

    Parameters
    ----------
    values : array_like, shape (n,)
        Values without missing ones.
    n_knots : int
        3 to 7.

    Returns
    -------
    ndarray of float, shape (n_knots,)
        Rising; in the unit of `values`.

    Raises
    ------
    ValueError
        An argument breaks its rule, or quantiles coincide because many values are equal.

    Notes
    -----
    Evenly spaced probabilities from the outer ones: 0.10 and 0.90 for 3 knots, 0.05 and 0.95 for
    4 to 6, 0.025 and 0.975 for 7; quantiles interpolate linearly (R's type 7).

    References
    ----------
    .. [1] Harrell, F. E. (2015). Regression Modeling Strategies, 2nd ed. Springer. Section 2.4.6.

    Examples
    --------
    >>> spline_knots(range(101), 4).tolist()
    [5.0, 35.0, 65.0, 95.0]
    """
    count = exact_integer("n_knots", n_knots, minimum=3)
    if count > 7:
        raise ValueError(f"n_knots is {count}: it must be 7 or less")
    column = _present(values)
    if column.size == 0:
        raise ValueError("values is empty: knots are quantiles of values")
    outer = {3: 0.1, 7: 0.025}.get(count, 0.05)
    knots = np.quantile(column, np.linspace(outer, 1.0 - outer, count))
    if (np.diff(knots) <= 0.0).any():
        raise ValueError(
            f"n_knots is {count}: the quantiles {knots.tolist()} do not all differ; ask for fewer "
            "knots or give their places"
        )
    return knots


def spline_basis(values: ArrayLike, knots: ArrayLike) -> FloatArray:
    r"""Give the columns of a restricted cubic spline: the values and one column a further bend.

    Parameters
    ----------
    values : array_like, shape (n,)
        Values without missing ones.
    knots : array_like, shape (k,)
        At least 3 places, rising.

    Returns
    -------
    ndarray of float, shape (n, k - 1)
        In the unit of `values`; the first column is the values themselves.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With :math:`u_+ = \max(u, 0)` and knots :math:`t_1 < ... < t_k`, column j + 1 is

    .. math::
        \frac{(x - t_j)_+^3 - (x - t_{k-1})_+^3 \frac{t_k - t_j}{t_k - t_{k-1}}
        + (x - t_k)_+^3 \frac{t_{k-1} - t_j}{t_k - t_{k-1}}}{(t_k - t_1)^2}

    References
    ----------
    .. [1] Harrell (2015), as in :func:`fit_metrics.case_mix.spline_knots`: section 2.4.5.

    Examples
    --------
    >>> spline_basis([0.0, 2.0, 4.0], [0.0, 1.0, 2.0]).tolist()
    [[0.0, 0.0], [2.0, 1.5], [4.0, 4.5]]
    """
    column, places = _present(values), check_knots(knots)
    first, last, before_last = places[0], places[-1], places[-2]
    inner = places[:-2]
    cubes = np.maximum(column[:, np.newaxis] - places, 0.0) ** 3
    gap = last - before_last
    bends = (
        cubes[:, :-2]
        - cubes[:, -2:-1] * ((last - inner) / gap)
        + cubes[:, -1:] * ((before_last - inner) / gap)
    ) / (last - first) ** 2
    return np.column_stack([column, bends])


def check_knots(knots: ArrayLike) -> FloatArray:
    """Give the places of the knots, at least 3 and rising, or raise ValueError."""
    places = as_column("knots", knots)
    if places.size < 3:
        raise ValueError(f"knots has {places.size} places: a bend needs at least 3")
    if not (np.diff(places) > 0.0).all():
        raise ValueError(f"knots is {places.tolist()}: the places must rise, none missing")
    return places


def _present(values: ArrayLike) -> FloatArray:
    column = as_column("values", values)
    if np.isnan(column).any():
        raise ValueError("values has a missing value: leave it out first")
    return column
