"""dbt's own compiled SQL, to be run on rows that no city has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

# build.py lets dbt write fresh.duckdb: compiled SQL names its tables "fresh"."schema"."table".
CATALOG = "fresh"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The built city's tables, empty and of the same types, under the names compiled SQL uses."""

    connection: duckdb.DuckDBPyConnection
    compiled: Path

    def run(self, model: str, **tables: pl.DataFrame) -> pl.DataFrame:
        """Return what a model's compiled SQL gives for these rows; other tables stay as they are.

        A column that the rows do not have is missing in all of them.
        """
        for name, rows in tables.items():
            target = self._qualified(name)
            self.connection.execute(f"delete from {target}")
            self.connection.register("rows", rows)
            self.connection.execute(f"insert into {target} by name from rows")
            self.connection.unregister("rows")
        (path,) = self.compiled.rglob(f"{model}.sql")
        return self.connection.execute(path.read_text(encoding="utf-8")).pl()

    def fill(self, name: str) -> None:
        """Give a table the city's own rows."""
        target = self._qualified(name)
        schema = target.split(".")[1]
        self.connection.execute(f"delete from {target}")
        self.connection.execute(f"insert into {target} by name from built.{schema}.{name}")

    def clear(self, name: str) -> None:
        """Take all rows out of a table."""
        self.connection.execute(f"delete from {self._qualified(name)}")

    def read(self, name: str) -> list[dict[str, Any]]:
        """Return the rows that a table holds now."""
        return self.connection.execute(f"from {self._qualified(name)}").pl().to_dicts()

    def _qualified(self, name: str) -> str:
        found = self.connection.execute(
            "select table_schema from information_schema.tables "
            "where table_catalog = ? and table_name = ?",
            [CATALOG, name],
        ).fetchone()
        assert found is not None, f"the build has no table {name}"
        return f"{CATALOG}.{found[0]}.{name}"


@pytest.fixture(scope="session")
def sandbox(built_city: BuiltCity) -> Iterator[Sandbox]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{built_city.database.as_posix()}' as built (read_only)")
        connection.execute(f"attach ':memory:' as {CATALOG}")
        tables = connection.execute(
            "select distinct table_schema, table_name from information_schema.tables "
            "where table_catalog = 'built' and table_schema <> 'metrics' order by all"
        ).fetchall()
        for schema in sorted({schema for schema, _ in tables}):
            connection.execute(f"create schema if not exists {CATALOG}.{schema}")
        for schema, table in tables:
            connection.execute(
                f"create table {CATALOG}.{schema}.{table} as from built.{schema}.{table} limit 0"
            )
        yield Sandbox(connection, built_city.home.dbt_target / "compiled" / "fit" / "models")
