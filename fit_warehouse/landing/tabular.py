"""CSV, Parquet and workbooks under column names of their own, for adapters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from fit_warehouse.landing import read_csv, read_other
from fit_warehouse.landing.names import quoted
from fit_warehouse.landing.refusal import RefusedFileError

SUFFIXES = (".csv", ".xlsx", ".parquet")


def sheets(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; of another file one empty name."""
    if path.suffix.lower() != ".xlsx":
        return ("",)
    return tuple(read_other.sheet_names(path))


def header(path: Path, sheet: str = "", known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return a table's column names; looks at the beginning of the file only.

    Parameters
    ----------
    path
        A file of one of the kinds in `SUFFIXES`.
    sheet
        A sheet of a workbook.
    known
        Names that are expected, by which the delimiter of a CSV file is found.

    Raises
    ------
    RefusedFileError
        When the file cannot be read.
    """
    match path.suffix.lower():
        case ".csv":
            try:
                return read_csv.sniff(path, known).header
            except UnicodeDecodeError as problem:
                raise RefusedFileError("wrong_encoding") from problem
        case ".parquet":
            try:
                # An open file: brackets in a path would be taken for a pattern.
                with path.open("rb") as file:
                    return tuple(pl.read_parquet_schema(file))
            except (pl.exceptions.PolarsError, OSError) as problem:
                raise RefusedFileError("unreadable_file") from problem
        case _:
            return read_other.sheet_header(path, sheet)


def load(
    connection: duckdb.DuckDBPyConnection, path: Path, sheet: str, columns: Mapping[str, str]
) -> tuple[str, ...]:
    """Read columns of a table into `delivered` under names of one's own; fills `malformed` too.

    Parameters
    ----------
    connection
        Where the temporary tables are made.
    path, sheet
        The table.
    columns
        What each column of `delivered` is called in the file. A column that the file does not have
        is missing in every row.

    Returns
    -------
    tuple of str
        All column names in the file.
    """
    wanted = tuple(dict.fromkeys(columns.values()))
    match path.suffix.lower():
        case ".csv":
            found = read_csv.read(connection, path, wanted)
        case ".parquet":
            found = read_other.read_parquet(connection, path, wanted)
        case _:
            found = read_other.read_sheet(connection, path, sheet, wanted)
    if not set(found) & set(wanted):
        raise RefusedFileError("missing_column", ", ".join(wanted))
    texts = ", ".join(
        f"{quoted(name) if name in found else 'null::varchar'} as {own}"
        for own, name in columns.items()
    )
    connection.execute(
        f"create or replace temp table delivered as select row_number, {texts} from delivered"
    )
    return found
