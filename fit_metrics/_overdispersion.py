"""Overdispersion of the units of a funnel, with the extreme ones held back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics._arrays import pairs
from fit_metrics._between_areas import shared_weight
from fit_metrics._options import Missing, finite_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdispersion:
    """How much more the units differ than chance alone would make them.

    Attributes
    ----------
    phi : float
        Factor of the variances, 1 or more (multiplicative).
    tau2 : float
        Variance between units, 0 or more (additive), in the squared unit of the standard errors.
    mean_square : float
        Mean of the squared winsorised z-scores: `phi` before it is held at 1.
    z_low, z_high : float
        Where the z-scores were winsorised.
    n_winsorised : int
        Units whose z-score was moved there.
    n : int
        Units used.
    n_missing : int
        Units without a z-score or standard error.
    method : str
        Code of the estimator.
    """

    phi: float
    tau2: float
    mean_square: float
    z_low: float
    z_high: float
    n_winsorised: int
    n: int
    n_missing: int
    method: str


def overdispersion(
    z: ArrayLike,
    standard_errors: ArrayLike,
    *,
    winsorise: SupportsFloat = 0.1,
    missing: Missing = "omit",
) -> Overdispersion:
    r"""Give how much more units differ than chance makes them, with the extremes held back.

    Parameters
    ----------
    z, standard_errors : array_like, shape (n_units,)
        Unwidened z-scores and standard errors of the units, as :func:`fit_metrics.funnel.z_scores` gives them.
    winsorise : float
        Share of the units at each end whose z-score is moved to the quantile there, 0 to below
        0.5: the units that the funnel is to show should not widen it.
    missing : {"omit", "raise"}
        Leave out units without a z-score and count them, or refuse them.

    Returns
    -------
    Overdispersion
        `phi` and `tau2`; one of them goes into :func:`fit_metrics.funnel.limits`.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    With the winsorised scores z', k units and :math:`w_i = 1 / s_i^2`: the mean square is
    :math:`\sum z_i'^2 / k`, phi the larger of it and 1, and
    :math:`\tau^2 = \max\{0, (\sum z_i'^2 - (k - 1)) / (\sum w_i - \sum w_i^2 / \sum w_i)\}`.
    The quantiles interpolate linearly between scores (R's type 7). Winsorising takes spread
    away: with no overdispersion the mean square is about 0.68 at 0.1, so that both are biased
    towards none. All nan for no unit; tau2 nan for one.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005). Handling over-dispersion of performance indicators.
       Quality and Safety in Health Care, 14(5), 347-351.

    Examples
    --------
    >>> scores = [-4.0, -2.0, -1.0, 0.5, 1.0, 2.5, 6.0]
    >>> result = overdispersion(scores, [0.5] * 7)
    >>> round(result.phi, 3), round(result.tau2, 3), result.n_winsorised
    (5.079, 1.231, 2)
    """
    share = finite_number("winsorise", winsorise)
    if not 0.0 <= share < 0.5:
        raise ValueError(f"winsorise is {winsorise!r}: it must be 0 or more and below 0.5")
    units = pairs("z", z, "standard_errors", standard_errors, missing)
    if (units.second <= 0.0).any():
        raise ValueError(
            f"standard_errors is {units.second.min()} at least once: it must be above 0"
        )
    k = units.first.size
    low = high = mean_square = tau2 = math.nan
    if k:
        low, high = (float(v) for v in np.quantile(units.first, [share, 1.0 - share]))
        squares = float((np.clip(units.first, low, high) ** 2).sum())
        mean_square = squares / k
    if k >= 2:
        tau2 = max(0.0, (squares - (k - 1)) / shared_weight(units.second**-2.0))
    return Overdispersion(
        phi=max(mean_square, 1.0) if k else math.nan,
        tau2=tau2,
        mean_square=mean_square,
        z_low=low,
        z_high=high,
        n_winsorised=int(np.count_nonzero((units.first < low) | (units.first > high))),
        n=k,
        n_missing=units.n_missing,
        method="funnel_overdispersion_winsorised",
    )
