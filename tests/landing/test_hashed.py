"""Rows that leave the engine come back whole, in their order, with pseudonyms for identifiers."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.landing import hashed, pseudonym

KEY = bytes(range(32))
SPACES = {"client_ref": "client", "session_ref": "session"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
MARKED = st.builds(
    "~{}~{}".format, st.integers(0, 4), st.text("0123456789abcdef", min_size=31, max_size=33)
)


def expected(text: str | None, space: str, keys: pseudonym.Keys) -> str | None:
    if text is None:
        return None
    n_keys, digits = 0, f"{space}:{text}"
    for number in range(1, len(keys) + 1):
        mark, _, rest = text.rpartition("~")
        if mark == f"~{number}" and len(rest) == 32 and set(rest) <= set("0123456789abcdef"):
            n_keys, digits = number, rest
    for key in keys[n_keys:]:
        digits = hmac.new(key.hex().encode(), digits.encode(), hashlib.sha256).hexdigest()[:32]
    return digits


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as opened:
        yield opened


def whole(connection: duckdb.DuckDBPyConnection, query: str, keys: pseudonym.Keys) -> pa.Table:
    """Return the rows of a query with pseudonyms."""
    reader = connection.execute(query).to_arrow_reader(hashed.PIECE)
    return pa.Table.from_batches(hashed.pieces(reader, hashed.Hasher(SPACES, keys)))


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.none() | TEXTS | MARKED, max_size=20),
    keys=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3).map(tuple),
)
def test_pseudonyms_are_the_hmac_also_of_what_is_marked_missing_or_repeated(
    texts: list[str | None], keys: pseudonym.Keys
) -> None:
    with duckdb.connect() as connection:
        for times in (1, 4):
            connection.execute(
                "create or replace temp table given as select unnest($texts::varchar[]) as client_ref",
                {"texts": texts * times},
            )
            query = "select client_ref, client_ref as session_ref from given"
            assert list(zip(*whole(connection, query, keys).to_pydict().values(), strict=True)) == [
                tuple(expected(text, space, keys) for space in SPACES.values())
                for text in texts * times
            ]


def test_rows_of_many_pieces_keep_their_order_and_their_other_columns(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashed, "PIECE", 2_048)
    n_rows = 30_000
    # The identifiers repeat in the first pieces and not in the last ones.
    query = f"""
        select
            'C-' || greatest(i // 4, i - {n_rows // 2}) as client_ref, 'S-' || i as session_ref,
            i as number, (i % 100)::decimal(6,2) as amount, date '2025-01-01' + i::integer as day
        from range({n_rows}) as numbers(i)
    """
    connection.register("hashed", whole(connection, query, (KEY,)))
    names = "number, client_ref, session_ref, amount, day"
    result = connection.execute(f"select {names} from hashed")
    types, found = [str(column[1]) for column in result.description], result.fetchall()
    asked = connection.execute(f"select {names} from ({query})")
    assert [kind.split("(")[0] for kind in types[2:]] == [
        str(column[1]).split("(")[0] for column in asked.description[2:]
    ]
    rows = asked.fetchall()
    assert [row[0] for row in found] == list(range(n_rows))
    assert [(row[0], *row[3:]) for row in found] == [(row[0], *row[3:]) for row in rows]
    every = range(0, n_rows, 997)
    assert [found[place][1:3] for place in every] == [
        (expected(rows[place][1], "client", (KEY,)), expected(rows[place][2], "session", (KEY,)))
        for place in every
    ]


@pytest.mark.parametrize("fails_at", [0, 9_000])
def test_what_stops_the_rows_is_told_as_it_was(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    monkeypatch.setattr(hashed, "PIECE", 2_048)
    query = f"""
        select case when i >= {fails_at} then error('no more') else 'C' || i end as client_ref,
            null::varchar as session_ref
        from range(10_000) as numbers(i)
    """
    with pytest.raises(duckdb.InvalidInputException, match=r"^Invalid Input Error: no more$"):
        whole(connection, query, (KEY,))
    assert connection.execute("select 1").fetchall() == [(1,)]


def test_a_stop_within_the_hash_is_a_stop(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashed, "PIECE", 2_048)
    real, calls = pseudonym.hasher, itertools.count()

    def stopping(*given: object) -> object:
        if next(calls) == 5:
            raise KeyboardInterrupt
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(pseudonym, "hasher", stopping)
    query = "select 'C' || i as client_ref, '' as session_ref from range(20_000) as numbers(i)"
    with pytest.raises(KeyboardInterrupt):
        whole(connection, query, (KEY,))
