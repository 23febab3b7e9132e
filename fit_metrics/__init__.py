"""Outcome statistics of Feedback-Informed Treatment."""

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
