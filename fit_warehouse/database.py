"""DuckDB connections: one place for limits, and read-only wherever nothing is written."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from fit_warehouse.errors import UsageError
from fit_warehouse.home import replace_file
from fit_warehouse.settings import Build


def connect(
    path: Path | None, limits: Build, *, temporary: Path, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, or an in-memory database when `path` is None.

    Parameters
    ----------
    path
        The file.
    limits
        Memory and threads that DuckDB may use.
    temporary
        A folder into which DuckDB may spill; in-memory databases do not spill without one.
    read_only
        Open for reading alone, so that other readers are not shut out.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits.memory_limit,
        "threads": limits.threads,
        "temp_directory": str(temporary),
        "preserve_insertion_order": True,
        # Extensions would be looked for on the network.
        "autoinstall_known_extensions": False,
    }
    try:
        connection = duckdb.connect(
            str(path) if path else ":memory:", read_only=read_only, config=config
        )
    except duckdb.IOException as problem:
        if "lock" in str(problem).lower():
            raise UsageError(
                f"another program holds {path} open. Close it there (or open it read-only), then try again"
            ) from problem
        raise
    return _silent(connection)


def beside(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Open a second connection to a database: with the same limits, and temporary tables of its own."""
    return _silent(connection.cursor())


def _silent(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    # The commands show how far they are; the engine would write its own bar into their output.
    connection.execute("set enable_progress_bar = false")
    return connection


# With what Python and its libraries take beside it, a landing or a resolve stays below 2 GiB.
LIMITED_BYTES = 900_000_000
UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def limit_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Lower DuckDB's memory limit for work whose data pass by, unless it is lower already."""
    ((given,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    number, unit = given.split()
    if float(number) * UNITS[unit] > LIMITED_BYTES:
        connection.execute(f"set memory_limit = '{LIMITED_BYTES} bytes'")


# Pseudonyms hardly compress: a higher level, a filter or a large dictionary for them costs time and
# saves nothing. Columns of few values still get their dictionary.
PARQUET = """
    compression zstd, compression_level 1, write_bloom_filter false, dictionary_size_limit 2000
"""


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    path: Path,
    parameters: Mapping[str, object] | None = None,
) -> int:
    """Write a query's rows to a Parquet file that is there whole and lasting, or not at all.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    UsageError
        When the disk is full or the folder may not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    target = temporary.as_posix().replace("'", "''")
    with disk_told(path.parent):
        try:
            n_rows = scalar(
                connection,
                f"copy ({query}) to '{target}' (format parquet, {PARQUET})",
                parameters,
            )
            replace_file(temporary, path)
        except duckdb.Error:
            temporary.unlink(missing_ok=True)
            raise
    return n_rows


@contextmanager
def disk_told(folder: Path) -> Iterator[None]:
    """Raise a `UsageError` that tells what to do where the engine cannot write to a folder."""
    try:
        yield
    except duckdb.IOException as problem:
        raise UsageError(
            f"{folder} cannot be written: {str(problem).splitlines()[0]}. Make room there, or "
            "give the user that runs fit the right to write; then try again: what has landed is whole"
        ) from problem


def path_list(paths: Sequence[Path]) -> str:
    """Return SQL for a list of files, as `read_parquet` takes them; no character is a pattern."""
    literals = (glob.escape(path.as_posix()).replace("'", "''") for path in paths)
    return "[" + ", ".join(f"'{literal}'" for literal in literals) + "]"


def scalar(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, object] | None = None,
) -> int:
    """Return the single integer that a query gives."""
    row = connection.execute(query, dict(parameters or {})).fetchone()
    return int(row[0]) if row else 0


# Published files are in this format: the oldest driver that Power BI users bring can open it.
STORAGE = "v1.0.0"


def attach(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, *, to_write: bool = False
) -> None:
    """Attach a DuckDB file under a name: for reading, or to write a new file that is published."""
    literal = path.resolve().as_posix().replace("'", "''")
    options = f"storage_version '{STORAGE}'" if to_write else "read_only"
    connection.execute(f"attach '{literal}' as {name} ({options})")
