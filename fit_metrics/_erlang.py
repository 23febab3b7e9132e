"""Little's law and Erlang's formulas."""

from __future__ import annotations

import math
from typing import SupportsFloat, SupportsIndex

from fit_metrics._options import exact_integer, non_negative


def littles_law(
    *,
    mean_number: SupportsFloat | None = None,
    arrival_rate: SupportsFloat | None = None,
    mean_time: SupportsFloat | None = None,
) -> float:
    """Give the third of mean number, arrival rate and mean time from the other two.

    Parameters
    ----------
    mean_number : float, optional
        Mean number in the queue (or in the service, or in both).
    arrival_rate : float, optional
        Arrivals for each unit of time that enter it.
    mean_time : float, optional
        Mean time that one spends in it.

    Returns
    -------
    float
        The one not given; ``nan`` where it is 0 over 0.

    Raises
    ------
    ValueError
        Not exactly two are given, or one is negative.

    Notes
    -----
    L = lambda W, for every queue that does not grow without end and whatever the order of service.
    Both rate and time must be those of the same clients and period.

    References
    ----------
    .. [1] Little, J. D. C. (1961). A proof for the queuing formula: L = lambda W. Operations
       Research, 9(3), 383-387.

    Examples
    --------
    >>> littles_law(mean_number=60, arrival_rate=20)
    3.0
    """
    given = {"mean_number": mean_number, "arrival_rate": arrival_rate, "mean_time": mean_time}
    known = {name: non_negative(name, x) for name, x in given.items() if x is not None}
    if len(known) != 2:
        raise ValueError(
            f"{len(known)} of mean_number, arrival_rate and mean_time are given: give two of them"
        )
    if "mean_number" not in known:
        return known["arrival_rate"] * known["mean_time"]
    number = known.pop("mean_number")
    (other,) = known.values()
    if other == 0.0:
        return math.nan if number == 0.0 else math.inf
    return number / other


def erlang_b(offered_load: SupportsFloat, servers: SupportsIndex) -> float:
    """Give the share of arrivals that find all servers busy where nobody waits (Erlang B).

    Parameters
    ----------
    offered_load : float
        Arrival rate over service rate, 0 or more.
    servers : int
        0 or more.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        A negative load or number of servers.

    Notes
    -----
    By its recursion over servers, in which nothing overflows or cancels.

    Examples
    --------
    >>> erlang_b(2, 2)
    0.4
    """
    load = non_negative("offered_load", offered_load)
    count = exact_integer("servers", servers, minimum=0)
    blocked = 1.0
    for server in range(1, count + 1):
        blocked *= load
        blocked /= server + blocked
    return blocked


def erlang_c(offered_load: SupportsFloat, servers: SupportsIndex) -> float:
    """Give the share of arrivals that must wait in an M/M/c queue (Erlang C).

    Parameters
    ----------
    offered_load : float
        Arrival rate over service rate, 0 or more.
    servers : int
        1 or more.

    Returns
    -------
    float
        Between 0 and 1; 1 where the load is as large as the servers.

    Raises
    ------
    ValueError
        A negative load, or no server.

    References
    ----------
    .. [1] Cooper, R. B. (1981). Introduction to queueing theory (2nd ed.), section 3.5.
       North Holland.

    Examples
    --------
    >>> erlang_c(1, 1), round(erlang_c(1, 2), 4)
    (1.0, 0.3333)
    """
    load = non_negative("offered_load", offered_load)
    count = exact_integer("servers", servers, minimum=1)
    if load >= count:
        return 1.0
    blocked = erlang_b(load, count)
    utilisation = load / count
    return blocked / (1.0 - utilisation * (1.0 - blocked))
