"""Fieller's set for a ratio of two means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, SupportsFloat

from scipy import special

from fit_metrics._options import check_level, finite_number, non_negative

SetKind = Literal["interval", "whole_line", "complement", "half_line", "undefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FiellerSet:
    """A ratio and the set of ratios that the data do not reject.

    Attributes
    ----------
    estimate : float
        The ratio; ``nan`` where the denominator is 0.
    ci_low, ci_high : float
        The least interval that holds the set; infinite where the set has no end there.
    ci_level : float
        Coverage that the set aims at.
    set_kind : str
        "interval"; "whole_line" (every ratio fits); "complement" (all but those between
        `excluded_low` and `excluded_high`: the denominator may be 0); "half_line" (the border of
        the two); "undefined" (no ratio, or no variance).
    excluded_low, excluded_high : float
        Open interval that a "complement" leaves out; ``nan`` otherwise.
    method : str
        "fieller".
    """

    estimate: float
    ci_low: float
    ci_high: float
    ci_level: float
    set_kind: SetKind
    excluded_low: float
    excluded_high: float
    method: str


class Solution(NamedTuple):
    """Kind and limits of a set, as in `FiellerSet`."""

    set_kind: SetKind
    ci_low: float
    ci_high: float
    excluded_low: float
    excluded_high: float


def fieller(
    numerator: SupportsFloat,
    denominator: SupportsFloat,
    *,
    variance_numerator: SupportsFloat,
    variance_denominator: SupportsFloat,
    covariance: SupportsFloat,
    df: SupportsFloat | None = None,
    level: float = 0.95,
) -> FiellerSet:
    r"""Give the ratio of two means with Fieller's set.

    Parameters
    ----------
    numerator, denominator : float
        The two means (or sums, or differences).
    variance_numerator, variance_denominator, covariance : float
        Of those means, not of single rows.
    df : float, optional
        Degrees of freedom of the variances; normal quantiles without it.
    level : float
        Coverage of the set, between 0 and 1.

    Returns
    -------
    FiellerSet
        In the unit of numerator by denominator.

    Raises
    ------
    ValueError
        A negative variance, a covariance larger than the variances allow, df not above 0, or a
        value that is not finite.

    Notes
    -----
    The ratios r with :math:`(a - r b)^2 \le t^2 (v_a - 2 r c + r^2 v_b)`. Where b differs from 0 at
    the level, an interval; else everything outside an interval or every number. No method whose
    limits are always finite can hold its level for a ratio of means.

    Nominal property: exact for normal means with known variance or, with df, for normal paired
    rows.

    References
    ----------
    .. [1] Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal
       Statistical Society, Series B, 16(2), 175-185.
    .. [2] Gleser, L. J., & Hwang, J. T. (1987). The nonexistence of 100(1 - alpha)% confidence sets
       of finite expected diameter. Annals of Statistics, 15(4), 1351-1362.

    Examples
    --------
    >>> sure = fieller(
    ...     900, 0.5, variance_numerator=400, variance_denominator=0.0025, covariance=0.2
    ... )
    >>> sure.set_kind, round(sure.ci_low), round(sure.ci_high)
    ('interval', 1509, 2228)
    >>> fieller(
    ...     900, 0.05, variance_numerator=400, variance_denominator=0.0025, covariance=0.2
    ... ).set_kind
    'complement'
    """
    a, b = finite_number("numerator", numerator), finite_number("denominator", denominator)
    v_a = non_negative("variance_numerator", variance_numerator)
    v_b = non_negative("variance_denominator", variance_denominator)
    c = finite_number("covariance", covariance)
    if c * c > v_a * v_b * (1.0 + 1e-9):
        raise ValueError(
            f"covariance is {covariance!r}: its square must not exceed the product of the variances"
        )
    checked_level = check_level(level)
    quantile = _quantile(df, checked_level)
    return FiellerSet(
        estimate=a / b if b else math.nan,
        ci_level=checked_level,
        method="fieller",
        **solve(a, b, v_a, v_b, c, quantile)._asdict(),
    )


def _quantile(df: SupportsFloat | None, level: float) -> float:
    if df is None:
        return float(-special.ndtri((1.0 - level) / 2.0))
    freedom = finite_number("df", df)
    if freedom <= 0.0:
        raise ValueError(f"df is {df!r}: it must be above 0")
    return float(-special.stdtrit(freedom, (1.0 - level) / 2.0))


def solve(a: float, b: float, v_a: float, v_b: float, c: float, t: float) -> Solution:
    """Give the ratios r with (a - r b)^2 <= t^2 (v_a - 2 r c + r^2 v_b)."""
    nan, inf = math.nan, math.inf
    if not b or not all(map(math.isfinite, (a, b, v_a, v_b, c, t))):
        return Solution("undefined", nan, nan, nan, nan)
    # In units of |a| (or its error) and |b| nothing is squared that is far from 1.
    scale = max(abs(a), math.sqrt(v_a)) or 1.0
    a, v_a, c, v_b = a / scale, v_a / scale**2, c / (scale * b), v_b / b**2
    unit = scale / b
    square, linear, constant = 1.0 - t * t * v_b, a - t * t * c, a * a - t * t * v_a
    # square r^2 - 2 linear r + constant <= 0, of which the estimate r = a is a solution.
    if abs(square) < 1e-14:
        if not linear:
            return Solution("whole_line", -inf, inf, nan, nan)
        edge = constant / (2.0 * linear) * unit
        up = (linear > 0.0) == (unit > 0.0)
        return Solution("half_line", edge if up else -inf, inf if up else edge, nan, nan)
    root = linear * linear - square * constant
    if square < 0.0 and root <= 0.0:
        return Solution("whole_line", -inf, inf, nan, nan)
    # The root that does not cancel first, the other one from the product of both.
    far = linear + math.copysign(math.sqrt(max(root, 0.0)), linear)
    ends = (far / square, constant / far if far else 0.0)
    low, high = sorted(end * unit for end in ends)
    if square > 0.0:
        return Solution("interval", low, high, nan, nan)
    return Solution("complement", -inf, inf, low, high)
