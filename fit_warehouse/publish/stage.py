"""Put the data of the next release together: a restricted database, an open one, open Parquet."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.measure import tables
from fit_warehouse.measure.context import Context
from fit_warehouse.publish import open_tables, revision
from fit_warehouse.publish.disclosure import Rule
from fit_warehouse.settings import Settings

RESTRICTED_DATABASE = "restricted/fit_restricted.duckdb"
OPEN_DATABASE = "open/fit_open.duckdb"
OPEN_PARQUET = "open/parquet"
REPORTS = "open/reports"
OPENED = f"opened.{revision.OPEN_SCHEMA}"
# A code that only rows name, and that the organisation did not deliver, may hold anything: a shifted
# column is enough. It stays restricted.
OPEN_DIMENSIONS = {
    "dim_team": "is_known = 1",
    "dim_service": "is_known = 1",
    "dim_instrument": "true",
    "dim_date": "true",
    "dim_client_group": "true",
    "dim_cost_assumption": (
        "service_code is null or service_code in "
        "(select service_code from build.marts.dim_service where is_known = 1)"
    ),
}


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
        database.attach(connection, home.build_database, "build")
        _copy_restricted(connection, folder / RESTRICTED_DATABASE)
        database.attach(connection, folder / OPEN_DATABASE, "opened", to_write=True)
        connection.execute(f"create schema {OPENED}")
        for name, condition in OPEN_DIMENSIONS.items():
            copy_table(connection, f"build.marts.{name}", f"{OPENED}.{name}", where=condition)
        rule = Rule.of(settings.publish)
        earlier = [] if is_synthetic else revision.earlier(settings.paths.published)
        summary = open_tables.write(connection, "build.metrics", OPENED, rule, earlier)
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
        tables.write(connection, OPENED, tables.table("disclosure_summary"), summary)
        tables.write(connection, OPENED, tables.table("publication"), [publication])
        n_held_back = 0
        if not is_synthetic:
            n_held_back = revision.n_held_back(
                connection,
                settings.paths.published,
                OPENED,
                open_tables.DISCLOSURE,
                context.period.end,
                rule,
            )
        connection.execute("detach opened")
        if n_held_back:
            last = revision.last_of(settings.paths.published, context.period.end)
            shutil.copyfile(last, folder / OPEN_DATABASE)
        _export_parquet(connection, folder / OPEN_DATABASE, folder / OPEN_PARQUET)
    finally:
        connection.close()
    return Staged(
        folder,
        release_id,
        is_synthetic,
        sum(row["n_rows"] for row in summary),
        sum(row["n_suppressed"] for row in summary),
        n_held_back,
    )


def _copy_restricted(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy marts and metrics with their descriptions; staging and intermediate stay behind."""
    database.attach(connection, target, "restricted", to_write=True)
    wanted = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'build' and schema_name in ('marts', 'metrics') order by all"
    ).fetchall()
    for schema in sorted({schema for schema, _ in wanted}):
        connection.execute(f"create schema restricted.{schema}")
    for schema, name in wanted:
        copy_table(connection, f"build.{schema}.{name}", f"restricted.{schema}.{name}")
    connection.execute("detach restricted")


def copy_table(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    target: str,
    *,
    where: str = "true",
    select: str = "*",
) -> None:
    """Copy a table's rows in a total order, those that meet a condition, and its descriptions."""
    connection.execute(
        f"create table {target} as select {select} from {source} where {where} order by all"
    )
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


def _export_parquet(connection: duckdb.DuckDBPyConnection, opened: Path, folder: Path) -> None:
    """Write every open table as Parquet: the connection that needs no driver and holds no lock."""
    database.attach(connection, opened, "opened")
    names = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'opened' order by all"
    ).fetchall()
    for (name,) in names:
        relation = connection.sql(f"select * from {OPENED}.{name}")
        relation.write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
