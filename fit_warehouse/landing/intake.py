"""Check the rows of one delivered table and part them: raw Parquet, or quarantine with a reason.

Every row streams twice through its types and is stored in none between: once to find the few that
break a rule, once on its way into the raw store. What is wrong is worked out for those few alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import identity, pseudonym, rules
from fit_warehouse.landing.contract import Column, Table, instruments
from fit_warehouse.landing.look import Rows, look
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.landing.refusal import RefusedFileError

SHOWN_PROBLEMS = 5
# Pseudonyms hardly compress: a higher level, a filter or a large dictionary for them costs time and
# saves nothing. Columns of few values still get their dictionary.
PARQUET = """
    compression zstd, compression_level 1, write_bloom_filter false, dictionary_size_limit 2000
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a row is wrong: never the value itself, which may name a person."""

    row_number: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of one delivered table."""

    delivered: int
    kept: int
    reasons: dict[str, int] = field(default_factory=dict)
    first: tuple[Problem, ...] = ()
    profile: dict[str, Any] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """Return the number of rows kept out."""
        return self.delivered - self.kept


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the instrument registry where the rules look it up, and bound DuckDB's memory."""
    database.limit_memory(connection)
    identity.prepare(connection)
    connection.execute(
        """
        create or replace temp table instrument (
            instrument_code varchar, item_count integer,
            item_min decimal(6,2), item_max decimal(6,2), score_step decimal(6,2)
        )
        """
    )
    connection.executemany(
        "insert into instrument values (?, ?, ?, ?, ?)",
        [
            (known.code, known.item_count, known.item_min, known.item_max, known.score_step)
            for known in instruments()
        ],
    )


def take(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    header: tuple[str, ...],
    *,
    extracted_at: datetime | None,
    today: date,
) -> Taken:
    """Judge every row of `delivered`; leaves the temporary tables `kept` and `problem`.

    `kept` is a view of the rows without a problem, as text (d) and in types (v).

    Parameters
    ----------
    connection
        Holds `delivered` (row_number and the file's columns as text), `malformed` and `instrument`.
    table
        The table that the rows are of.
    header
        The columns of the file.
    extracted_at
        When the file was extracted, where that is known.
    today
        The latest day that a past event may have when the time of extraction is not known.

    Raises
    ------
    RefusedFileError
        When a required column is missing, or a column is there twice.

    Notes
    -----
    `identity.stop` comes before: its findings lie in a temporary table and are problems here.
    """
    # Columns outside the contract are not read: they may have any name, or none.
    twice = [name for name in table.names if header.count(name) > 1]
    if twice:
        raise RefusedFileError("duplicate_column", ", ".join(twice))
    missing = [name for name in table.required if name not in header]
    if missing:
        raise RefusedFileError("missing_column", ", ".join(missing))
    connection.execute(
        "create or replace temp table moment as "
        "select $extracted_at::timestamp as extracted_at, $today::timestamp as today",
        {"extracted_at": extracted_at, "today": today},
    )
    seen = look(connection, [column for column in table.columns if column.name in header])
    rows = Rows(table, header, seen)
    n_rows, n_bad, profile = _survey(connection, rows)
    n_bad += _identified(connection)
    _problems(connection, rows, n_bad)
    well = "delivered anti join bad using (row_number)" if n_bad else "delivered"
    connection.execute(f"create or replace temp view kept as {rows.typed(well)}")
    return _taken(connection, n_rows, n_bad, profile)


def _survey(connection: duckdb.DuckDBPyConnection, of: Rows) -> tuple[int, int, dict[str, Any]]:
    """Pass over all rows once: count and profile them, and keep in `bad` which break a rule."""
    rows = of.judged(f"*, {of.is_bad()} as is_bad")
    profile = _profile(of.table)
    shares = "".join(f", {sql} filter (not is_bad) as {name}" for name, sql in profile.items())
    connection.execute(
        f"""
        create or replace temp table survey as
        select
            count(*) as n_rows, count(*) filter (is_bad) as n_bad,
            list(row_number) filter (is_bad) as bad{shares}
        from ({rows})
        """
    )
    connection.execute(
        "create or replace temp table bad as select unnest(bad) as row_number from survey"
    )
    ((n_rows, n_bad, *values),) = connection.execute(
        "select * exclude (bad) from survey"
    ).fetchall()
    return n_rows, n_bad, dict(zip(profile, values, strict=True))


