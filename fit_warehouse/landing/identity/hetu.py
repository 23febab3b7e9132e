"""The Finnish personal identity code (henkilötunnus): its form, its date, its check character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from fit_warehouse.landing.identity.patterns import BARE_DIGIT, BARE_LETTER, CODE

# Since 2023 several characters stand for one century, and only with it is the code one person's.
CENTURIES = {"18": "+", "19": "-YXWVU", "20": "ABCDEF"}
CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
FIRST_NUMBER = 2  # of the three digits; from 900 they are temporary or made for tests

_CENTURY = {mark: century for century, marks in CENTURIES.items() for mark in marks}


class Shape(NamedTuple):
    """A place in a text that looks like a code: `is_checked` says whether it truly is one."""

    start: int
    end: int
    is_checked: bool


def compact(text: str) -> str:
    """Return a folded text as the register writes codes: no white space, capital letters."""
    return "".join(text.split()).upper()


def is_dated(code: str) -> bool:
    """Return whether a compact code of eleven characters has a real day and a number of a person."""
    try:
        date(int(_CENTURY[code[6]] + code[4:6]), int(code[2:4]), int(code[:2]))
    except (KeyError, ValueError):
        return False
    return int(code[7:10]) >= FIRST_NUMBER


def is_checked(code: str) -> bool:
    """Return whether the check character of a compact code is the one its digits give."""
    return CHECK_CHARACTERS[int(code[:6] + code[7:10]) % 31] == code[10]


def is_valid(code: str) -> bool:
    """Return whether a folded text is a code: form, day, number and check character.

    Parameters
    ----------
    code
        The text alone; white space around and within it is of no matter.

    Examples
    --------
    >>> is_valid("010594y9032"), is_valid("010594Y9033")
    (True, False)
    """
    short = compact(code)
    return (
        len(short) == 11
        and re.fullmatch(CODE, short, re.ASCII) is not None
        and is_dated(short)
        and is_checked(short)
    )


def find(text: str, *, is_glued: bool) -> Iterator[Shape]:
    """Yield every code in a folded text, also those that overlap.

    Parameters
    ----------
    text
        The text; underscores are to be spaces.
    is_glued
        Also find valid codes with a letter, never a digit, on either side.
    """
    # Within the look-ahead, so that one shape does not hide the next.
    for found in re.finditer(rf"(?<![0-9])(?=({CODE})(?![0-9]))", text, re.ASCII):
        start, end = found.span(1)
        code = compact(found[1])
        if not is_dated(code):
            continue
        checked, glued = is_checked(code), _is_glued(text, start, end)
        if not glued or (checked and is_glued):
            yield Shape(start, end, checked)


def find_bare(text: str, *, has_digit: bool) -> Iterator[Shape]:
    """Yield what would be a valid code if it had its separator; `has_digit`: also ten digits."""
    pattern = f"{BARE_LETTER}|{BARE_DIGIT}" if has_digit else BARE_LETTER
    for found in re.finditer(rf"\b({pattern})\b", text, re.ASCII):
        digits = re.sub("[^0-9A-Z]", "", found[1].upper())
        # 2000 is the one of the three centuries whose every fourth year is a leap year.
        code = f"{digits[:6]}A{digits[6:]}"
        if is_dated(code) and is_checked(code):
            yield Shape(*found.span(1), is_checked=False)


def _is_glued(text: str, start: int, end: int) -> bool:
    """Return whether a letter or digit of ASCII stands right before or after."""
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return re.search("[0-9A-Za-z]", around) is not None
