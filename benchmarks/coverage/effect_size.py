"""How often the intervals of effect sizes hold the true value, with skewed scores and a ceiling."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.coverage_case import Case
from fit_metrics.effect_size import pre_post_d, pre_post_d_groups, two_group_d

FloatArray = NDArray[np.float64]

NOMINAL = "93 to 97 %"
INSTEAD = {
    "normal": 'It is never too narrow here; `ci="bootstrap"` from 50 pairs on is nearer.',
    "bootstrap": 'The default, `ci="normal"`.',
}
BEFORE, AFTER = (22.0, 7.0), (28.0, 8.0)
_SKEW = 0.35
_AT_ONCE = 500
_RESAMPLES = 999
BOOTSTRAPS = 3_000  # replications: each draws 999 resamples


def scores(normal: FloatArray, mean: float, sd: float) -> FloatArray:
    """Turn standard normal values into scores in tenths, skewed to the left, cut at 0 and 40."""
    spread = np.sqrt(np.expm1(_SKEW**2)) * np.exp(_SKEW**2 / 2.0)
    skewed = (np.exp(_SKEW**2 / 2.0) - np.exp(-_SKEW * normal)) / spread
    return np.round(np.clip(mean + sd * skewed, 0.0, 40.0), 1)


def moments(mean: float, sd: float) -> tuple[float, float]:
    """Give the mean and SD of such scores in the population, over equally likely strata."""
    strata = special.ndtri((np.arange(2_000_000) + 0.5) / 2_000_000)
    values = scores(strata, mean, sd)
    return float(values.mean()), float(values.std())


def pairs(
    rng: np.random.Generator, n: int, r: float, replications: int
) -> tuple[FloatArray, FloatArray]:
    """Draw first and last scores, shape (replications, n), from normal values correlated by r."""
    first, other = rng.standard_normal((2, replications, n))
    last = r * first + np.sqrt(1.0 - r * r) * other
    return scores(first, *BEFORE), scores(last, *AFTER)


def pre_post_normal(
    n: int, r: float, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    """Count the normal intervals of g that hold the true effect."""
    (mean_pre, sd_pre), (mean_post, _) = moments(*BEFORE), moments(*AFTER)
    truth, covered = (mean_post - mean_pre) / sd_pre, 0
    for start in range(0, replications, _AT_ONCE):
        size = min(_AT_ONCE, replications - start)
        x, y = (np.rint(10.0 * v).astype(np.int64) for v in pairs(rng, n, r, size))
        sums = [v.sum(axis=1) for v in (x, y, x * x, y * y, x * y)]
        result = pre_post_d_groups(np.full(size, n), *sums, unit=0.1)
        covered += int(np.sum((result.ci_low <= truth) & (truth <= result.ci_high)))
    return covered, replications


def pre_post_bootstrap(
    n: int, r: float, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    """Count the bootstrap intervals of g that hold the true effect."""
    (mean_pre, sd_pre), (mean_post, _) = moments(*BEFORE), moments(*AFTER)
    truth, covered = (mean_post - mean_pre) / sd_pre, 0
    for pre, post in zip(*pairs(rng, n, r, replications), strict=True):
        result = pre_post_d(pre, post, ci="bootstrap", rng=rng, n_resamples=_RESAMPLES)
        covered += result.ci_low <= truth <= result.ci_high
    return covered, replications


def two_groups(
    n_treatment: int,
    n_control: int,
    standardizer: str,
    ci: str,
    rng: np.random.Generator,
    replications: int,
) -> tuple[int, int]:
    """Count the intervals of the difference of two groups that hold the true one."""
    (mean_one, sd_one), (mean_two, sd_two) = moments(*AFTER), moments(*BEFORE)
    # The pooled SD of a population weighs the groups as the samples do.
    weights = {"pooled": (n_treatment - 1, n_control - 1), "average": (1, 1), "control": (0, 1)}
    variance = np.average([sd_one**2, sd_two**2], weights=weights[standardizer])
    truth, covered = (mean_one - mean_two) / np.sqrt(variance), 0
    treated = scores(rng.standard_normal((replications, n_treatment)), *AFTER)
    controls = scores(rng.standard_normal((replications, n_control)), *BEFORE)
    options = {"rng": rng, "n_resamples": _RESAMPLES} if ci == "bootstrap" else {}
    for one, two in zip(treated, controls, strict=True):
        result = two_group_d(one, two, standardizer=standardizer, ci=ci, **options)
        covered += result.ci_low <= truth <= result.ci_high
    return covered, replications


def cases() -> list[Case]:
    """Give the cases of effect sizes."""
    found = []
    for ci, run in (("normal", pre_post_normal), ("bootstrap", pre_post_bootstrap)):
        for n in (20, 50, 200):
            for r in (0.2, 0.5, 0.8):
                found.append(
                    Case(
                        name=f"pre_post_d, {ci}, n = {n}, r = {r}",
                        method=f'effect_size.pre_post_d(ci="{ci}")',
                        domain=f"skewed scores with a ceiling, n = {n}, latent r = {r}",
                        nominal="none"
                        if (ci, n) == ("bootstrap", 20) or (ci, r) == ("normal", 0.2)
                        else NOMINAL,
                        run=partial(run, n, r),
                        instead=INSTEAD[ci],
                        replications=BOOTSTRAPS if ci == "bootstrap" else None,
                    )
                )
    for ci in ("normal", "bootstrap"):
        for standardizer in ("pooled", "average", "control"):
            for n_one, n_two in ((20, 20), (60, 25)):
                found.append(
                    Case(
                        name=f"two_group_d, {standardizer}, {ci}, n = {n_one} and {n_two}",
                        method=f'effect_size.two_group_d(standardizer="{standardizer}", ci="{ci}")',
                        domain=f"skewed scores with a ceiling, n = {n_one} and {n_two}",
                        nominal="none" if (standardizer, ci) == ("control", "normal") else NOMINAL,
                        run=partial(two_groups, n_one, n_two, standardizer, ci),
                        instead='`ci="bootstrap"` for skewed scores.',
                        replications=BOOTSTRAPS if ci == "bootstrap" else None,
                    )
                )
    return found
