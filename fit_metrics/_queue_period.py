"""A queue over a period too short to settle in: it begins with its line and all its places taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

import numpy as np

from fit_metrics._arrays import FloatArray, as_column
from fit_metrics._counts import read_only
from fit_metrics._means import mean_interval
from fit_metrics._options import check_level, exact_integer, finite_number, non_negative
from fit_metrics._queue_events import served
from fit_metrics.results import MeanEstimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueuePeriod:
    """What is known of a service over a period.

    Attributes
    ----------
    arrival_rate : float
        New clients for each unit of time, at random moments (Poisson).
    length : float
        Length of the period.
    mean_wait : float
        Mean wait at its beginning: the line then is those who came within that time.
    times : ndarray, shape (n,)
        Service times that were seen, in the same unit; drawn from with equal chances. Read-only.

    Raises
    ------
    ValueError
        A rate, a length or a mean of the times that is not above 0, a negative wait or time.
    """

    arrival_rate: float
    length: float
    mean_wait: float
    times: FloatArray

    def __post_init__(self) -> None:
        """Refuse what is no service."""
        for name in ("arrival_rate", "length"):
            if finite_number(name, getattr(self, name)) <= 0.0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be above 0")
        non_negative("mean_wait", self.mean_wait)
        times = as_column("times", self.times)
        if not (times >= 0.0).all() or not times.sum() > 0.0:
            raise ValueError("times must have a mean above 0, and none missing or below 0")
        object.__setattr__(self, "times", read_only(times.copy()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedPeriod:
    """Replications of a period; each number is a mean over them with its interval.

    Attributes
    ----------
    mean_wait : MeanEstimate
        Wait of those who come in the period, followed to their start.
    waiting_at_end : MeanEstimate
        Number of those who wait when it ends.
    shares_waiting : tuple of MeanEstimate
        Of those who come in it, the share that waits longer than each of `longer_than`.
    longer_than : tuple of float
        The times of `shares_waiting`.
    waits : ndarray, shape (replications,)
        The mean wait of each replication, nan where nobody came. Read-only.
    """

    mean_wait: MeanEstimate
    waiting_at_end: MeanEstimate
    shares_waiting: tuple[MeanEstimate, ...]
    longer_than: tuple[float, ...]
    waits: FloatArray


def simulate_period(
    period: QueuePeriod,
    *,
    servers: SupportsIndex,
    replications: SupportsIndex,
    seed: SupportsIndex,
    times: Sequence[float] | FloatArray | None = None,
    longer_than: Sequence[SupportsFloat] = (),
    level: float = 0.95,
) -> SimulatedPeriod:
    """Give the waits of a period that begins with a line, by discrete-event simulation.

    Parameters
    ----------
    period : QueuePeriod
        The service.
    servers : int
        Clients who are served at the same time.
    replications : int
        Independent replications, at least 2.
    seed : int
        0 or more. The same seed gives the same clients, whatever `servers` and `times`.
    times : array_like, shape (n,), optional
        How long the clients of `period.times` would be served otherwise, one for each.
    longer_than : sequence of float
        Times to count the waits beyond, 0 or more.
    level : float
        Coverage of the intervals over replications, between 0 and 1.

    Returns
    -------
    SimulatedPeriod
        Replications in which nobody came are left out of the waits and counted as missing.

    Raises
    ------
    ValueError
        An argument breaks its rule.
    ImportError
        simpy is not installed (extra ``queue``).

    Notes
    -----
    At the beginning every server has a client, drawn with chances as long as the times and met at a
    moment drawn evenly within it. Other times make the stay of these clients longer or shorter too.
    Clients take the servers in the order of their arrival. The mean wait is nearly the same in any
    order that does not look at the times; the shares are not, and for them the next client is drawn
    at random among those who wait. Arrivals go on after the period, and so do the times.

    The interval is that of the mean over independent replications (Student's t) and says how well
    the simulation is known, not how well the service is.

    References
    ----------
    .. [1] Law, A. M. (2015). Simulation modeling and analysis (5th ed.), sections 9.5 and 11.2.
       McGraw-Hill.

    Examples
    --------
    A client a day, 50 days each: 50 places keep the line as it is.

    >>> period = QueuePeriod(arrival_rate=1.0, length=365, mean_wait=30.0, times=np.full(9, 50.0))
    >>> found = simulate_period(period, servers=50, replications=50, seed=1)
    >>> found.mean_wait.ci_low < 30 < found.mean_wait.ci_high
    True
    """
    places = exact_integer("servers", servers, minimum=1)
    count = exact_integer("replications", replications, minimum=2)
    root = exact_integer("seed", seed, minimum=0)
    limits = tuple(non_negative("longer_than", limit) for limit in longer_than)
    other = period.times if times is None else as_column("times", times)
    if other.shape != period.times.shape or not (other >= 0.0).all():
        raise ValueError("times must be one for each of the period's, none missing or below 0")
    checked_level = check_level(level)
    found = np.array(
        [_replication(period, places, other, [root, number], limits) for number in range(count)]
    )
    wait, waiting, *shares = (
        mean_interval(values, level=checked_level, missing="omit") for values in found.T
    )
    return SimulatedPeriod(
        mean_wait=wait,
        waiting_at_end=waiting,
        shares_waiting=tuple(shares),
        longer_than=limits,
        waits=read_only(found[:, 0].copy()),
    )


def _replication(
    period: QueuePeriod,
    servers: int,
    times: FloatArray,
    seed: list[int],
    limits: tuple[float, ...],
) -> list[float]:
    """Give the mean wait, the number waiting at the end, and the share beyond each limit."""
    coming, serving, inside, order = (np.random.default_rng([*seed, stream]) for stream in range(4))
    arrivals = _arrivals(period, coming, period.length + max(limits, default=0.0))
    services = times[serving.integers(period.times.size, size=arrivals.size)]
    starts = served(arrivals, services, servers, busy=_residuals(period, times, servers, inside))
    counted = (arrivals >= 0.0) & (arrivals < period.length)
    waiting = float(np.count_nonzero((arrivals < period.length) & (starts >= period.length)))
    if not counted.any():
        return [np.nan, waiting, *(np.nan for _ in limits)]
    found = [float((starts - arrivals)[counted].mean()), waiting]
    if limits:
        waits = _drawn_starts(arrivals, starts, order.random(arrivals.size)) - arrivals
        found += [float(np.mean(waits[counted] > limit)) for limit in limits]
    return found


def _arrivals(period: QueuePeriod, rng: np.random.Generator, until: float) -> FloatArray:
    """Give the moments of arrival; the first are those who wait when the period begins."""
    moments = np.full(1, -float(period.mean_wait))
    while moments[-1] <= until:
        steps = rng.exponential(size=1000) / period.arrival_rate
        moments = np.concatenate([moments, moments[-1] + steps.cumsum()])
    return moments[1:][moments[1:] <= until]


def _residuals(
    period: QueuePeriod, times: FloatArray, servers: int, rng: np.random.Generator
) -> FloatArray:
    """Give for how long those who are in service at the beginning still are."""
    # A row a server, so that more servers have the same clients and further ones.
    drawn, age = rng.random((servers, 2)).T
    reached = period.times.cumsum()
    client = np.searchsorted(reached, drawn * reached[-1], side="right")
    client = np.minimum(client, period.times.size - 1)
    left: FloatArray = np.maximum(times[client] - age * period.times[client], 0.0)
    return left


def _drawn_starts(arrivals: FloatArray, starts: FloatArray, chance: FloatArray) -> FloatArray:
    """Give each client's start when the next one is drawn among those who wait."""
    line: list[int] = []
    drawn = [0.0] * arrivals.size
    came = np.searchsorted(arrivals, starts, side="right").tolist()
    known = 0
    for start, until, share in zip(starts.tolist(), came, chance.tolist(), strict=True):
        line.extend(range(known, until))
        known = max(known, until)
        place = int(share * len(line))
        line[place], line[-1] = line[-1], line[place]
        drawn[line.pop()] = start
    return np.array(drawn)
