from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_metrics.benchmark import (
    Benchmark,
    BenchmarkTest,
    equivalence,
    equivalence_from_stats,
    non_inferiority,
    non_inferiority_from_stats,
)

TRIALS = Benchmark(
    name="trials", value=0.8, margin=0.2, standardizer="pre_sd", source="a publication, page 1"
)
PRE = [18.2, 22.4, 25.0, 17.1, 9.9, 31.3]
POST = [24.6, 25.1, 30.7, 25.5, 8.8, 30.2]
NUMBERS = ("estimate", "ci_low", "ci_high", "p_value", "p_lower", "p_upper", "ratio")

quick = settings(deadline=None, max_examples=50)
tenths = (
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=3, max_size=40)
    .filter(lambda rows: len({a for a, _ in rows}) > 1 and len({b - a for a, b in rows}) > 1)
    .map(lambda rows: np.array(rows, dtype=np.int64).T / 10)
)
benchmarks = st.builds(
    Benchmark,
    name=st.just("b"),
    value=st.floats(-1, 2),
    margin=st.floats(0.05, 1),
    standardizer=st.sampled_from(["pre_sd", "change_sd"]),
    source=st.just("s"),
)


def assert_close(one: BenchmarkTest, other: BenchmarkTest) -> None:
    for name in NUMBERS:
        assert getattr(one, name) == pytest.approx(
            getattr(other, name), rel=1e-7, abs=1e-9, nan_ok=True
        ), name
    assert one.is_shown == other.is_shown


@quick
@given(tenths, benchmarks)
def test_direction_mirrors_and_order_and_scale_do_not_matter(rows: Any, benchmark: Any) -> None:
    pre, post = rows
    found = equivalence(pre, post, benchmark=benchmark)
    mirrored = equivalence(-pre, -post, benchmark=benchmark, direction="lower_is_better")
    for name in NUMBERS:
        assert getattr(mirrored, name) == pytest.approx(getattr(found, name), nan_ok=True), name
    assert_close(equivalence(pre[::-1], post[::-1], benchmark=benchmark), found)
    assert_close(equivalence(8 * pre, 8 * post, benchmark=benchmark), found)


@quick
@given(tenths, benchmarks, st.floats(0.005, 0.3))
def test_interval_and_p_value_give_one_answer(rows: Any, benchmark: Any, alpha: float) -> None:
    same = non_inferiority(*rows, benchmark=benchmark, alpha=alpha)
    both = equivalence(*rows, benchmark=benchmark, alpha=alpha)
    low, high = benchmark.value - benchmark.margin, benchmark.value + benchmark.margin
    assert same.ci_low <= same.estimate <= same.ci_high
    if abs(same.ci_low - low) > 1e-6 and abs(same.ci_high - high) > 1e-6:
        assert same.is_shown == (same.ci_low > low) == (same.estimate > same.critical_low)
        assert both.is_shown == (both.ci_low > low and both.ci_high < high)
        assert both.is_shown == (both.critical_low < both.estimate < both.critical_high)
    assert both.p_value == max(both.p_lower, both.p_upper)
    assert same.p_value == same.p_lower == both.p_lower
    if both.is_shown:
        assert same.is_shown


@quick
@given(tenths, benchmarks)
def test_a_larger_margin_makes_it_easier(rows: Any, benchmark: Any) -> None:
    wider = dataclasses.replace(benchmark, margin=2 * benchmark.margin)
    assert (
        equivalence(*rows, benchmark=wider).p_value
        <= equivalence(*rows, benchmark=benchmark).p_value + 1e-12
    )


def test_from_statistics_and_from_rows_agree() -> None:
    moments = (6, np.mean(PRE), np.mean(POST), np.std(PRE, ddof=1), np.std(POST, ddof=1))
    r = float(np.corrcoef(PRE, POST)[0, 1])
    for rows, published in (
        (equivalence, equivalence_from_stats),
        (non_inferiority, non_inferiority_from_stats),
    ):
        found = rows(PRE, POST, benchmark=TRIALS)
        other = published(*moments, r, benchmark=TRIALS)
        assert_close(found, other)
        assert (found.n_missing, other.n_missing) == (0, None)
        assert found.method == other.method


