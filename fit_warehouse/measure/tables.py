"""Tables of statistics with their types and descriptions, written to DuckDB."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse.landing.names import literal

ROWS_AT_ONCE = 250
DEFINITIONS = Path(__file__).with_name("tables.toml")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its DuckDB type and its description."""

    name: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of statistics."""

    name: str
    text: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns in order."""
        return tuple(column.name for column in self.columns)

    def opened(self) -> Table:
        """Return the table as it is in the open publication, with `is_suppressed` at the end."""
        inner = _definitions()["inner"]["names"]
        kept = tuple(column for column in self.columns if column.name not in inner)
        return Table(self.name, self.text, (*kept, _column("is_suppressed")))


@cache
def _definitions() -> dict[str, Any]:
    return tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))


def _column(name: str) -> Column:
    definition = _definitions()["columns"][name]
    return Column(name, definition["type"], definition["text"])


def names() -> tuple[str, ...]:
    """Return the names of all tables of statistics."""
    return tuple(_definitions()["tables"])


def table(name: str) -> Table:
    """Return the definition of a table."""
    definition = _definitions()["tables"][name]
    return Table(name, definition["text"], tuple(map(_column, definition["columns"])))


def write(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    definition: Table,
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Make a table anew with its rows and descriptions.

    Raises
    ------
    ValueError
        When a row lacks a column of the table or has another.
    """
    target = f"{schema}.{definition.name}"
    columns = ", ".join(f"{column.name} {column.type}" for column in definition.columns)
    connection.execute(f"create schema if not exists {schema}")
    connection.execute(f"create or replace table {target} ({columns})")
    marks = ", ".join(f"?::{column.type}" for column in definition.columns)
    values = [_values(definition, row) for row in rows]
    # A statement a row is a transaction a row, each of which waits for the disk.
    for start in range(0, len(values), ROWS_AT_ONCE):
        part = values[start : start + ROWS_AT_ONCE]
        lines = ", ".join(f"({marks})" for _ in part)
        connection.execute(f"insert into {target} values {lines}", list(chain.from_iterable(part)))
    comment(connection, target, definition.text, {c.name: c.text for c in definition.columns})


def _values(definition: Table, row: Mapping[str, Any]) -> list[Any]:
    if set(row) != set(definition.names):
        raise ValueError(
            f"table {definition.name}: columns {sorted(set(row) ^ set(definition.names))} "
            "are either missing or not in its definition"
        )
    # DuckDB keeps NaN apart from NULL; an estimate that does not exist is missing.
    return [None if value != value else value for value in (row[name] for name in definition.names)]


def comment(
    connection: duckdb.DuckDBPyConnection, target: str, text: str, columns: Mapping[str, str]
) -> None:
    """Put descriptions into the database itself, where every reader of the file finds them."""
    connection.execute(f"comment on table {target} is {literal(text)}")
    for name, column_text in columns.items():
        connection.execute(f"comment on column {target}.{name} is {literal(column_text)}")


def read(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Sequence[Any] | dict[str, Any] = (),
) -> list[dict[str, Any]]:
    """Return a query's rows as dictionaries."""
    cursor = connection.execute(query, parameters)
    columns = [description[0] for description in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
