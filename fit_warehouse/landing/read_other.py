"""Parquet and XLSX as delivered: their rows as text in the same tables that CSV fills."""

from __future__ import annotations

from pathlib import Path

import duckdb
import fastexcel

from fit_warehouse.landing import contract
from fit_warehouse.landing.refusal import RefusedFileError

NO_MALFORMED = (
    "create or replace temp table malformed as select cast(1 as bigint) as row_number limit 0"
)


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, ...]:
    """Read a Parquet file into `delivered`; returns its column names.

    Truth values become 0 and 1; every other value the text that DuckDB gives it.
    """
    try:
        described = connection.execute(
            "describe select * from read_parquet($path)", {"path": str(path)}
        ).fetchall()
    except duckdb.Error as problem:
        raise RefusedFileError("unreadable_file") from problem
    columns = ", ".join(
        f"cast(cast({_quoted(name)} as tinyint) as varchar) as {_quoted(name)}"
        if kind == "BOOLEAN"
        else f"cast({_quoted(name)} as varchar) as {_quoted(name)}"
        for name, kind, *_ in described
    )
    try:
        connection.execute(
            "create or replace temp table delivered as "
            f"select row_number() over () as row_number, {columns} from read_parquet($path)",
            {"path": str(path)},
        )
    except duckdb.Error as problem:
        raise RefusedFileError("unreadable_file") from problem
    connection.execute(NO_MALFORMED)
    return tuple(name for name, *_ in described)


def sheets(path: Path) -> dict[str, str]:
    """Return the sheets of a workbook that hold a table, as {sheet name: table}.

    A sheet is recognised by its name; in a workbook with a single sheet the file's name serves too.
    """
    try:
        names = fastexcel.read_excel(path).sheet_names
    except (
        Exception
    ) as problem:  # fastexcel raises its reader's own errors, which have no common base
        raise RefusedFileError("unreadable_file") from problem
    found = {name: table for name in names if (table := contract.recognise(name.strip()))}
    by_file = contract.recognise(path.stem)
    if not found and by_file and len(names) == 1:
        found = {names[0]: by_file}
    if not found:
        raise RefusedFileError("unknown_table", f"sheets: {', '.join(names)}")
    return found


def read_sheet(connection: duckdb.DuckDBPyConnection, path: Path, sheet: str) -> tuple[str, ...]:
    """Read one sheet of a workbook into `delivered`; returns its column names."""
    try:
        frame = fastexcel.read_excel(path).load_sheet(sheet, dtypes="string").to_polars()
    except Exception as problem:  # as above
        raise RefusedFileError("unreadable_file", f"sheet {sheet}") from problem
    if not frame.columns:
        raise RefusedFileError("empty_file", f"sheet {sheet}")
    frame = frame.rename({name: name.strip() for name in frame.columns})
    table = frame.with_row_index("row_number", offset=2).to_arrow()
    connection.register("sheet", table)
    connection.execute("create or replace temp table delivered as select * from sheet")
    connection.unregister("sheet")
    connection.execute(NO_MALFORMED)
    return tuple(frame.columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
