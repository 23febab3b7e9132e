"""Land in a process of its own that can be killed at any moment."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from fit_warehouse.home import Home
from fit_warehouse.landing import ledger

ROOT = Path(__file__).resolve().parents[2]
LAND = """
import sys
from pathlib import Path
from fit_warehouse.home import Home
from fit_warehouse.landing import land, resolve, slices
from fit_warehouse.settings import Land, Paths, Settings

home, landing, key = map(Path, sys.argv[1:4])
settings = Settings(paths=Paths(home=home, landing=landing, key_file=key), land=Land(1.0))
if len(sys.argv) > 4:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
# Some files come in slices, others whole.
slices.SIZE = land.READ_AHEAD = 2**18
with Home(home).locked():
    print("started", flush=True)
    land.land(settings, Home(home))
    resolve.ensure(settings, Home(home))
"""


def start(home: Path, landing: Path, key: Path, *limit: int) -> subprocess.Popen[str]:
    """Start a landing with its resolve, and return when it holds the home's lock or has ended.

    A limit is the bytes that a file may have, as if there were no room for more (not on Windows).
    """
    process = subprocess.Popen(
        [sys.executable, "-c", LAND, str(home), str(landing), str(key), *map(str, limit)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if limit else None,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def finish(home: Path, landing: Path, key: Path) -> float:
    """Land undisturbed and return the seconds that it took, without the start of Python."""
    with start(home, landing, key) as process:
        started = time.perf_counter()
        process.wait()
    assert process.returncode == 0
    return time.perf_counter() - started


def kill_after(seconds: float, home: Path, landing: Path, key: Path) -> bool:
    """Kill a landing after some seconds; returns whether it was still at work."""
    with start(home, landing, key) as process:
        time.sleep(seconds)
        process.kill()
        process.wait()
    return process.returncode != 0


def account(home: Home) -> list[dict[str, Any]]:
    """Return the ledger without its times, in the order of its ids."""
    entries = [dataclasses.asdict(entry) for entry in ledger.entries(home)]
    return sorted(
        ({**entry, "landed_at": ""} for entry in entries), key=lambda entry: str(entry["file_id"])
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
