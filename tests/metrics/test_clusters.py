from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_metrics.multilevel import (
    cluster_bootstrap,
    cluster_robust_mean,
    cluster_robust_regression,
)

quick = settings(deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)


def rows(seed: int, clusters: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(clusters), rng.integers(1, 9, clusters))
    return np.round(20.0 + rng.normal(size=clusters)[codes] + rng.normal(size=codes.size), 1), codes


@quick
@given(seeds, st.floats(0.01, 100.0))
def test_robust_mean_mirrors_scales_and_ignores_order(seed: int, factor: float) -> None:
    values, codes = rows(seed)
    order = np.random.default_rng(seed).permutation(values.size)
    one = cluster_robust_mean(values, codes)
    other = cluster_robust_mean(-factor * values[order], codes[order])
    assert other.estimate == pytest.approx(-factor * one.estimate)
    assert other.ci_low == pytest.approx(-factor * one.ci_high)
    assert other.df == pytest.approx(one.df)
    assert one.ci_low <= one.estimate <= one.ci_high


@quick
@given(seeds)
def test_clusters_of_one_row_are_a_plain_mean(seed: int) -> None:
    values, _ = rows(seed)
    result = cluster_robust_mean(values, np.arange(values.size))
    expected = stats.ttest_1samp(values, 0.0)
    assert result.standard_error == pytest.approx(values.std(ddof=1) / math.sqrt(values.size))
    assert result.df == pytest.approx(expected.df)
    assert result.ci_low == pytest.approx(expected.confidence_interval().low)


@quick
@given(seeds)
def test_equal_clusters_are_a_mean_of_their_means(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(9, 4))
    result = cluster_robust_mean(values.ravel(), np.repeat(np.arange(9), 4))
    assert result.standard_error == pytest.approx(stats.sem(values.mean(axis=1)))
    assert result.df == pytest.approx(8.0)


def test_robust_mean_at_its_ends() -> None:
    nothing = cluster_robust_mean([], [])
    one = cluster_robust_mean([20.0, 22.0], ["a", "a"])
    same = cluster_robust_mean([20.1] * 4, ["a", "a", "b", "b"])
    two = cluster_robust_mean([20.0, 23.0], ["a", "b"])
    assert math.isnan(nothing.estimate)
    assert (nothing.n, nothing.n_clusters) == (0, 0)
    assert (one.estimate, one.n_clusters) == (21.0, 1)
    assert math.isnan(one.standard_error)
    assert math.isnan(one.ci_low)
    assert same.estimate == pytest.approx(20.1)
    assert same.standard_error == pytest.approx(0.0, abs=1e-12)
    assert two.standard_error == pytest.approx(1.5)


def test_missing_rows_are_counted() -> None:
    values, codes = rows(1)
    gaps = values.copy()
    gaps[3] = np.nan
    result = cluster_robust_mean(gaps, codes, missing="omit")
    kept = cluster_robust_mean(np.delete(values, 3), np.delete(codes, 3))
    assert (result.n, result.n_missing) == (values.size - 1, 1)
    assert result.ci_low == kept.ci_low


def test_a_coefficient_that_fits_its_rows_has_no_error() -> None:
    # Rounding alone puts about half of these variances below 0.
    for seed in range(20):
        rng = np.random.default_rng(seed)
        alone = np.zeros((44, 2))
        alone[0, 0] = alone[0, 1] = alone[1, 1] = 1.0
        teams = np.concatenate([[0, 1], rng.integers(0, 6, 42)])
        scores = rng.poisson(8, 44)
        found = cluster_robust_regression(scores, teams, covariates=alone).fixed
        assert found.estimate[1] == pytest.approx(scores[0] - scores[1], abs=1e-9)
        assert found.standard_error[1] == pytest.approx(0.0, abs=1e-7)


def test_corrections_differ_by_their_factor() -> None:
    values, codes = rows(2)
    plain, larger = (
        cluster_robust_regression(values, codes, correction=kind).fixed for kind in ("CR0", "CR1")
    )
    assert larger.covariance == pytest.approx(plain.covariance * 12 / 11)


# ----------------------------------------------------------------------------------- bootstrap


