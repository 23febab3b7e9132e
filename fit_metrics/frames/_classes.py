"""Classes of change, row by row."""

from __future__ import annotations

from typing import SupportsFloat

import numpy as np
import polars as pl

from fit_metrics import _change_classes
from fit_metrics._options import Direction, Missing
from fit_metrics.frames import _columns as columns


def classify(
    frame: pl.DataFrame,
    intake: str,
    last: str,
    *,
    reliable_change: str | float,
    cutoff: str | float,
    score_step: SupportsFloat,
    cutoff_is_functional: bool,
    reliable_change_inclusive: bool,
    direction: Direction = "higher_is_better",
    missing: Missing = "omit",
    class_column: str = "change_class",
    intake_column: str = "is_intake_functional",
) -> pl.DataFrame:
    """Give the frame with the change class of every row.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a person.
    intake, last : str
        Columns of the first and the last score; null and nan are missing.
    reliable_change, cutoff : str or float
        Name of a column with the threshold of each row, or one threshold for all.
    score_step, cutoff_is_functional, reliable_change_inclusive, direction
        As in :func:`fit_metrics.reliable_change.classify`.
    missing : {"omit", "raise"}
        Leave the class of rows with a missing score or threshold null, or refuse them.
    class_column, intake_column : str
        Names of the two new columns, which the frame must not have yet.

    Returns
    -------
    polars.DataFrame
        `frame` with the class (an Enum of the four labels) and, as true or false, whether the
        intake was functional already. Its rows stay in their order.

    Raises
    ------
    ValueError
        A column is not there, has another type or is there already; an option breaks its rule.

    Examples
    --------
    >>> frame = pl.DataFrame({"intake": [22.3, 22.3, 30.1], "last": [28.3, 28.2, 24.1]})
    >>> classify(
    ...     frame, "intake", "last", reliable_change=6, cutoff=25, score_step=0.1,
    ...     cutoff_is_functional=True, reliable_change_inclusive=True,
    ... )["change_class"].to_list()
    ['recovered', 'unchanged', 'deteriorated']
    """
    columns.check_frame(frame)
    if class_column == intake_column:
        raise ValueError(f"class_column and intake_column are both {class_column!r}: name two")
    for name in (class_column, intake_column):
        if name in frame.columns:
            raise ValueError(f"frame has a column {name!r} already: give the new one another name")
    limits = [
        columns.numbers(frame, given) if isinstance(given, str) else given
        for given in (reliable_change, cutoff)
    ]
    made = _change_classes.classify(
        columns.numbers(frame, intake),
        columns.numbers(frame, last),
        reliable_change=limits[0],
        cutoff=limits[1],
        score_step=score_step,
        cutoff_is_functional=cutoff_is_functional,
        reliable_change_inclusive=reliable_change_inclusive,
        direction=direction,
        missing=missing,
    )
    is_known = pl.Series(made.codes >= 0)
    labels = pl.Series(np.array(made.labels)[made.codes], dtype=pl.Enum(made.labels))
    functional = pl.Series(made.is_intake_functional == 1)
    new = pl.DataFrame({"known": is_known, class_column: labels, intake_column: functional})
    return frame.hstack(
        new.select(
            pl.when("known").then(pl.col(name)).alias(name)
            for name in (class_column, intake_column)
        )
    )
