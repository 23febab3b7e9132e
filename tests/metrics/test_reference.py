"""The library against published numbers and independent implementations."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from fit_metrics import (
    _bootstrap,
    agreement,
    benchmark,
    case_mix,
    effect_size,
    funnel,
    pool,
    rates,
    reliable_change,
    scale,
)
from fit_metrics.results import SeverityAdjusted


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


class Limits(NamedTuple):
    ci_low: float
    ci_high: float


def bca_of_given_resamples(
    pre: list[float], post: list[float], indices: list[list[int]], level: float
) -> Limits:
    """Give the BCa limits of the mean change over the intake SD from the resamples named."""
    x, y = np.array(pre), np.array(post)
    sums = np.stack([np.ones(x.size), y - x, x, x * x])

    def d_of(sums: np.ndarray) -> np.ndarray:
        n, change, total, squares = sums
        return change / n / np.sqrt((squares - total**2 / n) / (n - 1))

    low, high = _bootstrap.bca_limits(
        d_of(_bootstrap.sums_of(sums, np.array(indices))),
        float(d_of(sums.sum(axis=1))),
        [d_of(_bootstrap.leave_one_out(sums))],
        level,
    )
    return Limits(low, high)


def severity_by_fitted_reference(
    reference_intake: list[float],
    reference_last: list[float],
    reference_covariates: list[float],
    **own: Any,
) -> SeverityAdjusted:
    reference = effect_size.fit_reference(
        reference_intake, reference_last, covariates=reference_covariates, source="the case"
    )
    return effect_size.severity_adjusted(reference=reference, **own)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "rows": effect_size.pre_post_d,
    "from_stats": effect_size.pre_post_d_from_stats,
    "wilson": rates.wilson,
    "clopper_pearson": rates.clopper_pearson,
    "jeffreys": rates.jeffreys,
    "share_difference": rates.share_difference,
    "paired_share_difference": rates.paired_share_difference,
    "share_bounds": rates.share_bounds,
    "icc": agreement.icc,
    "bland_altman": agreement.bland_altman,
    "cronbach_alpha": scale.cronbach_alpha,
    "cronbach_alpha_from_covariance": scale.cronbach_alpha_from_covariance,
    "item_total": scale.item_total,
    "omega_total": scale.omega_total,
    "mean": rates.mean_interval,
    "threshold": reliable_change.threshold,
    "cutoff": reliable_change.cutoff,
    "standard_error_of_measurement": reliable_change.standard_error_of_measurement,
    "two_group": effect_size.two_group_d,
    "two_group_from_stats": effect_size.two_group_d_from_stats,
    "regression_to_the_mean": effect_size.regression_to_the_mean,
    "severity": severity_by_fitted_reference,
    "bca": bca_of_given_resamples,
    "jacobson_truax": reliable_change.jacobson_truax,
    "gulliksen_lord_novick": reliable_change.gulliksen_lord_novick,
    "hsu_linn_lord": reliable_change.hsu_linn_lord,
    "edwards_nunnally": reliable_change.edwards_nunnally,
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
        wanted = [math.nan if v is None else v for v in value] if isinstance(value, list) else value
        given = attrgetter(name)(result)
        assert given == pytest.approx(wanted, abs=case["tolerance"], rel=0, nan_ok=True), name
