"""What goes with a person: their ids, the episodes and meetings of nobody else, their forms.

The temporary table `doomed` (kind, source_system, pseudonym) is what tombstones are made of.
"""

from __future__ import annotations

import duckdb

from fit_warehouse.erase import stored
from fit_warehouse.errors import DataError
from fit_warehouse.home import Home
from fit_warehouse.landing import pseudonym
from fit_warehouse.landing.contract import tables
from fit_warehouse.landing.pseudonym import Keys

USED = (
    "response",
    "episode_client",
    "avoided_service",
    "session",
    "session_episode",
    "client_link",
)


def find(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    keys: Keys,
    reference: str,
    source_system: str | None,
) -> None:
    """Make `doomed` of everything stored that is of one person and of nobody else.

    Parameters
    ----------
    connection
        A database of one's own.
    home
        The stored rows.
    keys
        Of the pseudonyms.
    reference
        The person's identifier as delivered.
    source_system
        The system whose id it is; None for the id that the warehouse uses.

    Raises
    ------
    DataError
        When an id of the person has been linked to somebody else too.
    """
    for name in USED:
        rows = stored.rows(home, tables()[name])
        connection.execute(f"create or replace temp view stored_{name} as {rows}")
    _clients(connection, keys, reference.strip(), source_system)
    _forms(connection)
    _lone_episodes(connection)
    _lone_sessions(connection)
    connection.execute(
        """
        create or replace temp table doomed as
        select 'client' as kind, '' as source_system, pseudonym from erased_client
        union select 'client', source_system, pseudonym from erased_source
        union select 'lone_episode', '', episode_ref from lone_episode
        union select 'lone_session', '', session_ref from lone_session
        union select 'record', source_system, source_record_id from form
            where is_erased and source_record_id is not null
        """
    )


def _clients(
    connection: duckdb.DuckDBPyConnection, keys: Keys, reference: str, source_system: str | None
) -> None:
    """Make `erased_client` and, of the ids of other id spaces, `erased_source`."""
    hashed = pseudonym.sql("$reference", "client", keys)
    connection.execute(
        f"create or replace temp table own as select {hashed} as pseudonym",
        {"reference": reference},
    )
    connection.execute(
        """
        create or replace temp table erased_client as
        with links as (
            select distinct client_ref as pseudonym
            from stored_client_link
            where source_system = $system and source_client_ref = (select pseudonym from own)
        )
        select pseudonym from links
        union all
        -- An id without a link is one of the space that all sources share.
        select pseudonym from own where not exists (from links)
        """,
        {"system": source_system},
    )
    connection.execute(
        """
        create or replace temp table erased_source as
        select distinct source_system, source_client_ref as pseudonym
        from stored_client_link
        where client_ref in (select pseudonym from erased_client)
        """
    )
    shared = connection.execute(
        """
        select distinct links.source_system
        from stored_client_link as links
        inner join erased_source as erased
            on links.source_system = erased.source_system
            and links.source_client_ref = erased.pseudonym
        where links.client_ref not in (select pseudonym from erased_client)
        order by all
        """
    ).fetchall()
    if shared or connection.execute("select count(*) from erased_client").fetchall()[0][0] > 1:
        of = ", ".join(system for (system,) in shared) or source_system
        raise DataError(
            f"an id of the person has been linked to several persons (client_link of {of}), so "
            "whose its rows are cannot be told. Deliver client_link with one person an id first"
        )


def _forms(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `form`: every form with whether it is of the person, as client or as respondent."""
    is_erased = " or ".join(
        f"""coalesce(
            (source_system, {name}) in (select (source_system, pseudonym) from erased_source)
            or ({name} in (select pseudonym from erased_client)
                and (source_system, {name}) not in (
                    select (source_system, source_client_ref) from stored_client_link
                )),
            false
        )"""
        for name in ("client_ref", "respondent_ref")
    )
    connection.execute(
        f"create or replace temp table form as select *, {is_erased} as is_erased "
        "from stored_response"
    )


def _lone_episodes(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `lone_episode`: episodes of the person in which nobody else is."""
    connection.execute(
        """
        create or replace temp table lone_episode as
        with clients as (
            select episode_ref, client_ref in (select pseudonym from erased_client) as is_erased
            from stored_episode_client
            union all
            select episode_ref, client_ref in (select pseudonym from erased_client)
            from stored_avoided_service
            union all
            select episode_ref, is_erased from form
        )
        select episode_ref
        from clients
        where episode_ref is not null
        group by episode_ref
        having bool_and(is_erased)
        """
    )


def _lone_sessions(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `lone_session`: meetings of lone episodes at which nobody else was."""
    connection.execute(
        """
        create or replace temp table lone_session as
        with meetings as (
            select session_ref, episode_ref in (from lone_episode) as is_erased
            from stored_session
            union all
            select session_ref, episode_ref in (from lone_episode) from stored_session_episode
            union all
            select session_ref, is_erased from form
        )
        select session_ref
        from meetings
        where session_ref is not null
        group by session_ref
        having bool_and(coalesce(is_erased, false))
        """
    )
