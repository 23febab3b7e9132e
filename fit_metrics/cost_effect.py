"""What early endings and feedback work do to costs, exact to the last digit."""

from __future__ import annotations

from fit_metrics._cost_profile import ProfiledGross, profile_gross
from fit_metrics._early_ending import EarlyEnding, early_ending_gross, used_months
from fit_metrics._estimated_effect import EstimatedEffect, estimated_effect
from fit_metrics._freed_capacity import FreedCapacity, UnusedValue, freed_capacity, unused_value
from fit_metrics._money_basis import CostRange, PriceBasis, certain
from fit_metrics._net_effect import net_effect
from fit_metrics._net_records import NetEffect, Waterfall, total_effect
from fit_metrics._net_thresholds import NetThresholds, net_thresholds
from fit_metrics._prices import Amount, PriceIndex, discounted, price_at, sum_amounts

__all__ = [
    "Amount",
    "CostRange",
    "EarlyEnding",
    "EstimatedEffect",
    "FreedCapacity",
    "NetEffect",
    "NetThresholds",
    "PriceBasis",
    "PriceIndex",
    "ProfiledGross",
    "UnusedValue",
    "Waterfall",
    "certain",
    "discounted",
    "early_ending_gross",
    "estimated_effect",
    "freed_capacity",
    "net_effect",
    "net_thresholds",
    "price_at",
    "profile_gross",
    "sum_amounts",
    "total_effect",
    "unused_value",
    "used_months",
]
