"""Put the data of the next release together: a restricted database, an open one, open Parquet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.measure import tables
from fit_warehouse.measure.context import Context
from fit_warehouse.publish import disclosure, revision, switch
from fit_warehouse.publish.disclosure import Rule
from fit_warehouse.settings import Settings

Row = Mapping[str, Any]

RESTRICTED_DATABASE = "restricted/fit_restricted.duckdb"
OPEN_DATABASE = "open/fit_open.duckdb"
OPEN_PARQUET = "open/parquet"
REPORTS = "open/reports"
OPEN_SCHEMA = "marts"  # readers such as Power BI's connector see one schema well
OPEN_DIMENSIONS = ("dim_team", "dim_service", "dim_instrument", "dim_date", "dim_client_group")
STORAGE = "v1.0.0"  # the oldest driver that Power BI users bring can open it


@dataclass(frozen=True, slots=True)
class Staged:
    """The data of a release before its pages.

    `n_held_back` lines would have changed too little since the last publication of the period: the
    open data are those of that publication.
    """

    folder: Path
    release_id: str
    is_synthetic: bool
    n_rows: int
    n_suppressed: int
    n_held_back: int = 0

    @property
    def open_database(self) -> Path:
        """Return the database that the pages are made from."""
        return self.folder / OPEN_DATABASE


def stage(settings: Settings, home: Home, context: Context) -> Staged:
    """Write both databases and the open Parquet files into the home's release folder.

    The open database has statistics after disclosure control and the open dimensions, nothing else.
    """
    folder = home.release
    if folder.exists():
        shutil.rmtree(folder)
    for name in (RESTRICTED_DATABASE, OPEN_DATABASE, OPEN_PARQUET + "/x"):
        (folder / name).parent.mkdir(parents=True)
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    release_id = moment.strftime("%Y%m%dT%H%M%SZ")
    is_synthetic = any(entry.is_synthetic for entry in ledger.landed(home))
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    try:
        connection.execute(f"attach '{_path(home.build_database)}' as build (read_only)")
        _copy_restricted(connection, folder / RESTRICTED_DATABASE)
        connection.execute(
            f"attach '{_path(folder / OPEN_DATABASE)}' as opened (storage_version '{STORAGE}')"
        )
        connection.execute(f"create schema opened.{OPEN_SCHEMA}")
        for name in OPEN_DIMENSIONS:
            copy_table(connection, f"build.marts.{name}", f"opened.{OPEN_SCHEMA}.{name}")
        summary = _write_open(connection, Rule.of(settings.publish))
        publication = {
            "release_id": release_id,
            "generated_at": moment,
            "is_synthetic": int(is_synthetic),
            "as_of": context.as_of,
            **context.days,
            "parameter_set": context.parameter_set,
            "k_min": settings.publish.k_min,
            "n_min_estimate": settings.publish.n_min_estimate,
        }
        target = f"opened.{OPEN_SCHEMA}"
        tables.write(connection, target, tables.table("disclosure_summary"), summary)
        tables.write(connection, target, tables.table("publication"), [publication])
        _export_parquet(connection, folder / OPEN_PARQUET)
        last = settings.paths.published / switch.CURRENT
        n_held_back = _held_back(connection, last / OPEN_DATABASE, Rule.of(settings.publish))
    finally:
        connection.close()
    if n_held_back:
        _keep_last(last, folder)
    return Staged(
        folder,
        release_id,
        is_synthetic,
        sum(row["n_rows"] for row in summary),
        sum(row["n_suppressed"] for row in summary),
        n_held_back,
    )


def _held_back(connection: duckdb.DuckDBPyConnection, last: Path, rule: Rule) -> int:
    """Return how many open lines would change by too few families since the last publication."""
    if not last.is_file():
        return 0
    before, after = f"previous.{OPEN_SCHEMA}", f"opened.{OPEN_SCHEMA}"
    revision.attach(connection, last, "previous")
    if not revision.is_same_period(connection, before, after):
        return 0
    return sum(
        revision.changed_too_little(connection, before, after, name, rule) for name in DISCLOSURE
    )


def _keep_last(last: Path, folder: Path) -> None:
    """Put the open data of the last publication in the place of the new ones."""
    shutil.copyfile(last / OPEN_DATABASE, folder / OPEN_DATABASE)
    shutil.rmtree(folder / OPEN_PARQUET)
    shutil.copytree(last / OPEN_PARQUET, folder / OPEN_PARQUET)


def _path(path: Path) -> str:
    return path.resolve().as_posix().replace("'", "''")


def _copy_restricted(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy marts and metrics with their descriptions; staging and intermediate stay behind."""
    connection.execute(f"attach '{_path(target)}' as restricted (storage_version '{STORAGE}')")
    wanted = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'build' and schema_name in ('marts', 'metrics') order by all"
    ).fetchall()
    for schema in sorted({schema for schema, _ in wanted}):
        connection.execute(f"create schema restricted.{schema}")
    for schema, name in wanted:
        copy_table(connection, f"build.{schema}.{name}", f"restricted.{schema}.{name}")
    connection.execute("detach restricted")


