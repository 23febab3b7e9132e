"""What an unknown extract looks like: its columns, how filled they are, and the shape of their values.

No value is kept but codes with few of them, and those only where a column is not a person's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fit_warehouse.landing import tabular
from fit_warehouse.landing.adapters.mapping import synonyms
from fit_warehouse.landing.adapters.shared_rows import SharedRows
from fit_warehouse.landing.names import literal
from fit_warehouse.landing.read_csv import DELIMITERS

LONGEST_HEADER = 1 << 16
MOST_CODES = 12
LONGEST_CODE = 40
FEWEST_ROWS_A_CODE = 5
ENOUGH = 0.9  # of the filled values have a shape: a few slips do not hide it

SHAPES = {
    "personal identity code": r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]",
    "address of e-mail": r"[^@ ]+@[^@ ]+",
    "date %d.%m.%Y": r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}",
    "date %Y-%m-%d": r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00:00(\.0+)?)?",
    "time %d.%m.%Y %H:%M": r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4} [0-9]{1,2}:[0-9]{2}",
    "time %d.%m.%Y %H:%M:%S": r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4} [0-9]{1,2}:[0-9]{2}:[0-9]{2}",
    "time %Y-%m-%d %H:%M": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?",
    "time of day": r"[0-9]{1,2}:[0-9]{2}",
    "integer": r"[+-]?[0-9]+",
    "decimal with ,": r"[+-]?[0-9]+([. ][0-9]{3})*(,[0-9]+)?",
    "decimal with .": r"[+-]?[0-9]+([, ][0-9]{3})*(\.[0-9]+)?",
}
FIRST_DAY, LAST_DAY = 36526, 62091  # 2000 to 2069 as a spreadsheet counts days
VALUE = re.compile("|".join(SHAPES.values()))


@dataclass(frozen=True, slots=True)
class Profile:
    """One column of an extract.

    Attributes
    ----------
    name : str
        What the extract calls it.
    position : int
        Where it stands, from 1.
    share_filled : float
        Share of rows with a value.
    n_distinct : int
        How many different values.
    shape : str
        A key of `SHAPES`, "excel day", "flag", "code", "identifier", "text" or "empty".
    codes : tuple of str
        The values of a code or a flag; they may not be shown unless `may_show` says so.
    """

    name: str
    position: int
    share_filled: float
    n_distinct: int
    shape: str
    codes: tuple[str, ...] = ()


def looks_like_a_value(name: str) -> bool:
    """Return whether a column's name is a date, a number or an identifier."""
    return not name or VALUE.fullmatch(name) is not None


def has_header(profiles: Sequence[Profile]) -> bool:
    """Return whether the first row holds names: where one of them is a value, so may all be."""
    return not any(looks_like_a_value(each.name) for each in profiles)


def may_show(codes: tuple[str, ...]) -> bool:
    """Return whether no code looks like a person's name, number or address.

    Examples
    --------
    >>> may_show(("T", "P")), may_show(("Toteutunut",)), may_show(("Virtanen Matti", "T"))
    (True, True, False)
    """
    return not any(
        re.fullmatch(r"[A-ZÅÄÖ]\w+,? [A-ZÅÄÖ]\w+|.*[0-9]{5,}.*|.*@.*", code) for code in codes
    )


def profile(connection: duckdb.DuckDBPyConnection, path: Path, sheet: str) -> list[Profile]:
    """Return the profile of every column of a table, in its order; the rows stay in `connection`."""
    header = header_of(path, sheet)
    named = {name: number for number, name in enumerate(header, start=1) if name}
    rows = SharedRows(path, sheet, {f"c{number}": name for name, number in named.items()})
    n_rows = rows.count(connection, "true")
    return [_column(connection, name, number, n_rows) for name, number in named.items()]


def header_of(path: Path, sheet: str) -> tuple[str, ...]:
    """Return the column names of a table of which none is known beforehand."""
    known: tuple[str, ...] = ()
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            first = file.readline(LONGEST_HEADER).strip()
        # The delimiter that parts the header most.
        parted = (next(csv.reader([first], delimiter=mark), []) for mark in DELIMITERS)
        known = tuple(name.strip() for name in max(parted, key=len))
    return tabular.header(path, sheet, known)


def _column(
    connection: duckdb.DuckDBPyConnection, name: str, position: int, n_rows: int
) -> Profile:
    own = f"c{position}"
    shapes = ", ".join(
        f"count(*) filter (regexp_full_match({own}, {literal(pattern)}))"
        for pattern in SHAPES.values()
    )
    ((n_filled, n_distinct, longest, has_space, first, last, *found),) = connection.sql(
        f"""
        select
            count({own}), count(distinct {own}), max(length({own})),
            coalesce(bool_or(contains({own}, ' ')), false),
            min(try_cast({own} as double)), max(try_cast({own} as double)), {shapes}
        from source_rows
        """
    ).fetchall()
    counts = dict(zip(SHAPES, found, strict=True))
    share = n_filled / n_rows if n_rows else 0.0
    if not n_filled:
        return Profile(name, position, share, 0, "empty")
    codes: tuple[str, ...] = ()
    is_code = n_distinct <= MOST_CODES and longest <= LONGEST_CODE
    if is_code and n_distinct * FEWEST_ROWS_A_CODE <= n_filled and not synonyms.is_personal(name):
        values = connection.sql(
            f"select distinct {own} from source_rows where {own} is not null order by 1"
        ).fetchall()
        codes = tuple(value for (value,) in values)
    shape = next((kind for kind, count in counts.items() if count >= ENOUGH * n_filled), "")
    if shape.startswith("integer") and first >= FIRST_DAY and last <= LAST_DAY:
        shape = "excel day"
    if codes and all(synonyms.plain(code) in synonyms.flags() for code in codes):
        shape = "flag"
    elif codes and shape in ("", "integer"):
        shape = "code"
    elif not shape:
        is_id = n_distinct > n_filled / 2 and not has_space and longest <= LONGEST_CODE
        shape = "identifier" if is_id else "text"
    return Profile(name, position, share, n_distinct, shape, codes)
