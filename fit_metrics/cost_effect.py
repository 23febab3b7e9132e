"""What early endings and feedback work do to costs: calculated, estimated, and how sure it is."""

from __future__ import annotations

from fit_metrics._cost_profile import ProfiledGross, profile_gross
from fit_metrics._distributions import Beta, Gamma, Pert, Triangular, Uniform
from fit_metrics._early_ending import EarlyEnding, early_ending_gross, used_months
from fit_metrics._estimated_effect import EstimatedEffect, estimated_effect
from fit_metrics._fit_cost import (
    BreakEven,
    FitCost,
    break_even_dropout,
    break_even_endings,
    fit_cost,
)
from fit_metrics._freed_capacity import FreedCapacity, UnusedValue, freed_capacity, unused_value
from fit_metrics._money_basis import CostRange, PriceBasis, certain
from fit_metrics._money_guards import (
    RealisedSaving,
    realised_saving,
    refuse_extrapolation,
    refuse_sum,
)
from fit_metrics._net_effect import net_effect
from fit_metrics._net_records import NetEffect, Waterfall, total_effect
from fit_metrics._net_thresholds import NetThresholds, net_thresholds
from fit_metrics._one_way import OneWay, Threshold, one_way, threshold
from fit_metrics._prices import (
    Amount,
    PriceIndex,
    discounted,
    discounted_evenly,
    price_at,
    sum_amounts,
)
from fit_metrics._sensitivity import Probabilistic, net_amount, probabilistic

__all__ = [
    "Amount",
    "Beta",
    "BreakEven",
    "CostRange",
    "EarlyEnding",
    "EstimatedEffect",
    "FitCost",
    "FreedCapacity",
    "Gamma",
    "NetEffect",
    "NetThresholds",
    "OneWay",
    "Pert",
    "PriceBasis",
    "PriceIndex",
    "Probabilistic",
    "ProfiledGross",
    "RealisedSaving",
    "Threshold",
    "Triangular",
    "Uniform",
    "UnusedValue",
    "Waterfall",
    "break_even_dropout",
    "break_even_endings",
    "certain",
    "discounted",
    "discounted_evenly",
    "early_ending_gross",
    "estimated_effect",
    "fit_cost",
    "freed_capacity",
    "net_amount",
    "net_effect",
    "net_thresholds",
    "one_way",
    "price_at",
    "probabilistic",
    "profile_gross",
    "realised_saving",
    "refuse_extrapolation",
    "refuse_sum",
    "sum_amounts",
    "threshold",
    "total_effect",
    "unused_value",
    "used_months",
]
