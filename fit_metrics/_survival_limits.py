"""Limits of a share that is estimated with a standard error."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fit_metrics._arrays import FloatArray
from fit_metrics._options import normal_quantile

# Sums of shares miss 0 and 1 by no more than this.
_ROUNDING = 1e-12

CurveInterval = Literal["log_log", "log", "plain"]


def curve_limits(
    share: FloatArray, error: FloatArray, ci: CurveInterval, level: float
) -> tuple[FloatArray, FloatArray]:
    """Give limits within 0 and 1; nan where `error` is nan."""
    half_width = normal_quantile(level) * error
    if ci == "plain":
        low, high = share - half_width, share + half_width
    else:
        # A share of 0 or 1 has no error and so no limits; 1/2 stands in for it.
        inner = np.where(np.isnan(error), 0.5, share)
        log = np.log(inner)
        if ci == "log":
            reach = half_width / inner
            low, high = inner * np.exp(-reach), inner * np.exp(reach)
        else:
            reach = half_width / (inner * log)
            low, high = np.exp(log * np.exp(-reach)), np.exp(log * np.exp(reach))
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def known_error(variance: FloatArray, share: FloatArray) -> FloatArray:
    """Give the standard error; nan where the share is 0 or 1 and the rows show no spread."""
    edge = (share <= _ROUNDING) | (share >= 1.0 - _ROUNDING) | ~(variance > 0.0)
    return np.sqrt(np.where(edge, np.nan, variance))
