"""Outcome statistics of Feedback-Informed Treatment."""

from __future__ import annotations

from fit_metrics import (
    agreement,
    cost_effect,
    effect_size,
    rates,
    reliable_change,
    results,
    scale,
    survey,
)

__all__ = [
    "agreement",
    "cost_effect",
    "effect_size",
    "rates",
    "reliable_change",
    "results",
    "scale",
    "survey",
]
