"""Try every interval of fit_metrics by simulation and write docs/method/coverage.md.

    .venv/bin/python benchmarks/coverage_table.py [--only WORD ...] [--missing]
                                                  [--replications N] [--processes N]

The cases lie in the modules of benchmarks/coverage/, each of which has a function `cases`. Every
result is kept in benchmarks/coverage_results.csv as soon as it is there, so that a run may be
stopped, and one of a few cases (`--only`: a word of their module, method or name; `--missing`:
those without a result) leaves the others as they are. A case draws from a seed of its own, made
of its name: a case that is added moves no other.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from pathlib import Path

# Each process is to use one thread: before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.coverage_case import Case, seed_of  # noqa: E402 (this checkout's packages first)

RESULTS = ROOT / "benchmarks" / "coverage_results.csv"
PAGE = ROOT / "docs" / "method" / "coverage.md"
REPLICATIONS = 10_000
ENUMERATED = 1_000_000  # stands for the digits that are kept of a sum of probabilities

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Result:
    """What a case gave: `covered` of `intervals` in so many replications."""

    module: str
    method: str
    name: str
    seed: int
    replications: int
    covered: int
    intervals: int

    @property
    def key(self) -> Key:
        """Module, method and name of the case."""
        return self.module, self.method, self.name


def all_cases() -> dict[Key, Case]:
    """Give every case by module, method and name, in the order of the modules' names.

    Raises
    ------
    ValueError
        Where two cases have the same three.
    """
    found: dict[Key, Case] = {}
    for path in sorted((ROOT / "benchmarks" / "coverage").glob("*.py")):
        for case in importlib.import_module(f"benchmarks.coverage.{path.stem}").cases():
            key = path.stem, case.method, case.name
            if key in found:
                raise ValueError(f"{key} is the key of two cases: give one another name")
            found[key] = case
    return found


def read_results() -> dict[Key, Result]:
    """Give the results that are kept."""
    if not RESULTS.exists():
        return {}
    with RESULTS.open(encoding="utf-8", newline="") as file:
        rows = [
            Result(*texts[:3], *map(int, texts[3:]))
            for texts in ([row[f.name] for f in fields(Result)] for row in csv.DictReader(file))
        ]
    return {row.key: row for row in rows}


def write_results(results: Iterable[Result]) -> None:
    """Keep results."""
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Result)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in results)


def run(key: Key, replications: int) -> tuple[Result, float]:
    """Run a case; give its result and the seconds it took."""
    case = all_cases()[key]
    seed = seed_of(key[0], case)
    if case.is_enumerated:
        replications = ENUMERATED
    elif case.replications is not None:
        replications = min(replications, case.replications)
    started = time.perf_counter()
    covered, intervals = case.run(np.random.default_rng(seed), replications)
    result = Result(*key, seed, replications, int(covered), int(intervals))
    return result, time.perf_counter() - started


def main(arguments: list[str]) -> None:
    """Run the cases that are asked for, keep their results, write the page."""
    from benchmarks.coverage_page import page

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD")
    parser.add_argument("--missing", action="store_true", help="only cases without a result")
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    cases, results = all_cases(), read_results()
    keys = [
        key
        for key in cases
        if any(word in " ".join(key) for word in asked.only)
        and not (asked.missing and key in results)
    ]
    with ProcessPoolExecutor(asked.processes) as pool:
        for done in as_completed([pool.submit(run, key, asked.replications) for key in keys]):
            result, seconds = done.result()
            results[result.key] = result
            # Results of cases that are no more go with the first that is written.
            write_results(results[key] for key in cases if key in results)
            share = result.covered / result.intervals
            print(f"{share:8.2%} {seconds:7.1f} s  {' | '.join(result.key)}", flush=True)
    PAGE.write_text(page(cases, results), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
