"""A queue followed client by client, for service times that no closed form has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._counts import read_only
from fit_metrics._means import mean_interval
from fit_metrics._options import check_level, exact_integer, finite_number, non_negative
from fit_metrics._queue_events import served
from fit_metrics._queue_plan import QueuePlan, drawn_clients
from fit_metrics.results import MeanEstimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedQueue:
    """Replications of a queue; each number is a mean over them with its interval.

    Attributes
    ----------
    mean_wait : MeanEstimate
        Time from arrival to the start of the service, in the unit of the rates.
    mean_waiting : MeanEstimate
        Number of those who wait, over time.
    share_waiting : MeanEstimate
        Share of clients who wait longer than `longer_than`.
    longer_than : float
        The time of `share_waiting`.
    utilisation : float
        As in :class:`QueuePlan`, from the plan and not from the replications.
    is_stable : bool
        Whether it is below 1; otherwise waits depend on how long is simulated.
    waits : ndarray, shape (replications,)
        The mean wait of each replication. Read-only.
    n_clients : int
        Clients counted, over all replications.
    """

    mean_wait: MeanEstimate
    mean_waiting: MeanEstimate
    share_waiting: MeanEstimate
    longer_than: float
    utilisation: float
    is_stable: bool
    waits: FloatArray
    n_clients: int


def simulate(
    plan: QueuePlan,
    *,
    horizon: SupportsFloat,
    warm_up: SupportsFloat,
    replications: SupportsIndex,
    rng: np.random.Generator,
    longer_than: SupportsFloat = 0.0,
    level: float = 0.95,
) -> SimulatedQueue:
    """Give waits and lengths of a queue by discrete-event simulation.

    Parameters
    ----------
    plan : QueuePlan
        The service.
    horizon : float
        Time that is simulated in each replication, from an empty service.
    warm_up : float
        Time at its beginning that is not counted, below `horizon`.
    replications : int
        Independent replications, at least 2.
    rng : numpy.random.Generator
        Source of their random numbers.
    longer_than : float
        Time to count the waits beyond, 0 or more.
    level : float
        Coverage of the intervals over replications, between 0 and 1.

    Returns
    -------
    SimulatedQueue
        Replications in which nobody came after the warm-up are left out of the waits and counted
        as missing.

    Raises
    ------
    ValueError
        An argument breaks its rule, or a service time is missing or negative.
    ImportError
        simpy is not installed (extra ``queue``).

    Notes
    -----
    First come, first served; arrivals at random with one rate; nobody leaves the line; servers
    neither pause nor differ. Clients who came after the warm-up and before the horizon are followed
    until they are served, so no wait is cut off. The interval is that of the mean over independent
    replications (Student's t) and says how well the simulation is known, not how well the service
    is.

    References
    ----------
    .. [1] Law, A. M. (2015). Simulation modeling and analysis (5th ed.), section 9.5.
       McGraw-Hill.

    Examples
    --------
    >>> from fit_metrics.cost_effect import Gamma
    >>> plan = QueuePlan(arrival_rate=2, servers=3, service=Gamma(shape=1, scale=1))
    >>> found = simulate(
    ...     plan, horizon=300, warm_up=50, replications=20, rng=np.random.default_rng(1)
    ... )
    >>> found.mean_wait.ci_low < 0.444 < found.mean_wait.ci_high
    True
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {rng!r}: it must be a numpy.random.Generator")
    count = exact_integer("replications", replications, minimum=2)
    seeds = rng.integers(2**63, size=count).tolist()
    return replicated(plan, seeds, horizon, warm_up, longer_than, check_level(level))


def replicated(
    plan: QueuePlan,
    seeds: list[int],
    horizon: SupportsFloat,
    warm_up: SupportsFloat,
    longer_than: SupportsFloat,
    level: float,
) -> SimulatedQueue:
    end, start = finite_number("horizon", horizon), non_negative("warm_up", warm_up)
    limit = non_negative("longer_than", longer_than)
    if not start < end:
        raise ValueError(f"warm_up is {warm_up!r} and horizon is {horizon!r}: it must be shorter")
    means, lengths, shares, clients = [], [], [], 0
    for seed in seeds:
        arrivals, waits = one_replication(plan, end, seed)
        counted = waits[arrivals >= start]
        clients += counted.size
        means.append(float(counted.mean()) if counted.size else np.nan)
        shares.append(float(np.mean(counted > limit)) if counted.size else np.nan)
        within = np.clip(arrivals + waits, start, end) - np.clip(arrivals, start, end)
        lengths.append(within.sum() / (end - start))
    return SimulatedQueue(
        mean_wait=mean_interval(means, level=level, missing="omit"),
        mean_waiting=mean_interval(lengths, level=level),
        share_waiting=mean_interval(shares, level=level, missing="omit"),
        longer_than=limit,
        utilisation=plan.utilisation,
        is_stable=plan.utilisation < 1.0,
        waits=read_only(np.array(means)),
        n_clients=clients,
    )


def one_replication(plan: QueuePlan, horizon: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Give the moments of arrival up to the horizon, and the wait of each client."""
    arrivals, services = drawn_clients(plan, horizon, seed)
    waits = served(arrivals, services, plan.servers) - arrivals
    # The clock adds up steps: what differs from 0 by rounding only has not waited.
    waits[waits < 1e-12 * max(horizon, 1.0)] = 0.0
    return arrivals, waits
