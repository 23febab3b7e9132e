"""What an amount of money is an amount of, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from fit_metrics._money import exact
from fit_metrics._options import check_choice, check_flag, exact_integer

Perspective = Literal["payer", "public", "society"]
Procurement = Literal["purchased", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBasis:
    """What amounts mean; amounts of two bases are never added.

    Attributes
    ----------
    price_year : int
        The year whose prices they are in.
    perspective : {"payer", "public", "society"}
        Whose cost it is: the service's payer, the whole public sector, or society.
    vat_included : bool
        Whether value added tax is in the amounts.

    Raises
    ------
    ValueError
        The year is no year of four digits, or a value is none of those named.
    """

    price_year: int
    perspective: Perspective
    vat_included: bool

    def __post_init__(self) -> None:
        """Refuse what is no basis."""
        year = exact_integer("price_year", self.price_year, minimum=1900)
        if year > 2999:
            raise ValueError(f"price_year is {year}: it must be a year of four digits")
        check_choice("perspective", self.perspective, Perspective)
        check_flag("vat_included", self.vat_included)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRange:
    """A number that is not known, only where it lies.

    Attributes
    ----------
    low, base, high : Decimal or int
        The least, the likeliest and the largest value that is argued for; 0 or more.
    source : str
        Where it comes from; an assumption says that it is one.

    Raises
    ------
    ValueError
        A float, a negative number, an order other than low <= base <= high, or no source.
    """

    low: Decimal | int
    base: Decimal | int
    high: Decimal | int
    source: str

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        low, base, high = (exact(n, getattr(self, n)) for n in ("low", "base", "high"))
        if not low <= base <= high:
            raise ValueError(
                f"low is {self.low}, base {self.base} and high {self.high}: "
                "they must not fall from one to the next"
            )
        if not isinstance(self.source, str) or not self.source.strip():
            raise ValueError("source is empty: every factor says where it comes from")


def certain(value: Decimal | int, *, source: str) -> CostRange:
    """Give a number that is known as a range of no width.

    Parameters
    ----------
    value : Decimal or int
        The number, 0 or more.
    source : str
        Where it comes from.

    Returns
    -------
    CostRange
        With low, base and high alike.

    Raises
    ------
    ValueError
        A float, a negative number, or no source.

    Examples
    --------
    >>> certain(0, source="nothing came instead (checked)").base
    0
    """
    return CostRange(low=value, base=value, high=value, source=source)


def check_basis(basis: object) -> PriceBasis:
    """Give the basis; what is none is refused."""
    if not isinstance(basis, PriceBasis):
        raise ValueError(
            f"basis is {basis!r}: it must be a PriceBasis (price year, perspective, VAT), "
            "for no amount is told without them"
        )
    return basis
