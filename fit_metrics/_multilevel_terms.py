"""Predicted effects of groups: how far they lie from the average, and how surely."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_blocks import Blocks
from fit_metrics._multilevel_likelihood import Evaluation
from fit_metrics._multilevel_nested import Nested


class Effects(NamedTuple):
    """Effects of one kind; per group, in the units of the scores.

    `leverage` is how an effect falls as the coefficients of the design's columns rise.
    """

    effect: FloatArray
    conditional_variance: FloatArray
    leverage: FloatArray
    variance: float
    own: FloatArray
    """Conditional variance of the effect together with those above it."""
    total: FloatArray
    """Effect together with those above it."""


def block_effects(model: Blocks, theta: FloatArray, point: Evaluation) -> list[Effects]:
    """Give the effects of one grouping: of intercepts, and of slopes if there are any."""
    factor = model.factor(theta)
    inverse, _ = model.inverse(factor)
    root = model.triangles @ factor
    turned = root.transpose(0, 2, 1)
    weighted = inverse @ model.coordinates
    pulled = np.einsum("kl,jlm->jkm", factor, turned @ weighted)
    # Given the rows, effects over sigma have covariance Λ (I + Λ'Z'ZΛ)⁻¹ Λ'.
    inner = np.linalg.inv(np.eye(model.effects) + turned @ root)
    spread = np.einsum("ka,jab,kb->jk", factor, inner, factor)
    found = []
    for k in range(model.effects):
        leverage = pulled[:, k, :-1]
        effect = pulled[:, k, -1] - leverage @ point.beta
        conditional = point.variance * spread[:, k]
        variance = float(point.variance * factor[k] @ factor[k])
        found.append(Effects(effect, conditional, leverage, variance, conditional, effect))
    return found


def nested_effects(model: Nested, theta: FloatArray, point: Evaluation) -> list[Effects]:
    """Give the effects of teams and of workers; `own` and `total` of a worker count its team."""
    weights, sums = model.weights(theta)
    team_share, worker_share = theta**2
    lift = 1.0 + team_share * sums
    centres = model.per_team(weights[:, None] * model.means) / sums[:, None]
    shrunk = centres / lift[:, None]
    team_pull = team_share * sums[:, None] * shrunk
    moved = model.means - centres[model.teams] + shrunk[model.teams]
    worker_pull = worker_share * weights[:, None] * moved
    above = lift[model.teams]
    team_spread = team_share / lift
    seen = weights - weights**2 * team_share / above
    worker_spread = worker_share - worker_share**2 * seen
    together = (
        team_share
        + worker_share
        - team_share**2 * (sums / lift)[model.teams]
        - 2.0 * team_share * worker_share * weights / above
        - worker_share**2 * seen
    )
    both = team_pull[model.teams] + worker_pull
    sigma = point.variance
    teams = team_pull[:, -1] - team_pull[:, :-1] @ point.beta
    workers = worker_pull[:, -1] - worker_pull[:, :-1] @ point.beta
    spread = sigma * team_spread
    return [
        Effects(teams, spread, team_pull[:, :-1], float(sigma * team_share), spread, teams),
        Effects(
            workers,
            sigma * np.maximum(worker_spread, 0.0),
            both[:, :-1],
            float(sigma * worker_share),
            sigma * np.maximum(together, 0.0),
            teams[model.teams] + workers,
        ),
    ]
