"""Results of case-mix adjustment: one entry a unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fit_metrics._arrays import FloatArray
from fit_metrics._case_mix_model import Rows
from fit_metrics._counts import read_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseMixDifferences:
    """Observed less expected mean of every unit.

    Attributes
    ----------
    labels : ndarray, shape (n_units,)
        The units in the order of their labels: never ranked. All arrays are in this order.
    estimate : ndarray of float, shape (n_units,)
        Observed less expected mean, positive for the better, in outcome units; times `shrinkage`
        for empirical Bayes; ``nan`` where there is none.
    ci_low, ci_high : ndarray of float, shape (n_units,)
        Limits of the two-sided interval.
    ci_level : float
        Coverage that the interval aims at.
    n : ndarray of int, shape (n_units,)
        Complete rows of each unit.
    n_missing : int
        Rows left out because something was missing.
    method : str
        Code of the standard and of the interval.
    observed, expected : ndarray of float, shape (n_units,)
        Mean outcome, and the mean expected of clients like these, in outcome units.
    standard_error : ndarray of float, shape (n_units,)
        Standard error of the difference before shrinking.
    shrinkage : ndarray of float, shape (n_units,)
        Weight of the unit's own difference, 0 to 1; 1 without empirical Bayes.
    tau2 : float
        Variance between units for empirical Bayes, squared outcome unit; ``nan`` without.
    r_squared : float
        Share of the outcome's variance that the model explains.
    residual_sd : float
        SD of the persons' outcomes around the model, outcome units.
    knots : ndarray of float
        Places of the knots used.
    """

    labels: NDArray[Any]
    estimate: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    ci_level: float
    n: NDArray[Any]
    n_missing: int
    method: str
    observed: FloatArray
    expected: FloatArray
    standard_error: FloatArray
    shrinkage: FloatArray
    tau2: float
    r_squared: float
    residual_sd: float
    knots: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseMixRatios:
    """Observed over expected count of every unit.

    Attributes
    ----------
    labels : ndarray, shape (n_units,)
        The units in the order of their labels: never ranked. All arrays are in this order.
    estimate : ndarray of float, shape (n_units,)
        Observed over expected count; 1 is as expected, ``nan`` where there is no row.
    ci_low, ci_high : ndarray of float, shape (n_units,)
        Limits of the two-sided interval.
    ci_level : float
        Coverage that the interval aims at.
    n : ndarray of int, shape (n_units,)
        Complete rows of each unit.
    n_missing : int
        Rows left out because something was missing.
    method : str
        Code of the standard and of the interval.
    observed, expected : ndarray of float, shape (n_units,)
        Counts.
    z : ndarray of float, shape (n_units,)
        Observed less expected over its standard deviation if the model were true.
    knots : ndarray of float
        Places of the knots used.
    """

    labels: NDArray[Any]
    estimate: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    ci_level: float
    n: NDArray[Any]
    n_missing: int
    method: str
    observed: FloatArray
    expected: FloatArray
    z: FloatArray
    knots: FloatArray


def differences_of_nobody(rows: Rows, level: float, method: str) -> CaseMixDifferences:
    """Give the result for units of which no row is complete: nan throughout."""
    nothing = read_only(np.full(rows.labels.size, np.nan))
    return CaseMixDifferences(
        labels=rows.labels,
        estimate=nothing,
        ci_low=nothing,
        ci_high=nothing,
        ci_level=level,
        n=rows.persons,
        n_missing=rows.n_missing,
        method=method,
        observed=nothing,
        expected=nothing,
        standard_error=nothing,
        shrinkage=nothing,
        tau2=math.nan,
        r_squared=math.nan,
        residual_sd=math.nan,
        knots=read_only(rows.knots),
    )
