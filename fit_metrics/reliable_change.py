"""Reliable change: measurement error, thresholds, cut-offs, indices and change classes."""

from __future__ import annotations

import math
from typing import Literal, SupportsFloat

from fit_metrics._change_classes import CHANGE_CLASSES, MISSING_CLASS, ChangeClasses, classify
from fit_metrics._change_index import (
    edwards_nunnally,
    gulliksen_lord_novick,
    hsu_linn_lord,
    jacobson_truax,
)
from fit_metrics._change_index_core import ReliableChangeIndex
from fit_metrics._options import (
    check_choice,
    check_level,
    check_reliability,
    finite_number,
    non_negative,
    normal_quantile,
)

__all__ = [
    "CHANGE_CLASSES",
    "MISSING_CLASS",
    "ChangeClasses",
    "ReliableChangeIndex",
    "classify",
    "cutoff",
    "edwards_nunnally",
    "gulliksen_lord_novick",
    "hsu_linn_lord",
    "jacobson_truax",
    "standard_error_of_measurement",
    "threshold",
]

CutoffKind = Literal["a", "b", "c"]


def standard_error_of_measurement(sd: SupportsFloat, reliability: SupportsFloat) -> float:
    """Give the standard error of one measurement, in score units.

    Parameters
    ----------
    sd : float
        Standard deviation of the scores in the reference sample, 0 or more.
    reliability : float
        Reliability of the score in that sample, above 0 and at most 1.

    Returns
    -------
    float
        ``sd * sqrt(1 - reliability)``.

    Raises
    ------
    ValueError
        An argument is outside its range.

    References
    ----------
    .. [1] Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to
       defining meaningful change in psychotherapy research. Journal of Consulting and Clinical
       Psychology, 59(1), 12-19.

    Examples
    --------
    >>> standard_error_of_measurement(10, 0.75)
    5.0
    """
    return non_negative("sd", sd) * math.sqrt(1.0 - check_reliability(reliability))


def threshold(sd: SupportsFloat, reliability: SupportsFloat, *, level: float = 0.95) -> float:
    """Give the smallest change that measurement error alone makes unlikely, in score units.

    Parameters
    ----------
    sd, reliability : float
        As in :func:`standard_error_of_measurement`.
    level : float
        Probability that the error of a difference stays within the threshold; 0.95 gives the
        usual 1.96.

    Returns
    -------
    float
        ``z * sqrt(2) * SEM``, not rounded.

    Raises
    ------
    ValueError
        An argument is outside its range.

    References
    ----------
    .. [1] Jacobson and Truax (1991), as in :func:`standard_error_of_measurement`.

    Examples
    --------
    >>> round(threshold(6.8, 0.93), 2)
    4.99
    """
    error = standard_error_of_measurement(sd, reliability)
    return normal_quantile(check_level(level)) * math.sqrt(2.0) * error


def cutoff(
    kind: CutoffKind,
    *,
    mean_clinical: SupportsFloat,
    sd_clinical: SupportsFloat | None = None,
    mean_functional: SupportsFloat,
    sd_functional: SupportsFloat | None = None,
) -> float:
    """Give the score that parts the clinical from the functional population, in score units.

    Parameters
    ----------
    kind : {"a", "b", "c"}
        "a": two clinical SDs from the clinical mean towards the functional one; "b": two
        functional SDs from the functional mean towards the clinical one; "c": the point equally
        many SDs from both means.
    mean_clinical, mean_functional : float
        Means of the two populations. They differ: which is higher gives the direction.
    sd_clinical, sd_functional : float, optional
        Their standard deviations. "a" does not need the functional, "b" not the clinical one.

    Returns
    -------
    float
        The cut-off, not rounded.

    Raises
    ------
    ValueError
        An argument breaks its rule, a needed SD is not given, or the means are equal.

    References
    ----------
    .. [1] Jacobson and Truax (1991), as in :func:`standard_error_of_measurement`.

    Examples
    --------
    >>> norms = {"mean_clinical": 19.6, "sd_clinical": 8.7}
    >>> norms |= {"mean_functional": 28.0, "sd_functional": 6.8}
    >>> round(cutoff("c", **norms), 1)
    24.3
    """
    check_choice("kind", kind, CutoffKind)
    clinical = finite_number("mean_clinical", mean_clinical)
    functional = finite_number("mean_functional", mean_functional)
    if clinical == functional:
        raise ValueError(
            f"mean_clinical and mean_functional are both {clinical}: they must differ to tell "
            "which side is functional"
        )
    towards_functional = math.copysign(1.0, functional - clinical)
    if kind == "a":
        return clinical + towards_functional * 2.0 * _sd("sd_clinical", sd_clinical, kind)
    spread_functional = _sd("sd_functional", sd_functional, kind)
    if kind == "b":
        return functional - towards_functional * 2.0 * spread_functional
    spread_clinical = _sd("sd_clinical", sd_clinical, kind)
    both = spread_clinical + spread_functional
    if both == 0.0:
        raise ValueError("sd_clinical and sd_functional are both 0: one must be above 0 for 'c'")
    return (spread_functional * clinical + spread_clinical * functional) / both


def _sd(name: str, value: SupportsFloat | None, kind: CutoffKind) -> float:
    if value is None:
        raise ValueError(f"{name} is None: the cut-off of kind {kind!r} needs it")
    return non_negative(name, value)
