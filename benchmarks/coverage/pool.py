"""Coverage of the pooled mean and of the prediction interval."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics.pool import fixed_effect, random_effects

_MEAN, _TAU = 0.6, 0.15
NEAR = "93 to 97 %"
OUTSIDE = 3_000  # replications where nothing is promised
SIZES = {"like": "80", "unlike": "25 to 400"}
INSTEAD = {
    "hartung_knapp": 'For areas of very unlike size `ci="hartung_knapp_widened"`.',
    "hartung_knapp_widened": 'The default, `ci="hartung_knapp"`, for five areas of like size and more.',
    "normal": 'The default, `ci="hartung_knapp"`.',
}


def cases() -> list[Case]:
    """Give the cases: few and more areas, alike and unlike in size, with and without spread."""
    found = [
        Case(
            f"{k} areas, {sizes} sizes, tau {tau}: mean",
            f'pool.random_effects(ci="{ci}")',
            f"{k} areas of {SIZES[sizes]} persons, tau {tau} SD",
            NEAR if ci == "hartung_knapp" and sizes == "like" else "none",
            partial(_mean, k, sizes, tau, ci),
            instead=INSTEAD[ci],
            replications=None if ci == "hartung_knapp" else OUTSIDE,
        )
        for k in (5, 12)
        for sizes in ("like", "unlike")
        for tau in (0.0, _TAU)
        for ci in ("hartung_knapp", "hartung_knapp_widened", "normal")
        # Without spread the other two are only wider than they say.
        if tau or ci == "hartung_knapp"
    ]
    found += [
        Case(
            f"{k} areas, {sizes} sizes, tau {_TAU}: a further area",
            f'pool.random_effects(prediction="{df}")',
            f"{k} areas of {SIZES[sizes]} persons, tau {_TAU} SD, a further area",
            NEAR if k >= 40 else "none",
            partial(_further, k, sizes, df),
            instead="Some 40 areas; with so few tau is too uncertain.",
            replications=None if k >= 40 else OUTSIDE,
        )
        for k in (5, 12, 40)
        for sizes in ("like", "unlike")
        for df in (("t_k_minus_2", "t_k_minus_1") if sizes == "like" else ("t_k_minus_2",))
    ]
    found += [
        Case(
            f"{k} areas, {sizes} sizes, tau {tau}: fixed effect",
            "pool.fixed_effect",
            f"{k} areas of {SIZES[sizes]} persons, tau {tau} SD",
            "none" if tau else NEAR,
            partial(_mean, k, sizes, tau, None),
            instead="Where areas differ: `pool.random_effects`.",
            replications=OUTSIDE if tau else None,
        )
        for k in (5, 12)
        for sizes in ("like", "unlike")
        for tau in (0.0, _TAU)
    ]
    found += [
        Case(
            f"{k} areas, {sizes} sizes: tau2",
            "pool.random_effects, tau2",
            f"{k} areas of {SIZES[sizes]} persons, tau {_TAU} SD",
            NEAR,
            partial(_spread, k, sizes),
        )
        for k in (5, 12)
        for sizes in ("like", "unlike")
    ]
    return found


def _draw(
    rng: np.random.Generator, replications: int, k: int, sizes: str, tau: float
) -> tuple[np.ndarray, np.ndarray]:
    persons = np.full(k, 80) if sizes == "like" else np.resize([25, 50, 100, 400, 60], k)
    truth = _MEAN + tau * rng.standard_normal((replications, k))
    noise = rng.standard_normal((replications, k)) / np.sqrt(persons)
    # The areas' standard errors are themselves estimated from their persons.
    errors = np.sqrt(rng.chisquare(persons - 1, (replications, k)) / (persons - 1) / persons)
    return truth + noise, errors


def _mean(
    k: int, sizes: str, tau: float, ci: str | None, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    estimates, errors = _draw(rng, replications, k, sizes, tau)
    covered = 0
    for y, s in zip(estimates, errors, strict=True):
        result = random_effects(y, s, ci=ci) if ci else fixed_effect(y, s)
        covered += result.ci_low <= _MEAN <= result.ci_high
    return covered, replications


def _further(
    k: int, sizes: str, df: str, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    estimates, errors = _draw(rng, replications, k, sizes, _TAU)
    further = _MEAN + _TAU * rng.standard_normal(replications)
    covered = 0
    for y, s, truth in zip(estimates, errors, further, strict=True):
        result = random_effects(y, s, prediction=df)
        covered += result.prediction_low <= truth <= result.prediction_high
    return covered, replications


def _spread(k: int, sizes: str, rng: np.random.Generator, replications: int) -> tuple[int, int]:
    covered = 0
    for y, s in zip(*_draw(rng, replications, k, sizes, _TAU), strict=True):
        result = random_effects(y, s)
        covered += result.tau2_low <= _TAU**2 <= result.tau2_high
    return covered, replications
