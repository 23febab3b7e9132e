"""Queues: what freed capacity does to waiting, in closed form and by simulation."""

from __future__ import annotations

from fit_metrics._erlang import erlang_b, erlang_c, littles_law
from fit_metrics._queue_change import QueueChange, compare_queues
from fit_metrics._queue_formulas import Queue, mmc, mmc_wait_longer_than
from fit_metrics._queue_plan import ObservedTimes, QueuePlan, ServiceTimes
from fit_metrics._queue_simulation import SimulatedQueue, simulate

__all__ = [
    "ObservedTimes",
    "Queue",
    "QueueChange",
    "QueuePlan",
    "ServiceTimes",
    "SimulatedQueue",
    "compare_queues",
    "erlang_b",
    "erlang_c",
    "littles_law",
    "mmc",
    "mmc_wait_longer_than",
    "simulate",
]
