"""Profiles of cost, and freed time of own staff."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import CostRange, certain, freed_capacity, profile_gross

quick = settings(deadline=None, max_examples=150)
money = st.decimals("0", "100000", places=2)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_front_loaded_weights() -> None:
    arguments: dict[str, Any] = {"planned_units": 6, "used_units": 4, "amount_eur": 8664}
    # The last two of 3 + 2 + 1 + 1 + 1 + 1 = 9 parts.
    result = profile_gross(**arguments, profile=[3, 2, 1, 1, 1, 1])
    assert cents(result.gross_amount_eur) == cents(Decimal(8664) * 2 / 9)
    assert result.linear_amount_eur == 2888
    assert result.gross_amount_eur < result.linear_amount_eur
    # Half of the fifth month, and the sixth.
    half = profile_gross(**{**arguments, "used_units": Decimal("4.5")}, profile=[3, 2, 1, 1, 1, 1])
    assert cents(half.gross_amount_eur) == cents(Decimal(8664) * Decimal("1.5") / 9)


@quick
@given(st.integers(1, 30), st.decimals("0", "1", places=4), money, st.integers(1, 50))
def test_equal_weights_are_linear(
    planned: int, used: Decimal, amount: Decimal, weight: int
) -> None:
    arguments: dict[str, Any] = {
        "planned_units": planned,
        "used_units": used * planned,
        "amount_eur": amount,
        "n_clients": 2,
    }
    weighted = profile_gross(**arguments, profile=[weight] * planned)
    linear = profile_gross(**arguments, profile="linear")
    assert weighted.gross_amount_eur == linear.gross_amount_eur == linear.linear_amount_eur


@quick
@given(st.lists(st.integers(0, 20), min_size=1, max_size=12).filter(any), money)
def test_parts_of_a_profile_add_up(weights: list[int], amount: Decimal) -> None:
    left = [
        profile_gross(
            planned_units=len(weights), used_units=used, amount_eur=amount, profile=weights
        ).gross_amount_eur
        for used in range(len(weights) + 1)
    ]
    assert left[0] == amount
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"profile": "steep"}, "profile is 'steep'"),
        ({"profile": [1, 1]}, "profile has 2 weights and planned_units is 6"),
        ({"profile": [0] * 6}, "profile has no weight above 0"),
        ({"profile": [1, 1, 1, 1, 1, -1]}, r"profile\[5\] is -1"),
        ({"used_units": 7}, "used_units is 7 and planned_units is 6"),
        ({"planned_units": Decimal("6.5")}, "planned_units is"),
    ],
)
def test_bad_profiles_are_named(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "planned_units": 6,
        "used_units": 4,
        "amount_eur": 8664,
        "profile": "linear",
    }
    with pytest.raises(ValueError, match=message):
        profile_gross(**{**arguments, **change})


def test_freed_capacity_by_hand() -> None:
    result = freed_capacity(
        unused_units=2,
        sessions_per_unit=CostRange(low=2, base=3, high=4, source="plan"),
        hours_per_session=certain(Decimal("1.5"), source="diary"),
        attribution=CostRange(
            low=Decimal("0.5"), base=Decimal("0.75"), high=1, source="assumption"
        ),
        n_episodes=1,
    )
    assert result.sessions == (2, Decimal("4.5"), 8)
    assert result.hours == (3, Decimal("6.75"), 12)
    with pytest.raises(ValueError, match="hours_per_session is None"):
        freed_capacity(
            unused_units=2,
            sessions_per_unit=certain(1, source="x"),
            hours_per_session=None,  # type: ignore[arg-type]
            attribution=certain(1, source="x"),
            n_episodes=1,
        )
