"""Sums over price years, perspectives and later years."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_metrics.cost_effect import (
    Amount,
    PriceBasis,
    PriceIndex,
    discounted,
    discounted_evenly,
    price_at,
    sum_amounts,
)

BASIS = PriceBasis(price_year=2025, perspective="payer", vat_included=False)
INDEX = PriceIndex(series="made up (2020=100)", values={2023: 110, 2025: 121}, source="a test")


def amount(euros: int, year: int, **changes: Any) -> Amount:
    return Amount(amount_eur=euros, basis=replace(BASIS, price_year=year, **changes))


def test_sum_over_price_years() -> None:
    parts = [amount(100, 2023), amount(50, 2025)]
    total = sum_amounts(parts, year=2025, series=INDEX.series, indices=[INDEX])
    assert total == amount(160, 2025)
    back = price_at(total, year=2023, series=INDEX.series, indices=[INDEX])
    assert back.amount_eur.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("145.45")
    assert back.basis.price_year == 2023
    assert sum_amounts(parts[1:], year=2025, series="any") == amount(50, 2025)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([], r"index 'made up \(2020=100\)' from 2024 to 2025: there is no such index"),
        ([INDEX, INDEX], "there is 2 indices of this name"),
        ([INDEX], "it has no value for 2024"),
        ([replace(INDEX, values={2024: 0, 2025: 121})], "value of 2024 is 0"),
    ],
)
def test_a_missing_index_is_named(indices: list[PriceIndex], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sum_amounts(
            [amount(1, 2024), amount(1, 2025)], year=2025, series=INDEX.series, indices=indices
        )


def test_perspectives_and_vat_are_not_mixed() -> None:
    for change in ({"perspective": "society"}, {"vat_included": True}):
        with pytest.raises(ValueError, match=f"of {next(iter(change))}: they are not added"):
            sum_amounts([amount(1, 2025), amount(1, 2025, **change)], year=2025, series="x")
    with pytest.raises(ValueError, match="amounts is empty"):
        sum_amounts([], year=2025, series="x")


@pytest.mark.parametrize(
    ("years", "times"),
    [("0", 0), ("0.5", 0), ("1", 0), ("1.01", 1), ("2", 1), ("2.5", 2), ("10", 9)],
)
def test_discounting_begins_after_a_year(years: str, times: int) -> None:
    with localcontext(prec=60):
        expected = 1000 / Decimal("1.03") ** times
    assert abs(discounted(1000, years=Decimal(years)) - expected) < Decimal("1e-40")


def test_discounting_refuses() -> None:
    with pytest.raises(ValueError, match="years is -1"):
        discounted(1000, years=-1)
    with pytest.raises(ValueError, match=r"rate is 0\.03: it must be a Decimal"):
        discounted(1000, years=2, rate=0.03)  # type: ignore[arg-type]
    assert discounted(1000, years=5, rate=0) == 1000


@given(
    st.integers(0, 10**6),
    st.integers(0, 400).map(lambda part: Decimal(part) / 32),
    st.integers(0, 20).map(lambda share: Decimal(share) / 100),
)
def test_an_even_amount_is_the_sum_of_its_days(amount: int, years: Decimal, rate: Decimal) -> None:
    """Cut into thirty-seconds of years, each discounted by itself."""
    slices = int(years * 32)
    with localcontext(prec=60):
        parts = [
            discounted(Decimal(amount) / slices, years=Decimal(number + 1) / 32, rate=rate)
            for number in range(slices)
        ]
        found = discounted_evenly(amount, years=years, rate=rate)
        assert abs(found - (sum(parts) if slices else amount)) < Decimal("1e-15")
    assert 0 <= found <= amount


def test_an_even_amount_refuses_what_one_amount_does() -> None:
    with pytest.raises(ValueError, match="years is -1"):
        discounted_evenly(1000, years=-1)
    with pytest.raises(ValueError, match=r"rate is 0\.03: it must be a Decimal"):
        discounted_evenly(1000, years=2, rate=0.03)  # type: ignore[arg-type]
