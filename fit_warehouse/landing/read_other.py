"""Parquet and XLSX as delivered: their rows as text in the same tables that CSV fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import fastexcel
import polars as pl

from fit_warehouse.landing import contract, workbook
from fit_warehouse.landing.files import one_file
from fit_warehouse.landing.names import quoted
from fit_warehouse.landing.refusal import RefusedFileError

# A column that repeats one value takes no room in Parquet: a small file may hold rows without end.
ROWS_PER_BYTE, FEW_ROWS = 100, 1_000_000
# DuckDB's types whose texts are those that a CSV file would have; DECIMAL comes with its digits.
PLAIN = {"VARCHAR", "BOOLEAN", "FLOAT", "DOUBLE", "DATE", "UUID", "BLOB"}
PLAIN |= {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")}
PLAIN |= {"INTEGER", "UINTEGER", '"NULL"', "NULL"}
PLAIN |= {f"TIMESTAMP{unit}" for unit in ("", "_S", "_MS", "_NS")}
SHOWN_CELLS = 5

NO_MALFORMED = "create or replace temp table malformed (row_number bigint)"


def read_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, known: tuple[str, ...]
) -> tuple[str, ...]:
    """Read the known columns of a Parquet file into `delivered`; returns its column names.

    Truth values become 0 and 1; every other value a text as a CSV file would have it.
    """
    # A folder named `team_code=T1` is a name, not a column (Hive partitioning).
    source = "read_parquet($path, hive_partitioning = false)"
    parameters = {"path": one_file(path)}
    try:
        # DuckDB renames the second of two columns of one name: the file's own schema has both.
        names = connection.execute(
            "select name from parquet_schema($path) offset 1", parameters
        ).fetchall()
        counted = connection.execute(
            "select num_rows from parquet_file_metadata($path)", parameters
        ).fetchall()
        n_rows = sum(count for (count,) in counted)
        if n_rows > max(FEW_ROWS, ROWS_PER_BYTE * path.stat().st_size):
            raise RefusedFileError("unpacks_too_large", f"{n_rows} rows")
        described = connection.execute(f"describe select * from {source}", parameters).fetchall()
        wanted = {name: kind for name, kind, *_ in described if name in known}
        _check_kinds(wanted)
        columns = "".join(
            f", {_as_text(quoted(name), kind)} as {quoted(name)}" for name, kind in wanted.items()
        )
        connection.execute(
            "create or replace temp table delivered as "
            f"select row_number() over () as row_number{columns} from {source}",
            parameters,
        )
    except duckdb.ConversionException as problem:
        binary = [name for name, kind in wanted.items() if kind == "BLOB"]
        raise RefusedFileError("foreign_type", f"column {', '.join(binary)}: no text") from problem
    except duckdb.Error as problem:
        raise RefusedFileError("unreadable_file") from problem
    connection.execute(NO_MALFORMED)
    return tuple(name for (name,) in names)


def _check_kinds(kinds: Mapping[str, str]) -> None:
    """Refuse columns whose values have no text that a CSV file would have: lists, times of a zone."""
    foreign = [
        f"column {name}: {kind.split('(')[0]}"
        for name, kind in kinds.items()
        if kind not in PLAIN and not kind.startswith(("DECIMAL(", "ENUM("))
    ]
    if foreign:
        raise RefusedFileError("foreign_type", "; ".join(foreign))


def _as_text(name: str, kind: str) -> str:
    """Return SQL for the text of a Parquet column of the given DuckDB type."""
    text = f"cast({name} as varchar)"
    if kind == "BOOLEAN":
        return f"cast(cast({name} as tinyint) as varchar)"
    if kind == "BLOB":  # some programs store texts without saying that they are
        return f"decode({name})"
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        # Whole numbers with gaps are often stored as floating point: 17, not 17.0. And 1.234 is
        # ambiguous as a text only: a fourth decimal says so.
        whole = f"regexp_replace({text}, '\\.0+$', '')"
        return f"regexp_replace({whole}, '(\\.[0-9]{{3}})$', '\\10')"
    return text


def sheets(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the sheets of a workbook that hold a table, as {sheet name: table}, and the others.

    A sheet is recognised by its name; in a workbook with a single sheet the file's name serves too.
    Hidden sheets are never a table: who sends the file does not see what is in them.
    """
    hidden = workbook.hidden_sheets(path)
    every = sheet_names(path)
    names = [name for name in every if name not in hidden]
    found = {name: table for name in names if (table := contract.recognise(name.strip()))}
    by_file = contract.recognise(path.stem)
    if not found and by_file and len(names) == 1:
        found = {names[0]: by_file}
    if not found:
        others = f"; hidden: {', '.join(sorted(hidden))}" if hidden else ""
        raise RefusedFileError("unknown_table", f"sheets: {', '.join(names)}{others}")
    return found, [
        f"{name} (hidden)" if name in hidden else name for name in every if name not in found
    ]


