"""What early endings free of own staff's time, and what endings by the client alone leave."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import SupportsIndex

from fit_metrics._money import as_decimal, exact
from fit_metrics._money_basis import CostRange, PriceBasis, check_basis
from fit_metrics._net_records import range_ends
from fit_metrics._options import exact_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class FreedCapacity:
    """Freed capacity (vapautunut kapasiteetti) of own staff: time, not money.

    Attributes
    ----------
    sessions : tuple of Decimal
        Sessions that need not be held, low, base and high.
    hours : tuple of Decimal
        The same in hours of staff.
    n : int
        Episodes it rests on.
    """

    sessions: tuple[Decimal, Decimal, Decimal]
    hours: tuple[Decimal, Decimal, Decimal]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedValue:
    """Price of what clients who ended alone left unused: a lost investment, never a saving.

    Attributes
    ----------
    unused_value_eur : Decimal
        In euros, not rounded; what the same clients had used before is not in it.
    n : int
        Episodes it rests on.
    basis : PriceBasis
        Price year, perspective and VAT.
    """

    unused_value_eur: Decimal
    n: int
    basis: PriceBasis


def freed_capacity(
    *,
    unused_units: Decimal | int,
    sessions_per_unit: CostRange,
    hours_per_session: CostRange,
    attribution: CostRange,
    n_episodes: SupportsIndex,
) -> FreedCapacity:
    """Give the sessions and hours of own staff that agreed early endings free.

    Parameters
    ----------
    unused_units : Decimal or int
        Planned less used units, of all episodes.
    sessions_per_unit : CostRange
        Sessions that a unit holds; a known 1 where the unit is the session.
    hours_per_session : CostRange
        Working hours that a session takes, with travel and writing.
    attribution : CostRange
        Share of such endings that would not have come without feedback, 0 to 1.
    n_episodes : int
        Episodes that the units come from.

    Returns
    -------
    FreedCapacity
        Exact. Salaries are paid all the same: it becomes money only where less staff is paid.

    Raises
    ------
    ValueError
        A factor is missing, a float, negative, or a share above 1.

    Examples
    --------
    >>> from fit_metrics.cost_effect import certain
    >>> freed_capacity(
    ...     unused_units=8,
    ...     sessions_per_unit=certain(1, source="the unit is the session"),
    ...     hours_per_session=certain(Decimal("1.5"), source="example"),
    ...     attribution=certain(Decimal("0.75"), source="assumption"),
    ...     n_episodes=1,
    ... ).hours[1]
    Decimal('9')
    """
    units = exact("unused_units", unused_units)
    share = range_ends("attribution", attribution, is_share=True)
    each = range_ends("sessions_per_unit", sessions_per_unit)
    hours = range_ends("hours_per_session", hours_per_session)
    sessions = [units * share[i] * each[i] for i in range(3)]
    low, base, high = (as_decimal(number) for number in sessions)
    low_hours, base_hours, high_hours = (as_decimal(sessions[i] * hours[i]) for i in range(3))
    return FreedCapacity(
        sessions=(low, base, high),
        hours=(low_hours, base_hours, high_hours),
        n=exact_integer("n_episodes", n_episodes, minimum=0),
    )


def unused_value(
    *,
    gross_eur: Decimal | int,
    ending_code: str,
    n_episodes: SupportsIndex,
    basis: PriceBasis,
) -> UnusedValue:
    """Give the value that unilateral endings left unused, apart from every saving.

    Parameters
    ----------
    gross_eur : Decimal or int
        Price of the unused units, in euros.
    ending_code : {"unilateral"}
        Why they ended.
    n_episodes : int
        Episodes that it comes from.
    basis : PriceBasis
        What the amount is an amount of.

    Returns
    -------
    UnusedValue
        A record that :func:`total_effect` refuses.

    Raises
    ------
    ValueError
        Another ending than a unilateral one, a float, or a negative amount.

    Examples
    --------
    >>> basis = PriceBasis(price_year=2025, perspective="payer", vat_included=False)
    >>> unused_value(
    ...     gross_eur=1380, ending_code="unilateral", n_episodes=1, basis=basis
    ... ).unused_value_eur
    Decimal('1380')
    """
    if ending_code != "unilateral":
        raise ValueError(
            f"ending_code is {ending_code!r}: unused value is that of 'unilateral' endings; "
            "endings by agreement go to net_effect"
        )
    return UnusedValue(
        unused_value_eur=as_decimal(exact("gross_eur", gross_eur)),
        n=exact_integer("n_episodes", n_episodes, minimum=0),
        basis=check_basis(basis),
    )
