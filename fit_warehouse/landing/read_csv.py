"""CSV as delivered: its dialect, and its rows as text in a DuckDB table."""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fit_warehouse.landing.files import chunks
from fit_warehouse.landing.refusal import RefusedFileError

DELIMITERS = (",", ";", "\t")
# A row longer than this is no form and no meeting; it also bounds the memory of the last-row check.
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str
    header: tuple[str, ...]


def last_line(path: Path) -> str:
    """Check that the file is UTF-8 text and return its last line with its line end.

    Raises
    ------
    RefusedFileError
        `wrong_encoding` with the number of the first bad line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_number, tail = 1, b""
    for piece in chunks(path):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as problem:
            bad = line_number + piece[: problem.start].count(b"\n")
            raise RefusedFileError("wrong_encoding", f"line {bad}") from problem
        if b"\0" in piece:
            raise RefusedFileError("wrong_encoding", "the file has NUL bytes")
        line_number += piece.count(b"\n")
        tail = (tail + piece)[-LONGEST_LINE:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as problem:
        raise RefusedFileError("file_truncated", f"line {line_number}") from problem
    return tail[tail.rstrip(b"\r\n").rfind(b"\n") + 1 :].decode("utf-8", errors="replace")


def sniff(path: Path, known: frozenset[str]) -> Dialect:
    """Return the dialect whose header has most known columns.

    Parameters
    ----------
    path
        A CSV file in UTF-8, with or without byte order mark.
    known
        The column names of the table that the file's name says it is.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(LONGEST_LINE)
    if not first.strip():
        raise RefusedFileError("empty_file")
    candidates = [
        Dialect(mark, tuple(name.strip() for name in next(csv.reader([first], delimiter=mark))))
        for mark in DELIMITERS
    ]
    return max(candidates, key=lambda dialect: len(known.intersection(dialect.header)))


def check_complete(ending: str, dialect: Dialect) -> None:
    """Refuse a file whose last row has no line end and too few fields: it is still being written."""
    if ending.endswith(("\n", "\r")):
        return
    fields = next(csv.reader([ending], delimiter=dialect.delimiter), [])
    if len(fields) < len(dialect.header) or ending.count('"') % 2:
        raise RefusedFileError("file_truncated", "the last line")


def read(
    connection: duckdb.DuckDBPyConnection, path: Path, known: frozenset[str]
) -> tuple[str, ...]:
    """Read a CSV file into the temporary tables `delivered` and `malformed`.

    `delivered` has every column of the file as text and `row_number`, the header being row 1;
    `malformed` has the `row_number` of each row that does not fit the header.

    Returns
    -------
    tuple of str
        The names in the header.
    """
    ending = last_line(path)
    dialect = sniff(path, known)
    if len(set(dialect.header)) < len(dialect.header):
        twice = sorted({name for name in dialect.header if dialect.header.count(name) > 1})
        raise RefusedFileError("duplicate_column", ", ".join(twice))
    check_complete(ending, dialect)
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    types = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in dialect.header)
    connection.execute(
        f"""
        create or replace temp table kept as
        select row_number() over () as ordinal, *
        from read_csv(
            $path, columns = {{{types}}}, header = true, auto_detect = false,
            delim = {_literal(dialect.delimiter)}, quote = '"', escape = '"', nullstr = '',
            max_line_size = {LONGEST_LINE}, ignore_errors = true, store_rejects = true
        )
        """,
        {"path": str(path)},
    )
    _number_rows(connection)
    return dialect.header


def _number_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each kept row its number in the file: rejected rows take part in the count."""
    connection.execute(
        """
        create or replace temp table malformed as
            select distinct cast(line as bigint) as row_number from reject_errors where line > 1
        """
    )
    connection.execute(
        """
        create or replace temp table delivered as
        with
        extent as (
            select (select count(*) from kept) + (select count(*) from malformed) as n_rows
        ),
        numbered as (
            select row_number, row_number() over (order by row_number) as ordinal
            from (select unnest(range(2, n_rows + 2)) as row_number from extent)
            anti join malformed using (row_number)
        )
        select numbered.row_number, kept.* exclude (ordinal)
        from kept inner join numbered on numbered.ordinal = kept.ordinal
        """
        if connection.sql("select count(*) from malformed").fetchall()[0][0]
        else "create or replace temp table delivered as "
        "select ordinal + 1 as row_number, * exclude (ordinal) from kept"
    )
    connection.execute("drop table kept")


def _literal(text: str) -> str:
    """Return a text as an SQL literal; for header names, which no parameter can carry."""
    return "'" + text.replace("'", "''") + "'"
