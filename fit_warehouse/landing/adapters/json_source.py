"""JSON as delivered: one document, or an object on each line, as texts in a DuckDB table.

Nothing is parsed in Python. DuckDB's own JSON functions, which are part of it and need no network,
see only what has passed the look over the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from fit_warehouse.landing import files, read_csv
from fit_warehouse.landing.adapters import json_scan
from fit_warehouse.landing.refusal import RefusedFileError

BY_LINE = (".ndjson", ".jsonl")
SUFFIXES = (".json", *BY_LINE)
BEGINNING = 1 << 16
BATCH_BYTES = 1 << 26
MEGABYTE = 1 << 20


def beginning(path: Path) -> str | None:
    """Return how a file with one of the endings of JSON begins; None for another file."""
    if path.suffix.lower() not in SUFFIXES:
        return None
    with path.open("rb") as file:
        # Without NUL bytes UTF-16 is recognised too, so that it can be refused by name.
        text = file.read(BEGINNING).replace(b"\0", b"").decode("utf-8", errors="ignore")
    return text.removeprefix("\ufeff").strip()


def has_name(text: str, name: str) -> bool:
    """Return whether a name is that of a value in a piece of JSON.

    Examples
    --------
    >>> has_name('{"resourceType" : "Bundle"', "resourceType"), has_name('{"id": 1', "resourceType")
    (True, False)
    """
    return re.search(rf'"{re.escape(name)}"\s*:', text) is not None


def check(connection: duckdb.DuckDBPyConnection, path: Path, *, max_document_mb: int) -> bool:
    """Look over a file's bytes; returns whether each line is an object of its own.

    Raises
    ------
    RefusedFileError
        When the file is empty, not UTF-8, too large for a document or nested too deeply.
    """
    read_csv.extent(files.chunks(path))
    if not beginning(path):
        raise RefusedFileError("no_rows")
    by_line = path.suffix.lower() in BY_LINE or _has_object_on_first_line(connection, path)
    size = path.stat().st_size
    if not by_line and size > max_document_mb * MEGABYTE:
        raise RefusedFileError(
            "file_too_large", f"{-(-size // MEGABYTE)} MB, at most {max_document_mb} MB"
        )
    json_scan.check(path, by_line=by_line)
    return by_line


def _has_object_on_first_line(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Return whether the first line is whole by itself and others follow, whatever the ending says."""
    with path.open(encoding="utf-8-sig") as file:
        line = next(
            (text for text in iter(lambda: file.readline(MEGABYTE), "") if text.strip()), ""
        )
        has_more = any(text.strip() for text in iter(lambda: file.readline(MEGABYTE), ""))
    return has_more and _is_valid(connection, line)


def _is_valid(connection: duckdb.DuckDBPyConnection, text: str) -> bool:
    found = connection.execute("select json_valid($text)", {"text": text}).fetchone()
    return bool(found and found[0])


def read(connection: duckdb.DuckDBPyConnection, path: Path, *, by_line: bool) -> Iterator[None]:
    """Yield each time `json_batch` holds the next values of a file.

    `json_batch` has `row_number`, the line or 1 for a document, and `value`, the JSON. Lines that are
    none go to `json_malformed` (`row_number`).

    Raises
    ------
    RefusedFileError
        When the document or the last line ends too early, or the document is no JSON.
    """
    connection.execute("create or replace temp table json_malformed (row_number bigint)")
    if by_line:
        for first, lines in _lines(path):
            _put(connection, first, lines)
            if not lines[-1].endswith("\n") and not _is_valid(connection, lines[-1]):
                raise RefusedFileError("file_truncated", f"line {first + len(lines) - 1}")
            yield
        return
    _put(connection, 1, [path.read_text(encoding="utf-8-sig")])
    if connection.execute("select count(*) from json_malformed").fetchall() != [(0,)]:
        raise RefusedFileError("unreadable_file" if _is_closed(path) else "file_truncated")
    yield


def _is_closed(path: Path) -> bool:
    """Return whether a document ends in a bracket, as a whole one does."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - BEGINNING))
        return file.read().rstrip().endswith((b"}", b"]"))


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a file in batches, each with the number of its first line."""
    number = 1
    with path.open(encoding="utf-8-sig") as file:
        while lines := file.readlines(BATCH_BYTES):
            yield number, lines
            number += len(lines)


def _put(connection: duckdb.DuckDBPyConnection, first: int, texts: list[str]) -> None:
    """Fill `json_batch` with the texts that are JSON; blank ones are none."""
    frame = pl.DataFrame({"value": texts}, schema={"value": pl.String})
    rows = frame.with_row_index("row_number", offset=first).filter(
        pl.col("value").str.strip_chars().str.len_bytes() > 0
    )
    connection.register("json_lines", rows.to_arrow())
    # Each text is parsed once.
    connection.execute(
        """
        create or replace temp table json_batch as
        select row_number::bigint as row_number, try_cast(value as json) as value from json_lines
        """
    )
    connection.unregister("json_lines")
    connection.execute(
        "insert into json_malformed select row_number from json_batch where value is null"
    )
    connection.execute("delete from json_batch where value is null")
