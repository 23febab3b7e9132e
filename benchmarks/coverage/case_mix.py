"""Coverage of units' differences from what is expected of clients like theirs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import special

from benchmarks.coverage_case import Case
from fit_metrics.case_mix import observed_minus_expected, observed_over_expected

_PERSONS = np.array([20, 25, 30, 40, 50, 60, 80, 120])
_UNITS = np.repeat(np.arange(_PERSONS.size), _PERSONS)
_N = _UNITS.size
_SPREAD = np.array([-1.5, 1.0, 0.5, -0.5, 1.5, -1.0, 0.0, 0.0])
_WORKERS_EACH = 12
NEAR = "93 to 97 %"
SHAPES = {"normal": "normal outcomes", "ceiling": "outcomes with a ceiling"}


def cases() -> list[Case]:
    """Give the cases: normal and skewed outcomes, both standards, workers, shrinking, ratios."""
    found = [
        Case(
            f"8 units of 20 to 120, {shape} outcomes, own rows {own}",
            f'case_mix.observed_minus_expected(own_rows="{own}")',
            f"8 units of 20 to 120 persons, {SHAPES[shape]}",
            NEAR,
            partial(_fixed, shape, own),
        )
        for shape in ("normal", "ceiling")
        for own in ("included", "left_out")
    ]
    found += [
        Case(
            f"8 units of 12 workers that differ: {interval}",
            f'case_mix.observed_minus_expected(interval="{interval}")',
            "8 units of 12 workers who differ (SD 2 beside persons' 6)",
            NEAR if interval == "cluster" else "none",
            partial(_workers, interval),
            instead='`interval="cluster"` with some ten workers a unit.',
        )
        for interval in ("cluster", "fixed")
    ]
    found.append(
        Case(
            "40 units of 20 to 120 drawn anew each time",
            'case_mix.observed_minus_expected(interval="empirical_bayes")',
            "40 units of 20 to 120 persons, drawn anew each time",
            f"{NEAR} on average over units",
            _shrunken,
            replications=1_000,
        )
    )
    found += [
        Case(
            f"8 units of 20 to 120, half reach it, {interval}",
            f'case_mix.observed_over_expected(interval="{interval}")',
            "8 units of 20 to 120 persons, half of whom reach it",
            NEAR if interval == "score" else "none",
            partial(_ratio, interval),
            instead='The default, `interval="score"`.',
        )
        for interval in ("score", "normal", "byar")
    ]
    return found


def _clients(rng: np.random.Generator) -> dict[str, Any]:
    intake = np.round(np.clip(rng.normal(20.0 + _UNITS % 3, 8.0), 0.0, 40.0), 1)
    return {"intake": intake, "categories": {"age": rng.integers(0, 3, _N)}}


def _expected(clients: dict[str, Any]) -> np.ndarray:
    intake = clients["intake"]
    return 10.0 + 0.9 * intake - 0.008 * intake**2 + clients["categories"]["age"]


def _fixed(shape: str, own: str, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    clients = _clients(np.random.default_rng(1))
    centre = _expected(clients) + _SPREAD[_UNITS]
    if shape == "ceiling":
        # The mean of min(centre + e, 40) for normal e of SD 6.
        gap = (40.0 - centre) / 6.0
        density = np.exp(-0.5 * gap**2) / np.sqrt(2.0 * np.pi)
        means = 40.0 - 6.0 * (gap * special.ndtr(gap) + density)
    else:
        means = centre
    # The method on the means themselves: what it would find without noise.
    truth = observed_minus_expected(means, unit=_UNITS, own_rows=own, **clients).estimate
    covered = 0
    for _ in range(replications):
        outcome = centre + rng.normal(0.0, 6.0, _N)
        outcome = np.minimum(outcome, 40.0) if shape == "ceiling" else outcome
        found = observed_minus_expected(outcome, unit=_UNITS, own_rows=own, **clients)
        covered += int(((found.ci_low <= truth) & (truth <= found.ci_high)).sum())
    return covered, replications * _PERSONS.size


def _workers(interval: str, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    clients = _clients(np.random.default_rng(1))
    # Workers of a unit see its clients in turn, so that all have nearly as many.
    worker = _UNITS * _WORKERS_EACH + np.arange(_N) % _WORKERS_EACH
    options: dict[str, Any] = {"interval": interval}
    if interval == "cluster":
        options["cluster"] = worker
    means = _expected(clients) + _SPREAD[_UNITS]
    truth = observed_minus_expected(means, unit=_UNITS, **clients).estimate
    covered = 0
    for _ in range(replications):
        of_worker = rng.normal(0.0, 2.0, _PERSONS.size * _WORKERS_EACH)[worker]
        outcome = means + of_worker + rng.normal(0.0, 6.0, _N)
        found = observed_minus_expected(outcome, unit=_UNITS, **clients, **options)
        covered += int(((found.ci_low <= truth) & (truth <= found.ci_high)).sum())
    return covered, replications * _PERSONS.size


def _shrunken(rng: np.random.Generator, replications: int) -> tuple[int, int]:
    persons = np.resize(_PERSONS, 40)
    unit = np.repeat(np.arange(40), persons)
    covered = 0
    for _ in range(replications):
        intake = np.clip(rng.normal(20.0, 8.0, unit.size), 0.0, 40.0)
        means = 10.0 + 0.7 * intake + rng.normal(0.0, 1.5, 40)[unit]
        truth = observed_minus_expected(means, intake, unit).estimate
        outcome = means + rng.normal(0.0, 6.0, unit.size)
        found = observed_minus_expected(outcome, intake, unit, interval="empirical_bayes")
        covered += int(((found.ci_low <= truth) & (truth <= found.ci_high)).sum())
    return covered, replications * 40


def _ratio(interval: str, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    clients = _clients(np.random.default_rng(1))
    shares = special.expit(0.12 * (clients["intake"] - 20.0) + 0.3 * _SPREAD[_UNITS])
    reached = np.bincount(_UNITS, weights=shares)
    covered = 0
    for _ in range(replications):
        outcome = (rng.random(_N) < shares).astype(np.int64)
        found = observed_over_expected(outcome, unit=_UNITS, interval=interval, **clients)
        # Held against the standard as it was estimated: that of score and Byar's limits.
        truth = reached / found.expected
        covered += int(((found.ci_low <= truth) & (truth <= found.ci_high)).sum())
    return covered, replications * _PERSONS.size
