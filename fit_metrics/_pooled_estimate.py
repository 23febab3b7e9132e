"""Result of pooling areas."""

from __future__ import annotations

from dataclasses import dataclass

from fit_metrics._arrays import FloatArray
from fit_metrics.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PooledEstimate(Estimate):
    """A pooled mean of areas and how much the areas differ.

    Attributes
    ----------
    standard_error : float
        Standard error of the pooled mean.
    weights : ndarray of float, shape (n,)
        Share of each area in the mean, in the order given, without those left out; sums to 1.
        Read-only.
    q : float
        Cochran's Q: weighted squares around the fixed-effect mean.
    q_df : int
        Its degrees of freedom, areas less 1.
    q_p_value : float
        Probability of a Q this large if all areas had one true value; ``nan`` for one area.
    tau2 : float
        Variance between the areas' true values, squared unit; ``nan`` for one area.
    tau2_low, tau2_high : float
        Q-profile limits of `tau2` at `ci_level`, cut at 0.
    i2, i2_low, i2_high : float
        Share of the variance that lies between areas, 0 to 1, from `tau2` and its limits.
    prediction_low, prediction_high : float
        Interval for the true value of one further area; ``nan`` where there is none.
    """

    standard_error: float
    weights: FloatArray
    q: float
    q_df: int
    q_p_value: float
    tau2: float
    tau2_low: float
    tau2_high: float
    i2: float
    i2_low: float
    i2_high: float
    prediction_low: float
    prediction_high: float
