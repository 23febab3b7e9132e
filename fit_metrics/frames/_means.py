"""Means, group by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import special

from fit_metrics import _group_moments
from fit_metrics._options import Missing, check_level
from fit_metrics.frames import _columns as columns


def means(
    frame: pl.DataFrame,
    value: str,
    *,
    by: str | Sequence[str],
    level: float = 0.95,
    missing: Missing = "omit",
) -> pl.DataFrame:
    """Give the mean with Student's interval in every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an observation.
    value : str
        Column of numbers; null and nan are missing.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    level : float
        Coverage of each interval, between 0 and 1.
    missing : {"omit", "raise"}
        Leave rows without a value out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: `by`, n, n_missing, sd, estimate (both in the column's unit),
        ci_low, ci_high, ci_level, method; limits null for n < 2, the mean too for n = 0.

    Raises
    ------
    ValueError
        A column is not there or has another type; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame({"team": ["a", "a", "a", "b"], "score": [22.0, 25.0, 31.0, None]})
    >>> means(frame, "score", by="team").select("team", "n", "n_missing", "estimate").rows()
    [('a', 3, 0, 26.0), ('b', 0, 1, None)]
    """
    groups = columns.groups(frame, by, ("sd",))
    values = columns.numbers(frame, value)
    is_missing = np.isnan(values)
    columns.refuse_missing((value,), int(is_missing.sum()), frame.height, missing)
    checked_level = check_level(level)
    kept = ~is_missing
    n, mean, variance = _group_moments.of_values(values[kept], groups.codes[kept], groups.size)
    quantile = -special.stdtrit(np.maximum(n - 1, 1), (1.0 - checked_level) / 2.0)
    half_width = quantile * np.sqrt(variance / np.maximum(n, 1))
    return columns.result(
        groups.keys,
        n=n,
        n_missing=groups.n_missing(is_missing),
        sd=np.sqrt(variance),
        estimate=mean,
        ci_low=mean - half_width,
        ci_high=mean + half_width,
        ci_level=checked_level,
        method="mean_student_t",
    )
