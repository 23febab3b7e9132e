"""What is published of a period stays, unless a revision changes every line by enough families.

Two publications of the same twelve months, one after the other, differ by the forms that came in
between. Were a line shown twice with a family more, the difference would be that family. So a
revision of the open data appears only when each line that changes at all changes by `k_min` families
or more; else the open data stay as they were until the next quarter. The restricted data do not wait.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from fit_warehouse.measure import tables
from fit_warehouse.publish.disclosure import Rule

# What may be counted or estimated in a line; the other columns say what the line is of.
NUMBERS = frozenset(
    {
        "n",
        "numerator",
        "n_episodes",
        "n_persons",
        "unused_units",
        "gross_amount_eur",
        "estimate",
        "ci_low",
        "ci_high",
    }
)
# How and when a line was made: another word there is no change of the line.
ABOUT = frozenset({"as_of", "method", "parameter_set", "ci_level", "is_suppressed"})


def is_same_period(connection: duckdb.DuckDBPyConnection, before: str, after: str) -> bool:
    """Return whether two open databases are of real data and of the same twelve months."""
    query = "select is_synthetic, period_start, period_end from {}.publication"
    old = connection.execute(query.format(before)).fetchone()
    new = connection.execute(query.format(after)).fetchone()
    return old == new and old is not None and old[0] == 0


def changed_too_little(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, name: str, rule: Rule
) -> int:
    """Return how many lines of a table change, but by fewer families than may be told apart.

    Parameters
    ----------
    connection
        Has both databases attached.
    before, after
        Their schemas, as `previous.marts` and `opened.marts`.
    name
        The table.
    rule
        Its `k_min` is what a change has to reach.
    """
    names = tables.table(name).opened().names
    keys = [column for column in names if column not in NUMBERS | ABOUT]
    numbers = [column for column in names if column in NUMBERS]
    same_line = " and ".join(f"old.{key} is not distinct from new.{key}" for key in keys)
    differs = " or ".join(f"old.{column} is distinct from new.{column}" for column in numbers)
    row = connection.execute(
        f"""
        select count(*)
        from {before}.{name} as old
        inner join {after}.{name} as new on {same_line}
        where old.is_suppressed = 0 and new.is_suppressed = 0
            and ({differs})
            and abs(old.n_persons - new.n_persons) < ?
        """,
        [rule.k_min],
    ).fetchone()
    return int(row[0]) if row else 0


def attach(connection: duckdb.DuckDBPyConnection, database: Path, name: str) -> None:
    """Attach a published database for reading."""
    path = database.resolve().as_posix().replace("'", "''")
    connection.execute(f"attach '{path}' as {name} (read_only)")
