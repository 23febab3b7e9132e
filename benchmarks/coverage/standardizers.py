"""Coverage of effect sizes by their other standardizers, and of the exact interval."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage.effect_size import INSTEAD, NOMINAL, pairs
from benchmarks.coverage_case import Case, trials
from fit_metrics.effect_size import pre_post_d, pre_post_d_groups
from fit_metrics.results import EffectSize

_LARGE = 2_000_000


def cases() -> list[Case]:
    """Give the cases of `pre_post_d` with average_sd, change_sd and repeated."""
    found = []
    for standardizer in ("average_sd", "change_sd", "repeated"):
        for n in (20, 200):
            for r in (0.2, 0.5, 0.8):
                found.append(
                    Case(
                        name=f"{standardizer}, n = {n}, r = {r}",
                        method=f'effect_size.pre_post_d(standardizer="{standardizer}")',
                        domain=f"skewed scores with a ceiling, n = {n}, latent r = {r}",
                        nominal=NOMINAL,
                        run=partial(_normal, standardizer, n, r),
                        instead=INSTEAD["normal"],
                    )
                )
    return found + [
        Case(
            name=f"noncentral t, n = {n}",
            method='effect_size.pre_post_d(ci="noncentral_t", correct_bias=False)',
            domain=f"normal changes, n = {n}, d 0.8",
            nominal="95 %, exact",
            run=trials(partial(_exact, n), 0.8),
        )
        for n in (5, 20, 100)
    ]


def _truth(standardizer: str, r: float) -> float:
    pre, post = (v[0] for v in pairs(np.random.default_rng(1), _LARGE, r, 1))
    # Two million pairs stand for the population.
    options = {"standardizer": standardizer, "correct_bias": False}
    return pre_post_d(pre, post, **options).estimate


def _normal(
    standardizer: str, n: int, r: float, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    truth, covered = _truth(standardizer, r), 0
    for start in range(0, replications, 500):
        size = min(500, replications - start)
        x, y = (np.rint(10.0 * v).astype(np.int64) for v in pairs(rng, n, r, size))
        sums = [v.sum(axis=1) for v in (x, y, x * x, y * y, x * y)]
        counts = np.full(size, n)
        result = pre_post_d_groups(counts, *sums, unit=0.1, standardizer=standardizer)
        covered += int(np.sum((result.ci_low <= truth) & (truth <= result.ci_high)))
    return covered, replications


def _exact(n: int, rng: np.random.Generator) -> EffectSize:
    pre, change = rng.standard_normal((2, n))
    return pre_post_d(
        pre,
        pre + change + 0.8,
        standardizer="change_sd",
        ci="noncentral_t",
        correct_bias=False,
    )
