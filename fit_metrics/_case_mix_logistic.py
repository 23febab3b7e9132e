"""Observed and expected counts of units, by logistic regression."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._case_mix_model import Rows
from fit_metrics._groups import group_sums

_MAX_STEPS = 50
_LARGEST_LOGIT = 30.0
_HALVINGS = 60


class Counts(NamedTuple):
    """Observed and expected counts of each unit, and the variance of their difference."""

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    logits: FloatArray


def counts(rows: Rows) -> Counts:
    """Fit all rows and give every unit's counts."""
    n_units = rows.labels.size
    logits = _fit(rows)
    shares = special.expit(logits)
    weights = shares * (1.0 - shares)
    weighted = rows.basis * weights[:, np.newaxis]
    pull = group_sums(rows.units, n_units, weighted)
    known = np.linalg.solve(rows.basis.T @ weighted, pull.T).T
    return Counts(
        observed=group_sums(rows.units, n_units, rows.outcome),
        expected=group_sums(rows.units, n_units, shares),
        # What the unit itself drew the expectation towards its own outcomes is taken off.
        variance=group_sums(rows.units, n_units, weights) - (pull * known).sum(axis=1),
        logits=logits,
    )


def _fit(rows: Rows) -> FloatArray:
    """Give the logits of the highest likelihood by Newton's method with halved steps."""
    outcome, basis = rows.outcome, rows.basis
    coefficients = basis.T @ np.full(outcome.size, special.logit(outcome.mean()))
    logits: FloatArray = basis @ coefficients
    deviance = _deviance(outcome, logits)
    for _ in range(_MAX_STEPS):
        shares = special.expit(logits)
        slope = basis.T @ (outcome - shares)
        curvature = basis.T @ (basis * (shares * (1.0 - shares))[:, np.newaxis])
        step = np.linalg.solve(curvature, slope)
        gain = float(slope @ step)
        if gain <= 1e-18 * outcome.size:
            return logits
        while (new := _deviance(outcome, basis @ (coefficients + step))) > deviance + 1e-9:
            step = step / 2.0
        coefficients, deviance = coefficients + step, new
        logits = basis @ coefficients
        if np.abs(logits).max() > _LARGEST_LOGIT:
            break
    raise ValueError(
        "outcome is told without error by intake and categories in some group, so that the "
        "logistic model has no solution: merge small categories or ask for fewer knots"
    )


def _deviance(outcome: FloatArray, logits: FloatArray) -> float:
    return float(-2.0 * special.log_expit(np.where(outcome > 0.0, logits, -logits)).sum())


def score_limits(rows: Rows, found: Counts, z: float) -> tuple[FloatArray, FloatArray]:
    """Give the expected counts that the observed ones just do not differ from.

    A unit's odds are all multiplied by one factor; sought is the factor at which observed less
    expected is z standard deviations. With one share for all it is Wilson's interval.
    """
    low = np.where(found.observed > 0.0, _shifted_counts(rows, found, z), 0.0)
    high = np.where(
        found.observed < rows.persons, _shifted_counts(rows, found, -z), rows.persons.astype(float)
    )
    return low, high


def _shifted_counts(rows: Rows, found: Counts, z: float) -> FloatArray:
    n_units = rows.labels.size
    below = np.full(n_units, -2.0 * _LARGEST_LOGIT)
    above = -below
    for _ in range(_HALVINGS):
        middle = (below + above) / 2.0
        shares = special.expit(found.logits + middle[rows.units])
        expected = group_sums(rows.units, n_units, shares)
        spread = np.sqrt(group_sums(rows.units, n_units, shares * (1.0 - shares)))
        is_beyond = found.observed - expected < z * spread
        above = np.where(is_beyond, middle, above)
        below = np.where(is_beyond, below, middle)
    return np.asarray(expected)


def byar_limits(observed: FloatArray, z: float) -> tuple[FloatArray, FloatArray]:
    """Give Byar's approximate limits of a Poisson count."""
    count = np.maximum(observed, 1.0)
    low = np.maximum(1.0 - 1.0 / (9.0 * count) - z / (3.0 * np.sqrt(count)), 0.0)
    next_count = observed + 1.0
    high = 1.0 - 1.0 / (9.0 * next_count) + z / (3.0 * np.sqrt(next_count))
    return np.where(observed > 0.0, count * low**3, 0.0), next_count * high**3
