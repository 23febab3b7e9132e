"""Working time: a clock that runs on working days, slowly in July and at Christmas, never on closed days.

Days are whole numbers since 1970-01-01. Sessions are spaced on this clock and mapped back to days,
which gives weekends, holidays and the summer dip without moving a session past its neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from fit_warehouse.demo.parameters import Calendar
from fit_warehouse.demo.randomness import Floats, Ints

EPOCH = date(1970, 1, 1)
# What opens on the last day still needs days after it to be mapped to.
MARGIN_DAYS = 900


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Working time elapsed at the end of each day.

    Attributes
    ----------
    first_day : int
        Day number of the first entry.
    elapsed : (n_days,) array
        Cumulative intensity; an ordinary weekday counts 1.
    """

    first_day: int
    elapsed: Floats

    def at(self, day: Ints) -> Floats:
        """Return the working time elapsed before `day` begins."""
        index = day - self.first_day
        return np.where(index > 0, self.elapsed[np.maximum(index - 1, 0)], 0.0)

    def day(self, time: Floats) -> Ints:
        """Return the day on which the working time `time` falls; never a closed day."""
        index = np.searchsorted(self.elapsed, time, side="right")
        return self.first_day + np.minimum(index, self.elapsed.size - 1).astype(np.int64)


def working_time(calendar: Calendar) -> WorkingTime:
    """Return the working clock of the whole period."""
    first = day_number(calendar.first_opening)
    last = day_number(calendar.last_opening) + MARGIN_DAYS
    numbers = np.arange(first, last + 1, dtype=np.int64)
    month_day = np.array([text[5:] for text in numbers.astype("datetime64[D]").astype(str)])
    # 1970-01-01 was a Thursday.
    intensity = np.where((numbers + 3) % 7 < 5, 1.0, 0.0)
    intensity[(month_day >= "07-01") & (month_day <= "07-31")] *= calendar.july_intensity
    around_christmas = (month_day >= "12-20") | (month_day <= "01-05")
    intensity[around_christmas] *= calendar.christmas_intensity
    intensity[np.isin(month_day, calendar.closed_days)] = 0.0
    return WorkingTime(first_day=first, elapsed=np.cumsum(intensity))
