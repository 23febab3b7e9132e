"""The personal identity code in SQL: the same tests as in `hetu`, for whole columns."""

from __future__ import annotations

from fit_warehouse.landing.identity.hetu import CENTURIES, CHECK_CHARACTERS, FIRST_NUMBER


def compact(text: str) -> str:
    """Return SQL for a folded text without white space, in capital letters."""
    return rf"upper(regexp_replace({text}, '\s', '', 'g'))"


def is_dated(code: str) -> str:
    """Return SQL: whether a compact code has a real day and a number that a person may have."""
    marks = " ".join(
        f"when contains('{marks}', {code}[7]) then '{century}'"
        for century, marks in CENTURIES.items()
    )
    day = f"(case {marks} end || {code}[5:6] || '-' || {code}[3:4] || '-' || {code}[1:2])"
    return (
        f"(try_cast({day} as date) is not null"
        f" and coalesce(try_cast({code}[8:10] as integer), 0) >= {FIRST_NUMBER})"
    )


def is_checked(code: str) -> str:
    """Return SQL: whether the check character of a compact code is the one its digits give."""
    digits = f"try_cast({code}[1:6] || {code}[8:10] as integer)"
    return f"(coalesce('{CHECK_CHARACTERS}'[{digits} % 31 + 1], '') = {code}[11])"
