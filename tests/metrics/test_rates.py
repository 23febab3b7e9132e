from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fit_metrics.rates import mean_interval, mean_interval_from_sums, wilson

quick = settings(deadline=None, max_examples=60)
counts = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@quick
@given(counts, st.floats(0.01, 0.9999))
def test_wilson_limits_solve_the_score_equation(case: tuple[int, int], level: float) -> None:
    successes, n = case
    result = wilson(successes, n, level=level)
    z_squared = stats.norm.isf((1 - level) / 2) ** 2
    for limit in (result.ci_low, result.ci_high):
        left = (successes / n - limit) ** 2
        assert left == pytest.approx(z_squared * limit * (1 - limit) / n, rel=1e-6, abs=1e-13)
    assert 0.0 <= result.ci_low <= result.estimate <= result.ci_high <= 1.0


@quick
@given(counts)
def test_wilson_mirrors(case: tuple[int, int]) -> None:
    successes, n = case
    share, rest = wilson(successes, n), wilson(n - successes, n)
    assert share.ci_low == pytest.approx(1 - rest.ci_high, abs=1e-15)
    assert share.ci_high == pytest.approx(1 - rest.ci_low, abs=1e-15)


def test_wilson_narrows_with_n_and_widens_with_level() -> None:
    few, many = wilson(3, 10), wilson(300, 1000)
    assert few.estimate == many.estimate
    assert few.ci_low < many.ci_low < many.ci_high < few.ci_high
    assert wilson(3, 10, level=0.99).ci_low < few.ci_low


@pytest.mark.parametrize("n", [1, 7, 20, 10**9])
def test_wilson_ends_are_exact(n: int) -> None:
    assert wilson(0, n).ci_low == 0.0
    assert wilson(n, n).ci_high == 1.0
    assert 0.0 < wilson(0, n).ci_high < 1.0


def test_wilson_of_nothing_is_missing() -> None:
    result = wilson(0, 0)
    assert math.isnan(result.estimate)
    assert math.isnan(result.ci_low)
    assert math.isnan(result.ci_high)
    assert result.n == 0


def test_wilson_takes_numpy_integers() -> None:
    assert wilson(np.int64(3), np.uint8(10)) == wilson(3, 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((4, 3), "successes is 4 and n is 3: it must be at most n"),
        ((-1, 3), "successes is -1: it must be 0 or more"),
        ((0, -3), "n is -3: it must be 0 or more"),
        ((1.0, 3), "successes is 1.0: it must be an integer"),
        ((1, 3.5), "n is 3.5: it must be an integer"),
    ],
)
def test_bad_counts_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wilson(*arguments)


def test_bad_level_is_named() -> None:
    with pytest.raises(ValueError, match="level is 0"):
        wilson(1, 3, level=0)


@quick
@given(st.lists(st.integers(-400, 400), min_size=2, max_size=40), st.floats(0.01, 0.999))
def test_mean_from_rows_and_from_sums_agree(tenths: list[int], level: float) -> None:
    rows = mean_interval([v / 10 for v in tenths], level=level)
    sums = mean_interval_from_sums(
        len(tenths), sum(tenths), sum(v * v for v in tenths), unit=0.1, level=level
    )
    for name in ("estimate", "sd", "standard_error", "ci_low", "ci_high"):
        assert getattr(rows, name) == pytest.approx(getattr(sums, name), rel=1e-11, abs=1e-11)
    assert rows.ci_low <= rows.estimate <= rows.ci_high
    assert (rows.n_missing, sums.n_missing) == (0, None)


def test_mean_sums_do_not_cancel() -> None:
    near = mean_interval_from_sums(3, 6, 14, unit=1)
    far = 10**15
    values = [far + 1, far + 2, far + 3]
    moved = mean_interval_from_sums(3, sum(values), sum(v * v for v in values), unit=1)
    assert moved.sd == near.sd == 1.0


def test_mean_of_few_values() -> None:
    nothing = mean_interval([])
    assert math.isnan(nothing.estimate)
    assert math.isnan(nothing.ci_low)
    single = mean_interval([7.5])
    assert single.estimate == 7.5
    assert math.isnan(single.ci_low)
    assert math.isnan(single.ci_high)
    assert math.isnan(single.sd)
    assert mean_interval_from_sums(1, 75, 5625, unit=0.1).estimate == 7.5
    assert math.isnan(mean_interval_from_sums(0, 0, 0, unit=0.1).estimate)


def test_mean_of_equal_values_has_no_width() -> None:
    result = mean_interval([0.1] * 1000)
    assert (result.estimate, result.ci_low, result.ci_high, result.sd) == (0.1, 0.1, 0.1, 0.0)


def test_mean_leaves_out_the_missing_and_counts_them() -> None:
    result = mean_interval([1.0, None, 3.0, math.nan], missing="omit")
    assert result.n_missing == 2
    assert result == dataclasses.replace(mean_interval([1.0, 3.0]), n_missing=2)
    everything = mean_interval([None, None], missing="omit")
    assert math.isnan(everything.estimate)
    assert (everything.n, everything.n_missing) == (0, 2)


def test_mean_refuses_the_missing_by_default() -> None:
    with pytest.raises(ValueError, match="values: 1 of 2 rows have a missing value"):
        mean_interval([1.0, None])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 6, 11), "total is 6 and total_squared is 11 with n = 3"),
        ((0, 0, 1), "total is 0 and total_squared is 1 with n = 0"),
        ((3, 6.0, 14), "total is 6.0: it must be an integer"),
        ((3, 6, "14"), "total_squared is '14': it must be an integer"),
    ],
)
def test_impossible_sums_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mean_interval_from_sums(*arguments, unit=0.1)
