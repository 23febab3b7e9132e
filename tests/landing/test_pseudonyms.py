"""No identifier, no birth day and no key is anywhere in what is stored."""

from __future__ import annotations

import hashlib
import hmac
import os
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_warehouse.errors import UsageError
from fit_warehouse.landing import pseudonym
from fit_warehouse.landing.contract import tables

if TYPE_CHECKING:
    from tests.landing.conftest import Site

KEY = bytes(range(32))
SPACES = sorted({c.space for table in tables().values() for c in table.columns if c.type == "ref"})


def expected(text: str, space: str, key: bytes = KEY) -> str:
    line = key.hex().encode()  # as it stands in the key file
    return hmac.new(line, f"{space}:{text}".encode(), hashlib.sha256).hexdigest()[:32]


def in_sql(texts: list[str], space: str, key: bytes = KEY) -> list[str]:
    connection = duckdb.connect()
    pseudonym.prepare(connection, (key,))
    sql = pseudonym.sql("text", space, (key,))
    query = f"select {sql} from (select unnest($texts) as text)"
    found = connection.execute(query, {"texts": texts}).fetchall()
    connection.close()
    return [text for (text,) in found]


@pytest.mark.parametrize("key", [KEY, b"\x00" * 32, b"\xff" * 64, b"k" * 65, b"long" * 50, b"s"])
def test_the_engine_hashes_as_hmac_does(key: bytes) -> None:
    texts = ["C-1", "ä", "Åke 😀", "", "x" * 100_000, "'; --", "a:b", "\u2212"]
    assert in_sql(texts, "client", key) == [expected(text, "client", key) for text in texts]


def test_a_pseudonym_is_the_hmac_by_its_definition_under_the_line_of_the_key_file() -> None:
    line = KEY.hex().encode("ascii")
    assert len(line) == hashlib.sha256().block_size
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in line) + b"client:C-1")
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in line) + inner.digest())
    assert in_sql(["C-1"], "client") == [outer.hexdigest()[:32]]


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1
    ),
    space=st.sampled_from(SPACES),
)
def test_the_engine_hashes_any_text_as_hmac_does(texts: list[str], space: str) -> None:
    assert in_sql(texts, space) == [expected(text, space) for text in texts]


def test_one_person_has_one_pseudonym_in_every_column_and_no_id_leads_to_another(
    site: Site,
) -> None:
    same = dict.fromkeys(
        ("source_record_id", "client_ref", "episode_ref", "session_ref", "respondent_ref"), "Ä 7"
    )
    site.csv("response.csv", site.row("response", **same, worker_ref="\u00a0Ä 7 "))
    site.csv("client_link.csv", site.row("client_link", source_client_ref=" Ä 7\t"))
    site.land()
    (form,), (link,) = site.accepted("response"), site.accepted("client_link")
    assert form["client_ref"] == expected("Ä 7", "client")
    assert form["respondent_ref"] == link["source_client_ref"] == form["client_ref"]
    others = {form[name] for name in ("source_record_id", "episode_ref", "session_ref")}
    assert len({*others, form["worker_ref"], form["client_ref"]}) == 5
    assert form["worker_ref"] == expected("Ä 7", "worker")


def test_an_identifier_is_hashed_as_written(site: Site) -> None:
    refs = ["A-1", "A\u22121", "a-1", "A -1"]
    rows = [site.row("session_worker", worker_ref=ref) for ref in refs]
    site.csv("session_worker.csv", *rows)
    site.land()
    found = {row["worker_ref"] for row in site.accepted("session_worker")}
    assert found == {expected(ref, "worker") for ref in refs}


def test_a_missing_identifier_has_no_pseudonym(site: Site) -> None:
    site.csv("response.csv", site.row("response", episode_ref=" ", respondent_ref=""))
    site.land()
    (form,) = site.accepted("response")
    assert form["episode_ref"] is None
    assert form["respondent_ref"] is None


@pytest.fixture(scope="module")
def traced(new_site: Callable[..., Site], every_table: tuple[str, ...]) -> tuple[Site, list[str]]:
    """Every table landed with identifiers that are found again wherever they are."""
    site, traces = new_site(), []
    site.delivered_at("2025-08-01T06:00:00")
    for table in every_table:
        refs = {
            column.name: f"trace-{table}-{column.name}"
            for column in tables()[table].columns
            if column.type == "ref"
        }
        traces += refs.values()
        good = site.row(table, **refs)
        # A second version, a row kept out, and a name that no table has a column for.
        newer = {**good, "extracted_at": "2025-07-01"}
        bad = {**good, tables()[table].required[0]: "", "nimi": "trace-name"}
        site.csv(f"{table}.csv", good, newer, bad)
    site.csv(
        "episode_client_2.csv",
        site.row("episode_client", episode_ref="trace-e", birth_date="2011-04-09"),
        site.row("episode_client", episode_ref="trace-e", birth_date="2011-04-31"),
    )
    site.land()
    return site, [*traces, "trace-", "2011-04-09", "2011-04-31", KEY.hex(), KEY.hex().upper()]


def test_no_identifier_is_stored_in_any_file(traced: tuple[Site, list[str]]) -> None:
    site, traces = traced
    stored = site.stored("raw", "accepted", "ledger", "quarantine", "spill")
    assert {name.split("/")[0] for name in stored} == {"raw", "accepted", "ledger", "quarantine"}
    for name, content in stored.items():
        assert KEY not in content, name
        for trace in traces:
            assert trace.encode() not in content, (name, trace)


