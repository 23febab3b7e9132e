"""Agreement of two ratings and reliability of scales, group by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fit_metrics import agreement as agreements
from fit_metrics import scale
from fit_metrics._alpha import AlphaInterval
from fit_metrics._bland_altman import LimitsInterval
from fit_metrics._options import Missing
from fit_metrics.frames import _columns as columns
from fit_metrics.results import Estimate

AGREEMENT = ("icc_A1", "icc_C1", "bias", "lower_limit", "upper_limit", "slope")
"""Indicators of agreement, in the order of the result."""


def agreement(
    frame: pl.DataFrame,
    first: str,
    second: str,
    *,
    by: str | Sequence[str],
    ci: LimitsInterval = "exact",
    level: float = 0.95,
    missing: Missing = "omit",
) -> pl.DataFrame:
    """Give how well two ratings of the same persons agree, in every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a pair of ratings.
    first, second : str
        Columns of numbers in score units; null and nan are missing. Differences are first minus
        second.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    ci : {"exact", "approximate"}
        Interval of the limits of agreement, as in :func:`fit_metrics.agreement.bland_altman`.
    level : float
        Coverage of each interval, between 0 and 1.
    missing : {"omit", "raise"}
        Leave pairs with a missing rating out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group and indicator: `by`, indicator, n (pairs), n_missing, estimate, ci_low,
        ci_high, ci_level, method. icc_A1 and icc_C1 are :func:`fit_metrics.agreement.icc`; bias,
        lower_limit, upper_limit (95 in 100 differences lie between) and slope are Bland and
        Altman's, in score units. Null where they do not exist.

    Raises
    ------
    ValueError
        A column is not there or has another type; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"form": ["ORS"] * 5, "child": [24, 30, 18, 27, 33], "parent": [22, 31, 15, 27, 28]}
    ... )
    >>> result = agreement(frame, "child", "parent", by="form")
    >>> dict(zip(result["indicator"], result["estimate"].round(2)))["bias"]
    1.8
    """
    groups = columns.groups(frame, by, ("indicator",))
    ratings = columns.table(frame, [first, second])
    n_missing = int(np.isnan(ratings).any(axis=1).sum())
    columns.refuse_missing((first, second), n_missing, frame.height, missing)
    made = [
        one for piece in groups.pieces(ratings) for one in _agreement(piece, ci=ci, level=level)
    ]
    keys = groups.keys.join(
        pl.DataFrame({"indicator": AGREEMENT}), how="cross", maintain_order="left_right"
    )
    return columns.from_estimates(keys, made)


def _agreement(
    ratings: NDArray[np.floating], *, ci: LimitsInterval, level: float
) -> list[Estimate]:
    limits = agreements.bland_altman(
        ratings[:, 0], ratings[:, 1], ci=ci, level=level, missing="omit"
    )
    return [
        agreements.icc(ratings, model="A1", level=level, missing="omit"),
        agreements.icc(ratings, model="C1", level=level, missing="omit"),
        limits.bias,
        limits.lower_limit,
        limits.upper_limit,
        limits.slope,
    ]


def alpha(
    frame: pl.DataFrame,
    items: Sequence[str],
    *,
    by: str | Sequence[str],
    ci: AlphaInterval = "feldt",
    level: float = 0.95,
    missing: Missing = "omit",
) -> pl.DataFrame:
    """Give Cronbach's alpha in every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a form.
    items : sequence of str
        Two columns or more, one an item, numbers; null and nan are missing.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    ci : {"feldt", "bonett", "distribution_free"}
        Interval, as in :func:`fit_metrics.scale.cronbach_alpha`.
    level : float
        Coverage of each interval, between 0 and 1.
    missing : {"omit", "raise"}
        Leave forms with a missing answer out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: `by`, n (whole forms), n_missing, estimate, ci_low, ci_high,
        ci_level, method; null where alpha does not exist.

    Raises
    ------
    ValueError
        A column is not there or has another type, `items` are fewer than two, or an option breaks
        its rule.

    Examples
    --------
    >>> forms = [[6, 7, 5], [3, 2, 4], [8, 9, 9], [5, 5, 3], [7, 8, 8]]
    >>> frame = pl.DataFrame(forms, schema=["a", "b", "c"], orient="row").with_columns(form=1)
    >>> round(alpha(frame, ["a", "b", "c"], by="form")["estimate"][0], 3)
    0.943
    """
    names = list(items)
    if isinstance(items, str) or len(names) < 2:
        raise ValueError(f"items is {items!r}: name two columns or more")
    if len(set(names)) != len(names):
        raise ValueError(f"items is {items!r}: name each column once")
    groups = columns.groups(frame, by)
    answers = columns.table(frame, names)
    n_missing = int(np.isnan(answers).any(axis=1).sum())
    columns.refuse_missing(names, n_missing, frame.height, missing)
    made = [
        scale.cronbach_alpha(piece, ci=ci, level=level, missing="omit")
        for piece in groups.pieces(answers)
    ]
    return columns.from_estimates(groups.keys, made)
