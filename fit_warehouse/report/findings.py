"""Which sentence fits the numbers: rules that hedge where intervals overlap."""

from __future__ import annotations

from collections.abc import Sequence

from fit_warehouse.report.page import Interval


def difference(higher: Interval, lower: Interval) -> int:
    """Return 1 when the first interval lies wholly above the second, -1 below, 0 when they overlap."""
    if higher.low > lower.high:
        return 1
    return -1 if higher.high < lower.low else 0


def sign(change: Interval) -> int:
    """Return 1 when an interval lies wholly above zero, -1 below, 0 when it holds zero."""
    return difference(change, Interval(0.0, 0.0, 0.0))


def direction(signs: Sequence[int]) -> str:
    """Name what several groups say together.

    Parameters
    ----------
    signs
        One of -1, 0, 1 a group.

    Returns
    -------
    str
        `more` or `less` when all agree, `unclear` when none is clear, `some_more` when some rise
        and none falls, else `mixed`; `unknown` without groups.
    """
    found = set(signs)
    if not found:
        return "unknown"
    if len(found) == 1:
        return {1: "more", 0: "unclear", -1: "less"}[found.pop()]
    return "mixed" if -1 in found else "some_more"
