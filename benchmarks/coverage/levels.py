"""Coverage of models with slopes and of workers in teams, and of a covariate of clusters.

A whole fit has all intervals at once; here each case makes its own interval only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics import _multilevel_fit as fit
from fit_metrics._cluster_robust import cluster_robust_regression
from fit_metrics._multilevel_assemble import upright_factor
from fit_metrics._multilevel_blocks import Blocks, slope_blocks
from fit_metrics._multilevel_fixed import fixed_effects
from fit_metrics._multilevel_models import offset
from fit_metrics._multilevel_nested import Nested, nested
from fit_metrics._multilevel_profile import deviation_limits, share_limits
from fit_metrics._multilevel_rows import Design, design

NEAR = "93 to 97 %"
LEVEL = 0.95
SLOPE_SD, ICC = 0.5, 0.1
CLIENTS, MEETINGS = 40, 6
TEAMS, WORKERS, ROWS = 20, 4, 10

Model = Blocks | Nested
Interval = Callable[[np.random.Generator], tuple[float, float]]


def cases() -> list[Case]:
    """Give the cases of the models beyond a random intercept."""
    of_slopes = "40 clients of 6 meetings, SD 1 at the start, 0.5 of slopes, 2 of rows"
    of_teams = "20 teams of 4 workers of 10 rows, variances 0.1 and 0.1 of 1"
    found = [
        _case("random_slope, average slope", of_slopes, average_slope, 0.4, 1_000),
        _case("random_slope, SD of slopes", of_slopes, sd_of_slopes, SLOPE_SD, 500),
        _case("nested_intercepts, average", of_teams, average, 0.0, 1_000),
        _case("nested_intercepts, ICC of teams", of_teams, icc(0), ICC, 500),
        _case("nested_intercepts, ICC of workers", of_teams, icc(1), ICC, 500),
    ]
    for clusters in (8, 20):
        drawn = f"covariate of half of {clusters} clusters of 20 rows, ICC 0.1, normal scores"
        method = "cluster_robust_regression, CR2"
        found.append(_case(method, drawn, robust(clusters), 0.3, 10_000))
    return found


def _case(what: str, domain: str, interval: Interval, truth: float, replications: int) -> Case:
    def run(rng: np.random.Generator, asked: int) -> tuple[int, int]:
        covered = 0
        for _ in range(asked):
            low, high = interval(rng)
            covered += bool(low <= truth <= high)
        return covered, asked

    return Case(domain, f"multilevel.{what}", domain, NEAR, run, replications=replications)


def _slopes(rng: np.random.Generator) -> tuple[Blocks, Design]:
    client = np.repeat(np.arange(CLIENTS), MEETINGS)
    times = np.tile(np.arange(float(MEETINGS)), CLIENTS)
    level, slope = rng.standard_normal((2, CLIENTS))
    scores = level[client] + (0.4 + SLOPE_SD * slope[client]) * times
    plan = design(scores + 2.0 * rng.standard_normal(scores.size), times[:, None])
    standard = (times - times.mean()) / times.std()
    options = {"restricted": True, "offset": offset(plan)}
    return slope_blocks(plan.columns, standard, client, CLIENTS, **options), plan


def _teams(rng: np.random.Generator) -> tuple[Nested, Design]:
    worker = np.repeat(np.arange(TEAMS * WORKERS), ROWS)
    team = np.arange(TEAMS * WORKERS) // WORKERS
    lift = rng.standard_normal(TEAMS)[team] + rng.standard_normal(team.size)
    scores = np.sqrt(ICC) * lift[worker]
    scores += np.sqrt(1.0 - 2.0 * ICC) * rng.standard_normal(worker.size)
    plan = design(scores, np.empty((scores.size, 0)))
    counts = np.full(team.size, float(ROWS))
    options = {"restricted": True, "offset": offset(plan)}
    return nested(plan.columns, worker, counts, team, TEAMS, **options), plan


def _coefficient(model: Model, plan: Design, i: int) -> tuple[float, float]:
    found = fixed_effects(model, fit.best(model), plan, fit.natural_sizes(model), LEVEL)
    return float(found.ci_low[i]), float(found.ci_high[i])


def average_slope(rng: np.random.Generator) -> tuple[float, float]:
    """Give the interval of the average course."""
    return _coefficient(*_slopes(rng), 1)


def average(rng: np.random.Generator) -> tuple[float, float]:
    """Give the interval of the average of workers in teams."""
    return _coefficient(*_teams(rng), 0)


def sd_of_slopes(rng: np.random.Generator) -> tuple[float, float]:
    """Give the profile interval of the SD of courses, a time unit each."""
    model, _ = _slopes(rng)
    optimum = fit.best(model)
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    turned = upright_factor(swap, model.factor(optimum.theta))
    low, high = deviation_limits(model.rebased(swap), turned, optimum.point.variance, 0, LEVEL)
    spread = float(np.arange(MEETINGS).std())
    return low / spread, high / spread


def icc(k: int) -> Interval:
    """Give the function for the profile interval of the ICC of a level."""

    def interval(rng: np.random.Generator) -> tuple[float, float]:
        model, _ = _teams(rng)
        return share_limits(model, fit.best(model).theta, k, LEVEL)

    return interval


def robust(clusters: int) -> Interval:
    """Give the function for the interval of a difference between clusters."""

    def interval(rng: np.random.Generator) -> tuple[float, float]:
        cluster = np.repeat(np.arange(clusters), 20)
        uses_fit = (cluster % 2).astype(float)
        scores = 0.3 * uses_fit + np.sqrt(ICC) * rng.standard_normal(clusters)[cluster]
        scores += np.sqrt(1.0 - ICC) * rng.standard_normal(cluster.size)
        found = cluster_robust_regression(scores, cluster, covariates=uses_fit).fixed
        return float(found.ci_low[1]), float(found.ci_high[1])

    return interval
