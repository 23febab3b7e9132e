"""What an outcome costs, and what more of it costs when two ways of working are compared."""

from __future__ import annotations

from fit_metrics._acceptability import acceptability_of_draws
from fit_metrics._cost_ratio import CostPerOutcome, cost_per_outcome
from fit_metrics._fieller import FiellerSet, fieller
from fit_metrics._icer import CostComparison, compare_costs

__all__ = [
    "CostComparison",
    "CostPerOutcome",
    "FiellerSet",
    "acceptability_of_draws",
    "compare_costs",
    "cost_per_outcome",
    "fieller",
]
