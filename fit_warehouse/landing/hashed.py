"""Rows on their way into the raw store: their identifiers become pseudonyms in large pieces.

A function that the engine calls is given 2 048 rows at a time, and the way there and back costs more
than the hash. So the rows leave the engine as Arrow, in pieces thirty times as large, for good: while
one piece is read, the one before is hashed, and the one before that is stored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from fit_warehouse.landing import pseudonym
from fit_warehouse.landing.pseudonym import Keys

PIECE = 61_440  # rows; some 20 MB of forms
AHEAD = 2  # pieces that wait to be taken up
REPEATED = 1.5  # identifiers that come so often on average are hashed once in each piece


class Hasher:
    """Makes pseudonyms of the identifiers in a piece; pieces of one file have the same types.

    Parameters
    ----------
    spaces
        The id space of each column of identifiers, by its name; they are trimmed text.
    keys
        Of the pseudonyms.
    """

    def __init__(self, spaces: Mapping[str, str], keys: Keys) -> None:
        self.spaces, self.keys = spaces, keys
        self._is_repeated: dict[str, bool] = {}

    def __call__(self, piece: Any) -> Any:
        """Return a record batch with pseudonyms, those of a column that repeats itself as a dictionary."""
        import pyarrow as pa

        columns = dict(zip(piece.schema.names, piece.columns, strict=True))
        for name, space in self.spaces.items():
            columns[name] = self._column(name, columns[name], pseudonym.hasher(space, self.keys))
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _column(self, name: str, texts: Any, hasher: Callable[[Any], Any]) -> Any:
        """Return the pseudonyms of a column: of the different ones alone, where they repeat.

        The first piece decides for all.
        """
        import pyarrow as pa

        if not self._is_repeated.get(name, True):
            return hasher(texts)
        coded = texts.dictionary_encode()
        is_repeated = len(coded.dictionary) * REPEATED < len(texts)
        if not self._is_repeated.setdefault(name, is_repeated):
            return hasher(texts)
        return pa.DictionaryArray.from_arrays(coded.indices, hasher(coded.dictionary))


def pieces(reader: Any, hasher: Hasher) -> Generator[Any]:
    """Yield the rows of an Arrow reader with pseudonyms, piece by piece; at least one, which may be empty.

    While one piece is taken, the next ones are read and hashed.
    """
    with ThreadPoolExecutor(1) as reading, ThreadPoolExecutor(1) as hashing:

        def submit() -> Future[Any]:
            read = reading.submit(next, reader, None)
            return hashing.submit(lambda: _of(read.result(), hasher))

        waiting = deque(submit() for _ in range(AHEAD))
        piece = waiting.popleft().result()
        yield hasher(empty(reader.schema)) if piece is None else piece
        while piece is not None:
            waiting.append(submit())
            piece = waiting.popleft().result()
            if piece is not None:
                yield piece


def _of(piece: Any, hasher: Hasher) -> Any:
    return None if piece is None else hasher(piece)


def empty(schema: Any) -> Any:
    """Return a record batch without rows."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
