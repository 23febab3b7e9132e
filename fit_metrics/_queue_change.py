"""What a change of a service does to its queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

import numpy as np

from fit_metrics._means import mean_interval
from fit_metrics._options import check_level, exact_integer
from fit_metrics._queue_plan import QueuePlan
from fit_metrics._queue_simulation import SimulatedQueue, replicated
from fit_metrics.results import MeanEstimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueueChange:
    """A queue before and after a change, with the same clients in both.

    Attributes
    ----------
    before, after : SimulatedQueue
        Either queue.
    wait_change : MeanEstimate
        Mean wait after less before; below 0 where waits become shorter.
    """

    before: SimulatedQueue
    after: SimulatedQueue
    wait_change: MeanEstimate


def compare_queues(
    before: QueuePlan,
    after: QueuePlan,
    *,
    horizon: SupportsFloat,
    warm_up: SupportsFloat,
    replications: SupportsIndex,
    rng: np.random.Generator,
    longer_than: SupportsFloat = 0.0,
    level: float = 0.95,
) -> QueueChange:
    """Give what freed capacity (more places, shorter services) does to waiting.

    Parameters
    ----------
    before, after : QueuePlan
        The service without and with the change.
    horizon, warm_up, replications, rng, longer_than, level
        As in :func:`simulate`.

    Returns
    -------
    QueueChange
        Both plans get the same random numbers, so that their difference is known better than
        either.

    Raises
    ------
    ValueError
        An argument breaks its rule.
    ImportError
        simpy is not installed (extra ``queue``).

    Examples
    --------
    >>> from fit_metrics.cost_effect import Gamma
    >>> now = QueuePlan(arrival_rate=2, servers=12, service=Gamma(shape=2, scale=2.8))
    >>> shorter = QueuePlan(arrival_rate=2, servers=12, service=Gamma(shape=2, scale=2.6))
    >>> change = compare_queues(
    ...     now, shorter, horizon=400, warm_up=100, replications=20, rng=np.random.default_rng(1)
    ... )
    >>> change.wait_change.ci_high < 0
    True
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {rng!r}: it must be a numpy.random.Generator")
    count = exact_integer("replications", replications, minimum=2)
    checked_level = check_level(level)
    seeds = rng.integers(2**63, size=count).tolist()
    first, second = (
        replicated(plan, seeds, horizon, warm_up, longer_than, checked_level)
        for plan in (before, after)
    )
    return QueueChange(
        before=first,
        after=second,
        wait_change=mean_interval(second.waits - first.waits, level=checked_level, missing="omit"),
    )
