"""Means and regressions whose errors allow for any dependence within clusters."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._cluster_records import ClusterMean, ClusterRegression
from fit_metrics._cluster_rows import ClusterProducts, products
from fit_metrics._multilevel_records import FixedEffects
from fit_metrics._multilevel_rows import Rows, complete_rows, design
from fit_metrics._options import Missing, check_choice, check_level

Correction = Literal["CR0", "CR1", "CR2"]

_LEVERAGE_ONE = 1e-9


def cluster_robust_regression(
    scores: ArrayLike,
    clusters: ArrayLike,
    *,
    covariates: ArrayLike | None = None,
    correction: Correction = "CR2",
    level: float = 0.95,
    missing: Missing = "raise",
) -> ClusterRegression:
    r"""Give a least-squares regression with errors that allow for clusters.

    Parameters
    ----------
    scores : array_like, shape (n,)
        One score a row; None and nan are missing.
    clusters : array_like, shape (n,)
        The cluster (team, worker) of each row.
    covariates : array_like, shape (n,) or (n, k), optional
        Numbers that the mean depends on; the intercept is added.
    correction : {"CR2", "CR1", "CR0"}
        "CR2" is the bias-reduced estimator of Bell and McCaffrey with Satterthwaite's degrees of
        freedom; "CR0" the plain sandwich and "CR1" it times J / (J - 1), both with J - 1 degrees of
        freedom for J clusters.
    level : float
        Coverage of the intervals, between 0 and 1.
    missing : {"raise", "omit"}
        Refuse rows with a missing value, or leave them out and count them.

    Returns
    -------
    ClusterRegression
        Standard errors and limits are nan below two clusters, all numbers where there are no more
        rows than coefficients.

    Raises
    ------
    ValueError
        An argument breaks its rule, or a covariate follows from the others.

    Notes
    -----
    :math:`V = M \sum_j X_j'A_j e_j e_j'A_j X_j M` with :math:`M = (X'X)^{-1}` and, for CR2,
    :math:`A_j = (I - X_j M X_j')^{-1/2}`, the working model being independent rows of one variance.
    All of it is computed from matrices of p columns, whatever the size of the clusters. A cluster
    that alone carries a covariate has leverage 1; the generalised inverse is taken there.

    Domain: normal or skewed scores, means over 5 and more clusters of equal size; there the nominal
    95 % is held within 93 to 97 %. For a covariate of whole
    clusters the degrees of freedom say how many clusters inform it.

    References
    ----------
    .. [1] Bell, R. M., & McCaffrey, D. F. (2002). Bias reduction in standard errors for linear
       regression with multi-stage samples. Survey Methodology, 28(2), 169-181.
    .. [2] Pustejovsky, J. E., & Tipton, E. (2018). Small-sample methods for cluster-robust variance
       estimation and hypothesis testing in fixed effects models. Journal of Business & Economic
       Statistics, 36(4), 672-683.

    Examples
    --------
    >>> scores = [22, 25, 24, 31, 30, 28, 26, 33, 19, 22, 21, 24]
    >>> fit = [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1]
    >>> result = cluster_robust_regression(scores, [1] * 4 + [2] * 4 + [3] * 4, covariates=fit)
    >>> [round(float(number), 2) for number in result.fixed.estimate]
    [23.83, 3.17]
    """
    rows = complete_rows(scores, covariates, {"clusters": clusters}, missing)
    return regression(rows, correction, level)


def regression(rows: Rows, correction: Correction, level: float) -> ClusterRegression:
    """Give the regression of complete rows."""
    check_choice("correction", correction, Correction)
    checked_level = check_level(level)
    group = rows.groupings[0]
    n, p, count = rows.scores.size, rows.covariates.shape[1] + 1, group.labels.size
    estimate, errors, df = np.full(p, np.nan), np.full((p, p), np.nan), np.full(p, np.nan)
    if n >= p and n > 0:
        plan = design(rows.scores, rows.covariates)
        estimate = plan.start
        if count >= 2 and n > p:
            parts = products(plan.columns, group.codes, count)
            errors, df = sandwich(parts, plan.back, n, correction)
    # A sum of squares: where a single cluster carries a covariate, rounding may leave it below 0.
    error = np.sqrt(np.maximum(errors.diagonal(), 0.0))
    half = -special.stdtrit(df, (1.0 - checked_level) / 2.0) * error
    return ClusterRegression(
        fixed=FixedEffects(
            estimate=estimate,
            standard_error=error,
            df=df,
            ci_low=estimate - half,
            ci_high=estimate + half,
            covariance=errors,
        ),
        ci_level=checked_level,
        n=n,
        n_missing=rows.n_missing,
        n_clusters=count,
        method=f"cluster_robust_{correction.lower()}",
    )


def cluster_robust_mean(
    values: ArrayLike,
    clusters: ArrayLike,
    *,
    correction: Correction = "CR2",
    level: float = 0.95,
    missing: Missing = "raise",
) -> ClusterMean:
    """Give the mean of all rows with an interval that allows for clusters.

    Parameters
    ----------
    values : array_like, shape (n,)
        One value a row (0 and 1 for a share); None and nan are missing.
    clusters : array_like, shape (n,)
        The cluster (team, worker) of each row.
    correction, level, missing
        As in :func:`cluster_robust_regression`.

    Returns
    -------
    ClusterMean
        In the unit of `values`. Without rows all nan; with one cluster the mean alone. Values that
        are all equal give an interval of no width.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Examples
    --------
    >>> result = cluster_robust_mean([22, 25, 24, 31, 30, 28], ["a", "a", "b", "b", "c", "c"])
    >>> round(result.estimate, 2), round(result.standard_error, 2), round(result.df, 2)
    (26.67, 1.64, 2.0)
    """
    rows = complete_rows(values, None, {"clusters": clusters}, missing, outcome_name="values")
    result = regression(rows, correction, level)
    fixed = result.fixed
    return ClusterMean(
        estimate=float(fixed.estimate[0]),
        ci_low=float(fixed.ci_low[0]),
        ci_high=float(fixed.ci_high[0]),
        ci_level=result.ci_level,
        n=result.n,
        n_missing=result.n_missing,
        method=f"mean_{result.method}",
        standard_error=float(fixed.standard_error[0]),
        df=float(fixed.df[0]),
        n_clusters=result.n_clusters,
    )


def sandwich(
    parts: ClusterProducts, back: FloatArray, n: int, correction: Correction
) -> tuple[FloatArray, FloatArray]:
    """Give the covariance of the coefficients and their degrees of freedom.

    The design's columns are orthogonal with mean square 1, so M is the identity over n.
    """
    count = parts.scores.shape[0]
    leverage, scores = parts.squares / n, parts.scores / math.sqrt(n)
    factor = 1.0
    if correction == "CR1":
        factor = count / (count - 1)
    if correction != "CR2":
        meat = scores.T @ scores * (factor / n)
        return back @ meat @ back.T, np.full(back.shape[0], count - 1.0)
    values, vectors = np.linalg.eigh(leverage)
    left = np.maximum(1.0 - values, 0.0)
    known = left > _LEVERAGE_ONE
    root = np.where(known, 1.0 / np.sqrt(np.where(known, left, 1.0)), 0.0)
    turned = vectors.transpose(0, 2, 1)
    adjusted = np.einsum("jab,jb,jbc,jc->ja", vectors, root, turned, scores)
    covariance = back @ (adjusted.T @ adjusted / n) @ back.T
    # Satterthwaite: moments of the quadratic form in independent rows that each variance is.
    along = np.einsum("jba,cb->jca", vectors, back)
    own = np.einsum("jca,ja->jc", along**2, values * root**2)
    carried = np.einsum("jba,jca->jcb", vectors, along * (values * root)[:, None, :])
    inner = np.einsum("jcb,jcd->cbd", carried, carried)
    squares = (
        (own**2).sum(axis=0)
        - 2.0 * (own * (carried**2).sum(axis=2)).sum(axis=0)
        + (inner**2).sum(axis=(1, 2))
    )
    trace = (own - (carried**2).sum(axis=2)).sum(axis=0)
    return covariance, trace**2 / squares