def test_p_values_by_hand() -> None:
    change = np.subtract(POST, PRE)
    kappa = change.std(ddof=1) / np.std(PRE, ddof=1)
    t = change.mean() / change.std(ddof=1) * math.sqrt(6)
    found = equivalence(PRE, POST, benchmark=TRIALS)
    assert found.p_lower == pytest.approx(stats.nct.sf(t, 5, 0.6 * math.sqrt(6) / kappa))
    assert found.p_upper == pytest.approx(stats.nct.cdf(t, 5, 1.0 * math.sqrt(6) / kappa))
    simple = equivalence(PRE, POST, benchmark=TRIALS, ratio="one")
    d = change.mean() / np.std(PRE, ddof=1) * math.sqrt(6)
    assert simple.p_lower == pytest.approx(stats.nct.sf(d, 5, 0.6 * math.sqrt(6)))
    assert simple.ratio == 1.0


def test_a_margin_that_reaches_no_change_is_students_t() -> None:
    whole = Benchmark(name="b", value=0.5, margin=0.5, standardizer="change_sd", source="s")
    found = non_inferiority(PRE, POST, benchmark=whole)
    assert found.p_value == pytest.approx(stats.ttest_rel(POST, PRE, alternative="greater").pvalue)


def test_many_persons_reach_the_normal_answer() -> None:
    found = non_inferiority_from_stats(10**6, 20, 24.6, 7, 7, 0.5, benchmark=TRIALS)
    assert found.is_shown
    just_below = 20 + 7 * (0.6 - 0.00001)
    found = non_inferiority_from_stats(10**6, 20, just_below, 7, 7, 0.5, benchmark=TRIALS)
    error = math.sqrt((1 + 0.6**2 / 2) / 10**6)
    assert found.p_value == pytest.approx(stats.norm.sf(-0.00001 / error), abs=1e-4)


def test_a_p_value_too_small_for_its_series_is_nought() -> None:
    wide = Benchmark(name="b", value=0.0, margin=1.0, standardizer="pre_sd", source="s")
    found = equivalence([0.0, 0.0, 12.2], [0.0, 0.0, 13.0], benchmark=wide)
    assert found.is_shown
    assert 0 <= found.p_lower < 1e-3
    assert 0 <= found.p_upper < 1e-3


@pytest.mark.parametrize("question", [equivalence, non_inferiority])
def test_few_persons_and_no_spread(question: Any) -> None:
    for pre, post in (([], []), ([20.0], [25.0]), ([20.0, 20.0, 20.0], [25.0, 27.0, 22.0])):
        found = question(pre, post, benchmark=TRIALS)
        assert math.isnan(found.estimate)
        assert math.isnan(found.p_value)
        assert found.is_shown is None
    found = question([20.0, 25.0], [25.0, 31.0], benchmark=TRIALS)
    assert 0 < found.p_value < 1
    alike = question([20.0, 25.1, 30.0], [20.1, 25.2, 30.1], benchmark=TRIALS)
    assert alike.estimate == pytest.approx(0.1 / np.std([20.0, 25.1, 30.0], ddof=1))
    assert math.isnan(alike.p_value)
    assert alike.is_shown is None


def test_missing_pairs_are_left_out_and_counted() -> None:
    found = equivalence([*PRE, None], [*POST, 20.0], benchmark=TRIALS, missing="omit")
    assert found == dataclasses.replace(equivalence(PRE, POST, benchmark=TRIALS), n_missing=1)
    with pytest.raises(ValueError, match="1 of 7 rows have a missing value"):
        equivalence([*PRE, None], [*POST, 20.0], benchmark=TRIALS)
    nobody = equivalence([None], [None], benchmark=TRIALS, missing="omit")
    assert (nobody.n, nobody.n_missing, nobody.is_shown) == (0, 1, None)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"margin": 0}, "margin is 0: it must be above 0"),
        ({"margin": math.inf}, "margin is inf: it must be finite"),
        ({"value": math.nan}, "value is nan: it must be finite"),
        ({"standardizer": "average_sd"}, "standardizer is 'average_sd': it must be one of"),
        ({"source": " "}, "source is ' ': a benchmark says what it is and whence"),
        ({"name": None}, "name is None"),
    ],
)
def test_bad_benchmarks_are_named(chosen: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TRIALS, **chosen)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"alpha": 0.5}, "alpha is 0.5: it must lie between 0 and 0.5"),
        ({"alpha": 0}, "alpha is 0"),
        ({"ratio": 1}, "ratio is 1: it must be one of 'estimated', 'one'"),
        ({"benchmark": 0.8}, "benchmark is 0.8: it must be a Benchmark"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"post": [1.0]}, "pre has 6 values and post has 1"),
    ],
)
def test_bad_input_is_named(chosen: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        equivalence(**{"pre": PRE, "post": POST, "benchmark": TRIALS, **chosen})
