"""Erase: mark what goes by tombstones, take it out, and log how much went.

The tombstones are written first. From then on landing keeps the rows out, and what a stop left is
taken out by doing the same again, or by `finish`, which needs no reference.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from fit_warehouse import database
from fit_warehouse.erase import person, purge, releases, tombstones
from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home, read_json, write_json
from fit_warehouse.landing import pseudonym, rotate
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.settings import Settings

Doom = Callable[[duckdb.DuckDBPyConnection, Keys], Any]


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many rows go, by table, or by release; `notes` are what is left for a person to do."""

    raw: dict[str, int] = field(default_factory=dict)
    quarantine: dict[str, int] = field(default_factory=dict)
    releases: dict[str, int] = field(default_factory=dict)
    n_tombstones: int = 0
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Return the rows of the raw store and the quarantine."""
        return sum(self.raw.values()) + sum(self.quarantine.values())


def of_person(home: Home, reference: str, source_system: str | None) -> Doom:
    """Return what is doomed with a person; see `person.find`.

    Raises
    ------
    UsageError
        When there is no reference.
    """
    if not reference.strip():
        raise UsageError("give the person's reference on standard input, one line")
    return lambda connection, keys: person.find(connection, home, keys, reference, source_system)


def preview(settings: Settings, home: Home, doom: Doom) -> Erasure:
    """Return what would go, and change nothing."""
    connection, keys = _begin(settings, home)
    try:
        doom(connection, keys)
        return _count(connection, settings, home, keys)
    finally:
        _end(connection, home)


def erase(settings: Settings, home: Home, doom: Doom, kind: str) -> Erasure:
    """Take everything that is doomed out of all that is stored; the caller holds the home's lock.

    Parameters
    ----------
    settings, home
        Where things lie.
    doom
        Makes `doomed` in a connection that it is given.
    kind
        What is erased, for the log: `person` or `retention`.
    """
    connection, keys = _begin(settings, home)
    try:
        doom(connection, keys)
        counted = _count(connection, settings, home, keys)
        if counted.n_tombstones:
            n_all = database.scalar(connection, "select count(*) from tombstone")
            write_json(_pending(home), {"kind": kind, "tombstones": n_all, **_logged(counted)})
            database.write_parquet(
                connection, "select * from tombstone order by all", home.tombstones
            )
            notes = _finish(connection, settings, home, keys)
            return Erasure(
                counted.raw,
                counted.quarantine,
                counted.releases,
                counted.n_tombstones,
                tuple(notes),
            )
        return counted
    finally:
        _end(connection, home)


def is_pending(home: Home) -> bool:
    """Return whether an erasure was stopped halfway."""
    return _pending(home).is_file()


def finish(settings: Settings, home: Home) -> list[str]:
    """Do what a stopped erasure left to do; nothing when there is none."""
    if not is_pending(home):
        return []
    connection, keys = _begin(settings, home)
    try:
        return _finish(connection, settings, home, keys)
    finally:
        _end(connection, home)


def _begin(settings: Settings, home: Home) -> tuple[duckdb.DuckDBPyConnection, Keys]:
    keys = pseudonym.load_keys(settings.paths.key_file)
    rotate.check(home, keys)
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = database.connect(None, settings.build, temporary=home.path / "spill")
    pseudonym.prepare(connection, keys)
    return connection, keys


def _end(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    connection.close()
    shutil.rmtree(home.path / "spill", ignore_errors=True)


def _pending(home: Home) -> Path:
    return home.path / "erasing.json"


def _count(
    connection: duckdb.DuckDBPyConnection, settings: Settings, home: Home, keys: Keys
) -> Erasure:
    """Return what goes by the tombstones that there are and those of what is doomed."""
    present = tombstones.load(connection, home, tombstones.make(connection, home, keys))
    counted = purge.counts(connection, home, keys, present)
    return Erasure(
        counted["raw"],
        counted["quarantine"],
        releases.n_rows(connection, settings, keys, present),
        database.scalar(connection, "select count(*) from doomed"),
    )


def _finish(
    connection: duckdb.DuckDBPyConnection, settings: Settings, home: Home, keys: Keys
) -> list[str]:
    """Take out, log, and only then say that it is done."""
    started = read_json(_pending(home), {})
    if not home.tombstones.is_file() or _n_written(connection, home) < started["tombstones"]:
        _pending(home).unlink()
        return ["it was stopped before anything was marked: nothing has been erased. Do it again"]
    notes = purge.purge(connection, settings, home, keys)
    _log(home, {"at": datetime.now(UTC).isoformat(timespec="seconds"), **started})
    _pending(home).unlink(missing_ok=True)
    return notes


def _log(home: Home, line: dict[str, Any]) -> None:
    """Add a line to the log of erasures, lastingly."""
    with home.erasures.open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _n_written(connection: duckdb.DuckDBPyConnection, home: Home) -> int:
    return database.scalar(
        connection, f"select count(*) from read_parquet({database.path_list([home.tombstones])})"
    )


def _logged(counted: Erasure) -> dict[str, Any]:
    return {
        "rows_raw": counted.raw,
        "rows_quarantine": counted.quarantine,
        "rows_releases": sum(counted.releases.values()),
    }
