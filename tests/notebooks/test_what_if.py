"""The sliders of the what-if chart: its expressions give the amounts of the statistics library."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient.exceptions import CellExecutionError

from fit_metrics.cost_effect import net_amount, net_thresholds
from fit_warehouse.measure import tables
from fit_warehouse.publish import stage, switch
from fit_warehouse.report.svg import VEGA_LITE
from fit_warehouse.report.what_if import WhatIf, what_if_chart

Execute = Callable[[Path, Path, str], Any]

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore" / "what_if.py"
HEHKU = WhatIf("hehku", 4, 11_552.0, 0.75, 1.0, 300.0, 900.0)
LABEL = re.compile(r">([\u2212-]?[\d,]+) EUR<")


# By hand: 0.75 x 10 000 is 7 500; 1 500 came instead of the 4, 375 each before attribution of 0.75.
BASE = {
    "n_episodes": 4,
    "gross_amount_eur": 12_500,
    "avoidable_amount_eur": 10_000,
    "avoided_amount_eur": 7_500,
    "onward_amount_eur": 900,
    "rereferral_amount_eur": 225,
    "fit_cost_eur": 800,
    "net_amount_eur": 5_575,
}
LAST_CELL = """
import json
from dataclasses import asdict
print(json.dumps({"line": asdict(line), "net": chosen["net"], "lines": lines.height}))
"""


def publication(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """Return a publication whose restricted database has these lines of cost_net."""
    database = folder / switch.CURRENT / stage.RESTRICTED_DATABASE
    database.parent.mkdir(parents=True)
    with duckdb.connect(str(database)) as connection:
        for name in ("cost_net", "cost_sensitivity"):
            definition = tables.table(name)
            kind = {"procurement": "purchased", "price_year": 2025, "vat_included": 0}
            kind |= {"factor": "attribution_share", "base_value": 0.6}
            made = [
                {column: {**kind, **row}.get(column) for column in definition.names}
                for row in rows
                # A factor has a row for the three scenarios together.
                if name == "cost_net" or row["scenario"] == "base"
            ]
            tables.write(connection, "metrics", definition, made)
    return folder


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


@pytest.mark.slow
def test_the_whole_notebook_runs_and_its_sliders_start_at_the_line(
    execute: Execute, tmp_path: Path
) -> None:
    rows = [
        {"service_code": "hehku", "scenario": "base", **BASE},
        {"service_code": "hehku", "scenario": "low", **BASE, "net_amount_eur": -1},
        {"service_code": "small", "scenario": "base", **BASE, "n_episodes": 2},
        {"service_code": "nothing", "scenario": "base", **BASE, "gross_amount_eur": 0},
    ]
    shown = execute(NOTEBOOK, publication(tmp_path, rows), LAST_CELL)
    found = json.loads(shown.cells[-1].outputs[0].text)
    assert found["lines"] == 2
    assert found["line"] == {
        "name": "hehku",
        "n": 4,
        "gross": 12_500,
        "attribution": 0.75,
        "avoidable": 0.8,
        "onward_each": pytest.approx(375),
        "fit_cost": 800,
    }
    assert amounts(what_if_chart(WhatIf(**found["line"])))[-1] == found["net"] == 5_575
    (drawn,) = [
        output.data["text/html"]
        for cell in shown.cells
        for output in cell.get("outputs", [])
        if "vegaEmbed" in str(output.get("data", {}).get("text/html", ""))
    ]
    assert not re.search(r"<(?:script|link)[^>]+(?:src|href)=", drawn), "it needs no network"


@pytest.mark.slow
def test_the_notebook_says_what_is_missing(execute: Execute, tmp_path: Path) -> None:
    for folder, words in (
        (publication(tmp_path / "empty", []), "cost_excluded says what is missing"),
        (tmp_path / "nowhere", "Run: make run"),
    ):
        with pytest.raises(CellExecutionError) as stopped:
            execute(NOTEBOOK, folder, "")
        assert stopped.value.ename == "UsageError"
        assert words in stopped.value.evalue


def test_the_notebook_types_no_numbers_of_a_city() -> None:
    code = NOTEBOOK.read_text(encoding="utf-8")
    assert "what_if_chart(line)" in code
    assert not re.search(r"\d{3,}", code.partition("# %% [markdown]")[2])
