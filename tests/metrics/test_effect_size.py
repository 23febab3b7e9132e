from __future__ import annotations

import dataclasses
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from fit_metrics._pre_post import bias_correction, noncentral_t_limits
from fit_metrics.effect_size import pre_post_d, pre_post_d_from_stats, pre_post_d_from_sums
from fit_metrics.results import EffectSize

STANDARDIZERS = ("pre_sd", "average_sd", "change_sd", "repeated")
PRE = [18.2, 22.4, 25.0, 17.1, 9.9, 31.3]
POST = [24.6, 25.1, 30.7, 25.5, 8.8, 30.2]

quick = settings(deadline=None, max_examples=50)
tenths = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=3, max_size=40
).filter(lambda rows: len({a for a, _ in rows}) > 1 and len({b - a for a, b in rows}) > 1)
standardizers = st.sampled_from(STANDARDIZERS)


def scores(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.int64)
    return table[:, 0] / 10, table[:, 1] / 10


def follows(rows: list[tuple[int, int]]) -> bool:
    """Return whether one score follows from the other by a rising line: a correlation of 1."""
    n, (pre, post) = len(rows), zip(*rows, strict=True)
    between = n * sum(x * y for x, y in rows) - sum(pre) * sum(post)
    within = [n * sum(x * x for x in each) - sum(each) ** 2 for each in (pre, post)]
    return between > 0 and between**2 == within[0] * within[1]


def from_sums(pre: list[int], post: list[int], **options: Any) -> EffectSize:
    return pre_post_d_from_sums(
        len(pre),
        sum(pre),
        sum(post),
        sum(x * x for x in pre),
        sum(y * y for y in post),
        sum(x * y for x, y in zip(pre, post, strict=True)),
        **{"unit": 0.1, **options},
    )


def assert_close(one: EffectSize, other: EffectSize, tolerance: float = 1e-12) -> None:
    names = ("estimate", "ci_low", "ci_high", "standardizer_sd", "mean_change")
    for name in names:
        assert getattr(one, name) == pytest.approx(
            getattr(other, name), abs=tolerance, rel=tolerance, nan_ok=True
        ), name


def assert_no_effect(result: EffectSize) -> None:
    assert math.isnan(result.estimate)
    assert math.isnan(result.ci_low)
    assert math.isnan(result.ci_high)


def test_estimate_by_hand() -> None:
    # Changes 2, 4, 6: mean 4, SD 2; pre 10, 12, 17: variance 13; post 12, 16, 23: variance 31.
    options: dict[str, Any] = {"correct_bias": False}
    pre, post = [10, 12, 17], [12, 16, 23]
    by_pre = pre_post_d(pre, post, standardizer="pre_sd", **options)
    by_average = pre_post_d(pre, post, standardizer="average_sd", **options)
    by_change = pre_post_d(pre, post, standardizer="change_sd", **options)
    assert by_pre.estimate == pytest.approx(4 / math.sqrt(13))
    assert by_average.estimate == pytest.approx(4 / math.sqrt((13 + 31) / 2))
    assert by_change.estimate == pytest.approx(4 / 2)


def test_normal_interval_by_hand() -> None:
    # Covariance of pre and post: (13 + 31 - 4) / 2 = 20.
    pre, post = [10, 12, 17], [12, 16, 23]
    z = stats.norm.ppf(0.95)
    expected = {
        "pre_sd": (4 / 13 + (16 / 13) / 2) / 2,
        "average_sd": (4 / 22 + (16 / 22) * (13**2 + 31**2 + 2 * 20**2) / (8 * 22**2)) / 2,
        "change_sd": (1 + 4 / 2) / 2,
    }
    for standardizer, variance in expected.items():
        result = pre_post_d(pre, post, standardizer=standardizer, correct_bias=False, level=0.9)
        error = math.sqrt(variance)
        assert result.standard_error == pytest.approx(error)
        assert result.ci_low == pytest.approx(result.estimate - z * error)
        assert result.ci_high == pytest.approx(result.estimate + z * error)


