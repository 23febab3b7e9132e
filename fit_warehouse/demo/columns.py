"""Columns of landing tables: opaque running references, codes, times, and columns without a value."""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from fit_warehouse.demo.randomness import Flags, Ints

NO_NUMBER = np.iinfo(np.int64).max
# References are put together of texts for the last four digits and for those before.
LAST_DIGITS = 10_000


def refs(letter: str, numbers: Ints) -> pl.Series:
    """Return references such as `S-0000123`; a number below 1 has none."""
    delivered = numbers if numbers.min(initial=1) > 0 else numbers[numbers > 0]
    low, high = int(delivered.min(initial=NO_NUMBER)), int(delivered.max(initial=0))
    if not 0 < high - low + 1 < numbers.size:
        return references(letter, numbers)
    # Numbers that lie close together come many times: each reference is made once.
    texts = references(letter, np.arange(low - 1, high + 1))
    texts[0] = None
    return texts.gather(np.maximum(numbers - (low - 1), 0))


def references(letter: str, numbers: Ints) -> pl.Series:
    """Return a reference for each number, none for a number below 1."""
    front = np.maximum(numbers, 0) // LAST_DIGITS
    back = numbers - front * LAST_DIGITS
    first, last = int(front.min(initial=0)), int(front.max(initial=0))
    fronts = pl.Series([f"{letter}-{number:03d}" for number in range(first, last + 1)])
    text = fronts.gather(front - first) + last_digits().gather(np.maximum(back, 0))
    return text.set(pl.Series(numbers < 1), None) if (numbers < 1).any() else text


@functools.cache
def last_digits() -> pl.Series:
    """Return the last four digits of all numbers."""
    return pl.Series([f"{number:04d}" for number in range(LAST_DIGITS)])


def codes(names: list[str] | tuple[str, ...], positions: Ints) -> pl.Series:
    """Return the names at the positions; the position -1 has none."""
    # Polars counts -1 from the end, where a missing name stands.
    return pl.Series([*names, None], dtype=pl.String).gather(positions)


def minutes(values: Ints, is_missing: Flags) -> pl.Series:
    """Return a time column from minutes since 1970-01-01."""
    times = pl.Series(values * 60_000).cast(pl.Datetime("ms"))
    return times.set(pl.Series(is_missing), None)


def nothing(size: int, dtype: type[pl.DataType]) -> pl.Series:
    """Return a column without any value."""
    return pl.Series([None], dtype=dtype).new_from_index(0, size)
