"""How an amount of money moves with one factor, and where it turns its sign."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import SupportsFloat

from scipy import optimize

from fit_metrics._options import finite_number
from fit_metrics._sensitivity import Model

_LINEAR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay:
    """One bar of a tornado: the amount at both ends of one factor's range, the others held.

    Attributes
    ----------
    factor : str
        Its name.
    low_value, high_value : float
        Ends of its range.
    at_low, at_high : float
        The amount at either.
    swing : float
        Their distance.
    """

    factor: str
    low_value: float
    high_value: float
    at_low: float
    at_high: float
    swing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Where an amount turns its sign as one factor moves.

    Attributes
    ----------
    value : float
        The factor's value there; ``nan`` where the sign does not turn.
    is_linear : bool
        Whether the amount is linear in the factor, so that the value is exact and may lie outside
        the range given.
    is_in_range : bool
        Whether it lies within the range.
    """

    value: float
    is_linear: bool
    is_in_range: bool


def one_way(
    model: Model,
    *,
    base: Mapping[str, SupportsFloat],
    ranges: Mapping[str, tuple[SupportsFloat, SupportsFloat]],
) -> tuple[OneWay, ...]:
    """Give the bars of a tornado: each factor at its ends, the others at their base values.

    Parameters
    ----------
    model : callable
        As in :func:`probabilistic`.
    base : mapping of str to float
        A value of every factor.
    ranges : mapping of str to (low, high)
        Ends of the factors to move.

    Returns
    -------
    tuple of OneWay
        The widest first; equally wide ones by name.

    Raises
    ------
    ValueError
        A range of a factor without a base value, or one that does not hold it.

    Examples
    --------
    >>> from fit_metrics.cost_effect import net_amount
    >>> base = {
    ...     "gross_eur": 2888,
    ...     "attribution": 0.75,
    ...     "avoidable_share": 0.5,
    ...     "onward_cost_eur": 0,
    ...     "fit_cost_eur": 0,
    ... }
    >>> bars = one_way(
    ...     net_amount, base=base, ranges={"attribution": (0.5, 1), "avoidable_share": (0.2, 1)}
    ... )
    >>> [bar.factor for bar in bars], round(bars[1].swing)
    (['avoidable_share', 'attribution'], 722)
    """
    values = {name: finite_number(name, value) for name, value in base.items()}
    bars = []
    for name, ends in ranges.items():
        low, high = (finite_number(name, end) for end in ends)
        if name not in values:
            raise ValueError(f"ranges has {name!r}, of which base has no value")
        if not low <= values[name] <= high:
            raise ValueError(
                f"ranges[{name!r}] is {low:g} to {high:g}: it must hold the base value "
                f"{values[name]:g}"
            )
        at = [float(model(**{**values, name: end})) for end in (low, high)]
        bars.append(
            OneWay(
                factor=name,
                low_value=low,
                high_value=high,
                at_low=at[0],
                at_high=at[1],
                swing=abs(at[1] - at[0]),
            )
        )
    return tuple(sorted(bars, key=lambda bar: (-bar.swing, bar.factor)))


def threshold(
    model: Model,
    *,
    base: Mapping[str, SupportsFloat],
    factor: str,
    low: SupportsFloat,
    high: SupportsFloat,
) -> Threshold:
    """Give the value of one factor at which the amount turns its sign.

    Parameters
    ----------
    model : callable
        As in :func:`probabilistic`.
    base : mapping of str to float
        A value of every factor.
    factor : str
        The one to move.
    low, high : float
        Range to look in; `low` below `high`.

    Returns
    -------
    Threshold
        In closed form where the amount is linear in the factor; else one root within the range,
        where the amount has different signs at its ends.

    Raises
    ------
    ValueError
        No such factor, or `low` not below `high`.

    Examples
    --------
    >>> from fit_metrics.cost_effect import net_amount
    >>> base = {
    ...     "gross_eur": 2760,
    ...     "attribution": 1,
    ...     "avoidable_share": 1,
    ...     "onward_cost_eur": 0,
    ...     "fit_cost_eur": 0,
    ... }
    >>> threshold(net_amount, base=base, factor="onward_cost_eur", low=0, high=5000).value
    2760.0
    """
    values = {name: finite_number(name, value) for name, value in base.items()}
    if factor not in values:
        raise ValueError(f"factor is {factor!r}, of which base has no value")
    start, end = finite_number("low", low), finite_number("high", high)
    if not start < end:
        raise ValueError(f"low is {low!r} and high is {high!r}: low must be below high")

    def amount(value: float) -> float:
        return float(model(**{**values, factor: value}))

    at_start, at_end = amount(start), amount(end)
    # Three points may lie on a line by chance; at uneven steps, four hardly do.
    inner = [start + share * (end - start) for share in (0.31, 0.73)]
    size = max(abs(at_start), abs(at_end))
    is_linear = all(
        abs(amount(x) - at_start - (x - start) / (end - start) * (at_end - at_start))
        <= _LINEAR * size
        for x in inner
    )
    value = math.nan
    if is_linear:
        if at_start != at_end:
            value = start - at_start * (end - start) / (at_end - at_start)
    elif at_start == 0.0 or at_end == 0.0:
        value = start if at_start == 0.0 else end
    elif (at_start < 0.0) != (at_end < 0.0):
        value = float(optimize.brentq(amount, start, end, xtol=1e-12 * (end - start)))
    return Threshold(value=value, is_linear=is_linear, is_in_range=start <= value <= end)
