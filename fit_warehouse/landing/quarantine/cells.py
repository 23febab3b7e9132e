"""Cells of an exported file: what a spreadsheet would take for a formula is written as text."""

from __future__ import annotations

# A cell that begins so is a formula in a spreadsheet; an apostrophe before it makes it text. Cells
# that begin like a neutralised one get another apostrophe, so that the way back is without doubt.
FORMULA = r"^\x27*[=+\-@\t\r]"
FIRST = "'=+-@\t\r"
NEUTRALISED = r"^\x27+[=+\-@\t\r]"


def neutral(text: str) -> str:
    """Return SQL for a text that is no formula.

    Examples
    --------
    >>> import duckdb
    >>> duckdb.sql(f"select {neutral('x')} from (values ('=1+1'), ('a=1')) t(x)").fetchall()
    [("'=1+1",), ('a=1',)]
    """
    # Nearly no cell begins so: the cheap question comes first.
    may_be = f"ascii({text}) in ({', '.join(str(ord(first)) for first in FIRST)})"
    is_formula = f"{may_be} and regexp_matches({text}, '{FORMULA}')"
    return f"case when {is_formula} then '''' || {text} else {text} end"


def plain(text: str) -> str:
    """Return SQL for a cell as it was before `neutral`."""
    return f"case when regexp_matches({text}, '{NEUTRALISED}') then {text}[2:] else {text} end"
