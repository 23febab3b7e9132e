"""From the gross price of what an early ending left unused to its net effect."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from fit_metrics._money import as_decimal, exact
from fit_metrics._money_basis import CostRange, PriceBasis, Procurement, check_basis
from fit_metrics._net_records import STEPS, NetEffect, Waterfall, added, range_ends
from fit_metrics._options import check_choice

Onward = Literal["attributed", "whole"]
AgreedEnding = Literal["goals_reached_early", "not_benefiting_early", "referred_on_early"]

NOT_CHOSEN = ("moved", "placed", "aged_out", "died")


def net_effect(
    *,
    gross_eur: Decimal | int,
    attribution: CostRange,
    avoidable_share: CostRange,
    onward_cost_eur: CostRange,
    fit_cost_eur: CostRange,
    ending_code: str,
    procurement: Procurement,
    basis: PriceBasis,
    onward: Onward = "attributed",
) -> NetEffect:
    r"""Give the calculated net effect of one early ending, step by step, low to high.

    Parameters
    ----------
    gross_eur : Decimal or int
        Price of the unused units, as :func:`early_ending_gross` or :func:`profile_gross` gives it.
    attribution : CostRange
        Share of such endings that would not have come without feedback, 0 to 1.
    avoidable_share : CostRange
        Share of the price that is not paid when the unit is not used, 0 to 1.
    onward_cost_eur : CostRange
        Cost of the services that came instead and would not have come otherwise, in euros.
    fit_cost_eur : CostRange
        This episode's share of the cost of feedback work; a known 0 where that cost is taken off
        once, in :func:`total_effect`.
    ending_code : {"goals_reached_early", "not_benefiting_early", "referred_on_early"}
        Why it ended: by agreement.
    procurement : {"purchased", "own"}
        Whether the service is bought or given by own staff.
    basis : PriceBasis
        What all amounts are amounts of.
    onward : {"attributed", "whole"}
        Whether the onward service counts in the share that the ending does, or wholly.

    Returns
    -------
    NetEffect
        Exact, not rounded.

    Raises
    ------
    ValueError
        A factor is missing (None), which never stands for 1 or 0; a share above 1; a float; a
        negative amount; an ending that is not by agreement.

    Notes
    -----
    .. math:: net = a (v g - o) - f \quad\text{or, "whole",}\quad net = a v g - o - f

    with attribution a, avoidable share v, gross g, onward cost o and cost of feedback f. `low` and
    `high` are the least and the largest value over all ranges: net is linear in each factor, so
    they lie at ends. Where v g - o is a loss, more attribution makes it a larger loss, and `low`
    takes the high attribution.

    Examples
    --------
    >>> from fit_metrics.cost_effect import certain
    >>> assumed = "assumption, for illustration"
    >>> hehku = net_effect(
    ...     gross_eur=2888,
    ...     attribution=CostRange(
    ...         low=Decimal("0.5"), base=Decimal("0.75"), high=Decimal("0.75"), source=assumed
    ...     ),
    ...     avoidable_share=CostRange(
    ...         low=Decimal("0.2"), base=Decimal("0.5"), high=1, source=assumed
    ...     ),
    ...     onward_cost_eur=certain(0, source=assumed),
    ...     fit_cost_eur=certain(0, source=assumed),
    ...     ending_code="referred_on_early",
    ...     procurement="purchased",
    ...     basis=PriceBasis(price_year=2025, perspective="payer", vat_included=False),
    ... )
    >>> [str(x.net_eur.quantize(Decimal("0.01"))) for x in (hehku.low, hehku.base, hehku.high)]
    ['288.80', '1083.00', '2166.00']
    """
    check_choice("procurement", procurement, Procurement)
    check_choice("onward", onward, Onward)
    _check_ending(ending_code)
    gross = exact("gross_eur", gross_eur)
    a = range_ends("attribution", attribution, is_share=True)
    v = range_ends("avoidable_share", avoidable_share, is_share=True)
    o = range_ends("onward_cost_eur", onward_cost_eur)
    f = range_ends("fit_cost_eur", fit_cost_eur)
    worst = v[0] * gross - (o[2] if onward == "attributed" else 0)
    best = v[2] * gross - (o[0] if onward == "attributed" else 0)
    return NetEffect(
        low=_waterfall(gross, a[0] if worst >= 0 else a[2], v[0], o[2], f[2], onward),
        base=_waterfall(gross, a[1], v[1], o[1], f[1], onward),
        high=_waterfall(gross, a[2] if best >= 0 else a[0], v[2], o[0], f[0], onward),
        n=1,
        kind="calculated_saving" if procurement == "purchased" else "freed_capacity",
        basis=check_basis(basis),
        onward=onward,
    )


def _waterfall(
    gross: Fraction, a: Fraction, v: Fraction, o: Fraction, f: Fraction, onward: Onward
) -> Waterfall:
    shared = v * gross - (o if onward == "attributed" else 0)
    steps = (gross, -(1 - v) * gross, -o, -(1 - a) * shared, -f)
    return added(dict(zip(STEPS, map(as_decimal, steps), strict=True)))


def _check_ending(ending_code: str) -> None:
    if ending_code == "unilateral":
        raise ValueError(
            "ending_code is 'unilateral': what the client alone left unused is a lost investment "
            "and never a saving; give it to unused_value"
        )
    if ending_code in NOT_CHOSEN:
        raise ValueError(
            f"ending_code is {ending_code!r}: nobody ended it early by choice, so feedback has no "
            "effect to reckon"
        )
    check_choice("ending_code", ending_code, AgreedEnding)
