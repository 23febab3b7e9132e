"""Check the rows of one delivered table and part them: raw Parquet, or quarantine with a reason.

Every row streams once through its types: those that break no rule end in the raw store, and the few
that are not there break one. What is wrong is worked out for those few alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import identity, kept, rules
from fit_warehouse.landing.contract import Table, instruments
from fit_warehouse.landing.kept import Store
from fit_warehouse.landing.look import Rows, look
from fit_warehouse.landing.refusal import RefusedFileError

SHOWN_PROBLEMS = 5


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
            item_min decimal(18,6), item_max decimal(18,6), score_step decimal(18,6),
            total_min decimal(18,6), total_max decimal(18,6)
        )
        """
    )
    connection.executemany(
        """
        insert into instrument
        select *, item_count * item_min, item_count * item_max
        from (
            select ? as instrument_code, ?::integer as item_count, ?::decimal(18,6) as item_min,
                ?::decimal(18,6) as item_max, ?::decimal(18,6) as score_step
        )
        """,
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
    to: Store | None = None,
) -> Taken:
    """Judge every row of `delivered`; leaves the temporary tables `kept` and `problem`.

    `kept` is a view of the rows without a problem, as text (d) and in types (v). A raw file of them is
    left too where `to` says which; no file when there are none.

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
    to
        Where the rows without a problem are stored; None to judge them and no more.

    Raises
    ------
    RefusedFileError
        When a required column is missing, or a column is there twice.

    Notes
    -----
    `identity.stop` comes before: its findings lie in a temporary table and are problems here.
    """
    rows = rows_of(connection, table, header, extracted_at=extracted_at, today=today)
    n_rows = database.scalar(connection, "select count(*) from delivered")
    profile: dict[str, Any] = {}
    if to is None:
        _judge(connection, rows)
    else:
        profile = _store(connection, rows, to, n_rows)
    taken = told(connection, rows, n_rows, profile)
    well = "delivered anti join bad using (row_number)" if taken.quarantined else "delivered"
    connection.execute(f"create or replace temp view kept as {rows.typed(well)}")
    return taken


def rows_of(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    header: tuple[str, ...],
    *,
    extracted_at: datetime | None,
    today: date,
) -> Rows:
    """Return how the rows of `delivered` are read and judged; the rest as `take`."""
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
    return Rows(table, header, seen)


def _judge(connection: duckdb.DuckDBPyConnection, of: Rows) -> None:
    """Keep in `bad` which rows break a rule or hold identity."""
    connection.execute(
        f"""
        create or replace temp table bad as
        select row_number from ({of.judged("row_number, " + of.is_bad() + " as is_bad")}) where is_bad
        union
        select row_number from delivered semi join {identity.TABLE} using (row_number)
        """
    )


def _store(
    connection: duckdb.DuckDBPyConnection, of: Rows, to: Store, n_rows: int
) -> dict[str, Any]:
    """Store the rows that are well, keep in `bad` which are not, and return the profile of the former."""
    n_identified = database.scalar(connection, f"select count(*) from {identity.TABLE}")
    unnamed = f"delivered anti join {identity.TABLE} using (row_number)"
    n_kept = kept.write_kept(connection, of, unnamed if n_identified else "delivered", to)
    stored = f"read_parquet({database.path_list([to.path])})"
    missing = f"anti join (select _row_number as row_number from {stored}) using (row_number)"
    connection.execute(
        "create or replace temp table bad as select row_number from delivered "
        + (missing if n_kept < n_rows else "where false")
    )
    profile = profile_of(connection, of.table, to)
    if not n_kept:
        to.path.unlink()
    return profile


def profile_of(connection: duckdb.DuckDBPyConnection, table: Table, to: Store) -> dict[str, Any]:
    """Return what the expectations on a stored delivery look at: shares and ranges, no person."""
    wanted: dict[str, str] = {}
    if "session_date" in table.names:
        wanted |= {"first_day": "min(session_date)", "last_day": "max(session_date)"}
    if table.name == "response":
        scored = "total is not null or item_1 is not null"
        wanted |= {
            "share_skipped": "avg(is_skipped)",
            "share_scored": f"avg(case when {scored} then 1 else 0 end)",
        }
    if not wanted:
        return {}
    stored = f"read_parquet({database.path_list([to.path])})"
    (found,) = connection.execute(f"select {', '.join(wanted.values())} from {stored}").fetchall()
    return dict(zip(wanted, found, strict=True))


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


def told(
    connection: duckdb.DuckDBPyConnection, of: Rows, n_rows: int, profile: dict[str, Any]
) -> Taken:
    """Return the counts of a judged table, and make `problem`: what is wrong with the rows in `bad`.

    Of `n_rows` only the rows in `bad` have to be in `delivered`.
    """
    n_bad = database.scalar(connection, "select count(*) from bad")
    _problems(connection, of, n_bad)
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
