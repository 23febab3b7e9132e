"""Tombstones: by them a row that has been erased is known again, and nobody by the tombstone alone.

A tombstone is a keyed hash of a pseudonym. Which columns it is looked for in depends on its kind:

- `client`: a person, wherever clients and respondents are named; of an id of another id space in
  the rows of that source system alone;
- `episode`, `session`: kept too long, so that every row that names them goes;
- `lone_episode`, `lone_session`: only an erased person was in them. What another person is said to
  have done in them later stays;
- `record`: a form that went, in corrections of it.

A tombstone is made under the last key of the chain, and each later key is laid over it. So landing
reckons it from the identifier as delivered; rows that are stored are only compared with tombstones
that are as new as the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import pseudonym, rules
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.pseudonym import Keys

KINDS = ("client", "episode", "session", "lone_episode", "lone_session", "record")
# Tables whose rows are about a client stay when only their episode or meeting has gone.
ABOUT_CLIENTS = ("response", "episode_client", "avoided_service")


Text = Callable[[Column, int], str | None]
Present = Sequence[tuple[str, int]]  # kinds, and how many keys their tombstones were made under


@dataclass(frozen=True, slots=True)
class Place:
    """A column in which tombstones of a kind are looked for; some only with the row's system."""

    column: Column
    kind: str
    with_system: bool = False


def places(table: Table) -> Iterator[Place]:
    """Yield the columns of a table in which erased persons, episodes, meetings and forms are found."""
    for column in table.columns:
        match column.space if column.type == "ref" else "":
            case "client":
                # The first id of a link is of its source alone; those of a form may be either.
                of_source = column.name == "source_client_ref"
                if not of_source:
                    yield Place(column, "client")
                if of_source or table.name == "response":
                    yield Place(column, "client", with_system=True)
            case "episode" | "session" as space:
                yield Place(column, space)
                if table.name not in ABOUT_CLIENTS:
                    yield Place(column, f"lone_{space}")
            case "record" if table.name == "correction":
                yield Place(column, "record", with_system=True)


def hashed(kind: str, system: str, text: str, keys: Keys, made_under: int) -> str:
    """Return SQL for the tombstone of a pseudonym.

    Parameters
    ----------
    kind
        The kind.
    system
        SQL for the source system, or for an empty text.
    text
        SQL for the pseudonym under `made_under` keys.
    keys, made_under
        Keys of today, and how many there were on the day when the tombstone was made.
    """
    named = f"'tombstone:{kind}:' || {system} || ':' || {text}"
    return pseudonym.chained(named, keys[made_under - 1 :])


def load(connection: duckdb.DuckDBPyConnection, home: Home, source: str | None = None) -> Present:
    """Make the temporary tables that `conditions` looks into; return the kinds and keys that there are.

    `linked` has the ids that mean somebody in one source system alone, `shared_session` the meetings
    of several episodes: those go with their own tombstones, not with an episode's. `source` is SQL for the
    tombstones, where not those that have been written.
    """
    known = f"from read_parquet({database.path_list([home.tombstones])})"
    connection.execute(f"create or replace temp table tombstone as {source or known}")
    links = sorted((home.raw / "client_link").glob("*.parquet"))
    connection.execute(
        "create or replace temp table linked as select distinct source_system, source_client_ref "
        + (
            f"from read_parquet({database.path_list(links)}, union_by_name = true)"
            if links
            else "from (select '' as source_system, '' as source_client_ref) where false"
        )
    )
    shared = sorted((home.raw / "session_episode").glob("*.parquet"))
    connection.execute(
        "create or replace temp table shared_session as select distinct session_ref "
        + (
            f"from read_parquet({database.path_list(shared)}, union_by_name = true)"
            if shared
            else "from (select '' as session_ref) where false"
        )
    )
    return connection.execute("select distinct kind, n_keys from tombstone order by all").fetchall()


def make(connection: duckdb.DuckDBPyConnection, home: Home, keys: Keys) -> str:
    """Return SQL for all tombstones: those that there are, and those of what is in `doomed`.

    Parameters
    ----------
    connection
        Holds `doomed` (kind, source_system, pseudonym under all keys).
    home
        Where the tombstones lie.
    keys
        Of the pseudonyms.
    """
    n_keys = len(keys)
    cases = " ".join(
        f"when '{kind}' then {hashed(kind, 'source_system', 'pseudonym', keys, n_keys)}"
        for kind in KINDS
    )
    sql = (
        f"create or replace temp table made as "
        f"select case kind {cases} end as hash, kind, {n_keys} as n_keys from doomed"
    )
    connection.execute(sql)
    if not home.tombstones.is_file():
        return "select distinct * from made"
    return f"from made union from read_parquet({database.path_list([home.tombstones])})"


def conditions(
    table: Table,
    present: Present,
    keys: Keys,
    text: Text,
    *,
    system: str,
    names: Container[str],
) -> list[str]:
    """Return SQL conditions, one of which holds for a row that is to go.

    Parameters
    ----------
    table
        The table that the rows are of.
    present
        What `load` has returned.
    keys
        Keys of today.
    text
        Gives SQL for a column's pseudonym under a number of keys, or None where it cannot be had.
    system
        SQL for the row's source system, empty where there is none.
    names
        The columns that the rows have.
    """
    found = []
    for place in places(table):
        for kind, made_under in present:
            pseudo = text(place.column, made_under)
            if kind != place.kind or pseudo is None or place.column.name not in names:
                continue
            hash_of = hashed(kind, system if place.with_system else "''", pseudo, keys, made_under)
            condition = f"{hash_of} in (select hash from tombstone)"
            if table.name == "response" and kind == "client" and not place.with_system:
                condition += (
                    f" and ({system}, {text(place.column, len(keys))}) "
                    "not in (select (source_system, source_client_ref) from linked)"
                )
            if table.name == "session" and place.column.space == "episode":
                of_meeting = text(table["session_ref"], len(keys))
                condition += f" and {of_meeting} not in (from shared_session)"
            found.append(f"coalesce({condition}, false)")
    return found


def drop(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    table: Table,
    header: tuple[str, ...],
    keys: Keys,
) -> int:
    """Take the rows of erased persons and episodes out of `delivered`; return how many there were.

    Parameters
    ----------
    connection
        Holds `delivered`.
    home
        Where the tombstones lie.
    table, header
        The table, and the columns that the delivery has.
    keys
        Of the pseudonyms.
    """
    if not home.tombstones.is_file() or not set(header) & {p.column.name for p in places(table)}:
        return 0

    def text(column: Column, n_keys: int) -> str:
        return pseudonym.sql(f"({rules.trimmed(column)})", column.space, keys[:n_keys])

    system = "''"
    if "source_system" in header:
        system = f"coalesce({rules.trimmed(table['source_system'])}, '')"
    found = conditions(table, load(connection, home), keys, text, system=system, names=header)
    if not found:
        return 0
    sql = " or ".join(found)
    connection.execute(
        f"create or replace temp table erased as select row_number from delivered where {sql}"
    )
    connection.execute("delete from delivered where row_number in (from erased)")
    return database.scalar(connection, "select count(*) from erased")
