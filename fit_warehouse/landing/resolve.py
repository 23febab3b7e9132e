"""Which version of a row counts: a pure function of the raw store, whatever the order of landing.

A version is a row's content at a time. Of the versions of a key

- equal content at the same time, equal content of which one time is not known, and content that
  only repeats the version before it, is a *duplicate*;
- a deletion takes away every version up to its time and those of unknown time: they are *deleted*;
- different content at the same time, or where one time is not known, is *conflicting*;
- the latest of the others is *current*, the earlier ones are *superseded*.

Delivered = accepted (current, superseded, deleted) + quarantined (conflicting ones and those with
a fault) + duplicates, to the row.

Most keys come once: only the content of the others is hashed, and compared by key, hash and time.
"""

from __future__ import annotations

import glob
from pathlib import Path

import duckdb

from fit_warehouse import database, registry
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, resolved
from fit_warehouse.landing.contract import Table, tables
from fit_warehouse.landing.resolved import Fates
from fit_warehouse.settings import Settings


def ensure(settings: Settings, home: Home) -> Fates:
    """Return the fates of all raw rows; resolves when files have landed since the last time.

    The caller holds the home's lock.
    """
    registry.use(settings.paths.registry)
    last = resolved.last(home)
    if last is not None and last.is_of(home):
        return last.fates
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    try:
        return resolve(connection, home)
    finally:
        connection.close()


def resolve(connection: duckdb.DuckDBPyConnection, home: Home) -> Fates:
    """Write `accepted/<table>.parquet` for every table and return the fate of every raw row.

    Beside them it writes which raw rows contradict each other, and how many rows are kept out.

    The accepted files hold the contract's columns alone, ordered by the key, so that the same rows
    give the same content in whatever order and parts they were delivered.
    """
    from fit_warehouse.landing.quarantine import counted  # which reads what is written here

    database.limit_memory(connection)
    home.accepted.mkdir(parents=True, exist_ok=True)
    resolved.forget(home)  # until all files below belong together
    landed = ledger.landed(home)
    by_file: dict[str, dict[str, int]] = {entry.file_id: {} for entry in landed}
    connection.execute("create or replace temp table conflict (file_id varchar, row_number bigint)")
    for table in tables().values():  # all of them first: a correction is about other tables
        # What a landing that was stopped has left behind is in no entry, and so is not read.
        paths = [
            path
            for entry in landed
            if entry.table_name == table.name
            and (path := home.raw / table.name / f"{entry.file_id}.parquet").is_file()
        ]
        _raw_view(connection, table, paths)
    for table in tables().values():
        _fate_table(connection, table)
        _count(connection, table, by_file)
        connection.execute(
            "insert into conflict select _file_id, _row_number from fate where fate = 'conflicting'"
        )
        names = ", ".join(column.name for column in table.content)
        database.write_parquet(
            connection,
            f"select {names}, _version_at as version_at from raw_{table.name} anti join "
            "(from fate where fate <> 'current') using (_file_id, _row_number) "
            f"order by {', '.join(table.key)}",
            home.accepted / f"{table.name}.parquet",
        )
    database.write_parquet(connection, "from conflict order by all", home.conflicts)
    counted.write(connection, home)
    fates = Fates(by_file)
    resolved.write(home, fates)
    return fates


def _raw_view(connection: duckdb.DuckDBPyConnection, table: Table, paths: list[Path]) -> None:
    """Make `raw_<table>`: all raw rows of a table, or none."""
    columns = {column.name: column.sql_type for column in table.columns}
    columns |= {"_version_at": "timestamp", "_row_number": "bigint", "_file_id": "varchar"}
    typed = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
    query = f"select {typed} where false"
    if paths:
        files = database.path_list(paths)
        stored = f"read_parquet({files}, union_by_name = true)"
        # The registry may know an instrument with more items than any form that has landed.
        there = connection.sql(f"from {stored}").columns
        later = "".join(
            f", cast(null as {kind}) as {name}"
            for name, kind in columns.items()
            if name not in there
        )
        query = f"select *{later} from {stored}"
    connection.execute(f"create or replace temp view raw_{table.name} as {query}")


