"""Shares and their differences, group by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from fit_metrics import rates
from fit_metrics._options import Missing, check_level
from fit_metrics._share_limits import ShareMethod
from fit_metrics.frames import _columns as columns


def shares(
    frame: pl.DataFrame,
    flag: str,
    *,
    by: str | Sequence[str],
    method: ShareMethod = "wilson",
    level: float = 0.95,
    missing: Missing = "omit",
) -> pl.DataFrame:
    """Give the share of rows that count, with its interval, in every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an observation.
    flag : str
        Column of true and false (or 1 and 0); null is missing, not false.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    method : {"wilson", "clopper_pearson", "jeffreys"}
        Interval of each share.
    level : float
        Coverage of each interval, between 0 and 1.
    missing : {"omit", "raise"}
        Leave rows without a flag out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: `by`, n (the denominator), n_missing, successes, estimate (0 to 1),
        ci_low, ci_high, ci_level, method; null where n is 0.

    Raises
    ------
    ValueError
        A column is not there or has another type; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame({"team": ["a", "a", "b", "a"], "better": [True, False, None, True]})
    >>> shares(frame, "better", by="team").select("team", "n", "n_missing", "successes").rows()
    [('a', 3, 0, 2), ('b', 0, 1, 0)]
    """
    groups = columns.groups(frame, by, ("successes",))
    values = columns.flags(frame, flag)
    is_missing = np.isnan(values)
    columns.refuse_missing((flag,), int(is_missing.sum()), frame.height, missing)
    n = groups.n_missing(~is_missing)
    successes = groups.n_missing(values == 1.0)
    return _share_rows(groups.keys, successes, n, groups.n_missing(is_missing), method, level)


def class_shares(
    frame: pl.DataFrame,
    label: str,
    *,
    by: str | Sequence[str],
    labels: Sequence[str] | None = None,
    method: ShareMethod = "wilson",
    level: float = 0.95,
    missing: Missing = "omit",
) -> pl.DataFrame:
    """Give the share of every label in every group; labels that nobody has are there with 0.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an observation.
    label : str
        Column of labels (text, Categorical or Enum); null is missing.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    labels : sequence of str, optional
        All labels, in the order of the result; a column of type Enum has them itself.
    method, level, missing
        As in :func:`shares`. Each interval is of its own share, not of all together.

    Returns
    -------
    polars.DataFrame
        One row a group and label: `by`, the label, n (rows of the group that have one), n_missing,
        successes, estimate, ci_low, ci_high, ci_level, method. Successes of a group sum to n.

    Raises
    ------
    ValueError
        A column is not there or has another type, labels are neither given nor of type Enum, a row
        has a label that is not among them, or an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame({"team": ["a", "a", "b"], "change": ["improved", "same", "same"]})
    >>> class_shares(frame, "change", by="team", labels=["improved", "same"])["estimate"].to_list()
    [0.5, 0.5, 0.0, 1.0]
    """
    groups = columns.groups(frame, by, ("successes", label))
    series = columns.column(frame, label)
    if series.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        raise ValueError(f"column {label!r} is {series.dtype}: it must hold labels, which are text")
    if labels is None and not isinstance(series.dtype, pl.Enum):
        raise ValueError(f"labels are not given and column {label!r} is no Enum: name all labels")
    if isinstance(labels, str):
        raise ValueError(f"labels is {labels!r}: give a sequence of labels")
    known = list(labels) if labels is not None else series.dtype.categories.to_list()  # type: ignore[attr-defined]
    if len(set(known)) != len(known) or not known:
        raise ValueError(f"labels are {known}: there must be one or more, each once")
    text = series.cast(pl.String)
    unknown = text.filter(text.is_not_null() & ~text.is_in(known))
    if unknown.len():
        raise ValueError(
            f"column {label!r} has the label {unknown[0]!r}, which is not among {known}"
        )
    is_missing = text.is_null().to_numpy()
    columns.refuse_missing((label,), int(is_missing.sum()), frame.height, missing)
    position = text.cast(pl.Enum(known)).to_physical().fill_null(0).to_numpy().astype(np.int64)
    kept, width = ~is_missing, len(known)
    cells = groups.codes[kept] * width + position[kept]
    keys = groups.keys.join(
        pl.DataFrame({label: known}, schema={label: pl.Enum(known)}),
        how="cross",
        maintain_order="left_right",
    )
    return _share_rows(
        keys,
        np.bincount(cells, minlength=groups.size * width),
        np.repeat(groups.n_missing(kept), width),
        np.repeat(groups.n_missing(is_missing), width),
        method,
        level,
    )


def _share_rows(
    keys: pl.DataFrame,
    successes: columns.Codes,
    n: columns.Codes,
    n_missing: columns.Codes,
    method: ShareMethod,
    level: float,
) -> pl.DataFrame:
    made = rates.share_intervals(successes, n, method=method, level=level)
    return columns.result(
        keys,
        n=made.n,
        n_missing=n_missing,
        successes=successes,
        estimate=made.estimate,
        ci_low=made.ci_low,
        ci_high=made.ci_high,
        ci_level=made.ci_level,
        method=made.method,
    )


def share_difference(
    frame: pl.DataFrame,
    flag: str,
    treated: str,
    *,
    by: str | Sequence[str],
    level: float = 0.95,
    missing: Missing = "omit",
) -> pl.DataFrame:
    """Give the share of one kind of rows less that of the other, in every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an observation.
    flag, treated : str
        Columns of flags: what counts, and true for the first kind of rows, whose share the other
        kind's is taken off.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    level : float
        Coverage of each interval (Newcombe), between 0 and 1.
    missing : {"omit", "raise"}
        Leave rows without a flag out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: `by`, n (both kinds together), n_missing, estimate (-1 to 1),
        ci_low, ci_high, ci_level, method; null where a kind has no rows.

    Raises
    ------
    ValueError
        A column is not there or has another type; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"city": ["a"] * 4, "better": [1, 1, 0, 1], "fit": [True, True, False, False]}
    ... )
    >>> share_difference(frame, "better", "fit", by="city")["estimate"].to_list()
    [0.5]
    """
    groups = columns.groups(frame, by)
    better, kind = columns.flags(frame, flag), columns.flags(frame, treated)
    is_missing = np.isnan(better) | np.isnan(kind)
    columns.refuse_missing((flag, treated), int(is_missing.sum()), frame.height, missing)
    counts = [
        groups.n_missing(~is_missing & (kind == one) & chosen).tolist()
        for one in (1.0, 0.0)
        for chosen in (better == 1.0, np.ones(better.size, dtype=np.bool_))
    ]
    check_level(level)
    made = [
        rates.share_difference(*of_group, level=level) for of_group in zip(*counts, strict=True)
    ]
    lines = columns.from_estimates(groups.keys, made)
    return lines.with_columns(pl.Series("n_missing", groups.n_missing(is_missing), dtype=pl.Int64))
