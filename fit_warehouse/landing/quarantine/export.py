"""Write open entries as CSV for a person to mend: `<table>_mended_<date>.csv`."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from fit_warehouse.errors import UsageError
from fit_warehouse.home import Home
from fit_warehouse.landing import ledger, pseudonym
from fit_warehouse.landing.contract import Table, tables
from fit_warehouse.landing.quarantine import closing, entries
from fit_warehouse.landing.quarantine.cells import neutral
from fit_warehouse.landing.quarantine.write import WITHHELD
from fit_warehouse.landing.refusal import reasons
from fit_warehouse.settings import Language

ABOUT = ("reason", "hint", "where")  # columns for the reader alone
HEAD = (closing.ID, *ABOUT)
DELIMITERS = (";", ",")
ROW: dict[Language, str] = {"fi": "rivi", "sv": "rad", "en": "row"}


def cell(table: Table, name: str, n_keys: int) -> str:
    """Return SQL for a cell of an entry as it is exported.

    Pseudonyms carry their marker, and the time is that of the delivery, so that the mended row
    counts as of then.
    """
    if name == "extracted_at":
        return "cast(version_at as varchar)"
    if table[name].type == "ref":
        shown = f"'{pseudonym.marker(n_keys)}' || {name}"
        return f"case when {name} = '{WITHHELD}' then {name} else {shown} end"
    return name


def opened(home: Home, table: Table, n_keys: int) -> str | None:
    """Return SQL for the open entries of a table as they are exported, one row each, unneutralised.

    Columns: quarantine_id, file_id, row_number, faults (a list of column and reason), then the
    contract's; None when there is no entry.
    """
    faults = entries.faults(home, table.name)
    if faults is None:
        return None
    cells = ", ".join(f"{cell(table, name, n_keys)} as {name}" for name in table.names)
    return f"""
        with
        -- The faults are gathered apart: to group whole rows takes memory for all of them.
        opened as (
            select quarantine_id, column_name, reason_code from ({faults}) where closed_by = ''
        ),
        gathered as (
            select
                quarantine_id,
                list({{'column_name': column_name, 'reason_code': reason_code}}
                    order by column_name, reason_code) as faults
            from opened
            group by quarantine_id
        )
        select every.quarantine_id, file_id, row_number, faults, {cells}
        from ({faults}) as every
        inner join gathered
            on every.quarantine_id = gathered.quarantine_id
            and every.column_name = gathered.faults[1].column_name
            and every.reason_code = gathered.faults[1].reason_code
    """


def export(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    folder: Path,
    *,
    n_keys: int,
    day: date,
    language: Language = "en",
    delimiter: str = ";",
    reason: str | None = None,
    file_name: str | None = None,
) -> dict[Path, int]:
    """Write a CSV file for each table with open entries; return the files and their rows.

    Parameters
    ----------
    connection
        A database of one's own.
    home
        The quarantine.
    folder
        Where to write; made when it is not there.
    n_keys
        Keys of the pseudonyms.
    day
        Of the files' names.
    language
        Of reasons and hints.
    delimiter
        `;` or `,`.
    reason, file_name
        Only rows with this reason, or of this delivered file.

    Raises
    ------
    UsageError
        For another delimiter, a reason that there is not, or a file that has not been landed.
    """
    if delimiter not in DELIMITERS:
        raise UsageError(f"--delimiter {delimiter}: there are {' and '.join(DELIMITERS)}")
    if reason is not None and reason not in reasons():
        raise UsageError(f"--reason {reason}: no such reason; fit quarantine list names them")
    landed = ledger.landed(home)
    file_ids = [entry.file_id for entry in landed if file_name in (None, entry.file_name)]
    if file_name is not None and not file_ids:
        raise UsageError(f"--file {file_name}: no such file has been landed")
    _words(connection, landed, language)
    written = {}
    for table in tables().values():
        query = opened(home, table, n_keys)
        if query is None:
            continue
        sql = _lines(query, table, ROW[language])
        connection.execute(
            f"create or replace temp table lines as {sql}",
            {"files": file_ids, "reason": reason or ""},
        )
        (n_rows,) = connection.execute("select count(*) from lines").fetchall()[0]
        if n_rows:
            path = _free(folder, f"{table.name}_mended_{day.isoformat()}")
            _write(connection, path, table, delimiter)
            written[path] = n_rows
        connection.execute("drop table lines")
    return written


def _lines(query: str, table: Table, row_word: str) -> str:
    """Return SQL for the lines of a table's file."""
    shown = ", ".join(f"{neutral(name)} as {name}" for name in table.names)
    return f"""
        with
        chosen as (
            select *
            from ({query})
            where list_contains($files, file_id)
                and ($reason = '' or len(list_filter(
                    faults, lambda fault: fault.reason_code = $reason)) > 0)
        ),
        said as (
            select
                quarantine_id,
                string_agg(
                    case when fault.column_name = '' then '' else fault.column_name || ': ' end
                    || word.text, ' | ' order by fault.column_name
                ) as reason,
                string_agg(distinct word.hint, ' | ' order by word.hint) as hint
            from (select quarantine_id, unnest(faults) as fault from chosen)
            inner join word on word.reason_code = fault.reason_code
            group by quarantine_id
        )
        select
            quarantine_id, file_id, row_number,
            {neutral("said.reason")} as reason,
            {neutral("said.hint")} as hint,
            {neutral(f"source.file_name || ', {row_word} ' || row_number")} as "where",
            {shown}
        from chosen
        inner join said using (quarantine_id)
        inner join source using (file_id)
    """


def _words(
    connection: duckdb.DuckDBPyConnection, landed: Sequence[ledger.Entry], language: Language
) -> None:
    """Make `word` (reasons in a language) and `source` (names of files)."""
    connection.execute(
        "create or replace temp table word (reason_code varchar, text varchar, hint varchar)"
    )
    connection.executemany(
        "insert into word values (?, ?, ?)",
        [
            (known.code, known.text_in(language), known.hint_in(language))
            for known in reasons().values()
        ],
    )
    connection.execute("create or replace temp table source (file_id varchar, file_name varchar)")
    if landed:
        connection.execute(
            "insert into source select unnest($ids), unnest($names)",
            {
                "ids": [entry.file_id for entry in landed],
                "names": [entry.file_name for entry in landed],
            },
        )


def _free(folder: Path, name: str) -> Path:
    """Return a file that is not there yet: somebody may be at work in an earlier one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, number = folder / f"{name}.csv", 1
    while path.exists():
        number += 1
        path = folder / f"{name}_{number}.csv"
    return path


def _write(connection: duckdb.DuckDBPyConnection, path: Path, table: Table, delimiter: str) -> None:
    """Write the lines with a byte order mark, without which Excel takes UTF-8 for something else."""
    temporary = path.with_name(path.name + ".tmp")
    names = ", ".join((closing.ID, "reason", "hint", '"where"', *table.names))
    connection.sql(f"select {names} from lines order by file_id, row_number").write_csv(
        str(temporary), sep=delimiter, header=True
    )
    marked = path.with_name(path.name + ".bom.tmp")
    with temporary.open("rb") as source, marked.open("wb") as target:
        target.write(codecs.BOM_UTF8)
        shutil.copyfileobj(source, target)
    temporary.unlink()
    marked.replace(path)
