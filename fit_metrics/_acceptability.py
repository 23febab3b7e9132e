"""Acceptability of draws of a probabilistic analysis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import as_column, check_same_length
from fit_metrics._flags import non_negative_column


def acceptability_of_draws(
    cost_draws: ArrayLike, effect_draws: ArrayLike, *, willingness_to_pay: ArrayLike
) -> NDArray[np.float64]:
    """Give the share of draws of a probabilistic analysis that pay at each value of the effect.

    Parameters
    ----------
    cost_draws, effect_draws : array_like, shape (m,)
        Incremental cost and effect of each draw, better effects above 0.
    willingness_to_pay : array_like, shape (k,)
        Values of a unit of effect, in euros, 0 or more.

    Returns
    -------
    ndarray, shape (k,)
        Share of draws whose net benefit is above 0; nan without draws.

    Raises
    ------
    ValueError
        Unequal lengths, missing values, or a negative value of the effect.

    Examples
    --------
    >>> acceptability_of_draws([100, 300], [0.1, 0.1], willingness_to_pay=[0, 2000, 4000])
    array([0. , 0.5, 1. ])
    """
    cost, effect = as_column("cost_draws", cost_draws), as_column("effect_draws", effect_draws)
    check_same_length("cost_draws", cost, "effect_draws", effect)
    values = non_negative_column("willingness_to_pay", willingness_to_pay)
    for name, column in (
        ("cost_draws", cost),
        ("effect_draws", effect),
        ("willingness_to_pay", values),
    ):
        if np.isnan(column).any():
            raise ValueError(f"{name} has a missing value: every draw has a number")
    if not cost.size:
        return np.full(values.size, np.nan)
    return np.array([np.mean(value * effect - cost > 0.0) for value in values.tolist()])
