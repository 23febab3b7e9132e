"""Discounted costs of the marts against the library's, of the city and of any episode."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import discounted_evenly, used_months

if TYPE_CHECKING:
    from tests.conftest import BuiltCity
    from tests.parity.conftest import Sandbox

PLACE = Decimal("0.0001")


def expected(amount: Decimal, opened: date, closed: date, rate: Decimal) -> Decimal:
    found = discounted_evenly(amount, years=Decimal(used_months(opened, closed)) / 12, rate=rate)
    return found.quantize(PLACE, ROUND_HALF_UP)


def test_every_cost_of_the_city_is_discounted_as_the_library_has_it(built_city: BuiltCity) -> None:
    rows = built_city.frame(
        "select cost_eur, cost_discounted_eur, fit_cost_eur, fit_cost_discounted_eur, opened_on, "
        "episode.closed_on, discount_exclusion_reason from marts.fct_episode_cost "
        "inner join marts.fct_episode as episode using (episode_client_key) "
        "where cost_eur is not null"
    )
    n_longer = 0
    for row in rows.iter_rows(named=True):
        assert row["discount_exclusion_reason"] is None
        for name in ("cost", "fit_cost"):
            plain, left = row[f"{name}_eur"], row[f"{name}_discounted_eur"]
            if plain is None:
                assert left is None
                continue
            assert left == expected(plain, row["opened_on"], row["closed_on"], Decimal("0.03"))
            n_longer += left < plain
    assert rows.height > 100
    assert n_longer > 0


episodes = st.lists(
    st.tuples(
        st.dates(date(2015, 1, 1), date(2020, 1, 1)),
        st.integers(0, 2000),
        st.integers(0, 10**7),
        st.integers(0, 2000),
    ),
    min_size=1,
    max_size=20,
)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=episodes)
def test_any_episode_is_discounted_as_the_library_has_it(
    sandbox: Sandbox, drawn: list[tuple[date, int, int, int]]
) -> None:
    """Up to five years and a half, any cost to the cent and any rate up to 20 % to the hundredth."""
    rows = pl.DataFrame(
        [
            {
                "episode_client_key": f"e{number}",
                "episode_key": f"e{number}",
                "opened_on": opened,
                "closed_on": opened + timedelta(days=days),
                "amount_eur": Decimal(cents) / 100,
                "discount_rate": Decimal(rate) / 10_000,
            }
            for number, (opened, days, cents, rate) in enumerate(drawn)
        ],
        schema_overrides={
            "amount_eur": pl.Decimal(18, 4),
            "discount_rate": pl.Decimal(18, 4),
        },
    )
    days = rows.select("episode_key", "opened_on", "closed_on")
    used = sandbox.run(
        "int_episode_used",
        int_episode=days,
        int_episode_sessions=days.clear().select("episode_key"),
    )
    found = sandbox.run(
        "fct_episode_cost",
        fct_episode=rows.select("episode_client_key", "episode_key", "opened_on", "closed_on"),
        int_episode_price=rows.select(
            "episode_key",
            "amount_eur",
            n_prices=1,
            units_in_price=pl.lit(1),
            unit=pl.lit("session"),
            per=pl.lit("client"),
            no_show_is_used=0,
        ),
        int_episode_used=used.with_columns(n_attended=1),
        int_episode_fit_cost=rows.clear().select("episode_key"),
        int_discount_rate=rows.select("episode_key", "discount_rate", n_rates=1),
    ).sort("episode_key")
    for row, line in zip(
        rows.sort("episode_key").iter_rows(named=True), found.iter_rows(named=True), strict=True
    ):
        assert line["cost_eur"] == row["amount_eur"]
        assert line["cost_discounted_eur"] == expected(
            row["amount_eur"], row["opened_on"], row["closed_on"], row["discount_rate"]
        )
