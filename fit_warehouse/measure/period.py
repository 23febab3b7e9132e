"""Which quarters may be published, and the twelve months that the pages speak of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date


def quarter_start(day: date) -> date:
    """Return the first day of the quarter that a day is in."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def last_published_quarter_end(as_of: date, calendar_days: int) -> date:
    """Return the end of the latest quarter that ended at least `calendar_days` before `as_of`.

    Late forms and closings come in for some weeks after a quarter's end; what is published once
    does not change afterwards.

    Examples
    --------
    >>> last_published_quarter_end(date(2026, 10, 31), 30), last_published_quarter_end(date(2026, 10, 29), 30)
    (datetime.date(2026, 9, 30), datetime.date(2026, 6, 30))
    """
    end = quarter_start(as_of) - timedelta(days=1)
    while end + timedelta(days=calendar_days) > as_of:
        end = quarter_start(end) - timedelta(days=1)
    return end


def shifted(start: date, quarters: int) -> date:
    """Return the first day of the quarter so many quarters after (before) the one given.

    Examples
    --------
    >>> shifted(date(2026, 1, 1), -1), shifted(date(2026, 7, 1), 2)
    (datetime.date(2025, 10, 1), datetime.date(2027, 1, 1))
    """
    index = 4 * start.year + (start.month - 1) // 3 + quarters
    return date(index // 4, 3 * (index % 4) + 1, 1)


def twelve_months(as_of: date, calendar_days: int) -> Period:
    """Return the four latest quarters that may be published."""
    end = last_published_quarter_end(as_of, calendar_days)
    return Period(shifted(quarter_start(end), -3), end)
