"""Tables of statistics are written whole, typed and described."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from fit_warehouse.measure import measure, tables
from fit_warehouse.publish import open_tables

SUMMARIES = {"disclosure_summary", "publication"}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def line(number: int, **other: Any) -> dict[str, Any]:
    definition = tables.table("cost_effect")
    return {
        **dict.fromkeys(definition.names),
        "period_start": date(2025, 1, 1),
        "service_code": f"it's {number}; ?",
        "n_episodes": number,
        "gross_amount_eur": Decimal(number) / 4,
        **other,
    }


@pytest.mark.parametrize("n_rows", [0, 1, tables.ROWS_AT_ONCE, 2 * tables.ROWS_AT_ONCE + 1])
def test_every_row_is_written_once_and_exactly(
    connection: duckdb.DuckDBPyConnection, n_rows: int
) -> None:
    definition = tables.table("cost_effect")
    given = [
        line(number, unused_units=None if number % 2 else Decimal("0.3"))
        for number in range(n_rows)
    ]
    tables.write(connection, "metrics", definition, iter(given))
    made = tables.read(connection, "from metrics.cost_effect order by n_episodes")
    assert made == given
    types = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = 'metrics'"
    ).fetchall()
    assert dict(types) == {column.name: column.type for column in definition.columns}


def test_an_estimate_that_does_not_exist_is_missing(connection: duckdb.DuckDBPyConnection) -> None:
    definition = tables.table("dropout")
    row = {**dict.fromkeys(definition.names), "estimate": math.nan, "ci_low": 0.5, "n": 0}
    tables.write(connection, "metrics", definition, [row])
    assert connection.execute("select estimate, ci_low, n from metrics.dropout").fetchall() == [
        (None, 0.5, 0)
    ]


@pytest.mark.parametrize("change", [{"nonsense": 1}, {"n_episodes": None}])
def test_a_row_of_other_columns_is_refused(
    connection: duckdb.DuckDBPyConnection, change: dict[str, Any]
) -> None:
    row = {**line(1), **change}
    if "n_episodes" in change:
        del row["n_episodes"]
    with pytest.raises(ValueError, match=rf"table cost_effect: columns \['{next(iter(change))}'\]"):
        tables.write(connection, "metrics", tables.table("cost_effect"), [row])


def test_what_is_measured_is_open_by_a_rule_or_says_that_it_is_restricted() -> None:
    written = {*measure.MEASURES, "delivery", "delivery_reason"}
    assert written | SUMMARIES == set(tables.names())
    restricted = {name for name in written if "Restricted" in tables.table(name).text}
    assert restricted == written - set(open_tables.DISCLOSURE)
    assert len(restricted) >= 7
