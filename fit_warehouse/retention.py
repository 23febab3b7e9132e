"""Which episodes have been kept for longer than the settings allow, counted from their closing."""

from __future__ import annotations

from datetime import datetime

import duckdb

from fit_warehouse import database
from fit_warehouse.erase import stored
from fit_warehouse.erase.erase import Doom
from fit_warehouse.home import Home
from fit_warehouse.landing.contract import tables
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.landing.resolve import content_hash
from fit_warehouse.settings import HELSINKI, Settings


def describe(settings: Settings, home: Home) -> list[str]:
    """Return the episodes that would go in lines: service, year of closing, how many."""
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    try:
        _overdue(connection, settings, home)
        counted = connection.execute(
            "select service_code, year(closed_on), count(*) from overdue group by all order by all"
        ).fetchall()
    finally:
        connection.close()
    return [f"{service}, closed {year}: {n} episodes" for service, year, n in counted]


def doom(settings: Settings, home: Home) -> Doom:
    """Return what is doomed with the episodes kept too long: they, their meetings and their forms."""

    def find(connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
        _overdue(connection, settings, home)
        for name in ("response", "session", "session_episode"):
            rows = stored.rows(home, tables()[name])
            connection.execute(f"create or replace temp view stored_{name} as {rows}")
        connection.execute(
            """
            create or replace temp table doomed as
            with
            episodes as (select episode_ref from overdue),
            -- A meeting of several episodes goes when the last of them does.
            meetings as (
                select session_ref
                from (
                    select session_ref, episode_ref from stored_session
                    union all
                    select session_ref, episode_ref from stored_session_episode
                )
                where session_ref is not null
                group by session_ref
                having bool_and(coalesce(episode_ref in (from episodes), false))
            )
            select 'episode' as kind, '' as source_system, episode_ref as pseudonym from episodes
            union select 'session', '', session_ref from meetings
            union
            select 'record', source_system, source_record_id
            from stored_response
            where source_record_id is not null
                and (episode_ref in (from episodes) or session_ref in (from meetings))
            """
        )

    return find


def _overdue(connection: duckdb.DuckDBPyConnection, settings: Settings, home: Home) -> None:
    """Make `overdue`: episodes whose latest version closed them longer ago than they may be kept."""
    connection.execute("create or replace temp table months (service_code varchar, months integer)")
    for service, months in settings.retention.by_service.items():
        connection.execute("insert into months values (?, ?)", [service, months])
    table = tables()["episode"]
    paths = stored.raw_paths(home, table)
    nothing = ", ".join(
        f"cast(null as {column.sql_type}) as {column.name}" for column in table.columns
    )
    versions = (
        f"from read_parquet({database.path_list(paths)}, union_by_name = true)"
        if paths
        else f"from (select {nothing}, null::timestamp as _version_at) where false"
    )
    connection.execute(
        f"""
        create or replace temp table overdue as
        with latest as (
            select episode_ref, service_code, closed_on
            {versions}
            qualify row_number() over (
                partition by episode_ref order by _version_at desc nulls last, {content_hash(table)}
            ) = 1
        )
        select episode_ref, service_code, closed_on
        from latest
        left join months using (service_code)
        where coalesce(months, $default) > 0
            and closed_on + to_months(coalesce(months, $default)) <= $today::date
        """,
        {
            "default": settings.retention.default_months,
            "today": datetime.now(HELSINKI).date(),
        },
    )
