"""Quality of a scale: reliability of its sum, its items, and answers at its ends."""

from __future__ import annotations

from fit_metrics._alpha import (
    Reliability,
    cronbach_alpha,
    cronbach_alpha_from_covariance,
    cronbach_alpha_from_sums,
)
from fit_metrics._item_quality import (
    EndShares,
    ItemTotals,
    end_shares,
    item_total,
    straight_lining,
)
from fit_metrics._omega import Omega, omega_total

__all__ = [
    "EndShares",
    "ItemTotals",
    "Omega",
    "Reliability",
    "cronbach_alpha",
    "cronbach_alpha_from_covariance",
    "cronbach_alpha_from_sums",
    "end_shares",
    "item_total",
    "omega_total",
    "straight_lining",
]
