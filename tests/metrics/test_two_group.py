from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fit_metrics.effect_size import two_group_d, two_group_d_from_stats

ONE = [28.1, 31.4, 22.6, 35.0, 30.2, 27.7]
TWO = [24.4, 19.9, 26.1, 22.0]
STANDARDIZERS = ("pooled", "average", "control")
quick = settings(deadline=None, max_examples=60)
tenths = st.lists(st.integers(0, 400), min_size=3, max_size=20).filter(lambda v: len(set(v)) > 1)
standardizers = st.sampled_from(STANDARDIZERS)


def of(values: list[int]) -> np.ndarray:
    return np.array(values) / 10


@quick
@given(tenths, tenths, standardizers, st.booleans())
def test_rows_and_stats_agree_and_the_interval_holds_the_estimate(
    a: list[int], b: list[int], standardizer: Any, correct: bool
) -> None:
    one, two = of(a), of(b)
    options: dict[str, Any] = {"standardizer": standardizer, "correct_bias": correct}
    rows = two_group_d(one, two, **options)
    stats = two_group_d_from_stats(
        one.size, two.size, one.mean(), two.mean(), one.std(ddof=1), two.std(ddof=1), **options
    )
    for name in ("estimate", "ci_low", "ci_high", "standardizer_sd", "standard_error"):
        assert getattr(rows, name) == pytest.approx(getattr(stats, name), rel=1e-9, abs=1e-9)
    assert rows.ci_low < rows.estimate < rows.ci_high


@quick
@given(tenths, tenths, standardizers)
def test_direction_mirrors_exactly(a: list[int], b: list[int], standardizer: Any) -> None:
    up = two_group_d(of(a), of(b), standardizer=standardizer)
    down = two_group_d(of(a), of(b), standardizer=standardizer, direction="lower_is_better")
    assert (down.estimate, down.ci_low, down.ci_high) == (-up.estimate, -up.ci_high, -up.ci_low)


@quick
@given(tenths, tenths, standardizers, st.floats(0.01, 100), st.floats(-500, 500))
def test_scale_and_order_do_not_matter(
    a: list[int], b: list[int], standardizer: Any, factor: float, shift: float
) -> None:
    assume(np.std(a) > 5 and np.std(b) > 5)
    plain = two_group_d(of(a), of(b), standardizer=standardizer)
    moved = two_group_d(
        factor * of(a[::-1]) + shift, factor * of(b[::-1]) + shift, standardizer=standardizer
    )
    assert moved.estimate == pytest.approx(plain.estimate, rel=1e-6, abs=1e-7)
    assert moved.ci_low == pytest.approx(plain.ci_low, rel=1e-6, abs=1e-7)


@quick
@given(tenths, tenths)
def test_swapping_groups_mirrors_what_treats_them_alike(a: list[int], b: list[int]) -> None:
    for standardizer in ("pooled", "average"):
        one = two_group_d(of(a), of(b), standardizer=standardizer)
        other = two_group_d(of(b), of(a), standardizer=standardizer)
        assert other.estimate == pytest.approx(-one.estimate, rel=1e-12)
        assert other.ci_low == pytest.approx(-one.ci_high, rel=1e-12)


def test_bias_correction_has_the_degrees_of_freedom_of_the_standardizer() -> None:
    stats = (40, 40, 3, 0, 2, 2)
    for standardizer, df in (("pooled", 78), ("average", 78), ("control", 39)):
        result = two_group_d_from_stats(*stats, standardizer=standardizer)
        expected = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
        assert result.bias_correction == pytest.approx(expected, rel=1e-12)
    # All spread in one group of 5: the average rests on its four degrees of freedom.
    result = two_group_d_from_stats(5, 400, 3, 0, 2, 0, standardizer="average")
    assert result.bias_correction == pytest.approx(math.sqrt(2 / math.pi), rel=1e-12)


@pytest.mark.parametrize("standardizer", STANDARDIZERS)
@pytest.mark.parametrize(("n_one", "n_two"), [(0, 0), (1, 5), (6, 1), (0, 4)])
def test_too_few_values(standardizer: Any, n_one: int, n_two: int) -> None:
    one, two = ONE[:n_one], (TWO * 2)[:n_two]
    for result in (
        two_group_d(one, two, standardizer=standardizer),
        two_group_d_from_stats(n_one, n_two, *[math.nan] * 4, standardizer=standardizer),
    ):
        assert math.isnan(result.estimate)
        assert math.isnan(result.ci_high)
        assert (result.n_treatment, result.n_control) == (n_one, n_two)


def test_two_controls_leave_nothing_of_glass_delta() -> None:
    result = two_group_d(ONE, TWO[:2], standardizer="control")
    assert result.estimate == 0.0
    assert math.isnan(result.ci_low)


def test_equal_values_have_no_standardizer() -> None:
    assert math.isnan(two_group_d(ONE, [0.1] * 5, standardizer="control").estimate)
    for standardizer in STANDARDIZERS:
        result = two_group_d([0.3] * 5, [0.1] * 5, standardizer=standardizer)
        assert math.isnan(result.estimate)
        assert math.isnan(result.ci_low)


def test_missing_values_are_counted_over_both_groups() -> None:
    result = two_group_d([None, *ONE], [math.nan, *TWO, None], missing="omit")
    assert result == dataclasses.replace(two_group_d(ONE, TWO), n_missing=3)
    with pytest.raises(ValueError, match="treatment: 1 of 7 rows"):
        two_group_d([None, *ONE], TWO)
    assert math.isnan(two_group_d([None], TWO, missing="omit").estimate)


def test_integers_and_float32() -> None:
    assert two_group_d([1, 2, 4], [2, 3, 7]) == two_group_d([1.0, 2.0, 4.0], [2.0, 3.0, 7.0])
    single = np.array(ONE, dtype=np.float32)
    assert two_group_d(single, TWO) == two_group_d(single.astype(np.float64), TWO)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"standardizer": "treatment"}, "standardizer is 'treatment'"),
        ({"ci": "exact"}, "ci is 'exact'"),
        ({"ci": "noncentral_t", "standardizer": "control"}, "noncentral_t.*exact for 'pooled'"),
        ({"ci": "bootstrap"}, "rng is None"),
        ({"level": 1}, "level is 1"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"missing": "drop"}, "missing is 'drop'"),
        ({"correct_bias": 2}, "correct_bias is 2"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        two_group_d(ONE, TWO, **options)


@pytest.mark.parametrize(
    ("stats", "message"),
    [
        ((-1, 5, 1, 2, 3, 4), "n_treatment is -1"),
        ((5, 5.0, 1, 2, 3, 4), "n_control is 5.0: it must be an integer"),
        ((5, 5, math.nan, 2, 3, 4), "mean_treatment is nan"),
        ((5, 5, 1, 2, 3, -4), "sd_control is -4: it must be 0 or more"),
    ],
)
def test_bad_statistics_are_named(stats: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        two_group_d_from_stats(*stats)
    with pytest.raises(ValueError, match="it needs two_group_d"):
        two_group_d_from_stats(5, 5, 1, 2, 3, 4, ci="bootstrap")
