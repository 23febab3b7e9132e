"""What the unused part of a service costs when its units do not all cost the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, SupportsIndex

from fit_metrics._money import as_decimal, exact
from fit_metrics._options import exact_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledGross:
    """Unused part of a service by a stated profile of its cost.

    Attributes
    ----------
    unused_units : Decimal
        Planned less used units.
    gross_amount_eur : Decimal
        Price of the unused units by the profile, in euros, not rounded.
    linear_amount_eur : Decimal
        What they would cost if every unit cost the same.
    profile : str
        "linear" or "weights".
    """

    unused_units: Decimal
    gross_amount_eur: Decimal
    linear_amount_eur: Decimal
    profile: str


def profile_gross(
    *,
    planned_units: SupportsIndex,
    used_units: Decimal | int,
    amount_eur: Decimal | int,
    profile: Literal["linear"] | Sequence[Decimal | int],
    n_clients: SupportsIndex = 1,
) -> ProfiledGross:
    """Give the gross price of the unused units by a linear or a weighted profile of the cost.

    Parameters
    ----------
    planned_units : int
        Units (sessions, months, days) that the price buys and that were planned.
    used_units : Decimal or int
        Units used; a share of a unit takes the same share of that unit's cost.
    amount_eur : Decimal or int
        Price of all planned units, in euros.
    profile : "linear" or sequence of Decimal or int
        How the cost spreads over the units: evenly, or by one weight for each planned unit, first
        unit first. Weights are relative: only their proportions count.
    n_clients : int
        Clients that the price is paid for one by one.

    Returns
    -------
    ProfiledGross
        Exact; 50 significant digits where the division never ends.

    Raises
    ------
    ValueError
        A float, a negative number, more used than planned, no planned unit, as many weights as
        there are not units, or weights that are all 0.

    Notes
    -----
    The sum of ``amount * w(t) / sum(w)`` over the units t after the end. Where the first units are
    the dear ones (assessment, network meetings) it is less than the linear amount.

    Examples
    --------
    >>> profile_gross(
    ...     planned_units=6, used_units=4, amount_eur=8664, profile="linear"
    ... ).gross_amount_eur
    Decimal('2888')
    >>> profile_gross(
    ...     planned_units=6, used_units=4, amount_eur=8664, profile=[3, 2, 1, 1, 1, 0]
    ... ).gross_amount_eur
    Decimal('1083')
    """
    planned = exact_integer("planned_units", planned_units, minimum=1)
    used = exact("used_units", used_units)
    amount = exact("amount_eur", amount_eur)
    clients = exact_integer("n_clients", n_clients, minimum=1)
    if used > planned:
        raise ValueError(
            f"used_units is {used_units} and planned_units is {planned}: an episode that used more "
            "than planned has not ended early"
        )
    weights = _weights(profile, planned)
    whole = int(used)
    left = sum(weights[whole:], Fraction(0))
    if used > whole:
        left -= weights[whole] * (used - whole)
    price = amount * clients
    return ProfiledGross(
        unused_units=as_decimal(planned - used),
        gross_amount_eur=as_decimal(price * left / sum(weights)),
        linear_amount_eur=as_decimal(price * (planned - used) / planned),
        profile="linear" if profile == "linear" else "weights",
    )


def _weights(profile: Literal["linear"] | Sequence[Decimal | int], planned: int) -> list[Fraction]:
    if isinstance(profile, str):
        if profile != "linear":
            raise ValueError(f"profile is {profile!r}: it must be 'linear' or one weight a unit")
        return [Fraction(1)] * planned
    weights = [exact(f"profile[{i}]", weight) for i, weight in enumerate(profile)]
    if len(weights) != planned:
        raise ValueError(
            f"profile has {len(weights)} weights and planned_units is {planned}: it must have one "
            "for each planned unit; a profile is not stretched"
        )
    if not any(weights):
        raise ValueError("profile has no weight above 0: the price must fall on some unit")
    return weights
