"""Outcome statistics of Feedback-Informed Treatment."""

from __future__ import annotations

from fit_metrics import (
    benchmark,
    case_mix,
    cost_effect,
    effect_size,
    funnel,
    pool,
    rates,
    reliable_change,
    results,
)

__all__ = [
    "benchmark",
    "case_mix",
    "cost_effect",
    "effect_size",
    "funnel",
    "pool",
    "rates",
    "reliable_change",
    "results",
]
