"""How an amount of money varies when its factors vary together at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._counts import read_only
from fit_metrics._distributions import Beta, Distribution, Gamma, Pert, Triangular, Uniform
from fit_metrics._options import check_level, exact_integer, finite_number

# Factors by name, each a number or one number a draw, to the amount.
Model = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probabilistic:
    """Draws of a model whose factors vary together at random.

    Attributes
    ----------
    estimate : float
        Mean over the draws.
    ci_low, ci_high : float
        Quantiles that leave out (1 - ci_level) / 2 of the draws on either side.
    ci_level : float
        Share of draws between them.
    share_above_zero : float
        Share of draws whose amount is above 0.
    draws : ndarray, shape (n_draws,)
        The amount of each draw, in the order drawn. Read-only.
    factors : dict of str to ndarray, shape (n_draws,)
        The values drawn; fixed factors are not among them.
    """

    estimate: float
    ci_low: float
    ci_high: float
    ci_level: float
    share_above_zero: float
    draws: FloatArray
    factors: dict[str, FloatArray]


def probabilistic(
    model: Model,
    factors: Mapping[str, Distribution | SupportsFloat],
    *,
    rng: np.random.Generator,
    n_draws: SupportsIndex = 10_000,
    level: float = 0.95,
) -> Probabilistic:
    """Give the distribution of an amount whose factors have stated distributions.

    Parameters
    ----------
    model : callable
        Takes the factors by name, each a number or an array of draws, and gives the amount in
        euros, one for each draw; :func:`net_amount` is one.
    factors : mapping of str to distribution or number
        Every factor: :class:`Beta`, :class:`Gamma`, :class:`Uniform`, :class:`Triangular`,
        :class:`Pert`, or a number that is known. Drawn apart from each other, in this order.
    rng : numpy.random.Generator
        Source of the draws.
    n_draws : int
        How many, at least 100.
    level : float
        Share of draws between the limits, between 0 and 1.

    Returns
    -------
    Probabilistic
        The limits say how far the assumptions reach, not how far the truth may lie from them.

    Raises
    ------
    ValueError
        A factor is missing (None), `rng` is no generator, or the model gives no finite number for
        each draw.

    Examples
    --------
    >>> result = probabilistic(
    ...     net_amount,
    ...     {
    ...         "gross_eur": 2888,
    ...         "attribution": Beta(alpha=15, beta=5),
    ...         "avoidable_share": Pert(low=0.2, mode=0.5, high=1),
    ...         "onward_cost_eur": Gamma(shape=4, scale=100),
    ...         "fit_cost_eur": 100,
    ...     },
    ...     rng=np.random.default_rng(1),
    ... )
    >>> result.share_above_zero > 0.9, result.ci_low < result.estimate < result.ci_high
    (True, True)
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {rng!r}: it must be a numpy.random.Generator")
    size = exact_integer("n_draws", n_draws, minimum=100)
    checked_level = check_level(level)
    values: dict[str, Any] = {}
    drawn: dict[str, FloatArray] = {}
    for name, factor in factors.items():
        if isinstance(factor, Beta | Gamma | Uniform | Triangular | Pert):
            drawn[name] = values[name] = read_only(factor.draw(rng, size))
        else:
            values[name] = finite_number(name, factor)
    amounts = np.broadcast_to(np.asarray(model(**values), dtype=np.float64), size).copy()
    if not np.isfinite(amounts).all():
        raise ValueError("model gives an amount that is not finite for at least one draw")
    tail = (1.0 - checked_level) / 2.0
    low, high = np.quantile(amounts, [tail, 1.0 - tail]).tolist()
    return Probabilistic(
        estimate=float(amounts.mean()),
        ci_low=low,
        ci_high=high,
        ci_level=checked_level,
        share_above_zero=float(np.mean(amounts > 0.0)),
        draws=read_only(amounts),
        factors=drawn,
    )


def net_amount(
    *,
    gross_eur: Any,
    attribution: Any,
    avoidable_share: Any,
    onward_cost_eur: Any,
    fit_cost_eur: Any,
) -> Any:
    """Give the net effect in floating point, for numbers or arrays of them.

    Parameters
    ----------
    gross_eur, attribution, avoidable_share, onward_cost_eur, fit_cost_eur : float or ndarray
        As in :func:`net_effect`, which stays the exact one.

    Returns
    -------
    float or ndarray
        ``attribution * (avoidable_share * gross - onward cost) - FIT's cost``.

    Examples
    --------
    >>> net_amount(
    ...     gross_eur=2888, attribution=0.75, avoidable_share=0.5, onward_cost_eur=0, fit_cost_eur=0
    ... )
    1083.0
    """
    return attribution * (avoidable_share * gross_eur - onward_cost_eur) - fit_cost_eur
