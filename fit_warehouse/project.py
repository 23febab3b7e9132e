"""Where the dbt project, the seeds and the notebooks lie: in a checkout or in an installed package."""

from __future__ import annotations

import csv
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds dbt_project.yml, seeds/, macros/, models/ and notebooks/."""
    installed = PACKAGE / "_project"
    return installed if installed.is_dir() else PACKAGE.parent


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of the seed table `name` as text, in the order of the file.

    Land and the disclosure rules read the same seeds as dbt does, so that no fact is said twice.
    """
    path = root() / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
