"""The intake contract as objects: tables, their columns, and how a file's name says its table."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fit_warehouse import registry

CONTRACT = Path(__file__).with_name("contract.toml")

SQL_TYPES = {
    "name": "VARCHAR",
    "text": "VARCHAR",
    "ref": "VARCHAR",
    "code": "VARCHAR",
    "integer": "INTEGER",
    "flag": "SMALLINT",
    "date": "DATE",
    "datetime": "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an intake table.

    Attributes are those that `contract.toml` explains at its top.
    """

    name: str
    type: str
    text: str
    required: bool = False
    values: tuple[str, ...] = ()
    space: str = ""
    scale: int = 0
    past: bool = False
    birth: bool = False
    default: str = ""

    @property
    def sql_type(self) -> str:
        """Return the DuckDB type in which the raw store keeps the column."""
        if self.type == "decimal":
            return "DECIMAL(6,2)" if self.scale == 2 else "DECIMAL(18,4)"
        return SQL_TYPES[self.type]


@dataclass(frozen=True, slots=True)
class Table:
    """One intake table: its name, what a row is, its key and its columns in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def content(self) -> tuple[Column, ...]:
        """Return the columns that say something; `extracted_at` says only when it was said."""
        return tuple(column for column in self.columns if column.name != "extracted_at")

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the columns that must be there and filled."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What land needs to know of an instrument; scores in points."""

    code: str
    item_count: int
    item_min: str
    item_max: str
    score_step: str


def instruments() -> tuple[Instrument, ...]:
    """Return the instruments of the registry in use."""
    return tuple(
        Instrument(
            row["instrument_code"],
            int(row["item_count"]),
            row["item_min"],
            row["item_max"],
            row["score_step"],
        )
        for row in registry.current().instruments
    )


def item_columns() -> tuple[str, ...]:
    """Return item_1 ... item_n, n being the largest item count in the registry."""
    return _items(registry.current().max_items)


def _items(count: int) -> tuple[str, ...]:
    return tuple(f"item_{number}" for number in range(1, count + 1))


def _column(name: str, content: Mapping[str, Any]) -> Column:
    values = dict(content)
    values["values"] = tuple(values.get("values", ()))
    return Column(name=name, **values)


def tables() -> Mapping[str, Table]:
    """Return all intake tables by name; a form has the items that the registry in use needs."""
    return _tables(registry.current().max_items)


@cache
def _tables(max_items: int) -> Mapping[str, Table]:
    content = tomllib.loads(CONTRACT.read_text(encoding="utf-8"))
    found = {}
    for name, table in content.items():
        columns = [_column(*item) for item in table["columns"].items()]
        if name == "response":
            items = [
                Column(item, "decimal", f"Score of item {item.removeprefix('item_')}.", scale=2)
                for item in _items(max_items)
            ]
            before_total = [column.name for column in columns].index("total")
            columns[before_total:before_total] = items
        found[name] = Table(name, table["grain"], tuple(table["key"]), tuple(columns))
    return found


def recognise(stem: str) -> str | None:
    """Return the table that a file's or a sheet's name stands for: `<table>` or `<table>_…`.

    Examples
    --------
    >>> recognise("response_2025-01"), recognise("session_worker_a"), recognise("responses")
    ('response', 'session_worker', None)
    """
    fitting = [name for name in tables() if re.fullmatch(rf"{name}(_.+)?", stem.lower())]
    # session_worker.csv fits both session and session_worker: the longer name is meant.
    return max(fitting, key=len, default=None)
