"""The different values of a column: most columns have few, and what they say is soon asked of each."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from fit_warehouse import database
from fit_warehouse.landing.names import quoted

# A column with at most a tenth of different values in its first rows is taken for one of few values.
SAMPLE, FEW = 20_480, 2_048
OF_EACH = "one_of_each_"


def has_few(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> dict[str, bool]:
    """Return of each column whether it repeats itself, by the first rows of a table.

    A wrong guess costs time and changes no result.
    """
    if not columns:
        return {}
    names = [quoted(column) for column in columns]
    counted = ", ".join(f"approx_count_distinct({name})" for name in names)
    ((n_rows, *n_values),) = connection.execute(
        f"select count(*), {counted} "
        f"from (select {', '.join(names)} from {relation} limit {SAMPLE})"
    ).fetchall()
    most = min(FEW, n_rows / 10)
    return {column: n <= most for column, n in zip(columns, n_values, strict=True)}


def distinct(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> dict[str, str]:
    """Put the different values of each column into a temporary table, and return the names of these.

    They are for `known` too; what was made so before is dropped.
    """
    tables = connection.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, $start)",
        {"start": OF_EACH},
    ).fetchall()
    for (name,) in tables:
        connection.execute(f"drop table temp.{quoted(name)}")
    start = _start(connection, relation)
    made = {column: quoted(start + column) for column in columns}
    for column, name in made.items():
        connection.execute(
            f"create temp table {name} as select distinct {quoted(column)} from {relation}"
        )
    return made


def known(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the tables of different values that `distinct` has made of this very table, by column.

    Rows may have been taken out since; none may have been changed.
    """
    start = _start(connection, relation)
    found = connection.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, $start)",
        {"start": start},
    ).fetchall()
    return {name.removeprefix(start): quoted(name) for (name,) in found}


def _start(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Return how the names of a table's values begin; a table that is made anew is another one."""
    number = database.scalar(
        connection,
        "select coalesce(max(table_oid), -1) from duckdb_tables() where temporary and table_name = $relation",
        {"relation": relation},
    )
    return f"{OF_EACH}{number}_"
