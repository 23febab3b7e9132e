"""What `fit_metrics.cost_effect` makes of an early ending, line by line as the mart stores it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fit_metrics.cost_effect import (
    CostRange,
    PriceBasis,
    ProfiledGross,
    Waterfall,
    certain,
    net_effect,
    profile_gross,
)

Row = Mapping[str, Any]
SCENARIOS = ("low", "base", "high")
BASIS = PriceBasis(price_year=2025, perspective="payer", vat_included=False)
# Amounts that are made by division are doubles before they are stored: what lies less than a
# billionth of a euro below a half counts as that half (docs/method/early_ending_effect.md).
SLACK = Fraction(1, 100_000)


def stored(value: Fraction | Decimal, slack: Fraction = Fraction(0)) -> Decimal:
    """Return an amount of 0 or more with four decimals, halves up."""
    return Decimal(math.floor(Fraction(value) * 10_000 + Fraction(1, 2) + slack)) / 10_000


def ranged(values: Sequence[Decimal | Fraction]) -> CostRange:
    """Return a range of exact numbers, sorted."""
    low, base, high = (
        value if isinstance(value, Decimal) else _decimal(value) for value in sorted(values)
    )
    return CostRange(low=low, base=base, high=high, source="assumption")


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def gross_by_profile(
    planned: int,
    used: Decimal,
    amount_eur: Decimal,
    n_clients: int,
    front: tuple[Decimal, Decimal] | None,
) -> ProfiledGross:
    """Return the price of what is left of a plan of whole units, the first ones perhaps dearer."""
    profile: list[Decimal] = []
    if front is not None:
        weight, units = front
        # Where the dear units end within a unit, that one weighs in proportion.
        dear = [min(max(units - place, Decimal(0)), Decimal(1)) for place in range(planned)]
        profile = [1 + (weight - 1) * part for part in dear]
    return profile_gross(
        planned_units=planned,
        used_units=used,
        amount_eur=amount_eur,
        profile=profile or "linear",
        n_clients=n_clients,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An agreed early ending: its factors as ranges, and by scenario what came instead."""

    gross_eur: Mapping[str, Decimal]
    attribution: CostRange | None
    avoidable: CostRange | None
    onward_share: CostRange | None
    rereferral_share: CostRange | None
    onward_price_eur: Mapping[str, Decimal]
    rereferral_price_eur: Mapping[str, Decimal]
    fit_cost_eur: Decimal
    ending_code: str
    procurement: str


def lines(ending: Ending, scenario: str) -> dict[str, Decimal]:
    """Return the lines of the mart; the effect is what the stored lines leave.

    Raises
    ------
    ValueError
        By `fit_metrics`, where a factor is missing.
    """
    onward = _came_instead(ending.onward_price_eur, ending.onward_share)
    rereferral = _came_instead(ending.rereferral_price_eur, ending.rereferral_share)
    came = None
    if onward and rereferral:
        came = ranged([onward[name] + rereferral[name] for name in SCENARIOS])

    gross = ending.gross_eur[scenario]
    effect = net_effect(
        gross_eur=gross,
        attribution=ending.attribution,  # type: ignore[arg-type]
        avoidable_share=ending.avoidable,  # type: ignore[arg-type]
        onward_cost_eur=came,  # type: ignore[arg-type]
        fit_cost_eur=certain(ending.fit_cost_eur, source="delivered"),
        ending_code=ending.ending_code,
        procurement=ending.procurement,  # type: ignore[arg-type]
        basis=BASIS,
    )
    found: Waterfall = getattr(effect, scenario)
    spared = Fraction(found.gross_eur) + Fraction(found.not_avoidable_eur)
    left = spared + Fraction(found.onward_cost_eur)
    # Which end of the range was attributed shows in what was taken off; of nothing it is the same.
    a = 1 + Fraction(found.not_attributed_eur) / left if left else _share(ending, scenario)
    exact = {
        "avoided_amount_eur": a * spared,
        "onward_amount_eur": a * onward[scenario],
        "rereferral_amount_eur": a * rereferral[scenario],
    }
    avoided, *instead = exact.values()
    assert avoided - sum(instead) - Fraction(ending.fit_cost_eur) == Fraction(found.net_eur)
    amounts = {name: stored(value) for name, value in exact.items()}
    avoided_eur, *instead_eur = amounts.values()
    return {
        "gross_amount_eur": gross,
        "attribution_share": stored(a),
        **amounts,
        "effect_amount_eur": avoided_eur - sum(instead_eur),
        "net_amount_eur": avoided_eur - sum(instead_eur) - ending.fit_cost_eur,
    }


def _share(ending: Ending, scenario: str) -> Fraction:
    return Fraction(getattr(ending.attribution, scenario))


def _came_instead(prices: Mapping[str, Decimal], share: CostRange | None) -> dict[str, Fraction]:
    """Return the incremental cost by scenario, the low one's the most; empty without a share."""
    if not any(prices.values()):
        return dict.fromkeys(SCENARIOS, Fraction(0))
    if share is None:
        return {}
    ends = {"low": share.high, "base": share.base, "high": share.low}
    return {name: Fraction(prices[name]) * Fraction(ends[name]) for name in SCENARIOS}


def assert_same(row: Row, expected: Mapping[str, Decimal]) -> None:
    """Hold each line of the mart to the last stored digit; no net without a cost of feedback."""
    wanted = dict(expected)
    if row["net_exclusion_reason"] is not None:
        wanted["net_amount_eur"] = None  # type: ignore[assignment]
    assert {name: row[name] for name in wanted} == wanted
