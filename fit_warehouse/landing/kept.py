"""Write the rows of one delivered table that break no rule: the raw store, pseudonymised."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from fit_warehouse.home import replace_file
from fit_warehouse.landing import hashed
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.look import Rows
from fit_warehouse.landing.pseudonym import Keys

GROUP = 2  # pieces in a row group


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
    return write_pieces(hashed.pieces(reader, hasher(of.table, to)), of.table, to)


def hasher(table: Table, to: Store) -> hashed.Hasher:
    """Return what makes pseudonyms of the identifiers of a table."""
    spaces = {column.name: column.space for column in table.columns if column.type == "ref"}
    return hashed.Hasher(spaces, to.keys)


def unhashed(of: Rows, rows: str) -> str:
    """Return SQL for the rows that break no rule as they are stored, but for the pseudonyms."""
    columns = ", ".join(f"{_stored(column)} as {column.name}" for column in of.table.columns)
    return f"""
        select {columns}, version_at as _version_at, row_number as _row_number
        from ({of.judged(f"*, {of.is_bad()} as is_bad", rows)})
        where not is_bad
    """


def write_pieces(pieces: Generator[Any], table: Table, to: Store) -> int:
    """Write record batches to a raw file that is there whole or not at all; return how many rows it has.

    Parameters
    ----------
    pieces
        At least one batch: rows of `unhashed`, with pseudonyms. Closed at the end.
    table
        The table that they are of.
    to
        The file.
    """
    to.path.parent.mkdir(parents=True, exist_ok=True)
    temporary = to.path.with_name(to.path.name + ".tmp")
    try:
        with contextlib.closing(pieces):
            n_rows = _write(pieces, table, temporary, to.file_id)
        replace_file(temporary, to.path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return n_rows


def _write(pieces: Iterator[Any], table: Table, path: Path, file_id: str) -> int:
    """Write at least one record batch to a Parquet file; return the number of their rows.

    A dictionary of pseudonyms that do not repeat, or of times, would cost time and save nothing; nor
    does anybody ask for the smallest text of a group of rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = next(pieces)
    batches = (
        batch.append_column("_file_id", _repeated(file_id, len(batch)))
        for batch in itertools.chain([first], pieces)
    )
    schema = first.schema.append(pa.field("_file_id", _repeated(file_id, 0).type))
    refs = {column.name for column in table.columns if column.type == "ref"}
    times = [field.name for field in schema if pa.types.is_temporal(field.type)]
    alone = {name for name in refs if pa.types.is_string(schema.field(name).type)}
    alone |= {"_row_number", *times}
    n_rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in schema.names if name not in alone],
        write_statistics=["_row_number", *times],
        store_decimal_as_integer=True,
        store_schema=False,
    ) as writer:
        while group := list(itertools.islice(batches, GROUP)):
            rows = pa.Table.from_batches(group)
            n_rows += len(rows)
            writer.write_table(rows, row_group_size=max(len(rows), 1))
    return n_rows


def _repeated(value: str, n_rows: int) -> Any:
    """Return a column of one value."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(np.zeros(n_rows, np.int32), pa.array([value]))


def _stored(column: Column) -> str:
    """Return SQL for a column as the raw store keeps it, of an identifier before it is hashed."""
    if column.type == "ref":
        return f"d_{column.name}"
    if column.birth and column.type == "date":
        return f"cast(date_trunc('month', v_{column.name}) as date)"
    # The engine may convert before it has left out the rows kept out, whose numbers may be any.
    value = f"try_cast(v_{column.name} as {column.sql_type})"
    return f"coalesce({value}, '{column.default}')" if column.default else value
