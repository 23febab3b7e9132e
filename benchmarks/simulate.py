"""Forms a second and peak memory of the synthetic city, as a table.

    .venv/bin/python benchmarks/simulate.py [FORMS ...]

Each city is made by a process of its own, start-up included, in a folder that is removed afterwards.
The reference is what the machine needs to write as many rows without any model: polars fills a frame
of the width of `response` with uniform random numbers and writes it as CSV, in the same run. The
machine is shared, so ratios and processor seconds say more than seconds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
PAUSE = 0.02  # seconds between two looks at the processes
CITY = """
import sys
from pathlib import Path
from fit_warehouse.demo import make_city
if __name__ == "__main__":
    make_city(Path(sys.argv[1]), forms=int(sys.argv[2]), processes=int(sys.argv[3]))
"""
REFERENCE = """
import sys
import numpy as np
import polars as pl
rng = np.random.default_rng(1)
left, chunk = int(sys.argv[2]), 250_000
with open(sys.argv[1], "wb") as file:
    while left > 0:
        size = min(chunk, left)
        frame = pl.DataFrame({f"column_{n}": rng.random(size) for n in range(20)})
        frame.write_csv(file, include_header=False, float_precision=6)
        left -= size
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program needed, its child processes included."""

    seconds: float
    processor_seconds: float
    peak_bytes: int


def run(folder: Path, program: str, *arguments: str) -> Cost:
    """Run a program and watch the time and the memory of its processes."""
    script = folder / "program.py"
    script.write_text(program, encoding="utf-8")
    started = time.perf_counter()
    process = psutil.Popen([sys.executable, str(script), *arguments], cwd=ROOT, env=environment())
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
        raise SystemExit(f"a city could not be made: exit code {process.returncode}")
    return Cost(time.perf_counter() - started, sum(used.values()), peak)


def environment() -> dict[str, str]:
    """Return the environment in which this checkout's packages are found first."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def line(forms: int, name: str, cost: Cost, reference: Cost) -> str:
    """Return one line of the table."""
    cells = [
        f"{forms:,}".replace(",", " "),
        name,
        f"{cost.seconds:.1f}",
        f"{cost.processor_seconds:.1f}",
        f"{forms / cost.seconds:,.0f}".replace(",", " "),
        f"{cost.peak_bytes / 2**20:,.0f}".replace(",", " "),
        f"{cost.seconds / reference.seconds:.1f}",
        f"{cost.processor_seconds / reference.processor_seconds:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def measure(forms: int) -> None:
    """Print the lines of cities of so many forms."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = run(folder, REFERENCE, str(folder / "reference.csv"), str(forms))
        print(line(forms, "random rows, no model", reference, reference), flush=True)
        for processes in (1, 2):
            landing = folder / str(processes) / "landing"
            made = run(folder, CITY, str(landing), str(forms), str(processes))
            print(line(forms, f"city, {processes} process(es)", made, reference), flush=True)


def main(sizes: list[int]) -> None:
    """Print the table, under the number of the machine's cores."""
    print(f"{psutil.cpu_count()} cores\n")
    print("| forms | what | s | CPU s | forms/s | peak MiB | s ratio | CPU ratio |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for forms in sizes:
        measure(forms)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100_000, 1_000_000, 3_000_000])
