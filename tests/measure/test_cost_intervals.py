"""The bootstrap of families beside Fieller's set: against SciPy's, and where there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from fit_warehouse.measure import cost
from tests.measure.conftest import PERIOD

if TYPE_CHECKING:
    from tests.measure.conftest import Marts

Lines = dict[str, dict[str, Any]]


def episodes(families: int, **changes: Any) -> pl.DataFrame:
    """Return two episodes of each family, alike in cost, in five teams."""
    rng = np.random.default_rng(3)
    size = 2 * families
    dear = np.repeat(rng.gamma(3, 300, families), 2)
    columns = {
        "episode_key": [f"e{number}" for number in range(size)],
        "family_key": [f"f{number // 2}" for number in range(size)],
        "team_code": [f"t{number // 2 % 5}" for number in range(size)],
        "service_code": "s1",
        "perspective": "payer",
        "procurement": "own",
        "price_year": 2025,
        "vat_included": 0,
        "closed_on": PERIOD.start,
        "cost_eur": dear + rng.gamma(3, 30, size),
        "fit_cost_eur": 10.0,
        "is_in_change": (rng.random(size) < 0.8).astype(int),
        "change_class": np.where(rng.random(size) < 0.5, "improved", "unchanged"),
        "prom_instrument": "ORS",
        "prom_respondent": "self",
        "prom_change": 3.0,
        **changes,
    }
    money = pl.Decimal(18, 4)
    return pl.DataFrame(columns).with_columns(
        pl.col("cost_eur", "fit_cost_eur").cast(money),
        total_cost_eur=(pl.col("cost_eur") + pl.col("fit_cost_eur")).cast(money),
    )


def outcome(marts: Marts, rows: pl.DataFrame) -> Lines:
    sessions = rows.select("episode_key", worker_key="team_code", attendance=pl.lit("attended"))
    context = marts(fct_episode_cost=rows, fct_session=sessions)
    found = list(cost.outcome(context))
    assert found == list(cost.outcome(context))
    return {row["indicator"]: row for row in found}


def test_limits_are_those_of_scipys_bootstrap_of_families(marts: Marts) -> None:
    rows = episodes(80)
    lines = outcome(marts, rows)
    measured = pl.col("is_in_change") == 1
    for indicator, gained in (
        ("cost_per_episode", pl.len()),
        ("cost_per_improved", (measured & (pl.col("change_class") == "improved")).sum()),
    ):
        sums = rows.group_by("family_key", maintain_order=True).agg(
            pl.sum("total_cost_eur").cast(pl.Float64), gained.alias("gained")
        )
        expected = stats.bootstrap(
            (sums["total_cost_eur"].to_numpy(), sums["gained"].to_numpy()),
            lambda paid, brought, axis: paid.sum(axis=axis) / brought.sum(axis=axis),
            paired=True,
            n_resamples=20_000,
            method="BCa",
            rng=np.random.default_rng(1),
        ).confidence_interval
        line = lines[indicator]
        width = expected.high - expected.low
        # 1 999 resamples place a limit within some hundredths of the interval.
        assert line["bca_low"] == pytest.approx(expected.low, abs=0.08 * width)
        assert line["bca_high"] == pytest.approx(expected.high, abs=0.08 * width)
        assert line["bca_low"] < line["estimate"] < line["bca_high"]
        assert line["bca_reason"] is None


def test_closed_episodes_without_a_cost_are_counted_in_their_service(marts: Marts) -> None:
    """Without a price, or with that of a year that no cost is of, they are of no line: they are in each."""
    rows = episodes(4)
    second = pl.col("family_key") == "f1"
    dear = rows.with_columns(price_year=pl.when(second).then(2024).otherwise("price_year"))
    unpriced = (
        dear.head(4)
        .with_columns(
            episode_key="n" + pl.col("episode_key"),
            family_key="n" + pl.col("family_key"),
            procurement=pl.Series([None, None, "own", "own"], dtype=pl.String),
            price_year=pl.Series([None, None, 2023, 2025]),
            vat_included=pl.Series([None, None, 0, 0]),
            total_cost_eur=pl.lit(None, pl.Decimal(18, 4)),
        )
        .cast({name: dear.schema[name] for name in ("price_year", "vat_included")})
    )
    of_another = unpriced.head(1).with_columns(service_code=pl.lit("s2"))
    every = pl.concat([dear, unpriced, of_another])
    sessions = every.select("episode_key", worker_key="team_code", attendance=pl.lit("attended"))
    lines = cost.outcome(marts(fct_episode_cost=every, fct_session=sessions))
    assert {
        (line["price_year"], line["n"], line["n_without_cost"], line["n_persons_without_cost"])
        for line in lines
    } == {(2024, 2, 3, 2), (2025, 6, 4, 2)}


def test_siblings_are_drawn_together(marts: Marts) -> None:
    """As if every episode were a family's only one, the limits would be much too near."""
    rows = episodes(80)
    together = outcome(marts, rows)["cost_per_episode"]
    apart = outcome(marts, rows.with_columns(family_key="episode_key"))["cost_per_episode"]
    nobody = outcome(marts, rows.with_columns(family_key=pl.lit(None, pl.String)))
    widths = [line["bca_high"] - line["bca_low"] for line in (together, apart)]
    assert widths[0] > 1.25 * widths[1]
    assert nobody["cost_per_episode"]["bca_low"] == apart["bca_low"]


@pytest.mark.parametrize(
    ("families", "changes", "reasons"),
    [
        (49, {}, ("few_families", "few_families", "other_episodes")),
        (50, {}, (None, None, "other_episodes")),
        (60, {"change_class": "unchanged"}, (None, "no_outcome", "other_episodes")),
        (60, {"cost_eur": 100.0}, ("no_variation", None, "other_episodes")),
    ],
)
def test_without_limits_there_is_a_reason(
    marts: Marts, families: int, changes: dict[str, Any], reasons: tuple[str | None, ...]
) -> None:
    lines = outcome(marts, episodes(families, **changes))
    indicators = ("cost_per_episode", "cost_per_improved", "cost_per_point")
    assert tuple(lines[name]["bca_reason"] for name in indicators) == reasons
    for name in indicators:
        line = lines[name]
        is_told = line["bca_reason"] is None
        assert (line["bca_low"] is None, line["bca_high"] is None) == (not is_told, not is_told)
    assert lines["cost_per_episode"]["total_cost_eur"] > Decimal(0)
