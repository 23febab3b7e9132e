"""Slips in the client information system: wrong values, and rows that should not be there."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from fit_warehouse.demo.columns import codes, refs
from fit_warehouse.demo.extracts.times import last_month, month_of, next_month, taken_at
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Ints, Streams, uniform_days

MISTAKE = "entered_by_mistake"
DELETED, SUPERSEDED = "deleted", "superseded"
KEYS = ("source_system", "source_record_id", "session_ref", "episode_ref")


def with_slips(
    parameters: Parameters,
    rows: pl.DataFrame,
    shares: dict[str, float],
    streams: Streams,
    table: str,
) -> pl.DataFrame:
    """Return the rows with a column `slip`: null, or one of the names in `shares`.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    rows : DataFrame
        Rows of a landing table.
    shares : dict of str to float
        The share of the rows that each slip is to meet; no row meets two.
    streams : Streams
        Source of chance.
    table : str
        Name of the table, which has chances of its own.

    Returns
    -------
    DataFrame
        Also with `corrected_after`, days from the extract that shows a slip to its correction.
    """
    rng = streams.named(f"slips in {table}")
    position = np.searchsorted(
        np.cumsum(list(shares.values())), rng.random(rows.height), side="right"
    )
    days = uniform_days(rng, parameters.extracts.correction_days, rows.height)
    chosen: Ints = np.where(position < len(shares), position, -1)
    return rows.with_columns(
        slip=codes(list(shares), chosen), corrected_after=pl.duration(days=pl.lit(pl.Series(days)))
    )


def only_where(slip: str, is_possible: pl.Expr) -> pl.Expr:
    """Return the column `slip` without one of the slips where it cannot happen."""
    keeps = (pl.col("slip") != slip) | is_possible.fill_null(value=False)
    return pl.when(keeps).then(pl.col("slip")).alias("slip")


def can_be_corrected(parameters: Parameters, known_at: str) -> pl.Expr:
    """Return whether another extract follows the one that shows a slip."""
    return month_of(parameters, pl.col(known_at)) < last_month(parameters)


def corrected_at(parameters: Parameters, known_at: str) -> pl.Expr:
    """Return when a slip is put right: between the extract that shows it and the next one."""
    month = month_of(parameters, pl.col(known_at))
    return taken_at(parameters, month) + pl.col("corrected_after")


def can_be_deleted(parameters: Parameters, known_at: str) -> pl.Expr:
    """Return whether two more extracts follow: a deletion is known after the overlap."""
    month = month_of(parameters, pl.col(known_at)).dt.offset_by("1mo")
    return month < last_month(parameters)


def unused_refs(letter: str, per_block: int, size: int, streams: Streams) -> pl.Series:
    """Return references from the end of a block's range, which its true rows do not reach."""
    return refs(letter, per_block * (streams.block + 1) - np.arange(size, dtype=np.int64))


def deletions(parameters: Parameters, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the landing table `correction` that deletes rows after their second extract.

    Parameters
    ----------
    parameters : Parameters
        The city's numbers.
    table : str
        The table that the rows are of.
    rows : DataFrame
        Keys of the rows and `month`, that of their first extract.
    """
    after = taken_at(parameters, next_month()) + timedelta(hours=1)
    key = KEYS[:2] if table == "response" else (f"{table}_ref",)
    empty = pl.lit(None, pl.String)
    return rows.select(
        pl.lit(table).alias("table_name"),
        *(pl.col(name) if name in key else empty.alias(name) for name in KEYS),
        pl.lit("delete").alias("action"),
        after.alias("corrected_at"),
    )


def row_truth(table: str, key: str, wrong: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    """Return what becomes of the rows of a table that are not simply accepted.

    Parameters
    ----------
    table, key : str
        The table and its key column.
    wrong : DataFrame
        Rows with a `slip`, whose first version is superseded.
    extra : DataFrame
        Rows that stand for nothing and are deleted.
    """
    parts = [
        rows.select(
            pl.lit(table).alias("table_name"),
            pl.col(key).alias("key"),
            flaw,
            pl.lit(fate).alias("fate"),
        )
        for rows, flaw, fate in (
            (wrong, pl.col("slip").alias("flaw"), SUPERSEDED),
            (extra, pl.lit(MISTAKE).alias("flaw"), DELETED),
        )
    ]
    return pl.concat(parts)
