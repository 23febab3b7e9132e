"""Coverage of effects adjusted for severity and of differences of effects."""

from __future__ import annotations

from functools import cache, partial

import numpy as np

from benchmarks.coverage.effect_size import pairs
from benchmarks.coverage_case import Case, trials
from fit_metrics.effect_size import (
    Reference,
    fit_reference,
    pre_post_d,
    relative_effect_size,
    severity_adjusted,
)
from fit_metrics.results import Estimate

NEAR = "93 to 97 %"
_LARGE = 2_000_000


def cases() -> list[Case]:
    """Give the cases: a reference as good as known, one of few persons, two effect sizes."""
    shape = "skewed scores with a ceiling, latent r = 0.5"
    found = [
        Case(
            f"reference of {persons}, n = {n}",
            "effect_size.severity_adjusted",
            f"{shape}, n = {n}, reference of {size} persons",
            NEAR if persons >= 1_000 else "none",
            trials(partial(_adjusted, n, persons), 0.0),
            instead="A reference twenty times as large as the group.",
        )
        for n, persons, size in (
            (20, _LARGE, "very many"),
            (50, _LARGE, "very many"),
            (200, _LARGE, "very many"),
            (50, 1_000, "1 000"),
            (50, 100, "100"),
        )
    ]
    return found + [
        Case(
            f"n = {n} against {other}",
            "effect_size.relative_effect_size",
            f"{shape}, n = {n} against {other}",
            NEAR,
            trials(partial(_relative, n, other), 0.0),
        )
        for n, other in ((20, 20), (60, 200))
    ]


@cache
def _known() -> Reference:
    return _reference(np.random.default_rng(1), _LARGE)


def _reference(rng: np.random.Generator, persons: int) -> Reference:
    pre, post = (v[0] for v in pairs(rng, persons, 0.5, 1))
    return fit_reference(pre, post, source="drawn")


def _adjusted(n: int, persons: int, rng: np.random.Generator) -> Estimate:
    reference = _known() if persons == _LARGE else _reference(rng, persons)
    pre, post = (v[0] for v in pairs(rng, n, 0.5, 1))
    return severity_adjusted(pre, post, reference=reference)


def _relative(n: int, other: int, rng: np.random.Generator) -> Estimate:
    own, reference = (pre_post_d(*(v[0] for v in pairs(rng, size, 0.5, 1))) for size in (n, other))
    return relative_effect_size(own, reference)
