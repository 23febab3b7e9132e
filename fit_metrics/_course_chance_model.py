"""The model of the chance to end reliably improved: what is known at a session, and its fit."""

from __future__ import annotations

from typing import Any, NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._course_rows import score_step_of
from fit_metrics._groups import group_sums
from fit_metrics._person_sessions import PersonSessions
from fit_metrics._score_steps import least_steps, thresholds, to_steps

# Below these the others say too little of an episode: no chance is given.
LEAST_CLUSTERS = 25
LEAST_OF_EITHER = 5
# Changes beyond so many reliable ones tell no more than these.
_LARGEST = 2.0
# Of the coefficients but the constant, in log odds: as a prior of mean 0 and variance 1.
_PENALTY = 1.0
_STEPS = 100
_PRECISION = 1e-10


class Known(NamedTuple):
    """What is known at each row in order: columns of the model, and where there is something."""

    design: FloatArray
    change: FloatArray
    is_known: NDArray[np.bool_]


def known_at(
    everyone: PersonSessions,
    n_rows: int,
    reliable_change: ArrayLike,
    inclusive: bool,
    score_step: SupportsFloat,
    sign: int,
) -> Known:
    """Give the columns of the model at each row: the change so far, and the number of the session."""
    step = score_step_of(score_step)
    sizes = thresholds("reliable_change", reliable_change, n_rows)
    if (sizes <= 0.0).any():
        raise ValueError(f"reliable_change is {np.nanmin(sizes)} at least once: it must be above 0")
    least = least_steps(reliable_change, step=step, inclusive=inclusive)
    position = np.arange(everyone.person.size)
    has_score = ~np.isnan(everyone.score)
    latest = np.maximum.accumulate(np.where(has_score, position, -1))
    is_known = latest >= everyone.first[everyone.person]
    intake = np.full(everyone.labels.size, -1, dtype=np.intp)
    # Written from the last to the first, so that the first of each person stays.
    intake[everyone.person[has_score][::-1]] = position[has_score][::-1]
    first = intake[everyone.person]
    steps = sign * to_steps("total", everyone.score, step)
    moved = np.where(is_known, steps[latest] - steps[first], 0)
    own = everyone.rows[np.where(is_known, first, 0)]
    size = sizes if not sizes.ndim else sizes[own]
    if np.isnan(np.where(is_known, size, 1.0)).any():
        raise ValueError("reliable_change is missing at the first score of a person")
    reached = moved >= (least if not least.ndim else least[own])
    change = moved * float(step)
    d = np.clip(change / size, -_LARGEST, _LARGEST)
    r, number = reached.astype(np.float64), np.log(everyone.session)
    design = np.column_stack([np.ones_like(d), d, r, number, d * number, r * number])
    return Known(design, np.where(is_known, change, np.nan), is_known)


def fitted(
    design: FloatArray,
    outcome: FloatArray,
    group: NDArray[Any],
    everyone: PersonSessions,
    rows: NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray] | None:
    """Give the coefficients and their covariance over clusters; None where there are too few."""
    _, clusters = np.unique(group, return_inverse=True)
    n_clusters = int(clusters.max(initial=-1)) + 1
    _, first = np.unique(everyone.person[rows], return_index=True)
    n_improved = int(outcome[first].sum())
    if n_clusters < LEAST_CLUSTERS or min(n_improved, first.size - n_improved) < LEAST_OF_EITHER:
        return None
    penalty = np.full(design.shape[1], _PENALTY)
    penalty[0] = 0.0
    found = np.zeros(design.shape[1])
    found[0] = special.logit(outcome.mean())
    loss = _loss(design, outcome, penalty, found)
    for _ in range(_STEPS):
        shares = special.expit(design @ found)
        slope = design.T @ (outcome - shares) - penalty * found
        step = np.linalg.solve(_curvature(design, shares, penalty), slope)
        while (new := _loss(design, outcome, penalty, found + step)) > loss + _PRECISION:
            step = step / 2.0
        found, loss = found + step, new
        if float(slope @ step) <= _PRECISION * outcome.size:
            break
    shares = special.expit(design @ found)
    back = np.linalg.inv(_curvature(design, shares, penalty))
    scores = group_sums(clusters, n_clusters, design * (outcome - shares)[:, np.newaxis])
    meat = scores.T @ scores * (n_clusters / (n_clusters - 1))
    return found, back @ meat @ back


def _curvature(design: FloatArray, shares: FloatArray, penalty: FloatArray) -> FloatArray:
    weights = shares * (1.0 - shares)
    return np.asarray(design.T @ (design * weights[:, np.newaxis]) + np.diag(penalty))


def _loss(
    design: FloatArray, outcome: FloatArray, penalty: FloatArray, coefficients: FloatArray
) -> float:
    logits = design @ coefficients
    signed = np.where(outcome > 0.0, logits, -logits)
    return float(-special.log_expit(signed).sum() + (penalty * coefficients**2).sum() / 2.0)
