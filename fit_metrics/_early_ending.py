"""What an early ending leaves unused, in units and in euros, exact to the last digit."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import SupportsIndex

from fit_metrics._money import as_decimal, exact
from fit_metrics._options import exact_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyEnding:
    """Unused part of a service that ended before it was planned to.

    Attributes
    ----------
    unused_units : Decimal
        Planned less used units (sessions, months or days).
    unit_rate : Decimal
        Price of one unit in euros.
    gross_amount_eur : Decimal
        Calculated price of the unused units of all clients, in euros, not rounded.
    """

    unused_units: Decimal
    unit_rate: Decimal
    gross_amount_eur: Decimal


def used_months(opened: date, closed: date) -> Decimal:
    """Give the months from opening to closing, whole calendar months and the share of the last one.

    Parameters
    ----------
    opened : date
        First day of the service.
    closed : date
        Day after its last one: the time counted is [opened, closed).

    Returns
    -------
    Decimal
        Whole months plus remaining days divided by the days to the next monthly anniversary,
        to 50 significant digits; rounding for storage is the caller's.

    Raises
    ------
    ValueError
        A value is no plain date, `closed` is before `opened`, or lies in the year 9999, which
        stands for "never" in many systems: an open episode has no used months.

    Notes
    -----
    Every anniversary is counted from the day of opening itself and clamped to the end of a
    shorter month: 31 January, 28 (29) February, 31 March.

    Examples
    --------
    >>> used_months(date(2025, 1, 15), date(2025, 5, 15))
    Decimal('4')
    >>> used_months(date(2025, 1, 31), date(2025, 2, 28))
    Decimal('1')
    >>> used_months(date(2025, 4, 1), date(2025, 4, 16))
    Decimal('0.5')
    """
    _check_date("opened", opened)
    _check_date("closed", closed)
    if closed < opened:
        raise ValueError(f"closed is {closed} and opened is {opened}: it must not be earlier")
    if closed.year == MAXYEAR:
        raise ValueError(f"closed is {closed}: it must lie before the year {MAXYEAR}")
    whole = 12 * (closed.year - opened.year) + closed.month - opened.month
    if _anniversary(opened, whole) > closed:
        whole -= 1
    last, following = _anniversary(opened, whole), _anniversary(opened, whole + 1)
    return as_decimal(whole + Fraction((closed - last).days, (following - last).days))


def _check_date(name: str, value: date) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{name} is {value!r}: it must be a date without a time of day")


def _anniversary(opened: date, months: int) -> date:
    year, month_index = divmod(12 * opened.year + opened.month - 1 + months, 12)
    length = monthrange(year, month_index + 1)[1]
    return date(year, month_index + 1, min(opened.day, length))


def early_ending_gross(
    *,
    planned_units: Decimal | int,
    used_units: Decimal | int,
    amount_eur: Decimal | int,
    price_planned_units: Decimal | int,
    n_clients: SupportsIndex = 1,
) -> EarlyEnding:
    """Give the calculated gross price of the units that an early ending left unused.

    Parameters
    ----------
    planned_units, used_units : Decimal or int
        Units planned for the episode and used of them, in the unit of the price.
    amount_eur : Decimal or int
        Price of the whole service, in euros.
    price_planned_units : Decimal or int
        Units that this price buys: its unit rate is ``amount_eur / price_planned_units``.
    n_clients : int
        Clients that the price is paid for one by one; 1 where it is paid for the episode.

    Returns
    -------
    EarlyEnding
        ``(planned_units - used_units) * amount_eur / price_planned_units * n_clients``, divided
        last and not rounded (50 significant digits where the division never ends).

    Raises
    ------
    ValueError
        A float (money is decimal), a negative number, no planned units, or more units used than
        planned.

    Notes
    -----
    A linear average cost and a gross figure: it says what the unused units would have cost at
    the average price, neither that the money was saved nor what came instead.

    Examples
    --------
    >>> early_ending_gross(
    ...     planned_units=6, used_units=4, amount_eur=8664, price_planned_units=6
    ... ).gross_amount_eur
    Decimal('2888')
    """
    planned = exact("planned_units", planned_units, above_zero=True)
    used = exact("used_units", used_units)
    amount = exact("amount_eur", amount_eur)
    price_units = exact("price_planned_units", price_planned_units, above_zero=True)
    clients = exact_integer("n_clients", n_clients, minimum=1)
    if used > planned:
        raise ValueError(
            f"used_units is {used_units} and planned_units is {planned_units}: an episode that "
            "used more than planned has not ended early"
        )
    rate = amount / price_units
    return EarlyEnding(
        unused_units=as_decimal(planned - used),
        unit_rate=as_decimal(rate),
        gross_amount_eur=as_decimal((planned - used) * rate * clients),
    )
