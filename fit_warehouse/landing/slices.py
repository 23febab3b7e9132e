"""A large CSV file slice by slice: while one slice is stored, the next one is read and looked through.

Rows as text stay in memory that way, where those of a whole file would be spilled to disk and read
back. A slice is some lines of the file, each of them a row. Where that is not so, or anything is to be
refused, nothing is stored: the file is read as a whole instead, which tells what is wrong.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import files, hashed, identity, intake, kept, read_csv
from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.kept import Store
from fit_warehouse.landing.refusal import RefusedFileError

SIZE = 64 * 2**20  # bytes; the rows of so many slices as text fit into memory beside all else
AT_ONCE = 2
LEFT, FOUND = "left_over", "found_in_left_over"

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
    beside = [database.beside(connection) for _ in range(AT_ONCE)]
    try:
        for each in beside:
            intake.prepare(each)
        dialect = read_csv.sniff(file.path, file.table.names)
        work = _Work(file, beside, kept.hasher(file.table, to), dialect)
        n_kept = kept.write_pieces(work.pieces(), file.table, to)
        return _outcome(connection, work, to, n_kept)
    except (RefusedFileError, identity.IdentityScanError, UnicodeDecodeError) as problem:
        to.path.unlink(missing_ok=True)
        raise NotInSlicesError from problem
    finally:
        for each in beside:
            each.close()
        for name in (LEFT, FOUND):
            connection.execute(f"drop table if exists memory.main.{name}")


def _outcome(connection: duckdb.DuckDBPyConnection, work: _Work, to: Store, n_kept: int) -> Outcome:
    """Return the sum of all slices; the few rows that were not stored are judged once more."""
    for temporary, left in (("delivered", LEFT), (identity.TABLE, FOUND)):
        connection.execute(
            f"create or replace temp table {temporary} as from memory.main.{left} order by row_number"
        )
    connection.execute("create or replace temp table malformed (row_number bigint)")
    connection.execute("create or replace temp table bad as select row_number from delivered")
    file, header = work.file, work.dialect.header
    rows = intake.rows_of(
        connection, file.table, header, extracted_at=file.extracted_at, today=file.today
    )
    profile = intake.profile_of(connection, file.table, to)
    if not n_kept:
        to.path.unlink()
    taken = intake.told(connection, rows, work.n_rows, profile)
    return Outcome(header, work.n_erased, taken)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some lines of a file: a copy of them, the numbers of those with data, and how the last one ends."""

    number: int
    copy: Path
    lines: range
    extent: read_csv.Extent


def cut(path: Path, spill: Path) -> Iterator[Slice]:
    """Yield the slices of a file: they end with a line each, if lines are not too long.

    Raises
    ------
    RefusedFileError
        When a slice is not UTF-8 text.
    """
    spill.mkdir(parents=True, exist_ok=True)
    line, size = 1, path.stat().st_size
    with path.open("rb") as file:
        for number in itertools.count():
            if file.tell() >= size:
                return
            copy = spill / f"slice_{number}.tmp"
            with copy.open("wb") as target:
                extent = read_csv.extent(_copied(file, target))
            lines = range(line + (number == 0), line + extent.n_lines)
            yield Slice(number, copy, lines, extent)
            line += extent.n_lines


def _copied(file: BinaryIO, target: BinaryIO) -> Iterator[bytes]:
    """Copy the next slice to another file, and yield its bytes in pieces."""
    end = file.tell() + SIZE
    while piece := file.read(min(files.CHUNK, end - file.tell())):
        target.write(piece)
        yield piece
    piece = file.readline(read_csv.LONGEST_LINE)
    target.write(piece)
    yield piece


@dataclass(slots=True)
class _Work:
    """What the slices of a file have in common, and what has been counted in them."""

    file: Sliced
    connections: list[duckdb.DuckDBPyConnection]
    hasher: hashed.Hasher
    dialect: read_csv.Dialect
    n_rows: int = 0
    n_erased: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pieces(self) -> Generator[Any]:
        """Yield the rows without a problem, as they are stored; what is not among them is put aside.

        Some slices are worked on at a time: much of the work on each is for one processor alone.
        """
        slices = cut(self.file.path, self.file.spill)
        with ThreadPoolExecutor(AT_ONCE) as workers:

            def submit() -> Iterator[Future[_Found]]:
                for one in itertools.islice(slices, 1):
                    yield workers.submit(self._slice, one)

            waiting = deque(future for _ in range(AT_ONCE) for future in submit())
            while waiting:
                found = waiting.popleft().result()
                waiting.extend(submit())
                self.n_rows += found.n_rows
                self.n_erased += found.n_erased
                yield from found.pieces
        self.file.check()

    def _slice(self, one: Slice) -> _Found:
        """Return the rows of a slice that are without a problem."""
        connection = self.connections[one.number % AT_ONCE]
        self._read(connection, one)
        n_erased = self.file.look_through(connection, self.dialect.header)
        with self.lock:
            for name, like in ((LEFT, "delivered"), (FOUND, identity.TABLE)):
                connection.execute(
                    f"create table if not exists memory.main.{name} as from {like} limit 0"
                )
        n_rows = database.scalar(connection, "select count(*) from delivered")
        rows = intake.rows_of(
            connection,
            self.file.table,
            self.dialect.header,
            extracted_at=self.file.extracted_at,
            today=self.file.today,
        )
        n_found = database.scalar(connection, f"select count(*) from {identity.TABLE}")
        unnamed = f"delivered anti join {identity.TABLE} using (row_number)"
        query = kept.unhashed(rows, unnamed if n_found else "delivered")
        reader = connection.execute(query).to_arrow_reader(hashed.PIECE)
        pieces = [self.hasher(piece) for piece in reader] or [
            self.hasher(hashed.empty(reader.schema))
        ]
        if sum(len(piece) for piece in pieces) < n_rows:
            self._put_aside(connection, pieces)
        return _Found(pieces, n_rows, n_erased)

    def _read(self, connection: duckdb.DuckDBPyConnection, one: Slice) -> None:
        """Read a slice into `delivered`, every line a row."""
        columns = self.dialect.known(self.file.table.names)
        try:
            read_csv.check_complete(one.extent, self.dialect)
            # `create or replace` would keep the rows of the slice before until these are read.
            connection.execute("drop table if exists temp.delivered")
            if not columns or not read_csv.read_lines_as_rows(
                connection, one.copy, self.dialect, columns, one.lines, has_header=one.number == 0
            ):
                raise NotInSlicesError
        finally:
            one.copy.unlink(missing_ok=True)

    def _put_aside(self, connection: duckdb.DuckDBPyConnection, pieces: list[Any]) -> None:
        """Add the rows of `delivered` that are in no piece to those left over."""
        import pyarrow as pa

        numbers = pa.chunked_array([piece.column("_row_number") for piece in pieces], pa.int64())
        connection.register("stored", pa.table({"row_number": numbers}))
        connection.execute(
            "create or replace temp table aside as "
            "from delivered anti join stored using (row_number)"
        )
        connection.unregister("stored")
        with self.lock:
            connection.execute(f"insert into memory.main.{LEFT} from aside")
            connection.execute(f"insert into memory.main.{FOUND} from {identity.TABLE}")


@dataclass(frozen=True, slots=True)
class _Found:
    """What is stored of a slice, of how many rows, and how many more were of erased persons."""

    pieces: list[Any]
    n_rows: int
    n_erased: int
