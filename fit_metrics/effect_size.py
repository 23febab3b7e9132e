"""Effect sizes: of one group measured twice, of two groups, adjusted for severity at intake."""

from __future__ import annotations

from fit_metrics._pre_post_d import pre_post_d
from fit_metrics._pre_post_groups import pre_post_d_groups
from fit_metrics._pre_post_summaries import pre_post_d_from_stats, pre_post_d_from_sums
from fit_metrics._regression_to_mean import regression_to_the_mean, regression_to_the_mean_of_group
from fit_metrics._severity import relative_effect_size, severity_adjusted
from fit_metrics._severity_reference import Reference, fit_reference
from fit_metrics._two_group import two_group_d, two_group_d_from_stats

__all__ = [
    "Reference",
    "fit_reference",
    "pre_post_d",
    "pre_post_d_from_stats",
    "pre_post_d_from_sums",
    "pre_post_d_groups",
    "regression_to_the_mean",
    "regression_to_the_mean_of_group",
    "relative_effect_size",
    "severity_adjusted",
    "two_group_d",
    "two_group_d_from_stats",
]
