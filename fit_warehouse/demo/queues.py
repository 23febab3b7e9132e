"""How long clients wait: a queue in each service that drains when episodes end early.

The queue is a fluid one, solved by month for the whole organisation and without any chance. A service
takes in as many as are referred while nobody uses FIT, so its mean wait stays. As its teams adopt FIT,
the mean time in service falls from L0 to L1; throughput rises with L0 / L, and a part of the surplus
goes to the queue. The wait is the queue through the throughput (Little's law).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fit_warehouse.demo.parameters import Calendar, Parameters
from fit_warehouse.demo.randomness import Floats, Ints
from fit_warehouse.demo.working_time import day_number

DAYS_PER_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Waits:
    """Mean waits of the services, days.

    Attributes
    ----------
    months : (n_months,) array
        The months of the period, counted from January 1970.
    usual : (n_services,) array
        Mean wait while nobody uses FIT.
    mean : (n_services, n_months) array
        Mean wait as FIT is used.
    """

    months: Ints
    usual: Floats
    mean: Floats

    def on(self, service: Ints, day: Ints) -> Floats:
        """Return the mean wait of each service on each day; days outside have the nearest month's."""
        month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        place = np.clip(month - self.months[0], 0, self.months.size - 1)
        mean: Floats = self.mean[service, place]
        return mean


def months_of(calendar: Calendar) -> Ints:
    """Return the months from the first opening to the last one, counted from January 1970."""
    bounds = np.array([day_number(calendar.first_opening), day_number(calendar.last_opening)])
    first, last = bounds.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.arange(first, last + 1, dtype=np.int64)


def usual_waits(parameters: Parameters) -> Waits:
    """Return waits that stay as they are while nobody uses FIT."""
    months = months_of(parameters.calendar)
    usual = np.array([service.wait_days for service in parameters.services], dtype=np.float64)
    return Waits(months, usual, np.repeat(usual[:, np.newaxis], months.size, axis=1))


def shortened(parameters: Parameters, usual: Waits, with_fit: Floats, ratio: Floats) -> Waits:
    """Return the waits of services whose teams adopt FIT.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    usual : Waits
        Waits without FIT.
    with_fit : (n_services, n_months) array
        Share of each service's posts that use FIT in a month.
    ratio : (n_services,) array
        Mean time in service with FIT to the one without, L1 / L0.
    """
    rules = parameters.queue
    length = 1.0 + with_fit * (ratio[:, np.newaxis] - 1.0)
    # Arrivals are one a day, so the queue is counted in days of arrivals.
    surplus = rules.share_used * (1.0 / length - 1.0)
    shortest = rules.shortest_share * usual.usual
    # Where FIT makes episodes longer the queue grows, and must not do so without end either.
    longest = usual.usual / rules.shortest_share
    mean = np.empty_like(surplus)
    queue = usual.usual.copy()
    for month in range(usual.months.size):
        throughput = 1.0 + surplus[:, month]
        mean[:, month] = np.clip(queue / throughput, shortest, longest)
        queue = mean[:, month] * throughput - surplus[:, month] * DAYS_PER_MONTH
    return Waits(usual.months, usual.usual, mean)
