"""Funnel plots: limits for units of different size, their z-scores and overdispersion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from fit_metrics import _funnel_limits as funnel_limits
from fit_metrics._arrays import FloatArray, as_column, check_same_length, refuse_missing
from fit_metrics._counts import as_counts, read_only
from fit_metrics._funnel_limits import Kind, check_setting
from fit_metrics._options import Missing, check_level
from fit_metrics._overdispersion import Overdispersion, overdispersion

__all__ = ["FunnelLimits", "Overdispersion", "UnitScores", "limits", "overdispersion", "z_scores"]

LimitMethod = Literal["normal", "t", "exact", "interpolated", "arcsine"]
ScoreMethod = Literal["normal", "arcsine"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelLimits:
    """Limits around one centre, by unit and level.

    Attributes
    ----------
    estimate : float
        The centre, in the unit of the values.
    ci_low, ci_high : ndarray of float, shape (n_levels, n_units)
        Limits between which a unit's value lies with the level's probability if nothing but
        chance sets it apart from the centre; ``nan`` for a unit of nobody. Read-only.
    ci_level : tuple of float, length n_levels
        The levels, in the order asked for.
    n : ndarray of float, shape (n_units,)
        Persons of each unit. Read-only.
    n_missing : int
        0: limits rest on numbers of persons alone.
    method : str
        Code of the limits.
    """

    estimate: float
    ci_low: FloatArray
    ci_high: FloatArray
    ci_level: tuple[float, ...]
    n: FloatArray
    n_missing: int
    method: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitScores:
    """How many standard errors each unit lies from the centre.

    Attributes
    ----------
    z : ndarray of float, shape (n_units,)
        Positive above the centre; ``nan`` without a value or persons, and where nothing can
        vary. Read-only.
    standard_error : ndarray of float, shape (n_units,)
        Standard errors at the centre without overdispersion, in the unit of the values, or of
        their arcsines. Read-only.
    n : int
        Units with a z.
    n_missing : int
        Units without.
    method : str
        Code of the scale.
    """

    z: FloatArray
    standard_error: FloatArray
    n: int
    n_missing: int
    method: str


def limits(
    n: ArrayLike,
    *,
    kind: Kind,
    centre: SupportsFloat,
    sd: SupportsFloat | None = None,
    method: LimitMethod | None = None,
    df: SupportsIndex | None = None,
    levels: Sequence[float] = (0.95, 0.998),
    phi: SupportsFloat = 1.0,
    tau2: SupportsFloat = 0.0,
) -> FunnelLimits:
    r"""Give the limits of a funnel plot for units of these numbers of persons.

    Parameters
    ----------
    n : array_like of int, shape (n_units,)
        Persons of each unit, 0 or more.
    kind : {"mean", "proportion"}
        What is shown of each unit.
    centre : float
        Value of the whole, or a target: a mean in score units or a share between 0 and 1.
    sd : float, optional
        Spread of persons within units, in score units: needed for means, and for them only.
    method : {"normal", "t", "exact", "interpolated", "arcsine"}, optional
        Means: "normal" (default) for a known `sd`, "t" for one pooled from `df` degrees of
        freedom. Proportions: "exact" (default), the binomial quantiles; "interpolated", the same
        made continuous; "normal"; or "arcsine", normal on the scale of constant variance.
    df : int, optional
        Degrees of freedom of `sd`, for "t" only: persons less units.
    levels : sequence of float
        Levels, each between 0 and 1.
    phi, tau2 : float
        Overdispersion by :func:`overdispersion`, one of them: factor of the variance (1 or more)
        or variance added to it, of arcsines for "arcsine". Not for "exact", "interpolated".

    Returns
    -------
    FunnelLimits
        Arrays by level and unit. Units are never ranked.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    Means: :math:`\theta \pm q \sqrt{\phi s^2 / n + \tau^2}`. Exact, with r the least count whose
    binomial distribution function F reaches p = (1 ∓ level)/2: r / n; a unit lies beyond each
    limit with a probability of at most (1 - level)/2. Interpolated: :math:`(r - \alpha) / n` with
    :math:`\alpha = \{F(r) - p\} / \{F(r) - F(r - 1)\}`, cut at 0; smooth in n, but a count that
    is beyond the limit can be likelier than (1 - level)/2. Normal limits of proportions are cut
    at 0 and 1. n = 0 gives nan; sd = 0 and a centre of 0 or 1 give limits of no width.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
       Statistics in Medicine, 24(8), 1185-1202 (the interpolation: appendix).

    Examples
    --------
    >>> result = limits([20, 80], kind="mean", centre=5.0, sd=8.0)
    >>> [[round(float(v), 2) for v in row] for row in result.ci_low]
    [[1.49, 3.25], [-0.53, 2.24]]
    >>> limits([25], kind="proportion", centre=0.6, levels=[0.95]).ci_high.tolist()
    [[0.8]]
    """
    setting = check_setting(kind, method, centre, sd, df, phi, tau2)
    persons = as_counts("n", n)
    if np.ndim(levels) != 1:
        raise ValueError(f"levels is {levels!r}: it must be a sequence of levels")
    checked = tuple(check_level(level) for level in levels)
    if not checked:
        raise ValueError("levels is empty: it must have at least one level")
    pairs_by_level = [funnel_limits.level_limits(setting, persons, level) for level in checked]
    return FunnelLimits(
        estimate=setting.centre,
        ci_low=read_only(np.array([low for low, _ in pairs_by_level])),
        ci_high=read_only(np.array([high for _, high in pairs_by_level])),
        ci_level=checked,
        n=read_only(persons),
        n_missing=0,
        method=f"funnel_{kind}_{setting.method}",
    )


def z_scores(
    values: ArrayLike,
    n: ArrayLike,
    *,
    kind: Kind,
    centre: SupportsFloat,
    sd: SupportsFloat | None = None,
    method: ScoreMethod = "normal",
    phi: SupportsFloat = 1.0,
    tau2: SupportsFloat = 0.0,
    missing: Missing = "raise",
) -> UnitScores:
    r"""Give how many standard errors each unit lies from the centre.

    Parameters
    ----------
    values : array_like, shape (n_units,)
        Mean or share (0 to 1) of each unit; None and nan are missing.
    n : array_like of int, shape (n_units,)
        Persons of each unit; a unit of nobody is missing.
    kind, centre, sd, phi, tau2
        As in :func:`limits`.
    method : {"normal", "arcsine"}
        Scale of the scores; "arcsine" for proportions only.
    missing : {"raise", "omit"}
        Refuse units without a value, or give them nan and count them in `n_missing`.

    Returns
    -------
    UnitScores
        One score a unit, in the order given.

    Raises
    ------
    ValueError
        An argument breaks its rule.

    Notes
    -----
    :math:`z = (y - \theta) / \sqrt{\phi s^2 + \tau^2}`, with the standard error s at the centre,
    not at the unit's own value: sd / √n, :math:`\sqrt{\theta (1 - \theta) / n}`, or 1 / (2√n)
    with y and θ as arcsines of their roots. nan where the standard error is 0.

    References
    ----------
    .. [1] Spiegelhalter (2005), as in :func:`limits`.

    Examples
    --------
    >>> z_scores([0.8, 0.5], [25, 100], kind="proportion", centre=0.6).z.round(3).tolist()
    [2.041, -2.041]
    """
    setting = check_setting(kind, method, centre, sd, None, phi, tau2)
    if setting.method not in ("normal", "arcsine"):
        raise ValueError(f"method is {method!r}: z-scores are 'normal' or 'arcsine'")
    observed, persons = as_column("values", values), as_counts("n", n)
    check_same_length("values", observed, "n", persons)
    if kind == "proportion" and ((observed < 0.0) | (observed > 1.0)).any():
        raise ValueError("values has one below 0 or above 1: a proportion must lie between them")
    is_known = ~np.isnan(observed) & (persons > 0.0)
    n_missing = int(observed.size - np.count_nonzero(is_known))
    refuse_missing("values and n", n_missing, observed.size, missing)
    errors = funnel_limits.standard_errors(setting, persons)
    middle = np.float64(setting.centre)
    if setting.method == "arcsine":
        observed = funnel_limits.to_angle(observed)
        middle = np.float64(funnel_limits.to_angle(middle))
    spread = funnel_limits.widened(setting, errors)
    z = (observed - middle) / np.where(spread > 0.0, spread, np.nan)
    n_scored = int(np.count_nonzero(~np.isnan(z)))
    return UnitScores(
        z=read_only(z),
        standard_error=read_only(errors),
        n=n_scored,
        n_missing=observed.size - n_scored,
        method=f"funnel_z_{kind}_{setting.method}",
    )
