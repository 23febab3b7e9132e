"""Coverage of omega and of the correlation of an item with the rest."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics import scale

_LOADINGS = np.array([0.9, 0.8, 0.7, 0.6])
_RESAMPLES = 499
NEAR = "93 to 97 %"


def cases() -> list[Case]:
    """Give the cases of `scale.omega_total` and `scale.item_total`."""
    found = []
    for n in (20, 50, 200):
        for name, ceiling in (("normal items", np.inf), ("31 % of answers cut at +0.5 SD", 0.5)):
            drawn = f"n = {n} persons, 4 items with loadings 0.9 to 0.6, {name}"
            found.append(
                Case(
                    f"item_total, {name}, n = {n}",
                    "scale.item_total",
                    f"{drawn}, first item",
                    NEAR if ceiling == np.inf else "none",
                    partial(_item_total, n, ceiling),
                    instead="The correlation itself: its limits are a little too near.",
                )
            )
            if n in (50, 200):
                found.append(
                    Case(
                        f"omega, {name}, n = {n}",
                        "scale.omega_total(resamples=499)",
                        drawn,
                        NEAR if n >= 200 and ceiling == np.inf else "none",
                        partial(_omega, n, ceiling),
                        instead="Omega itself: its limits are a little too near.",
                        replications=500,
                    )
                )
    return found


def _items(rng: np.random.Generator, n: int, ceiling: float) -> np.ndarray:
    own = np.sqrt(1.0 - _LOADINGS**2) * rng.standard_normal((n, _LOADINGS.size))
    return np.minimum(_LOADINGS * rng.standard_normal((n, 1)) + own, ceiling)


def _omega(n: int, ceiling: float, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    # Two million persons stand for the population: cut answers have no closed form.
    truth = scale.omega_total(_items(np.random.default_rng(1), 2_000_000, ceiling)).estimate
    covered = 0
    for _ in range(replications):
        found = scale.omega_total(_items(rng, n, ceiling), resamples=_RESAMPLES, rng=rng)
        covered += bool(found.ci_low <= truth <= found.ci_high)
    return covered, replications


def _item_total(
    n: int, ceiling: float, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    truth = scale.item_total(_items(np.random.default_rng(1), 2_000_000, ceiling)).estimate[0]
    covered = 0
    for _ in range(replications):
        found = scale.item_total(_items(rng, n, ceiling))
        covered += bool(found.ci_low[0] <= truth <= found.ci_high[0])
    return covered, replications
