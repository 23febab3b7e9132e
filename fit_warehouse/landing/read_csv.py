"""CSV as delivered: its dialect, and its rows as text in a DuckDB table."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fit_warehouse.landing import read_lines
from fit_warehouse.landing.files import chunks, one_file
from fit_warehouse.landing.guards import narrow_encoding
from fit_warehouse.landing.names import quoted
from fit_warehouse.landing.refusal import RefusedFileError

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = read_lines.LONGEST_LINE  # it also bounds the memory of the last-row check


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str
    header: tuple[str, ...]

    def known(self, names: tuple[str, ...]) -> dict[str, int]:
        """Return the position of each of `names` that the header has."""
        return {name: self.header.index(name) for name in names if name in self.header}


@dataclass(frozen=True, slots=True)
class Extent:
    """What one pass over the bytes tells: the lines, and how the last of them ends."""

    n_lines: int
    last_line: str
    is_quote_open: bool


def extent(pieces: Iterable[bytes]) -> Extent:
    """Check that the bytes of a file, in pieces, are UTF-8 text and return how far it goes.

    Raises
    ------
    RefusedFileError
        `wrong_encoding` with the number of the first bad line; `file_truncated` when the file ends
        within a character.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_ends, n_quotes, tail = 0, 0, b""
    for piece in pieces:
        try:
            # Plain text needs no decoding, unless a character has begun in the piece before.
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        except UnicodeDecodeError as problem:
            # The decoder's own bytes: they may begin with the rest of the piece before.
            bad = n_ends + problem.object[: problem.start].count(b"\n") + 1
            seems = narrow_encoding(problem.object, problem.start)
            raise RefusedFileError(
                "wrong_encoding", f"line {bad}: it seems to be {seems}"
            ) from problem
        if b"\0" in piece:
            bad = n_ends + piece[: piece.index(b"\0")].count(b"\n") + 1
            raise RefusedFileError("wrong_encoding", f"line {bad} has a NUL byte")
        n_ends += piece.count(b"\n")
        # To look whether there is one is far cheaper than to count, and most files have none.
        n_quotes += piece.count(b'"') if b'"' in piece else 0
        tail = piece if len(piece) >= LONGEST_LINE else (tail + piece)[-LONGEST_LINE:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as problem:
        raise RefusedFileError("file_truncated", f"line {n_ends + 1}") from problem
    last = tail[tail.rstrip(b"\r\n").rfind(b"\n") + 1 :].decode("utf-8", errors="replace")
    n_lines = n_ends + (not tail.endswith(b"\n"))
    return Extent(n_lines, last, is_quote_open=n_quotes % 2 == 1)


def sniff(path: Path, known: tuple[str, ...]) -> Dialect:
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
        Dialect(mark, tuple(name.strip() for name in _fields(first, mark))) for mark in DELIMITERS
    ]
    return max(candidates, key=lambda dialect: len(dialect.known(known)))


def _fields(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line.

    Raises
    ------
    RefusedFileError
        `unreadable_file` when a field is longer than any that a table can hold.
    """
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as problem:
        raise RefusedFileError("unreadable_file", "a field without end") from problem


def check_complete(ends: Extent, dialect: Dialect) -> None:
    """Refuse a file whose last row has no line end and too few fields: it is still being written."""
    if ends.last_line.endswith(("\n", "\r")):
        return
    if ends.last_line.count('"') % 2:
        # Either the quotation was cut, or it began on a line before and ends here.
        is_cut = ends.is_quote_open
    else:
        is_cut = len(_fields(ends.last_line, dialect.delimiter)) < len(dialect.header)
    if is_cut:
        raise RefusedFileError("file_truncated", f"line {ends.n_lines}")


def read(
    connection: duckdb.DuckDBPyConnection, path: Path, known: tuple[str, ...]
) -> tuple[str, ...]:
    """Read a CSV file into the temporary tables `delivered` and `malformed`.

    `delivered` has the file's known columns as text and `row_number`, the line in the file on which
    the row begins, the header being line 1; `malformed` has the `row_number` of each row that does
    not fit the header. Blank rows are none.

    Returns
    -------
    tuple of str
        The names in the header.
    """
    ends = extent(chunks(path))
    dialect = sniff(path, known)
    check_complete(ends, dialect)
    columns = dialect.known(known)
    if not columns:
        return dialect.header
    connection.execute("create or replace temp table malformed (row_number bigint)")
    # `create or replace` would keep the rows of the file before until these are read.
    connection.execute("drop table if exists temp.delivered")
    if not read_lines_as_rows(connection, path, dialect, columns, range(2, ends.n_lines + 1)):
        rows = read_lines.Rows(path, dialect.delimiter, len(dialect.header))
        read_lines.read(connection, rows, columns)
    return dialect.header


def read_lines_as_rows(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    dialect: Dialect,
    columns: dict[str, int],
    lines: range,
    *,
    has_header: bool = True,
) -> bool:
    """Read a file into `delivered` with DuckDB; False when not every line is one well-formed row.

    DuckDB gives rows up for lost after an unbalanced quotation mark and does not tell on which line
    a row begins once there are blank or broken lines, so such files are read line by line instead.

    Parameters
    ----------
    connection
        Where `delivered` is made.
    path
        The file.
    dialect
        How it is written.
    columns
        The position of each column that is read.
    lines
        The numbers of the lines below the header.
    has_header
        Whether the first line of the file is the header.
    """
    every = [f"c{position}" for position in range(len(dialect.header))]
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in every)
    texts = ", ".join(f"c{position} as {quoted(name)}" for name, position in columns.items())
    is_blank = " and ".join(f"{name} is null" for name in every)
    try:
        connection.execute(
            f"""
            create or replace temp table delivered as
            select {texts}, {is_blank} as is_blank
            from read_csv(
                $path, columns = {{{types}}}, header = {has_header}, auto_detect = false,
                delim = '{dialect.delimiter}', quote = '"', escape = '"', nullstr = '',
                max_line_size = {LONGEST_LINE}, hive_partitioning = false
            )
            """,
            {"path": one_file(path)},
        )
    except (duckdb.InvalidInputException, duckdb.NotImplementedException):
        return False
    counted, n_blank = connection.sql(
        "select count(*), count(*) filter (is_blank) from delivered"
    ).fetchall()[0]
    if counted != len(lines):
        return False
    # The table is in the order of the file, so a row's place in it is its line; a window that
    # counts would make all of the reading the work of one thread.
    connection.execute("alter table delivered add column row_number bigint")
    connection.execute("update delivered set row_number = rowid + $first", {"first": lines.start})
    if n_blank:
        connection.execute("delete from delivered where is_blank")
    connection.execute("alter table delivered drop column is_blank")
    return True
