"""Times, endings and delayed entries as they come in, and the counts at each time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, check_same_length, refuse_missing
from fit_metrics._flags import flag_column, non_negative_column
from fit_metrics._groups import Groups, as_groups
from fit_metrics._options import Missing

Counts = NDArray[np.int64]


class TimeRows(NamedTuple):
    """Complete rows.

    Attributes
    ----------
    time : ndarray of float64
        When the observation of the person ended.
    kind : ndarray of int64
        0 where it was censored, else 1 and up for the kinds of ending.
    entry : ndarray of float64 or None
        When it began; None where it began before anything could happen.
    groups : tuple of Groups
        Further columns of labels.
    n_missing : int
        Rows left out.
    """

    time: FloatArray
    kind: Counts
    entry: FloatArray | None
    groups: tuple[Groups, ...]
    n_missing: int


class RiskTable(NamedTuple):
    """Counts at each distinct time; `events` has shape (n_kinds, n_times)."""

    time: FloatArray
    at_risk: Counts
    events: Counts
    censored: Counts


def event_rows(
    time: ArrayLike,
    event: ArrayLike,
    entry: ArrayLike | None,
    missing: Missing,
    **groups: ArrayLike | None,
) -> TimeRows:
    """Give complete rows of times with a flag for the event."""
    flags = flag_column("event", event)
    kind = np.where(np.isnan(flags), -1.0, flags).astype(np.int64)
    return _rows(time, "event", kind, entry, missing, groups)


def ending_rows(
    time: ArrayLike,
    ending: ArrayLike,
    censored: str | int,
    entry: ArrayLike | None,
    missing: Missing,
) -> tuple[TimeRows, NDArray[Any]]:
    """Give complete rows of times with labels for the ending, and the labels of the endings."""
    found = as_groups("ending", ending)
    is_text = found.labels.dtype.kind in "UO"
    if found.labels.size and is_text != isinstance(censored, str):
        raise ValueError(
            f"censored is {censored!r} and ending holds {'text' if is_text else 'numbers'}: "
            "it must be the label that stands for no ending"
        )
    is_ending = found.labels != censored
    number = np.where(is_ending, np.cumsum(is_ending), 0)
    kind = np.where(found.codes < 0, -1, np.append(number, -1)[found.codes])
    return _rows(time, "ending", kind, entry, missing, {}), found.labels[is_ending]


def _rows(
    time: ArrayLike,
    name: str,
    kind: Counts,
    entry: ArrayLike | None,
    missing: Missing,
    groups: dict[str, ArrayLike | None],
) -> TimeRows:
    times = non_negative_column("time", time)
    check_same_length("time", times, name, kind)
    present = ~np.isnan(times) & (kind >= 0)
    names = ["time", name]
    entries = None
    if entry is not None:
        entries = non_negative_column("entry", entry)
        check_same_length("time", times, "entry", entries)
        late = entries >= times
        if late.any():
            raise ValueError(
                f"entry is {entries[late][0]:g} and time is {times[late][0]:g} in the same row: "
                "observation must begin before it ends"
            )
        present &= ~np.isnan(entries)
        names.append("entry")
    columns = []
    for label, values in groups.items():
        if values is None:
            continue
        column = as_groups(label, values)
        check_same_length("time", times, label, column.codes)
        present &= column.codes >= 0
        names.append(label)
        columns.append(column)
    n_missing = int(times.size - np.count_nonzero(present))
    refuse_missing(" and ".join(names), n_missing, times.size, missing)
    if n_missing:
        times, kind = times[present], kind[present]
        entries = None if entries is None else entries[present]
        columns = [Groups(g.labels, g.codes[present]) for g in columns]
    return TimeRows(times, kind, entries, tuple(columns), n_missing)


def distinct_times(times: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Give the distinct times and the position of each row's among them."""
    largest = float(times.max()) if times.size else 0.0
    if largest <= 4 * times.size and (times == np.floor(times)).all():
        # Session counts need no sorting.
        whole = times.astype(np.intp)
        used = np.bincount(whole) > 0 if whole.size else np.empty(0, dtype=np.bool_)
        return np.flatnonzero(used).astype(np.float64), (np.cumsum(used) - 1)[whole]
    found, position = np.unique(times, return_inverse=True)
    return found, position.reshape(-1)


def risk_table(rows: TimeRows, n_kinds: int = 1) -> RiskTable:
    """Count who is under observation and what happens at each distinct time."""
    times, position = distinct_times(rows.time)
    m = times.size
    tally = np.bincount(rows.kind * m + position, minlength=(n_kinds + 1) * m)
    counts = tally.reshape(n_kinds + 1, m).astype(np.int64)
    at_risk = _from(counts.sum(axis=0))
    if rows.entry is not None:
        # Who enters at a time is not yet at risk of what happens at that time.
        first = np.searchsorted(times, rows.entry, side="right")
        at_risk = at_risk - _from(np.bincount(first, minlength=m + 1).astype(np.int64))[1:]
    return RiskTable(times, at_risk, counts[1:], counts[0])


def _from(counts: Counts) -> Counts:
    """Give the sum of each entry and all after it."""
    return np.asarray(np.cumsum(counts[::-1])[::-1], dtype=np.int64)
