"""Work through blocks in order, in this process alone or together with others."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

# Work that another process has, the piece in hand included: none stands idle while this one works.
AHEAD = 2
# Results that wait for their turn take memory: so many a process, then this one waits as well.
WAITING = 3


def in_order(
    task: Callable[[Work], Result], work: Iterable[Work], processes: int
) -> Iterator[Result]:
    """Yield `task(item)` for every item, in the order of the items.

    This process is one of `processes`: it works while the others start, and what it makes itself
    has not to be sent. The others are spawned on every system: a fork would copy the locks of
    running threads, and Windows has none. What is yielded does not depend on their number.
    """
    if processes == 1:
        yield from map(task, work)
        return
    made: deque[Future[Result]] = deque()
    left = deque(work)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes - 1, context, initializer=_share_processors) as pool:
        try:
            while left:
                busy = sum(not future.done() for future in made)
                # The last one is made here, rather than waited for behind another one.
                if len(left) > 1 and busy < AHEAD * (processes - 1):
                    made.append(pool.submit(task, left.popleft()))
                    continue
                made.append(_done_here(task, left.popleft()))
                while made and (made[0].done() or len(made) > WAITING * processes):
                    yield made.popleft().result()
            while made:
                yield made.popleft().result()
        finally:
            for future in made:
                future.cancel()


def _done_here(task: Callable[[Work], Result], item: Work) -> Future[Result]:
    future: Future[Result] = Future()
    future.set_result(task(item))
    return future


def _share_processors() -> None:
    # A process per processor, so no process needs threads of its own. Read when polars starts.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
