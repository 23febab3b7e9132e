"""Check the rows of one delivered table and part them: raw Parquet, or quarantine with a reason."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse.landing import pseudonym, rules
from fit_warehouse.landing.contract import Column, Table, instruments
from fit_warehouse.landing.pseudonym import Keys
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
    """Put the instrument registry where the rules look it up."""
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
    """Judge every row of `delivered`; leaves the temporary tables `judged` and `problem`.

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
    """
    # Columns outside the contract are not read: they may have any name, or none.
    twice = [name for name in table.names if header.count(name) > 1]
    if twice:
        raise RefusedFileError("duplicate_column", ", ".join(twice))
    missing = [name for name in table.required if name not in header]
    if missing:
        raise RefusedFileError("missing_column", ", ".join(missing))
    connection.execute(_judging(table, header), {"extracted_at": extracted_at, "today": today})
    connection.execute(
        """
        create or replace temp table problem as
            select row_number, unnest(problems, recursive := true)
            from judged
            where len(problems) > 0
            union all
            select row_number, 'malformed_row' as reason, '' as column_name from malformed
        """
    )
    return _summary(connection, table)


def _judging(table: Table, header: tuple[str, ...]) -> str:
    """Return SQL for `judged`: each row as text (d), in types (v), and the list of its problems."""
    texts = ", ".join(
        f"{column.name} := {rules.trimmed(column) if column.name in header else 'null::varchar'}"
        for column in table.columns
    )
    values = ", ".join(f"{column.name} := {rules.typed(column)}" for column in table.columns)
    cases = ",\n".join(_first_problem(of_column) for of_column in rules.by_column(table))
    lookup = "left join instrument as i on i.instrument_code = d.instrument_code"
    return f"""
        create or replace temp table judged as
        with
        as_text as (select row_number, struct_pack({texts}) as d from delivered),
        as_value as (select row_number, d, struct_pack({values}) as v from as_text),
        timed as (
            select
                row_number, d, v,
                coalesce(v.extracted_at, $extracted_at::timestamp) as version_at,
                coalesce(v.extracted_at, $extracted_at::timestamp, $today::timestamp) as known_at,
                greatest($extracted_at::timestamp, $today::timestamp) as latest_at
            from as_value
        )
        select
            row_number, d, v, version_at,
            list_filter([{cases}], lambda problem: problem.reason is not null) as problems
        from timed
        {lookup if table.name == "response" else ""}
    """


def _first_problem(of_column: list[rules.Rule]) -> str:
    """Return SQL for the first rule of a column that a row breaks; no reason when it breaks none."""
    whens = " ".join(f"when {rule.condition} then '{rule.reason}'" for rule in of_column)
    return f"{{'reason': case {whens} end, 'column_name': '{of_column[0].column}'}}"


def _summary(connection: duckdb.DuckDBPyConnection, table: Table) -> Taken:
    """Count what was judged."""
    delivered = scalar(
        connection, "select (select count(*) from judged) + (select count(*) from malformed)"
    )
    kept = scalar(connection, "select count(*) from judged where len(problems) = 0")
    counted = connection.execute(
        """
        select reason, count(distinct row_number) from problem group by reason order by reason
        """
    ).fetchall()
    first = connection.execute(
        "select row_number, column_name, reason from problem "
        f"order by row_number, column_name, reason limit {SHOWN_PROBLEMS}"
    ).fetchall()
    return Taken(
        delivered,
        kept,
        dict(counted),
        tuple(Problem(*row) for row in first),
        _profile(connection, table),
    )


def _profile(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, Any]:
    """Return what the expectations on a delivery look at: shares and ranges, no person."""
    wanted = {"n_keys": f"count(distinct ({', '.join(f'd.{name}' for name in table.key)}))"}
    names = set(table.names)
    if "session_date" in names:
        wanted |= {"first_day": "min(v.session_date)", "last_day": "max(v.session_date)"}
    if table.name == "response":
        scored = "v.total is not null or v.item_1 is not null"
        wanted |= {
            "share_skipped": "avg(coalesce(v.is_skipped, 0))",
            "share_scored": f"avg(case when {scored} then 1 else 0 end)",
        }
    columns = ", ".join(f"{sql} as {name}" for name, sql in wanted.items())
    values = connection.execute(f"select {columns} from judged where len(problems) = 0").fetchone()
    return dict(zip(wanted, values or (), strict=True))


def _stored(column: Column, n_keys: int) -> str:
    """Return SQL for a column as the raw store keeps it."""
    if column.type == "ref":
        # NULL stays NULL: `||` with a missing text is missing.
        return pseudonym.sql(f"d.{column.name}", column.space, n_keys)
    if column.birth and column.type == "date":
        return f"cast(date_trunc('month', v.{column.name}) as date)"
    # The engine may convert before it has left out the rows kept out, whose numbers may be any.
    value = f"try_cast(v.{column.name} as {column.sql_type})"
    return f"coalesce({value}, '{column.default}')" if column.default else value


def content_hash(table: Table) -> str:
    """Return SQL for what is equal for equal content of a stored row."""
    content = ", ".join(
        f"coalesce(cast({column.name} as varchar), chr(30))" for column in table.content
    )
    return f"md5(concat_ws(chr(31), {content}))"


def write_kept(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, *, file_id: str, keys: Keys
) -> None:
    """Write the rows without a problem to a raw Parquet file, in the order of the file."""
    columns = ", ".join(
        f"{_stored(column, len(keys))} as {column.name}" for column in table.columns
    )
    has_refs = any(column.type == "ref" for column in table.columns)
    # COPY takes no parameters, so the pseudonyms are made in a temporary table first.
    connection.execute(
        f"""
        create or replace temp table kept as
        with stored as (
            select {columns}, version_at as _version_at, row_number as _row_number
            from judged
            where len(problems) = 0
        )
        select *, {content_hash(table)} as _content_hash, $file_id as _file_id
        from stored
        """,
        {"file_id": file_id, **(pseudonym.parameters(keys) if has_refs else {})},
    )
    copy(connection, "select * from kept order by _row_number", path)


def copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows to a Parquet file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    connection.sql(query).write_parquet(str(temporary), compression="zstd")
    temporary.replace(path)


def path_list(paths: Sequence[Path]) -> str:
    """Return SQL for a list of files, as `read_parquet` takes them; no character is a pattern."""
    literals = (glob.escape(path.as_posix()).replace("'", "''") for path in paths)
    return "[" + ", ".join(f"'{literal}'" for literal in literals) + "]"


def scalar(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the single integer that a query gives."""
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
