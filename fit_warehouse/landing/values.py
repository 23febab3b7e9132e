"""The different values of a column: most columns have few, and what they say is soon asked of each."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from fit_warehouse.landing.names import quoted

# A column with at most a tenth of different values in its first rows is taken for one of few values.
SAMPLE, FEW = 20_480, 2_048


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


def distinct(connection: duckdb.DuckDBPyConnection, relation: str, column: str) -> str:
    """Put the different values of a column into a temporary table, and return its name."""
    connection.execute(
        f"create or replace temp table one_of_each as select distinct {quoted(column)} from {relation}"
    )
    return "one_of_each"
