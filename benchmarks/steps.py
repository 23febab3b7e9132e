"""Seconds and peak memory of each step of the main job, as a table.

    .venv/bin/python benchmarks/steps.py [FORMS ...]

Each step is a process of its own, imports included, in a home folder that is removed afterwards.
The reference is DuckDB alone reading the same CSV files as text and writing them as Parquet: what
the machine needs to touch the data once. The machine is shared, so ratios say more than seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

STEPS = {
    "land": ("land", "--landing", "landing"),
    "build": ("build",),
    "measure": ("measure",),
    "check": ("check",),
    "publish": ("publish",),
}
PAUSE = 0.02  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step needed."""

    seconds: float
    peak_bytes: int


def run(arguments: tuple[str, ...], folder: Path, environment: dict[str, str]) -> Cost:
    """Run a step and watch the memory of its process and of those that it starts."""
    started = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, "-m", "fit_warehouse", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    peak = 0
    while process.poll() is None:
        try:
            family = [process, *process.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
        except psutil.NoSuchProcess:
            pass
        time.sleep(PAUSE)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with exit code {process.returncode}")
    return Cost(time.perf_counter() - started, peak)


def reference(folder: Path) -> float:
    """Return the seconds DuckDB alone needs to read the landing files and write them as Parquet."""
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        for number, path in enumerate(sorted(folder.glob("*.csv"))):
            relation = connection.read_csv(str(path), all_varchar=True)
            relation.write_parquet(str(folder.parent / f"reference_{number}.parquet"))
    return time.perf_counter() - started


def measure(forms: int) -> list[str]:
    """Return the table's lines for a city of so many forms."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("FIT_")},
            "FIT_HOME": str(folder / "var"),
            "FIT_PUBLISHED": str(folder / "published"),
            "FIT_PATHS_KEY_FILE": str(folder / "pseudonym.key"),
            "FIT_LAND_MAX_QUARANTINED_SHARE": "0.2",
        }
        made = run(("demo", "landing", "--forms", str(forms)), folder, environment)
        costs = {"demo": made}
        once = reference(folder / "landing")
        for step, arguments in STEPS.items():
            costs[step] = run(arguments, folder, environment)
    lines = [
        f"| {forms:,} | {step} | {cost.seconds:.1f} | {cost.peak_bytes / 2**20:,.0f} | "
        f"{cost.seconds / once:.0f} |"
        for step, cost in costs.items()
    ]
    total = sum(cost.seconds for cost in costs.values())
    return [*lines, f"| {forms:,} | all | {total:.1f} | | {total / once:.0f} |"]


def main(sizes: list[int]) -> None:
    """Print the table."""
    print("| forms | step | seconds | peak MiB | ratio to reading once |")
    print("| ---: | --- | ---: | ---: | ---: |")
    for forms in sizes:
        for line in measure(forms):
            print(line.replace(",", " "), flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10_000, 100_000])
