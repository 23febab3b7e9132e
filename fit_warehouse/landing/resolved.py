"""What the accepted rows were made from, and what became of every raw row then."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fit_warehouse.home import Home, read_json, write_json
from fit_warehouse.landing import ledger
from fit_warehouse.landing.contract import tables

ACCEPTED = ("current", "superseded", "deleted")


@dataclass(frozen=True, slots=True)
class Fates:
    """Counts of raw rows by file and fate."""

    by_file: Mapping[str, Mapping[str, int]]

    def count(self, file_id: str, *fates: str) -> int:
        """Return how many rows of a file had one of the fates."""
        return sum(self.by_file.get(file_id, {}).get(fate, 0) for fate in fates)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The last resolve: the files that were landed then, and the fates of their rows."""

    state: str
    fates: Fates

    def is_of(self, home: Home) -> bool:
        """Return whether nothing has landed since."""
        return self.state == state(home)

    def has(self, file_id: str) -> bool:
        """Return whether a file had landed by then."""
        return file_id in self.fates.by_file


def state(home: Home) -> str:
    """Return what changes when a file lands, or when another contract reads the same files.

    A file that mends rows is one that lands; an erasure takes the accepted files away.
    """
    columns = [(table.name, table.key, table.columns) for table in tables().values()]
    landed = sorted(entry.file_id for entry in ledger.landed(home))
    return hashlib.sha256(repr((columns, landed, home.quarantined.name)).encode()).hexdigest()


def last(home: Home) -> Resolved | None:
    """Return the last resolve, or None when there was none or it was stopped halfway."""
    content = read_json(home.resolved)
    return None if content is None else Resolved(content["state"], Fates(content["fates"]))


def write(home: Home, fates: Fates) -> None:
    """Say that the accepted files are whole and of the files that have landed by now."""
    write_json(home.resolved, {"state": state(home), "fates": fates.by_file})


def forget(home: Home) -> None:
    """Say that the accepted files may not belong together."""
    home.resolved.unlink(missing_ok=True)
