"""Outcome statistics of Feedback-Informed Treatment."""

from __future__ import annotations

from fit_metrics import cost_effect, effect_size, multilevel, rates, reliable_change, results

__all__ = ["cost_effect", "effect_size", "multilevel", "rates", "reliable_change", "results"]
