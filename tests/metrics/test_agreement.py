from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from fit_metrics.agreement import bland_altman, icc

quick = settings(deadline=None, max_examples=60)
tenths = st.integers(0, 400).map(lambda v: v / 10)
tables = hnp.arrays(
    np.float64, st.tuples(st.integers(3, 25), st.integers(2, 4)), elements=tenths
).filter(lambda a: a.std(axis=0).min() > 0.1 and a.mean(axis=1).std() > 0.1)
models = st.sampled_from(["A1", "C1"])


def numbers(result: Any) -> tuple[float, float, float]:
    return result.estimate, result.ci_low, result.ci_high


@quick
@given(tables, models, st.floats(0.1, 50), st.floats(-100, 100), st.randoms())
def test_icc_is_blind_to_scale_order_and_level(
    table: Any, model: Any, scale: float, shift: float, random: Any
) -> None:
    whole = numbers(icc(table, model=model))
    rows, columns = list(range(len(table))), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    moved = table[np.ix_(rows, columns)] * scale + shift
    close = pytest.approx(whole, rel=1e-6, abs=1e-7, nan_ok=True)
    assert numbers(icc(moved, model=model)) == close
    assert numbers(icc(-table, model=model)) == close


@quick
@given(tables, models)
def test_icc_lies_in_its_interval(table: Any, model: Any) -> None:
    result = icc(table, model=model)
    if not math.isnan(result.ci_low):
        assert result.ci_low - 1e-9 <= result.estimate <= result.ci_high + 1e-9 <= 1.0 + 2e-9


@quick
@given(tables, st.floats(-20, 20))
def test_a_severe_rater_disagrees_but_is_consistent(table: Any, shift: float) -> None:
    moved = table.copy()
    moved[:, 0] += shift
    before, after = icc(table, model="C1"), icc(moved, model="C1")
    assert numbers(after) == pytest.approx(numbers(before), rel=1e-6, abs=1e-7)


def test_agreement_is_below_consistency_where_raters_differ_in_level() -> None:
    base = np.array([5.0, 9.0, 14.0, 20.0, 31.0])
    table = np.column_stack([base, base + 10.0])
    assert icc(table, model="C1").estimate == 1.0
    assert icc(table, model="A1").estimate < 0.8


@pytest.mark.parametrize("model", ["A1", "C1"])
def test_equal_ratings(model: Any) -> None:
    scores = np.array([0.1, 0.3, 0.7, 22.2])
    assert numbers(icc(np.column_stack([scores, scores]), model=model)) == (1.0, 1.0, 1.0)
    assert all(math.isnan(v) for v in numbers(icc(np.full((5, 2), 0.1), model=model)))


def test_constant_shift_in_tenths_is_no_error() -> None:
    scores = np.arange(40) / 10
    result = icc(np.column_stack([scores, scores + 0.1]), model="C1")
    assert result.mean_square_error == 0.0
    assert numbers(result) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("model", ["A1", "C1"])
@pytest.mark.parametrize("ratings", [[], [[1.0, 2.0]], [[None, 1.0], [2.0, None]]])
def test_icc_of_too_few_is_missing(model: Any, ratings: Any) -> None:
    assert all(math.isnan(v) for v in numbers(icc(ratings, model=model, missing="omit")))


def test_exchanged_scores_of_two_persons() -> None:
    table = [[1.0, 2.0], [2.0, 1.0]]
    assert icc(table, model="C1").estimate == -1.0
    assert math.isnan(icc(table, model="A1").estimate)


def test_persons_alike_and_raters_apart() -> None:
    table = [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]
    agreement = icc(table, model="A1")
    assert agreement.estimate == 0.0
    assert math.isnan(agreement.ci_low)
    assert math.isnan(icc(table, model="C1").estimate)


def test_icc_counts_rows_left_out() -> None:
    table = [[1.0, 2.0], [None, 3.0], [4.0, 4.0], [6.0, 7.0]]
    result = icc(table, missing="omit")
    assert (result.n, result.n_missing, result.n_raters) == (3, 1, 2)
    with pytest.raises(ValueError, match="ratings: 1 of 4 rows have a missing value"):
        icc(table)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.float32])
def test_icc_takes_integers_and_float32(dtype: Any) -> None:
    table = np.array([[1, 2], [4, 4], [6, 9]])
    assert numbers(icc(table.astype(dtype))) == pytest.approx(numbers(icc(table.astype(float))))


