from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_metrics._noncentral import noncentrality_limits
from fit_metrics.effect_size import pre_post_d_from_sums, pre_post_d_groups

quick = settings(deadline=None, max_examples=60)
groups = st.lists(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=9), max_size=6
)
FIELDS = (
    "estimate",
    "ci_low",
    "ci_high",
    "standardizer_sd",
    "mean_change",
    "bias_correction",
    "standard_error",
)


def sums_of(rows: list[tuple[int, int]]) -> tuple[int, ...]:
    x, y = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return tuple(int(v) for v in (x.size, x.sum(), y.sum(), x @ x, y @ y, x @ y))


@quick
@given(
    groups,
    st.sampled_from(["pre_sd", "average_sd", "change_sd", "repeated"]),
    st.sampled_from(["normal", "noncentral_t"]),
    st.booleans(),
    st.sampled_from(["higher_is_better", "lower_is_better"]),
)
def test_each_group_is_as_if_alone(
    rows: list[list[tuple[int, int]]], standardizer: Any, ci: Any, correct: bool, direction: Any
) -> None:
    options: dict[str, Any] = {
        "standardizer": standardizer,
        "ci": ci if standardizer == "change_sd" else "normal",
        "correct_bias": correct,
        "direction": direction,
        "unit": 0.1,
    }
    table = [sums_of(group) for group in rows]
    together = pre_post_d_groups(*np.array(table, dtype=np.int64).reshape(-1, 6).T, **options)
    assert together.estimate.shape == (len(rows),)
    for position, sums in enumerate(table):
        alone = pre_post_d_from_sums(*sums, **options)
        assert together.n[position] == alone.n
        for name in FIELDS:
            given_value = getattr(together, name)[position]
            assert given_value == pytest.approx(
                getattr(alone, name), rel=1e-9, abs=1e-9, nan_ok=True
            ), name


@quick
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=6, max_size=30))
def test_sums_of_groups_are_the_pooled_rows(rows: list[tuple[int, int]]) -> None:
    halves = np.array([sums_of(rows[:3]), sums_of(rows[3:])])
    pooled = pre_post_d_groups(*halves.sum(axis=0, keepdims=True).T, unit=0.1)
    whole = pre_post_d_groups(*np.array([sums_of(rows)]).T, unit=0.1)
    np.testing.assert_array_equal(pooled.estimate, whole.estimate)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": [3.0, 3.0]}, "n has 1 dimensions of type float64"),
        ({"n": [3, -1]}, "n is -1 at least once"),
        ({"sum_pre": [6]}, "sum_pre has 1 values and n has 2"),
        ({"sum_pre": [6, 2**40]}, "sum_pre is 1099511627776 with n = 3 at position 1"),
        ({"sum_pre_squared": [14, 11]}, "sum_pre is 6 with n = 3 at position 1"),
        ({"sum_product": [14, 15]}, "sum_product is 15 with n = 3 at position 1"),
        ({"n": [3, 0]}, "sum_pre is 6 with n = 0 at position 1"),
        ({"sum_product": [14, 2**61]}, "sum_product times n reaches"),
        ({"unit": 0}, "unit is 0"),
        ({"ci": "bootstrap"}, "ci is 'bootstrap'"),
        ({"standardizer": "post"}, "standardizer is 'post'"),
    ],
)
def test_bad_sums_are_named(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "n": [3, 3],
        "sum_pre": [6, 6],
        "sum_post": [6, 6],
        "sum_pre_squared": [14, 14],
        "sum_post_squared": [14, 14],
        "sum_product": [13, 14],
        "unit": 0.1,
    }
    with pytest.raises(ValueError, match=message):
        pre_post_d_groups(**{**good, **change})


def test_no_sum_without_pairs() -> None:
    with pytest.raises(ValueError, match="sum_product is 4 with n = 0 at position 0"):
        pre_post_d_groups([0], [0], [0], [0], [0], [4], unit=0.1)


def test_many_noncentral_limits_at_once_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(2)
    df = rng.integers(1, 500, 300).astype(np.float64)
    t = rng.normal(0, 3, 300)
    low, high = noncentrality_limits(t, df, 0.9)
    for i in range(0, 300, 37):
        alone = noncentrality_limits(t[i], df[i], 0.9)
        assert (low[i], high[i]) == pytest.approx([float(v) for v in alone], rel=1e-12)
    mirrored = noncentrality_limits(-t, df, 0.9)
    np.testing.assert_array_equal(mirrored[0], -high)
    assert np.all(low < high)


def test_noncentral_limits_of_nothing() -> None:
    low, high = noncentrality_limits([math.nan, 20_001.0, 2.0], [5.0, 5.0, 0.0], 0.95)
    assert np.isnan(low).all()
    assert np.isnan(high).all()
