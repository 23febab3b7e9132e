"""Limits of Cronbach's alpha."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._options import normal_quantile, student_quantile


def normal_theory_limits(
    alpha: float, n: int, k: int, level: float, *, exact: bool
) -> tuple[float, float]:
    """Give Feldt's F limits where `exact`, else Bonett's of log(1 - alpha), nan for n < 3."""
    tail = (1.0 - level) / 2.0
    if exact:
        free, rest = n - 1, (n - 1) * (k - 1)
        factors = [float(special.fdtri(free, rest, p)) for p in (1.0 - tail, tail)]
        return 1.0 - (1.0 - alpha) * factors[0], 1.0 - (1.0 - alpha) * factors[1]
    if n < 3:
        return math.nan, math.nan
    return _on_log_scale(alpha, normal_quantile(level) * math.sqrt(2.0 * k / ((k - 1) * (n - 2))))


def distribution_free_limits(alpha: float, items: FloatArray, level: float) -> tuple[float, float]:
    """Give the limits of log(1 - alpha) from each person's share in it; nan for n < 3."""
    n, k = items.shape
    if n < 3 or math.isnan(alpha):
        return math.nan, math.nan
    if alpha >= 1.0:
        return alpha, alpha
    centred = items - items[0]
    centred = centred - centred.mean(axis=0)
    own, of_sum = np.square(centred).sum(axis=1), np.square(centred.sum(axis=1))
    shares = own / own.mean() - of_sum / of_sum.mean()
    weight = 1.0 + 1.0 / ((k - 1) * (1.0 - alpha))
    error = weight * float(shares.std(ddof=1)) / math.sqrt(n)
    return _on_log_scale(alpha, student_quantile(level, n - 1) * error)


def _on_log_scale(alpha: float, half_width: float) -> tuple[float, float]:
    rest = 1.0 - alpha
    return 1.0 - rest * math.exp(half_width), 1.0 - rest * math.exp(-half_width)
