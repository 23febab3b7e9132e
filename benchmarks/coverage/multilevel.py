"""Coverage of the intervals of multilevel models and of clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from benchmarks.coverage_case import Case
from fit_metrics import _multilevel_fit as fit
from fit_metrics._cluster_bootstrap import cluster_bootstrap
from fit_metrics._cluster_robust import cluster_robust_mean
from fit_metrics._multilevel_blocks import Blocks, intercept_blocks_from_means
from fit_metrics._multilevel_fixed import fixed_effects
from fit_metrics._multilevel_predictions import predictions
from fit_metrics._multilevel_profile import exact_share_limits
from fit_metrics._multilevel_rows import Design

LEVEL = 0.95
RESAMPLES = 1_000
MODELS = 1_000  # replications: a fit takes a hundredth of a second

Counted = tuple[int, int]


class City(NamedTuple):
    """Teams of unequal size whose means have the intraclass correlation `icc`."""

    teams: int
    rows: int
    icc: float


def sizes_of(city: City, rng: np.random.Generator) -> np.ndarray:
    """Draw sizes from half to one and a half of the average."""
    return rng.integers(city.rows // 2, 3 * city.rows // 2 + 1, city.teams)


def draw(city: City, rng: np.random.Generator) -> tuple[Blocks, Design, np.ndarray]:
    """Draw a city's sums (which is all that the model sees) and the teams' true means."""
    sizes = sizes_of(city, rng).astype(float)
    truth = rng.normal(size=city.teams) * np.sqrt(city.icc)
    means = truth + rng.normal(size=city.teams) * np.sqrt((1.0 - city.icc) / sizes)
    within = (1.0 - city.icc) * rng.chisquare(sizes.sum() - city.teams)
    centre = float(sizes @ means / sizes.sum())
    model = intercept_blocks_from_means(
        sizes,
        np.column_stack([np.ones(city.teams), means - centre]),
        np.diag([0.0, within]),
        restricted=True,
        offset=0.0,
    )
    return model, Design(np.empty((0, 2)), np.eye(1), np.array([centre]), np.empty(0)), truth


def fixed(city: City) -> Callable[[np.random.Generator, int], Counted]:
    """Count intervals of the average that hold the true one, 0."""

    def run(rng: np.random.Generator, replications: int) -> Counted:
        covered = 0
        for _ in range(replications):
            model, plan, _ = draw(city, rng)
            found = fixed_effects(model, fit.best(model), plan, fit.natural_sizes(model), LEVEL)
            covered += bool(found.ci_low[0] <= 0.0 <= found.ci_high[0])
        return covered, replications

    return run


def icc(city: City) -> Callable[[np.random.Generator, int], Counted]:
    """Count intervals that hold the true intraclass correlation."""

    def run(rng: np.random.Generator, replications: int) -> Counted:
        covered = 0
        for _ in range(replications):
            low, high = exact_share_limits(draw(city, rng)[0], LEVEL)
            covered += low <= city.icc <= high
        return covered, replications

    return run


def shrunken(city: City) -> Callable[[np.random.Generator, int], Counted]:
    """Count the teams whose interval holds their true mean."""
    z = -float(special.ndtri((1.0 - LEVEL) / 2.0))

    def run(rng: np.random.Generator, replications: int) -> Counted:
        covered = 0
        for _ in range(replications):
            model, plan, truth = draw(city, rng)
            optimum = fit.best(model)
            sizes = fit.natural_sizes(model)
            found = predictions(model, plan, [np.ones(1)], optimum, sizes)[0]
            covered += int((np.abs(found.estimate - truth) <= z * np.sqrt(found.variance)).sum())
        return covered, replications * city.teams

    return run


def clusters(
    city: City, method: str, *, skewed: bool = False
) -> Callable[[np.random.Generator, int], Counted]:
    """Count intervals of the mean of all rows that hold the true one."""

    def run(rng: np.random.Generator, replications: int) -> Counted:
        covered = 0
        for _ in range(replications):
            # Equal sizes: with unequal ones the weighted mean is no mean of clusters.
            codes = np.repeat(np.arange(city.teams), city.rows)
            lift = rng.normal(size=city.teams) * np.sqrt(city.icc)
            noise = (
                rng.exponential(size=codes.size) - 1.0 if skewed else rng.normal(size=codes.size)
            )
            values = lift[codes] + noise * np.sqrt(1.0 - city.icc)
            found = (
                cluster_bootstrap(values, codes, rng=rng, resamples=RESAMPLES)
                if method == "bootstrap"
                else cluster_robust_mean(values, codes, correction="CR2")
            )
            covered += found.ci_low <= 0.0 <= found.ci_high
        return covered, replications

    return run


def cases() -> list[Case]:
    """Give the rows of the table."""
    approximate, exact = "93 to 97 %", "95 %, exact"
    found = []
    for city in (City(20, 20, 0.05), City(50, 30, 0.05), City(20, 20, 0.3)):
        domain = f"{city.teams} teams of about {city.rows} rows, ICC {city.icc}, normal scores"
        for name, what, nominal in (
            ("average", fixed, approximate),
            ("ICC", icc, exact),
            ("shrunken means (average over teams)", shrunken, approximate),
        ):
            key = f"{name}, {city.teams} of {city.rows}, ICC {city.icc}"
            found.append(
                Case(
                    key,
                    f"multilevel.random_intercept, {name}",
                    domain,
                    nominal,
                    what(city),
                    replications=MODELS,
                )
            )
    for city, skewed in ((City(5, 30, 0.1), False), (City(10, 30, 0.1), True)):
        shape = "skewed" if skewed else "normal"
        domain = f"{city.teams} clusters of {city.rows} rows, ICC {city.icc}, {shape} scores"
        run = clusters(city, "robust", skewed=skewed)
        method = "multilevel.cluster_robust_mean, CR2"
        found.append(Case(f"{city.teams} clusters, {shape}", method, domain, approximate, run))
    method = "multilevel.cluster_bootstrap, BCa"
    for city in (City(5, 30, 0.1), City(10, 30, 0.1), City(30, 20, 0.1), City(50, 20, 0.1)):
        found.append(
            Case(
                f"{city.teams} clusters, skewed",
                method,
                f"{city.teams} clusters of {city.rows} rows, ICC {city.icc}, skewed scores",
                "none" if city.teams < 30 else approximate,
                clusters(city, "bootstrap", skewed=True),
                instead='`cluster_robust_mean`, with its "CR2".',
            )
        )
    return found