def test_icc_of_a_million_rows() -> None:
    rng = np.random.default_rng(7)
    person = rng.normal(size=(1_000_000, 1))
    result = icc(person + 0.5 * rng.normal(size=(1_000_000, 2)))
    assert result.estimate == pytest.approx(0.8, abs=0.005)
    assert result.ci_low <= result.estimate <= result.ci_high


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ([1.0, 2.0], {}, "ratings has 1 dimensions: it must have two, persons and raters"),
        ([[1, 2], [3]], {}, "ratings has rows of different lengths"),
        ([[1.0], [2.0]], {}, "ratings has 1 raters: it must have two or more"),
        ([[1.0, 2.0]], {"model": "A2"}, "model is 'A2': it must be one of 'A1', 'C1'"),
        ([[1.0, 2.0]], {"level": 1}, "level is 1"),
        ([[1.0, math.inf]], {}, "ratings has an infinite value"),
    ],
)
def test_bad_ratings_are_named(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        icc(arguments, **options)


pair_lists = st.lists(st.tuples(tenths, tenths), min_size=3, max_size=40).filter(
    lambda rows: len({a - b for a, b in rows}) > 2 and len({a + b for a, b in rows}) > 2
)


@quick
@given(pair_lists, st.sampled_from(["exact", "approximate"]))
def test_limits_mirror_when_the_two_are_exchanged(rows: Any, ci: Any) -> None:
    first, second = zip(*rows, strict=True)
    there, back = bland_altman(first, second, ci=ci), bland_altman(second, first, ci=ci)
    assert there.bias.estimate == pytest.approx(-back.bias.estimate, abs=1e-9)
    assert there.lower_limit.ci_low == pytest.approx(-back.upper_limit.ci_high, abs=1e-8)
    assert there.lower_limit.ci_high == pytest.approx(-back.upper_limit.ci_low, abs=1e-8)
    assert there.slope.estimate == pytest.approx(-back.slope.estimate, abs=1e-8)
    for part in (there.bias, there.lower_limit, there.upper_limit, there.slope):
        assert part.ci_low - 1e-9 <= part.estimate <= part.ci_high + 1e-9


@quick
@given(st.integers(2, 400), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_exact_limits_solve_the_noncentral_t(n: int, coverage: float, level: float) -> None:
    first = np.arange(n) % 7 + np.arange(n) / n
    result = bland_altman(first, np.zeros(n), coverage=coverage, level=level)
    scale = math.sqrt(n) / result.bias.sd
    limit, centre = result.upper_limit, stats.norm.ppf((1 + coverage) / 2) * math.sqrt(n)
    for end, tail in ((limit.ci_low, (1 - level) / 2), (limit.ci_high, (1 + level) / 2)):
        t = (end - result.bias.estimate) * scale
        assert stats.nct.cdf(t, n - 1, centre) == pytest.approx(tail, abs=1e-6)


def test_interval_methods_meet_in_large_samples() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(2, 20_000))
    exact = bland_altman(first, second)
    near = bland_altman(first, second, ci="approximate")
    assert exact.upper_limit.ci_low == pytest.approx(near.upper_limit.ci_low, abs=1e-3)
    assert exact.upper_limit.estimate == near.upper_limit.estimate


def test_equal_differences_have_no_width() -> None:
    scores = np.arange(10) / 10
    result = bland_altman(scores + 0.1, scores)
    assert result.bias.sd == 0.0
    assert result.upper_limit.ci_high == result.lower_limit.ci_low == result.bias.estimate
    assert result.slope.estimate == 0.0


def test_slope_without_spread_of_means_is_missing() -> None:
    assert math.isnan(bland_altman([0.1, 0.2, 0.7], [0.9, 0.8, 0.3]).slope.estimate)


@pytest.mark.parametrize(("n", "finite"), [(0, ""), (1, "bias"), (2, "bias lower_limit slope")])
def test_few_pairs(n: int, finite: str) -> None:
    result = bland_altman([24.0, 30.0][:n], [22.0, 31.0][:n])
    for name in ("bias", "lower_limit", "slope"):
        assert math.isfinite(getattr(result, name).estimate) == (name in finite.split())
    assert math.isnan(result.slope.ci_low)
    assert math.isfinite(result.lower_limit.ci_low) == (n == 2)


def test_pairs_left_out_are_counted() -> None:
    result = bland_altman([1, None, 3, 5], [2, 2, None, 4], missing="omit")
    assert (result.n, result.n_missing, result.bias.n_missing) == (2, 2, 2)


def test_bad_options_are_named() -> None:
    with pytest.raises(ValueError, match="coverage is 1: it must lie between 0 and 1"):
        bland_altman([1, 2], [2, 3], coverage=1)
    with pytest.raises(ValueError, match="ci is 'wald'"):
        bland_altman([1, 2], [2, 3], ci="wald")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="first has 2 values and second has 1"):
        bland_altman([1, 2], [2])
