"""The synthetic city as the embedded default, in a home of its own below the home folder.

It never meets real data: as soon as there are files to land, or rows that have landed, the home
folder itself is used, and the synthetic city beside it is left alone.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import cast

from fit_warehouse.demo import make_city
from fit_warehouse.demo.blocks import Layout
from fit_warehouse.demo.study import Switches, presets, study_parameters
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import files, ledger
from fit_warehouse.settings import Settings

SYNTHETIC = "synthetic"
LARGE_CITY = 1_000_000
# Of the city that is made when there are no files: enough families everywhere to show each finding.
BUILT_IN_SEED = 2


def is_default(settings: Settings) -> bool:
    """Return whether nobody has given files: no folder named, none in the default one, none landed."""
    if settings.paths.landing is not None:
        return False
    has_files = settings.landing.is_dir() and bool(files.scan(settings.landing)[0])
    return not has_files and not ledger.landed(Home(settings.paths.home))


def own_home(settings: Settings) -> Settings:
    """Return settings with the home and the landing folder of the synthetic city."""
    home = settings.paths.home / SYNTHETIC
    paths = dataclasses.replace(settings.paths, home=home, landing=home / "landing")
    return dataclasses.replace(settings, paths=paths)


def is_made(settings: Settings) -> bool:
    """Return whether the city of these settings lies in its landing folder."""
    return (settings.landing / files.DELIVERY).is_file()


def write(
    folder: Path,
    *,
    forms: int = 10_000,
    seed: int = 1,
    processes: int | None = None,
    switches: Switches | None = None,
    layout: str = "landing",
) -> list[str]:
    """Write a city's landing files and return what was written, in words.

    Without a number of processes a large city takes two of them, if there are two processors.

    Raises
    ------
    UsageError
        When the folder is not empty, the disk too small, or such a city cannot be made.
    """
    if processes is None:
        processes = fit_for(forms)
    try:
        parameters = study_parameters(switches or Switches())
        city = make_city(
            folder,
            forms=forms,
            seed=seed,
            processes=processes,
            parameters=parameters,
            layout=cast(Layout, layout),  # an unknown one is refused there
        )
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    rows = ", ".join(f"{table} {n}" for table, n in sorted(city.rows.items()))
    return [f"Synthetic city in {folder}: {len(city.files)} files; rows: {rows}"]


def sized(preset: str | None, forms: int | None, switches: Switches) -> tuple[int, Switches]:
    """Return the forms and the switches of a named size; what is said beside the name counts.

    Raises
    ------
    UsageError
        When there is no size of this name.
    """
    sizes = presets()
    size = sizes.get(preset or "city")
    if size is None:
        raise UsageError(f"--preset {preset} is not known; there are {', '.join(sizes)}")
    # An own file may say how many teams there are, unless a size was asked for.
    if switches.teams is None and preset is not None:
        switches = dataclasses.replace(switches, teams=size.teams)
    return size.forms if forms is None else forms, switches


def fit_for(forms: int) -> int:
    """Return the processes that pay for so many forms; each needs a second to start."""
    return min(2, os.cpu_count() or 1) if forms >= LARGE_CITY else 1


def is_synthetic(landing: Path) -> bool:
    """Return whether the files of a landing folder are marked as made up."""
    return files.read_delivery(landing / files.DELIVERY).is_synthetic
