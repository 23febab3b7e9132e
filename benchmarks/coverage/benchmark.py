"""How often a service that is just inferior to its benchmark is called non-inferior."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.coverage_case import Case
from fit_metrics.benchmark import Benchmark, BenchmarkTest, Ratio, equivalence, non_inferiority

_SD, _CHANGE, _CEILING = 8.0, 4.8, 40.0
_LARGE = 2_000_000
SHAPES = {"normal": "normal scores", "ceiling": "scores cut at the top"}


def cases() -> list[Case]:
    """Give the cases: the truth lies at value - margin, where alpha is the largest error."""
    found = []
    for n in (20, 60, 200):
        for r in (0.2, 0.5, 0.8):
            for shape in ("normal", "ceiling"):
                for ratio in ("estimated", "one"):
                    if ratio == "one" and (n != 60 or shape == "ceiling"):
                        continue
                    found.append(
                        Case(
                            f"n = {n}, r = {r}, {shape}",
                            f'benchmark.non_inferiority(ratio="{ratio}")',
                            f"n = {n}, r = {r}, {SHAPES[shape]}, SD after : before = 1.2, d just inferior",
                            "not called non-inferior: 93 to 97 %"
                            if ratio == "estimated"
                            else "none",
                            partial(_error, n, r, shape, ratio),
                            instead='The default, `ratio="estimated"`.',
                        )
                    )
    found += [
        Case(
            f"change_sd, n = {n}",
            'benchmark.non_inferiority, standardizer "change_sd"',
            f"n = {n}, normal changes, d just inferior",
            "not called non-inferior: 95 %, exact",
            partial(_changes, non_inferiority, n, 0.6),
        )
        for n in (5, 20)
    ]
    found += [
        Case(
            f"change_sd, n = {n}, d {d}",
            'benchmark.equivalence, standardizer "change_sd"',
            f"n = {n}, normal changes, d {d}, just not the same as 0.8",
            "not called the same: at least 95 %",
            partial(_changes, equivalence, n, d),
        )
        for n in (100, 400)
        for d in (0.6, 1.0)
    ]
    return found


def _draw(rng: np.random.Generator, shape: tuple[int, ...], r: float, kind: str) -> np.ndarray:
    first, own = rng.standard_normal((2, *shape))
    pre = 20.0 + _SD * first
    post = 20.0 + _CHANGE + 1.2 * _SD * (r * first + np.sqrt(1 - r * r) * own)
    scores = np.array([pre, post])
    return np.clip(scores, 0.0, _CEILING) if kind == "ceiling" else scores


def _error(
    n: int, r: float, shape: str, ratio: Ratio, rng: np.random.Generator, replications: int
) -> tuple[int, int]:
    truth = _CHANGE / _SD
    if shape == "ceiling":
        pre, post = _draw(np.random.default_rng(1), (_LARGE,), r, shape)
        truth = float((post - pre).mean() / pre.std())
    just_inferior = Benchmark(
        name="just inferior", value=truth + 0.2, margin=0.2, standardizer="pre_sd", source="drawn"
    )
    before, after = _draw(rng, (replications, n), r, shape)
    held = 0
    for pre, post in zip(before, after, strict=True):
        held += not non_inferiority(pre, post, benchmark=just_inferior, ratio=ratio).is_shown
    return held, replications


def _changes(
    ask: Callable[..., BenchmarkTest],
    n: int,
    d: float,
    rng: np.random.Generator,
    replications: int,
) -> tuple[int, int]:
    near = Benchmark(name="near", value=0.8, margin=0.2, standardizer="change_sd", source="drawn")
    held = 0
    for change in rng.standard_normal((replications, n)) + d:
        held += not ask(np.zeros(n), change, benchmark=near).is_shown
    return held, replications
