"""Observed less expected means of units, by least squares."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._between_areas import Summaries, estimate_tau2
from fit_metrics._case_mix_model import Rows
from fit_metrics._groups import group_sums
from fit_metrics._options import normal_quantile

OwnRows = Literal["included", "left_out"]
DifferenceInterval = Literal["fixed", "cluster", "empirical_bayes"]

_ALMOST_ONE = 1.0 - 1e-9


class Fit(NamedTuple):
    """Residuals of the model on all rows and what the units share of it."""

    residuals: FloatArray
    df: int
    rss: float
    total_squares: float
    persons: FloatArray
    mean_residual: FloatArray
    mean_basis: FloatArray


class Differences(NamedTuple):
    """Observed less expected of each unit, with its standard error and degrees of freedom."""

    values: FloatArray
    errors: FloatArray
    df: FloatArray
    residuals: FloatArray


def fit(rows: Rows) -> Fit:
    """Fit all rows by least squares."""
    # Equal outcomes have residuals of exactly 0 once they are measured from one of themselves.
    outcome = rows.outcome - rows.outcome[0]
    residuals = outcome - rows.basis @ (rows.basis.T @ outcome)
    n_units = rows.labels.size
    persons = rows.persons.astype(np.float64)
    known = np.where(persons > 0.0, persons, np.nan)
    return Fit(
        residuals=residuals,
        df=outcome.size - rows.basis.shape[1],
        rss=float(residuals @ residuals),
        total_squares=float(((outcome - outcome.mean()) ** 2).sum()),
        persons=known,
        mean_residual=group_sums(rows.units, n_units, residuals) / known,
        mean_basis=group_sums(rows.units, n_units, rows.basis) / known[:, np.newaxis],
    )


def included(rows: Rows, model: Fit) -> Differences:
    """Give the differences from the model that every unit had its part in."""
    none = np.full(model.persons.shape, np.nan)
    if model.df < 1:
        return Differences(none, none, none, model.residuals)
    leverage = (model.mean_basis**2).sum(axis=1)
    # A unit that the model's columns can follow alone is its own standard.
    is_free = leverage * model.persons < _ALMOST_ONE
    variance = model.rss / model.df * (1.0 / model.persons - leverage)
    return Differences(
        np.where(is_free, model.mean_residual, np.nan),
        np.sqrt(np.where(is_free, variance, np.nan)),
        np.where(is_free, float(model.df), np.nan),
        model.residuals,
    )


def left_out(rows: Rows, model: Fit) -> Differences:
    """Give each unit's difference from the model of all other units.

    The fit without a unit follows from the fit with it: no model is fitted anew.
    """
    values, errors, dfs = (np.full(model.persons.shape, np.nan) for _ in range(3))
    residuals = np.full(model.residuals.shape, np.nan)
    size = rows.basis.shape[1]
    ends = np.cumsum(rows.persons)
    for unit in np.flatnonzero(rows.persons):
        own = slice(int(ends[unit] - rows.persons[unit]), int(ends[unit]))
        basis, own_residuals = rows.basis[own], model.residuals[own]
        df = model.df - own_residuals.size
        shared = basis.T @ basis
        if df < 1 or np.linalg.eigvalsh(shared)[-1] > _ALMOST_ONE:
            continue
        pull = basis.T @ own_residuals
        solved = np.linalg.solve(
            np.eye(size) - shared, np.column_stack([pull, model.mean_basis[unit]])
        )
        residuals[own] = own_residuals + basis @ solved[:, 0]
        rss = model.rss - float(own_residuals @ own_residuals + pull @ solved[:, 0])
        variance = 1.0 / own_residuals.size + float(model.mean_basis[unit] @ solved[:, 1])
        values[unit] = residuals[own].mean()
        errors[unit] = np.sqrt(max(rss, 0.0) / df * variance)
        dfs[unit] = df
    return Differences(values, errors, dfs, residuals)


def clustered(rows: Rows, found: Differences) -> Differences:
    """Give the differences with errors from the spread of clusters within units, m - 1 df."""
    if rows.clusters is None:
        raise ValueError("cluster is None: interval='cluster' needs it")
    n_units = rows.labels.size
    width = int(rows.clusters.max(initial=0)) + 1
    # A cluster that works in two units is one cluster in each of them.
    _, cells = np.unique(rows.units * width + rows.clusters, return_inverse=True)
    first_row = np.unique(cells, return_index=True)[1]
    unit_of_cell = rows.units[first_row]
    centred = found.residuals - found.values[rows.units]
    sums = group_sums(cells, first_row.size, np.nan_to_num(centred))
    count = np.bincount(unit_of_cell, minlength=n_units).astype(np.float64)
    count[(count < 2.0) | np.isnan(found.values)] = np.nan
    squares = np.bincount(unit_of_cell, weights=sums**2, minlength=n_units)
    errors = np.sqrt(squares * count / (count - 1.0)) / rows.persons.clip(1)
    return Differences(found.values, errors, count - 1.0, found.residuals)


def within_units(model: Fit, rows: Rows, found: Differences) -> Differences:
    """Give the errors without the spread between units, which shrinking counts by itself."""
    is_there = ~np.isnan(found.values)
    between = float(np.nansum(model.persons * model.mean_residual**2))
    df = model.df - int(np.count_nonzero(is_there)) + 1
    if df < 1:
        return found._replace(errors=np.full(found.errors.shape, np.nan))
    whole = model.rss / model.df if model.df > 0 else np.nan
    factor = np.sqrt(max(model.rss - between, 0.0) / df / whole) if whole > 0.0 else 1.0
    return found._replace(errors=found.errors * factor)


class Shrunken(NamedTuple):
    """Differences drawn towards 0 by how little is known of each."""

    tau2: float
    weights: FloatArray
    half_width: FloatArray


def shrink(found: Differences, level: float) -> Shrunken:
    """Give the weights of empirical Bayes: variance between units over all variance.

    The interval has Morris's term for the variance between units being estimated itself; without
    it nothing would be left of the interval where that variance is 0.
    """
    is_known = found.errors > 0.0
    variances = np.where(is_known, found.errors**2, np.nan)
    count = int(np.count_nonzero(is_known))
    tau2 = estimate_tau2(Summaries(found.values[is_known], variances[is_known]), "reml")
    total = tau2 + variances
    weights = tau2 / total
    drawn = 1.0 - weights
    spread = np.full(total.shape, np.nan)
    if count > 2:
        typical = tau2 + float(variances[is_known].mean())
        uncertain = 2.0 / (count - 2) * drawn**2 * typical / total
        spread = weights * variances + uncertain * found.values**2
    half_width = normal_quantile(level) * np.sqrt(spread)
    # What is known without error is not drawn anywhere.
    is_exact = found.errors == 0.0
    return Shrunken(tau2, np.where(is_exact, 1.0, weights), np.where(is_exact, 0.0, half_width))


def student_half_width(found: Differences, level: float) -> FloatArray:
    """Give t · SE of each unit."""
    return np.asarray(-special.stdtrit(found.df, (1.0 - level) / 2.0) * found.errors)
