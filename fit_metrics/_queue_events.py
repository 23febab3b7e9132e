"""When each client of a line starts, by discrete events: simpy orders them and decides nothing."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from fit_metrics._arrays import FloatArray


def served(
    arrivals: FloatArray, services: FloatArray, servers: int, *, busy: FloatArray | None = None
) -> FloatArray:
    """Give the moment at which each client starts, first come first served.

    Parameters
    ----------
    arrivals : ndarray, shape (n,)
        Moments of arrival in order.
    services : ndarray, shape (n,)
        How long each client is served.
    servers : int
        Clients who are served at the same time.
    busy : ndarray, shape (servers,), optional
        Moments until which the servers have those who were there before. Without it all are free.

    Returns
    -------
    ndarray, shape (n,)
        Not falling, none before the arrival.
    """
    if not arrivals.size:
        return np.empty(0)
    taken = np.empty(0) if busy is None else busy
    opening = float(min(arrivals[0], taken.min(initial=np.inf)))
    environment = _simpy().Environment(initial_time=opening)
    line: deque[int] = deque()
    moments, times = arrivals.tolist(), services.tolist()
    starts = [0.0] * len(moments)
    coming = iter(range(len(moments)))
    free = servers if busy is None else 0

    def begin(client: int) -> None:
        starts[client] = environment.now
        environment.timeout(times[client]).callbacks.append(end)

    def end(_: Any) -> None:
        nonlocal free
        if line:
            begin(line.popleft())
        else:
            free += 1

    def await_next() -> None:
        client = next(coming, None)
        if client is not None:
            # The clock adds up steps, so it may be ahead of the next arrival by rounding.
            step = max(moments[client] - environment.now, 0.0)
            environment.timeout(step, client).callbacks.append(come)

    def come(event: Any) -> None:
        nonlocal free
        await_next()
        if free:
            free -= 1
            begin(event.value)
        else:
            line.append(event.value)

    for moment in taken.tolist():
        environment.timeout(moment - opening).callbacks.append(end)
    await_next()
    environment.run()
    found: FloatArray = np.maximum(np.array(starts), arrivals)
    return found


def _simpy() -> Any:
    try:
        import simpy
    except ImportError as error:
        raise ImportError(
            "simulating a queue needs simpy: install the extra, fit-warehouse[queue]"
        ) from error
    return simpy
