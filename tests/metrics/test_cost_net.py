"""From gross to net, profiles of cost, price years: exact, and refused where a word is missing."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import (
    CostRange,
    NetEffect,
    PriceBasis,
    Waterfall,
    certain,
    early_ending_gross,
    net_effect,
    net_thresholds,
    total_effect,
    unused_value,
)

quick = settings(deadline=None, max_examples=150)
CENT = Decimal("0.01")
BASIS = PriceBasis(price_year=2025, perspective="payer", vat_included=False)
ZERO = certain(0, source="known")


def share(*values: str) -> CostRange:
    low, base, high = map(Decimal, values if len(values) == 3 else values * 3)
    return CostRange(low=low, base=base, high=high, source="assumption")


def effect(gross: Decimal | int = 2888, **changes: Any) -> NetEffect:
    arguments: dict[str, Any] = {
        "gross_eur": gross,
        "attribution": share("0.5", "0.75", "0.75"),
        "avoidable_share": share("0.2", "0.5", "1"),
        "onward_cost_eur": ZERO,
        "fit_cost_eur": ZERO,
        "ending_code": "referred_on_early",
        "procurement": "purchased",
        "basis": BASIS,
    }
    return net_effect(**{**arguments, **changes})


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


HEHKU = early_ending_gross(planned_units=6, used_units=4, amount_eur=8664, price_planned_units=6)
COACHING = early_ending_gross(
    planned_units=10, used_units=2, amount_eur=3450, price_planned_units=10
)


@pytest.mark.parametrize(
    ("ending", "gross", "avoidable", "attribution", "net"),
    [
        (HEHKU, "2888.00", "1.0", "0.75", "2166.00"),
        (HEHKU, "2888.00", "0.5", "0.75", "1083.00"),
        (HEHKU, "2888.00", "0.2", "0.5", "288.80"),
        (COACHING, "2760.00", "1.0", "0.75", "2070.00"),
        (COACHING, "2760.00", "0.5", "0.75", "1035.00"),
        (COACHING, "2760.00", "0.2", "0.5", "276.00"),
    ],
)
def test_the_citys_examples(
    ending: Any, gross: str, avoidable: str, attribution: str, net: str
) -> None:
    result = effect(
        ending.gross_amount_eur, attribution=share(attribution), avoidable_share=share(avoidable)
    )
    assert cents(result.base.gross_eur) == Decimal(gross)
    for scenario in (result.low, result.base, result.high):
        assert cents(scenario.net_eur) == Decimal(net)


def test_hand_worked_waterfall() -> None:
    # 0.75 * (0.5 * 2888 - 400) - 120 = 663; each step by hand.
    costs = {"onward_cost_eur": certain(400, source="x"), "fit_cost_eur": certain(120, source="x")}
    shares = {"attribution": share("0.75"), "avoidable_share": share("0.5")}
    assert effect(**shares, **costs).base == Waterfall(
        gross_eur=Decimal(2888),
        not_avoidable_eur=Decimal(-1444),
        onward_cost_eur=Decimal(-400),
        not_attributed_eur=Decimal(-261),
        fit_cost_eur=Decimal(-120),
        net_eur=Decimal(663),
    )
    whole = effect(**shares, **costs, onward="whole").base
    # 0.75 * 0.5 * 2888 - 400 - 120 = 563.
    assert whole.net_eur == 563
    assert whole.not_attributed_eur == -361


money = st.decimals("0", "100000", places=2)
shares = st.lists(st.decimals("0", "1", places=3), min_size=3, max_size=3).map(sorted)
amounts = st.lists(money, min_size=3, max_size=3).map(sorted)


def a_range(values: list[Decimal]) -> CostRange:
    return CostRange(low=values[0], base=values[1], high=values[2], source="drawn")


@quick
@given(money, shares, shares, amounts, amounts, st.sampled_from(["attributed", "whole"]))
def test_steps_add_up_and_ends_are_the_extremes(
    gross: Decimal,
    a: list[Decimal],
    v: list[Decimal],
    o: list[Decimal],
    f: list[Decimal],
    onward: str,
) -> None:
    result = effect(
        gross,
        attribution=a_range(a),
        avoidable_share=a_range(v),
        onward_cost_eur=a_range(o),
        fit_cost_eur=a_range(f),
        onward=onward,
    )
    with localcontext(prec=100):
        for scenario in (result.low, result.base, result.high):
            steps = [getattr(scenario, x.name) for x in fields(scenario)]
            assert sum(steps[:5]) == steps[5]
        corners = [
            p * q * gross - (p if onward == "attributed" else 1) * r - s
            for p, q, r, s in product(a, v, o, f)
        ]
    assert result.low.net_eur == min(corners)
    assert result.high.net_eur == max(corners)
    assert result.low.net_eur <= result.base.net_eur <= result.high.net_eur


@quick
@given(money, amounts)
def test_without_attribution_nothing_is_left_before_feedbacks_own_cost(
    gross: Decimal, o: list[Decimal]
) -> None:
    result = effect(gross, attribution=share("0"), onward_cost_eur=a_range(o))
    assert {x.net_eur for x in (result.low, result.base, result.high)} == {Decimal(0)}


@quick
@given(money, amounts, amounts)
def test_doubled_prices_double_money(gross: Decimal, o: list[Decimal], f: list[Decimal]) -> None:
    one, two = (
        effect(
            k * gross,
            onward_cost_eur=a_range([k * x for x in o]),
            fit_cost_eur=a_range([k * x for x in f]),
        )
        for k in (1, 2)
    )
    with localcontext(prec=100):
        assert two.low.net_eur == 2 * one.low.net_eur
        assert two.high.net_eur == 2 * one.high.net_eur


def test_nonterminating_gross_adds_up() -> None:
    third = early_ending_gross(planned_units=3, used_units=2, amount_eur=100, price_planned_units=3)
    result = effect(third.gross_amount_eur)
    with localcontext(prec=3):
        again = effect(third.gross_amount_eur)
    assert result == again
    with localcontext(prec=200):
        base = result.base
        assert (
            base.gross_eur
            + base.not_avoidable_eur
            + base.onward_cost_eur
            + base.not_attributed_eur
            + base.fit_cost_eur
            == base.net_eur
        )


def test_total_takes_feedbacks_cost_once_and_order_does_not_matter() -> None:
    parts = [effect(2888), effect(2760), effect(100, onward_cost_eur=certain(900, source="x"))]
    cost = CostRange(low=100, base=200, high=300, source="x")
    total = total_effect(parts, fit_cost_eur=cost)
    assert total == total_effect(parts[::-1], fit_cost_eur=cost)
    assert total.n == 3
    assert total.base.net_eur == sum(x.base.net_eur for x in parts) - 200
    assert total.low.net_eur == sum(x.low.net_eur for x in parts) - 300
    assert total.high.net_eur == sum(x.high.net_eur for x in parts) - 100
    # The third is a loss, and full attribution makes it a larger one.
    assert parts[2].low.net_eur == Decimal("0.75") * (20 - 900)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"procurement": "own"}, "2 values of kind: purchased services may free money"),
        ({"basis": replace(BASIS, price_year=2024)}, "2 values of basis: bring the amounts"),
        ({"basis": replace(BASIS, vat_included=True)}, "2 values of basis"),
        ({"basis": replace(BASIS, perspective="society")}, "2 values of basis"),
        ({"onward": "whole"}, "2 values of onward"),
    ],
)
def test_what_is_not_alike_is_not_added(other: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        total_effect([effect(), effect(**other)], fit_cost_eur=ZERO)


def test_unused_value_stands_apart() -> None:
    apart = unused_value(gross_eur=1380, ending_code="unilateral", n_episodes=2, basis=BASIS)
    assert (apart.unused_value_eur, apart.n) == (1380, 2)
    with pytest.raises(ValueError, match="effects holds a UnusedValue"):
        total_effect([effect(), apart], fit_cost_eur=ZERO)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="effects is empty"):
        total_effect([], fit_cost_eur=ZERO)
    with pytest.raises(ValueError, match="endings by agreement go to net_effect"):
        unused_value(gross_eur=1, ending_code="referred_on_early", n_episodes=1, basis=BASIS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attribution": None}, "attribution is None: it must be a CostRange with its source"),
        ({"avoidable_share": None}, "avoidable_share is None"),
        ({"onward_cost_eur": None}, "onward_cost_eur is None"),
        ({"fit_cost_eur": 0}, "fit_cost_eur is 0: it must be a CostRange"),
        ({"attribution": share("0.5", "0.75", "1.1")}, "attribution.high is 1.1: .* at most 1"),
        ({"gross_eur": 2888.0}, "gross_eur is 2888.0: it must be a Decimal or an int"),
        ({"gross_eur": Decimal(-1)}, "gross_eur is -1: it must be 0 or more"),
        ({"ending_code": "unilateral"}, "lost investment and never a saving"),
        ({"ending_code": "placed"}, "nobody ended it early by choice"),
        ({"ending_code": "planned_end"}, "ending_code is 'planned_end': it must be one of"),
        ({"procurement": "rented"}, "procurement is 'rented'"),
        ({"onward": "none"}, "onward is 'none'"),
        ({"basis": 2025}, "basis is 2025: it must be a PriceBasis"),
    ],
)
def test_bad_factors_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        effect(**change)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 2, "base": 1, "high": 3}, "low is 2, base 1 and high 3"),
        ({"low": -1, "base": 1, "high": 3}, "low is -1: it must be 0 or more"),
        ({"low": 0.5, "base": 1, "high": 3}, "low is 0.5: it must be a Decimal or an int"),
        ({"low": 0, "base": 1, "high": 3, "source": " "}, "source is empty"),
    ],
)
def test_bad_ranges_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CostRange(**{"source": "x", **arguments})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price_year": 25}, "price_year is 25"),
        ({"price_year": 20250}, "price_year is 20250"),
        ({"perspective": "mine"}, "perspective is 'mine'"),
        ({"vat_included": "no"}, "vat_included is 'no'"),
    ],
)
def test_bad_bases_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(BASIS, **change)


# ------------------------------------------------------------------------------------ thresholds


@quick
@given(
    st.decimals("1", "100000", places=2),
    st.decimals("0", "1", places=3),
    st.decimals("0", "1", places=3),
    money,
    money,
    st.sampled_from(["attributed", "whole"]),
)
def test_net_is_nothing_at_each_threshold(
    g: Decimal, a: Decimal, v: Decimal, o: Decimal, f: Decimal, onward: Any
) -> None:
    values = {
        "gross_eur": g,
        "attribution": a,
        "avoidable_share": v,
        "onward_cost_eur": o,
        "fit_cost_eur": f,
    }
    found = net_thresholds(**values, onward=onward)
    for name in values:
        turning = getattr(found, name)
        if turning is None:
            continue
        at = {k: x if k == "gross_eur" else certain(x, source="x") for k, x in values.items()}
        at[name] = turning if name == "gross_eur" else certain(turning, source="x")
        net = effect(at.pop("gross_eur"), **at, onward=onward).base.net_eur  # type: ignore[arg-type]
        assert abs(net) < Decimal("1e-30")


def test_thresholds_of_the_citys_examples() -> None:
    for gross in (2888, 2760):
        found = net_thresholds(
            gross_eur=gross, attribution=1, avoidable_share=1, onward_cost_eur=0, fit_cost_eur=0
        )
        assert found.onward_cost_eur == gross
        assert found.attribution == 0
    none = net_thresholds(
        gross_eur=100, attribution=0, avoidable_share=1, onward_cost_eur=0, fit_cost_eur=10
    )
    assert (none.avoidable_share, none.onward_cost_eur, none.gross_eur) == (None, None, None)
    assert none.attribution == Decimal("0.1")
