"""Options and single values: their types and the checks that name what is wrong."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from fractions import Fraction
from typing import Literal, SupportsFloat, SupportsIndex, get_args

import numpy as np
from scipy import special

Missing = Literal["raise", "omit"]
Direction = Literal["higher_is_better", "lower_is_better"]


def check_choice(name: str, value: str, choices: object) -> None:
    """Raise ValueError unless `value` is one of the strings of the Literal type `choices`."""
    allowed = get_args(choices)
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}: it must be one of {', '.join(map(repr, allowed))}")


def direction_sign(direction: Direction) -> int:
    """Give +1 where a rise is for the better, -1 where a fall is."""
    check_choice("direction", direction, Direction)
    return 1 if direction == "higher_is_better" else -1


def check_flag(name: str, value: object) -> bool:
    """Give a flag as a bool; True, False, 1 and 0 are flags, nothing else is."""
    if not isinstance(value, bool | np.bool_ | int | np.integer) or value not in (0, 1):
        raise ValueError(f"{name} is {value!r}: it must be True or False")
    return bool(value)


def check_level(level: float) -> float:
    """Give the interval level as a float; it must lie strictly between 0 and 1."""
    value = finite_number("level", level)
    if not 0.0 < value < 1.0:
        raise ValueError(f"level is {level!r}: it must lie between 0 and 1, both excluded")
    return value


def normal_quantile(level: float) -> float:
    """Give z such that the standard normal lies within ±z with probability `level`."""
    return float(-special.ndtri((1.0 - level) / 2.0))


def student_quantile(level: float, degrees_of_freedom: int) -> float:
    """Give t such that Student's t lies within ±t with probability `level`."""
    return float(-special.stdtrit(degrees_of_freedom, (1.0 - level) / 2.0))


def finite_number(name: str, value: SupportsFloat) -> float:
    """Give `value` as a float; text, flags, nan and infinity are refused."""
    if isinstance(value, bool | str | bytes):
        raise ValueError(f"{name} is {value!r}: it must be a number")
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is {value!r}: it must be a number") from error
    if not math.isfinite(number):
        raise ValueError(f"{name} is {value!r}: it must be finite")
    return number


def non_negative(name: str, value: SupportsFloat) -> float:
    """Give `value` as a float; it must be finite and 0 or more."""
    number = finite_number(name, value)
    if number < 0.0:
        raise ValueError(f"{name} is {value!r}: it must be 0 or more")
    return number


def check_reliability(reliability: SupportsFloat) -> float:
    """Give a reliability as a float; it must be above 0 and at most 1."""
    share = finite_number("reliability", reliability)
    if not 0.0 < share <= 1.0:
        raise ValueError(f"reliability is {reliability!r}: it must be above 0 and at most 1")
    return share


def exact_integer(name: str, value: SupportsIndex, *, minimum: int | None = None) -> int:
    """Give `value` as an exact Python int; floats are refused even when they are whole."""
    if isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}: it must be an integer")
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ValueError(f"{name} is {value!r}: it must be an integer, exact, no float") from error
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} is {number}: it must be {minimum} or more")
    return number


def exact_fraction(name: str, value: SupportsFloat) -> Fraction:
    """Give the decimal number as it is written: 0.1 is one tenth, not its binary neighbour.

    A float is read by its shortest decimal form, which is what its author typed; integers,
    decimals and fractions are exact already.
    """
    finite_number(name, value)
    if isinstance(value, int | Decimal | Fraction):
        return Fraction(value)
    return Fraction(str(value))
