"""Variance between areas: its estimators, its interval and what is worked out from it."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from scipy import optimize, special

from fit_metrics._arrays import FloatArray

Tau2 = Literal["reml", "dl"]

_EPSILON = float(np.finfo(np.float64).eps)
_GRID_SIZE = 200


class Summaries(NamedTuple):
    """Estimates of k areas with their sampling variances, all above 0."""

    estimates: FloatArray
    variances: FloatArray


class WeightedMean(NamedTuple):
    """Mean weighted by the inverse of the variances, and the squares around it."""

    mean: float
    weights: FloatArray
    total_weight: float
    q: float


def weighted_mean(data: Summaries, tau2: float = 0.0) -> WeightedMean:
    """Give the mean with weights 1 / (v + tau2), and the weighted squares around it."""
    weights = 1.0 / (data.variances + tau2)
    total = float(weights.sum())
    # Measured from one estimate: equal estimates then give exactly their own value and q = 0.
    start = float(data.estimates[0])
    shifted = data.estimates - start
    mean = float(np.dot(weights, shifted)) / total
    q = float(np.dot(weights, (shifted - mean) ** 2))
    return WeightedMean(start + mean, weights, total, q)


def typical_variance(data: Summaries) -> float:
    """Give the sampling variance of a typical area as Higgins and Thompson define it; k >= 2."""
    return (data.variances.size - 1) / shared_weight(1.0 / data.variances)


def shared_weight(weights: FloatArray) -> float:
    """Give W1 - W2 / W1 of the sums of weights and of their squares.

    Every weight times the sum of all others: the difference itself loses its digits where one
    unit is far more precise than the rest.
    """
    before = np.concatenate(([0.0], np.cumsum(weights[:-1])))
    after = np.concatenate((np.cumsum(weights[:0:-1])[::-1], [0.0]))
    return float(np.dot(weights / weights.sum(), before + after))


def estimate_tau2(data: Summaries, method: Tau2) -> float:
    """Give the variance between areas, 0 or more; nan for one area."""
    if data.estimates.size < 2:
        return math.nan
    if method == "reml":
        return _reml(data)
    df = data.estimates.size - 1
    # (Q - df) / (W - W2 / W), the denominator by way of the typical variance.
    return max(0.0, (weighted_mean(data).q / df - 1.0) * typical_variance(data))


def _reml(data: Summaries) -> float:
    """Give the tau2 of the highest restricted likelihood.

    The likelihood can have more than one top: a grid finds the highest, the root of the score
    near it the exact place.
    """
    unit = float(np.median(data.variances)) + float(np.var(data.estimates))
    grid = np.concatenate(([0.0], unit * np.logspace(-8.0, 6.0, _GRID_SIZE)))
    best = int(np.argmax(_restricted_likelihood(data, grid)))
    # Where the likelihood is flat to the last digit its largest value is chance: the score tells.
    below, above = max(best - 1, 0), best + 1
    while below > 0 and _score(data, grid[below]) <= 0.0:
        below -= 1
    while _score(data, grid[above]) > 0.0:
        above += 1
    low, high = grid[below], grid[above]
    if _score(data, low) <= 0.0:
        return 0.0
    return float(optimize.brentq(lambda t: _score(data, t), low, high, xtol=1e-300, rtol=1e-14))


def _restricted_likelihood(data: Summaries, tau2: FloatArray) -> FloatArray:
    variances = data.variances + tau2[:, np.newaxis]
    weights = 1.0 / variances
    total = weights.sum(axis=1)
    shifted = data.estimates - data.estimates[0]
    means = weights @ shifted / total
    squares = (weights * (shifted - means[:, np.newaxis]) ** 2).sum(axis=1)
    result: FloatArray = -0.5 * (np.log(variances).sum(axis=1) + np.log(total) + squares)
    return result


def _score(data: Summaries, tau2: float) -> float:
    fit = weighted_mean(data, tau2)
    squared = fit.weights**2
    squares = float(np.dot(squared, (data.estimates - fit.mean) ** 2))
    return squares - shared_weight(fit.weights)


def q_profile(data: Summaries, level: float) -> tuple[float, float]:
    """Give the limits of tau2 at which the generalised Q is a quantile of its chi-square.

    Both are cut at 0; nan for one area.
    """
    df = data.estimates.size - 1
    if df < 1:
        return math.nan, math.nan
    tail = (1.0 - level) / 2.0
    highest, lowest = float(special.chdtri(df, tail)), float(special.chdtri(df, 1.0 - tail))
    return _tau2_at(data, highest), _tau2_at(data, lowest)


def _tau2_at(data: Summaries, target: float) -> float:
    def excess(tau2: float) -> float:
        return weighted_mean(data, tau2).q - target

    if excess(0.0) <= 0.0:
        return 0.0
    high = float(np.ptp(data.estimates)) ** 2 * data.estimates.size / target
    # Q(t) < k * range² / t: beyond this it is below the target.
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-300, rtol=4.0 * _EPSILON))
