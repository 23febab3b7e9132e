"""The notebook about the synthetic city runs, and shows what calibration and truth give."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fit_warehouse.demo import calibration

Execute = Callable[[Path, Path, str], Any]

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore" / "the_synthetic_city.py"
LAST_CELL = """
import json
print(json.dumps({"values": values, "savings": savings.to_dicts(), "rows": comparison.height}))
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shown(execute: Execute, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return execute(NOTEBOOK, tmp_path_factory.mktemp("nothing") / "published", LAST_CELL)


@pytest.fixture(scope="module")
def found(shown: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(shown.cells[-1].outputs[0].text)
    return values


def test_every_target_is_compared(found: dict[str, Any]) -> None:
    assert found["values"].keys() == calibration.targets().keys()
    assert found["rows"] == len(calibration.targets())


def test_true_savings_are_shown_for_every_service(found: dict[str, Any]) -> None:
    savings = {row["service_code"]: row["saving_eur"] for row in found["savings"]}
    assert len(savings) == 5
    assert savings["hehku"] > 0


def test_the_chart_is_drawn(shown: Any) -> None:
    drawn = [
        output
        for cell in shown.cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(drawn) == 1
