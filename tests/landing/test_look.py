"""What a look at the different values spares changes nothing of what is kept and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.landing import identity, intake, values
from fit_warehouse.landing.contract import tables
from fit_warehouse.landing.look import look
from tests.landing.conftest import VALID

ROWS = 60  # enough of them for a column of a few values to be taken for one
TEXTS = {
    "item_1": [
        "4.1",
        "4,1",
        "10.1",
        "-1",
        "\u22121",
        " 4.1",
        "4.1\u00a0",
        "x",
        "5.0001",
        "1.234",
        "",
    ],
    "is_skipped": ["0", "1", "2", "Y", " 1", ""],
    "session_date": [
        "2025-01-15",
        "2025-01-15 00:00:00",
        "15.1.2025",
        "1899-01-01",
        "2099-01-01",
        "",
    ],
    "entered_at": ["2025-01-15 09:02", "2025-01-15T09:02", "2025-01-15", "9:02", "2099-01-01", ""],
    "extracted_at": ["2025-07-01", "2024-01-01 12:00", "2099-01-01", "soon", ""],
    "respondent_role": ["self", "parent", " self", ""],
    "instrument_code": ["ORS", "ors", "ORS\t", ""],
    "client_ref": ["C-1", "C-2 ", "\u00a0C-3", ""],
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as opened:
        intake.prepare(opened)
        identity.prepare(opened)
        opened.execute("create temp table malformed (row_number bigint)")
        yield opened


def taken(connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    """Return what an intake of `delivered` says, finds and keeps."""
    response = tables()["response"]
    said = intake.take(
        connection,
        response,
        tuple(VALID["response"]),
        extracted_at=datetime(2025, 8, 1),
        today=date(2025, 8, 1),
    )
    problems = connection.execute("from problem order by all").fetchall()
    stored = ", ".join(f"v_{column.name}" for column in response.columns)
    query = f"select row_number, {stored}, version_at from kept order by all"
    return said, problems, connection.execute(query).fetchall()


def deliver(connection: duckdb.DuckDBPyConnection, spoilt: dict[str, list[str]]) -> None:
    """Make `delivered` of valid rows; each spoilt column takes its texts by turns, empty as NULL."""
    columns = ", ".join(
        f"nullif((${name})[1 + row_number % len(${name})], '') as {name}"
        for name in VALID["response"]
    )
    texts = {name: spoilt.get(name, [valid]) for name, valid in VALID["response"].items()}
    connection.execute(
        f"create or replace temp table delivered as select {columns}, row_number "
        f"from (select range as row_number from range(2, {2 + ROWS}))",
        texts,
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    spoilt=st.fixed_dictionaries(
        {},
        optional={
            name: st.lists(st.sampled_from(texts), min_size=1, max_size=4, unique=True)
            for name, texts in TEXTS.items()
        },
    )
)
def test_rows_are_judged_alike_with_and_without_a_look_at_the_values(
    connection: duckdb.DuckDBPyConnection, spoilt: dict[str, list[str]]
) -> None:
    deliver(connection, spoilt)
    with_look = taken(connection)
    with mock.patch.object(values, "has_few", lambda _, __, columns: dict.fromkeys(columns, False)):
        assert taken(connection) == with_look


def test_a_column_is_sound_until_one_of_its_values_is_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    columns = [tables()["response"][name] for name in ("item_1", "item_2", "session_date")]
    deliver(connection, {"item_1": ["4.1", "x"], "session_date": ["2025-01-15", " 2025-01-15"]})
    seen = look(connection, columns)
    assert seen.sound == {"item_2"}
    assert seen.ragged == {"session_date"}
