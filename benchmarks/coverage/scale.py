"""Coverage of Cronbach's alpha."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics import scale

NEAR = "93 to 97 %"
OUTSIDE = "none"
INSTEAD = {
    "ceiling": 'From 100 persons on `ci="distribution_free"`; below, none.',
    "normal": 'The default, `ci="feldt"`.',
}


def cases() -> list[Case]:
    """Give the cases of `fit_metrics.scale`."""
    rows = []
    for ci in ("feldt", "bonett", "distribution_free"):
        for n in (20, 100):
            for has_ceiling in (False, True):
                shape = "cut at +0.5 SD (31 % at the ceiling)" if has_ceiling else "normal"
                holds = n >= 100 if ci == "distribution_free" else not has_ceiling
                exact = ci == "feldt" and not has_ceiling
                rows.append(
                    Case(
                        f"alpha_{ci}_{n}_{'ceiling' if has_ceiling else 'normal'}",
                        f'scale.cronbach_alpha(ci="{ci}")',
                        f"n = {n} persons, 4 parallel items with correlation 0.6, {shape}",
                        "95 %, exact" if exact else NEAR if holds else OUTSIDE,
                        _alpha(ci, n, 0.5 if has_ceiling else np.inf),
                        instead=INSTEAD["ceiling" if has_ceiling else "normal"],
                    )
                )
    return rows


def _alpha(
    ci: str, n: int, ceiling: float
) -> Callable[[np.random.Generator, int], tuple[int, int]]:
    def draw(rng: np.random.Generator, persons: int) -> np.ndarray:
        common = np.sqrt(0.6) * rng.normal(size=(persons, 1))
        return np.minimum(common + np.sqrt(0.4) * rng.normal(size=(persons, 4)), ceiling)

    def run(rng: np.random.Generator, replications: int) -> tuple[int, int]:
        truth = 4 * 0.6 / (1 + 3 * 0.6)
        if np.isfinite(ceiling):
            # No closed form once answers are cut: the alpha of two million stands for it.
            truth = scale.cronbach_alpha(draw(rng, 2_000_000)).estimate
        covered = 0
        for _ in range(replications):
            result = scale.cronbach_alpha(draw(rng, n), ci=ci)
            covered += result.ci_low <= truth <= result.ci_high
        return covered, replications

    return run
