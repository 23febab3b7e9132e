"""Seconds, processor seconds and peak memory of landing, as a table.

    .venv/bin/python benchmarks/land.py [--folder FOLDER] [FORMS ...]

The files of each size are made once below FOLDER and used again. The reference is DuckDB alone
reading the same CSV files, every column as text, and writing them as zstd Parquet, with two threads,
in a process of its own right before. Landing checks, pseudonymises and hashes the same rows. Then a
day of 5 000 forms is landed onto that store, and versions are resolved over all of it. The machine is
shared, so ratios and processor seconds say more than seconds.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from watching import ROOT, Cost, row, run, spaced

sys.path.insert(0, str(ROOT))  # this checkout comes first

from fit_warehouse.demo import make_city

DAY = 5_000
REFERENCE = """
import sys
from pathlib import Path
import duckdb
connection = duckdb.connect(config={"threads": 2})
connection.execute("set enable_progress_bar = false")
for path in sorted(Path(sys.argv[1]).glob("*.csv")):
    target = Path(sys.argv[2]) / f"{path.stem}.parquet"
    connection.execute(
        f"copy (from read_csv('{path}', all_varchar = true)) "
        f"to '{target}' (format parquet, compression zstd)"
    )
"""
STEP = """
import sys
from pathlib import Path
from fit_warehouse.home import Home
from fit_warehouse.landing import resolve
from fit_warehouse.landing.land import land
from fit_warehouse.settings import Paths, Settings
step, home, landing, key = sys.argv[1], *map(Path, sys.argv[2:5])
settings = Settings(paths=Paths(home=home, landing=landing, key_file=key))
with Home(home).locked():
    if step == "land":
        refused = land(settings, Home(home)).refused
        sys.exit("\\n".join(entry.refusal for entry in refused) or None)
    resolve.ensure(settings, Home(home))
"""


def city(folder: Path, forms: int, seed: int = 1) -> Path:
    """Return the landing folder of a city, which is made when it is not there."""
    landing = folder / f"{forms}_{seed}" / "landing"
    if not landing.is_dir():
        make_city(landing, forms=forms, seed=seed)
    return landing


def line(forms: int, name: str, cost: Cost, reference: Cost) -> str:
    """Return one line of the table."""
    return row(spaced(forms), name, *cost.cells(reference))


def measure(folder: Path, forms: int) -> None:
    """Print the lines of one size."""
    landing, day = city(folder, forms), city(folder, DAY, seed=2)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    (work / "reference").mkdir(parents=True)
    home, key = work / "home", work / "key"
    try:
        reference = run("-c", REFERENCE, landing, work / "reference")
        print(line(forms, "DuckDB alone reads and writes", reference, reference), flush=True)
        for name, step, files in (
            ("landed", "land", landing),
            ("versions resolved", "resolve", landing),
            (f"{DAY} more landed", "land", day),
            ("versions resolved again", "resolve", day),
        ):
            cost = run("-c", STEP, step, home, files, key)
            print(line(forms, name, cost, reference), flush=True)
    finally:
        shutil.rmtree(work)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    arguments.add_argument("forms", type=int, nargs="*", default=[1_000_000])
    given = arguments.parse_args()
    print("| forms | what | s | CPU s | peak MiB | s ratio | CPU ratio |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for forms in given.forms:
        measure(given.folder, forms)


if __name__ == "__main__":
    main()
