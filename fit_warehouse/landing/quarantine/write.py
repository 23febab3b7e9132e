"""Write the rows of a delivery that are kept out: one line for each fault, the row without identity.

A value in the wrong place is often what must not be kept: a name, a number of a person. So the cell
that a fault names is kept only where it can be read as a slip of the pen: a number, a date in a
column of dates, a code in a column of codes. What is not kept is WITHHELD, which is not empty: an
empty cell would be taken for a value that is missing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from fit_warehouse import database
from fit_warehouse.landing import pseudonym, rules
from fit_warehouse.landing.contract import Column, Table
from fit_warehouse.landing.pseudonym import Keys

WITHHELD = "~?"
IDENTITY_REASONS = ("identity_in_file", "identity_in_name", "probable_identity")

MOST_DIGITS = 6  # a score, an amount, a number of units; telephone numbers and ids have more
CODE = "[a-z_]{1,32}"
PLAIN = r"[0-9[:punct:]\x{2212}\x{a0} ]{1,32}"
DATE = r"([0-9]{8}|[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}([ T][-0-9:.,+Z]{0,20})?)"
PERSONAL_CODE = r"[0-3][0-9][01][0-9]{3}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y]"


def write(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    header: tuple[str, ...],
    path: Path,
    *,
    file_id: str,
    keys: Keys,
    extracted_at: datetime | None,
) -> None:
    """Write the faults in `problem` with their rows in `delivered` to a Parquet file.

    Parameters
    ----------
    connection
        Holds `delivered` (row_number and the columns in `header` as text) and `problem`
        (row_number, reason, column_name).
    table, header
        The table, and the columns that its delivery has.
    path
        The file to write; it is there whole or not at all.
    file_id
        The delivery.
    keys
        Of the pseudonyms.
    extracted_at
        When the delivery was extracted, where that is known.
    """
    texts = ", ".join(
        f"{column.name} := {rules.trimmed(column) if column.name in header else 'null::varchar'}"
        for column in table.columns
    )
    cells = ", ".join(f"{_cell(column, keys)} as {column.name}" for column in table.columns)
    identity = ", ".join(f"'{reason}'" for reason in IDENTITY_REASONS)
    query = f"""
        with
        faults as (
            select
                row_number,
                list(column_name) as faulty,
                coalesce(list(column_name) filter (where reason in ({identity})), []) as hidden
            from problem
            group by row_number
        ),
        -- Hashing is called once for a chunk of rows: so the few that there are come together first.
        rows as materialized (
            select row_number, struct_pack({texts}) as d, faulty, hidden
            from delivered
            inner join faults using (row_number)
        ),
        cells as (
            select
                row_number,
                coalesce(
                    case
                        when not list_contains(faulty, 'extracted_at')
                            then {rules.typed(table["extracted_at"])}
                    end,
                    $extracted_at::timestamp
                ) as version_at,
                {cells}
            from (select *, d.extracted_at as d_extracted_at from rows)
        )
        select
            $file_id || '.' || problem.row_number as quarantine_id,
            $file_id as file_id,
            $table as table_name,
            problem.row_number,
            problem.column_name,
            problem.reason as reason_code,
            cells.* exclude (row_number)
        from problem
        left join cells using (row_number)
        order by row_number, column_name, reason_code
    """
    bound = {"file_id": file_id, "table": table.name, "extracted_at": extracted_at}
    database.write_parquet(connection, query, path, bound)


def _cell(column: Column, keys: Keys) -> str:
    """Return SQL for what the quarantine keeps of a cell of the row `d`."""
    text = f"d.{column.name}"
    is_hidden = f"(list_contains(hidden, '{column.name}') or list_contains(hidden, ''))"
    is_faulty = f"list_contains(faulty, '{column.name}')"
    if column.type == "ref":
        kept = pseudonym.sql(text, column.space, keys)
        return f"case when {is_hidden} and {text} is not null then '{WITHHELD}' else {kept} end"
    if column.birth:
        # Of a right date the month; a wrong one may be anybody's day of birth.
        is_kept, kept = f"not {is_faulty}", _birth(column)
    else:
        is_kept, kept = f"(not {is_faulty} or {_is_slip(column)})", text
        if column.type in ("name", "text"):
            is_kept += f" and not regexp_matches({text}, '{PERSONAL_CODE}')"
    return (
        f"case when {text} is null then null "
        f"when not {is_hidden} and {is_kept} then {kept} else '{WITHHELD}' end"
    )


def _birth(column: Column) -> str:
    """Return SQL for a date of birth as its month, or a year as it is."""
    return f"d.{column.name}[1:{7 if column.type == 'date' else 4}]"


def _is_slip(column: Column) -> str:
    """Return SQL for whether a faulty cell is a number, a date or a code that names nobody."""
    text = f"d.{column.name}"
    n_digits = f"length(regexp_replace({text}, '[^0-9]', '', 'g'))"
    kept = [f"(regexp_full_match({text}, '{PLAIN}') and {n_digits} <= {MOST_DIGITS})"]
    if column.type == "code":
        kept.append(f"regexp_full_match({text}, '{CODE}')")
    if column.type in ("date", "datetime"):
        kept.append(f"regexp_full_match({text}, '{DATE}')")
    return f"({' or '.join(kept)})"
