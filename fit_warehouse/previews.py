"""Pages and contexts of marts that are measured already."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.measure import context as contexts
from fit_warehouse.measure.context import Context
from fit_warehouse.measure.tables import read
from fit_warehouse.publish import release, stage
from fit_warehouse.settings import Settings


def context(settings: Settings, home: Home, as_of: date | None) -> Context:
    """Return the context in which the statistics in the build database were computed."""
    connection = database.connect(
        home.build_database, settings.build, temporary=home.path / "spill", read_only=True
    )
    try:
        (measured,) = read(connection, "select max(as_of) as as_of from metrics.city_funnel")
        return contexts.make(connection, settings, as_of or measured["as_of"])
    finally:
        connection.close()


def make(settings: Settings, home: Home, folder: Path, *, as_of: date | None, every: bool) -> Path:
    """Make the pages into a folder of their own and return the index page."""
    staged = stage.stage(settings, home, context(settings, home, as_of))
    if folder.exists():
        shutil.rmtree(folder)
    release.make_pages(folder, staged.open_database, every=every)
    return folder / "index.html"