def test_no_identifier_is_stored_in_any_column(traced: tuple[Site, list[str]]) -> None:
    site, traces = traced
    paths = [path for path in site.home.path.rglob("*.parquet") if site.landing not in path.parents]
    assert {path.relative_to(site.home.path).parts[0] for path in paths} == {
        "raw",
        "accepted",
        "quarantine",
    }
    for path in paths:
        frame = pl.read_parquet(path, glob=False)
        text = "\n".join(str(value) for row in frame.iter_rows() for value in row)
        assert frame.width >= 2
        for trace in traces:
            assert trace not in text, (path.name, trace)


def test_of_a_birth_date_only_the_month_is_stored(traced: tuple[Site, list[str]]) -> None:
    site, _ = traced
    born = {row["birth_date"] for row in site.accepted("episode_client")}
    assert born == {date(2011, 4, 1)}
    assert ("episode_client_2.csv", 3) in site.problems()


def test_another_key_gives_other_pseudonyms() -> None:
    assert in_sql(["C-1"], "client") != in_sql(["C-1"], "client", bytes(32))


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "config" / "pseudonym.key"
    (key,) = pseudonym.load_keys(path)
    assert len(key) == 32
    assert key.hex() not in {"00" * 32, KEY.hex()}
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert pseudonym.load_keys(path) == (key,)
    assert path.read_bytes() == before
    assert pseudonym.load_keys(tmp_path / "other.key") != (key,)


WRONG_KEYS = {
    "empty": b"",
    "short": KEY.hex()[:62].encode(),
    "long": KEY.hex().encode() + b"00",
    "no key": b"password for everything",
    "not text": b"\xff\xfe" + KEY,
}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_file_that_holds_no_key_is_refused_without_repeating_it(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_bytes(WRONG_KEYS[name])
    path.chmod(0o600)
    with pytest.raises(UsageError, match="does not hold a key") as raised:
        pseudonym.load_keys(path)
    said = "".join(traceback.format_exception(raised.value))
    assert str(path) in str(raised.value)
    assert KEY.hex()[:20] not in said
    assert "password" not in said
    assert path.read_bytes() == WRONG_KEYS[name]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_text(KEY.hex(), encoding="ascii")
    path.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        pseudonym.load_keys(path)


def test_a_folder_in_place_of_the_key_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(UsageError, match="cannot be used"):
        pseudonym.load_keys(tmp_path)


def shown(problem: BaseException) -> str:
    return "".join(traceback.format_exception(problem)).lower()


def secrets_of(key: bytes) -> Iterator[str]:
    """Yield what a key may look like in a text: raw, as its digits, escaped."""
    for secret in (key, key.hex().encode()):
        yield from (secret.hex(), repr(secret)[2:-1].lower())
        yield "".join(f"\\x{byte:02x}" for byte in secret)


@pytest.mark.parametrize("fault", ["no_such_function({})", "error({})", "cast({} as date)"])
def test_the_key_is_in_no_text_of_a_failure(
    site: Site, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    # A row that is kept out is hashed by a function of the engine.
    site.csv("session.csv", site.row("session", session_date="x"))
    real_sql = pseudonym.sql
    # The engine fails in the very statement that hashes, and shows a part of it.
    monkeypatch.setattr(pseudonym, "sql", lambda *given: fault.format(real_sql(*given)))
    with pytest.raises(duckdb.Error) as raised:
        site.land()
    assert not [secret for secret in secrets_of(KEY) if secret in shown(raised.value)]


def test_a_failure_within_the_hash_shows_neither_key_nor_identifier(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*given: object) -> None:
        raise pl.exceptions.ComputeError(f"{KEY.hex()} {KEY!r} {given}")

    site.csv("session_worker.csv", site.row("session_worker", worker_ref="W-secret"))
    monkeypatch.setattr(pl.DataFrame, "select", fail)
    with pytest.raises(RuntimeError, match=r"could not be hashed \(ComputeError\)$") as raised:
        site.land()
    said = shown(raised.value) + "".join(capfd.readouterr()).lower()
    assert not [secret for secret in (*secrets_of(KEY), "w-secret") if secret in said]


def test_the_engine_is_told_no_key(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    with duckdb.connect() as connection:
        pseudonym.prepare(connection, (KEY,))
        sql = pseudonym.sql("text", "client", (KEY,))
        connection.execute(f"pragma enable_profiling = 'json'; set profiling_output = '{trace}'")
        connection.execute(f"create table hashed as select {sql} from (select 'C-1' as text)")
        connection.execute("pragma disable_profiling")
        known = connection.execute("from duckdb_functions() where function_name like 'keyed%'")
        said = f"{sql} {trace.read_text('utf-8')} {known.fetchall()}".lower()
    assert "keyed_" in trace.read_text("utf-8")
    assert not [secret for secret in secrets_of(KEY) if secret in said]


def test_two_keys_in_one_database_are_not_taken_for_each_other() -> None:
    keys = (KEY, bytes(32))
    with duckdb.connect() as connection:
        for key in (*keys, KEY):
            pseudonym.prepare(connection, (key,))
        beside = connection.cursor()
        for key in keys:
            sql = pseudonym.sql("'C-1'", "client", (key,))
            assert beside.execute(f"select {sql}").fetchall() == [(expected("C-1", "client", key),)]
        unknown = pseudonym.sql("'C-1'", "client", (b"k" * 32,))
        with pytest.raises(duckdb.CatalogException, match="does not exist"):
            connection.execute(f"select {unknown}")