def test_correction_scales_estimate_and_limits_alike() -> None:
    for ci, standardizer in (("normal", "average_sd"), ("noncentral_t", "change_sd")):
        plain = pre_post_d(PRE, POST, ci=ci, standardizer=standardizer, correct_bias=False)
        corrected = pre_post_d(PRE, POST, ci=ci, standardizer=standardizer)
        factor = math.gamma(2.5) / (math.sqrt(2.5) * math.gamma(2.0))
        assert plain.bias_correction == 1.0
        assert corrected.bias_correction == pytest.approx(factor, rel=1e-14)
        for name in ("estimate", "ci_low", "ci_high"):
            assert getattr(corrected, name) == pytest.approx(factor * getattr(plain, name))


def test_bias_correction_has_its_known_values() -> None:
    assert bias_correction(1) == 0.0
    assert bias_correction(2) == pytest.approx(1 / math.sqrt(math.pi), rel=1e-15)
    assert bias_correction(4) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-15)


@pytest.mark.parametrize("m", [2, 3, 29, 199, 9_999, 20_001, 10**6, 10**9])
def test_bias_correction_meets_the_product_rule_of_the_gamma_function(m: int) -> None:
    product = bias_correction(m) * bias_correction(m + 1)
    assert product == pytest.approx((m - 1) / math.sqrt(m * (m + 1)), rel=1e-11)


@quick
@given(tenths, standardizers, st.booleans())
def test_rows_and_sums_agree(rows: list[tuple[int, int]], standardizer: str, correct: bool) -> None:
    pre, post = scores(rows)
    options: dict[str, Any] = {"standardizer": standardizer, "correct_bias": correct}
    exact = from_sums([a for a, _ in rows], [b for _, b in rows], **options)
    assert_close(pre_post_d(pre, post, **options), exact)


@quick
@given(tenths, standardizers)
def test_rows_and_stats_agree(rows: list[tuple[int, int]], standardizer: str) -> None:
    pre, post = scores(rows)
    assume(np.ptp(post) > 0)
    r = float(np.corrcoef(pre, post)[0, 1])
    # Nearer to 1 the correlation, as a float, no longer holds the spread of the changes.
    assume(r < 0.99)
    result = pre_post_d_from_stats(
        pre.size,
        pre.mean(),
        post.mean(),
        pre.std(ddof=1),
        post.std(ddof=1),
        r,
        standardizer=standardizer,
    )
    assert_close(result, pre_post_d(pre, post, standardizer=standardizer))


@pytest.mark.parametrize("standardizer", STANDARDIZERS)
def test_sums_do_not_cancel(standardizer: str) -> None:
    rng = np.random.default_rng(5)
    pre = [int(v) for v in rng.integers(0, 400, 500)]
    post = [int(v) for v in rng.integers(0, 400, 500)]
    far = 10**15
    near = from_sums(pre, post, standardizer=standardizer)
    moved = from_sums([far + v for v in pre], [far + v for v in post], standardizer=standardizer)
    assert moved == near


def test_sums_read_the_unit_as_it_is_written() -> None:
    pre, post = [180, 220, 250], [240, 250, 300]
    results = [from_sums(pre, post, unit=u) for u in (0.1, Decimal("0.1"), Fraction(1, 10))]
    assert results[0] == results[1] == results[2]
    assert results[0].mean_change == 14 / 3


@quick
@given(tenths, standardizers, st.booleans())
def test_direction_mirrors_exactly(
    rows: list[tuple[int, int]], standardizer: str, use_noncentral: bool
) -> None:
    assume(standardizer == "change_sd" or not use_noncentral)
    options: dict[str, Any] = {
        "standardizer": standardizer,
        "ci": "noncentral_t" if use_noncentral else "normal",
    }
    pre, post = scores(rows)
    up = pre_post_d(pre, post, direction="higher_is_better", **options)
    down = pre_post_d(pre, post, direction="lower_is_better", **options)
    mirrored = dataclasses.replace(
        up,
        estimate=-up.estimate,
        ci_low=-up.ci_high,
        ci_high=-up.ci_low,
        mean_change=-up.mean_change,
    )
    # repr, so that the nan of a standard error that does not exist equals itself.
    assert repr(down).replace("-0.0,", "0.0,") == repr(mirrored).replace("-0.0,", "0.0,")


