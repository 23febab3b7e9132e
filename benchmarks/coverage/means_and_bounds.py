"""Coverage of means of scores and of shares with missing observations."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage.effect_size import AFTER, moments, scores
from benchmarks.coverage_case import Case
from fit_metrics.rates import mean_interval, share_bounds

_SHARE, _MISSING = 0.6, 0.2


def cases() -> list[Case]:
    """Give the cases of `rates.mean_interval` and `rates.share_bounds`."""
    found = [
        Case(
            f"mean, n = {n}",
            "rates.mean_interval",
            f"skewed scores with a ceiling, n = {n}",
            "93 to 97 %",
            partial(_mean, n),
        )
        for n in (20, 50, 200)
    ]
    for n in (50, 200):
        drawn = f"{n} persons, share {_SHARE}, a fifth missing, all of them such as count"
        found += [
            Case(
                f"imbens_manski, n = {n}",
                'rates.share_bounds(ci="imbens_manski")',
                f"{drawn}; the true share",
                "93 to 97 %",
                partial(_bounds, "imbens_manski", n),
            ),
            Case(
                f"wilson, n = {n}",
                'rates.share_bounds(ci="wilson")',
                f"{drawn}; both bounds together",
                "93 to 97 %",
                partial(_bounds, "wilson", n),
            ),
        ]
    return found


def _mean(n: int, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    truth, covered = moments(*AFTER)[0], 0
    for values in scores(rng.standard_normal((replications, n)), *AFTER):
        found = mean_interval(values)
        covered += bool(found.ci_low <= truth <= found.ci_high)
    return covered, replications


def _bounds(ci: str, n: int, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    # Whoever is missing would count: the true share is the upper bound.
    shares = [_SHARE - _MISSING, _MISSING, 1.0 - _SHARE]
    low = _SHARE if ci == "imbens_manski" else _SHARE - _MISSING
    covered = 0
    for successes, missing, rest in rng.multinomial(n, shares, replications).tolist():
        found = share_bounds(successes, successes + rest, missing, ci=ci)
        covered += bool(found.ci_low <= low and found.ci_high >= _SHARE)
    return covered, replications
