"""Curves, means, tests and hazards against R's survival, cmprsk and sandwich."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fit_metrics import survival

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "survival" / "survival.json").read_text(encoding="utf-8")
)
CLOSED_FORM, ITERATED = 1e-8, 1e-5


def hazard(function: Callable[..., Any]) -> Callable[..., Any]:
    def fit(**columns: Any) -> Any:
        rows = REFERENCE["sets"]["person_sessions"]
        covariates = np.column_stack([np.array(rows["experience"], float), rows["age"]])
        if function is survival.cox:
            columns["stop"] = columns.pop("period")
        if "worker" in columns:
            columns["clusters"] = columns.pop("worker")
        return function(covariates=covariates, **columns)

    return fit


def log_rank(**columns: Any) -> survival.LogRank:
    if "stratum" in columns:
        columns["strata"] = columns.pop("stratum")
    return survival.log_rank(**columns)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "kaplan_meier": survival.kaplan_meier,
    "median_time": survival.median_time,
    "restricted_mean": survival.restricted_mean,
    "restricted_mean_difference": survival.restricted_mean_difference,
    "aalen_johansen": survival.aalen_johansen,
    "log_rank": log_rank,
    "cox": hazard(survival.cox),
    "discrete_hazard": hazard(survival.discrete_hazard),
}


def numbers(values: Any) -> np.ndarray:
    if isinstance(values, list):
        return np.array([numbers(value) for value in values])
    return np.array(math.nan if values is None else values, dtype=float)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"]) for c in REFERENCE["cases"]])
def test_matches_reference(case: dict[str, Any]) -> None:
    columns = {name: REFERENCE["sets"][case["set"]][name] for name in case["columns"]}
    result = FUNCTIONS[case["function"]](**columns, **case["options"])
    tolerance = ITERATED if case["function"] in ("cox", "discrete_hazard") else CLOSED_FORM
    for name, value in case["expected"].items():
        if name == "endings":
            assert result.endings.tolist() == value
            continue
        if name == "baseline_of_mixed":
            centre = result.baseline[(result.events > 0) & (result.events < result.at_risk)]
            assert centre == pytest.approx(numbers(value), rel=tolerance)
            continue
        given = np.asarray(getattr(result, name), dtype=float)
        wanted = numbers(value)
        assert given.shape == wanted.shape, name
        np.testing.assert_allclose(given, wanted, rtol=tolerance, atol=1e-14, err_msg=name)
