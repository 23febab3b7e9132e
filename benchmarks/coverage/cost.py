"""Coverage of intervals of costs: estimated effects, ratios, net benefits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from benchmarks.coverage_case import Case
from fit_metrics._cost_ratio import bca_of_units, fieller_of_units
from fit_metrics.cost_effect import estimated_effect
from fit_metrics.cost_outcome import compare_costs, fieller

NEAR = "93 to 97 % (approximate)"
EXACT = "95 % (exact)"
Run = Callable[[np.random.Generator, int], tuple[int, int]]

PLANNED, EACH = 12, 16
RESAMPLES = 999
_UNITS = np.arange(200)


def cases() -> list[Case]:
    """Give the cases of `fit_metrics.cost_effect` and `fit_metrics.cost_outcome`."""
    crossed = (
        f"{EACH} episodes a team, half before FIT and half under it, Poisson use cut at the plan"
    )
    staggered = "teams adopt at different times, 8 to 24 episodes a team, gamma errors, no cut"
    nested = f"each team wholly before FIT or under it, {EACH} episodes a team, normal errors"
    return [
        *(
            Case(
                f"estimated_effect_{name}_{teams}_{ci}",
                f"cost_effect.estimated_effect(ci={ci!r})",
                f"{teams} teams, {words}",
                NEAR,
                _estimated(draw, teams, ci),
            )
            for name, draw, words in (
                ("crossed", _crossed, crossed),
                ("staggered", _staggered, staggered),
                ("nested", _nested, nested),
            )
            for teams, ci in ((10, "wild"), (16, "wild"), (10, "cr2"), (20, "cr2"), (40, "cr2"))
        ),
        *(
            Case(
                f"estimated_effect_four_of_{teams}_{ci}",
                f"cost_effect.estimated_effect(ci={ci!r})",
                f"{teams} teams, 4 of them under FIT and the others before it, {EACH} episodes a team",
                NEAR,
                _estimated(_four, teams, ci),
            )
            for teams, ci in ((12, "wild"), (20, "cr2"))
        ),
        *(
            Case(
                f"fieller_{ratio}",
                "cost_outcome.fieller",
                f"normal means, the denominator {ratio} standard errors from 0",
                EXACT,
                _fieller(ratio),
            )
            for ratio in (0.5, 2.0, 8.0)
        ),
        *(
            Case(
                f"cost_per_outcome_{ci}_{clusters}",
                f"cost_outcome.cost_per_outcome(ci={ci!r})",
                f"{clusters} teams of 4 to 12 episodes, lognormal costs, 60 % improved",
                NEAR,
                _ratio(clusters, ci),
            )
            for ci, clusters in (
                ("fieller", 15),
                ("fieller", 30),
                ("fieller", 50),
                ("bootstrap", 50),
            )
        ),
        *(
            Case(
                f"net_benefit_{teams}",
                "cost_outcome.compare_costs, net benefit",
                f"{teams} teams, {EACH} episodes a team, half before FIT, gamma costs, returns",
                NEAR,
                _net_benefit(teams),
            )
            for teams in (10, 20, 40)
        ),
    ]


def _estimated(draw: Callable[..., tuple[np.ndarray, ...]], teams: int, ci: str) -> Run:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        covered = 0
        for _ in range(replications):
            used, planned, fit, team, truth = draw(rng, teams)
            found = estimated_effect(used, planned, fit, team, ci=ci, rng=rng, resamples=RESAMPLES)
            covered += found.ci_low <= truth <= found.ci_high
        return int(covered), replications

    return run


def _crossed(rng: np.random.Generator, teams: int) -> tuple[np.ndarray, ...]:
    team, fit = np.repeat(np.arange(teams), EACH), np.tile([0, 1], teams * EACH // 2)
    lift = rng.integers(0, 4, teams)
    used = rng.poisson(9.0 - fit) + lift[team]
    truth = np.mean([_restricted(8.0, plus) - _restricted(9.0, plus) for plus in range(4)])
    return used, np.full(team.size, PLANNED), fit, team, truth


def _restricted(mean: float, plus: int) -> float:
    return float(np.minimum(_UNITS + plus, PLANNED) @ stats.poisson.pmf(_UNITS, mean))


def _staggered(rng: np.random.Generator, teams: int) -> tuple[np.ndarray, ...]:
    sizes = rng.integers(8, 25, teams)
    team = np.repeat(np.arange(teams), sizes)
    within = np.arange(team.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    fit = (within >= (rng.uniform(0.2, 0.8, teams) * sizes)[team]).astype(int)
    used = 10.0 + rng.normal(size=teams)[team] - 1.5 * fit + rng.gamma(2.0, 2.0, team.size)
    return np.maximum(used, 0.0), np.full(team.size, 1000.0), fit, team, np.array(-1.5)


def _nested(rng: np.random.Generator, teams: int) -> tuple[np.ndarray, ...]:
    return _apart(rng, np.arange(teams) % 2)


def _four(rng: np.random.Generator, teams: int) -> tuple[np.ndarray, ...]:
    return _apart(rng, (np.arange(teams) < 4).astype(int))


def _apart(rng: np.random.Generator, is_fit: np.ndarray) -> tuple[np.ndarray, ...]:
    teams = is_fit.size
    team = np.repeat(np.arange(teams), EACH)
    fit = is_fit[team]
    used = 30.0 + rng.normal(size=teams)[team] - 1.5 * fit + rng.normal(0.0, 3.0, team.size)
    return np.maximum(used, 0.0), np.full(team.size, 1000.0), fit, team, np.array(-1.5)


def _fieller(ratio: float) -> Run:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        spread = np.array([[4.0, 0.6], [0.6, 1.0]])
        means = rng.multivariate_normal([3.0 * ratio, ratio], spread, replications)
        covered = 0
        for a, b in means.tolist():
            found = fieller(a, b, variance_numerator=4.0, variance_denominator=1.0, covariance=0.6)
            covered += found.ci_low <= 3.0 <= found.ci_high and not (
                found.excluded_low < 3.0 < found.excluded_high
            )
        return covered, replications

    return run


def _ratio(clusters: int, ci: str) -> Run:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        # exp(7 + 0.09 / 2 + 0.64 / 2) euros an episode, over the share that improves.
        truth = np.exp(7.0 + 0.045 + 0.32) / 0.6
        covered = 0
        for _ in range(replications):
            sizes = rng.integers(4, 13, clusters)
            team = np.repeat(np.arange(clusters), sizes)
            cost = rng.lognormal(7.0 + rng.normal(0.0, 0.3, clusters)[team], 0.8)
            outcome = rng.random(team.size) < rng.beta(12.0, 8.0, clusters)[team]
            units = np.stack([np.bincount(team, weights=x) for x in (cost, outcome)])
            if ci == "fieller":
                found = fieller_of_units(units, 0.95)
            else:
                found = bca_of_units(units, rng, RESAMPLES, 0.95)
            covered += found.ci_low <= truth <= found.ci_high
        return int(covered), replications

    return run


def _net_benefit(teams: int) -> Run:
    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        team, fit = np.repeat(np.arange(teams), EACH), np.tile([0, 1], teams * EACH // 2)
        truth = 5000.0 * 0.1 - 200.0
        covered = 0
        for _ in range(replications):
            cost = rng.gamma(3.0, 500.0, team.size) + 200.0 * fit
            cost += rng.uniform(0.0, 600.0, teams)[team]
            returned = rng.random(team.size) < rng.uniform(0.2, 0.5, teams)[team] - 0.1 * fit
            found = compare_costs(
                cost,
                returned.astype(float),
                fit,
                team,
                recorded_in_both_periods=True,
                direction="lower_is_better",
                willingness_to_pay=[5000.0],
            )
            covered += found.net_benefit_low[0] <= truth <= found.net_benefit_high[0]
        return int(covered), replications

    return run
