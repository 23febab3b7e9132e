"""Parquet and XLSX as delivered: their rows as text in the same tables that CSV fills."""

from __future__ import annotations

from pathlib import Path

import duckdb
import fastexcel
import polars as pl

from fit_warehouse.landing import contract
from fit_warehouse.landing.names import quoted
from fit_warehouse.landing.refusal import RefusedFileError

NO_MALFORMED = "create or replace temp table malformed (row_number bigint)"


def read_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, known: tuple[str, ...]
) -> tuple[str, ...]:
    """Read the known columns of a Parquet file into `delivered`; returns its column names.

    Truth values become 0 and 1; every other value a text as a CSV file would have it.
    """
    parameters = {"path": str(path)}
    try:
        # DuckDB renames the second of two columns of one name: the file's own schema has both.
        names = connection.execute(
            "select name from parquet_schema($path) offset 1", parameters
        ).fetchall()
        described = connection.execute(
            "describe select * from read_parquet($path)", parameters
        ).fetchall()
        columns = "".join(
            f", {_as_text(quoted(name), kind)} as {quoted(name)}"
            for name, kind, *_ in described
            if name in known
        )
        connection.execute(
            "create or replace temp table delivered as "
            f"select row_number() over () as row_number{columns} from read_parquet($path)",
            parameters,
        )
    except duckdb.Error as problem:
        raise RefusedFileError("unreadable_file") from problem
    connection.execute(NO_MALFORMED)
    return tuple(name for (name,) in names)


def _as_text(name: str, kind: str) -> str:
    """Return SQL for the text of a Parquet column of the given DuckDB type."""
    text = f"cast({name} as varchar)"
    if kind == "BOOLEAN":
        return f"cast(cast({name} as tinyint) as varchar)"
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        # Whole numbers with gaps are often stored as floating point: 17, not 17.0. And 1.234 is
        # ambiguous as a text only: a fourth decimal says so.
        whole = f"regexp_replace({text}, '\\.0+$', '')"
        return f"regexp_replace({whole}, '(\\.[0-9]{{3}})$', '\\10')"
    return text


def sheets(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the sheets of a workbook that hold a table, as {sheet name: table}, and the others.

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
    return found, [name for name in names if name not in found]


def sheet_header(path: Path, sheet: str) -> tuple[str, ...]:
    """Return the column names of a sheet: its first row with anything in it."""
    return _rows(path, sheet)[1]


def _rows(path: Path, sheet: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the filled rows below the header with their `row_number`, and the header."""
    try:
        book = fastexcel.read_excel(path)
        cells = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except Exception as problem:  # as above
        raise RefusedFileError("unreadable_file", f"sheet {sheet}") from problem
    if not cells.width:
        raise RefusedFileError("empty_file", f"sheet {sheet}")
    is_filled = pl.any_horizontal(pl.all().str.strip_chars().str.len_chars() > 0)
    rows = cells.with_row_index("row_number", offset=1).filter(cells.select(is_filled).to_series())
    if rows.is_empty():
        raise RefusedFileError("empty_file", f"sheet {sheet}")
    return rows[1:], tuple((name or "").strip() for name in rows.row(0)[1:])


def read_sheet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    sheet: str,
    known: tuple[str, ...],
    flags: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Read the known columns of a sheet into `delivered`; returns its column names.

    The first row with anything in it is the header; rows are numbered as the spreadsheet does. In
    the columns `flags` ticked cells are 0 and 1, as in other files.
    """
    rows, header = _rows(path, sheet)
    cells = rows.columns[1:]
    columns = [
        _cell_text(cells[header.index(name)], name, is_flag=name in flags)
        for name in known
        if name in header
    ]
    connection.register("sheet", rows.select("row_number", *columns).to_arrow())
    connection.execute("create or replace temp table delivered as select * from sheet")
    connection.unregister("sheet")
    connection.execute(NO_MALFORMED)
    return header


def _cell_text(position: str, name: str, *, is_flag: bool) -> pl.Expr:
    """Return a column of cells under its own name."""
    text = pl.col(position)
    return (text.replace({"true": "1", "false": "0"}) if is_flag else text).alias(name)
