"""The folders of one installation: everything a run writes lies below one home and `published`."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from fit_warehouse.errors import UsageError

# A full disk, a used-up quota (Windows has none of that name), a file larger than is allowed.
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True, slots=True)
class Home:
    """Names of the folders and files below the home folder."""

    path: Path

    @property
    def raw(self) -> Path:
        """Append-only Parquet: every well-formed row as it was delivered, pseudonymised."""
        return self.path / "raw"

    @property
    def ledger(self) -> Path:
        """One JSON file per landed file; writing it is what makes a landing count."""
        return self.path / "ledger"

    @property
    def quarantine(self) -> Path:
        """Parquet with every row kept out, without identity, and why."""
        return self.path / "quarantine"

    @property
    def closed(self) -> Path:
        """Parquet with the quarantined rows that a later file has mended."""
        return self.path / "closed"

    @property
    def mend(self) -> Path:
        """Quarantined rows written for a person to mend."""
        return self.path / "mend"

    @property
    def tombstones(self) -> Path:
        """Parquet by which landing knows the rows that have been erased."""
        return self.path / "tombstones.parquet"

    @property
    def erasures(self) -> Path:
        """What has been erased and when: counts, a line of JSON each."""
        return self.path / "erasures.jsonl"

    @property
    def accepted(self) -> Path:
        """The current version of every row, one Parquet a table; made anew from raw."""
        return self.path / "accepted"

    @property
    def conflicts(self) -> Path:
        """File and row of every raw row that another version contradicts."""
        return self.accepted / "conflicting.parquet"

    @property
    def quarantined(self) -> Path:
        """How many rows are kept out, by team and month: what the marts know of the quarantine."""
        return self.accepted / "quarantined.parquet"

    @property
    def resolved(self) -> Path:
        """From which landed files the accepted ones were made; absent while they are being made."""
        return self.accepted / "resolved.json"

    @property
    def build_database(self) -> Path:
        """The DuckDB file that dbt and measure write."""
        return self.path / "build" / "build.duckdb"

    @property
    def dbt_target(self) -> Path:
        """What dbt writes beside the database."""
        return self.path / "build" / "dbt"

    @property
    def release(self) -> Path:
        """The next release while it is being put together."""
        return self.path / "release"

    @property
    def timings(self) -> Path:
        """How long each step took last time, for the estimate on the progress display."""
        return self.path / "timings.json"

    @property
    def rotating(self) -> Path:
        """What a rotation of the key writes before it counts."""
        return self.path / "rotating"

    @property
    def rotation_ready(self) -> Path:
        """What makes a rotation count; while it is there, files of two ages may lie side by side."""
        return self.rotating / "ready.json"

    @contextmanager
    def locked(self, *, to_rotate: bool = False) -> Iterator[None]:
        """Hold the home folder for one writing command at a time."""
        try:
            # Pseudonymous rows are for the owner; who may read more is for a person to decide.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with filelock.FileLock(self.path / "home.lock", timeout=0):
                if self.rotation_ready.is_file() and not to_rotate:
                    raise UsageError(
                        "a rotation of the key was stopped halfway. Finish it: fit key rotate"
                    )
                yield
        except filelock.Timeout:
            raise UsageError(
                f"another fit command is at work in {self.path}. Wait until it ends, "
                "or give this one a home of its own (FIT_HOME)"
            ) from None
        except OSError as problem:
            if problem.errno in FULL:
                raise UsageError(
                    f"the disk that holds {self.path} is full. Make room there, then try again: "
                    "what has landed is whole"
                ) from problem
            if not isinstance(problem, PermissionError):
                raise
            raise UsageError(
                f"no permission to write {problem.filename}. Give the user that runs fit the right "
                "to write there, or choose another folder (FIT_HOME, FIT_PUBLISHED)"
            ) from problem


def write_json(path: Path, content: Any) -> None:
    """Write JSON so that a reader sees the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(
        json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n",
        encoding="utf-8",
        newline="\n",
    )
    replace_file(temporary, path)


def replace_file(fresh: Path, path: Path) -> None:
    """Put a file that is written in the place of another, so that it outlives a power failure.

    Without the first flush the name may be on the disk before the content is; without the second
    the name may not be there at all.
    """
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name != "nt":  # Windows opens no folders
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_json(path: Path, default: Any = None) -> Any:
    """Return the content of a JSON file, or `default` when there is none."""
    if not path.is_file():
        return default
    return json.loads(path.read_text(encoding="utf-8"))
