"""The sums of fct_team_quarter give the statistics of the episodes themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fit_metrics import effect_size
from fit_warehouse import project

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

STEPS = {row["instrument_code"]: row["score_step"] for row in project.seed("instrument")}
SUMS = ["sum_intake", "sum_last", "sum_intake_squared", "sum_last_squared", "sum_product"]
CELL = ["closed_quarter", "team_code", "service_code"]
SERIES = ["prom_instrument", "prom_respondent"]
NUMBERS = ("estimate", "ci_low", "ci_high", "mean_change", "standardizer_sd")


def compared(rows: pl.DataFrame, cells: pl.DataFrame, standardizer: Any) -> int:
    """Compare one union of cells with its episodes; return how many episodes there are."""
    sums = cells.select(pl.col("n_in_change", *SUMS).sum()).row(0)
    unit = Decimal(STEPS[cells["prom_instrument"][0]])
    of_sums = effect_size.pre_post_d_from_sums(*sums, unit=unit, standardizer=standardizer)
    of_rows = effect_size.pre_post_d(
        rows["prom_intake"].cast(pl.Float64),
        rows["prom_last"].cast(pl.Float64),
        standardizer=standardizer,
    )
    assert of_sums.n == of_rows.n == rows.height
    for name in NUMBERS:
        expected = getattr(of_rows, name)
        assert getattr(of_sums, name) == pytest.approx(
            expected, rel=1e-12, abs=1e-12, nan_ok=True
        ), name
    return rows.height


def tables(built_city: BuiltCity) -> tuple[pl.DataFrame, pl.DataFrame]:
    episodes = built_city.frame("select * from marts.fct_episode where is_in_change = 1")
    quarters = built_city.frame("select * from marts.fct_team_quarter where n_in_change > 0")
    return episodes, quarters


@pytest.mark.parametrize("standardizer", ["pre_sd", "average_sd", "change_sd"])
def test_the_whole_city(built_city: BuiltCity, standardizer: str) -> None:
    episodes, quarters = tables(built_city)
    seen = 0
    for key, cells in quarters.group_by(SERIES):
        chosen = dict(zip(SERIES, key, strict=True))
        seen += compared(episodes.filter(**chosen), cells, standardizer)
    assert seen == episodes.height > 100


def test_every_team_quarter(built_city: BuiltCity) -> None:
    episodes, quarters = tables(built_city)
    by = [*CELL, *SERIES]
    groups = episodes.partition_by(by, as_dict=True)
    cells_of = quarters.partition_by(by, as_dict=True)
    assert set(groups) == set(cells_of)
    seen = sum(compared(groups[key], cells, "pre_sd") for key, cells in cells_of.items())
    assert seen == episodes.height


def test_counts_and_funnel(built_city: BuiltCity) -> None:
    episodes = built_city.frame(
        "select * from marts.fct_episode where closed_on is not null and is_closed_before_opened = 0"
    )
    quarters = built_city.frame("select * from marts.fct_team_quarter")
    met = episodes.filter(pl.col("n_sessions") > 0)
    expected = {
        "n_closed": episodes.height,
        "n_attended": met.height,
        "n_one_prom": met.filter(pl.col("n_prom") >= 1).height,
        "n_two_prom": met.filter(pl.col("n_prom") >= 2).height,
        "n_in_change": episodes["is_in_change"].sum(),
        "n_late_baseline": met.filter(is_in_change=1)["is_late_baseline"].sum(),
    }
    for name in ("recovered", "improved", "unchanged", "deteriorated"):
        expected[f"n_{name}"] = episodes.filter(is_in_change=1, change_class=name).height
    assert {name: quarters[name].sum() for name in expected} == expected
