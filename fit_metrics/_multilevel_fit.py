"""The best theta of a multilevel model, and whether it is one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_blocks import Blocks
from fit_metrics._multilevel_likelihood import Evaluation, Likelihood
from fit_metrics._multilevel_nested import Nested

_SAME_DEVIANCE = 1e-9
_GAIN_LEFT = 1e-8
_DOWNHILL = 1e-7
_STARTS = 3

Gradient = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where a search ended.

    Attributes
    ----------
    theta : ndarray
        Relative standard deviations; those at the boundary are exactly 0.
    point : Evaluation
        The likelihood there.
    gain_left : float
        How much deviance one more Newton step would win.
    converged : bool
        No step wins deviance, and no effect at the boundary wants to leave it.
    """

    theta: FloatArray
    point: Evaluation
    gain_left: float
    converged: bool


def best(model: Blocks | Nested) -> Optimum:
    """Give the theta of the lowest deviance.

    The deviance is looked at on a grid first: it can have two valleys. The search runs over the
    whole space of theta, whose sign does not matter, so the boundary is an inner point of it.
    """
    sizes = _sizes(model)
    ends = [_descend(model, start, sizes) for start in _valleys(model, sizes)]
    theta = min(ends, key=lambda end: model.evaluate(end).deviance)
    theta = _upright(model, theta)
    theta = _on_boundary(model, theta, sizes)
    return _verdict(model, theta, sizes)


def hessian(gradient: Gradient, at: FloatArray, steps: FloatArray) -> FloatArray:
    """Give second derivatives from first ones, by differences of the fourth order."""
    rows: list[FloatArray] = []
    for k, step in enumerate(steps):
        moved = np.zeros_like(at)
        moved[k] = step
        near = gradient(at + moved) - gradient(at - moved)
        far = gradient(at + 2.0 * moved) - gradient(at - 2.0 * moved)
        rows.append((8.0 * near - far) / (12.0 * step))
    matrix = np.array(rows).reshape(at.size, at.size)
    return np.asarray((matrix + matrix.T) / 2.0)


def steps_for(theta: FloatArray, sizes: FloatArray) -> FloatArray:
    """Give the steps at which differences of theta are taken."""
    return np.asarray(2e-3 * np.maximum(np.abs(theta), 0.1 * sizes))


def natural_sizes(model: Blocks | Nested) -> FloatArray:
    """Give the theta at which an average group's mean owes half its variance to the group."""
    return _sizes(model)


def _sizes(model: Blocks | Nested) -> FloatArray:
    if isinstance(model, Nested):
        worker = float(model.counts.mean())
        team = model.n / model.n_teams
        return np.array([team**-0.5, worker**-0.5])
    squares = (model.triangles**2).sum(axis=1).mean(axis=0)
    each = 1.0 / np.sqrt(np.maximum(squares, 1e-300))
    return np.asarray(each if each.size == 1 else np.array([each[0], each[1], each[1]]))


def _valleys(model: Blocks | Nested, sizes: FloatArray) -> list[FloatArray]:
    """Give the lowest points of a grid that lie below their neighbours."""
    slope = isinstance(model, Blocks) and model.effects == 2
    axes = [0, 2] if slope else list(range(sizes.size))
    levels = 10.0 ** (np.arange(-1.0, 4.5, 0.5) if len(axes) == 1 else np.arange(-1.0, 4.0))
    deviances = np.empty((levels.size,) * len(axes))
    points = {}
    for index in itertools.product(range(levels.size), repeat=len(axes)):
        theta = np.zeros(sizes.size)
        theta[axes] = sizes[axes] * levels[list(index)]
        points[index] = theta
        deviances[index] = model.evaluate(theta).deviance
    padded = np.pad(deviances, 1, constant_values=np.inf)
    low = np.ones_like(deviances, dtype=np.bool_)
    inner = tuple(slice(1, -1) for _ in axes)
    for axis in range(len(axes)):
        for shift in (-1, 1):
            low &= deviances <= np.roll(padded, shift, axis=axis)[inner]
    found = sorted(map(tuple, np.argwhere(low)), key=lambda index: float(deviances[index]))
    return [points[index] for index in found[:_STARTS]]