def content_hash(table: Table) -> str:
    """Return SQL for what is equal for equal content of a stored row."""
    content = ", ".join(
        f"coalesce(cast({column.name} as varchar), chr(30))" for column in table.content
    )
    return f"md5(concat_ws(chr(31), {content}))"


def _fate_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make `fate`: the rows that are not alone with their key, or deleted; the others are current."""
    key = ", ".join(table.key)
    deleted = ""
    if table.name in tables()["correction"]["table_name"].values:
        deleted = f"union select hash({key}) from ({_deletions(table)})"
    # Two keys with one hash only make a few rows more to be looked at.
    connection.execute(
        f"""
        create or replace temp table contested as
        select hash({key}) as key_hash from raw_{table.name} group by 1 having count(*) > 1
        {deleted}
        """
    )
    rows = f"""
        select {key}, {content_hash(table)} as _content_hash, _version_at, _file_id, _row_number
        from raw_{table.name}
        where hash({key}) in (select key_hash from contested)
    """
    connection.execute(f"create or replace temp table fate as {_judged(rows, table)}")


def _deletions(table: Table) -> str:
    """Return SQL for the keys that a correction deletes, with the last time of it."""
    key = ", ".join(table.key)
    return f"""
        select {key}, max(corrected_at) as deleted_at
        from raw_correction
        where table_name = '{table.name}' and action = 'delete'
        group by {key}
    """


def _judged(rows: str, table: Table) -> str:
    """Return SQL for file, row and fate of rows among which are all versions of their keys."""
    by_key = f"partition by {', '.join(table.key)}"
    by_life = f"{by_key}, is_deleted"
    return f"""
        with
        raw as ({rows}),
        copies as (
            select *,
                row_number() over (
                    {by_key}, _content_hash, _version_at order by _file_id, _row_number
                ) > 1
                or (_version_at is null and count(_version_at) over ({by_key}, _content_hash) > 0)
                    as is_copy
            from raw
        ),
        dated as ({_with_deletions(table)}),
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
        select
            _file_id, _row_number,
            case
                when is_deleted then 'deleted'
                when is_conflicting then 'conflicting'
                when content_before is not distinct from _content_hash then 'duplicate'
                when _version_at is not distinct from current_at then 'current'
                else 'superseded'
            end as fate
        from chosen
        union all
        select _file_id, _row_number, 'duplicate' as fate from copies where is_copy
    """


def _with_deletions(table: Table) -> str:
    """Return SQL for the rows that are no copies with `is_deleted`."""
    if table.name not in tables()["correction"]["table_name"].values:
        return "select *, false as is_deleted from copies where not is_copy"
    same_key = " and ".join(f"copies.{name} = deletions.{name}" for name in table.key)
    return f"""
        select
            copies.*,
            deletions.deleted_at is not null
            and coalesce(copies._version_at <= deletions.deleted_at, true) as is_deleted
        from copies
        left join ({_deletions(table)}) as deletions on {same_key}
        where not copies.is_copy
    """


def _count(
    connection: duckdb.DuckDBPyConnection, table: Table, by_file: dict[str, dict[str, int]]
) -> None:
    """Count the fates of a table's rows, file by file."""
    counted = connection.execute(
        f"""
        with
        judged as (select _file_id, fate, count(*) as n from fate group by all),
        others as (
            select _file_id, count(*) - coalesce(any_value(n_judged), 0) as n
            from raw_{table.name}
            left join (select _file_id, sum(n) as n_judged from judged group by all)
                using (_file_id)
            group by _file_id
        )
        select _file_id, fate, cast(sum(n) as bigint) as n
        from (from judged union all select _file_id, 'current', n from others)
        group by all
        having sum(n) > 0
        order by all
        """
    ).fetchall()
    for file_id, fate, count in counted:
        by_file[file_id][fate] = count


def conflicting(connection: duckdb.DuckDBPyConnection, home: Home) -> list[dict[str, object]]:
    """Return file and row of every raw row that another version contradicts, as last resolved."""
    if not home.conflicts.is_file():
        return []
    rows = connection.execute(
        "select file_id, row_number from read_parquet($path) order by all",
        {"path": glob.escape(str(home.conflicts))},
    ).fetchall()
    return [
        {
            "file_id": file_id,
            "row_number": row_number,
            "column_name": "",
            "reason_code": "conflicting_versions",
        }
        for file_id, row_number in rows
    ]
