"""A large CSV file slice by slice: while one slice is stored, the next one is read and looked through.

Rows as text stay in memory that way, where those of a whole file would be spilled to disk and read
back. A slice is some lines of the file, each of them a row. Where that is not so, or anything is to be
refused, nothing is stored: the file is read as a whole instead, which tells what is wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import files, hashed, identity, intake, kept, read_csv
from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.kept import Store
from fit_warehouse.landing.look import Rows
from fit_warehouse.landing.refusal import RefusedFileError

SIZE = 64 * 2**20  # bytes; the rows of two such slices as text fit into memory beside all else
LEFT, FOUND = "left_over", "found_in_left_over"

Connections = tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]
LookThrough = Callable[[duckdb.DuckDBPyConnection, tuple[str, ...]], int]


class NotInSlicesError(Exception):
    """The file has to be read as a whole."""


@dataclass(frozen=True, slots=True)
class Sliced:
    """A file that is read in slices.

    Attributes
    ----------
    path, table
        The file, and the table that it is of.
    spill
        A folder for a copy of the slice that is being read.
    look_through
        Is given a connection with `delivered` and the header. Raises when `delivered` holds identity;
        takes out the rows of erased persons and returns how many there were.
    check
        Is called when all is read; raises when the file is not what it was.
    extracted_at, today
        As for `intake.take`.
    """

    path: Path
    table: Table
    spill: Path
    look_through: LookThrough
    check: Callable[[], None]
    extracted_at: datetime | None
    today: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: its header, how many rows had been erased, and all others."""

    header: tuple[str, ...]
    n_erased: int
    taken: intake.Taken


def take(connection: duckdb.DuckDBPyConnection, file: Sliced, to: Store) -> Outcome:
    """Judge and store the rows of a file; leaves `delivered` with the rows that were not stored.

    Parameters
    ----------
    connection
        Gets the temporary tables as `intake.take` leaves them. Its database is used by two more
        connections.
    file
        The file.
    to
        Where the rows without a problem are stored; no file is left there when there are none.

    Raises
    ------
    NotInSlicesError
        When the file has to be read as a whole.
    """
    beside = (database.beside(connection), database.beside(connection))
    try:
        for each in beside:
            intake.prepare(each)
        reader = _Reader(file, beside)
        n_kept = kept.write_pieces(connection, file.table, reader, to)
        return _outcome(connection, reader, to, n_kept)
    except (RefusedFileError, identity.IdentityScanError, UnicodeDecodeError) as problem:
        to.path.unlink(missing_ok=True)
        raise NotInSlicesError from problem
    finally:
        for each in beside:
            each.close()
        for name in (LEFT, FOUND):
            connection.execute(f"drop table if exists memory.main.{name}")


def _outcome(
    connection: duckdb.DuckDBPyConnection, reader: _Reader, to: Store, n_kept: int
) -> Outcome:
    """Return the sum of all slices; the few rows that were not stored are judged once more."""
    connection.execute(
        f"create or replace temp table delivered as from memory.main.{LEFT} order by row_number"
    )
    connection.execute(f"create or replace temp table {identity.TABLE} as from memory.main.{FOUND}")
    connection.execute("create or replace temp table malformed (row_number bigint)")
    connection.execute("create or replace temp table bad as select row_number from delivered")
    file = reader.file
    rows = intake.rows_of(
        connection,
        file.table,
        reader.header,
        extracted_at=file.extracted_at,
        today=file.today,
    )
    profile = intake.profile_of(connection, file.table, to)
    if not n_kept:
        to.path.unlink()
    taken = intake.told(connection, rows, reader.n_rows, profile)
    return Outcome(reader.header, reader.n_erased, taken)


def cut(path: Path) -> list[tuple[int, int]]:
    """Return where the slices of a file begin and end: after a line each, if lines are not too long."""
    size, ends = path.stat().st_size, [0]
    with path.open("rb") as file:
        while ends[-1] + SIZE < size:
            file.seek(ends[-1] + SIZE)
            file.readline(read_csv.LONGEST_LINE)
            ends.append(file.tell())
    return list(itertools.pairwise([*ends, size] if ends[-1] < size else ends))


@dataclass(slots=True)
class _Slice:
    """Rows of a slice in `delivered` of a connection, and how they are read and judged."""

    connection: duckdb.DuckDBPyConnection
    rows: Rows
    n_rows: int


