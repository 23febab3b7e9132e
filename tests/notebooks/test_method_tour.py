"""The tour of the methods runs on a publication, and shows every family with its chart and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

import fit_metrics

Execute = Callable[[Path, Path, str], Any]

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore" / "method_tour.py"
LAST_CELL = """
import json
print(json.dumps({
    "shown": shown,
    "n_differing": n_differing,
    "n_compared": both.height,
    "group": [instrument, respondent],
    "n": len(intake),
    "mean_change": effects["by the SD at intake"].mean_change,
    "dropout": [dropout.of_closed.unilateral.successes, dropout.of_closed.unilateral.n],
    "pairs": limits.n,
}))
"""
RESTRICTED = Path("current") / "restricted" / "fit_restricted.duckdb"
NAMESPACE = re.compile(r"http://www\.w3\.org/\S+")
FIGURE = re.compile(
    r"<figcaption><strong>(.+?)</strong>.*?</figcaption><svg[^>]*aria-label=\"(.+?)\""
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def toured(execute: Execute, published: Path) -> Any:
    return execute(NOTEBOOK, published, LAST_CELL)


@pytest.fixture(scope="module")
def found(toured: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(toured.cells[-1].outputs[0].text)
    return values


def _ask(published: Path, query: str, *values: Any) -> tuple[Any, ...]:
    with duckdb.connect(str(published / RESTRICTED), read_only=True) as connection:
        row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_every_family_is_shown(found: dict[str, Any]) -> None:
    families = {*fit_metrics.__all__, "frames"} - {"results"}
    assert families - set(found["shown"]) == set()
    for family, what in found["shown"].items():
        assert re.search(r"\d", what["finding"]), family
        assert what["rows"] > 0, family


def test_every_chart_says_its_finding_in_words_and_has_its_numbers_below(
    toured: Any, found: dict[str, Any]
) -> None:
    captions = []
    for cell in toured.cells:
        pages = [
            output.data.get("text/html", "")
            for output in cell.get("outputs", [])
            if "data" in output
        ]
        for page, table in pairwise(pages):
            drawn = FIGURE.search(page)
            if drawn is None:
                continue
            caption, spoken = drawn.groups()
            assert spoken.startswith(caption)
            assert "<path" in page
            assert "http" not in NAMESPACE.sub("", page)
            assert "<table" in table
            captions.append(caption)
    assert len(captions) == len(found["shown"])


def test_numbers_are_those_of_the_marts(found: dict[str, Any], published: Path) -> None:
    n, change = _ask(
        published,
        "select count(*), avg(prom_change::double) from marts.fct_episode "
        "where is_in_change = 1 and prom_instrument = ? and prom_respondent = ?",
        *found["group"],
    )
    assert (found["n"], found["mean_change"]) == (n, pytest.approx(change, abs=1e-9))
    leavers = _ask(
        published,
        "select count(*) filter (where ending_code = 'unilateral'), count(*) "
        "from marts.fct_episode where is_in_dropout = 1",
    )
    assert tuple(found["dropout"]) == leavers
    assert found["pairs"] > 1


def test_classes_are_those_of_the_mart(found: dict[str, Any]) -> None:
    assert found["n_compared"] >= found["n"]
    assert found["n_differing"] == 0
