"""Rows of a comparison of used units: complete, restricted to the plan, adjustments as columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._adjustments import adjustments
from fit_metrics._arrays import FloatArray, check_same_length, refuse_missing
from fit_metrics._flags import flag_column, non_negative_column
from fit_metrics._groups import as_groups
from fit_metrics._multilevel_rows import Rows, complete_rows
from fit_metrics._options import Missing


def comparison_rows(
    used_units: ArrayLike,
    planned_units: ArrayLike,
    is_fit: ArrayLike,
    teams: ArrayLike,
    covariates: ArrayLike | None,
    factors: Mapping[str, ArrayLike] | None,
    is_closed: ArrayLike | None,
    missing: Missing,
) -> tuple[Rows, FloatArray]:
    """Give the complete rows, FIT as the last covariate, and FIT alone."""
    used = non_negative_column("used_units", used_units)
    planned = non_negative_column("planned_units", planned_units)
    if (planned == 0.0).any():
        raise ValueError("planned_units is 0 at least once: it must be above 0")
    fit = flag_column("is_fit", is_fit)
    team = as_groups("teams", teams)
    check_same_length("used_units", used, "planned_units", planned)
    check_same_length("used_units", used, "is_fit", fit)
    check_same_length("used_units", used, "teams", team.codes)
    adjusted = adjustments(covariates, factors, "used_units", used)
    is_lacking = np.isnan(used) | np.isnan(planned) | np.isnan(fit) | (team.codes < 0)
    is_lacking |= adjusted.is_lacking()
    if is_closed is not None:
        closed = flag_column("is_closed", is_closed)
        check_same_length("used_units", used, "is_closed", closed)
        is_lacking |= np.isnan(closed)
        _refuse_open((closed == 0.0) & (used < planned) & ~is_lacking)
    count = int(np.count_nonzero(is_lacking))
    refuse_missing("used_units and what goes with it", count, used.size, missing)
    kept = ~is_lacking
    columns = np.column_stack([adjusted.columns(kept), fit[kept]])
    rows = complete_rows(
        np.minimum(used, planned)[kept], columns, {"teams": team.codes[kept]}, "raise"
    )
    return rows._replace(n_missing=count), fit[kept]


def _refuse_open(is_open: NDArray[np.bool_]) -> None:
    if is_open.any():
        raise ValueError(
            f"is_closed is 0 in {np.count_nonzero(is_open)} episodes that used less than planned: "
            "what they will use is not known yet; choose openings that lie the planned length back"
        )
