"""The ledger among the statistics: every delivered row is somewhere, and the truth says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fit_warehouse.demo import truth
from fit_warehouse.landing import ledger

if TYPE_CHECKING:
    from tests.conftest import BuiltCity


def test_every_row_of_a_delivery_is_somewhere(built_city: BuiltCity) -> None:
    rows = built_city.frame("select * from metrics.delivery")
    parts = ["n_accepted", "n_quarantined", "n_duplicate", "n_mended", "n_erased"]
    assert (rows["n_delivered"] == rows.select(pl.sum_horizontal(parts)).to_series()).all()
    assert rows.height == len(ledger.landed(built_city.home))
    assert set(rows["adapter"]) == {"contract"}


def test_the_forms_fates_are_those_of_the_truth(built_city: BuiltCity) -> None:
    found = built_city.frame(
        "select sum(n_quarantined) as n, sum(n_duplicate) as copies "
        "from metrics.delivery where delivered_table = 'response'"
    )
    forms = truth.read(built_city.settings.landing, "form")
    assert found["n"].item() == forms.filter(pl.col("fate") == "row_quarantined").height
    assert found["copies"].item() == forms.filter(pl.col("fate") == "duplicate").height


def test_reasons_are_those_of_the_planted_flaws(built_city: BuiltCity) -> None:
    found = built_city.frame(
        "select reason_code, sum(n_rows_kept_out) as n from metrics.delivery_reason group by all"
    )
    flaws = {
        "item_out_of_range": ("score_out_of_range", "score_off_step"),
        "total_mismatch": ("total_mismatch",),
        "wrong_century": ("date_too_early",),
    }
    forms = truth.read(built_city.settings.landing, "form")
    for flaw, codes in flaws.items():
        planted = forms.filter(pl.col("flaw") == flaw).height
        assert planted
        assert found.filter(pl.col("reason_code").is_in(codes))["n"].sum() >= planted
