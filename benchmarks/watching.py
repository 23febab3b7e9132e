"""Run a Python program of this checkout and watch what it needs."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
PAUSE = 0.02  # seconds between two looks at the processes


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program needed, its child processes included."""

    seconds: float
    processor_seconds: float
    peak_bytes: int

    def cells(self, reference: Cost, *more: str) -> list[str]:
        """Return seconds, processor seconds, `more`, peak MiB and two ratios, as cells of a table."""
        return [
            f"{self.seconds:.1f}",
            f"{self.processor_seconds:.1f}",
            *more,
            spaced(self.peak_bytes / 2**20),
            f"{self.seconds / reference.seconds:.1f}",
            f"{self.processor_seconds / reference.processor_seconds:.1f}",
        ]


def run(*arguments: object) -> Cost:
    """Run Python with some arguments and watch the time and the memory of its processes.

    Raises
    ------
    SystemExit
        When the program fails.
    """
    started = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    peak, used = 0, {}
    while process.poll() is None:
        try:
            family = [process, *process.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
            for member in family:
                times = member.cpu_times()
                used[member.pid] = times.user + times.system
        except psutil.NoSuchProcess:
            pass
        time.sleep(PAUSE)
    if process.returncode:
        raise SystemExit(f"a program ended with exit code {process.returncode}")
    return Cost(time.perf_counter() - started, sum(used.values()), peak)


def spaced(number: float) -> str:
    """Return a whole number with spaces between its thousands."""
    return f"{number:,.0f}".replace(",", " ")


def row(*cells: str) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"
