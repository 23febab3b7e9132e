"""Rows and records that the regressions of a hazard share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import FloatArray, as_floats, check_same_length
from fit_metrics._flags import flag_column, non_negative_column
from fit_metrics._groups import Groups, as_groups
from fit_metrics._multilevel_rows import design
from fit_metrics._options import normal_quantile
from fit_metrics._survival_efron import Likelihood
from fit_metrics._survival_records import freeze

_MAX_STEPS = 60
_LARGEST_RANGE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HazardRegression:
    """How covariates go with the hazard of an event.

    All arrays are read-only; all are nan where the rows hold no event.

    Attributes
    ----------
    estimate : ndarray of float64, shape (p,)
        Logarithm of the ratio for one unit of each covariate.
    ratio, ratio_low, ratio_high : ndarray of float64, shape (p,)
        Hazard ratio (Cox) or odds ratio of the hazard (discrete), with limits.
    ci_low, ci_high, standard_error : ndarray of float64, shape (p,)
        Of `estimate`.
    covariance : ndarray of float64, shape (p, p)
        Of `estimate`.
    log_likelihood, log_likelihood_null : float
        At the estimate, and without covariates.
    ci_level : float
        Coverage that each interval aims at.
    n : int
        Rows.
    n_events : int
        Rows that end with the event: what the numbers rest on.
    n_missing : int
        Rows left out because a value was missing.
    n_clusters : int or None
        Clusters behind the standard errors; None where rows are taken as independent.
    method : str
        Code of the model, its ties and its variance.
    """

    estimate: FloatArray
    ratio: FloatArray
    ratio_low: FloatArray
    ratio_high: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    standard_error: FloatArray
    covariance: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    ci_level: float
    n: int
    n_events: int
    n_missing: int
    n_clusters: int | None
    method: str


class HazardRows(NamedTuple):
    """Columns of one length; `present` says in which rows nothing is missing."""

    times: dict[str, FloatArray]
    is_event: NDArray[np.bool_]
    covariates: FloatArray
    clusters: Groups | None
    n_missing: int


class Fitted(NamedTuple):
    """Coefficients of the covariates as they came."""

    coefficients: FloatArray
    covariance: FloatArray
    value: float
    null: float


def hazard_rows(
    times: dict[str, ArrayLike],
    event: ArrayLike,
    covariates: ArrayLike,
    clusters: ArrayLike | None,
    refuse: Callable[[int, int], None],
) -> HazardRows:
    """Give complete rows; `refuse` is asked with how many of how many are not."""
    columns = {name: non_negative_column(name, values) for name, values in times.items()}
    flags = flag_column("event", event)
    for name, values in columns.items():
        check_same_length(name, values, "event", flags)
    matrix = as_floats("covariates", covariates)
    if matrix.ndim == 1:
        matrix = matrix[:, np.newaxis]
    if matrix.ndim != 2 or matrix.shape[0] != flags.size or matrix.shape[1] == 0:
        raise ValueError(
            f"covariates has shape {np.shape(covariates)} and event has {flags.size} values: it "
            "must be one column, or a matrix of columns, with a row for each of them"
        )
    present = ~(np.isnan(flags) | np.isnan(matrix).any(axis=1))
    for values in columns.values():
        present &= ~np.isnan(values)
    groups = None
    if clusters is not None:
        groups = as_groups("clusters", clusters)
        check_same_length("event", flags, "clusters", groups.codes)
        present &= groups.codes >= 0
    n_missing = int(flags.size - np.count_nonzero(present))
    refuse(n_missing, flags.size)
    if groups is not None:
        # Clusters of which no row is complete do not count.
        labels, codes = np.unique(groups.codes[present], return_inverse=True)
        groups = Groups(groups.labels[labels], codes.reshape(-1).astype(np.int64))
    return HazardRows(
        {name: values[present] for name, values in columns.items()},
        flags[present] == 1.0,
        matrix[present],
        groups,
        n_missing,
    )


def orthonormal(
    covariates: FloatArray, is_event: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Give centred orthonormal columns and the matrix that leads their coefficients back."""
    plan = design(is_event.astype(np.float64), covariates)
    return plan.columns[:, 1:-1], plan.back[1:, 1:]


def highest(
    likelihood: Callable[[FloatArray], Likelihood], columns: FloatArray
) -> tuple[FloatArray, Likelihood, float]:
    """Give the coefficients of the highest likelihood, it, and the one at 0."""
    coefficients = np.zeros(columns.shape[1])
    here = likelihood(coefficients)
    null = here.value
    for _ in range(_MAX_STEPS):
        try:
            step = np.linalg.solve(here.information, here.slope)
        except np.linalg.LinAlgError:
            break
        gain = float(here.slope @ step)
        if 0.0 <= gain <= 1e-20 * max(1.0, abs(here.value)):
            return coefficients, here, null
        for _ in range(30):
            there = likelihood(coefficients + step)
            if there.value >= here.value - 1e-12 * abs(here.value):
                break
            step = step / 2.0
        moved, coefficients, here = np.abs(step).max(), coefficients + step, there
        if moved <= 1e-12 * (1.0 + np.abs(coefficients).max()):
            return coefficients, here, null
        if np.ptp(columns @ coefficients) > _LARGEST_RANGE:
            break
    raise ValueError(
        "covariates tell without error which rows have the event, or do not vary among those at "
        "risk together, so that the model has no solution: leave such a column out"
    )


def regression(
    rows: HazardRows, fitted: Fitted | None, level: float, method: str
) -> HazardRegression:
    """Give the record; without a fit all numbers are nan."""
    p = rows.covariates.shape[1]
    nothing = Fitted(np.full(p, np.nan), np.full((p, p), np.nan), np.nan, np.nan)
    found = fitted or nothing
    error = np.sqrt(found.covariance.diagonal())
    reach = normal_quantile(level) * error
    low, high = found.coefficients - reach, found.coefficients + reach
    # In a tiny unit the ratio for one of them is beyond what floats hold; its logarithm stands.
    with np.errstate(over="ignore"):
        ratios = np.exp(np.array([found.coefficients, low, high]))
    freeze(found.coefficients, found.covariance, error, low, high, ratios)
    return HazardRegression(
        estimate=found.coefficients,
        ratio=ratios[0],
        ratio_low=ratios[1],
        ratio_high=ratios[2],
        ci_low=low,
        ci_high=high,
        standard_error=error,
        covariance=found.covariance,
        log_likelihood=found.value,
        log_likelihood_null=found.null,
        ci_level=level,
        n=rows.is_event.size,
        n_events=int(rows.is_event.sum()),
        n_missing=rows.n_missing,
        n_clusters=None if rows.clusters is None else int(rows.clusters.labels.size),
        method=method,
    )
