"""Kill landings at random moments, land again, and compare with an undisturbed landing; a table.

    .venv/bin/python benchmarks/faults.py [KILLS [FORMS [AT_ONCE]]]

A synthetic city is landed by processes that are killed (`kill -9`, TerminateProcess on Windows) at
moments of the first part of the time that an undisturbed landing takes, several of them in the same home. Then
the home is landed to its end: the raw store, the ledger without its times and the sorted export of the
accepted rows must be those of the undisturbed home, to the byte.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fit_warehouse.demo import make_city  # noqa: E402 (this checkout's packages first)
from fit_warehouse.home import Home  # noqa: E402
from fit_warehouse.landing import ledger, resolved  # noqa: E402
from fit_warehouse.landing.export import export  # noqa: E402
from fit_warehouse.landing.pseudonym import load_keys  # noqa: E402
from tests.landing import killing  # noqa: E402

KILLS_PER_HOME = 5


def reached(home: Home, n_files: int) -> str:
    """Return how far a killed landing had come."""
    n_landed = len(ledger.landed(home))
    if n_landed == 0:
        return "before the first file had landed"
    if n_landed < n_files:
        return "between the first file and the last"
    last = resolved.last(home)
    if last is None or not last.is_of(home):
        return "while versions were compared"
    return "all was done"


def disturb(
    folder: Path, landing: Path, seconds: float, n_kills: int, n_files: int
) -> Counter[str]:
    """Kill landings of one home and return how far each had come; then land it to its end."""
    moments = random.Random(folder.name)
    home, places = Home(folder), Counter[str]()
    for _ in range(n_kills):
        killing.kill_after(
            moments.uniform(0, 0.4 * seconds), folder, landing, landing.parent / "key"
        )
        places[reached(home, n_files)] += 1
    killing.finish(folder, landing, landing.parent / "key")
    return places


def main(n_kills: int = 200, forms: int = 20_000, at_once: int = 2) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        landing = Path(name) / "landing"
        make_city(landing, forms=forms)
        load_keys(Path(name) / "key")
        whole = Home(Path(name) / "whole")
        seconds = killing.finish(whole.path, landing, Path(name) / "key")
        wanted = export(whole), killing.account(whole), killing.contents(whole.raw)
        homes = [Path(name) / f"home_{number}" for number in range(n_kills // KILLS_PER_HOME)]
        n_files = len(wanted[1])
        with ThreadPoolExecutor(at_once) as pool:
            places = pool.map(
                lambda folder: disturb(folder, landing, seconds, KILLS_PER_HOME, n_files), homes
            )
            total = sum(places, Counter[str]())
        same = sum(
            (export(home), killing.account(home), killing.contents(home.raw)) == wanted
            for home in map(Home, homes)
        )
    print("| killed | times |\n| --- | ---: |")
    for place, times in sorted(total.items()):
        print(f"| {place} | {times} |")
    print(f"\n{same} of {len(homes)} homes ended as the undisturbed one ({forms} forms).")
    if same != len(homes):
        raise SystemExit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
