"""Rows of the quarantine that a person has mended in an exported CSV file.

The row goes the way of every row, in place of the one that was kept out, and counts as of the time
of the original delivery. A row that nobody has touched and that still has its fault stays what it
is: an open entry, counted once, with the file it came in.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.home import Home
from fit_warehouse.landing import contract, identity, intake, ledger, pseudonym, read_csv, rules
from fit_warehouse.landing.adapters.base import Part, Reading
from fit_warehouse.landing.contract import Table
from fit_warehouse.landing.files import Delivery, LandingFile
from fit_warehouse.landing.pseudonym import Keys
from fit_warehouse.landing.quarantine import closing, entries
from fit_warehouse.landing.quarantine.cells import plain
from fit_warehouse.landing.quarantine.export import HEAD, opened
from fit_warehouse.landing.quarantine.write import WITHHELD
from fit_warehouse.landing.refusal import RefusedFileError
from fit_warehouse.settings import HELSINKI, Settings

MARKED = f"^~([0-9]+)~([0-9a-f]{{{pseudonym.HEX_DIGITS}}})$"
SHOWN_ROWS = 5


def is_export(path: Path) -> bool:
    """Return whether a file is one of quarantined rows, by its header alone."""
    if path.suffix.lower() != ".csv":
        return False
    try:
        return closing.ID in read_csv.sniff(path, HEAD).header
    except (RefusedFileError, UnicodeDecodeError, OSError):
        return False


class Mended:
    """Recognised by the column `quarantine_id`; asked before all others."""

    name = "mended"
    version = 1

    def __init__(self, settings: Settings) -> None:
        self.home = Home(settings.paths.home)
        self.key_file = settings.paths.key_file

    def recognise(self, file: LandingFile) -> bool:
        """Return whether the file has entries of the quarantine."""
        return is_export(file.path)

    def read(self, file: LandingFile, connection: duckdb.DuckDBPyConnection) -> Reading:
        """Return the mended rows; their time is in each of them."""
        name = contract.recognise(file.path.stem)
        if name is None:
            raise RefusedFileError("unknown_table", f"known: {', '.join(contract.tables())}")
        table = contract.tables()[name]
        landed = ledger.landed(self.home)
        is_synthetic = any(entry.is_synthetic for entry in landed)
        delivery = Delivery(None, is_synthetic, is_dated_by_rows=True)

        def load(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
            return self._load(connection, file.path, table)

        return Reading((Part(table, load),), file=LandingFile(file.path, file.name, delivery))

    def _load(
        self, connection: duckdb.DuckDBPyConnection, path: Path, table: Table
    ) -> tuple[str, ...]:
        """Fill `delivered` with the rows that have been mended, or that no longer have a fault."""
        keys = pseudonym.load_keys(self.key_file)
        pseudonym.prepare(connection, keys)
        found = read_csv.read(connection, path, (closing.ID, *table.names))
        twice = sorted(name for name, n in Counter(found).items() if name and n > 1)
        if twice:
            raise RefusedFileError("duplicate_column", ", ".join(twice))
        header = tuple(name for name in found if name in (closing.ID, *table.names))
        self._texts(connection, table, header)
        self._entries(connection, table, len(keys))
        _check_entries(connection)
        self._check_pseudonyms(connection, table, header, keys)
        connection.execute(
            "delete from delivered where quarantine_id in (select quarantine_id from closed_entry)"
        )
        _leave_untouched(connection, table, header)
        return (*header, *(name for name in found if name and name not in (*header, *HEAD)))

    def _texts(
        self, connection: duckdb.DuckDBPyConnection, table: Table, header: tuple[str, ...]
    ) -> None:
        """Turn the cells of `delivered` into what they were before they were exported."""
        cells = []
        for name in header:
            text = plain(name)
            if name in table.names and table[name].birth and table[name].type == "date":
                # The quarantine keeps the month, and so does the raw store: as its first day.
                text = f"regexp_replace({text}, '^([0-9]{{4}}-[0-9]{{2}})$', '\\1-01')"
            cells.append(f"{text} as {name}")
        connection.execute(
            "create or replace temp table delivered as "
            f"select row_number, {', '.join(cells)} from delivered"
        )

    def _entries(self, connection: duckdb.DuckDBPyConnection, table: Table, n_keys: int) -> None:
        """Make `open_entry` and `closed_entry` of the table."""
        names = ", ".join(f"null::varchar as {name}" for name in table.names)
        empty = f"select null::varchar as quarantine_id, {names} where false"
        query = opened(self.home, table, n_keys) or empty
        connection.execute(f"create or replace temp table open_entry as {query}")
        connection.execute(
            f"create or replace temp table closed_entry as {closing.closed(self.home)}"
        )

    def _check_pseudonyms(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        header: tuple[str, ...],
        keys: Keys,
    ) -> None:
        """Refuse pseudonyms that no row of the table's quarantine has: those of erased persons."""
        refs = [name for name in header if name in table.names and table[name].type == "ref"]
        paths = entries.file_paths(self.home, table.name)
        if not refs or not paths:
            return
        connection.execute(
            "create or replace temp table marked as "
            f"select row_number, trim(unnest([{', '.join(refs)}])) as text from delivered"
        )
        connection.execute(
            f"delete from marked where not coalesce(regexp_matches(text, '{MARKED}'), false)"
        )
        now = " ".join(
            f"when regexp_extract(text, '{MARKED}', 1) = '{age}' then "
            + pseudonym.chained(f"regexp_extract(text, '{MARKED}', 2)", keys[age:])
            for age in range(1, len(keys) + 1)
        )
        every = [column.name for column in table.columns if column.type == "ref"]
        sql = f"""
            select distinct row_number
            from (select row_number, case {now} end as pseudonym from marked)
            where pseudonym is null or pseudonym not in (
                select unnest([{", ".join(f"coalesce({name}, '')" for name in every)}])
                from read_parquet({database.path_list(paths)}, union_by_name = true)
            )
            order by all
        """
        _refuse_rows(connection.execute(sql).fetchall())


