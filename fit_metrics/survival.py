"""Time until something happens: curves, means, tests and hazards."""

from __future__ import annotations

from fit_metrics._survival_cox import cox
from fit_metrics._survival_curve import kaplan_meier, median_time
from fit_metrics._survival_discrete import DiscreteHazard, discrete_hazard
from fit_metrics._survival_drop import ExperienceDrop, experience_drop
from fit_metrics._survival_endings import aalen_johansen
from fit_metrics._survival_hazard import HazardRegression
from fit_metrics._survival_log_rank import LogRank, log_rank
from fit_metrics._survival_mean import restricted_mean, restricted_mean_difference
from fit_metrics._survival_records import (
    CumulativeIncidence,
    CurvePoints,
    MedianTime,
    RestrictedMean,
    SurvivalCurve,
)

__all__ = [
    "CumulativeIncidence",
    "CurvePoints",
    "DiscreteHazard",
    "ExperienceDrop",
    "HazardRegression",
    "LogRank",
    "MedianTime",
    "RestrictedMean",
    "SurvivalCurve",
    "aalen_johansen",
    "cox",
    "discrete_hazard",
    "experience_drop",
    "kaplan_meier",
    "log_rank",
    "median_time",
    "restricted_mean",
    "restricted_mean_difference",
]
