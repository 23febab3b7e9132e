"""A few rows of marts of one's own, and the context of a run over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import polars as pl
import pytest

from fit_warehouse.measure.context import Context
from fit_warehouse.measure.period import Period

PERIOD = Period(date(2025, 1, 1), date(2025, 12, 31))
Marts = Callable[..., Context]


@pytest.fixture
def marts() -> Iterator[Marts]:
    """Return a function that makes tables of schema marts from frames."""
    connection = duckdb.connect()
    connection.execute("create schema marts")

    def make(**tables: pl.DataFrame) -> Context:
        for name, rows in tables.items():
            connection.register("rows", rows)
            connection.execute(f"create or replace table marts.{name} as from rows")
            connection.unregister("rows")
        return Context(connection, date(2026, 2, 15), PERIOD, "test_set", 0.95)

    yield make
    connection.close()


@pytest.fixture
def one_line() -> Callable[..., dict[str, Any]]:
    """Return a function that gives the only line whose columns have these values."""

    def find(lines: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
        (line,) = [
            line for line in lines if all(line[name] == value for name, value in wanted.items())
        ]
        return line

    return find
