"""Who comes to a service, how many are served at once, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fit_metrics._arrays import FloatArray, as_column
from fit_metrics._options import exact_integer, finite_number


class ServiceTimes(Protocol):
    """Service times: a mean and random values (:class:`Gamma`, :class:`Pert`, observed ones …)."""

    @property
    def mean(self) -> float:
        """Expected value."""
        ...

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        ...


class ObservedTimes:
    """Service times drawn from those that were seen.

    Parameters
    ----------
    values : sequence of float
        Times in the unit of the arrival rate; 0 or more, at least one.

    Raises
    ------
    ValueError
        No value, a missing or a negative one.
    """

    def __init__(self, values: Sequence[float]) -> None:
        self._values = as_column("values", values)
        if not self._values.size or not (self._values >= 0.0).all():
            raise ValueError("values must have at least one time, and none missing or below 0")

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(self._values.mean())

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Give random values, shape (size,)."""
        return rng.choice(self._values, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """A service with one line: who comes, and how many are served at once for how long.

    Attributes
    ----------
    arrival_rate : float
        New clients for each unit of time, at random moments (Poisson).
    servers : int
        Clients who are served at the same time.
    service : ServiceTimes
        How long a client is served, in the same unit.

    Raises
    ------
    ValueError
        An arrival rate not above 0, or no server.
    """

    arrival_rate: float
    servers: int
    service: ServiceTimes

    def __post_init__(self) -> None:
        """Refuse what is no service."""
        if finite_number("arrival_rate", self.arrival_rate) <= 0.0:
            raise ValueError(f"arrival_rate is {self.arrival_rate!r}: it must be above 0")
        exact_integer("servers", self.servers, minimum=1)

    @property
    def utilisation(self) -> float:
        """Arrival rate times mean service over the servers; from 1 on the line grows for ever."""
        return self.arrival_rate * self.service.mean / self.servers


def drawn_clients(plan: QueuePlan, horizon: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Give arrivals and service times; each has its own stream, so that plans can share them."""
    coming, serving = (np.random.default_rng([seed, stream]) for stream in (0, 1))
    arrivals = np.empty(0)
    while not arrivals.size or arrivals[-1] <= horizon:
        steps = coming.exponential(size=1000) / plan.arrival_rate
        arrivals = np.concatenate(
            [arrivals, steps.cumsum() + (arrivals[-1] if arrivals.size else 0)]
        )
    arrivals = arrivals[arrivals <= horizon]
    services = np.asarray(plan.service.draw(serving, arrivals.size), dtype=np.float64)
    if services.shape != arrivals.shape or not (services >= 0.0).all():
        raise ValueError("service must draw one time for each client, none missing or below 0")
    return arrivals, services
