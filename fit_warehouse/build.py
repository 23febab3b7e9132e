"""Build the marts: dbt, called once and in this process, on what landing accepted."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import project, registry
from fit_warehouse.errors import DataError, UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolve
from fit_warehouse.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What dbt did."""

    models: int
    data_tests: int


def build(settings: Settings, home: Home, *, progress: Say = lambda _: None) -> Built:
    """Resolve versions and run dbt on the accepted rows.

    The database is made anew beside the old one, then replaces it.

    Parameters
    ----------
    settings, home
        The run's.
    progress
        Is told the name of each model and data test before it runs.

    Raises
    ------
    UsageError
        When nothing has been landed, a form's instrument is no longer in the registry, or the
        database is held open by another program.
    DataError
        When a model cannot be built or a data test fails, with the names of all that did.
    """
    if not ledger.landed(home):
        raise UsageError("nothing has been landed yet. Run: fit land")
    registry.use(settings.paths.registry)
    _check_parameter_set(settings)
    resolve.ensure(settings, home)
    _check_instruments(settings, home)
    home.build_database.parent.mkdir(parents=True, exist_ok=True)
    fresh = home.build_database.with_name("fresh.duckdb")
    _remove(fresh)
    with _environment(settings, home, fresh):
        built = _dbt(settings, home, progress)
    try:
        fresh.replace(home.build_database)
    except PermissionError as problem:  # Windows: somebody has the old one open
        raise UsageError(
            f"another program holds {home.build_database} open. Close it there, then try again"
        ) from problem
    return built


def _check_parameter_set(settings: Settings) -> None:
    known = registry.current().parameter_sets
    if settings.outcome.parameter_set not in known:
        raise UsageError(
            f"setting outcome.parameter_set = {settings.outcome.parameter_set!r} is not in "
            f"the registry of instruments; there are {', '.join(known)}"
        )


def _check_instruments(settings: Settings, home: Home) -> None:
    """Refuse to build without an instrument of which forms have landed."""
    known = {row["instrument_code"] for row in registry.current().instruments}
    with duckdb.connect() as connection:
        landed = connection.execute(
            "select distinct instrument_code from read_parquet($path) order by all",
            {"path": glob.escape(str(home.accepted / "response.parquet"))},
        ).fetchall()
    missing = [code for (code,) in landed if code not in known]
    if missing:
        raise UsageError(
            f"forms of {', '.join(missing)} have landed, and no instrument has this code now. Put "
            f"its row back into {settings.paths.registry / 'instrument.csv'}"
        )


def _remove(database: Path) -> None:
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)


@contextmanager
def _environment(settings: Settings, home: Home, database: Path) -> Iterator[None]:
    """Set what profiles.yml and the sources read, for the time of the call."""
    values = {
        # Put into SQL texts by dbt: quotes are doubled, and a bracket is no pattern.
        "FIT_ACCEPTED": glob.escape(home.accepted.resolve().as_posix()).replace("'", "''"),
        "FIT_BUILD_DATABASE": database.resolve().as_posix(),
        "FIT_BUILD_MEMORY_LIMIT": settings.build.memory_limit,
        "FIT_BUILD_THREADS": str(settings.build.threads),
        "FIT_BUILD_SPILL": (home.path / "spill").resolve().as_posix(),
        "DBT_TARGET_PATH": str(home.dbt_target.resolve()),
        "DBT_LOG_PATH": str(home.dbt_target.resolve()),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _variables(settings: Settings) -> dict[str, Any]:
    """Return the vars of dbt_project.yml that settings and the registry of instruments decide."""
    instruments = registry.current()
    return {
        "parameter_set": settings.outcome.parameter_set,
        "max_items": instruments.max_items,
        "own_rows": instruments.added,
        "gap_days": settings.episodes.gap_days,
        "gap_days_by_service": dict(settings.episodes.gap_days_by_service),
    }


def _dbt(settings: Settings, home: Home, progress: Say) -> Built:
    """Call dbt build without the unit tests, which are about the code and not about the data."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # slow to import
    from dbt.cli.main import dbtRunner

    def told(event: Any) -> None:
        if event.info.name == "NodeStart":
            progress(event.data.node_info.node_name)

    root = str(project.root())
    command = ["--quiet", "--no-print", "--no-use-colors", "build"]
    variables = json.dumps(_variables(settings))
    command += ["--project-dir", root, "--profiles-dir", root, "--vars", variables]
    command += ["--exclude-resource-type", "unit_test"]
    try:
        outcome = dbtRunner(callbacks=[told]).invoke(command)
    finally:
        # dbt would keep the file open, and this process could not read it.
        DuckDBConnectionManager.close_all_connections()
    if outcome.exception is not None:
        raise DataError(f"dbt could not start: {outcome.exception}")
    results = list(outcome.result)
    failed = [result for result in results if result.status not in ("success", "pass", "no-op")]
    if failed:
        raise DataError(_failures(failed, home))
    kinds = [result.node.resource_type.value for result in results]
    return Built(kinds.count("model"), kinds.count("test"))


def _failures(failed: list[Any], home: Home) -> str:
    """Return which models and tests failed; skipped ones only follow from them."""
    lines = [
        f"  {result.node.name}: {' '.join(str(result.message).split())}"
        for result in failed
        if result.status != "skipped"
    ]
    return (
        f"{len(lines)} checks of the marts failed, nothing is published:\n"
        + "\n".join(lines)
        + f"\nThe SQL of each is below {home.dbt_target / 'compiled'}"
    )
