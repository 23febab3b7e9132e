"""Whole tables: the engine finds what the names' own code finds, and tells no value."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_warehouse.demo import make_city
from fit_warehouse.landing import contract, identity
from fit_warehouse.landing.identity import IdentityScanError, Kind, find_in_name, kind_of_name
from fit_warehouse.landing.identity.kinds import RULES
from fit_warehouse.landing.refusal import reasons

Scan = Callable[..., list[tuple[str, ...]]]

TEXTS = [
    "010594Y9032",
    "010594y9033",
    "０１０５９４−９０３２",
    "𝟎𝟏𝟎𝟓𝟗𝟒-𝟗𝟎𝟑𝟐",
    "x010594-9032y",
    "123456-010594-9032",
    "020594_903P",
    "010594_-_9032",
    "0105949032",
    "a_b@c.fi",
    "äiti@mäki.example",
    "puh_040_1234567",
    "0401234567",
    "+358401234567",
    "09 310 1691",
    "Hämeentie_5",
    "Kyrkva\u0308gen 8",
    "palvelupolku 3",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "01059400-9032-4a03-8f00-010594a9032b",
    "2025-01-31T09:00:00+03:00",
    "Itäinen perhetyö 3",
    "",
    "'; drop table delivered; --",
]


def expected(texts: list[str], column_type: str) -> list[tuple[str, ...]]:
    """Return the kinds that the code for names finds in each text."""
    return [
        tuple(sorted({found.kind.value for found in find_in_name(text, column_type)}))
        for text in texts
    ]


@pytest.mark.parametrize("column_type", sorted(RULES))
@pytest.mark.parametrize("times", [1, 40])
def test_the_engine_and_the_code_for_names_agree(
    kinds_of: Scan, column_type: str, times: int
) -> None:
    # Forty times over, the column is judged by its distinct values.
    scanned = kinds_of(TEXTS, column_type, times)
    assert sorted(scanned) == sorted(expected(TEXTS, column_type) * times)
    assert any(scanned)


PARTS = ("010594", "020594", "903P", "9032", "-", "A", "katu", "tie_5", "040_", "+358", "@x.fi")
PIECES = st.one_of(
    st.text("0123456789", max_size=7),
    st.text("0123456789-+AaYpx _@.０−", max_size=6),
    st.sampled_from([*PARTS, *(part.replace("_", " ") for part in PARTS)]),
    st.text(max_size=3),
)


@pytest.mark.parametrize("column_type", ["ref", "text"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=30))
def test_they_agree_on_any_text(kinds_of: Scan, texts: list[str], column_type: str) -> None:
    texts = [text.replace("\0", "") for text in texts]
    assert kinds_of(texts, column_type) == expected(texts, column_type)


def test_missing_values_are_nobodys(kinds_of: Scan) -> None:
    assert kinds_of([None, "", None], "text") == [(), (), ()]


def test_types_without_text_are_passed_over(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create or replace temp table d as select 1 as row_number, '010594-9032' as day"
    )
    assert identity.scan(connection, "d", {"day": "date"}).places == ()


def test_what_a_scan_says(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        'create or replace temp table d (row_number bigint, "the ""ref" varchar, name_fi varchar)'
    )
    rows = [
        (2, "C-1", "Hehku"),
        (3, "010594-9032", "Hämeentie 5"),
        (4, "010594-9033", "a@b.fi"),
        (5, "020594X903P", "Hehku"),
    ]
    connection.executemany("insert into d values (?, ?, ?)", rows)
    findings = identity.scan(connection, "d", {'the "ref': "ref", "name_fi": "text"})
    assert findings.has_code
    assert [
        (place.column, place.kind, place.n_rows, place.first_row) for place in findings.places
    ] == [
        ('the "ref', Kind.CODE, 2, 3),
        ('the "ref', Kind.PROBABLE_CODE, 1, 4),
        ("name_fi", Kind.EMAIL, 1, 4),
        ("name_fi", Kind.STREET, 1, 3),
    ]
    told = repr(findings) + str(findings) + findings.where
    stored = str(connection.execute(f"from {findings.table}").fetchall())
    for secret in ("010594", "9032", "9033", "903P", "Hämeentie", "b.fi"):
        assert secret not in told + stored
    codes = connection.execute(f"select distinct reason_code from {findings.table}").fetchall()
    assert {code for (code,) in codes} == {"identity_in_file", "probable_identity"}


def test_a_failing_scan_says_nothing_of_the_values(connection: duckdb.DuckDBPyConnection) -> None:
    # The engine evaluates the view as it scans, and its message quotes the value.
    connection.execute(
        "create or replace temp table d as select 1 as row_number, '010594-9032' as v"
    )
    connection.execute(
        "create or replace temp view broken as select row_number, cast(v as integer)::varchar as v from d"
    )
    with pytest.raises(duckdb.Error, match="9032"):
        connection.execute("from broken").fetchall()
    with pytest.raises(IdentityScanError) as stop:
        identity.scan(connection, "broken", {"v": "ref"})
    shown = "".join(traceback.format_exception(stop.value))
    assert "9032" not in shown
    assert stop.value.__context__ is None
    assert stop.value.__cause__ is None


def test_a_million_findings_stay_in_the_engine(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create or replace temp table d as
        select i as row_number, 'x' || i || '@example.fi' as client_ref from range(1000000) as t(i)
        """
    )
    findings = identity.scan(connection, "d", {"client_ref": "ref"})
    assert len(findings.places) == 1
    assert findings.places[0].n_rows == 1_000_000
    counted = connection.execute(
        f"select count(distinct row_number) from {findings.table}"
    ).fetchone()
    assert counted == (1_000_000,)


