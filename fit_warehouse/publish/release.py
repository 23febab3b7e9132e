"""Publish: stage the data, make the pages, write the manifest, switch."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from fit_warehouse import project
from fit_warehouse.errors import DataError, UsageError
from fit_warehouse.home import Home, write_json
from fit_warehouse.landing import files, ledger
from fit_warehouse.measure.context import Context
from fit_warehouse.publish import model_docs, revision
from fit_warehouse.publish import stage as staging
from fit_warehouse.publish import switch as switching
from fit_warehouse.publish.stage import Staged
from fit_warehouse.settings import Settings

FIRST_LANGUAGE = "fi"


@dataclass(frozen=True, slots=True)
class Published:
    """What readers see now."""

    current: Path
    release_id: str
    pages: Sequence[Path]
    n_rows: int
    n_suppressed: int
    n_held_back: int

    @property
    def open_database(self) -> Path:
        """Return the open database."""
        return self.current / staging.OPEN_DATABASE

    @property
    def index(self) -> Path:
        """Return the page on which a reader starts."""
        return self.current / staging.REPORTS / "index.html"


def check_replaceable(settings: Settings, *, is_synthetic: bool) -> None:
    """Refuse to put made-up data where readers see real ones.

    Raises
    ------
    UsageError
        When the current publication is of real data and the next would be synthetic.
    """
    manifest = switching.current_manifest(settings.paths.published)
    if is_synthetic and manifest is not None and not manifest.get("is_synthetic"):
        raise UsageError(
            f"{settings.paths.published} holds a publication of real data, and this run's data are "
            "synthetic. Publish them elsewhere: set FIT_PUBLISHED to another folder"
        )


def make_pages(folder: Path, database: Path, *, every: bool = False) -> list[Path]:
    """Render the pages of the open database into a folder; in Finnish, or `every` language.

    Raises
    ------
    DataError
        When a notebook fails, with its name and its error.
    """
    from fit_warehouse.report import ReportError, build_reports, read_page_list  # slow to import

    notebooks = project.root() / "notebooks"
    try:
        languages = [FIRST_LANGUAGE]
        if every:
            languages = sorted(
                {name for page in read_page_list(notebooks) for name in page.languages}
            )
        return build_reports(database, folder, notebooks=notebooks, languages=languages)
    except ReportError as problem:
        raise DataError(str(problem)) from problem


def publish(
    settings: Settings, home: Home, context: Context, checks: Sequence[Mapping[str, Any]]
) -> Published:
    """Make one new release of the measured data and switch to it.

    Parameters
    ----------
    settings, home
        The run's.
    context
        Of the statistics in the build database.
    checks
        Results of the expectations, for the manifest.
    """
    staged = staging.stage(settings, home, context)
    check_replaceable(settings, is_synthetic=staged.is_synthetic)
    pages = make_pages(staged.folder / staging.REPORTS, staged.open_database)
    model_docs.write(settings, home, staged.folder / model_docs.PAGE)
    write_json(
        staged.folder / switching.MANIFEST, _manifest(settings, home, context, staged, checks)
    )
    current = switching.switch(
        staged.folder, settings.paths.published, staged.release_id, settings.publish
    )
    if not staged.is_synthetic:
        revision.remember(
            settings.paths.published, current / staging.OPEN_DATABASE, context.period.end
        )
    return Published(
        current,
        staged.release_id,
        pages,
        staged.n_rows,
        staged.n_suppressed,
        staged.n_held_back,
    )


def _manifest(
    settings: Settings,
    home: Home,
    context: Context,
    staged: Staged,
    checks: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what a release is made of: enough to make it again and to tell it from another."""
    content = sorted(
        path for path in staged.folder.rglob("*") if path.is_file() and path.suffix != ".tmp"
    )
    return {
        "release_id": staged.release_id,
        "version": metadata.version("fit-warehouse"),
        "code_revision": _revision(),
        "is_synthetic": staged.is_synthetic,
        "as_of": context.as_of,
        "period_start": context.period.start,
        "period_end": context.period.end,
        "parameter_set": context.parameter_set,
        "disclosure": {
            "k_min": settings.publish.k_min,
            "n_min_estimate": settings.publish.n_min_estimate,
            "workers_min": settings.publish.workers_min,
            "n_rows": staged.n_rows,
            "n_suppressed": staged.n_suppressed,
            "n_held_back": staged.n_held_back,
        },
        "inputs": [
            {
                "table": entry.table_name,
                "sha256": entry.sha256,
                "rows_delivered": entry.rows_delivered,
                "rows_quarantined": entry.rows_quarantined,
            }
            for entry in ledger.landed(home)
        ],
        "checks": checks,
        "files": {
            path.relative_to(staged.folder).as_posix(): files.content_hash(path) for path in content
        },
    }


def _revision() -> str | None:
    """Return the revision of the code, where it runs in a checkout with git at hand."""
    try:
        done = subprocess.run(
            ["git", "-C", str(project.root()), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
