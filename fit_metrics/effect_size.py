"""Effect sizes: of one group measured twice, of two groups, adjusted for severity at intake."""

from __future__ import annotations

from fit_metrics._pre_post_d import pre_post_d
from fit_metrics._pre_post_summaries import pre_post_d_from_stats, pre_post_d_from_sums

__all__ = ["pre_post_d", "pre_post_d_from_stats", "pre_post_d_from_sums"]