@quick
@given(tenths, standardizers, st.floats(0.01, 100, allow_subnormal=False), st.floats(-1000, 1000))
def test_linear_rescaling_leaves_d(
    rows: list[tuple[int, int]], standardizer: str, factor: float, shift: float
) -> None:
    pre, post = scores(rows)
    assume(np.std(pre) > 0.5 and np.std(post - pre) > 0.5)
    # Without spread there is no correlation, and the spread of uncorrelated pairs is unknown.
    assume(standardizer != "repeated" or (np.ptp(post) > 0.0 and not follows(rows)))
    plain = pre_post_d(pre, post, standardizer=standardizer)
    moved = pre_post_d(factor * pre + shift, factor * post + shift, standardizer=standardizer)
    for name in ("estimate", "ci_low", "ci_high"):
        assert getattr(moved, name) == pytest.approx(getattr(plain, name), rel=1e-6, abs=1e-6)


@quick
@given(tenths, standardizers, st.randoms(use_true_random=False))
def test_order_of_persons_does_not_matter(
    rows: list[tuple[int, int]], standardizer: str, random: Any
) -> None:
    assume(standardizer != "repeated" or not follows(rows))
    shuffled = list(rows)
    random.shuffle(shuffled)
    one = pre_post_d(*scores(rows), standardizer=standardizer)
    assert_close(one, pre_post_d(*scores(shuffled), standardizer=standardizer), 1e-11)


@quick
@given(tenths, standardizers, st.floats(0.01, 0.999), st.booleans())
def test_interval_contains_estimate_and_grows_with_level(
    rows: list[tuple[int, int]], standardizer: str, level: float, use_noncentral: bool
) -> None:
    assume(standardizer == "change_sd" or not use_noncentral)
    ci = "noncentral_t" if use_noncentral else "normal"
    options: dict[str, Any] = {"standardizer": standardizer, "ci": ci}
    narrow = pre_post_d(*scores(rows), level=level, **options)
    wide = pre_post_d(*scores(rows), level=(1 + level) / 2, **options)
    # Of a correlation of 1 rounding decides whether it is found to be one.
    assume(standardizer != "repeated" or not follows(rows))
    if standardizer == "repeated" and min(map(np.ptp, scores(rows))) == 0.0:
        # Without spread there is no correlation, and so no spread of uncorrelated pairs.
        assert math.isnan(narrow.estimate)
        assert math.isnan(wide.ci_low)
        return
    slack = 1e-9 * (1 + abs(narrow.estimate))
    # The middle of the noncentral t lies a little off d: its limits hold d from a level on.
    if ci == "normal" or level > 0.5:
        assert narrow.ci_low - slack <= narrow.estimate <= narrow.ci_high + slack
    assert wide.ci_low < narrow.ci_low
    assert narrow.ci_high < wide.ci_high


def test_noncentral_limits_around_no_change_are_symmetric() -> None:
    low, high = noncentral_t_limits(0.0, 3, 0.95)
    assert low == -high


@pytest.mark.parametrize(("d", "n"), [(0.0, 5), (0.4, 12), (-1.3, 30), (2.5, 4), (0.9, 4000)])
def test_noncentral_limits_meet_the_definition(d: float, n: int) -> None:
    df, t = n - 1, d * math.sqrt(n)

    def probability(noncentrality: float) -> float:
        # P(T <= t) integrated over the distribution of the sample SD, without noncentral t.
        chi = stats.chi(df, scale=1 / math.sqrt(df))
        low, high = chi.ppf(1e-14), chi.isf(1e-14)
        value, _ = integrate.quad(
            lambda s: stats.norm.cdf(t * s - noncentrality) * chi.pdf(s),
            low,
            high,
            epsabs=1e-12,
            limit=200,
        )
        return float(value)

    low, high = noncentral_t_limits(d, n, 0.9)
    assert probability(low * math.sqrt(n)) == pytest.approx(0.95, abs=1e-9)
    assert probability(high * math.sqrt(n)) == pytest.approx(0.05, abs=1e-9)


def test_noncentral_limits_approach_the_normal_ones() -> None:
    options: dict[str, Any] = {"standardizer": "change_sd"}
    stats_of = (2_000_000, 20.0, 24.0, 7.0, 8.0, 0.5)
    exact = pre_post_d_from_stats(*stats_of, ci="noncentral_t", **options)
    normal = pre_post_d_from_stats(*stats_of, ci="normal", **options)
    assert exact.ci_low == pytest.approx(normal.ci_low, abs=1e-6)
    assert exact.ci_high == pytest.approx(normal.ci_high, abs=1e-6)
    assert math.isnan(exact.standard_error)