def _identified(connection: duckdb.DuckDBPyConnection) -> int:
    """Add the rows with identity to `bad`, and return how many were not there yet."""
    connection.execute(
        f"""
        create or replace temp table bad_too as
        select row_number
        from delivered
        semi join {identity.TABLE} using (row_number)
        anti join bad using (row_number)
        """
    )
    connection.execute("insert into bad from bad_too")
    return database.scalar(connection, "select count(*) from bad_too")


def _profile(table: Table) -> dict[str, str]:
    """Return SQL for what the expectations on a delivery look at: shares and ranges, no person."""
    wanted: dict[str, str] = {}
    if "session_date" in table.names:
        wanted |= {"first_day": "min(v_session_date)", "last_day": "max(v_session_date)"}
    if table.name == "response":
        scored = "v_total is not null or v_item_1 is not null"
        wanted |= {
            "share_skipped": "avg(coalesce(v_is_skipped, 0))",
            "share_scored": f"avg(case when {scored} then 1 else 0 end)",
        }
    return wanted


def _problems(connection: duckdb.DuckDBPyConnection, of: Rows, n_bad: int) -> None:
    """Make `problem`: every fault of the few rows that have one."""
    connection.execute(
        """
        create or replace temp table problem as
        select row_number, 'malformed_row' as reason, '' as column_name from malformed
        """
    )
    if not n_bad:
        return
    cases = ",\n".join(_first_problem(of_column) for of_column in rules.by_column(of.table))
    found = f"list_filter([{cases}], lambda problem: problem.reason is not null) as problems"
    few = "delivered semi join bad using (row_number)"
    connection.execute(
        f"""
        insert into problem
            select *
            from (
                select row_number, unnest(problems, recursive := true)
                from ({of.judged(f"row_number, {found}", few)})
            )
            anti join {identity.TABLE} using (row_number, column_name)
            union all
            select distinct row_number, reason_code as reason, column_name
            from {identity.TABLE}
            semi join bad using (row_number)
        """
    )


def _first_problem(of_column: list[rules.Rule]) -> str:
    """Return SQL for the first rule of a column that a row breaks; no reason when it breaks none."""
    whens = " ".join(f"when {rule.condition} then '{rule.reason}'" for rule in of_column)
    return f"{{'reason': case {whens} end, 'column_name': '{of_column[0].column}'}}"


def _taken(
    connection: duckdb.DuckDBPyConnection, n_rows: int, n_bad: int, profile: dict[str, Any]
) -> Taken:
    """Return the counts of a table that has been judged, and where its first problems are."""
    ((n_malformed,),) = connection.execute("select count(*) from malformed").fetchall()
    counted = connection.execute(
        "select reason, count(distinct row_number) from problem group by reason order by reason"
    ).fetchall()
    first = connection.execute(
        "select row_number, column_name, reason from problem "
        f"order by row_number, column_name, reason limit {SHOWN_PROBLEMS}"
    ).fetchall()
    problems = tuple(Problem(*row) for row in first)
    return Taken(n_rows + n_malformed, n_rows - n_bad, dict(counted), problems, profile)


def _stored(column: Column, pseudonyms: Mapping[str, str]) -> str:
    """Return SQL for a column as the raw store keeps it."""
    if column.type == "ref":
        return pseudonyms[column.name]
    if column.birth and column.type == "date":
        return f"cast(date_trunc('month', v_{column.name}) as date)"
    # The engine may convert before it has left out the rows kept out, whose numbers may be any.
    value = f"try_cast(v_{column.name} as {column.sql_type})"
    return f"coalesce({value}, '{column.default}')" if column.default else value


def write_kept(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, *, file_id: str, keys: Keys
) -> None:
    """Write the rows without a problem to a raw Parquet file, in the order of the file."""
    refs = [column for column in table.columns if column.type == "ref"]
    pseudonyms, lookups = pseudonym.by_value(connection, "kept", refs, keys)
    columns = ", ".join(
        f"{_stored(column, pseudonyms)} as {column.name}" for column in table.columns
    )
    query = f"""
        select
            {columns}, version_at as _version_at, row_number as _row_number,
            $file_id as _file_id
        from kept {lookups}
    """
    is_inline = any("$" in text for text in pseudonyms.values())
    bound = pseudonym.parameters(keys) if is_inline else {}
    database.write_parquet(connection, query, path, {"file_id": file_id, **bound}, options=PARQUET)
