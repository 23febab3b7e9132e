"""How many places a service has, from the wait that was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import SupportsIndex

from fit_metrics._queue_period import QueuePeriod, simulate_period


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedServers:
    """The number of servers whose simulated mean wait comes nearest to the one that was seen.

    Attributes
    ----------
    servers : int
        That number.
    mean_wait : float
        Its simulated mean wait.
    misfit : float
        Simulated less seen. One server more or less would be farther off.
    """

    servers: int
    mean_wait: float
    misfit: float


def fit_servers(
    period: QueuePeriod, *, replications: SupportsIndex, seed: SupportsIndex
) -> FittedServers:
    """Give the number of servers that keeps the mean wait of a period as it was.

    Parameters
    ----------
    period : QueuePeriod
        The service; its `mean_wait` must be above 0, or any large number would do.
    replications, seed
        As in :func:`simulate_period`, which then gives the same mean wait.

    Returns
    -------
    FittedServers
        Few servers are far apart: it is for the caller to say which misfit is too large.

    Raises
    ------
    ValueError
        An argument breaks its rule.
    ImportError
        simpy is not installed (extra ``queue``).

    Examples
    --------
    A client a week, 20 weeks each: about 20 places.

    >>> period = QueuePeriod(arrival_rate=1 / 7, length=365, mean_wait=60.0, times=[140.0])
    >>> fit_servers(period, replications=50, seed=1).servers
    20
    """
    target = float(period.mean_wait)
    if not target > 0.0:
        raise ValueError(f"mean_wait is {period.mean_wait!r}: it must be above 0")

    @cache
    def wait(servers: int) -> float:
        found = simulate_period(period, servers=servers, replications=replications, seed=seed)
        return found.mean_wait.estimate

    guess = max(1, round(period.arrival_rate * float(period.times.mean())))
    low, high = _bracket(guess, lambda servers: wait(servers) >= target)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wait(middle) >= target else (low, middle)
    best = min((servers for servers in (low, high) if servers), key=lambda c: abs(wait(c) - target))
    return FittedServers(servers=best, mean_wait=wait(best), misfit=wait(best) - target)


def _bracket(guess: int, is_over: Callable[[int], bool]) -> tuple[int, int]:
    """Give two numbers of servers, the wait over at the lower one and not at the higher; 0 is over."""
    step = max(1, guess // 50)
    if is_over(guess):
        low, high = guess, guess + step
        while is_over(high):
            step *= 2
            low, high = high, high + step
        return low, high
    low, high = max(guess - step, 0), guess
    while low and not is_over(low):
        step *= 2
        low, high = max(low - step, 0), low
    return low, high
