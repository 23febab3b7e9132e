"""Persons in the course of their sessions: intake, bands of it, thresholds in score steps."""

from __future__ import annotations

from fractions import Fraction
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fit_metrics._arrays import as_column
from fit_metrics._options import exact_fraction
from fit_metrics._person_sessions import PersonSessions
from fit_metrics._score_steps import least_steps, to_steps


def score_step_of(score_step: SupportsFloat) -> Fraction:
    """Give the score step as it is written; it must be above 0."""
    step = exact_fraction("score_step", score_step)
    if step <= 0:
        raise ValueError(f"score_step is {score_step!r}: it must be above 0")
    return step


def intake_bands(
    rows: PersonSessions, band_edges: ArrayLike | None, step: Fraction | None
) -> tuple[NDArray[np.intp], int]:
    """Give the band of each person's intake, and how many bands there are.

    A score at an edge belongs to the band above it. `rows` are those with a score.
    """
    if band_edges is None:
        return np.zeros(rows.first.size, dtype=np.intp), 1
    edges = as_column("band_edges", band_edges)
    if np.isnan(edges).any() or (np.diff(edges) <= 0).any():
        raise ValueError("band_edges must rise from each to the next, none of them missing")
    intake = rows.score[rows.first]
    if step is None:
        raise ValueError("score_step is None: bands of the intake need it")
    return (
        np.searchsorted(
            least_steps(band_edges, step=step, inclusive=True),
            to_steps("score", intake, step),
            side="right",
        ),
        edges.size + 1,
    )
