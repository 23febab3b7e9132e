"""Seconds, processor seconds and peak memory of building the marts, as a table.

    .venv/bin/python benchmarks/build.py [--folder FOLDER] [--peers polars pandas] [FORMS ...]

A city of each size is landed once below FOLDER and used again. The reference is a DuckDB script
written by hand that makes session, episode and team tables out of the same accepted files
(benchmarks/peers/reference.sql), with two threads; polars and pandas do the same beside it. dbt's
start costs the same at every size, so that of a city of a thousand forms is taken off, and the data
tests have a line of their own. The machine is shared, so ratios of processor seconds say more than
seconds: each is to the reference right before.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.land import STEP, Cost, city, line, run  # noqa: E402 (this checkout's packages first)

SMALL = 1_000
PEERS = Path(__file__).parent / "peers"
REFERENCE = """
import sys
from pathlib import Path
import duckdb
accepted, seeds, script, output = map(Path, sys.argv[1:5])
with duckdb.connect(output / "reference.duckdb", config={"threads": 2, "memory_limit": "4GB"}) as c:
    c.execute("set enable_progress_bar = false")
    c.execute(script.read_text().format(accepted=accepted, seeds=seeds))
"""
PEER = """
import runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# What is built is said as dbt says it; one process, as the main job does it.
BUILD = """
import sys
from pathlib import Path
from fit_warehouse import build
from fit_warehouse.home import Home
from fit_warehouse.settings import Paths, Settings
home, landing, key, database = map(Path, sys.argv[1:5])
settings = Settings(paths=Paths(home=home, landing=landing, key_file=key))
with build._environment(settings, Home(home), database):
    from dbt.cli.main import dbtRunner
    root = ["--project-dir", str(build.project.root()), "--profiles-dir", str(build.project.root())]
    result = dbtRunner().invoke(["--quiet", "--no-print", *sys.argv[5:], *root])
if not result.success:
    sys.exit(str(result.exception or [r.message for r in result.result if r.status == "error"]))
"""
MODELS = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
CORE = (*MODELS, "--select", "+fct_session", "+fct_episode", "+fct_team_quarter")
TESTS = ("test", "--exclude-resource-type", "unit_test")
BUILDS = (
    ("session, episode and team", CORE, True),
    ("all marts", MODELS, True),
    ("data tests on them", TESTS, False),
)


def landed(folder: Path, forms: int) -> tuple[Path, Path, Path]:
    """Return home, landing folder and key of a city that is landed when it is not there."""
    landing = city(folder, forms)
    home, key = landing.parent / "home", landing.parent / "key"
    if not (home / "accepted").is_dir():
        run("-c", STEP, "land", home, landing, key)
        run("-c", STEP, "resolve", home, landing, key)
    return home, landing, key


def minus(cost: Cost, start: Cost) -> Cost:
    """Return a cost without what any start costs; the peak stays."""
    return Cost(
        max(cost.seconds - start.seconds, 0.01),
        max(cost.processor_seconds - start.processor_seconds, 0.01),
        cost.peak_bytes,
    )


def builds(places: tuple[Path, Path, Path], work: Path) -> dict[str, Cost]:
    """Return what each part of a build costs, dbt's start included."""
    database = work / "build.duckdb"
    costs = {}
    for name, command, is_new in BUILDS:
        if is_new:
            database.unlink(missing_ok=True)
        costs[name] = run("-c", BUILD, *places, database, *command)
    return costs


def measure(folder: Path, forms: int, peers: list[str]) -> None:
    """Print the lines of one size."""
    small, places = landed(folder, SMALL), landed(folder, forms)
    accepted, seeds = places[0] / "accepted", ROOT / "seeds"
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    for name in ("small", "large", "peers"):
        (work / name).mkdir(parents=True)
    try:
        script = PEERS / "reference.sql"
        reference = run("-c", REFERENCE, accepted, seeds, script, work / "peers")
        print(line(forms, "DuckDB by hand", reference, reference), flush=True)
        for name in peers:
            cost = run("-c", PEER, PEERS / f"in_{name}.py", accepted, seeds, work / "peers")
            print(line(forms, f"{name} by hand", cost, reference), flush=True)
        starts, costs = builds(small, work / "small"), builds(places, work / "large")
        for name, cost in costs.items():
            print(line(forms, name, minus(cost, starts[name]), reference), flush=True)
            print(line(forms, f"{name}: dbt's start", starts[name], reference), flush=True)
        size = (work / "large" / "build.duckdb").stat().st_size / 2**20
        print(f"The database has {size:,.0f} MiB.".replace(",", " "), flush=True)
    finally:
        shutil.rmtree(work)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "benchmarks")
    arguments.add_argument("--peers", nargs="*", choices=["polars", "pandas"], default=["polars"])
    arguments.add_argument("forms", type=int, nargs="*", default=[1_000_000])
    given = arguments.parse_args()
    print("| forms | what | s | CPU s | peak MiB | s ratio | CPU ratio |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for forms in given.forms:
        measure(given.folder, forms, given.peers)


if __name__ == "__main__":
    main()
