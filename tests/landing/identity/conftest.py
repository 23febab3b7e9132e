"""Tables of texts to scan, and identity codes made without the package's own arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import duckdb
import pytest

from fit_warehouse.landing import identity

Kinds = list[tuple[str, ...]]


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


@pytest.fixture(scope="session")
def kinds_of(connection: duckdb.DuckDBPyConnection) -> Callable[..., Kinds]:
    """Return a function that scans texts as one column and gives the kinds found in each."""

    def scan(texts: Sequence[str | None], column_type: str = "text", times: int = 1) -> Kinds:
        connection.execute("create or replace temp table texts (row_number bigint, value varchar)")
        connection.execute(
            "insert into texts select row_number, unnest($texts) from "
            "(select unnest(range($times::bigint)) as row_number)",
            {"texts": list(texts), "times": times},
        )
        connection.execute(
            "create or replace temp table delivered as "
            "select row_number() over () - 1 as row_number, value from texts"
        )
        findings = identity.scan(connection, "delivered", {"value": column_type})
        rows = connection.execute(f"select row_number, kind from {findings.table}").fetchall()
        assert sum(place.n_rows for place in findings.places) == len(rows)
        found: list[list[str]] = [[] for _ in range(len(texts) * times)]
        for row_number, kind in rows:
            found[row_number].append(kind)
        return [tuple(sorted(kinds)) for kinds in found]

    return scan