def test_noncentral_limits_are_missing_beyond_reach() -> None:
    result = pre_post_d_from_stats(
        100, 0, 3000, 1, 1, 0.5, standardizer="change_sd", ci="noncentral_t"
    )
    assert math.isfinite(result.estimate)
    assert math.isnan(result.ci_low)
    assert math.isnan(result.ci_high)


@pytest.mark.parametrize("standardizer", ["pre_sd", "average_sd"])
def test_noncentral_is_refused_where_it_is_not_exact(standardizer: str) -> None:
    with pytest.raises(ValueError, match=f"noncentral_t.*{standardizer}.*change_sd"):
        pre_post_d(PRE, POST, standardizer=standardizer, ci="noncentral_t")


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("standardizer", STANDARDIZERS)
def test_too_few_pairs(n: int, standardizer: str) -> None:
    by_rows = pre_post_d(PRE[:n], POST[:n], standardizer=standardizer)
    by_stats = pre_post_d_from_stats(
        n, math.nan, math.nan, math.nan, math.nan, math.nan, standardizer=standardizer
    )
    by_sums = from_sums([182][:n], [246][:n], standardizer=standardizer)
    for result in (by_rows, by_stats, by_sums):
        assert_no_effect(result)
        assert result.n == n


def test_two_pairs() -> None:
    corrected = pre_post_d([10, 14], [12, 19])
    assert corrected.estimate == 0.0
    assert math.isnan(corrected.ci_low)
    assert math.isnan(corrected.ci_high)
    plain = pre_post_d([10, 14], [12, 19], correct_bias=False)
    assert plain.estimate == pytest.approx(3.5 / math.sqrt(8))
    assert plain.ci_low < plain.estimate < plain.ci_high


def test_equal_intake_scores_have_no_pre_sd() -> None:
    result = pre_post_d([0.1] * 7, [0.1, 3, 4, 5, 6, 7, 8])
    assert_no_effect(result)
    assert result.standardizer_sd == 0.0
    average = pre_post_d([0.1] * 7, [0.1, 3, 4, 5, 6, 7, 8], standardizer="average_sd")
    assert average.estimate > 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equal_changes_have_no_change_sd(dtype: type) -> None:
    pre = np.array([0.1, 7.3, 12.9, 20.2, 33.3], dtype=dtype)
    post = np.array([0.4, 7.6, 13.2, 20.5, 33.6], dtype=dtype)
    assert np.ptp(post - pre) > 0
    assert_no_effect(pre_post_d(pre, post, standardizer="change_sd"))
    assert math.isfinite(pre_post_d(pre, post, standardizer="pre_sd").estimate)
    tenths_of = [[round(10 * float(v)) for v in column] for column in (pre, post)]
    assert_no_effect(from_sums(*tenths_of, standardizer="change_sd"))


@pytest.mark.parametrize("r", [1.0, 1.0 - 2.0**-53])
def test_correlation_of_one_with_equal_sds_has_no_change_sd(r: float) -> None:
    assert_no_effect(pre_post_d_from_stats(20, 20, 25, 6.8, 6.8, r, standardizer="change_sd"))


@pytest.mark.parametrize(("r", "sd_change"), [(1.0, 2.0), (-1.0, 14.0)])
def test_perfect_correlation(r: float, sd_change: float) -> None:
    result = pre_post_d_from_stats(
        20, 20, 25, 6, 8, r, standardizer="change_sd", correct_bias=False
    )
    assert result.standardizer_sd == pytest.approx(sd_change)
    assert result.estimate == pytest.approx(5 / sd_change)


def test_no_correlation_is_needed_where_an_sd_is_zero() -> None:
    result = pre_post_d_from_stats(
        9, 20, 25, 6, 0, math.nan, standardizer="average_sd", correct_bias=False
    )
    assert result.estimate == pytest.approx(5 / math.sqrt(18))


