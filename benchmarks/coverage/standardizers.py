"""Coverage of effect sizes by their other standardizers, and of the exact interval."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage.effect_size import AFTER, BEFORE, BOOTSTRAPS, NOMINAL, pairs
from benchmarks.coverage_case import Case, trials
from fit_metrics.effect_size import pre_post_d, pre_post_d_groups
from fit_metrics.results import EffectSize

_LARGE, _RESAMPLES = 2_000_000, 999
INSTEAD = 'From 100 pairs on `ci="bootstrap"`; or `standardizer="pre_sd"`.'


def cases() -> list[Case]:
    """Give the cases of `pre_post_d` with average_sd, change_sd and repeated."""
    found = []
    for standardizer in ("average_sd", "change_sd", "repeated"):
        method = f'effect_size.pre_post_d(standardizer="{standardizer}")'
        for r in (0.2, 0.5, 0.8):
            for n in (20, 200):
                for shape, nominal in (("normal scores", NOMINAL), ("skewed scores", "none")):
                    extra = " with a ceiling" if nominal == "none" else ""
                    found.append(
                        Case(
                            name=f"{standardizer}, {shape}, n = {n}, r = {r}",
                            method=method,
                            domain=f"{shape}{extra}, n = {n}, latent r = {r}",
                            nominal=nominal,
                            run=partial(_normal, standardizer, shape, n, r),
                            instead=INSTEAD,
                        )
                    )
            for n in (50, 100) if r == 0.8 else (50,):
                # Changes in their own SD, alike but for a few: the one place that needs more.
                short = standardizer == "change_sd" and r == 0.8 and n == 50
                found.append(
                    Case(
                        name=f"{standardizer}, bootstrap, n = {n}, r = {r}",
                        method=method.replace(")", ', ci="bootstrap")'),
                        domain=f"skewed scores with a ceiling, n = {n}, latent r = {r}",
                        nominal="none" if short else NOMINAL,
                        run=partial(_bootstrap, standardizer, n, r),
                        instead='`standardizer="pre_sd"`, or 100 pairs.',
                        replications=BOOTSTRAPS,
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


def _draw(
    shape: str, rng: np.random.Generator, n: int, r: float, replications: int
) -> tuple[np.ndarray, np.ndarray]:
    if shape == "skewed scores":
        return pairs(rng, n, r, replications)
    first, other = rng.standard_normal((2, replications, n))
    last = r * first + np.sqrt(1.0 - r * r) * other
    pre, post = BEFORE[0] + BEFORE[1] * first, AFTER[0] + AFTER[1] * last
    return pre.round(1), post.round(1)


def _truth(standardizer: str, shape: str, r: float) -> float:
    # Two million pairs stand for the population.
    pre, post = (v[0] for v in _draw(shape, np.random.default_rng(1), _LARGE, r, 1))
    options = {"standardizer": standardizer, "correct_bias": False}
    return pre_post_d(pre, post, **options).estimate


def _normal(
    standardizer: str,
    shape: str,
    n: int,
    r: float,
    rng: np.random.Generator,
    replications: int,
) -> tuple[int, int]:
    truth, covered = _truth(standardizer, shape, r), 0
    for start in range(0, replications, 500):
        size = min(500, replications - start)
        drawn = _draw(shape, rng, n, r, size)
        x, y = (np.rint(10.0 * v).astype(np.int64) for v in drawn)
        sums = [v.sum(axis=1) for v in (x, y, x * x, y * y, x * y)]
        counts = np.full(size, n)
        result = pre_post_d_groups(counts, *sums, unit=0.1, standardizer=standardizer)
        covered += int(np.sum((result.ci_low <= truth) & (truth <= result.ci_high)))
    return covered, replications


def _bootstrap(
    standardizer: str, n: int, r: float, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    truth, covered = _truth(standardizer, "skewed scores", r), 0
    options = {"ci": "bootstrap", "rng": rng, "n_resamples": _RESAMPLES}
    for pre, post in zip(*pairs(rng, n, r, replications), strict=True):
        result = pre_post_d(pre, post, standardizer=standardizer, **options)
        covered += bool(result.ci_low <= truth <= result.ci_high)
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
