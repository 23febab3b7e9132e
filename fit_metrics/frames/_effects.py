"""Effect sizes, group by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from fit_metrics import _group_moments, effect_size
from fit_metrics._options import Direction, Missing
from fit_metrics._pre_post import IntervalMethod, Options, Standardizer, effects
from fit_metrics._two_group_kernel import IntervalMethod as TwoGroupInterval
from fit_metrics._two_group_kernel import Standardizer as TwoGroupStandardizer
from fit_metrics.frames import _columns as columns


def pre_post_d(
    frame: pl.DataFrame,
    pre: str,
    post: str,
    *,
    by: str | Sequence[str],
    standardizer: Standardizer = "pre_sd",
    correct_bias: bool = True,
    ci: IntervalMethod = "normal",
    level: float = 0.95,
    missing: Missing = "omit",
    direction: Direction = "higher_is_better",
) -> pl.DataFrame:
    """Give the standardised mean change of every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a person.
    pre, post : str
        Columns of the first and the last score, numbers in score units; null and nan are missing.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    standardizer, correct_bias, ci, level, direction
        As in :func:`fit_metrics.effect_size.pre_post_d`. No "bootstrap": it draws from the rows of
        one group at a time.
    missing : {"omit", "raise"}
        Leave pairs with a missing score out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: `by`, n (pairs), n_missing, mean_change and standardizer_sd (score
        units), estimate, ci_low, ci_high, ci_level, method. What the function of arrays gives as
        nan is null.

    Raises
    ------
    ValueError
        A column is not there or has another type; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"team": ["a"] * 4 + ["b"], "pre": [18, 22, 25, 17, 20], "post": [24, 25, 30, 25, None]}
    ... )
    >>> pre_post_d(frame, "pre", "post", by="team").select("team", "n", "n_missing").rows()
    [('a', 4, 0), ('b', 0, 1)]
    """
    options = Options(standardizer, correct_bias, ci, level, direction)
    options.check_without_rows()
    groups = columns.groups(frame, by, ("mean_change", "standardizer_sd"))
    first, last = columns.numbers(frame, pre), columns.numbers(frame, post)
    is_missing = np.isnan(first) | np.isnan(last)
    columns.refuse_missing((pre, post), int(is_missing.sum()), frame.height, missing)
    kept = ~is_missing
    moments = _group_moments.of_changes(
        first[kept],
        last[kept],
        groups.codes[kept],
        groups.size,
        columns.precision(frame, pre, post),
    )
    made = effects(moments, options)
    return columns.result(
        groups.keys,
        n=made.n,
        n_missing=groups.n_missing(is_missing),
        mean_change=made.mean_change,
        standardizer_sd=made.standardizer_sd,
        estimate=made.estimate,
        ci_low=made.ci_low,
        ci_high=made.ci_high,
        ci_level=made.ci_level,
        method=made.method,
    )


def two_group_d(
    frame: pl.DataFrame,
    value: str,
    treated: str,
    *,
    by: str | Sequence[str],
    standardizer: TwoGroupStandardizer = "pooled",
    correct_bias: bool = True,
    ci: TwoGroupInterval = "normal",
    level: float = 0.95,
    missing: Missing = "omit",
    direction: Direction = "higher_is_better",
) -> pl.DataFrame:
    """Give the standardised difference of two kinds of rows in every group.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a person.
    value : str
        Column of numbers in score units; null and nan are missing.
    treated : str
        Column of flags: true for the treatment group, false for the control group.
    by : str or sequence of str
        Columns that make the groups; a missing key is a group of its own.
    standardizer, correct_bias, ci, level, direction
        As in :func:`fit_metrics.effect_size.two_group_d`, without "bootstrap".
    missing : {"omit", "raise"}
        Leave rows without a value or a flag out and count them, or refuse them.

    Returns
    -------
    polars.DataFrame
        One row a group, sorted: `by`, n (both kinds together), n_missing, estimate, ci_low,
        ci_high, ci_level, method; null where the function of arrays gives nan.

    Raises
    ------
    ValueError
        A column is not there or has another type; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame(
    ...     {"city": ["a"] * 5, "fit": [1, 1, 1, 0, 0], "change": [6.0, 4.0, 5.0, 1.0, 3.0]}
    ... )
    >>> result = two_group_d(frame, "change", "fit", by="city", correct_bias=False)
    >>> round(result["estimate"][0], 3)
    2.598
    """
    if ci == "bootstrap":
        raise ValueError("ci is 'bootstrap': use fit_metrics.effect_size.two_group_d on one group")
    groups = columns.groups(frame, by)
    rows = np.column_stack([columns.numbers(frame, value), columns.flags(frame, treated)])
    is_missing = np.isnan(rows).any(axis=1)
    columns.refuse_missing((value, treated), int(is_missing.sum()), frame.height, missing)
    # A row without a flag is missing whatever its value is.
    rows[is_missing] = [np.nan, 1.0]
    estimates = [
        effect_size.two_group_d(
            piece[piece[:, 1] == 1.0, 0],
            piece[piece[:, 1] == 0.0, 0],
            standardizer=standardizer,
            correct_bias=correct_bias,
            ci=ci,
            level=level,
            missing="omit",
            direction=direction,
        )
        for piece in groups.pieces(rows)
    ]
    return columns.from_estimates(groups.keys, estimates)
