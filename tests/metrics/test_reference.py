"""The library against published numbers and independent implementations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fit_metrics import benchmark, case_mix, effect_size, funnel, pool, rates, reliable_change


def against(question: Callable[..., Any]) -> Callable[..., Any]:
    def ask(**arguments: Any) -> Any:
        record = benchmark.Benchmark(**arguments.pop("benchmark"))
        return question(**arguments, benchmark=record)

    return ask


def spline_columns(**arguments: Any) -> Any:
    columns = case_mix.spline_basis(**arguments).T
    return SimpleNamespace(**{f"column_{i}": column for i, column in enumerate(columns, 1)})


def spline_knots(**arguments: Any) -> Any:
    return SimpleNamespace(knots=case_mix.spline_knots(**arguments))


def funnel_limits_of_one_level(**arguments: Any) -> Any:
    result = funnel.limits(**arguments)
    return SimpleNamespace(ci_low=result.ci_low[0], ci_high=result.ci_high[0])


REFERENCE = Path(__file__).parent / "reference"

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "rows": effect_size.pre_post_d,
    "from_stats": effect_size.pre_post_d_from_stats,
    "wilson": rates.wilson,
    "mean": rates.mean_interval,
    "threshold": reliable_change.threshold,
    "cutoff": reliable_change.cutoff,
    "standard_error_of_measurement": reliable_change.standard_error_of_measurement,
    "funnel_limits_of_one_level": funnel_limits_of_one_level,
    "funnel_z_scores": funnel.z_scores,
    "funnel_overdispersion": funnel.overdispersion,
    "benchmark_equivalence": against(benchmark.equivalence),
    "benchmark_equivalence_from_stats": against(benchmark.equivalence_from_stats),
    "benchmark_non_inferiority": against(benchmark.non_inferiority),
    "case_mix_difference": case_mix.observed_minus_expected,
    "case_mix_ratio": case_mix.observed_over_expected,
    "case_mix_spline_columns": spline_columns,
    "case_mix_spline_knots": spline_knots,
    "pool_fixed_effect": pool.fixed_effect,
    "pool_random_effects": pool.random_effects,
}


def cases() -> list[Any]:
    return [
        pytest.param(case, id=case["id"])
        for path in sorted(REFERENCE.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("case", cases())
def test_matches_reference(case: dict[str, Any]) -> None:
    result = FUNCTIONS[case["function"]](**case["inputs"], **case["options"])
    expected = case["expected"]
    if not isinstance(expected, dict):
        assert result == pytest.approx(expected, abs=case["tolerance"], rel=0)
        return
    for name, value in expected.items():
        assert getattr(result, name) == pytest.approx(value, abs=case["tolerance"], rel=0), name
