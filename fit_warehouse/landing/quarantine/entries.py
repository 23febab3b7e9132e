"""Read the quarantine: groups with counts, one row, and the open entries of a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger
from fit_warehouse.landing.ledger import Entry
from fit_warehouse.landing.quarantine import closing
from fit_warehouse.landing.resolve import conflicting
from fit_warehouse.measure.tables import read

N_FIRST = 5
PLACE = ("quarantine_id", "file_id", "table_name", "row_number", "column_name", "reason_code")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a file that have the same fault in the same column, and the numbers of the first."""

    file_id: str
    table_name: str
    reason_code: str
    column_name: str
    n_rows: int
    first: tuple[int, ...]


def file_paths(home: Home, table: str | None = None) -> list[Path]:
    """Return the quarantine files of landed deliveries that are there, of one table or of all."""
    found = [
        home.quarantine / f"{entry.file_id}.parquet"
        for entry in ledger.landed(home)
        if entry.rows_quarantined and table in (None, entry.table_name)
    ]
    return [path for path in found if path.is_file()]


def faults(home: Home, table: str | None = None) -> str | None:
    """Return SQL for every fault with `closed_by`, empty for an open one; None where there is none."""
    paths = file_paths(home, table)
    if not paths:
        return None
    return f"""
        select faults.*, coalesce(closed.closed_by, '') as closed_by
        from read_parquet({database.path_list(paths)}, union_by_name = true) as faults
        left join ({closing.closed(home)}) as closed using (quarantine_id)
    """


def groups(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Group]:
    """Return the open faults by file, table, reason and column, the contradicting versions too."""
    every = faults(home)
    connection.execute(
        "create or replace temp table contradicting "
        "(file_id varchar, row_number bigint, column_name varchar, reason_code varchar)"
    )
    found = conflicting(connection, home)
    if found:
        connection.execute(
            "insert into contradicting select unnest($files), unnest($rows), '', $reason",
            {
                "files": [row["file_id"] for row in found],
                "rows": [row["row_number"] for row in found],
                "reason": found[0]["reason_code"],
            },
        )
    names = "file_id, row_number, column_name, reason_code"
    opened = f"union all select {names} from ({every}) where closed_by = ''" if every else ""
    lines = connection.execute(
        f"""
        select file_id, reason_code, column_name,
            count(distinct row_number), min(row_number, {N_FIRST})
        from (select {names} from contradicting {opened})
        group by all
        order by all
        """
    ).fetchall()
    tables = {entry.file_id: entry.table_name for entry in ledger.landed(home)}
    return [
        Group(file_id, tables[file_id], reason, column, n_rows, tuple(first))
        for file_id, reason, column, n_rows, first in lines
    ]


def row(
    connection: duckdb.DuckDBPyConnection, home: Home, entry: Entry, row_number: int
) -> list[dict[str, Any]]:
    """Return the faults of one row of a file, each with the row's cells; empty when there is none."""
    path = home.quarantine / f"{entry.file_id}.parquet"
    if not path.is_file():
        return []
    return read(
        connection,
        f"""
        select faults.*, coalesce(closed.closed_by, '') as closed_by
        from read_parquet({database.path_list([path])}) as faults
        left join ({closing.closed(home)}) as closed using (quarantine_id)
        where row_number = $row_number
        order by column_name, reason_code
        """,
        {"row_number": row_number},
    )
