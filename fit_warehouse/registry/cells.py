"""What a cell of the registry may hold: each check returns the text as stored, or says what it expects."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

Row = dict[str, str]
Check = Callable[[str], str]  # raises ValueError with what is expected


def text(given: str) -> str:
    """Check that there is a text."""
    if not given:
        raise ValueError("expected a text")
    return given


def named(pattern: str, words: str) -> Check:
    """Return a check for a name of a form, `words` saying of which."""

    def check(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise ValueError(f"expected {words}")
        return given

    return check


def one_of(*values: str) -> Check:
    """Return a check for one of the values."""

    def check(given: str) -> str:
        if given not in values:
            raise ValueError(f"expected {' or '.join(values)}")
        return given

    return check


def whole(lowest: int, highest: int) -> Check:
    """Return a check for a whole number between two, both included."""

    def check(given: str) -> str:
        if not re.fullmatch(r"\d{1,6}", given) or not lowest <= int(given) <= highest:
            raise ValueError(f"expected a whole number from {lowest} to {highest}")
        return str(int(given))

    return check


def decimal(lowest: str, highest: str, *, places: int = 2) -> Check:
    """Return a check for a number between two, both included, with so many decimals at most."""

    def check(given: str) -> str:
        expected = f"expected a number from {lowest} to {highest}, with {places} decimals at most"
        try:
            number = Decimal(given.replace(",", "."))
        except InvalidOperation:
            raise ValueError(expected) from None
        if not number.is_finite() or not Decimal(lowest) <= number <= Decimal(highest):
            raise ValueError(expected)
        if number != round(number, places):
            raise ValueError(expected)
        return f"{number:f}"

    return check


def day(given: str) -> str:
    """Check that there is a day."""
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise ValueError("expected a day, as 1996-01-31") from None


def optional(check: Check) -> Check:
    """Return a check that lets an empty cell through."""
    return lambda given: check(given) if given else ""
