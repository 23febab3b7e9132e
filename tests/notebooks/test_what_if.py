"""The sliders of the what-if chart: its expressions give the amounts of the statistics library."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics.cost_effect import net_amount, net_thresholds
from fit_warehouse.report.svg import VEGA_LITE
from fit_warehouse.report.what_if import WhatIf, what_if_chart

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore" / "what_if.py"
HEHKU = WhatIf("hehku", 4, 11_552.0, 0.75, 1.0, 300.0, 900.0)
LABEL = re.compile(r">([\u2212-]?[\d,]+) EUR<")


def amounts(chart: Any, **moved: float) -> list[int]:
    """Return what the chart writes at its bars, with some of its sliders moved."""
    spec = chart.to_dict()
    for param in spec["params"]:
        param["value"] = moved.get(param["name"], param["value"])
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    return [int(text.replace("\u2212", "-").replace(",", "")) for text in LABEL.findall(drawn)]


def test_the_steps_begin_at_the_base_values() -> None:
    # 11 552, nothing paid all the same, a quarter would have ended anyway, 0.75 of 4 x 300, 900.
    assert amounts(what_if_chart(HEHKU)) == [11_552, 0, -2_888, -900, -900, 6_864]


@settings(deadline=None, max_examples=8)
@given(
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 5_000),
    st.integers(0, 20_000),
)
def test_moved_sliders_give_the_net_amount_of_the_library(a: int, v: int, o: int, f: int) -> None:
    steps = amounts(what_if_chart(HEHKU), a=a / 100, v=v / 100, o=o, f=f)
    wanted = net_amount(
        gross_eur=HEHKU.gross,
        attribution=a / 100,
        avoidable_share=v / 100,
        onward_cost_eur=float(o * HEHKU.n),
        fit_cost_eur=float(f),
    )
    assert steps[-1] == pytest.approx(wanted, abs=1)
    assert sum(steps[:-1]) == pytest.approx(steps[-1], abs=3), "the steps lead to the net amount"


def test_at_the_threshold_nothing_is_left() -> None:
    turn = net_thresholds(
        gross_eur=Decimal(11_552),
        attribution=Decimal("0.75"),
        avoidable_share=1,
        onward_cost_eur=1_200,
        fit_cost_eur=900,
    )
    assert turn.attribution is not None
    assert amounts(what_if_chart(HEHKU), a=float(turn.attribution))[-1] == 0


def test_every_slider_holds_its_base_value() -> None:
    params = what_if_chart(HEHKU).to_dict()["params"]
    assert {param["name"] for param in params} == {"a", "v", "o", "f"}
    for param in params:
        assert 0 == param["bind"]["min"] <= param["value"] <= param["bind"]["max"]


def test_the_notebook_types_no_numbers_of_a_city() -> None:
    code = NOTEBOOK.read_text(encoding="utf-8")
    assert "what_if_chart(line)" in code
    assert not re.search(r"\d{3,}", code.partition("# %% [markdown]")[2])
