"""Lay a new key over the old ones: every stored pseudonym becomes HMAC(new key, old pseudonym).

All files are written beside the old ones first. `ready.json` is what makes the rotation count: a
stop before it is undone, a stop after it is finished, and no other command works in between.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home, read_json, write_json
from fit_warehouse.landing import ledger, pseudonym
from fit_warehouse.landing.contract import Table, tables
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.landing.quarantine.write import WITHHELD
from fit_warehouse.settings import Settings

AGE = "keys.json"  # under how many keys the home's pseudonyms are


def check(home: Home, keys: Keys) -> None:
    """Refuse to work with keys that the home's pseudonyms are not under.

    Raises
    ------
    UsageError
        When the key file has been rotated for another home.
    """
    path = home.path / AGE
    if not path.is_file() and not ledger.landed(home):
        write_json(path, {"n_keys": len(keys)})
    n_keys = _age(home)
    if n_keys < len(keys):
        raise UsageError(
            f"the key file holds {len(keys)} keys, and the pseudonyms in {home.path} are under "
            f"{n_keys}. Bring them up to it: fit key rotate"
        )
    if n_keys > len(keys):
        raise UsageError(
            f"the pseudonyms in {home.path} are under {n_keys} keys, and the key file holds "
            f"{len(keys)}. Put the right key file back (setting paths.key_file)"
        )


def rotate(settings: Settings, home: Home) -> int:
    """Rewrite all pseudonyms under one key more; return how many keys there are then.

    Where the key file is ahead of the home, no key is added: the home follows.
    """
    path = settings.paths.key_file or pseudonym.default_key_file()
    keys, age = pseudonym.load_keys(path), _age(home)
    if age > len(keys):
        check(home, keys)
    is_ahead = age < len(keys)
    keys = keys if is_ahead else (*keys, pseudonym.new_key())
    undo(settings, home)
    if (home.path / "erasing.json").is_file():
        raise UsageError("an erasure was stopped halfway. Finish it first: fit erase --resume")
    if not is_ahead:
        pseudonym.write_new(_next(path), keys)
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    try:
        pseudonym.prepare(connection, keys)
        _write_beside(connection, home, keys[age:])
    finally:
        connection.close()
    write_json(home.rotating / AGE, {"n_keys": len(keys)})
    write_json(home.rotation_ready, {"adds_key": not is_ahead})
    _swap(path, home)
    return len(keys)


def resume(settings: Settings, home: Home) -> str:
    """Finish a rotation that was stopped after it counted; return what was done, else nothing."""
    if not home.rotation_ready.is_file():
        return ""
    _swap(settings.paths.key_file or pseudonym.default_key_file(), home)
    return "A rotation that was stopped halfway has been finished. Back the key file up."


def undo(settings: Settings, home: Home) -> None:
    """Remove what a rotation left that was stopped before it counted."""
    if home.rotation_ready.is_file():
        raise UsageError("a rotation has to be finished first: fit key rotate")
    shutil.rmtree(home.rotating, ignore_errors=True)
    _next(settings.paths.key_file or pseudonym.default_key_file()).unlink(missing_ok=True)


def _age(home: Home) -> int:
    return int(read_json(home.path / AGE, {"n_keys": 1})["n_keys"])


def _next(key_file: Path) -> Path:
    return key_file.with_name(key_file.name + ".next")


def _write_beside(connection: duckdb.DuckDBPyConnection, home: Home, later: Keys) -> None:
    """Write raw store, quarantine and tombstones with later keys laid over them."""
    by_file = {entry.file_id: tables()[entry.table_name] for entry in ledger.landed(home)}
    for path in sorted([*home.raw.glob("*/*.parquet"), *home.quarantine.glob("*.parquet")]):
        if path.stem in by_file:
            query = _rewritten(connection, path, by_file[path.stem], later)
            _copy(connection, home, path, query)
    if home.tombstones.is_file():
        over = pseudonym.chained("hash", later)
        source = database.path_list([home.tombstones])
        query = f"select * replace ({over} as hash) from read_parquet({source})"
        _copy(connection, home, home.tombstones, query)


def _rewritten(connection: duckdb.DuckDBPyConnection, path: Path, table: Table, later: Keys) -> str:
    """Return SQL for the rows of a file with later keys laid over their pseudonyms."""
    source = f"read_parquet({database.path_list([path])})"
    names = connection.sql(f"from {source}").columns
    refs = [column.name for column in table.columns if column.type == "ref"]
    over = ", ".join(
        f"case when {name} = '{WITHHELD}' then {name} "
        f"else {pseudonym.chained(name, later)} end as {name}"
        for name in refs
        if name in names
    )
    query = f"select * replace ({over}) from {source}" if over else f"from {source}"
    # Earlier versions stored it; nothing reads it, and it would still be of the old pseudonyms.
    return f"select * exclude (_content_hash) from ({query})" if "_content_hash" in names else query


def _copy(connection: duckdb.DuckDBPyConnection, home: Home, path: Path, query: str) -> None:
    connection.execute(f"create or replace temp table rotated as {query}")
    database.write_parquet(connection, "from rotated", home.rotating / path.relative_to(home.path))
    connection.execute("drop table rotated")


def _swap(key_file: Path, home: Home) -> None:
    """Put the new files in the place of the old ones, the key last; may be done again."""
    ready = home.rotation_ready
    adds_key = read_json(ready)["adds_key"]
    for path in sorted(home.rotating.rglob("*")):
        if path.is_file() and path != ready:
            target = home.path / path.relative_to(home.rotating)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    # Made anew from the raw store by the next run.
    for folder in (home.accepted, home.build_database.parent, home.release):
        shutil.rmtree(folder, ignore_errors=True)
    if adds_key and _next(key_file).is_file():
        _next(key_file).replace(key_file)
    ready.unlink()
    shutil.rmtree(home.rotating, ignore_errors=True)
    shutil.rmtree(home.path / "spill", ignore_errors=True)
