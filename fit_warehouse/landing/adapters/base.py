"""What an adapter is: it recognises a file, and gives its rows as tables of the intake contract.

An adapter reads what a source system delivers and puts it into the words of the contract: columns,
codes, dates and numbers as texts that the contract's rules then judge. It judges nothing itself and
stores nothing. Columns that it does not need, names and notes above all, it does not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import duckdb

from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.files import LandingFile

Load = Callable[[duckdb.DuckDBPyConnection], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one contract table in a delivered file.

    Attributes
    ----------
    table : Table
        The table.
    load : callable
        Fills the temporary tables `delivered` (`row_number`, unique, and the contract's columns as
        text, empty as NULL) and `malformed` (`row_number` of rows that could not be read), in
        batches where the file may be large, and returns the columns that were there: known ones
        under the contract's names, unknown ones as they were called.
    sheet : str
        Which part of the file this is, where it has several: a sheet of a workbook, or what the
        adapter calls it. Table and sheet together name a part of a file.
    email_refs : frozenset of str
        References for which the source's layout uses e-mail addresses; they are hashed as any id,
        and are no finding of personal data there.
    origin : dict of str to str
        What the source calls a contract column, for messages, where it calls it otherwise.
    """

    table: Table
    load: Load
    sheet: str = ""
    origin: Mapping[str, str] = field(default_factory=dict)
    email_refs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an adapter found in a file: its parts, and notes for people without any value.

    `told` is the hash of what the adapter was told beside its own code (a mapping), empty if nothing:
    a file that was read under another one is read again and takes the place of the former reading.
    `file` is the file with another delivery than the one beside it, where its rows know better.
    """

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    told: str = ""
    file: LandingFile | None = None


class Adapter(Protocol):
    """One kind of source. Its version rises when a file would give other rows than before."""

    @property
    def name(self) -> str:
        """Return the adapter's name."""
        ...

    @property
    def version(self) -> int:
        """Return its version."""
        ...

    def recognise(self, file: LandingFile) -> bool:
        """Return whether this adapter reads the file; looks at its name and beginning only."""
        ...

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return what is in the file.

        Raises
        ------
        RefusedFileError
            When the file as a whole cannot be read.
        """
        ...
