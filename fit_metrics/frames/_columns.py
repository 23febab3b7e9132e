"""Columns of a frame as arrays, the groups of its rows, and the frame that comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column
from fit_metrics._flags import flag_column
from fit_metrics._options import Missing, check_choice
from fit_metrics.results import Estimate

Codes = NDArray[np.int64]

STATISTIC: dict[str, Any] = {
    "n": pl.Int64,
    "n_missing": pl.Int64,
    "estimate": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "ci_level": pl.Float64,
    "method": pl.String,
}
_CODE = "_fit_metrics_code"


class Groups(NamedTuple):
    """The groups of a frame, sorted, and every row's position among them."""

    keys: pl.DataFrame
    codes: Codes

    @property
    def size(self) -> int:
        """Return how many groups there are."""
        return self.keys.height

    def n_missing(self, is_missing: NDArray[np.bool_]) -> Codes:
        """Return how many rows of each group are missing."""
        return np.bincount(self.codes[is_missing], minlength=self.size)

    def pieces(self, rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield the rows of each group."""
        order = np.argsort(self.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.codes, minlength=self.size))
        if self.size:
            yield from np.split(rows[order], ends[:-1])


def check_frame(frame: pl.DataFrame) -> None:
    """Raise ValueError unless `frame` is a polars DataFrame."""
    if not isinstance(frame, pl.DataFrame):
        raise ValueError(f"frame is a {type(frame).__name__}: it must be a polars DataFrame")


def groups(frame: pl.DataFrame, by: str | Sequence[str], taken: Sequence[str] = ()) -> Groups:
    """Give the groups by one or more columns; a missing key is a key of its own, sorted last.

    `taken` are names of columns that the result has beside those of every statistic.
    """
    check_frame(frame)
    names = [by] if isinstance(by, str) else list(by)
    if not names:
        raise ValueError(
            "by is empty: name one column or more; the function of arrays takes all rows as one"
        )
    for name in names:
        dtype = column(frame, name).dtype
        if dtype.is_float() or dtype.is_nested():
            raise ValueError(
                f"column {name!r} in by is {dtype}: groups are text, whole numbers or days"
            )
        if name in STATISTIC or name in taken:
            raise ValueError(f"column {name!r} in by is a column of the result: rename it before")
    rows = frame.select(names)
    keys = rows.unique().sort(names, nulls_last=True)
    codes = rows.join(
        keys.with_row_index(_CODE), on=names, how="left", nulls_equal=True, maintain_order="left"
    )[_CODE]
    return Groups(keys, codes.to_numpy().astype(np.int64))


def column(frame: pl.DataFrame, name: str) -> pl.Series:
    """Give a column; ValueError names those that there are where it is not among them."""
    if name not in frame.columns:
        raise ValueError(f"frame has no column {name!r}: it has {', '.join(frame.columns)}")
    return frame[name]


def numbers(frame: pl.DataFrame, name: str) -> FloatArray:
    """Give a column of numbers as floats, missing as nan."""
    series = column(frame, name)
    if not (series.dtype.is_numeric() or series.dtype == pl.Null):
        raise ValueError(f"column {name!r} is {series.dtype}: it must hold numbers")
    return as_column(f"column {name!r}", series.cast(pl.Float64).to_numpy())


def table(frame: pl.DataFrame, names: Sequence[str]) -> NDArray[np.floating]:
    """Give columns of numbers side by side, as float32 where all of them are stored so."""
    values = np.column_stack([numbers(frame, name) for name in names])
    return values.astype(np.float32) if set(frame[names].dtypes) == {pl.Float32} else values


def precision(frame: pl.DataFrame, *names: str) -> float:
    """Give the relative precision of the coarsest of some columns of numbers."""
    is_single = any(frame[name].dtype == pl.Float32 for name in names)
    return float(np.finfo(np.float32 if is_single else np.float64).eps)


def flags(frame: pl.DataFrame, name: str) -> FloatArray:
    """Give a column of flags as 1.0 and 0.0, missing as nan."""
    series = column(frame, name)
    if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
        raise ValueError(
            f"column {name!r} is {series.dtype}: it must hold true and false, or 1 and 0"
        )
    return flag_column(f"column {name!r}", series.cast(pl.Float64).to_numpy())


def refuse_missing(names: Sequence[str], n_missing: int, n_rows: int, missing: Missing) -> None:
    """Raise ValueError where rows are missing and the caller has chosen not to omit them."""
    check_choice("missing", missing, Missing)
    if n_missing and missing == "raise":
        columns = " and ".join(map(repr, names))
        raise ValueError(
            f"column {columns}: {n_missing} of {n_rows} rows have a missing value, which "
            "missing='raise' refuses; missing='omit' leaves them out and counts them"
        )


def result(keys: pl.DataFrame, **values: ArrayLike) -> pl.DataFrame:
    """Give the groups with their statistics; what does not exist (nan) is missing (null)."""
    columns = []
    for name, given in values.items():
        dtype = STATISTIC.get(name)
        array = np.broadcast_to(np.asarray(given), (keys.height,))
        made = pl.Series(name, array.tolist() if dtype == pl.String else array, dtype=dtype)
        columns.append(made.fill_nan(None) if made.dtype.is_float() else made)
    return keys.hstack(columns)


def from_estimates(keys: pl.DataFrame, estimates: Sequence[Estimate]) -> pl.DataFrame:
    """Give the groups with one record each."""
    made = {name: [getattr(one, name) for one in estimates] for name in STATISTIC}
    frame = pl.DataFrame(made, schema=STATISTIC)
    return keys.hstack(frame.with_columns(pl.col(pl.Float64).fill_nan(None)))
