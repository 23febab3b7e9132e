"""At which value of a factor a net effect turns its sign, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fit_metrics._money import as_decimal, exact
from fit_metrics._net_effect import Onward
from fit_metrics._options import check_choice


@dataclass(frozen=True, slots=True, kw_only=True)
class NetThresholds:
    """The value of each factor at which the net effect is 0, the others held.

    Attributes
    ----------
    attribution, avoidable_share, onward_cost_eur, fit_cost_eur, gross_eur : Decimal or None
        ``None`` where no value that the factor can take turns the sign (a share above 1, a
        negative amount, or a net amount that does not depend on it).
    """

    attribution: Decimal | None
    avoidable_share: Decimal | None
    onward_cost_eur: Decimal | None
    fit_cost_eur: Decimal | None
    gross_eur: Decimal | None


def net_thresholds(
    *,
    gross_eur: Decimal | int,
    attribution: Decimal | int,
    avoidable_share: Decimal | int,
    onward_cost_eur: Decimal | int,
    fit_cost_eur: Decimal | int,
    onward: Onward = "attributed",
) -> NetThresholds:
    """Give the value of each factor at which the net effect turns its sign.

    Parameters
    ----------
    gross_eur, attribution, avoidable_share, onward_cost_eur, fit_cost_eur : Decimal or int
        One value of each, as in :func:`net_effect`.
    onward : {"attributed", "whole"}
        The rule for the onward cost.

    Returns
    -------
    NetThresholds
        Exact; 50 significant digits where a division never ends.

    Raises
    ------
    ValueError
        A float, a negative amount, a share above 1.

    Notes
    -----
    Net is linear in each factor, so there is one such value at most: net = slope * x + rest.

    Examples
    --------
    >>> net_thresholds(
    ...     gross_eur=2888, attribution=1, avoidable_share=1, onward_cost_eur=0, fit_cost_eur=0
    ... ).onward_cost_eur
    Decimal('2888')
    """
    check_choice("onward", onward, Onward)
    g = exact("gross_eur", gross_eur)
    a = exact("attribution", attribution, at_most=1)
    v = exact("avoidable_share", avoidable_share, at_most=1)
    o = exact("onward_cost_eur", onward_cost_eur)
    f = exact("fit_cost_eur", fit_cost_eur)
    share = a if onward == "attributed" else Fraction(1)
    counted = v * g - (o if onward == "attributed" else 0)
    whole = o if onward == "whole" else Fraction(0)
    return NetThresholds(
        attribution=_root(counted, -whole - f, at_most=1),
        avoidable_share=_root(a * g, -share * o - f, at_most=1),
        onward_cost_eur=_root(-share, a * v * g - f),
        fit_cost_eur=_root(Fraction(-1), a * v * g - share * o),
        gross_eur=_root(a * v, -share * o - f),
    )


def _root(slope: Fraction, rest: Fraction, *, at_most: int | None = None) -> Decimal | None:
    if slope == 0:
        return None
    root = -rest / slope
    if root < 0 or (at_most is not None and root > at_most):
        return None
    return as_decimal(root)
