"""Rows of a multilevel model: labels as codes, covariates as an orthonormal design."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_column, as_floats, refuse_missing
from fit_metrics._options import Missing

Codes = NDArray[np.intp]
Labels = NDArray[np.generic]


class Grouping(NamedTuple):
    """Which group each row belongs to."""

    codes: Codes
    labels: Labels


class Rows(NamedTuple):
    """Complete rows of a model."""

    scores: FloatArray
    covariates: FloatArray
    groupings: tuple[Grouping, ...]
    n_missing: int


class Design(NamedTuple):
    """Covariates and scores in coordinates where nothing cancels.

    `columns` holds the intercept, the covariates centred and made orthonormal (mean square 1) and
    last what least squares leaves of the scores. Coefficients of these columns times `back`, plus
    `start`, are those of the covariates as they came.
    """

    columns: FloatArray
    back: FloatArray
    start: FloatArray
    means: FloatArray


def complete_rows(
    scores: ArrayLike,
    covariates: ArrayLike | None,
    groups: dict[str, ArrayLike],
    missing: Missing,
    *,
    outcome_name: str = "scores",
) -> Rows:
    """Give the rows in which score, covariates and every label are present."""
    outcome = as_column(outcome_name, scores)
    matrix = covariate_matrix(covariates, outcome.size)
    columns = {
        name: _label_column(name, labels, outcome_name, outcome.size)
        for name, labels in groups.items()
    }
    present = ~(np.isnan(outcome) | np.isnan(matrix).any(axis=1))
    for labels in columns.values():
        present &= ~_label_missing(labels)
    n_missing = int(outcome.size - np.count_nonzero(present))
    names = ", ".join([outcome_name, *(["covariates"] if matrix.shape[1] else []), *columns])
    refuse_missing(names, n_missing, outcome.size, missing)
    if n_missing:
        outcome, matrix = outcome[present], matrix[present]
        columns = {name: labels[present] for name, labels in columns.items()}
    groupings = tuple(grouping(name, labels) for name, labels in columns.items())
    return Rows(outcome, matrix, groupings, n_missing)


def covariate_matrix(covariates: ArrayLike | None, n: int) -> FloatArray:
    """Give the covariates as a matrix of n rows; without any it has no column."""
    if covariates is None:
        return np.empty((n, 0))
    matrix = as_floats("covariates", covariates)
    if matrix.ndim == 1:
        matrix = matrix[:, None]
    if matrix.ndim != 2:
        raise ValueError(f"covariates has {matrix.ndim} dimensions: it must have one or two")
    if matrix.shape[0] != n:
        raise ValueError(
            f"covariates has {matrix.shape[0]} rows and scores has {n}: "
            "they must be rows of the same table"
        )
    return matrix


def _label_column(name: str, labels: ArrayLike, outcome_name: str, n: int) -> Labels:
    array: Labels = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions: it must have exactly one")
    if array.size != n:
        raise ValueError(
            f"{name} has {array.size} values and {outcome_name} has {n}: "
            "they must be rows of the same table"
        )
    return array


def _label_missing(labels: Labels) -> NDArray[np.bool_]:
    if labels.dtype.kind == "f":
        return np.isnan(labels.astype(np.float64))
    if labels.dtype.kind == "O":
        # None equals None, and nan is the one value that differs from itself.
        return np.asarray((labels == None) | (labels != labels), dtype=np.bool_)  # noqa: E711
    return np.zeros(labels.size, dtype=np.bool_)


def grouping(name: str, labels: Labels) -> Grouping:
    """Give each row the number of its label among the sorted labels."""
    if labels.dtype.kind in "iu" and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if high - low <= 4 * labels.size and high <= np.iinfo(np.int64).max:
            # Whole numbers close together need no sorting.
            shifted = labels.astype(np.int64) - low
            used = np.bincount(shifted) > 0
            number = np.cumsum(used) - 1
            return Grouping(number[shifted], (np.flatnonzero(used) + low).astype(labels.dtype))
    try:
        unique, codes = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{name} mixes labels that cannot be ordered: {error}") from error
    return Grouping(codes.reshape(-1).astype(np.intp), unique)


def design(scores: FloatArray, covariates: FloatArray, *, n_before: int = 0) -> Design:
    """Give the design of complete rows; covariates that depend on each other are refused.

    The first `n_before` columns (the time) are no covariates of the caller's: messages count
    from the next one.
    """
    n, k = covariates.shape
    means = covariates.mean(axis=0)
    centred = covariates - means
    spread = np.sqrt((centred**2).mean(axis=0))
    scale = np.abs(covariates).max(axis=0, initial=0.0)
    for j in np.flatnonzero(spread <= 1e-12 * scale).tolist():
        raise ValueError(
            f"covariates: column {j - n_before} has one value only, which the intercept already stands for"
        )
    standardised = centred / spread
    correlation = standardised.T @ standardised / n
    inverse = np.eye(k)
    if k:
        for j in range(1, k + 1):
            if np.linalg.eigvalsh(correlation[:j, :j])[0] < 1e-10:
                raise ValueError(
                    f"covariates: column {j - 1 - n_before} follows from the columns before it; "
                    "leave it out"
                )
        inverse = np.linalg.inv(np.linalg.cholesky(correlation)).T
    columns = np.empty((n, k + 2))
    columns[:, 0] = 1.0
    columns[:, 1 : k + 1] = standardised @ inverse
    shift = float(scores.mean())
    outcome = scores - shift
    slopes = columns[:, : k + 1].T @ outcome / n
    columns[:, k + 1] = outcome - columns[:, : k + 1] @ slopes
    back = np.eye(k + 1)
    back[1:, 1:] = inverse / spread[:, None]
    back[0, 1:] = -means @ back[1:, 1:]
    start = back @ slopes
    start[0] += shift
    return Design(columns, back, start, means)
