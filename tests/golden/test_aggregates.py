"""The small city gives the aggregates that were committed; whatever differs is shown row by row."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.golden.queries import FOLDER, QUERIES
from tests.golden.renew import as_csv

if TYPE_CHECKING:
    from tests.conftest import BuiltCity

RENEW = "If it is meant: python -m tests.golden.renew, and say in the commit what changed and why."


def differing(committed: str, found: str) -> list[str]:
    """Return the header and the rows that only one of two CSV texts has, - committed and + found."""
    lines = difflib.unified_diff(
        committed.splitlines(), found.splitlines(), "committed", "found", n=0, lineterm=""
    )
    rows = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return [f" {committed.splitlines()[0]}", *rows] if rows else []


@pytest.mark.parametrize("name", QUERIES)
def test_aggregates_are_those_committed(built_city: BuiltCity, name: str) -> None:
    committed = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    rows = differing(committed, as_csv(built_city, name))
    if rows:
        pytest.fail("\n".join([f"{name} differs. {RENEW}", *rows]), pytrace=False)


def test_every_file_has_a_query() -> None:
    assert {path.stem for path in FOLDER.glob("*.csv")} == set(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_no_file_has_a_double_or_a_key(built_city: BuiltCity, name: str) -> None:
    frame = built_city.frame(QUERIES[name])
    assert not any(kind.is_float() for kind in frame.schema.values())
    assert not [column for column in frame.columns if column.endswith("_key")]
    assert 0 < frame.height < 1000


def test_a_row_that_differs_is_shown() -> None:
    frame = pl.DataFrame({"step": ["referred", "opened"], "n": [9, 8]})
    changed = frame.with_columns(n=pl.Series([9, 7]))
    assert differing(frame.write_csv(), frame.write_csv()) == []
    assert differing(frame.write_csv(), changed.write_csv()) == [
        " step,n",
        "-opened,8",
        "+opened,7",
    ]
    assert differing(frame.write_csv(), frame[:1].write_csv()) == [" step,n", "-opened,8"]
