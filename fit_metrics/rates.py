"""Shares and means with their intervals, and the rates that services report."""

from __future__ import annotations

from fit_metrics._dropout import Dropout, DropoutShares, dropout
from fit_metrics._icce import icce_indices
from fit_metrics._icce_rows import Index
from fit_metrics._means import mean_interval, mean_interval_from_sums
from fit_metrics._share_arrays import ShareIntervals, share_intervals
from fit_metrics._share_bounds import ShareBounds, share_bounds
from fit_metrics._share_difference import paired_share_difference, share_difference
from fit_metrics._shares import Share, clopper_pearson, jeffreys, wilson
from fit_metrics._talking_therapies import TalkingTherapies, talking_therapies

__all__ = [
    "Dropout",
    "DropoutShares",
    "Index",
    "Share",
    "ShareBounds",
    "ShareIntervals",
    "TalkingTherapies",
    "clopper_pearson",
    "dropout",
    "icce_indices",
    "jeffreys",
    "mean_interval",
    "mean_interval_from_sums",
    "paired_share_difference",
    "share_bounds",
    "share_difference",
    "share_intervals",
    "talking_therapies",
    "wilson",
]