def test_integers_and_decimals_are_scores() -> None:
    expected = pre_post_d([10.0, 12.0, 17.0], [12.0, 16.0, 23.0])
    assert pre_post_d([10, 12, 17], (12, 16, 23)) == expected
    assert pre_post_d(np.array([10, 12, 17], dtype=np.int8), [12, 16, 23]) == expected
    assert pre_post_d([Decimal(10), Decimal(12), Decimal(17)], [12, 16, 23]) == expected


def test_float32_is_computed_in_float64() -> None:
    pre, post = np.array(PRE, dtype=np.float32), np.array(POST, dtype=np.float32)
    assert pre_post_d(pre, post) == pre_post_d(pre.astype(np.float64), post.astype(np.float64))


def test_pairs_with_a_missing_score_are_left_out() -> None:
    pre = [None, *PRE, 12.0, None]
    post = [20.0, *POST, math.nan, math.nan]
    result = pre_post_d(pre, post, missing="omit")
    assert result.n_missing == 3
    assert result == dataclasses.replace(pre_post_d(PRE, POST), n_missing=3)


def test_masked_scores_are_missing() -> None:
    pre = np.ma.masked_array([*PRE, 12.0], mask=[False] * 6 + [True])
    assert pre_post_d(pre, [*POST, 40.0], missing="omit").n == 6


def test_missing_is_refused_by_default() -> None:
    with pytest.raises(ValueError, match=r"pre and post: 2 of 3 rows have a missing value"):
        pre_post_d([1, None, 3], [2, 3, None])


def test_all_missing() -> None:
    result = pre_post_d([None, None], [1.0, 2.0], missing="omit")
    assert_no_effect(result)
    assert (result.n, result.n_missing) == (0, 2)


def test_no_change_at_all_is_an_effect_of_zero() -> None:
    result = pre_post_d(PRE, PRE)
    assert (result.estimate, result.mean_change) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1, 2], [1, 2, 3]), {}, "pre has 2 values and post has 3"),
        (([[1, 2]], [[1, 2]]), {}, "pre has 2 dimensions"),
        ((5, 6), {}, "pre has 0 dimensions"),
        ((["1", "2"], [1, 2]), {}, "pre has values of type"),
        (([1, "2"], [1, 2]), {}, "pre has values of type"),
        ((["1", None], [1, 2]), {}, "pre has values of type"),
        (([True, False], [1, 2]), {}, "pre has values of type bool"),
        (([1, object()], [1, 2]), {}, "pre has a value that is not a number"),
        (([1, 2], [1, math.inf]), {}, "post has an infinite value"),
        (([1, 2], [1, 2]), {"standardizer": "post_sd"}, "standardizer is 'post_sd'"),
        (([1, 2], [1, 2]), {"ci": "bootstrap"}, "rng is None: ci='bootstrap'"),
        (([1, 2], [1, 2]), {"direction": "up"}, "direction is 'up'"),
        (([1, 2], [1, 2]), {"missing": "drop"}, "missing is 'drop'"),
        (([1, 2], [1, 2]), {"level": 1.0}, "level is 1.0: it must lie between 0 and 1"),
        (([1, 2], [1, 2]), {"level": 95}, "level is 95"),
        (([1, 2], [1, 2]), {"level": "high"}, "level is 'high': it must be a number"),
        (([1, 2], [1, 2]), {"level": [0.9, 0.5]}, r"level is \[0.9, 0.5\]: it must be a number"),
        (([1, 2], [1, 2]), {"correct_bias": "yes"}, "correct_bias is 'yes'"),
    ],
)
def test_bad_arguments_are_named(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pre_post_d(*arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 1, 2, 3, 4, 0.5), "n is -1: it must be 0 or more"),
        ((10.0, 1, 2, 3, 4, 0.5), "n is 10.0: it must be an integer"),
        ((True, 1, 2, 3, 4, 0.5), "n is True: it must be an integer"),
        ((10, math.nan, 2, 3, 4, 0.5), "mean_pre is nan: it must be finite"),
        ((10, 1, math.inf, 3, 4, 0.5), "mean_post is inf: it must be finite"),
        ((10, 1, 2, -3, 4, 0.5), "sd_pre is -3: it must be 0 or more"),
        ((10, 1, 2, 3, math.nan, 0.5), "sd_post is nan: it must be finite"),
        ((10, 1, 2, 3, 4, 1.01), "r is 1.01: a correlation lies between -1 and 1"),
        ((10, 1, 2, 3, 4, math.nan), "r is nan: it must be finite"),
    ],
)
def test_bad_statistics_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pre_post_d_from_stats(*arguments)


