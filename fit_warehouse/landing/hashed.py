"""Rows on their way into the raw store: their identifiers become pseudonyms in large pieces.

A function that the engine calls is given 2 048 rows at a time, and the way there and back costs more
than the hash. So the rows leave the engine as Arrow, in pieces thirty times as large. While one piece
is read, the one before is hashed, and the one before that is taken up again by a second connection,
in the order in which they left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import pseudonym
from fit_warehouse.landing.pseudonym import Keys

VIEW = "hashed"
PIECE = 61_440  # rows; some 20 MB of forms
AHEAD = 2  # pieces that wait to be taken up
REPEATED = 1.5  # identifiers that come so often on average are hashed once in each piece


class Reader(Protocol):
    """Pieces of rows as Arrow has them, one after the other."""

    @property
    def schema(self) -> Any:
        """Return their schema; asked for when there were none."""
        ...

    def __next__(self) -> Any:
        """Return the next one."""
        ...


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, spaces: Mapping[str, str], keys: Keys
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """Open a connection whose view `VIEW` has a query's rows, once, with pseudonyms.

    The connection answers the query and is for nothing else until the block ends; the rest as `pieces`.
    """
    return pieces(connection, connection.execute(query).to_arrow_reader(PIECE), spaces, keys)


@contextmanager
def pieces(
    connection: duckdb.DuckDBPyConnection, reader: Reader, spaces: Mapping[str, str], keys: Keys
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection whose view `VIEW` has the rows of a reader, once, with pseudonyms.

    Parameters
    ----------
    connection
        To the database in which the view is made.
    reader
        Gives the rows; it is asked by one thread.
    spaces
        The id space of each column of identifiers, by its name; they are trimmed text.
    keys
        Of the pseudonyms.

    Raises
    ------
    Exception
        Whatever stopped the rows on their way, as it was, and not as the engine tells of it.
    """
    failures: list[BaseException] = []
    beside = database.beside(connection)
    with ThreadPoolExecutor(1) as reading, ThreadPoolExecutor(1) as hashing:
        try:
            stream = _Pieces(reader, spaces, keys).stream(reading, hashing, failures)
            beside.register(VIEW, stream)
            yield beside
        except duckdb.Error:
            if failures:
                raise failures[0] from None
            raise
        finally:
            beside.close()


class _Pieces:
    """The rows of a reader, piece by piece, with pseudonyms."""

    def __init__(self, reader: Reader, spaces: Mapping[str, str], keys: Keys) -> None:
        self.reader, self.spaces, self.keys = reader, spaces, keys
        self.is_repeated: dict[str, bool] = {}

    def stream(
        self,
        reading: ThreadPoolExecutor,
        hashing: ThreadPoolExecutor,
        failures: list[BaseException],
    ) -> Any:
        """Return the hashed pieces as an Arrow stream; what stops it is put into `failures`."""
        import pyarrow as pa

        def submit() -> Future[Any]:
            read = reading.submit(next, self.reader, None)
            return hashing.submit(lambda: self._hashed(read.result()))

        waiting = deque(submit() for _ in range(AHEAD))
        first = waiting[0].result()

        def pieces() -> Iterator[Any]:
            try:
                while (piece := waiting.popleft().result()) is not None:
                    waiting.append(submit())
                    yield piece
            except BaseException as failure:
                failures.append(failure)
                raise

        schema = self.reader.schema if first is None else first.schema
        return pa.RecordBatchReader.from_batches(schema, pieces())

    def _hashed(self, piece: Any) -> Any:
        """Return a piece with pseudonyms; None when there is no more."""
        import pyarrow as pa

        if piece is None:
            return None
        columns = dict(zip(piece.schema.names, piece.columns, strict=True))
        for name, space in self.spaces.items():
            columns[name] = self._column(name, columns[name], pseudonym.hasher(space, self.keys))
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _column(self, name: str, texts: Any, hasher: Callable[[Any], Any]) -> Any:
        """Return the pseudonyms of a column: of the different ones alone, where they repeat.

        The first piece decides for all, since the pieces of a stream have the same types.
        """
        import pyarrow as pa

        if not self.is_repeated.get(name, True):
            return hasher(texts)
        coded = texts.dictionary_encode()
        if not self.is_repeated.setdefault(name, len(coded.dictionary) * REPEATED < len(texts)):
            return hasher(texts)
        return pa.DictionaryArray.from_arrays(coded.indices, hasher(coded.dictionary))
