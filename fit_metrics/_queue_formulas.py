"""The long run of several servers with one line, in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

from fit_metrics._erlang import erlang_c
from fit_metrics._options import exact_integer, finite_number, non_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue in its long run; times in the unit that the rates are given by.

    Attributes
    ----------
    servers : int
        Places that serve at once (workers, or clients that they have at a time).
    offered_load : float
        Arrival rate over service rate: servers that are busy on average.
    utilisation : float
        That over the servers; from 1 on there is no long run.
    probability_of_wait : float
        Share of arrivals that must wait (Erlang C).
    mean_wait : float
        Mean time from arrival to the start of the service, over all.
    mean_waiting : float
        Mean number of those who wait.
    mean_time : float
        Mean time from arrival to the end of the service.
    mean_number : float
        Mean number of those who wait or are served.
    """

    servers: int
    offered_load: float
    utilisation: float
    probability_of_wait: float
    mean_wait: float
    mean_waiting: float
    mean_time: float
    mean_number: float


def mmc(
    *, arrival_rate: SupportsFloat, mean_service: SupportsFloat, servers: SupportsIndex
) -> Queue:
    r"""Give the long run of a queue with random arrivals and exponential service times (M/M/c).

    Parameters
    ----------
    arrival_rate : float
        New clients for each unit of time (a week), 0 or more.
    mean_service : float
        Mean time that a client takes up a place, in the same unit, above 0.
    servers : int
        Places there are, 1 or more.

    Returns
    -------
    Queue
        Where the load is as large as the servers, the wait grows without end: times and numbers are
        infinite.

    Raises
    ------
    ValueError
        A negative rate, no service time, or no server.

    Notes
    -----
    :math:`W_q = C(c, a) \, s / (c - a)` with :math:`a = \lambda s`; the rest by Little's law. Waits
    are longer than this where arrivals come in waves, shorter where service times vary less.

    References
    ----------
    .. [1] Cooper, R. B. (1981). Introduction to queueing theory (2nd ed.), section 3.5.
       North Holland.

    Examples
    --------
    >>> one = mmc(arrival_rate=0.5, mean_service=1, servers=1)
    >>> one.mean_wait, one.mean_waiting, one.mean_number
    (1.0, 0.5, 1.0)
    """
    rate, service, count = _checked(arrival_rate, mean_service, servers)
    load = rate * service
    waits = erlang_c(load, count)
    wait = waits * service / (count - load) if load < count else math.inf
    return Queue(
        servers=count,
        offered_load=load,
        utilisation=load / count,
        probability_of_wait=waits,
        mean_wait=wait,
        mean_waiting=rate * wait,
        mean_time=wait + service,
        mean_number=rate * wait + load,
    )


def mmc_wait_longer_than(
    time: SupportsFloat,
    *,
    arrival_rate: SupportsFloat,
    mean_service: SupportsFloat,
    servers: SupportsIndex,
) -> float:
    r"""Give the share of clients who wait longer than a time in an M/M/c queue.

    Parameters
    ----------
    time : float
        The time, 0 or more (a promise such as 7 or 90 days, in the unit of the rates).
    arrival_rate, mean_service, servers
        As in :func:`mmc`; first come, first served.

    Returns
    -------
    float
        :math:`C(c, a) e^{-(c - a) t / s}`; 1 where there is no long run.

    Raises
    ------
    ValueError
        A negative time or rate, no service time, or no server.

    Examples
    --------
    >>> round(mmc_wait_longer_than(1, arrival_rate=0.5, mean_service=1, servers=1), 4)
    0.3033
    """
    limit = non_negative("time", time)
    rate, service, count = _checked(arrival_rate, mean_service, servers)
    load = rate * service
    if load >= count:
        return 1.0
    return erlang_c(load, count) * math.exp(-(count - load) * limit / service)


def _checked(
    arrival_rate: SupportsFloat, mean_service: SupportsFloat, servers: SupportsIndex
) -> tuple[float, float, int]:
    service = finite_number("mean_service", mean_service)
    if service <= 0.0:
        raise ValueError(f"mean_service is {mean_service!r}: it must be above 0")
    return (
        non_negative("arrival_rate", arrival_rate),
        service,
        exact_integer("servers", servers, minimum=1),
    )
