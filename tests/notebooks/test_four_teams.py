"""The analysis of a few teams gives an estimate without an interval, beside what limits it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from fit_warehouse.publish import stage, switch
from tests.comparison_city import city, fill_marts

Execute = Callable[[Path, Path, str], Any]

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore" / "four_teams.py"
LAST_CELL = """
import json
print(json.dumps({"teams": teams, "lines": result.to_dicts()}))
"""

pytestmark = pytest.mark.slow


def some_never_begin() -> pl.DataFrame:
    rows = city({"s1": 12, "m1": 12}, each=60)
    is_late = pl.col("fit_adopted_on") > date(2024, 8, 1)
    return rows.with_columns(
        fit_adopted_on=pl.when(~is_late).then("fit_adopted_on"),
        is_fit_at_opening=pl.when(is_late).then(0).otherwise("is_fit_at_opening"),
        fit_maturity=pl.when(is_late).then(pl.lit("not_adopted")).otherwise("fit_maturity"),
    )


@pytest.fixture(scope="module")
def found(execute: Execute, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    published = tmp_path_factory.mktemp("published")
    database = published / switch.CURRENT / stage.RESTRICTED_DATABASE
    database.parent.mkdir(parents=True)
    with duckdb.connect(str(database)) as connection:
        fill_marts(connection, some_never_begin())
        connection.execute("create schema metrics")
        connection.execute("create table metrics.city_funnel as select date '2026-06-30' as as_of")
        connection.execute(
            "create table metrics.cost_comparison (service_code varchar, unit varchar, n bigint, "
            "n_fit_teams bigint, n_comparison_teams bigint, estimate double, ci_low double, "
            "ci_high double, interval_reason varchar)"
        )
    shown = execute(NOTEBOOK, published, LAST_CELL)
    values: dict[str, Any] = json.loads(shown.cells[-1].outputs[0].text)
    return values


def test_teams_are_those_that_began_first(found: dict[str, Any]) -> None:
    begun = some_never_begin().unique("team_code").drop_nulls("fit_adopted_on")
    first = begun.sort("fit_adopted_on", "team_code").head(4)
    assert first["fit_adopted_on"].max() < date(2023, 12, 1)
    assert found["teams"] == first["team_code"].to_list()


def test_each_service_has_an_estimate_and_no_interval(found: dict[str, Any]) -> None:
    lines = {line["palvelu"]: line for line in found["lines"]}
    assert set(lines) == {"s1", "m1", "m1, s1"}
    for line in lines.values():
        assert line["ero jaksoa kohti"] is not None
        assert (line["väli alkaa"], line["väli päättyy"]) == (None, None)
        assert line["miksi ei väliä"] == f"Ei väliä: {line['tiimejä, FIT']} tiimiä, alle 10."
        assert line["tiimejä, FIT"] <= 4 < line["tiimejä, vertailu"]
    assert lines["m1, s1"]["tiimejä, FIT"] == 4


def test_the_sentence_on_selection_stands_beside_every_line(found: dict[str, Any]) -> None:
    method = NOTEBOOK.parents[2] / "docs" / "method" / "cost_comparison.md"
    page = " ".join(method.read_text(encoding="utf-8").split())
    for line in found["lines"]:
        assert line["valikoituminen"] in page