def test_every_kind_has_a_reason_with_its_fate() -> None:
    known = reasons()
    assert known[Kind.CODE.reason].fate == known["identity_in_name"].fate == "file_refused"
    for kind in set(Kind) - {Kind.CODE}:
        assert known[kind.reason].fate == "row_quarantined"


NUMBERS = "lpad(floor(random() * 10000000000)::bigint::varchar, {}, '7')"
SHAPES = {
    "running": "'S-' || lpad(i::varchar, 7, '0')",
    **{f"{n} digits": NUMBERS.format(n) for n in range(7, 13)},
    "uuid": "uuid()::varchar",
    "hexadecimal": "md5(random()::varchar)",
    "oid": "'1.2.246.562.10.' || " + NUMBERS.format(11),
    "time": "strftime(timestamp '2000-01-01' + to_seconds(i * 8000), '%Y-%m-%dT%H:%M:%S')",
    "meeting": "'S' || strftime(date '2000-01-01' + i::integer % 9000, '%y%m%d') || '-' || 1000 + i % 9000",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_ids_of_machines_pass(connection: duckdb.DuckDBPyConnection, shape: str) -> None:
    connection.execute("select setseed(0.25)")
    connection.execute(
        "create or replace temp table d as "
        f"select i as row_number, {SHAPES[shape]} as value from range(100000) as t(i)"
    )
    assert identity.scan(connection, "d", {"value": "ref"}).places == ()


def test_a_whole_city_passes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    make_city(tmp_path, forms=2000, seed=1)
    files = sorted(tmp_path.rglob("*.csv"))
    assert files
    for file in files:
        name = contract.recognise(file.stem)
        assert name is not None
        assert kind_of_name(file.relative_to(tmp_path).as_posix()) is None
        connection.execute(
            "create or replace temp table d as select row_number() over () as row_number, * "
            "from read_csv($path, all_varchar = true)",
            {"path": str(file)},
        )
        header = {row[0] for row in connection.execute("describe d").fetchall()}
        columns = {
            column.name: column.type
            for column in contract.tables()[name].columns
            if column.name in header
        }
        assert identity.scan(connection, "d", columns).places == ()
