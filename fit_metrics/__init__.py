"""Outcome statistics of Feedback-Informed Treatment.

`fit_metrics.frames` needs polars and is therefore not imported with the others.
"""

from __future__ import annotations

from fit_metrics import (
    agreement,
    benchmark,
    case_mix,
    cost_effect,
    course,
    effect_size,
    funnel,
    multilevel,
    pool,
    rates,
    reliable_change,
    results,
    scale,
    survey,
    survival,
)

__all__ = [
    "agreement",
    "benchmark",
    "case_mix",
    "cost_effect",
    "course",
    "effect_size",
    "funnel",
    "multilevel",
    "pool",
    "rates",
    "reliable_change",
    "results",
    "scale",
    "survey",
    "survival",
]
