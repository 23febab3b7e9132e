"""A column of identity codes becomes pseudonyms before anything can be stored."""

from __future__ import annotations

import hashlib
import hmac

import duckdb
import pytest

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import identity, pseudonym
from fit_warehouse.landing.identity import IdentityScanError, Kind
from fit_warehouse.settings import load

KEY = bytes(range(32))


def pseudonyms(
    connection: duckdb.DuckDBPyConnection, values: list[str | None]
) -> tuple[list[str | None], identity.Findings]:
    connection.execute(
        "create or replace temp table d as "
        "select unnest(range(len($v))) as row_number, unnest($v) as client_ref",
        {"v": values},
    )
    pseudonym.prepare(connection, (KEY,))
    findings = identity.hmac_hetu_column(connection, "d", "client_ref", keys=(KEY,))
    rows = connection.execute("select client_ref from d order by row_number").fetchall()
    return [row[0] for row in rows], findings


def test_one_person_is_one_pseudonym_however_typed(connection: duckdb.DuckDBPyConnection) -> None:
    written = [
        "010594-9032",
        "010594\u22129032",
        " 010594 - 9032 ",
        "０１０５９４－９０３２",
        "010594\u00ad9032",
        "\u00a0010594–9032\u200b",
        "\t010594-9032\n",
    ]
    made, findings = pseudonyms(connection, written)
    plain = hmac.new(KEY.hex().encode(), b"client:010594-9032", hashlib.sha256).hexdigest()[:32]
    assert made == [f"~1~{plain}"] * len(written)
    assert findings.places == ()
    lower, _ = pseudonyms(connection, ["020594x903p", "020594X903P"])
    assert len(set(lower)) == 1


def test_the_separator_tells_people_apart(connection: duckdb.DuckDBPyConnection) -> None:
    made, _ = pseudonyms(connection, [f"010594{mark}9032" for mark in "+-YXWVUABCDEF"])
    assert len(set(made)) == 13


def test_what_is_no_valid_code_is_found_and_gone(connection: duckdb.DuckDBPyConnection) -> None:
    values = [
        "010594-9032",
        "010594-9033",
        "C-1",
        "0105949032",
        "",
        " \u00a0",
        None,
        "010594-9032 x",
    ]
    made, findings = pseudonyms(connection, values)
    assert made[0] is not None
    assert made[1:] == [None] * 7
    found = connection.execute(
        f"select row_number, kind from {findings.table} order by all"
    ).fetchall()
    assert found == [(row, str(Kind.PROBABLE_CODE)) for row in (1, 2, 3, 7)]
    assert not findings.has_code
    assert "9033" not in repr(findings) + findings.where


def test_no_code_is_left_in_the_table(connection: duckdb.DuckDBPyConnection) -> None:
    pseudonyms(connection, ["010594-9032", "020594X903P", "010594-9033"])
    assert identity.scan(connection, "d", {"client_ref": "ref"}).places == ()


def test_a_failure_tells_no_value(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(IdentityScanError, match="client_ref") as stop:
        identity.hmac_hetu_column(connection, "no_such_table", "client_ref", keys=(KEY,))
    assert stop.value.__context__ is None


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False), ("TRUE", True)])
def test_the_setting_is_read(text: str, expected: bool) -> None:
    environment = {"FIT_IDENTITY_CLIENT_REF_IS_HETU": text}
    assert load(environment=environment).identity.client_ref_is_hetu is expected


def test_the_setting_is_a_truth_value() -> None:
    assert load(environment={}).identity.client_ref_is_hetu is False
    with pytest.raises(
        UsageError, match=r"identity\.client_ref_is_hetu = 'yes': expected true or false"
    ):
        load(environment={"FIT_IDENTITY_CLIENT_REF_IS_HETU": "yes"})
