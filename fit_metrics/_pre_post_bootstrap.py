"""Bootstrap limits of a pre–post effect size: resampled pairs or clusters of pairs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fit_metrics import _bootstrap
from fit_metrics._arrays import FloatArray, Pairs
from fit_metrics._change_moments import GroupMoments
from fit_metrics._options import direction_sign
from fit_metrics._pre_post import Options, standardizer_variance

# A spread this much smaller than that of the data is rounding: the resample has equal values.
_NO_SPREAD = 1e-13


def limits(
    rows: Pairs,
    clusters: NDArray[np.intp] | None,
    options: Options,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[float, float]:
    """Give the limits of the uncorrected d; both nan where it does not exist."""
    if rows.first.size < 2:
        return math.nan, math.nan
    by_unit = _bootstrap.sums_by_unit(_sums_by_pair(rows), clusters)
    sign = direction_sign(options.direction)
    mean_change = float((rows.second - rows.first).mean())

    def d_of(sums: FloatArray) -> FloatArray:
        moments = _moments(sums, mean_change)
        variance = standardizer_variance(moments, options.standardizer)
        d = np.full(variance.shape, np.nan)
        np.divide(sign * moments.mean_change, np.sqrt(variance), out=d, where=variance > 0.0)
        return d

    estimate = float(d_of(by_unit.sum(axis=1, keepdims=True))[0])
    if not math.isfinite(estimate):
        return math.nan, math.nan
    replicates = d_of(_bootstrap.draw_sums(by_unit, rng, n_resamples))
    jackknife = d_of(_bootstrap.leave_one_out(by_unit))
    return _bootstrap.bca_limits(replicates, estimate, [jackknife], options.level)


def _sums_by_pair(rows: Pairs) -> FloatArray:
    # Measured from their means, the squares of a resample do not cancel.
    pre, change = rows.first, rows.second - rows.first
    change = np.zeros(change.size) if np.ptp(change) <= rows.resolution else change - change.mean()
    pre = pre - pre.mean() if np.ptp(pre) > 0.0 else np.zeros(pre.size)
    post = pre + change
    return np.stack([np.ones(pre.size), pre, change, pre**2, post**2, change**2])


def _moments(sums: FloatArray, mean_change: float) -> GroupMoments:
    n, pre, change, pre_squared, post_squared, change_squared = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        variances = [
            _variance(n, total, squares)
            for total, squares in (
                (pre, pre_squared),
                (pre + change, post_squared),
                (change, change_squared),
            )
        ]
        var_pre, var_post, var_change = variances
        return GroupMoments(
            n=n.astype(np.int64),
            mean_change=mean_change + change / n,
            var_pre=var_pre,
            var_post=var_post,
            covariance=(var_pre + var_post - var_change) / 2.0,
            var_change=var_change,
        )


def _variance(n: FloatArray, total: FloatArray, squares: FloatArray) -> FloatArray:
    centred = squares - total * total / n
    return np.where(centred > _NO_SPREAD * squares, centred, 0.0) / (n - 1.0)