@dataclass(slots=True)
class _Reader:
    """The rows without a problem, as `kept.unhashed` has them; what is not among them is left over."""

    file: Sliced
    connections: Connections
    header: tuple[str, ...] = ()
    n_rows: int = 0
    n_erased: int = 0
    schema: Any = None
    _next_line: int = 1
    _pieces: Iterator[Any] = field(init=False)

    def __post_init__(self) -> None:
        self._pieces = self._of_all()

    def __iter__(self) -> Iterator[Any]:
        return self._pieces

    def __next__(self) -> Any:
        return next(self._pieces)

    def _of_all(self) -> Iterator[Any]:
        """Yield the pieces of all slices; one slice ahead is read meanwhile."""
        path = self.file.path
        dialect = read_csv.sniff(path, self.file.table.names)
        self.header = dialect.header
        slices = cut(path)
        with ThreadPoolExecutor(1) as reading:

            def submit(number: int) -> Any:
                return reading.submit(self._read, dialect, number, *slices[number])

            ahead = submit(0)
            for number in range(len(slices)):
                found = ahead.result()
                if number + 1 < len(slices):
                    ahead = submit(number + 1)
                yield from self._of_slice(found, is_first=number == 0)
        self.file.check()

    def _read(self, dialect: read_csv.Dialect, number: int, begin: int, end: int) -> _Slice:
        """Read a slice into `delivered`, every line a row, and look through it."""
        connection, is_first = self.connections[number % 2], number == 0
        columns = dialect.known(self.file.table.names)
        path = self.file.spill / "slice.csv.tmp"
        try:
            _copy(self.file.path, begin, end, path)
            ends = read_csv.extent(path)
            read_csv.check_complete(ends, dialect)
            lines = range(self._next_line + is_first, self._next_line + ends.n_lines)
            # `create or replace` would keep the rows of the slice before until these are read.
            connection.execute("drop table if exists temp.delivered")
            if not columns or not read_csv.read_lines_as_rows(
                connection, path, dialect, columns, lines, has_header=is_first
            ):
                raise NotInSlicesError
        finally:
            path.unlink(missing_ok=True)
        self._next_line += ends.n_lines
        self.n_erased += self.file.look_through(connection, dialect.header)
        n_rows = database.scalar(connection, "select count(*) from delivered")
        rows = intake.rows_of(
            connection,
            self.file.table,
            dialect.header,
            extracted_at=self.file.extracted_at,
            today=self.file.today,
        )
        return _Slice(connection, rows, n_rows)

    def _of_slice(self, found: _Slice, *, is_first: bool) -> Iterator[Any]:
        """Yield the pieces of a slice, and put what is not in them aside."""
        connection = found.connection
        if is_first:
            for name, like in ((LEFT, "delivered"), (FOUND, identity.TABLE)):
                connection.execute(f"create table memory.main.{name} as from {like} limit 0")
        n_found = database.scalar(
            connection,
            f"insert into memory.main.{FOUND} from {identity.TABLE}",
        )
        unnamed = f"delivered anti join {identity.TABLE} using (row_number)"
        query = kept.unhashed(found.rows, unnamed if n_found else "delivered")
        reader = connection.execute(query).to_arrow_reader(hashed.PIECE)
        self.schema = reader.schema
        stored = []
        for piece in reader:
            stored.append(piece.column("_row_number"))
            yield piece
        self.n_rows += found.n_rows
        if sum(len(numbers) for numbers in stored) < found.n_rows:
            _put_aside(connection, stored)


def _put_aside(connection: duckdb.DuckDBPyConnection, stored: list[Any]) -> None:
    """Add the rows of `delivered` that are not among some numbers to those left over."""
    import pyarrow as pa

    numbers = pa.table({"row_number": pa.chunked_array(stored, pa.int64())})
    connection.register("stored", numbers)
    connection.execute(
        f"insert into memory.main.{LEFT} from delivered anti join stored using (row_number)"
    )
    connection.unregister("stored")


def _copy(path: Path, begin: int, end: int, to: Path) -> None:
    """Copy a part of a file."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as source, to.open("wb") as target:
        source.seek(begin)
        while begin < end and (piece := source.read(min(files.CHUNK, end - begin))):
            target.write(piece)
            begin += len(piece)
