"""The notebook that an analyst starts from runs on a publication and agrees with its statistics."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from nbclient.exceptions import CellExecutionError

from fit_warehouse.landing.files import content_hash

Execute = Callable[[Path, Path, str], Any]

FIRST_LOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore" / "first_look.py"
LAST_CELL = """
import json
print(json.dumps({"in_change": in_change.height, "comparison": comparison.to_dicts()}))
"""
RESTRICTED = Path("current") / "restricted" / "fit_restricted.duckdb"
SVG = "image/svg+xml"
NAMESPACE = re.compile(r"http://www\.w3\.org/\S+")
# Sums of integers against sums of floats: the last digits of a double may differ.
CLOSE = 1e-9

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def before(published: Path) -> str:
    return content_hash(published / RESTRICTED)


@pytest.fixture(scope="session")
def looked(execute: Execute, published: Path, before: str) -> Any:
    assert before
    return execute(FIRST_LOOK, published, LAST_CELL)


@pytest.fixture(scope="session")
def found(looked: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(looked.cells[-1].outputs[0].text)
    return values


def _outputs(notebook: Any, kind: str) -> list[str]:
    return [
        output.data[kind]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


def _ask(published: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(published / RESTRICTED), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_statistic_is_computed_again(found: dict[str, Any], published: Path) -> None:
    wanted = _ask(
        published,
        "select instrument_code, respondent_role, indicator, n, estimate from metrics.city_outcome "
        "where indicator in ('pre_post_d', 'share_reliably_improved') order by all",
    )
    assert wanted
    names = ("instrument_code", "respondent_role", "indicator", "n", "estimate")
    assert [tuple(row[name] for name in names) for row in found["comparison"]] == wanted


def test_statistics_from_rows_agree_with_the_published_ones(found: dict[str, Any]) -> None:
    for row in found["comparison"]:
        assert row["n_again"] == row["n"], row
        for name in ("estimate", "ci_low", "ci_high"):
            assert row[f"{name}_again"] == pytest.approx(row[name], abs=CLOSE), row
        assert row["largest_difference"] <= CLOSE, row


def test_every_table_is_listed_with_its_description(looked: Any, published: Path) -> None:
    listed = " ".join(_outputs(looked, "text/html")[0].split())
    tables = _ask(published, "select table_name, trim(comment) from duckdb_tables()")
    assert tables
    for name, description in tables:
        assert name in listed
        assert description[:40] in listed.replace("&#x27;", "'")


def test_chart_is_drawn_without_a_network(looked: Any) -> None:
    (chart,) = _outputs(looked, SVG)
    assert "<path" in chart
    assert "http" not in NAMESPACE.sub("", chart)


def test_rows_are_those_of_the_denominator(found: dict[str, Any], published: Path) -> None:
    steps = dict(_ask(published, "select step, n_episodes from metrics.city_funnel"))
    assert found["in_change"] == steps["in_denominator"] > 0


def test_publication_is_left_as_it_was(looked: Any, published: Path, before: str) -> None:
    assert looked.cells
    assert content_hash(published / RESTRICTED) == before


def test_says_what_to_do_when_nothing_is_published(execute: Execute, tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError) as stopped:
        execute(FIRST_LOOK, tmp_path / "published", "")
    assert stopped.value.ename == "UsageError"
    assert "Run: make run" in stopped.value.evalue
    assert str(tmp_path / "published") in stopped.value.evalue
