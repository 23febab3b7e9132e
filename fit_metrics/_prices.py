"""Amounts of several price years, and amounts that fall in later years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from fit_metrics._money import as_decimal, exact
from fit_metrics._money_basis import PriceBasis, check_basis
from fit_metrics._options import exact_integer


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount of money and what it is an amount of.

    Attributes
    ----------
    amount_eur : Decimal or int
        In euros; a cost is above 0.
    basis : PriceBasis
        Price year, perspective and VAT.
    """

    amount_eur: Decimal | int
    basis: PriceBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceIndex:
    """A published index of prices.

    Attributes
    ----------
    series : str
        Its name and base year, as published.
    values : mapping of int to Decimal or int
        Value of each year, above 0.
    source : str
        Where it was read.
    """

    series: str
    values: Mapping[int, Decimal | int]
    source: str


def price_at(
    amount: Amount, *, year: int, series: str, indices: Sequence[PriceIndex] = ()
) -> Amount:
    """Give an amount at the prices of another year.

    Parameters
    ----------
    amount : Amount
        What is to be told in other prices.
    year : int
        The price year wanted.
    series : str
        Name of the index that carries from one year to the other.
    indices : sequence of PriceIndex
        The indices there are; none by default, and none is known to this library.

    Returns
    -------
    Amount
        ``amount * value(year) / value(price year)``; the amount itself where the years are equal.

    Raises
    ------
    ValueError
        No such index, two of the name, or a year that it lacks: named by series, from and to.

    Examples
    --------
    >>> basis = PriceBasis(price_year=2023, perspective="payer", vat_included=False)
    >>> made_up = PriceIndex(series="made up", values={2023: 100, 2025: 105}, source="example")
    >>> price_at(
    ...     Amount(amount_eur=200, basis=basis), year=2025, series="made up", indices=[made_up]
    ... ).amount_eur
    Decimal('210')
    """
    euros = exact("amount_eur", amount.amount_eur, may_be_negative=True)
    start, end = check_basis(amount.basis).price_year, exact_integer("year", year, minimum=1900)
    if start == end:
        return replace(amount, amount_eur=as_decimal(euros))
    wanted = f"index {series!r} from {start} to {end}"
    found = [index for index in indices if index.series == series]
    if len(found) != 1:
        held = "no such index" if not found else f"{len(found)} indices of this name"
        raise ValueError(
            f"{wanted}: there is {held}; amounts of two price years are not compared without one"
        )
    values = found[0].values
    lacking = [each for each in (start, end) if each not in values]
    if lacking:
        raise ValueError(f"{wanted}: it has no value for {' and '.join(map(str, lacking))}")
    first, last = (
        exact(f"value of {each}", values[each], above_zero=True) for each in (start, end)
    )
    return Amount(
        amount_eur=as_decimal(euros * last / first), basis=replace(amount.basis, price_year=end)
    )


def sum_amounts(
    amounts: Sequence[Amount], *, year: int, series: str, indices: Sequence[PriceIndex] = ()
) -> Amount:
    """Give the sum of amounts at the prices of one year.

    Parameters
    ----------
    amounts : sequence of Amount
        At least one; of one perspective, with VAT in all or in none.
    year, series, indices
        As in :func:`price_at`.

    Returns
    -------
    Amount
        Their sum, not rounded.

    Raises
    ------
    ValueError
        No amount, another price year without an index (named), two perspectives, or VAT in some.

    Examples
    --------
    >>> basis = PriceBasis(price_year=2025, perspective="payer", vat_included=False)
    >>> parts = [Amount(amount_eur=2888, basis=basis), Amount(amount_eur=2760, basis=basis)]
    >>> sum_amounts(parts, year=2025, series="none is needed").amount_eur
    Decimal('5648')
    """
    if not amounts:
        raise ValueError(
            "amounts is empty: a sum needs a price year and a perspective to be told in"
        )
    moved = [price_at(each, year=year, series=series, indices=indices) for each in amounts]
    for name in ("perspective", "vat_included"):
        kinds = {getattr(each.basis, name) for each in moved}
        if len(kinds) > 1:
            raise ValueError(
                f"amounts have the values {', '.join(sorted(map(repr, kinds)))} of {name}: "
                "they are not added"
            )
    total = sum((Fraction(each.amount_eur) for each in moved), Fraction(0))
    return Amount(amount_eur=as_decimal(total), basis=moved[0].basis)


def discounted(
    amount_eur: Decimal | int,
    *,
    years: Decimal | int,
    rate: Decimal | int = Decimal("0.03"),
) -> Decimal:
    """Give the present value of an amount that falls due later.

    Parameters
    ----------
    amount_eur : Decimal or int
        In euros, at constant prices.
    years : Decimal or int
        Time from the start to when it falls due, in years.
    rate : Decimal or int
        Discount rate a year; 3 % by default.

    Returns
    -------
    Decimal
        ``amount / (1 + rate) ** k`` where k is the number of whole years before the one that it
        falls in: the first year is not discounted.

    Raises
    ------
    ValueError
        A float, a negative time or rate.

    Examples
    --------
    >>> discounted(1030, years=1), discounted(1030, years=2)
    (Decimal('1030'), Decimal('1000'))
    """
    amount = exact("amount_eur", amount_eur, may_be_negative=True)
    time, yearly = exact("years", years), exact("rate", rate)
    return as_decimal(amount / (1 + yearly) ** max(ceil(time) - 1, 0))


def discounted_evenly(
    amount_eur: Decimal | int,
    *,
    years: Decimal | int,
    rate: Decimal | int = Decimal("0.03"),
) -> Decimal:
    """Give the present value of an amount that is spent evenly from now on.

    Parameters
    ----------
    amount_eur : Decimal or int
        In euros, at constant prices.
    years : Decimal or int
        How long it takes, in years.
    rate : Decimal or int
        Discount rate a year; 3 % by default.

    Returns
    -------
    Decimal
        The parts of the years, each as :func:`discounted` has it; within a year the amount itself.

    Raises
    ------
    ValueError
        A float, a negative time or rate.

    Examples
    --------
    >>> discounted_evenly(2060, years=2), discounted_evenly(2060, years=1)
    (Decimal('2030'), Decimal('2060'))
    """
    amount = exact("amount_eur", amount_eur, may_be_negative=True)
    time, yearly = exact("years", years), exact("rate", rate)
    if time <= 1:
        return as_decimal(amount)
    parts = [min(time - year, Fraction(1)) / time for year in range(ceil(time))]
    left = sum(part / (1 + yearly) ** year for year, part in enumerate(parts))
    return as_decimal(amount * left)
