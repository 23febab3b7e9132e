"""Multilevel models and cluster-robust errors against lme4, lmerTest and clubSandwich."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fit_metrics import multilevel
from fit_metrics.multilevel import MixedModel

REFERENCE = Path(__file__).parent / "reference" / "multilevel"

# lme4 calls the levels by its own names; ours come in this order.
TERMS = {"intercept": ["group"], "nested": ["worker", "team"], "slope": ["intercept", "slope"]}
FUNCTIONS = {
    "intercept": multilevel.random_intercept,
    "nested": multilevel.nested_intercepts,
    "slope": multilevel.random_slope,
}


def cases(name: str) -> list[Any]:
    found = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["id"]) for case in found]


def fitted(case: dict[str, Any]) -> MixedModel:
    return FUNCTIONS[case["kind"]](**case["inputs"], estimator=case["estimator"], missing="omit")


@pytest.mark.parametrize("case", cases("models"))
def test_matches_lme4(case: dict[str, Any]) -> None:
    result, expected = fitted(case), case["expected"]
    assert result.converged
    theta = result.theta[::-1] if case["kind"] == "nested" else result.theta
    scale = max(np.abs(expected["theta"]).max(), 0.1)
    assert theta == pytest.approx(np.ravel(expected["theta"]), rel=1e-5, abs=1e-5 * scale)
    assert result.sigma == pytest.approx(expected["sigma"], rel=1e-5)
    assert result.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-9)
    fixed = result.fixed
    error = np.ravel(expected["standard_errors"])
    assert np.abs(fixed.estimate - expected["coefficients"]).max() < 1e-5 * error.max()
    assert fixed.standard_error == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("case", cases("models"))
def test_predicts_effects_as_lme4(case: dict[str, Any]) -> None:
    result, expected = fitted(case), case["expected"]["effects"]
    columns = [
        (table["label"], effect, variance)
        for table in expected.values()
        for effect, variance in zip(table["effect"], table["variance"], strict=True)
    ]
    assert len(columns) == len(result.terms)
    for name, (labels, effect, variance) in zip(TERMS[case["kind"]], columns, strict=True):
        term = result.term(name)
        if name == "worker" and case["id"].startswith("pastes"):
            own = [
                f"{team}:{worker}" for team, worker in zip(term.parents, term.labels, strict=True)
            ]
        else:
            own = [str(label) for label in term.labels.tolist()]
        order = [own.index(label) for label in labels]
        scale = max(float(np.abs(effect).max()), 1e-3 * result.sigma)
        assert term.effect[order] == pytest.approx(effect, abs=1e-5 * scale)
        most = max(float(np.max(variance)), 1e-6 * result.sigma**2)
        assert term.conditional_variance[order] == pytest.approx(variance, abs=2e-5 * most)


@pytest.mark.parametrize("case", [c for c in cases("models") if "df" in c.values[0]["expected"]])
def test_degrees_of_freedom_match_lmertest(case: dict[str, Any]) -> None:
    # lmerTest differentiates numerically at lme4's optimum: its fourth digit is its own.
    expected = np.ravel(case["expected"]["df"])
    assert fitted(case).fixed.df == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("case", cases("intervals"))
def test_intervals_match_dense_likelihood(case: dict[str, Any]) -> None:
    result = fitted(case)
    found = {f"{term.name}_variance": term.variance for term in result.terms}
    found |= {f"{term.name}_icc": term.icc for term in result.terms if term.icc is not None}
    found["residual_variance"] = result.residual_variance
    if result.correlation is not None:
        found["correlation"] = result.correlation
    for name, (low, high) in case["expected"].items():
        scale = 1e-6 * max(abs(low), abs(high))
        assert found[name].ci_low == pytest.approx(low, rel=1e-5, abs=scale), name
        assert found[name].ci_high == pytest.approx(high, rel=1e-5, abs=scale), name


@pytest.mark.parametrize("case", cases("clusters"))
def test_matches_clubsandwich(case: dict[str, Any]) -> None:
    result = multilevel.cluster_robust_regression(**case["inputs"], correction=case["correction"])
    expected = {name: np.ravel(values) for name, values in case["expected"].items()}
    assert result.fixed.estimate == pytest.approx(expected["coefficients"], rel=1e-8)
    assert result.fixed.standard_error == pytest.approx(expected["standard_errors"], rel=1e-8)
    assert result.fixed.df == pytest.approx(expected["df"], rel=1e-8)
