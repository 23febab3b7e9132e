"""The restricted databases of the releases that are kept, without what there is a tombstone for.

A deleted row leaves its bytes in a database file, so the file is written anew and put in place. Its
statistics stay: they are of groups, as those of the open release, which hold no rows at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.erase import tombstones
from fit_warehouse.erase.tombstones import Present
from fit_warehouse.home import read_json, write_json
from fit_warehouse.landing import files, pseudonym
from fit_warehouse.landing.names import quoted
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.publish import stage, switch
from fit_warehouse.settings import Settings

FRESH = ".fresh.duckdb"
# Columns that name whom or what a row is about; of any other key the name alone is taken away.
KINDS = {
    "client_key": ("client",),
    "respondent_key": ("client",),
    "episode_key": ("episode", "lone_episode"),
    "session_key": ("session", "lone_session"),
}
Table = tuple[str, str]


def databases(settings: Settings) -> Iterator[Path]:
    """Yield the restricted database of every release that is kept."""
    published = settings.paths.published
    folders = sorted((published / switch.RELEASES).glob("*"))
    current = published / switch.CURRENT
    if current.is_dir() and not current.is_symlink():
        folders.append(current)
    for folder in folders:
        if (folder / stage.RESTRICTED_DATABASE).is_file():
            yield folder / stage.RESTRICTED_DATABASE


def purge(
    connection: duckdb.DuckDBPyConnection, settings: Settings, keys: Keys, present: Present
) -> None:
    """Write the restricted databases anew where they hold something that is to go.

    Parameters
    ----------
    connection
        Holds the temporary table `tombstone`.
    settings
        Where the releases lie.
    keys
        Of the pseudonyms.
    present
        The kinds of tombstones and the keys that they were made under.
    """
    for path in databases(settings):
        fresh = path.with_name(FRESH)
        fresh.unlink(missing_ok=True)
        database.attach(connection, path, "kept")
        try:
            _find_gone(connection, keys, present)
            is_touched = bool(connection.execute("select 1 from gone limit 1").fetchall())
            if is_touched:
                _copy(connection, fresh)
        finally:
            connection.execute("detach kept")
        if is_touched:
            shutil.copymode(path, fresh)
            fresh.replace(path)
        _mend_manifest(path)


def n_rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings, keys: Keys, present: Present
) -> dict[str, int]:
    """Return how many rows of each release's restricted database are to go."""
    found = {}
    for path in databases(settings):
        database.attach(connection, path, "kept")
        try:
            _find_gone(connection, keys, present)
            counted = [
                connection.execute(
                    f"select count(*) from kept.{schema}.{quoted(name)} "
                    f"where not ({_stays(columns)})"
                ).fetchall()[0][0]
                for (schema, name), columns in _tables(connection).items()
            ]
        finally:
            connection.execute("detach kept")
        found[path.parents[1].name] = sum(counted)
    return found


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[Table, list[str]]:
    """Return the text columns that are keys, of every table."""
    found: dict[Table, list[str]] = {}
    for schema, name, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'kept' and not internal order by all"
    ).fetchall():
        columns = found.setdefault((schema, name), [])
        if column.endswith("_key") and kind == "VARCHAR":
            columns.append(column)
    return found


def _find_gone(connection: duckdb.DuckDBPyConnection, keys: Keys, present: Present) -> None:
    """Make `gone` (kind, pseudonym): the pseudonyms in the database that there is a tombstone for.

    A release may be older than the last key: each pseudonym is taken for one of every age.
    """
    values: dict[str, list[str]] = {kind: [] for kind, _ in present}
    for (schema, name), columns in _tables(connection).items():
        for column in columns:
            for kind in KINDS.get(column, ("client",)):
                if kind in values:
                    values[kind].append(
                        f"select {column} as text from kept.{schema}.{quoted(name)}"
                    )
    connection.execute("create or replace temp table gone (kind varchar, pseudonym varchar)")
    n_keys = len(keys)
    for kind, made_under in present:
        if made_under != n_keys or not values[kind]:
            continue
        hashes = ", ".join(
            tombstones.hashed(kind, "''", pseudonym.chained("text", keys[age:]), keys, n_keys)
            for age in range(1, n_keys + 1)
        )
        sql = f"""
            insert into gone
            select distinct '{kind}', text
            from (
                select text, unnest([{hashes}]) as hash
                from ({" union ".join(values[kind])}) where text is not null
            )
            inner join tombstone using (hash)
        """
        connection.execute(sql)


def _stays(columns: list[str]) -> str:
    """Return SQL for whether a row stays; one about another person outlives an episode left alone."""
    about_clients = "client_key" in columns
    conditions = []
    for column in columns:
        kinds = [
            kind
            for kind in KINDS.get(column, ())
            if not (kind.startswith("lone_") and about_clients)
        ]
        if kinds:
            named = ", ".join(f"'{kind}'" for kind in kinds)
            conditions.append(
                f"coalesce({column} not in (select pseudonym from gone where kind in ({named})), true)"
            )
    if about_clients and "respondent_key" in columns:
        # A respondent who is no client has a key made of the client's and one's own.
        conditions.append(
            "coalesce(respondent_key not in (select md5(client_key || '|' || pseudonym) "
            "from gone where kind = 'client'), true)"
        )
    return " and ".join(conditions) or "true"


def _copy(connection: duckdb.DuckDBPyConnection, fresh: Path) -> None:
    """Write what stays of `kept` into a new database, with its descriptions."""
    database.attach(connection, fresh, "fresh", to_write=True)
    try:
        found = _tables(connection)
        for schema in sorted({schema for schema, _ in found}):
            connection.execute(f"create schema if not exists fresh.{schema}")
        for (schema, name), columns in found.items():
            others = [column for column in columns if column not in KINDS]
            # A family is called after one of its members: another name will do as well.
            renamed = ", ".join(
                f"case when {column} in (select pseudonym from gone) then "
                f"(select min(md5(hash || {column})) from tombstone) else {column} end as {column}"
                for column in others
            )
            stage.copy_table(
                connection,
                f"kept.{schema}.{name}",
                f"fresh.{schema}.{name}",
                where=_stays(columns),
                select=f"* replace ({renamed})" if renamed else "*",
            )
    finally:
        connection.execute("detach fresh")


def _mend_manifest(path: Path) -> None:
    """Set the database's hash in its release's manifest to what it is."""
    manifest_path = path.parents[1] / switch.MANIFEST
    manifest = read_json(manifest_path)
    if manifest is None:
        return
    name, sha256 = stage.RESTRICTED_DATABASE, files.content_hash(path)
    if manifest.get("files", {}).get(name) not in (None, sha256):
        manifest["files"][name] = sha256
        write_json(manifest_path, manifest)
