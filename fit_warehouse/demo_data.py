"""The synthetic city as the embedded default: made when there is nothing else to land."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from fit_warehouse.demo import make_city
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import files, ledger
from fit_warehouse.settings import Settings


def is_needed(settings: Settings, home: Home) -> bool:
    """Return whether nobody has given files: no folder named, none in the default one, none landed.

    Once the synthetic city is landed it stays the default, until a person puts files in the folder.
    """
    if settings.paths.landing is not None:
        return False
    has_files = settings.landing.is_dir() and any(files.scan(settings.landing)[0])
    landed = ledger.landed(home)
    return not has_files and (not landed or landed[0].is_synthetic)


def make(settings: Settings, home: Home) -> Settings:
    """Write the city below the home folder, unless it is there, and return settings that land it."""
    folder = home.path / "synthetic_city"
    if not (folder / files.DELIVERY).is_file():
        write(folder)
    return dataclasses.replace(settings, paths=dataclasses.replace(settings.paths, landing=folder))


def write(folder: Path, *, forms: int = 10_000, seed: int = 1) -> list[str]:
    """Write a city's landing files and return what was written, in words."""
    try:
        city = make_city(folder, forms=forms, seed=seed)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    rows = ", ".join(f"{table} {n}" for table, n in sorted(city.rows.items()))
    return [f"Synthetic city in {folder}: {len(city.files)} files; rows: {rows}"]


def is_synthetic(landing: Path) -> bool:
    """Return whether the files of a landing folder are marked as made up."""
    return files.read_delivery(landing / files.DELIVERY).is_synthetic