@pytest.mark.parametrize(
    ("arguments", "unit", "message"),
    [
        ((3, 6.0, 6, 14, 14, 14), 0.1, "sum_pre is 6.0: it must be an integer"),
        ((3, 6, 6, 14, 14, 14), 0, "unit is 0: it must be above 0"),
        ((3, 6, 6, 11, 14, 12), 0.1, "sum_pre is 6 and sum_pre_squared is 11"),
        ((3, 6, 6, 14, 11, 12), 0.1, "sum_post is 6 and sum_post_squared is 11"),
        ((1, 2, 2, 5, 4, 4), 0.1, "sum_pre is 2 and sum_pre_squared is 5 with n = 1"),
        ((0, 1, 0, 0, 0, 0), 0.1, "sum_pre is 1 and sum_pre_squared is 0 with n = 0"),
        ((0, 0, 0, 0, 0, 4), 0.1, "sum_product is 4 with n = 0"),
        ((3, 6, 6, 14, 14, 15), 0.1, "sum_product is 15 with n = 3"),
    ],
)
def test_impossible_sums_are_named(arguments: Any, unit: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pre_post_d_from_sums(*arguments, unit=unit)


def test_result_is_frozen_and_says_how_it_was_made() -> None:
    result = pre_post_d(PRE, POST, standardizer="average_sd", level=0.9)
    assert result.method == "pre_post_g_normal"
    assert result.standardizer == "average_sd"
    assert (result.ci_level, result.n, result.n_missing) == (0.9, 6, 0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.estimate = 1.0  # type: ignore[misc]
    assert not hasattr(result, "__dict__")


def test_a_million_pairs_and_their_sums_agree() -> None:
    rng = np.random.default_rng(9)
    pre = rng.integers(0, 401, 10**6)
    post = np.clip(pre // 2 + rng.integers(0, 260, 10**6), 0, 400)
    sums = (int(v) for v in (pre.sum(), post.sum(), pre @ pre, post @ post, pre @ post))
    exact = pre_post_d_from_sums(10**6, *sums, unit=0.1, standardizer="repeated")
    assert_close(pre_post_d(pre / 10, post / 10, standardizer="repeated"), exact, 1e-11)


def test_repeated_is_the_average_where_sds_are_equal() -> None:
    stats_of = (30, 20.0, 25.0, 7.0, 7.0, 0.6)
    repeated = pre_post_d_from_stats(*stats_of, standardizer="repeated")
    average = pre_post_d_from_stats(*stats_of, standardizer="average_sd")
    assert repeated.estimate == pytest.approx(average.estimate, rel=1e-12)
    assert repeated.standard_error == pytest.approx(average.standard_error, rel=1e-12)


@pytest.mark.parametrize(("sd_post", "r"), [(8.0, 1.0), (0.0, 0.5), (0.0, math.nan)])
def test_repeated_needs_a_spread_beside_the_correlation(sd_post: float, r: float) -> None:
    assert_no_effect(pre_post_d_from_stats(20, 20, 25, 6.0, sd_post, r, standardizer="repeated"))
    opposite = pre_post_d_from_stats(20, 20, 25, 6, 8, -1, standardizer="repeated")
    assert opposite.ci_low < opposite.estimate < opposite.ci_high


@pytest.mark.parametrize(
    ("score_range", "message"),
    [
        ((0, 40), "post has 2 scores outside 0 to 40, the first is 40.1"),
        ((8, 50), "pre has 1 scores outside 8 to 50, the first is 7.9"),
        ((40, 0), "the lowest score must come first"),
        ((0, math.nan), "score_range is nan: it must be finite"),
        ((0, 20, 40), "it must be the lowest and the highest score"),
    ],
)
def test_scores_outside_the_instrument_are_refused(
    score_range: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        pre_post_d([7.9, 20, 40], [20, 40.1, 41], score_range=score_range)  # type: ignore[arg-type]


def test_the_ends_of_an_instrument_are_scores_of_it() -> None:
    given = ([0, 20, 40, 12], [40, 0, 25, 20])
    assert pre_post_d(*given, score_range=(0, 40)) == pre_post_d(*given)
