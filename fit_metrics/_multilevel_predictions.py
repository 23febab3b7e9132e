"""Shrunken means and slopes, with errors that count the uncertainty of the variances in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_blocks import Blocks
from fit_metrics._multilevel_fit import Optimum, curvature
from fit_metrics._multilevel_nested import Nested
from fit_metrics._multilevel_rows import Design
from fit_metrics._multilevel_terms import Effects, block_effects, nested_effects

_ARM = 3.0


class Prediction(NamedTuple):
    """Average plus effect of each group, and the variance of its error."""

    estimate: FloatArray
    variance: FloatArray


def effects_at(model: Blocks | Nested, theta: FloatArray) -> list[Effects]:
    """Give the effects of each level as if `theta` were known."""
    point = model.evaluate(theta)
    if isinstance(model, Nested):
        return nested_effects(model, theta, point)
    return block_effects(model, theta, point)


def at_theta(
    model: Blocks | Nested, design: Design, ats: list[FloatArray], theta: FloatArray
) -> list[Prediction]:
    """Give the predictions as if `theta` were known."""
    point = model.evaluate(theta)
    fixed = design.start + design.back @ point.beta
    found = []
    for effects, at in zip(effects_at(model, theta), ats, strict=True):
        # How the error of the coefficients reaches the sum of average and effect.
        reach = at @ design.back - effects.leverage
        from_fixed = point.variance * ((reach @ point.covariance) * reach).sum(axis=1)
        found.append(Prediction(float(at @ fixed) + effects.total, effects.own + from_fixed))
    return found


def predictions(
    model: Blocks | Nested,
    design: Design,
    ats: list[FloatArray],
    optimum: Optimum,
    sizes: FloatArray,
) -> list[Prediction]:
    """Give the predictions at the optimum with their mean squared error over likely thetas.

    The mean is taken over the likelihood of theta by the star of Gauss-Hermite's third order: the
    optimum, and along each main direction the two places where the deviance has risen by 3.
    """
    centre = at_theta(model, design, ats, optimum.theta)
    places = _star(model, optimum, sizes)
    directions = len(places) // 2
    squares = [(1.0 - directions / 3.0) * one.variance for one in centre]
    for theta in places:
        for k, one in enumerate(at_theta(model, design, ats, theta)):
            moved = one.estimate - centre[k].estimate
            squares[k] = squares[k] + (one.variance + moved**2) / 6.0
    return [
        Prediction(one.estimate, np.maximum(square, 0.0))
        for one, square in zip(centre, squares, strict=True)
    ]


def _star(model: Blocks | Nested, optimum: Optimum, sizes: FloatArray) -> list[FloatArray]:
    scaled, steps = curvature(model, optimum.theta, sizes)
    values, vectors = np.linalg.eigh(scaled)
    widths = np.sqrt(2.0 * _ARM / np.maximum(values, 1e-6 * max(float(values.max()), 1e-12)))
    lowest = optimum.point.deviance
    places = []
    for width, vector in zip(widths, vectors.T, strict=True):
        for side in (-1.0, 1.0):
            arm = side * width * steps * vector
            places.append(optimum.theta + _length(model, optimum.theta, arm, lowest) * arm)
    return places


def _length(model: Blocks | Nested, theta: FloatArray, arm: FloatArray, lowest: float) -> float:
    """Give how much of `arm` raises the deviance by 3; it is about 1 where that is a parabola."""
    low, high, length = 0.0, np.inf, 1.0
    for _ in range(40):
        rise = model.evaluate(theta + length * arm).deviance - lowest
        if abs(rise - _ARM) < 0.05 * _ARM:
            break
        if rise > _ARM:
            high = length
        else:
            low = length
        # A parabola's guess, kept within what is known.
        guess = length * np.sqrt(_ARM / max(rise, 1e-3 * _ARM))
        inside = low < guess < high
        length = float(guess) if inside else (2.0 * low if np.isinf(high) else (low + high) / 2.0)
    return length
