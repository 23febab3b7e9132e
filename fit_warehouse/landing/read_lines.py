"""Read a CSV file by its lines: slower, but no fault in one row takes the rows after it away.

Lines that are a row by themselves are split all at once; the others are looked at one by one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import duckdb
import polars as pl

from fit_warehouse.landing.files import chunks
from fit_warehouse.landing.names import quoted

Numbered = tuple[int, list[str] | None]  # the line on which a row begins, and its fields

BATCH_ROWS = 100_000
# A quotation that has not ended after so many lines is a stray mark, not a long note.
LONGEST_QUOTATION = 100
# A row longer than this is no form and no meeting; nor need it be in memory to be named.
LONGEST_LINE = 1 << 20
MOST_AT_ONCE = 1 << 28  # bytes of a file whose lines are held in memory together


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a CSV file with the lines on which they begin."""

    path: Path
    delimiter: str
    n_fields: int

    def __iter__(self) -> Iterator[Numbered]:
        """Yield (line number, fields) of each row that is not blank; None when it is malformed."""
        with self.path.open(encoding="utf-8-sig", newline="") as opened:
            file = _bounded(opened)
            next(file, None)
            waiting: list[str] = []  # lines taken from the file but not yet used
            line_number = 1
            while line := waiting.pop(0) if waiting else next(file, ""):
                line_number += 1
                if not line.strip():
                    continue
                if line.count('"') % 2:
                    waiting += islice(file, LONGEST_QUOTATION - len(waiting))
                fields, n_more = self.row(line, waiting)
                del waiting[:n_more]
                if fields is None or any(fields):
                    yield line_number, fields
                line_number += n_more

    def row(self, line: str, following: list[str]) -> tuple[list[str] | None, int]:
        """Return the fields of the row that begins with a line, and how many more lines it takes."""
        fields = self._fields(line)
        if fields is None and line.count('"') % 2:
            return self._quotation(line, following)
        return fields, 0

    def _fields(self, text: str) -> list[str] | None:
        """Return the fields of a row, or None when it is not one."""
        if len(text) > LONGEST_LINE:
            return None
        try:
            (fields,) = csv.reader([text], delimiter=self.delimiter, strict=True)
        except (csv.Error, ValueError):
            return None
        if len(fields) == self.n_fields + 1 and not fields[-1]:
            del fields[-1]  # some programs end every row with a delimiter; DuckDB takes it too
        return fields if len(fields) == self.n_fields else None

    def _quotation(self, line: str, following: list[str]) -> tuple[list[str] | None, int]:
        """Return a row that goes on over following lines, and how many of them it takes."""
        for n_more, next_line in enumerate(following, start=1):
            line += next_line
            if line.count('"') % 2 == 0:
                fields = self._fields(line)
                return fields, n_more if fields else 0
        return None, 0


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file; of a longer one than `LONGEST_LINE` one letter more than that."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
            line = file.readline(LONGEST_LINE + 1)


def read(connection: duckdb.DuckDBPyConnection, rows: Rows, columns: dict[str, int]) -> None:
    """Fill the temporary tables `delivered` and `malformed`.

    Parameters
    ----------
    connection
        Holds an empty `malformed`.
    rows
        The rows of the file.
    columns
        The columns to keep with their positions, counted from 0.
    """
    names = ", ".join(f"{quoted(name)} varchar" for name in columns)
    connection.execute(f"create or replace temp table delivered (row_number bigint, {names})")
    lines = _lines(rows.path)
    odd = iter(rows)
    if lines is not None:
        plain, odd = _parted(rows, lines)
        fields = pl.col("line").str.split_exact(rows.delimiter, rows.n_fields - 1).struct
        texts = {name: fields[position] for name, position in columns.items()}
        _insert(connection, "delivered", plain.select("row_number", **texts))
    while batch := list(islice(odd, BATCH_ROWS)):
        good = [(number, fields) for number, fields in batch if fields is not None]
        series = {
            name: pl.Series([fields[position] for _, fields in good], dtype=pl.String)
            for name, position in columns.items()
        }
        numbers = pl.Series([number for number, _ in good], dtype=pl.Int64)
        broken = [number for number, fields in batch if fields is None]
        _insert(connection, "delivered", pl.DataFrame({"row_number": numbers, **series}))
        _insert(
            connection, "malformed", pl.DataFrame({"row_number": broken}, {"row_number": pl.Int64})
        )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    """Add rows to a table, empty texts as missing."""
    filled = rows.with_columns(pl.col(pl.String).replace("", None))
    connection.register("batch", filled.to_arrow())
    connection.execute(f"insert into {table} select * from batch")
    connection.unregister("batch")


def _lines(path: Path) -> pl.DataFrame | None:
    """Return the lines of a file below its header, or None when they have to be taken one by one.

    That is so in a large file, which would fill the memory, and where lines do not say how they end:
    a text over two lines keeps its line end, and a lone carriage return ends a line too.
    """
    if path.stat().st_size > MOST_AT_ONCE or any(b"\r" in piece for piece in chunks(path)):
        return None
    return pl.read_lines(path, glob=False, row_index_name="row_number", row_index_offset=1)[1:]


def _parted(rows: Rows, lines: pl.DataFrame) -> tuple[pl.DataFrame, Iterator[Numbered]]:
    """Return the lines that are a row by themselves, and the other rows with their line numbers."""
    line = pl.col("line")
    n_delimiters = line.str.count_matches(rows.delimiter, literal=True)
    is_ended = (n_delimiters == rows.n_fields) & line.str.ends_with(rows.delimiter)
    flags = lines.select(
        is_blank=line.str.strip_chars() == "",
        is_empty=line.str.strip_chars(rows.delimiter) == "",
        is_plain=~line.str.contains('"', literal=True)
        & ((n_delimiters == rows.n_fields - 1) | is_ended)
        & (line.str.len_bytes() < csv.field_size_limit()),
    )
    is_odd = ~flags["is_plain"] & ~flags["is_blank"]
    found: list[Numbered] = []
    used: list[int] = []
    text, free = lines["line"], 0
    for position in is_odd.arg_true().to_list():
        if position < free:
            continue  # within a text that began on a line before
        begins = text[position]
        is_open = begins.count('"') % 2 == 1
        following = text.slice(position + 1, LONGEST_QUOTATION).to_list() if is_open else []
        fields, n_more = rows.row(f"{begins}\n", [f"{more}\n" for more in following])
        free = position + 1 + n_more
        used += range(position + 1, free)
        if fields is None or any(fields):
            found.append((position + 2, fields))
    is_used = pl.Series(range(len(lines)), dtype=pl.Int64).is_in(used)
    plain = lines.filter(flags["is_plain"] & ~flags["is_blank"] & ~flags["is_empty"] & ~is_used)
    return plain, iter(found)
