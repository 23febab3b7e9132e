"""Stored rows by table: the raw store and the quarantine, with their identifiers alone."""

from __future__ import annotations

from pathlib import Path

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.quarantine import entries


def raw_paths(home: Home, table: Table) -> list[Path]:
    """Return the raw files of a table."""
    return sorted((home.raw / table.name).glob("*.parquet"))


def identifiers(table: Table) -> tuple[str, ...]:
    """Return the names of a table's identifiers, and of the system that gives them."""
    return tuple(
        column.name
        for column in table.columns
        if column.type == "ref" or column.name == "source_system"
    )


def rows(home: Home, table: Table) -> str:
    """Return SQL for the identifiers in all stored rows of a table."""
    names = ", ".join(identifiers(table))
    parts = [
        f"select {names} from read_parquet({database.path_list(paths)}, union_by_name = true)"
        for paths in (raw_paths(home, table), entries.file_paths(home, table.name))
        if paths
    ]
    missing = ", ".join(f"null::varchar as {name}" for name in identifiers(table))
    return " union all ".join(parts) or f"select {missing} where false"
