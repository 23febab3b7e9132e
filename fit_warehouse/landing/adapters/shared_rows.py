"""A delivered table that several parts are made of: read once, given to each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from fit_warehouse.landing import rules, tabular
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.names import quoted


@dataclass(slots=True)
class SharedRows:
    """The rows of one table of a file, as the temporary table `source_rows`.

    Attributes
    ----------
    path, sheet
        The table.
    columns : dict of str to str
        What each column of `source_rows` is called in the file. Every value is a text without white
        space around it, empty as NULL.
    """

    path: Path
    sheet: str
    columns: Mapping[str, str]
    _is_read: bool = field(default=False, init=False)

    def deliver(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        columns: Mapping[str, str],
        *,
        where: str = "true",
        is_distinct: bool = False,
        has_malformed: bool = True,
    ) -> tuple[str, ...]:
        """Fill `delivered` and `malformed` for one part and return its columns.

        Parameters
        ----------
        connection
            Where the temporary tables are made.
        table
            The contract's table that the part is of.
        columns
            SQL over `source_rows` for each column of the contract.
        where
            SQL for the rows that belong to the part.
        is_distinct
            Whether equal rows are given once, under the number of the first of them. Rows that
            differ are all given, so that contradictions within a file come to light.
        has_malformed
            Whether rows of the file that cannot be read count in this part.
        """
        self._read(connection)
        values = ", ".join(f"{sql} as {quoted(name)}" for name, sql in columns.items())
        number = "min(row_number) as row_number" if is_distinct else "row_number"
        grouping = "group by all" if is_distinct else ""
        connection.execute(
            f"create or replace temp table delivered as select {number}, {values} "
            f"from source_rows where {where} {grouping} order by row_number"
        )
        connection.execute(
            "create or replace temp table malformed as select row_number from source_malformed "
            f"where {has_malformed}"
        )
        return tuple(name for name in table.names if name in columns)

    def count(self, connection: duckdb.DuckDBPyConnection, where: str) -> int:
        """Return how many rows of the file a condition is true for."""
        self._read(connection)
        (found,) = connection.sql(f"select count(*) from source_rows where {where}").fetchall()
        return int(found[0])

    def _read(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the file unless that is done."""
        if self._is_read:
            return
        tabular.load(connection, self.path, self.sheet, self.columns)
        texts = ", ".join(
            f"{rules.trimmed(Column(name, 'text', ''))} as {name}" for name in self.columns
        )
        connection.execute(
            f"create or replace temp table source_rows as select row_number, {texts} from delivered"
        )
        connection.execute("create or replace temp table source_malformed as from malformed")
        self._is_read = True
