"""Queues: what freed capacity does to waiting, in closed form and by simulation."""

from __future__ import annotations

from fit_metrics._erlang import erlang_b, erlang_c, littles_law
from fit_metrics._queue_change import QueueChange, compare_queues
from fit_metrics._queue_fit import FittedServers, fit_servers
from fit_metrics._queue_formulas import Queue, mmc, mmc_wait_longer_than
from fit_metrics._queue_period import QueuePeriod, SimulatedPeriod, simulate_period
from fit_metrics._queue_plan import ObservedTimes, QueuePlan, ServiceTimes
from fit_metrics._queue_simulation import SimulatedQueue, simulate

__all__ = [
    "FittedServers",
    "ObservedTimes",
    "Queue",
    "QueueChange",
    "QueuePeriod",
    "QueuePlan",
    "ServiceTimes",
    "SimulatedPeriod",
    "SimulatedQueue",
    "compare_queues",
    "erlang_b",
    "erlang_c",
    "fit_servers",
    "littles_law",
    "mmc",
    "mmc_wait_longer_than",
    "simulate",
    "simulate_period",
]
