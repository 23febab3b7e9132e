"""Intervals of variances and of intraclass correlations from the likelihood's profile."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_blocks import Blocks
from fit_metrics._multilevel_fit import hessian
from fit_metrics._multilevel_likelihood import HOPELESS, Likelihood
from fit_metrics._multilevel_nested import Nested

Limits = tuple[float, float]

_FARTHEST = 600.0


class Place(NamedTuple):
    """Where in the likelihood a point of the profile lies, and how it moves with what is free."""

    theta: FloatArray
    log_variance: float | None
    by_free: FloatArray
    """Derivatives of theta (and of the log-variance as a last row) by the free numbers."""


Path = Callable[[float, FloatArray], Place]


def limits(
    model: Likelihood, path: Path, at: float, free: FloatArray, bounds: Limits, level: float
) -> Limits:
    """Give where the deviance, least over all that is free, exceeds its minimum by chi-square.

    `path` turns the number in question and the free ones into theta; `at` and `free` are their
    values at the optimum.
    """
    rise = math.sqrt(float(special.chdtri(1, 1.0 - level)))
    lowest = _deviance(model, path, at, free)[0]
    shape = _shape(model, path, at, free)

    def excess_along() -> Callable[[float], float]:
        warm = free
        known = {at: -rise}

        def excess(value: float) -> float:
            nonlocal warm
            if value not in known:
                least, warm = _least(model, path, value, warm, shape)
                # Near its minimum the root of the rise is a straight line.
                known[value] = math.sqrt(max(least - lowest, 0.0)) - rise
            return known[value]

        return excess

    step = 0.2 * abs(at) if at else 0.1 * (min(bounds[1], 1.0) - max(bounds[0], -1.0))
    return (
        _crossing(excess_along(), at, -step, bounds[0]),
        _crossing(excess_along(), at, step, bounds[1]),
    )


def _shape(model: Likelihood, path: Path, at: float, free: FloatArray) -> FloatArray:
    """Give coordinates of what is free in which the deviance curves alike in every direction."""
    steps = 1e-3 * np.maximum(np.abs(free), 0.1)
    curvature = hessian(lambda z: _deviance(model, path, at, z)[1], free, steps)
    if free.size == 0:
        return curvature
    values, vectors = np.linalg.eigh(curvature)
    kept = np.maximum(np.abs(values), 1e-6 * max(float(np.abs(values).max()), 1.0))
    return np.asarray(vectors / np.sqrt(kept))


def _crossing(excess: Callable[[float], float], at: float, step: float, bound: float) -> float:
    inner = at
    for _ in range(60):
        outer = inner + step
        beyond = outer <= bound if step < 0.0 else outer >= bound
        if beyond:
            outer = bound
        if inner == bound:
            return bound
        if excess(outer) > 0.0:
            return float(optimize.brentq(excess, inner, outer, xtol=1e-300, rtol=1e-8))
        if beyond:
            return bound
        inner, step = outer, 2.0 * step
    return math.nan


def _deviance(
    model: Likelihood, path: Path, value: float, free: FloatArray
) -> tuple[float, FloatArray]:
    place = path(value, free)
    if place.log_variance is not None and abs(place.log_variance) > _FARTHEST:
        return HOPELESS, np.zeros_like(free)
    if place.log_variance is None:
        point = model.evaluate(place.theta)
        return point.deviance, place.by_free.T @ point.gradient
    point = model.evaluate(place.theta, math.exp(place.log_variance))
    return point.deviance, place.by_free.T @ np.append(point.gradient, point.by_log_variance)


def _least(
    model: Likelihood, path: Path, value: float, start: FloatArray, shape: FloatArray
) -> tuple[float, FloatArray]:
    if start.size == 0:
        return _deviance(model, path, value, start)[0], start

    def objective(z: FloatArray, origin: FloatArray) -> tuple[float, FloatArray]:
        deviance, slope = _deviance(model, path, value, origin + shape @ z)
        return deviance, shape.T @ slope

    origins = [start]
    if (np.abs(start) < 1e-6).any():
        # A number at 0 has slope 0 whatever lies beyond, so the search starts beside it as well.
        origins.append(np.where(np.abs(start) < 1e-6, 0.1, start))
    best, least = start, math.inf
    for origin in origins:
        end = optimize.minimize(
            objective,
            np.zeros(origin.size),
            args=(origin,),
            jac=True,
            method="BFGS",
            options={"gtol": 1e-6, "maxiter": 100},
        )
        if float(end.fun) < least:
            best, least = origin + shape @ end.x, float(end.fun)
    return least, best


def residual_limits(model: Likelihood, theta: FloatArray, variance: float, level: float) -> Limits:
    """Give limits of the residual standard deviation."""

    def path(value: float, free: FloatArray) -> Place:
        by_free = np.vstack([np.eye(free.size), np.zeros(free.size)])
        return Place(free, 2.0 * math.log(value), by_free)

    at = math.sqrt(variance)
    return limits(model, path, at, theta, (1e-9 * at, math.inf), level)


def deviation_limits(
    model: Likelihood, theta: FloatArray, variance: float, k: int, level: float
) -> Limits:
    """Give limits of the standard deviation that theta[k], a diagonal entry, belongs to."""
    others = [j for j in range(theta.size) if j != k]

    def path(value: float, free: FloatArray) -> Place:
        full = np.zeros(theta.size)
        full[k] = value * math.exp(float(np.clip(-0.5 * free[-1], -_FARTHEST, _FARTHEST)))
        full[others] = free[:-1]
        by_free = np.zeros((theta.size + 1, free.size))
        by_free[others, range(len(others))] = 1.0
        by_free[k, -1] = -0.5 * full[k]
        by_free[-1, -1] = 1.0
        return Place(full, float(free[-1]), by_free)

    free = np.append(theta[others], math.log(variance))
    at = float(theta[k]) * math.sqrt(variance)
    return _scaled_limits(model, path, at, free, math.sqrt(variance), level)


def _scaled_limits(
    model: Likelihood, path: Path, at: float, free: FloatArray, unit: float, level: float
) -> Limits:
    def in_units(value: float, numbers: FloatArray) -> Place:
        return path(value * unit, numbers)

    low, high = limits(model, in_units, at / unit, free, (0.0, math.inf), level)
    return low * unit, high * unit


def correlation_limits(model: Blocks, theta: FloatArray, level: float) -> Limits:
    """Give limits of the correlation of intercept and slope."""

    def path(value: float, free: FloatArray) -> Place:
        # Logarithms keep both deviations above 0: with signs a correlation could turn into its
        # opposite.
        rest = math.sqrt(max(1.0 - value * value, 0.0))
        one, two = np.exp(np.clip(free, -_FARTHEST, 30.0)).tolist()
        full = np.array([one, value * two, rest * two])
        return Place(full, None, np.array([[one, 0.0], [0.0, value * two], [0.0, rest * two]]))

    slope = math.hypot(theta[1], theta[2])
    free = np.log([theta[0], slope])
    return limits(model, path, float(theta[1]) / slope, free, (-1.0, 1.0), level)


def share_limits(model: Nested | Blocks, theta: FloatArray, k: int, level: float) -> Limits:
    """Give limits of the share that the variance theta[k]² has of the total.

    Of a nested model the total counts both levels; of a model with a slope it is that of rows at
    time 0.
    """
    slope = isinstance(model, Blocks)
    others = [j for j in range(theta.size) if j != k]

    def path(value: float, free: FloatArray) -> Place:
        odds = value / (1.0 - value)
        within = 1.0 if slope else 1.0 + float(free @ free)
        full = np.zeros(theta.size)
        full[others] = free
        full[k] = math.sqrt(odds * within)
        by_free = np.zeros((theta.size, free.size))
        by_free[others, range(len(others))] = 1.0
        if not slope and full[k] > 0.0:
            by_free[k] = odds * free / full[k]
        return Place(full, None, by_free)

    free = theta[others]
    within = 1.0 if slope else 1.0 + float(free @ free)
    at = float(theta[k] ** 2 / (theta[k] ** 2 + within))
    return limits(model, path, at, free, (0.0, 1.0 - 1e-12), level)


def exact_share_limits(model: Blocks, level: float) -> Limits:
    """Give Wald's exact limits of the intraclass correlation of one grouping.

    For the true theta the weighted squares between groups, over those within, follow an F
    distribution whatever the sizes of the groups.
    """
    rank, inner = model.within()
    between_df, within_df = model.free_between(rank), model.free_within(rank)

    def ratio(share: float) -> float:
        theta = np.array([math.sqrt(share / (1.0 - share))])
        outer = model.evaluate(theta).residual_squares - inner
        return outer / between_df / (inner / within_df)

    def where(probability: float) -> float:
        wanted = float(special.fdtri(between_df, within_df, probability))
        if ratio(0.0) <= wanted:
            return 0.0
        top = 1.0 - 1e-12
        if ratio(top) >= wanted:
            return 1.0
        return float(optimize.brentq(lambda share: ratio(share) - wanted, 0.0, top, xtol=1e-15))

    return where((1.0 + level) / 2.0), where((1.0 - level) / 2.0)
