"""The model whose groups differ in their course over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics import _multilevel_models as models
from fit_metrics._arrays import as_column, check_same_length
from fit_metrics._multilevel_assemble import Request
from fit_metrics._multilevel_blocks import slope_blocks
from fit_metrics._multilevel_models import Estimator
from fit_metrics._multilevel_records import MixedModel
from fit_metrics._multilevel_rows import Rows, complete_rows, covariate_matrix, design
from fit_metrics._options import Missing


def random_slope(
    scores: ArrayLike,
    times: ArrayLike,
    groups: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    estimator: Estimator = "reml",
    level: float = 0.95,
    missing: Missing = "raise",
) -> MixedModel:
    r"""Fit a model in which groups differ in their level and in their course over time.

    Parameters
    ----------
    scores, times : array_like, shape (n,)
        Score and time (session, week) of each row; None and nan are missing.
    groups : array_like, shape (n,)
        The group (client, worker, team) of each row.
    covariates : array_like, shape (n,) or (n, k), optional
        Further covariates; the intercept and `times` are added before them.
    estimator, level, missing
        As in :func:`random_intercept`.

    Returns
    -------
    MixedModel
        With the terms "intercept" (at time 0) and "slope", and their correlation, which can be
        exactly -1 or 1. All numbers are nan where the rows do not determine the model: as in
        :func:`random_intercept`, and where fewer than two groups were seen at two times.

    Raises
    ------
    ValueError
        An argument breaks its rule, or a covariate follows from the others.

    Notes
    -----
    :math:`y = \beta_0 + \beta_1 t + x'\beta + u_i + v_i t + e` with an unstructured covariance of
    :math:`(u_i, v_i)`. The ICC of the intercept is that of rows at time 0. Variances, correlation
    and ICC have profile-likelihood intervals.

    References
    ----------
    .. [1] Bates et al. (2015), as in :func:`random_intercept`.

    Examples
    --------
    >>> times = [0, 1, 2, 3] * 3
    >>> scores = [20, 21, 23, 24, 18, 22, 25, 30, 25, 25, 26, 25]
    >>> result = random_slope(scores, times, [1] * 4 + [2] * 4 + [3] * 4)
    >>> [round(float(slope), 2) for slope in result.term("slope").estimate]
    [1.42, 3.87, 0.12]
    """
    column = as_column("times", times)
    check_same_length("times", column, "scores", as_column("scores", scores))
    matrix = np.column_stack([column, covariate_matrix(covariates, column.size)])
    rows = complete_rows(scores, matrix, {"groups": groups}, missing)
    asked = models.request("random_slope", estimator, level, rows.scores.size, rows.n_missing)
    return with_slope(rows, estimator, asked)


def with_slope(rows: Rows, estimator: Estimator, asked: Request) -> MixedModel:
    """Fit a random intercept and slope to rows; the first covariate is the time."""
    group, times = rows.groupings[0], rows.covariates[:, 0]
    counts = models.counted(group)
    size = rows.covariates.shape[1]
    average = rows.covariates.mean(axis=0) if asked.n else np.zeros(size)
    average[0] = 0.0
    slope_only = np.zeros(size + 1)
    slope_only[1] = 1.0
    levels = [
        models.level("intercept", group.labels, None, counts, np.append(1.0, average)),
        models.level("slope", group.labels, None, counts, slope_only),
    ]
    if not models.enough(asked.n, size, counts.size):
        return models.nothing(levels, asked, theta=3)
    if np.ptp(times) == 0.0:
        # No group was seen at two times.
        return models.nothing(levels, asked, theta=3)
    plan = design(rows.scores, rows.covariates, n_before=1)
    centre, spread = float(times.mean()), float(times.std())
    model = slope_blocks(
        plan.columns,
        (times - centre) / spread,
        group.codes,
        counts.size,
        restricted=estimator == "reml",
        offset=models.offset(plan),
    )
    if np.count_nonzero(model.triangles[:, 1, 1]) < 2:
        return models.nothing(levels, asked, theta=3)
    turn = np.array([[1.0, -centre / spread], [0.0, 1.0 / spread]])
    return models.fit_or_nothing(model, plan, levels, asked, float(np.abs(rows.scores).max()), turn)
