"""The accepted rows as one text, the same for the same statements however they were delivered."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fit_warehouse.home import Home
from fit_warehouse.landing.contract import tables


def export(home: Home) -> bytes:
    """Return every accepted table as sorted CSV, one after the other, each below its name.

    Parameters
    ----------
    home
        Where versions have been resolved.

    Returns
    -------
    bytes
        UTF-8. Two homes hold the same accepted rows if and only if these are equal.
    """
    return b"".join(
        f"[{name}]\n".encode() + _sorted_csv(home.accepted / f"{name}.parquet") for name in tables()
    )


def _sorted_csv(path: Path) -> bytes:
    rows = pl.read_parquet(path, glob=False)
    # Quoted texts: a missing one and an empty one are not the same.
    text = rows.sort(rows.columns, nulls_last=True).write_csv(quote_style="non_numeric")
    return text.encode()
