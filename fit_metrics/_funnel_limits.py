"""Where the values of units of n persons lie, with a given probability, around one centre."""

from __future__ import annotations

from typing import Literal, NamedTuple, SupportsFloat, SupportsIndex

import numpy as np
from scipy import special

from fit_metrics._arrays import FloatArray
from fit_metrics._options import (
    check_choice,
    exact_integer,
    finite_number,
    non_negative,
    normal_quantile,
    student_quantile,
)

Kind = Literal["mean", "proportion"]
MeanMethod = Literal["normal", "t"]
ProportionMethod = Literal["exact", "interpolated", "normal", "arcsine"]


class Setting(NamedTuple):
    """What the units are compared with, checked."""

    kind: Kind
    method: str
    centre: float
    sd: float
    df: int
    phi: float
    tau2: float


def check_setting(
    kind: Kind,
    method: str | None,
    centre: SupportsFloat,
    sd: SupportsFloat | None,
    df: SupportsIndex | None = None,
    phi: SupportsFloat = 1.0,
    tau2: SupportsFloat = 0.0,
) -> Setting:
    """Give the checked setting, or raise ValueError that names what is wrong."""
    check_choice("kind", kind, Kind)
    if method is None:
        method = "normal" if kind == "mean" else "exact"
    check_choice("method", method, MeanMethod if kind == "mean" else ProportionMethod)
    middle, widening = finite_number("centre", centre), finite_number("phi", phi)
    between = non_negative("tau2", tau2)
    if kind == "proportion" and not 0.0 <= middle <= 1.0:
        raise ValueError(f"centre is {centre!r}: a proportion must lie between 0 and 1")
    if (sd is None) == (kind == "mean"):
        raise ValueError(f"sd is {sd!r} with kind {kind!r}: means need it, proportions have none")
    if (df is None) == (method == "t"):
        raise ValueError(f"df is {df!r} with method {method!r}: 't' needs it, no other has it")
    if widening < 1.0:
        raise ValueError(f"phi is {phi!r}: it must be 1 or more, overdispersion never narrows")
    if (widening > 1.0 or between > 0.0) and method in ("exact", "interpolated"):
        raise ValueError(
            f"phi is {phi!r} and tau2 {tau2!r} with method {method!r}: exact limits cannot be "
            "widened; use 'normal' or 'arcsine'"
        )
    if widening > 1.0 and between > 0.0:
        raise ValueError(
            f"phi is {phi!r} and tau2 is {tau2!r}: widen by one of them, they count the same spread"
        )
    spread = 0.0 if sd is None else non_negative("sd", sd)
    degrees = 0 if df is None else exact_integer("df", df, minimum=1)
    return Setting(kind, method, middle, spread, degrees, widening, between)


def standard_errors(setting: Setting, n: FloatArray) -> FloatArray:
    """Give the standard error of each unit at the centre, unwidened; nan for n = 0."""
    persons = np.where(n > 0.0, n, np.nan)
    if setting.method == "arcsine":
        return np.asarray(0.5 / np.sqrt(persons))
    variance = setting.sd**2 if setting.kind == "mean" else setting.centre * (1.0 - setting.centre)
    return np.asarray(np.sqrt(variance / persons))


def widened(setting: Setting, errors: FloatArray) -> FloatArray:
    """Give the standard errors with the overdispersion in them."""
    return np.asarray(np.sqrt(setting.phi * errors**2 + setting.tau2))


def level_limits(setting: Setting, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Give the lower and the upper limit at one level; nan for n = 0."""
    tail = (1.0 - level) / 2.0
    if setting.method in ("exact", "interpolated"):
        return _quantile(setting, n, tail), _quantile(setting, n, 1.0 - tail)
    quantile = (
        student_quantile(level, setting.df) if setting.method == "t" else normal_quantile(level)
    )
    reach = quantile * widened(setting, standard_errors(setting, n))
    if setting.method == "arcsine":
        angle = float(to_angle(np.float64(setting.centre)))
        angles = np.clip([angle - reach, angle + reach], 0.0, np.pi / 2.0)
        low, high = np.sin(angles) ** 2
        return low, high
    if setting.kind == "proportion":
        low, high = np.clip([setting.centre - reach, setting.centre + reach], 0.0, 1.0)
        return low, high
    return setting.centre - reach, setting.centre + reach


def to_angle(share: FloatArray | np.float64) -> FloatArray:
    """Give the arcsine of the root of a share, whose variance is 1 / 4n whatever the share."""
    return np.asarray(np.arcsin(np.sqrt(share)))


def _quantile(setting: Setting, n: FloatArray, probability: float) -> FloatArray:
    """Give the binomial quantile divided by n, interpolated as Spiegelhalter does or not."""
    # Units of one size share their limits, and the inverse of the distribution is slow.
    sizes, position = np.unique(n, return_inverse=True)
    persons = np.where(sizes > 0.0, sizes, 1.0)
    count = _least_count(persons, setting.centre, probability)
    if setting.method == "interpolated":
        below = _distribution(count - 1.0, persons, setting.centre)
        at = _distribution(count, persons, setting.centre)
        count = np.maximum(count - (at - probability) / (at - below), 0.0)
    return np.where(sizes > 0.0, count / persons, np.nan)[position]


def _least_count(n: FloatArray, share: float, probability: float) -> FloatArray:
    """Give the least count whose distribution function reaches `probability`."""
    if share in (0.0, 1.0):
        return share * n
    # The continuous inverse can lie a hair to either side of a whole number.
    count = np.clip(np.ceil(special.bdtrik(probability, n, share)), 0.0, n)
    count = np.where(_distribution(count - 1.0, n, share) >= probability, count - 1.0, count)
    reached = _distribution(count, n, share) >= probability
    return np.minimum(np.where(reached, count, count + 1.0), n)


def _distribution(count: FloatArray, n: FloatArray, share: float) -> FloatArray:
    """Give the binomial distribution function by way of the incomplete beta function."""
    inside = np.clip(count, 0.0, np.maximum(n - 1.0, 0.0))
    reached = special.betaincc(inside + 1.0, n - inside, share)
    return np.where(count < 0.0, 0.0, np.where(count >= n, 1.0, reached))
