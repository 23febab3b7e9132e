"""The rows by which the estimated effect is tried on many cities are those of the marts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks import cost_truth
from fit_warehouse.measure.used_units import (
    FOLLOWED_DAYS,
    closed_episodes,
    is_complete,
    near_adoption,
)

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

# All but the keys, which are pseudonyms in the marts.
COLUMNS = (
    *("service_code", "team_code", "unit", "is_fit", "started_on", "fit_adopted_on"),
    *("opened_quarter", "age_band", "referral", "planned_units", "used_units"),
)


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(COLUMNS).cast({"is_fit": pl.Int64}).sort(COLUMNS)


@pytest.fixture(scope="module")
def of_marts(built_city: BuiltCity) -> pl.DataFrame:
    with duckdb.connect(str(built_city.database), read_only=True) as connection:
        (last,) = connection.execute(
            f"select as_of - {FOLLOWED_DAYS} from metrics.city_funnel limit 1"
        ).fetchone() or (None,)
        return closed_episodes(connection, last)


@pytest.fixture(scope="module")
def of_files(built_city: BuiltCity) -> pl.DataFrame:
    return cost_truth.city_rows(built_city.settings.landing)


def test_rows_of_the_files_are_those_of_the_marts(
    of_marts: pl.DataFrame, of_files: pl.DataFrame
) -> None:
    assert of_marts.height > 50
    assert set(of_marts["referral"]) >= {"first", "same_service"}
    # The marts round to four decimals.
    assert_frame_equal(in_order(of_files), in_order(of_marts), rel_tol=0.0, abs_tol=5.001e-5)


def test_the_same_rows_are_left_out(of_marts: pl.DataFrame, of_files: pl.DataFrame) -> None:
    for rule in (is_complete(), near_adoption()):
        kept = [rows.filter(rule).height for rows in (of_marts, of_files)]
        assert kept[0] == kept[1] > 0


def test_truth_is_what_fit_changed_up_to_the_plan() -> None:
    rows = pl.DataFrame(
        {
            "is_fit": [1, 1, 0],
            "planned_units": [10.0, 4.0, 10.0],
            "used_units": [6.0, 2.0, 1.0],
            "used_units_without_fit": [12.0, 3.0, 9.0],
        }
    )
    assert cost_truth.true_difference(rows, of_plan=False) == pytest.approx((-4 - 1) / 2)
    assert cost_truth.true_difference(rows, of_plan=True) == pytest.approx((-0.4 - 0.25) / 2)