def of_size(seed: int, **options: Any) -> Any:
    values, codes = rows(seed, clusters=40)
    return cluster_bootstrap(values, codes, rng=np.random.default_rng(seed), **options)


def test_bootstrap_agrees_with_scipy_over_clusters() -> None:
    values, codes = rows(4, clusters=40)
    sums, counts = np.bincount(codes, weights=values), np.bincount(codes)
    for ci, method in (("bca", "BCa"), ("percentile", "percentile")):
        result = of_size(4, ci=ci, resamples=40_000)
        expected = stats.bootstrap(
            (sums, counts),
            lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis),
            paired=True,
            vectorized=True,
            n_resamples=40_000,
            batch=2_000,
            method=method,
            rng=np.random.default_rng(9),
        )
        error = expected.standard_error
        assert result.estimate == pytest.approx(values.mean())
        assert result.standard_error == pytest.approx(error, rel=0.02)
        # Four standard deviations of a 2.5 % quantile from 40 000 resamples are 0.06 of the error.
        assert result.ci_low == pytest.approx(expected.confidence_interval.low, abs=0.08 * error)
        assert result.ci_high == pytest.approx(expected.confidence_interval.high, abs=0.08 * error)


def test_bootstrap_mirrors() -> None:
    values, codes = rows(5, clusters=40)
    up, down = (
        cluster_bootstrap(sign * values, codes, rng=np.random.default_rng(1), resamples=2_001)
        for sign in (1.0, -1.0)
    )
    assert down.ci_low == pytest.approx(-up.ci_high, rel=1e-9)
    assert down.ci_high == pytest.approx(-up.ci_low, rel=1e-9)


def test_bootstrap_of_a_function_of_sums() -> None:
    values, codes = rows(6, clusters=40)
    pairs = np.column_stack([values, values**2])

    def deviation(totals: np.ndarray) -> np.ndarray:
        n, total, squares = totals.T
        return np.sqrt((squares - total**2 / n) / (n - 1))

    result = cluster_bootstrap(pairs, codes, statistic=deviation, rng=np.random.default_rng(2))
    assert result.estimate == pytest.approx(values.std(ddof=1))
    assert result.ci_low < result.estimate < result.ci_high


def test_bootstrap_repeats_with_the_same_generator() -> None:
    assert of_size(7) == of_size(7)
    assert of_size(7, resamples=500).resamples == 500


def test_bootstrap_at_its_ends() -> None:
    rng = np.random.default_rng(0)
    nothing = cluster_bootstrap([], [], rng=rng)
    one = cluster_bootstrap([20.0, 22.0], [1, 1], rng=rng)
    two = cluster_bootstrap([20.0, 22.0], [1, 2], rng=rng)
    two_percentile = cluster_bootstrap([20.0, 22.0], [1, 2], rng=rng, ci="percentile")
    same = cluster_bootstrap([20.5] * 8, np.arange(8) // 2, rng=rng)
    assert math.isnan(nothing.estimate)
    assert one.estimate == 21.0
    assert math.isnan(one.ci_low)
    assert math.isnan(two.ci_low)
    assert (two_percentile.ci_low, two_percentile.ci_high) == (20.0, 22.0)
    assert (same.ci_low, same.estimate, same.ci_high) == (20.5, 20.5, 20.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cluster_bootstrap([1.0], [1], rng=None), "rng is None: it must be"),  # type: ignore[arg-type]
        (lambda: of_size(1, ci="normal"), "ci is 'normal'"),
        (lambda: of_size(1, resamples=50), "resamples is 50: it must be 100 or more"),
        (lambda: of_size(1, level=0.0), "level is 0.0"),
        (lambda: of_size(1, statistic=lambda totals: totals), "statistic gave an array of shape"),
        (
            lambda: cluster_bootstrap(3.0, [1], rng=np.random.default_rng(1)),
            "columns has the wrong dimensions",
        ),
        (lambda: cluster_robust_mean([1.0], [1], correction="CR3"), "correction is 'CR3'"),  # type: ignore[arg-type]
        (lambda: cluster_robust_mean([1.0, None], [1, 2]), "1 of 2 rows have a missing value"),
        (lambda: cluster_robust_mean([1.0, 2.0], [1]), "clusters has 1 values and values has 2"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
