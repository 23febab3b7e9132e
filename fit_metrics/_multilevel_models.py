"""Rows or sums to fitted models: which model, and whether the data can tell its parts apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._multilevel_assemble import Level, Request, fit
from fit_metrics._multilevel_blocks import (
    Blocks,
    intercept_blocks,
    intercept_blocks_from_means,
)
from fit_metrics._multilevel_nested import Nested, nested
from fit_metrics._multilevel_records import FixedEffects, MixedModel, RandomTerm
from fit_metrics._multilevel_rows import (
    Codes,
    Design,
    Grouping,
    Labels,
    Rows,
    design,
)
from fit_metrics._multilevel_sums import GroupSums
from fit_metrics._options import check_choice, check_level
from fit_metrics.results import Estimate

Estimator = Literal["reml", "ml"]

_NO_SPREAD = 1e-26


def request(
    name: str, estimator: Estimator, level: float, n: int, n_missing: int | None
) -> Request:
    """Give what was asked for, checked."""
    check_choice("estimator", estimator, Estimator)
    return Request(f"{name}_{estimator}", check_level(level), n, n_missing)


def offset(plan: Design) -> float:
    """Give what the design's coordinates take from the restricted deviance."""
    return -2.0 * float(np.linalg.slogdet(plan.back)[1])


def counted(grouping: Grouping) -> FloatArray:
    """Give the rows of each group."""
    return np.bincount(grouping.codes, minlength=grouping.labels.size).astype(np.float64)


def one_level(rows: Rows, estimator: Estimator, asked: Request) -> MixedModel:
    """Fit a random intercept to rows."""
    group = rows.groupings[0]
    counts = counted(group)
    size = rows.covariates.shape[1]
    at = np.append(1.0, rows.covariates.mean(axis=0)) if asked.n else np.ones(size + 1)
    levels = [level("group", group.labels, None, counts, at)]
    if not enough(asked.n, size, counts.size):
        return nothing(levels, asked, theta=1)
    plan = design(rows.scores, rows.covariates)
    model = intercept_blocks(
        plan.columns,
        group.codes,
        counts.size,
        restricted=estimator == "reml",
        offset=offset(plan),
    )
    return fit_or_nothing(model, plan, levels, asked, float(np.abs(rows.scores).max()))


def from_group_means(sums: GroupSums, estimator: Estimator, asked: Request) -> MixedModel:
    """Fit a random intercept to the moments of groups."""
    levels = [level("group", np.arange(sums.counts.size), None, sums.counts, np.ones(1))]
    if not enough(asked.n, 0, int(np.count_nonzero(sums.counts))):
        return nothing(levels, asked, theta=1)
    plan = Design(np.empty((0, 2)), np.eye(1), np.array([sums.centre]), np.empty(0))
    model = intercept_blocks_from_means(
        sums.counts,
        np.column_stack([np.ones(sums.counts.size), sums.means]),
        np.diag([0.0, sums.within]),
        restricted=estimator == "reml",
        offset=0.0,
    )
    # Exact sums have no rounding that could pass for spread.
    return fit_or_nothing(model, plan, levels, asked, 0.0)


def two_levels(rows: Rows, estimator: Estimator, asked: Request) -> MixedModel:
    """Fit random intercepts of teams and of the workers in them to rows."""
    team, worker = rows.groupings
    pairs, codes = np.unique(
        team.codes * max(worker.labels.size, 1) + worker.codes, return_inverse=True
    )
    of_team: Codes = pairs // max(worker.labels.size, 1)
    counts = np.bincount(codes, minlength=pairs.size).astype(np.float64)
    size = rows.covariates.shape[1]
    at = np.append(1.0, rows.covariates.mean(axis=0)) if asked.n else np.ones(size + 1)
    levels = [
        level("team", team.labels, None, counted(team), at),
        level(
            "worker",
            worker.labels[pairs % max(worker.labels.size, 1)],
            team.labels[of_team],
            counts,
            at,
        ),
    ]
    separate = enough(asked.n, size, team.labels.size) and pairs.size > team.labels.size
    if not (separate and asked.n > pairs.size):
        return nothing(levels, asked, theta=2)
    plan = design(rows.scores, rows.covariates)
    model = nested(
        plan.columns,
        codes,
        counts,
        of_team,
        team.labels.size,
        restricted=estimator == "reml",
        offset=offset(plan),
    )
    return fit_or_nothing(model, plan, levels, asked, float(np.abs(rows.scores).max()))


def level(
    name: str, labels: Labels, parents: Labels | None, counts: FloatArray, at: FloatArray
) -> Level:
    """Give a level of groups."""
    return Level(name, labels, parents, counts.astype(np.int64), at)


def fit_or_nothing(
    model: Blocks | Nested,
    plan: Design,
    levels: list[Level],
    asked: Request,
    largest: float,
    turn: FloatArray | None = None,
) -> MixedModel:
    """Fit the model where rows spread within groups and groups outnumber what tells them apart."""
    rank, within = model.within()
    spread = within > _NO_SPREAD * model.n * largest**2
    if not spread or model.free_within(rank) < 1 or model.free_between(rank) < 1:
        return nothing(levels, asked, theta=len(levels) if len(levels) == 1 or turn is None else 3)
    return fit(model, plan, levels, asked, np.eye(1) if turn is None else turn)


def enough(n: int, covariates: int, groups: int) -> bool:
    """Say whether there are groups to differ, and more rows than groups and coefficients."""
    return groups >= 2 and n > max(groups, covariates + 1)


def nothing(levels: Sequence[Level], asked: Request, *, theta: int) -> MixedModel:
    """Give the record of a model that the data do not determine: all numbers missing."""

    def estimate(method: str, n: int) -> Estimate:
        return Estimate(
            estimate=math.nan,
            ci_low=math.nan,
            ci_high=math.nan,
            ci_level=asked.level,
            n=n,
            n_missing=asked.n_missing,
            method=method,
        )

    def missing(size: int) -> FloatArray:
        return np.full(size, np.nan)

    terms = []
    for one in levels:
        size = one.n.size
        names = ("effect", "conditional_variance", "estimate", "standard_error")
        numbers = {name: missing(size) for name in (*names, "ci_low", "ci_high", "reliability")}
        terms.append(
            RandomTerm(
                name=one.name,
                labels=one.labels,
                parents=one.parents,
                n=one.n,
                variance=estimate(f"{one.name}_variance_profile", size),
                icc=None if one.name == "slope" else estimate("icc", size),
                **numbers,
            )
        )
    p = levels[0].at.size
    columns = {
        name: missing(p) for name in ("estimate", "standard_error", "df", "ci_low", "ci_high")
    }
    slope = any(one.name == "slope" for one in levels)
    return MixedModel(
        fixed=FixedEffects(covariance=np.full((p, p), np.nan), **columns),
        terms=tuple(terms),
        residual_variance=estimate("residual_variance_profile", asked.n),
        correlation=estimate("correlation_profile", levels[0].n.size) if slope else None,
        sigma=math.nan,
        theta=missing(theta),
        log_likelihood=math.nan,
        converged=False,
        gain_left=math.nan,
        ci_level=asked.level,
        n=asked.n,
        n_missing=asked.n_missing,
        method=asked.method,
    )
