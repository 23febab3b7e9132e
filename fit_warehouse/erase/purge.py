"""Take out of everything stored what there is a tombstone for; as often as one likes.

Each file is written anew beside itself and then replaced, so that a stop leaves whole files. What is
left to do after a stop is found again by the tombstones, which were written first.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.erase import releases, stored, tombstones
from fit_warehouse.erase.tombstones import Present
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.landing.contract import Column, Table, tables
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.landing.quarantine import closing, entries
from fit_warehouse.settings import Settings


def purge(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    home: Home,
    keys: Keys,
) -> list[str]:
    """Remove every stored row that there is a tombstone for; return what is left to the user.

    Parameters
    ----------
    connection
        A database of one's own.
    settings, home
        Where things lie; the caller holds the home's lock.
    keys
        Of the pseudonyms.
    """
    present = tombstones.load(connection, home)
    notes = _exports(settings)
    for table in tables().values():
        for path, condition in _affected(connection, home, table, keys, present):
            _rewrite(connection, path, condition, keys)
    recount(connection, home)
    releases.purge(connection, settings, keys, present)
    forget_derived(home)
    return notes


def counts(
    connection: duckdb.DuckDBPyConnection, home: Home, keys: Keys, present: Present
) -> dict[str, dict[str, int]]:
    """Return how many rows of each table in `raw` and `quarantine` are to go."""
    found: dict[str, dict[str, int]] = {"raw": {}, "quarantine": {}}
    for table in tables().values():
        for path, condition in _affected(connection, home, table, keys, present):
            place = "quarantine" if path.parent == home.quarantine else "raw"
            unit = "count(distinct row_number)" if place == "quarantine" else "count(*)"
            sql = f"select {unit} from read_parquet({database.path_list([path])}) where {condition}"
            (counted,) = connection.execute(sql).fetchall()[0]
            found[place][table.name] = found[place].get(table.name, 0) + counted
    return found


def _affected(
    connection: duckdb.DuckDBPyConnection, home: Home, table: Table, keys: Keys, present: Present
) -> Iterator[tuple[Path, str]]:
    """Yield each file with rows of a table that are to go, and the condition that they meet."""

    def text(column: Column, n_keys: int) -> str | None:
        return column.name if n_keys == len(keys) else None

    names = stored.identifiers(table)
    found = tombstones.conditions(
        table,
        present,
        keys,
        text,
        system="coalesce(source_system, '')" if "source_system" in names else "''",
        names=names,
    )
    condition = " or ".join(found)
    if not condition:
        return
    for paths in (stored.raw_paths(home, table), entries.file_paths(home, table.name)):
        if not paths:
            continue
        sql = (
            f"select distinct filename from read_parquet({database.path_list(paths)}, "
            f"union_by_name = true, filename = true) where {condition} order by all"
        )
        for (name,) in connection.execute(sql).fetchall():
            yield Path(name), condition


def _rewrite(connection: duckdb.DuckDBPyConnection, path: Path, condition: str, keys: Keys) -> None:
    """Write a file anew without the rows that meet a condition; remove it when none is left."""
    order = "_row_number" if "_row_number" in _columns(connection, path) else "all"
    sql = (
        f"create or replace temp table remaining as from read_parquet({database.path_list([path])}) "
        f"where not ({condition})"
    )
    connection.execute(sql)
    if database.scalar(connection, "select count(*) from remaining"):
        database.write_parquet(connection, f"select * from remaining order by {order}", path)
    else:
        path.unlink()
    connection.execute("drop table remaining")


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    return connection.sql(f"from read_parquet({database.path_list([path])})").columns


def recount(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Set `rows_erased` of every ledger entry to what is no longer there of its rows."""
    n_raw = _by_file(connection, list(home.raw.glob("*/*.parquet")), "count(*)")
    opened = entries.faults(home)
    n_open: dict[str, int] = {}
    if opened:
        lines = connection.execute(
            f"select file_id, count(distinct row_number) from ({opened}) "
            "where closed_by = '' group by all"
        ).fetchall()
        n_open = dict(lines)
    n_closed = closing.counts(ledger.landed(home))
    for entry in ledger.landed(home):
        mended, still = n_closed.get(entry.file_id, 0), n_open.get(entry.file_id, 0)
        in_raw = n_raw.get(entry.file_id, 0)
        counted = dataclasses.replace(
            entry,
            rows_erased=entry.rows_delivered - in_raw - still - mended,
            rows_quarantined_erased=entry.rows_quarantined - mended - still,
        )
        if counted != entry:
            ledger.write(home, counted)


def _by_file(connection: duckdb.DuckDBPyConnection, paths: list[Path], unit: str) -> dict[str, int]:
    """Return a number for each file by its name without ending."""
    if not paths:
        return {}
    counted = connection.execute(
        f"select filename, {unit} from read_parquet({database.path_list(paths)}, "
        "union_by_name = true, filename = true) group by all"
    ).fetchall()
    return {Path(name).stem: number for name, number in counted}


def forget_derived(home: Home) -> None:
    """Remove what the next run makes anew from the raw store."""
    folders = (home.accepted, home.build_database.parent, home.release, home.mend)
    for folder in (*folders, home.path / "report", home.path / "checks"):
        shutil.rmtree(folder, ignore_errors=True)


def _exports(settings: Settings) -> list[str]:
    """Remove files of quarantined rows from the landing folder, and say so.

    They hold pseudonyms, and they are no delivery: what is still open is exported again.
    """
    from fit_warehouse.landing.adapters.mended import is_export

    if not settings.landing.is_dir():
        return []
    removed = []
    for path in sorted(settings.landing.rglob("*.csv")):
        if is_export(path):
            path.unlink()
            removed.append(
                f"removed {path.relative_to(settings.landing).as_posix()}: it held quarantined rows. "
                "What is not mended yet: fit quarantine export"
            )
    return removed
