"""Planted flaws are there in their share, and nothing else is wrong with the forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from fit_warehouse.demo.blocks import BLOCK_FORMS
from fit_warehouse.demo.city import MOST_FORMS
from fit_warehouse.demo.flaws import ORPHAN_SESSION, Flaws, choose_rows, spoil
from fit_warehouse.demo.forms import MISSING, Forms
from fit_warehouse.demo.parameters import Parameters
from fit_warehouse.demo.randomness import Streams
from fit_warehouse.demo.tables import SESSION_NUMBERS

if TYPE_CHECKING:
    from tests.demo.conftest import Delivered

ITEMS = [f"item_{number}" for number in range(1, 5)]
KEY = ["source_system", "source_record_id"]


def count(city: Delivered, flaw: str) -> int:
    """Count the rows that show a flaw, from the delivered files alone."""
    response = city.response
    marks = pl.concat_list(ITEMS)
    is_complete = marks.list.drop_nulls().list.len() == 4
    versions = response.group_by(KEY).agg(
        pl.len().alias("times"), pl.struct(*ITEMS, "total").n_unique().alias("contents")
    )
    counts = {
        "item_out_of_range": response.filter(
            pl.any_horizontal(~pl.col(item).is_between(0, 10) for item in ITEMS)
        ).height,
        "total_mismatch": response.filter(
            is_complete & ((marks.list.sum() - pl.col("total")).abs() > 0.05)
        ).height,
        "all_zero": response.filter(
            is_complete & pl.all_horizontal(pl.col(item) == 0 for item in ITEMS)
        ).height,
        "wrong_century": response.filter(pl.col("session_date").dt.year() < 2000).height,
        "unknown_team": response.join(city.team, on="team_code", how="anti").height,
        "orphan_session": response.join(city.session, on="session_ref", how="anti").height,
        "duplicate": versions.filter((pl.col("times") == 2) & (pl.col("contents") == 1)).height,
        "redelivered": versions.filter((pl.col("times") == 2) & (pl.col("contents") == 2)).height,
    }
    return counts[flaw]


@pytest.mark.parametrize("flaw", sorted(Flaws.__dataclass_fields__))
def test_each_flaw_has_its_share(city: Delivered, parameters: Parameters, flaw: str) -> None:
    planted = getattr(parameters.flaws, flaw) * city.summary.forms
    # Now and then a client at the bottom of the scale marks four zeros in earnest.
    in_earnest = 0.0003 * city.summary.forms if flaw == "all_zero" else 0.0
    assert planted >= 20
    assert planted - 1 <= count(city, flaw) <= planted + 1 + in_earnest


def test_flaws_are_few_in_every_file(city: Delivered, parameters: Parameters) -> None:
    rules = parameters.flaws
    assert sum(getattr(rules, flaw) for flaw in Flaws.__dataclass_fields__) < 0.02
    marks = pl.concat_list(ITEMS)
    wrong = (
        pl.any_horizontal(~pl.col(item).is_between(0, 10) for item in ITEMS).fill_null(False)
        | ((marks.list.sum() - pl.col("total")).abs() > 0.05).fill_null(False)
        | (pl.col("session_date").dt.year() < 2000)
    )
    entered = pl.col("entered_at").dt.year().alias("year")
    by_year = city.response.group_by(entered).agg(wrong.mean().alias("share"))
    assert by_year.filter(pl.col("share") > 0.03).height == 0


def test_no_record_comes_three_times(city: Delivered) -> None:
    times = city.response.group_by(KEY).len()["len"]
    assert times.max() == 2


def test_a_duplicate_is_the_same_in_every_column(city: Delivered, parameters: Parameters) -> None:
    same = city.response.height - city.response.unique().height
    assert same == round(parameters.flaws.duplicate * city.summary.forms)


def test_a_correction_is_extracted_later_and_is_right(city: Delivered) -> None:
    versions = city.response.filter(pl.col("extracted_at").is_not_null()).sort(*KEY, "extracted_at")
    first, second = versions[::2], versions[1::2]
    assert first["source_record_id"].to_list() == second["source_record_id"].to_list()
    assert (first["extracted_at"] < second["extracted_at"]).all()
    assert (first["entered_at"] < first["extracted_at"]).all()
    assert (second["extracted_at"].dt.date() <= city.session["session_date"].max()).all()
    unchanged = [name for name in versions.columns if name not in {*ITEMS, "total", "extracted_at"}]
    assert first.select(unchanged).equals(second.select(unchanged))
    total = second.select(pl.sum_horizontal(ITEMS).round(1)).to_series()
    assert (total == second["total"]).all()


def test_marks_have_one_decimal(city: Delivered) -> None:
    marks = city.response.select([*ITEMS, "total"]).to_numpy()
    tenths = marks[~np.isnan(marks)] * 10
    assert np.abs(tenths - np.rint(tenths)).max() < 1e-9


def test_skipped_forms_have_a_reason_and_no_marks(city: Delivered) -> None:
    skipped = city.response.filter(pl.col("is_skipped") == 1)
    assert skipped["skip_reason"].null_count() == 0
    assert skipped.select([*ITEMS, "total"]).null_count().sum_horizontal().item() == (
        5 * skipped.height
    )
    filled = city.response.filter(pl.col("is_skipped") == 0)
    assert filled["skip_reason"].drop_nulls().len() == 0


def test_a_total_is_missing_exactly_when_an_item_is_lost(city: Delivered) -> None:
    filled = city.response.filter(pl.col("is_skipped") == 0)
    n_items = filled.select(pl.concat_list(ITEMS).list.drop_nulls().list.len()).to_series()
    has_total = filled["total"].is_not_null()
    assert set(n_items.filter(has_total).to_list()) == {0, 4}
    assert set(n_items.filter(~has_total).to_list()) == {3}


def four_hundred_forms() -> tuple[Forms, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    size = 400
    # Every other form has the highest total there is.
    items = np.tile(np.array([[0, 5, 60, 100], [100, 100, 100, 100]]), (size // 2, 1))
    zeros = np.zeros(size, dtype=np.int64)
    unused = np.zeros(size)
    forms = Forms(
        zeros, zeros, zeros, zeros + MISSING, items, items.sum(axis=1), level=unused, chance=unused
    )
    # 100 forms in 2024 and 300 in 2025.
    day = np.where(np.arange(size) < 100, 19_800, 20_200)
    return forms, day


def test_small_files_stay_clean(parameters: Parameters) -> None:
    forms, day = four_hundred_forms()
    flaws = choose_rows(parameters, forms, day, 10_000, Streams(1))
    rows = np.concatenate([getattr(flaws, name) for name in Flaws.__dataclass_fields__])
    assert rows.size > 0
    assert rows.min() >= 100
    assert np.unique(rows).size == rows.size


def test_every_slip_changes_what_it_should(parameters: Parameters) -> None:
    forms, day = four_hundred_forms()
    flaws = choose_rows(parameters, forms, day, 40_000, Streams(1))
    before = forms.items.copy()
    spoiled = spoil(forms, flaws, Streams(1))
    out_of_range = ((spoiled.items < 0) | (spoiled.items > 100)).any(axis=1)
    assert np.flatnonzero(out_of_range).tolist() == flaws.item_out_of_range.tolist()
    mismatch = spoiled.items.sum(axis=1) != spoiled.total
    assert np.flatnonzero(mismatch).tolist() == flaws.total_mismatch.tolist()
    assert (spoiled.total[flaws.total_mismatch] <= 400).all()
    assert (spoiled.total[flaws.all_zero] == 0).all()
    assert (spoiled.total[flaws.redelivered] != forms.total[flaws.redelivered]).all()
    assert np.array_equal(forms.items, before)


def test_the_session_of_an_orphan_is_in_no_city_however_large() -> None:
    last_block = MOST_FORMS // BLOCK_FORMS
    number = int(ORPHAN_SESSION.removeprefix("S-"))
    assert not 1 <= number <= SESSION_NUMBERS * (last_block + 1)
