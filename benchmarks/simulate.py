"""Forms a second and peak memory of the synthetic city, as a table.

    .venv/bin/python benchmarks/simulate.py [FORMS ...]

Each city is made by a process of its own, start-up included, in a folder that is removed afterwards.
The reference is what the machine needs to write as many rows without any model: polars fills a frame
of the width of `response` with uniform random numbers and writes it as CSV, in the same run. The
machine is shared, so ratios and processor seconds say more than seconds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psutil
from watching import Cost, row, run, spaced

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


def run_script(folder: Path, program: str, *arguments: object) -> Cost:
    """Run a program from a file: the processes that it starts read it again."""
    script = folder / "program.py"
    script.write_text(program, encoding="utf-8")
    return run(script, *arguments)


def line(forms: int, name: str, cost: Cost, reference: Cost) -> str:
    """Return one line of the table."""
    return row(spaced(forms), name, *cost.cells(reference, spaced(forms / cost.seconds)))


def measure(forms: int) -> None:
    """Print the lines of cities of so many forms."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference = run_script(folder, REFERENCE, folder / "reference.csv", forms)
        print(line(forms, "random rows, no model", reference, reference), flush=True)
        for processes in (1, 2):
            landing = folder / str(processes) / "landing"
            made = run_script(folder, CITY, landing, forms, processes)
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
