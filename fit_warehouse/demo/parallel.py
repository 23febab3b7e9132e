"""Work through blocks in order, in this process or in several."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

# Results that wait for their turn take memory, so each process is at most this far ahead.
AHEAD = 2


def in_order(
    task: Callable[[Work], Result], work: Iterable[Work], processes: int
) -> Iterator[Result]:
    """Yield `task(item)` for every item, in the order of the items.

    Processes are spawned on every system: a fork would copy the locks of running threads, and
    Windows has none. What is yielded does not depend on their number.
    """
    if processes == 1:
        yield from map(task, work)
        return
    pending: deque[Future[Result]] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_share_processors) as pool:
        try:
            for item in work:
                pending.append(pool.submit(task, item))
                if len(pending) >= AHEAD * processes:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _share_processors() -> None:
    # A process per processor, so no process needs threads of its own. Read when polars starts.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
