"""Which quarantined rows have been mended, and by which file.

`closed/<file>.parquet` below home names the entries that a landed file of mended rows has closed.
One without an entry in the ledger is left over from a stop halfway, and counts for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.landing.ledger import Entry

ID = "quarantine_id"
OF_FILE = f"regexp_extract({ID}, '^(.*)[.][0-9]+$', 1)"


def close(
    connection: duckdb.DuckDBPyConnection, home: Home, file_id: str, header: tuple[str, ...]
) -> dict[str, int]:
    """Write which entries the rows of `delivered` close, and return how many of each file.

    Parameters
    ----------
    connection
        Holds `delivered`; rows that were mended have the column `quarantine_id`.
    home
        Where the entries lie.
    file_id
        The file that has just been landed.
    header
        The columns of `delivered`.
    """
    if ID not in header:
        return {}
    connection.execute(
        "create or replace temp table closing as "
        f"select {ID}, $file_id as closed_by from delivered order by {ID}",
        {"file_id": file_id},
    )
    database.write_parquet(connection, "from closing", home.closed / f"{file_id}.parquet")
    counted = connection.execute(
        f"select {OF_FILE}, count(*) from closing group by all order by all"
    ).fetchall()
    return dict(counted)


def closed(home: Home) -> str:
    """Return SQL for `quarantine_id` and `closed_by` of all closed entries."""
    paths = [
        home.closed / f"{entry.file_id}.parquet" for entry in ledger.landed(home) if entry.closes
    ]
    if not paths:
        return f"select ''::varchar as {ID}, ''::varchar as closed_by where false"
    return f"select * from read_parquet({database.path_list(paths)})"


def counts(landed: Iterable[Entry]) -> dict[str, int]:
    """Return how many rows of each file have been closed by files of mended rows."""
    found: Counter[str] = Counter()
    for entry in landed:
        found.update(entry.closes)
    return dict(found)
