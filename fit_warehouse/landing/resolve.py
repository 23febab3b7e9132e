"""Which version of a row counts: a pure function of the raw store, whatever the order of landing.

A version is a row's content at a time. Of the versions of a key

- equal content at the same time, equal content of which one time is not known, and content that
  only repeats the version before it, is a *duplicate*;
- a deletion takes away every version up to its time and those of unknown time: they are *deleted*;
- different content at the same time, or where one time is not known, is *conflicting*;
- the latest of the others is *current*, the earlier ones are *superseded*.

Delivered = accepted (current, superseded, deleted) + quarantined (conflicting ones and those with
a fault) + duplicates, to the row.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from fit_warehouse.home import Home
from fit_warehouse.landing.contract import Table, tables

ACCEPTED = ("current", "superseded", "deleted")


@dataclass(frozen=True, slots=True)
class Fates:
    """Counts of raw rows by file and fate."""

    by_file: Mapping[str, Mapping[str, int]]

    def count(self, file_id: str, *fates: str) -> int:
        """Return how many rows of a file had one of the fates."""
        return sum(self.by_file.get(file_id, {}).get(fate, 0) for fate in fates)


def _files(home: Home, table: Table) -> str | None:
    """Return SQL for all raw rows of a table, or None when nothing of it has been landed."""
    folder = home.raw / table.name
    if not any(folder.glob("*.parquet")):
        return None
    pattern = f"{glob.escape(folder.as_posix())}/*.parquet".replace("'", "''")
    return f"select * from read_parquet('{pattern}', union_by_name = true)"


def _judged(raw: str, table: Table, corrections: str | None) -> str:
    """Return SQL for every raw row with its fate."""
    by_key = f"partition by {', '.join(table.key)}"
    by_life = f"{by_key}, is_deleted"
    return f"""
        with
        raw as ({raw}),
        copies as (
            select *,
                row_number() over (
                    {by_key}, _content_hash, _version_at order by _file_id, _row_number
                ) > 1
                or (_version_at is null and count(_version_at) over ({by_key}, _content_hash) > 0)
                    as is_copy
            from raw
        ),
        dated as ({_with_deletions(table, corrections)}),
        versions as (
            select *,
                count(*) over ({by_life}, _version_at) as n_at_this_time,
                count(*) over ({by_life}) - count(_version_at) over ({by_life}) as n_without_time,
                min(_content_hash) over ({by_life}) <> max(_content_hash) over ({by_life})
                    as has_other_content
            from dated
        ),
        parted as (
            select *,
                has_other_content and (n_at_this_time > 1 or n_without_time > 0) as is_conflicting
            from versions
        ),
        ordered as (
            select *,
                lag(_content_hash) over (
                    {by_life}, is_conflicting order by _version_at nulls last, _content_hash
                ) as content_before
            from parted
        ),
        chosen as (
            select *,
                -- The last row that is no repetition: a repetition says nothing new.
                max(case when content_before is distinct from _content_hash then _version_at end)
                    over ({by_life}, is_conflicting) as current_at
            from ordered
        )
        select *,
            case
                when is_deleted then 'deleted'
                when is_conflicting then 'conflicting'
                when content_before is not distinct from _content_hash then 'duplicate'
                when _version_at is not distinct from current_at then 'current'
                else 'superseded'
            end as fate
        from chosen
        union all by name
        select *, 'duplicate' as fate from copies where is_copy
    """


def _with_deletions(table: Table, corrections: str | None) -> str:
    """Return SQL for the rows that are no copies with `is_deleted`."""
    if corrections is None or table.name not in tables()["correction"]["table_name"].values:
        return "select *, false as is_deleted from copies where not is_copy"
    key = ", ".join(table.key)
    same_key = " and ".join(f"copies.{name} = deletions.{name}" for name in table.key)
    return f"""
        select
            copies.*,
            deletions.deleted_at is not null
            and coalesce(copies._version_at <= deletions.deleted_at, true) as is_deleted
        from copies
        left join (
            select {key}, max(corrected_at) as deleted_at
            from ({corrections})
            where table_name = '{table.name}' and action = 'delete'
            group by {key}
        ) as deletions on {same_key}
        where not copies.is_copy
    """


def _fate_table(connection: duckdb.DuckDBPyConnection, home: Home, table: Table) -> None:
    """Make the temporary table `fate`: every raw row of a table with its fate."""
    raw = _files(home, table)
    if raw is None:
        columns = ", ".join(f"{column.name} {column.sql_type}" for column in table.columns)
        connection.execute(
            f"create or replace temp table fate ({columns}, _version_at timestamp, "
            "_row_number bigint, _file_id varchar, fate varchar)"
        )
        return
    judged = _judged(raw, table, _files(home, tables()["correction"]))
    connection.execute(f"create or replace temp table fate as {judged}")


def _count(connection: duckdb.DuckDBPyConnection, by_file: dict[str, dict[str, int]]) -> None:
    counted = connection.execute(
        "select _file_id, fate, count(*) from fate group by all order by all"
    ).fetchall()
    for file_id, fate, count in counted:
        by_file.setdefault(file_id, {})[fate] = count


def fates(connection: duckdb.DuckDBPyConnection, home: Home) -> Fates:
    """Return the fate of every raw row, counted by file."""
    by_file: dict[str, dict[str, int]] = {}
    for table in tables().values():
        _fate_table(connection, home, table)
        _count(connection, by_file)
    return Fates(by_file)


def conflicting(connection: duckdb.DuckDBPyConnection, home: Home) -> list[dict[str, object]]:
    """Return file and row of every raw row that another version contradicts."""
    found: list[dict[str, object]] = []
    for table in tables().values():
        _fate_table(connection, home, table)
        rows = connection.execute(
            "select _file_id, _row_number from fate where fate = 'conflicting' order by all"
        ).fetchall()
        found += [
            {
                "file_id": file_id,
                "row_number": row_number,
                "column_name": "",
                "reason_code": "conflicting_versions",
            }
            for file_id, row_number in rows
        ]
    return found


def resolve(connection: duckdb.DuckDBPyConnection, home: Home) -> Fates:
    """Write `accepted/<table>.parquet` for every table and return the fate of every raw row.

    The accepted files hold the contract's columns alone, ordered by all of them, so that the same
    rows give the same content in whatever order and parts they were delivered.
    """
    home.accepted.mkdir(parents=True, exist_ok=True)
    by_file: dict[str, dict[str, int]] = {}
    for table in tables().values():
        _fate_table(connection, home, table)
        _count(connection, by_file)
        names = ", ".join(column.name for column in table.content)
        target = home.accepted / f"{table.name}.parquet"
        temporary = target.with_name(target.name + ".tmp")
        connection.sql(
            f"select {names}, _version_at as version_at from fate where fate = 'current' order by all"
        ).write_parquet(str(temporary), compression="zstd")
        temporary.replace(target)
    return Fates(by_file)
