"""Write the rows of one delivered table that break no rule: the raw store, pseudonymised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import hashed
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.look import Rows
from fit_warehouse.landing.pseudonym import Keys


@dataclass(frozen=True, slots=True)
class Store:
    """The raw file that the rows of a delivery go to, the delivery, and the keys of its pseudonyms."""

    path: Path
    file_id: str
    keys: Keys


def write_kept(connection: duckdb.DuckDBPyConnection, of: Rows, rows: str, to: Store) -> int:
    """Write the rows that break no rule to a raw file, in the order of the file.

    Parameters
    ----------
    connection
        Holds the rows and `instrument`.
    of
        How they are read and judged.
    rows
        SQL for the rows of `delivered` that are asked.
    to
        The file; it is there whole or not at all.

    Returns
    -------
    int
        How many rows were written.
    """
    reader = connection.execute(unhashed(of, rows)).to_arrow_reader(hashed.PIECE)
    return write_pieces(connection, of.table, reader, to)


def unhashed(of: Rows, rows: str) -> str:
    """Return SQL for the rows that break no rule as they are stored, but for the pseudonyms."""
    columns = ", ".join(f"{_stored(column)} as {column.name}" for column in of.table.columns)
    return f"""
        select {columns}, version_at as _version_at, row_number as _row_number
        from ({of.judged(f"*, {of.is_bad()} as is_bad", rows)})
        where not is_bad
    """


def write_pieces(
    connection: duckdb.DuckDBPyConnection, table: Table, reader: hashed.Reader, to: Store
) -> int:
    """Write the rows of a reader, as `unhashed` has them, to a raw file; return how many they are."""
    spaces = {column.name: column.space for column in table.columns if column.type == "ref"}
    pieces = hashed.pieces(connection, reader, spaces, to.keys)
    with database.disk_told(to.path.parent), pieces as beside:
        return database.write_parquet(
            beside,
            f"select *, $file_id as _file_id from {hashed.VIEW}",
            to.path,
            {"file_id": to.file_id},
        )


def _stored(column: Column) -> str:
    """Return SQL for a column as the raw store keeps it, of an identifier before it is hashed."""
    if column.type == "ref":
        return f"d_{column.name}"
    if column.birth and column.type == "date":
        return f"cast(date_trunc('month', v_{column.name}) as date)"
    # The engine may convert before it has left out the rows kept out, whose numbers may be any.
    value = f"try_cast(v_{column.name} as {column.sql_type})"
    return f"coalesce({value}, '{column.default}')" if column.default else value
