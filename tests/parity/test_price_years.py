"""Amounts of several price years meet in the models as `price_at` brings them together, or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import Amount, PriceBasis, PriceIndex, price_at

if TYPE_CHECKING:
    from tests.parity.conftest import Sandbox

CLOSED = date(2025, 5, 15)
YEARS = (2022, 2023, 2024, 2025)
AMOUNT = pl.Decimal(18, 4)
values = st.integers(1, 100_000).map(lambda tenths: Decimal(tenths) / 10)
quick = settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def onward_amounts(
    sandbox: Sandbox, index: list[dict[str, Any]], onward: Decimal, vat: tuple[int, int]
) -> dict[tuple[int, int], dict[str, Any]]:
    """Return what came after an ending, by the price years of the episode and of what came."""
    pairs = [(own, other) for own in YEARS for other in YEARS]
    keys = [f"{own}-{other}" for own, other in pairs]
    rows = pl.DataFrame(
        index,
        schema={"series": pl.String, "base_year": pl.Int32, "period": pl.Int32, "value": AMOUNT},
    )
    sandbox.fill("ending")
    factors = sandbox.run("int_price_index", stg_fit__price_index=rows, price_index=rows.clear())
    found = sandbox.run(
        "int_early_ending_onward",
        int_episode=pl.DataFrame(
            {
                "episode_key": keys,
                "closed_on": [CLOSED] * len(keys),
                "ending_code": ["referred_on_early"] * len(keys),
                "onward_service_code": [f"s{other}" for _, other in pairs],
            }
        ),
        int_episode_index_client=pl.DataFrame({"episode_key": keys, "episode_client_key": keys}),
        int_episode_next=pl.DataFrame(schema={"episode_client_key": pl.String}),
        int_episode_price=pl.DataFrame(
            {
                "episode_key": keys,
                "price_year": [own for own, _ in pairs],
                "vat_included": [vat[0]] * len(keys),
            }
        ),
        int_onward_price=pl.DataFrame(
            [
                {
                    "service_code": f"s{year}",
                    "holds_on": CLOSED,
                    "scenario": "base",
                    "per": "client",
                    "price_year": year,
                    "vat_included": vat[1],
                    "amount_eur": float(onward),
                }
                for year in YEARS
            ]
        ),
        int_price_index=factors,
    )
    by_key = dict(zip(keys, pairs, strict=True))
    return {by_key[row["episode_key"]]: row for row in found.iter_rows(named=True)}


def rows_of(series: str, known: dict[int, Decimal]) -> list[dict[str, Any]]:
    return [
        {"series": series, "base_year": 2020, "period": year, "value": value}
        for year, value in known.items()
    ]


@quick
@given(known=st.dictionaries(st.sampled_from(YEARS), values), onward=values)
def test_any_index(sandbox: Sandbox, known: dict[int, Decimal], onward: Decimal) -> None:
    found = onward_amounts(sandbox, rows_of("drawn", known), onward, (0, 0))
    assert len(found) == len(YEARS) ** 2
    index = PriceIndex(series="drawn", values=known, source="drawn")
    for (own, other), row in found.items():
        basis = PriceBasis(price_year=other, perspective="payer", vat_included=False)
        amount = Amount(amount_eur=onward, basis=basis)
        if own != other and not {own, other} <= set(known):
            with pytest.raises(ValueError, match="no value"):
                price_at(amount, year=own, series="drawn", indices=[index])
            assert row["onward_reason"] == "no_price_index"
            continue
        expected = price_at(amount, year=own, series="drawn", indices=[index]).amount_eur
        assert row["onward_reason"] is None
        assert row["onward_amount_eur"] == pytest.approx(float(expected), rel=1e-12)


def test_of_two_series_none_is_chosen(sandbox: Sandbox) -> None:
    whole = {year: Decimal(100 + year - 2022) for year in YEARS}
    two = [*rows_of("one", whole), *rows_of("other", whole)]
    for (own, other), row in onward_amounts(sandbox, two, Decimal(200), (0, 0)).items():
        assert row["onward_reason"] == (None if own == other else "no_price_index")


def test_amounts_with_tax_and_without_do_not_meet(sandbox: Sandbox) -> None:
    whole = {year: Decimal(100) for year in YEARS}
    found = onward_amounts(sandbox, rows_of("one", whole), Decimal(200), (0, 1))
    assert {row["onward_reason"] for row in found.values()} == {"other_vat"}