def _check_entries(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse rows that are no entry, or the same one twice."""
    _refuse_rows(
        connection.execute(
            """
            select row_number
            from delivered
            where quarantine_id is null
                or (
                    quarantine_id not in (select quarantine_id from open_entry)
                    and quarantine_id not in (select quarantine_id from closed_entry)
                )
            union
            select unnest(list(row_number)) from delivered group by quarantine_id having count(*) > 1
            order by all
            """
        ).fetchall()
    )


def _refuse_rows(rows: list[tuple[int]]) -> None:
    if rows:
        shown = ", ".join(f"row {number}" for (number,) in rows[:SHOWN_ROWS])
        raise RefusedFileError("unknown_entry", shown + (" ..." if len(rows) > SHOWN_ROWS else ""))


def _leave_untouched(
    connection: duckdb.DuckDBPyConnection, table: Table, header: tuple[str, ...]
) -> None:
    """Take rows out of `delivered` that are as they were exported and still have a fault.

    So are rows with a cell that was withheld and has not been filled in: it is not missing.
    """
    names = [name for name in header if name in table.names]
    same = " and ".join(
        f"{_compared(table, name, 'delivered')} is not distinct from "
        f"{_compared(table, name, 'open_entry')}"
        for name in names
    )
    withheld = " or ".join(f"coalesce(trim({name}) = '{WITHHELD}', false)" for name in names)
    connection.execute(f"delete from delivered where {withheld or 'false'}")
    identity.prepare(connection)  # landing looks for identity afterwards, and in all rows
    intake.take(
        connection,
        table,
        tuple(names),
        extracted_at=None,
        today=datetime.now(HELSINKI).date(),
    )
    connection.execute(
        f"""
        delete from delivered
        where row_number in (select row_number from problem)
            and row_number in (
                select delivered.row_number
                from delivered
                inner join open_entry using (quarantine_id)
                where {same or "true"}
            )
        """
    )


def _compared(table: Table, name: str, side: str) -> str:
    """Return SQL for a cell by which it is told whether somebody has touched it."""
    column = table[name]
    trimmed = rules.trimmed(dataclasses.replace(column, name=f"{side}.{name}"))
    return f"({trimmed})[1:7]" if column.birth and column.type == "date" else trimmed
