"""Money and units as exact numbers."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

# More digits than any amount has; independent of the caller's own decimal context.
_EXACT = Context(prec=50)


def exact(
    name: str,
    value: object,
    *,
    above_zero: bool = False,
    may_be_negative: bool = False,
    at_most: int | None = None,
) -> Fraction:
    """Give a Decimal or int as an exact fraction; floats and what is out of range are refused."""
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}: it must be a Decimal or an int, exact, no float")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{name} is {value}: it must be finite")
    if above_zero and value <= 0:
        raise ValueError(f"{name} is {value}: it must be above 0")
    if value < 0 and not may_be_negative:
        raise ValueError(f"{name} is {value}: it must be 0 or more")
    if at_most is not None and value > at_most:
        raise ValueError(f"{name} is {value}: it must be at most {at_most}")
    return Fraction(value)


def as_decimal(value: Fraction) -> Decimal:
    """Give a fraction as a decimal, to 50 significant digits where it has no end."""
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
