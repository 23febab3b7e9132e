"""Read a CSV file line by line: slower, but no fault in one row takes the rows after it away."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import duckdb
import polars as pl

from fit_warehouse.landing.names import quoted

BATCH_ROWS = 100_000
# A quotation that has not ended after so many lines is a stray mark, not a long note.
LONGEST_QUOTATION = 100
# A row longer than this is no form and no meeting; nor need it be in memory to be named.
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a CSV file with the lines on which they begin."""

    path: Path
    delimiter: str
    n_fields: int

    def __iter__(self) -> Iterator[tuple[int, list[str] | None]]:
        """Yield (line number, fields) of each row that is not blank; None when it is malformed."""
        with self.path.open(encoding="utf-8-sig", newline="") as opened:
            file = _lines(opened)
            next(file, None)
            waiting: list[str] = []  # lines taken from the file but not yet used
            line_number = 1
            while line := waiting.pop(0) if waiting else next(file, ""):
                line_number += 1
                if not line.strip():
                    continue
                fields = self._fields(line)
                n_more = 0
                if fields is None and line.count('"') % 2:
                    waiting += islice(file, LONGEST_QUOTATION - len(waiting))
                    fields, n_more = self._quotation(line, waiting)
                    del waiting[:n_more]
                if fields is None or any(fields):
                    yield line_number, fields
                line_number += n_more

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


def _lines(file: TextIO) -> Iterator[str]:
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
    every_row = iter(rows)
    while batch := list(islice(every_row, BATCH_ROWS)):
        good = [(number, fields) for number, fields in batch if fields is not None]
        texts = {
            name: pl.Series([fields[position] or None for _, fields in good], dtype=pl.String)
            for name, position in columns.items()
        }
        numbers = pl.Series([number for number, _ in good], dtype=pl.Int64)
        broken = [number for number, fields in batch if fields is None]
        for table, frame in (
            ("delivered", pl.DataFrame({"row_number": numbers, **texts})),
            ("malformed", pl.DataFrame({"row_number": broken}, schema={"row_number": pl.Int64})),
        ):
            connection.register("batch", frame.to_arrow())
            connection.execute(f"insert into {table} select * from batch")
            connection.unregister("batch")
