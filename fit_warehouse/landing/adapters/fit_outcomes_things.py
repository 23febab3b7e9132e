"""The things in answers of the FIT-Outcomes API, wherever they lie in the document, as narrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from fit_warehouse.landing.adapters.json_values import number
from fit_warehouse.landing.names import literal

SCALES = ("ors", "srs")
ITEMS = 4
COLUMNS = {
    "client": ("id", "birth_date", "birth_year", "gender"),
    "episode": (
        "id", "client", "team", "service", "opened_on", "closed_on", "ending", "changed_at"
    ),
    "rater": ("id", "kind"),
    "session": (
        "id", "client", "episode", "worker", "team", "service", "date", "status", "changed_at"
    ),
    "score": (
        "id", "client", "episode", "session", "worker", "team", "date", "scale", "form", "rater",
        "entered_at", "changed_at", *(f"item_{n}" for n in range(1, ITEMS + 1)), "total",
    ),
}  # fmt: skip


def kind_of_name(stem: str) -> str:
    """Return what the things of a document without any list are, by the name of its file.

    Examples
    --------
    >>> kind_of_name("fit_outcomes_sessions_2026-01"), kind_of_name("fit_outcomes_7")
    ('session', 'client')
    """
    return next(
        (kind for kind in ("session", "episode", "rater") if kind in stem.lower()), "client"
    )


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables `fit_client`, `fit_episode`, `fit_rater`, `fit_session`, `fit_score`."""
    for kind, names in COLUMNS.items():
        columns = ", ".join(f"{name} varchar" for name in names)
        connection.execute(
            f"create or replace temp table fit_{kind} (row_number bigint, {columns})"
        )


def add(connection: duckdb.DuckDBPyConnection, said: Mapping[str, Any], kind: str) -> None:
    """Add the things of `json_batch`.

    Parameters
    ----------
    connection
        Holds `json_batch` and the tables of `create`.
    said
        The names of fields and lists.
    kind
        What the things of a document are that is a list itself, or has an id itself.
    """
    found = _found(said, kind)
    for name, columns in COLUMNS.items():
        chosen = ", ".join(f"{_column(said, name, column)} as {column}" for column in columns)
        connection.execute(
            f"""
            insert into fit_{name}
            with {found}
            select
                (select count(*) from fit_{name}) + row_number() over () as row_number, {chosen}
            from {name}
            """
        )


def _found(said: Mapping[str, Any], kind: str) -> str:
    """Return SQL for the things of each kind: `thing` with the ids of what they lie in."""
    lists = said["lists"]
    own_id = " or ".join(f"json_exists(value, '$.{name}')" for name in said[kind]["id"])

    def inside(parent: str, child: str, client: str, episode: str) -> str:
        names = _listed("thing" if parent != "holder" else "value", lists[child])
        return (
            f"select {client} as of_client, {episode} as of_episode, unnest({names}) as thing "
            f"from {parent}"
        )

    def bare(name: str) -> str:
        return f" union all select null, null, value from single where {str(name == kind).lower()}"

    client_id, episode_id = (
        _field("thing", said["client"]["id"]),
        _field("thing", said["episode"]["id"]),
    )
    of_episode = f"coalesce(of_client, {_field('thing', said['episode']['client'])})"
    null = "cast(null as varchar)"
    return f"""
        document as (select value from json_batch),
        -- A document that has an id is a thing itself, so its lists are that thing's.
        single as (
            select value from document where json_type(value) = 'OBJECT' and ({own_id})
            union all
            select unnest(json_extract(value, '$[*]')) from document where json_type(value) = 'ARRAY'
        ),
        holder as (
            select value from document where json_type(value) = 'OBJECT' and not ({own_id})
        ),
        client as ({inside("holder", "client", null, null)}{bare("client")}),
        episode as (
            {inside("holder", "episode", null, null)}{bare("episode")}
            union all {inside("client", "episode", client_id, null)}
        ),
        rater as (
            {inside("holder", "rater", null, null)}{bare("rater")}
            union all {inside("client", "rater", client_id, null)}
            union all {inside("episode", "rater", of_episode, episode_id)}
        ),
        session as (
            {inside("holder", "session", null, null)}{bare("session")}
            union all {inside("client", "session", client_id, null)}
            union all {inside("episode", "session", of_episode, episode_id)}
        ),
        score as ({" union all ".join(_scores(said, scale) for scale in SCALES)})
    """


def _scores(said: Mapping[str, Any], scale: str) -> str:
    """Return SQL for the scores of one scale with what their session says."""
    own = {name: _column(said, "session", name) for name in ("id", *COLUMNS["session"][1:7])}
    columns = ", ".join(f"{sql} as of_{name}" for name, sql in own.items())
    return (
        f"select {columns}, '{scale}' as scale, unnest({_listed('thing', said['lists'][scale])}) "
        "as thing from session"
    )


def _column(said: Mapping[str, Any], kind: str, name: str) -> str:
    """Return SQL for a column of a thing: its own field, else that of what it lies in."""
    fields = said[kind]
    if kind == "score":
        if name == "scale":
            return "scale"
        if name == "session":
            return "of_id"
        if name.startswith("item_"):
            of_scale = " ".join(
                f"when '{scale}' then {_field('thing', said[scale][name])}" for scale in SCALES
            )
            return number(f"(case scale {of_scale} end)")
        if name == "total":
            return number(_field("thing", fields[name]))
        return _field("thing", fields[name]) if name in fields else f"of_{name}"
    own = _field("thing", fields[name])
    return f"coalesce({own}, of_{name})" if name in ("client", "episode") else own


def _field(thing: str, names: Sequence[str]) -> str:
    """Return SQL for the first field that a thing has, as text; empty is missing."""
    found = (f"nullif(json_extract_string({thing}, {literal(f'$.{name}')}), '')" for name in names)
    return f"coalesce({', '.join(found)})"


def _listed(thing: str, names: Sequence[str]) -> str:
    """Return SQL for the list that a thing has under one of the names; one thing is a list of one."""
    found = [
        f"""case json_type({thing}, {literal(f"$.{name}")})
            when 'ARRAY' then json_extract({thing}, {literal(f"$.{name}[*]")})
            when 'OBJECT' then [json_extract({thing}, {literal(f"$.{name}")})]
        end"""
        for name in names
    ]
    return f"coalesce({', '.join(found)}, [])"
