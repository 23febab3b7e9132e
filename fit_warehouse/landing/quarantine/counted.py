"""Count the rows that are kept out by team and month, for the marts: nobody's row is among them.

A code that stands in a quarantined row may be anything. So a team is named only when an accepted row
knows it, and a month only when it can be read from a day in which there is no fault.
"""

from __future__ import annotations

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import rules
from fit_warehouse.landing.contract import Table, tables
from fit_warehouse.landing.quarantine import entries

TEAM = "team_code"
# The day that a row is about, in the order of preference.
DAYS = ("session_date", "opened_on", "referred_on", "decided_on")
CONFLICTING = "conflicting_versions"


def write(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write `accepted/quarantined.parquet`, one row per table, team, month and reason.

    Columns: `table_name`, `team_code` and `month` (missing where they are not known), `reason_code`,
    `n_rows` (a row with two reasons counts under both) and `n_rows_once` (it counts under the first
    in the order of codes, so that the sum over all is the number of rows).

    Parameters
    ----------
    connection
        Holds the views `raw_<table>` and the table `conflict` of a resolve.
    home
        The quarantine and the accepted files, which have just been written.
    """
    parts = [part for table in tables().values() for part in _kept_out(home, table)]
    teams = " union ".join(
        f"select {TEAM} from {_accepted(home, table)}"
        for table in tables().values()
        if TEAM in table.names
    )
    query = f"""
        with
        kept_out as ({" union all ".join(parts)}),
        teams as ({teams})
        select
            table_name,
            teams.{TEAM} as team_code,
            cast(date_trunc('month', day) as date) as month,
            reason_code,
            count(*) as n_rows,
            count(*) filter (is_first) as n_rows_once
        from kept_out
        left join teams on kept_out.team = teams.{TEAM}
        group by all
        order by all
    """
    database.write_parquet(connection, query, home.quarantined)


def _accepted(home: Home, table: Table) -> str:
    return f"read_parquet({database.path_list([home.accepted / f'{table.name}.parquet'])})"


def _kept_out(home: Home, table: Table) -> list[str]:
    """Return SQL for the open entries of a table and for its versions that contradict each other.

    Columns: table_name, team, day, reason_code, is_first; one row per row and reason.
    """
    team = TEAM if TEAM in table.names else "cast(null as varchar)"
    days = [name for name in DAYS if name in table.names]
    conflicting = f"""
        select
            '{table.name}' as table_name, {team} as team, {_first(days)} as day,
            '{CONFLICTING}' as reason_code, true as is_first
        from raw_{table.name}
        where (_file_id, _row_number) in (from conflict)
    """
    faults = entries.faults(home, table.name)
    if faults is None:
        return [conflicting]
    texts = ", ".join(f"any_value({name}) as d_{name}" for name in days)
    read = [
        f"case when not list_contains(faulty, '{name}') then {rules.typed(table[name])} end"
        for name in days
    ]
    faulty = f"""
        select
            '{table.name}' as table_name, team, {_first(read)} as day,
            unnest(reasons) as reason_code, unnest(reasons) = reasons[1] as is_first
        from (
            select
                any_value({team}) as team, {texts + "," if days else ""}
                list(column_name) as faulty,
                list_sort(list_distinct(list(reason_code))) as reasons
            from ({faults})
            where closed_by = ''
            group by quarantine_id
        )
    """
    return [conflicting, faulty]


def _first(days: list[str]) -> str:
    """Return SQL for the first day there is."""
    return f"coalesce({', '.join(days)})" if days else "cast(null as date)"