def sheet_names(path: Path) -> list[str]:
    """Return the names of all sheets of a workbook."""
    with _reading():
        return list(fastexcel.read_excel(path).sheet_names)


@contextmanager
def _reading(where: str = "") -> Iterator[None]:
    """Refuse the file for whatever the reader of workbooks raises: its errors have no common base."""
    try:
        yield
    except BaseException as problem:
        # A panic of a reader written in Rust is no Exception, but no reason to stop either.
        if isinstance(problem, Exception) or type(problem).__name__ == "PanicException":
            raise RefusedFileError("unreadable_file", where) from problem
        raise


def sheet_header(path: Path, sheet: str) -> tuple[str, ...]:
    """Return the column names of a sheet: its first row with anything in it."""
    return _header(_rows(path, sheet))


def _header(rows: pl.DataFrame) -> tuple[str, ...]:
    return tuple((name or "").strip() for name in rows.row(0)[1:])


def _rows(path: Path, sheet: str) -> pl.DataFrame:
    """Return the filled rows with their `row_number`, the header first."""
    with _reading(f"sheet {sheet}"):
        book = fastexcel.read_excel(path)
        cells: pl.DataFrame = book.load_sheet(
            sheet, header_row=None, skip_rows=0, dtypes="string"
        ).to_polars()
    if not cells.width:
        raise RefusedFileError("empty_file", f"sheet {sheet}")
    is_filled = pl.any_horizontal(pl.all().str.strip_chars().str.len_chars() > 0)
    rows = cells.with_row_index("row_number", offset=1).filter(cells.select(is_filled).to_series())
    if rows.is_empty():
        raise RefusedFileError("empty_file", f"sheet {sheet}")
    return rows


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

    Raises
    ------
    RefusedFileError
        `merged_cells` or `cell_without_value` with the cells, when a known column has such: the
        reader gives them as empty, which they are not.
    """
    rows = _rows(path, sheet)
    header = _header(rows)
    positions = {name: header.index(name) for name in known if name in header}
    _check_cells(path, sheet, positions, header_row=rows["row_number"][0])
    cells = rows.columns[1:]
    columns = [
        _cell_text(cells[position], name, is_flag=name in flags)
        for name, position in positions.items()
    ]
    connection.register("sheet", rows[1:].select("row_number", *columns).to_arrow())
    connection.execute("create or replace temp table delivered as select * from sheet")
    connection.unregister("sheet")
    connection.execute(NO_MALFORMED)
    return header


def _check_cells(path: Path, sheet: str, positions: Mapping[str, int], *, header_row: int) -> None:
    """Refuse a sheet in whose table some cells do not say what they seem to."""
    layout = workbook.layout(path, sheet)
    columns = {position + 1 for position in positions.values()}
    in_header = (area for area in layout.merged if area.spans_row(header_row))
    in_table = (area for area in layout.merged if area.touches(columns, header_row))
    for reason, areas in (
        ("merged_cells", [*in_header, *in_table]),
        ("cell_without_value", [a for a in layout.valueless if a.touches(columns, header_row)]),
    ):
        if areas:
            texts = list(dict.fromkeys(area.text for area in areas))
            more = " ..." if len(texts) > SHOWN_CELLS else ""
            raise RefusedFileError(reason, f"sheet {sheet}: {', '.join(texts[:SHOWN_CELLS])}{more}")


def _cell_text(position: str, name: str, *, is_flag: bool) -> pl.Expr:
    """Return a column of cells under its own name."""
    text = pl.col(position)
    return (text.replace({"true": "1", "false": "0"}) if is_flag else text).alias(name)
