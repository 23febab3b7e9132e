"""The model of the chance to end reliably improved: what is known at a session, and its fit."""

from __future__ import annotations

from typing import Any, NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._course_rows import score_step_of
from fit_metrics._person_sessions import PersonSessions
from fit_metrics._score_steps import least_steps, thresholds, to_steps

# Below these the others say too little of an episode: no chance is given.
LEAST_CLUSTERS = 25
LEAST_OF_EITHER = 5
# Changes beyond so many reliable ones tell no more than these.
_LARGEST = 2.0
# Of the coefficients but the constant, in log odds: as a prior of mean 0 and variance 1.
_PENALTY = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
_STEPS = 100
_PRECISION = 1e-10


class Known(NamedTuple):
    """What is known at the rows in order.

    Attributes
    ----------
    design : ndarray, shape (n_cells, 6)
        Columns of the model for each change and number of a session that occur.
    cell : ndarray of int, shape (n,)
        Which of them each row has.
    change : ndarray of float64, shape (n,)
        Change so far in score units; nan where there is no score yet.
    is_known : ndarray of bool, shape (n,)
        Whether there is one.
    """

    design: FloatArray
    cell: NDArray[np.intp]
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
    first = np.where(is_known, intake[everyone.person], 0)
    steps = sign * to_steps("total", everyone.score, step)
    moved = np.where(is_known, steps[latest] - steps[first], 0)
    own = everyone.rows[first]
    size = np.broadcast_to(sizes if not sizes.ndim else sizes[own], moved.shape)
    if np.isnan(size[is_known]).any():
        raise ValueError("reliable_change is missing at the first score of a person")
    reached = moved >= (least if not least.ndim else least[own])
    change = np.where(is_known, moved * float(step), np.nan)
    cell, at = _cells(moved, size, everyone.session)
    d = np.clip(moved[at] * float(step) / size[at], -_LARGEST, _LARGEST)
    r, number = reached[at].astype(np.float64), np.log(everyone.session[at])
    design = np.column_stack([np.ones_like(d), d, r, number, d * number, r * number])
    return Known(design, cell, change, is_known)


def _cells(
    moved: NDArray[np.int64], size: FloatArray, session: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give each row's combination of the three, and a row that has it: they are far fewer."""
    code = np.zeros(moved.shape, dtype=np.int64)
    for values in (moved, size, session):
        distinct, positions = np.unique(values, return_inverse=True)
        # Made whole numbers again each time, so that no code grows beyond the rows times one more.
        _, code = np.unique(code * max(distinct.size, 1) + positions, return_inverse=True)
    _, at = np.unique(code, return_index=True)
    return code, at


def fitted(
    known: Known,
    rows: NDArray[np.bool_],
    outcome: FloatArray,
    group: NDArray[Any],
    person: NDArray[np.intp],
) -> tuple[FloatArray, FloatArray] | None:
    """Give coefficients and their covariance over clusters, of some rows; None for too few."""
    _, clusters = np.unique(group[rows], return_inverse=True)
    n_clusters = int(clusters.max(initial=-1)) + 1
    ended, cell = outcome[rows], known.cell[rows]
    _, first = np.unique(person[rows], return_index=True)
    n_improved = int(ended[first].sum())
    if n_clusters < LEAST_CLUSTERS or min(n_improved, first.size - n_improved) < LEAST_OF_EITHER:
        return None
    size = known.design.shape[0]
    counts = np.bincount(cell, minlength=size).astype(np.float64)
    improved = np.bincount(cell, ended, minlength=size).astype(np.float64)
    found = _largest_likelihood(known.design, counts, improved)
    shares = special.expit(known.design @ found)
    back = np.linalg.inv(_curvature(known.design, counts, shares))
    beyond = ended - shares[cell]
    scores = np.column_stack(
        [
            np.bincount(clusters, beyond * column[cell], minlength=n_clusters)
            for column in known.design.T
        ]
    )
    meat = scores.T @ scores * (n_clusters / (n_clusters - 1))
    return found, back @ meat @ back


def _largest_likelihood(design: FloatArray, counts: FloatArray, improved: FloatArray) -> FloatArray:
    found = np.zeros(design.shape[1])
    found[0] = special.logit(improved.sum() / counts.sum())
    loss = _loss(design, counts, improved, found)
    for _ in range(_STEPS):
        shares = special.expit(design @ found)
        slope = design.T @ (improved - counts * shares) - _PENALTY * found
        step = np.linalg.solve(_curvature(design, counts, shares), slope)
        while (new := _loss(design, counts, improved, found + step)) > loss + _PRECISION:
            step = step / 2.0
        found, loss = found + step, new
        if float(slope @ step) <= _PRECISION * counts.sum():
            break
    return found


def _curvature(design: FloatArray, counts: FloatArray, shares: FloatArray) -> FloatArray:
    weights = counts * shares * (1.0 - shares)
    return np.asarray(design.T @ (design * weights[:, np.newaxis]) + np.diag(_PENALTY))


def _loss(
    design: FloatArray, counts: FloatArray, improved: FloatArray, coefficients: FloatArray
) -> float:
    logits = design @ coefficients
    likelihood = improved * special.log_expit(logits)
    likelihood += (counts - improved) * special.log_expit(-logits)
    return float((_PENALTY * coefficients**2).sum() / 2.0 - likelihood.sum())