def copy_table(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Copy a table with its rows in a total order and with its descriptions."""
    connection.execute(f"create table {target} as select * from {source} order by all")
    catalog, schema, name = source.split(".")
    of_table = [catalog, schema, name]
    text = connection.execute(
        "select comment from duckdb_tables() "
        "where database_name = ? and schema_name = ? and table_name = ?",
        of_table,
    ).fetchone()
    columns = connection.execute(
        "select column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? and comment is not null",
        of_table,
    ).fetchall()
    tables.comment(connection, target, (text or ("",))[0] or "", dict(columns))


def _write_open(connection: duckdb.DuckDBPyConnection, rule: Rule) -> list[dict[str, Any]]:
    """Write the statistics after disclosure control and return how much of each is hidden."""
    rows = {name: _metric(connection, name) for name in DISCLOSURE}
    # Without procurement a line has no price, and so no amount to show.
    rows["cost_effect"] = [row for row in rows["cost_effect"] if row["procurement"] is not None]
    shown_city: list[Row] = []
    summary = []
    for name, decide in DISCLOSURE.items():
        shown = decide(rows[name], rule, shown_city)
        if name == "city_outcome":
            shown_city = [row for row, ok in zip(rows[name], shown, strict=True) if ok]
        definition = tables.table(name).opened()
        keys = _keys(name)
        lines = [
            _line(row, ok, definition, keys) for row, ok in zip(rows[name], shown, strict=True)
        ]
        tables.write(connection, f"opened.{OPEN_SCHEMA}", definition, lines)
        summary.append(
            {"table_name": name, "n_rows": len(lines), "n_suppressed": shown.count(False)}
        )
    return summary


def _metric(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    return tables.read(connection, f"select * from build.metrics.{name} order by all")


def _group_sizes(city: Sequence[Row]) -> list[int]:
    """Return the families of each group whose change is shown."""
    return [row["n_persons"] for row in city if row["indicator"] == "mean_change"]


Decide = Callable[[Sequence[Row], Rule, Sequence[Row]], list[bool]]

# city_outcome comes first: the lines of others are judged beside what is shown of it.
DISCLOSURE: dict[str, Decide] = {
    "city_outcome": lambda rows, rule, _: disclosure.city_outcome(rows, rule),
    "team_outcome": disclosure.team_outcome,
    "course": lambda rows, rule, _: disclosure.course(rows, rule),
    "city_funnel": lambda rows, rule, city: disclosure.city_funnel(rows, rule, _group_sizes(city)),
    "city_use": lambda rows, rule, _: disclosure.city_use(rows, rule),
    "cost_effect": lambda rows, rule, _: disclosure.cost_effect(rows, rule),
}

KEYS = frozenset(
    {
        "period_start", "period_end", "quarter_start", "as_of", "parameter_set", "method",
        "ci_level", "team_code", "service_code", "instrument_code", "respondent_role",
        "indicator", "session_number", "step_order", "step", "is_agreed", "procurement",
        "price_year", "unit",
    }
)  # fmt: skip


def _keys(name: str) -> frozenset[str]:
    return KEYS.intersection(tables.table(name).names)


def _line(row: Row, ok: bool, definition: tables.Table, keys: frozenset[str]) -> dict[str, Any]:
    """Return a line of the open table: whole, or its keys alone."""
    return {
        name: int(not ok)
        if name == "is_suppressed"
        else (row[name] if ok or name in keys else None)
        for name in definition.names
    }


def _export_parquet(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write every open table as Parquet: the connection that needs no driver and holds no lock."""
    names = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'opened' order by all"
    ).fetchall()
    for (name,) in names:
        relation = connection.sql(f"select * from opened.{OPEN_SCHEMA}.{name}")
        relation.write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
