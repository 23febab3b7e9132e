"""Proportional hazards with covariates that change in time."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import FloatArray, refuse_missing
from fit_metrics._groups import group_sums
from fit_metrics._options import Missing, check_level
from fit_metrics._survival_efron import likelihood, risk_rows, score_residuals
from fit_metrics._survival_hazard import (
    Fitted,
    HazardRegression,
    HazardRows,
    hazard_rows,
    highest,
    orthonormal,
    regression,
)


def cox(
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    missing: Missing = "raise",
) -> HazardRegression:
    r"""Give hazard ratios of covariates that may change in time.

    Parameters
    ----------
    start, stop : array_like, shape (n,)
        Stretch of time that the row stands for: after `start`, up to and with `stop`. A person has
        one row, or several that follow each other with different covariates.
    event : array_like of bool, shape (n,)
        1 where the event happened at `stop`.
    covariates : array_like, shape (n,) or (n, p)
        Numbers known before the stretch ended; never a later form's.
    clusters : array_like, shape (n,), optional
        Text or whole numbers (worker, team, or the person where events recur): standard errors
        allow for any dependence within them. Rows of one person with one event need none.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them.

    Returns
    -------
    HazardRegression
        Log hazard ratios and ratios; all nan without rows or events. With clusters the errors are
        nan below two of them.

    Raises
    ------
    ValueError
        An argument breaks its rule; `start` is not before `stop`; a covariate is constant, follows
        from the others, or tells the events without error.

    Notes
    -----
    :math:`\lambda(t) = \lambda_0(t) \exp\{\beta' x(t)\}` by Newton's method on the partial
    likelihood. Ties are heavy where time is a count of sessions, and are taken as they are, by
    Efron's approximation: each of d tied events counts as having left for a share l / d of them.
    The baseline is not estimated. With clusters the variance is the sandwich of score residuals
    summed in them (Lin and Wei), without small-sample factor.

    A covariate measured at the session that turned out to be the last one must belong to the
    stretch that ends there only where it was known before the person left.

    Nominal property: 50 and more events, ratios from 1/3 to 3; covers 93 to 97 % at 95 %. Where a
    large share leaves at one and the same session the ratio is drawn towards 1, since time is not
    continuous there; :func:`discrete_hazard` is then the model to take.

    References
    ----------
    .. [1] Cox, D. R. (1972). Regression models and life-tables. Journal of the Royal Statistical
       Society B, 34(2), 187-220.
    .. [2] Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. Journal
       of the American Statistical Association, 72(359), 557-565.
    .. [3] Lin, D. Y., & Wei, L. J. (1989). The robust inference for the Cox proportional hazards
       model. Journal of the American Statistical Association, 84(408), 1074-1078.

    Examples
    --------
    >>> result = cox(
    ...     [0, 0, 2, 0, 0, 1, 0], [1, 2, 4, 3, 1, 5, 2], [1, 0, 1, 1, 0, 1, 1],
    ...     [1, 0, 1, 0, 0, 0, 1],
    ... )
    >>> result.n_events, bool(result.ratio_low[0] < result.ratio[0] < result.ratio_high[0])
    (5, True)
    """
    checked_level = check_level(level)
    names = "start, stop, event, covariates" + ("" if clusters is None else " and clusters")
    rows = hazard_rows(
        {"start": start, "stop": stop},
        event,
        covariates,
        clusters,
        lambda count, n: refuse_missing(names, count, n, missing),
    )
    begin, end = rows.times["start"], rows.times["stop"]
    late = begin >= end
    if late.any():
        raise ValueError(
            f"start is {begin[late][0]:g} and stop is {end[late][0]:g} in the same row: start must "
            "lie before stop"
        )
    variance = "model" if clusters is None else "cluster_robust"
    fitted = _fit(rows, begin, end) if rows.is_event.any() else None
    return regression(rows, fitted, checked_level, f"cox_efron_{variance}")


def _fit(rows: HazardRows, begin: FloatArray, end: FloatArray) -> Fitted:
    columns, back = orthonormal(rows.covariates, rows.is_event)
    at_risk = risk_rows(begin, end, rows.is_event, columns)
    coefficients, top, null = highest(partial(likelihood, at_risk), columns)
    inverse = np.linalg.inv(top.information)
    if rows.clusters is not None:
        count = rows.clusters.labels.size
        scores = group_sums(rows.clusters.codes, count, score_residuals(at_risk, coefficients))
        meat = scores.T @ scores if count >= 2 else np.full(inverse.shape, np.nan)
        inverse = inverse @ meat @ inverse
    return Fitted(back @ coefficients, back @ inverse @ back.T, top.value, null)