def _descend(model: Likelihood, start: FloatArray, sizes: FloatArray) -> FloatArray:
    scale = np.maximum(np.abs(start), sizes)

    def objective(z: FloatArray) -> tuple[float, FloatArray]:
        point = model.evaluate(z * scale)
        return point.deviance, point.gradient * scale

    end = optimize.minimize(
        objective, start / scale, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 300}
    )
    theta = np.asarray(end.x) * scale
    return _polish(model, theta, sizes)


def _polish(model: Likelihood, theta: FloatArray, sizes: FloatArray) -> FloatArray:
    """Take Newton steps while they lower the deviance or, at its last digit, the gradient."""
    point = model.evaluate(theta)
    for _ in range(12):
        step, gain = _newton(model, theta, point, sizes)
        if gain < 1e-18:
            break
        trial = theta + step
        reached = model.evaluate(trial)
        if reached.deviance > point.deviance + 1e-11 * abs(point.deviance):
            break
        theta, point = trial, reached
    return theta


def _newton(
    model: Likelihood, theta: FloatArray, point: Evaluation, sizes: FloatArray
) -> tuple[FloatArray, float]:
    """Give Newton's step and the deviance it should win, over directions that curve upwards."""
    scaled, steps = curvature(model, theta, sizes)
    values, vectors = np.linalg.eigh(scaled)
    slopes = vectors.T @ (point.gradient * steps)
    curved = values > 1e-10 * max(values.max(), 1e-300)
    along = np.divide(-slopes, values, out=np.zeros_like(slopes), where=curved)
    return steps * (vectors @ along), float(-0.5 * along @ slopes)


def curvature(
    model: Likelihood, theta: FloatArray, sizes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the deviance's second derivatives in units of steps, and those steps."""
    steps = steps_for(theta, sizes)
    second = hessian(lambda t: model.evaluate(t).gradient, theta, steps)
    return second * np.outer(steps, steps), steps


def _upright(model: Likelihood, theta: FloatArray) -> FloatArray:
    """Turn signs so that the diagonal is 0 or more, which changes nothing else."""
    if isinstance(model, Blocks) and model.effects == 2:
        first, second = np.copysign(1.0, theta[0]), np.copysign(1.0, theta[2])
        return np.asarray(theta * np.array([first, first, second]))
    return np.asarray(np.abs(theta))


def _on_boundary(model: Likelihood, theta: FloatArray, sizes: FloatArray) -> FloatArray:
    """Put to exactly 0 what the deviance does not tell from 0."""
    lowest = model.evaluate(theta).deviance + _SAME_DEVIANCE
    small = np.abs(theta) < 1e-2 * np.maximum(sizes, np.abs(theta).max())
    masks: list[tuple[bool, ...]] = list(itertools.product([True, False], repeat=theta.size))
    masks.sort(key=sum, reverse=True)
    for mask in masks:
        if any(mask) and small[list(mask)].all():
            trial = np.where(mask, 0.0, theta)
            trial = _upright(model, np.where(mask, 0.0, _polish_kept(model, trial, mask, sizes)))
            if model.evaluate(trial).deviance <= lowest:
                return trial
    return theta


def _polish_kept(
    model: Likelihood, theta: FloatArray, mask: tuple[bool, ...], sizes: FloatArray
) -> FloatArray:
    # A theta at 0 has slope 0 by its own sign, except below the diagonal: those stay as they are.
    return theta if all(mask) else np.where(mask, 0.0, _polish(model, theta, sizes))


def _verdict(model: Likelihood, theta: FloatArray, sizes: FloatArray) -> Optimum:
    point = model.evaluate(theta)
    _, gain = _newton(model, theta, point, sizes)
    unit = max(float(np.trace(point.information)), 1e-300)
    downhill = float(np.linalg.eigvalsh(point.steepness / unit)[0])
    settled = bool(np.isfinite(point.deviance)) and abs(gain) <= _GAIN_LEFT
    return Optimum(theta, point, abs(gain), settled and downhill >= -_DOWNHILL)
